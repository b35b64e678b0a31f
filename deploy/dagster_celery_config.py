"""Celery's settings for the workers, and their lease on the runs that they do; Dagster's Celery app reads them from the path."""

import os
from multiprocessing import current_process

from celery.signals import worker_process_init, worker_ready
from celery.worker.consumer import Consumer
from celery.worker.state import active_requests

broker_url = result_backend = os.environ["REDIS_URL"]
broker_connection_retry_on_startup = True
# A worker takes no run before it is free to do it.
worker_prefetch_multiplier = 1
task_acks_late = True
# Longer than any run may take: run monitoring is what begins one again, not Redis.
broker_transport_options = {"visibility_timeout": 18000}
# What Redis knows of a task lapses after this many seconds unless its worker renews it. Celery alone would call the task of a
# worker that is gone started for ever; so Dagster's run monitoring finds nobody at it, and has it run again.
result_expires = 60
_RENEWED_EVERY = 15  # seconds


@worker_ready.connect
def keep_lease(sender: Consumer, **_: object) -> None:
    """Renew what Redis knows of the tasks that this worker is at, for as long as it lives."""
    backend = sender.app.backend

    def renew() -> None:
        for request in tuple(active_requests):
            backend.client.expire(backend.get_key_for_task(request.id), result_expires)

    sender.timer.call_repeatedly(_RENEWED_EVERY, renew)


@worker_process_init.connect
def may_have_children(**_: object) -> None:
    """Let Celery's processes have children: documents are read in processes of their own, by Python's multiprocessing.

    Celery's fork of that module enters its own processes there as daemons, which may have none, and with a key that only the fork
    can hand on.
    """
    here = current_process()
    here._config.update(daemon=False, authkey=bytes(here.authkey))

#!/bin/sh
# A worker: takes runs from Redis, RUSSELL_WORKER_RUNS at a time, until it is told to end (SIGTERM: after those that it is at).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}"
exec celery -A dagster_celery.app worker --queues dagster --concurrency "${RUSSELL_WORKER_RUNS:-1}" --loglevel "${LOG_LEVEL:-INFO}" "$@"

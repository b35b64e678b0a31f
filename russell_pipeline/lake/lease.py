"""One run at a time on a lake in an object store: a lock that its holder renews, and that expires if nobody does.

Locks are numbered, and a number is used once: `.run.lock/00000012` is only created where it does not exist. A lock is deleted
only after the next one exists, so that a holder that was away for long can neither come back nor be mistaken for its successor.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from russell_pipeline.errors import LakeBusy, LeaseLost, StoreError
from russell_pipeline.lake.lock import described
from russell_pipeline.lake.remote import Store

LOCKS, PUSHES = ".run.lock", ".push"
# Seconds without a sign of life after which a lock is free, and how many signs a holder gives in that time.
LEASE = 300.0
_SIGNS = 5
_TOO_LATE = 0.8  # share of the lease after which a holder that could not renew it stops by itself
_VOID = {"void": True}


@dataclass
class Lease:
    """The lock of one run on a store. `notes` say who held it before, if that run did not give it back."""

    store: Store
    number: int
    record: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    # Wall-clock time, which also passes while the machine sleeps.
    _renewed: float = field(default_factory=time.time)
    _lost: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raise LeaseLost unless this run still holds the lock, as far as it knows; the store is not asked."""
        if self._lost or time.time() - self._renewed > LEASE * _TOO_LATE:
            raise LeaseLost(
                f"the lock on {self.store.address} was lost while this run worked: nothing of it was published; run again"
            )

    def renew(self) -> None:
        """Give a sign of life, and notice if another run has taken the lock."""
        began = time.time()
        self._write(released=False)
        self._lost = self._lost or max(_numbers(self.store.list(LOCKS)), default=0) > self.number
        self._renewed = began

    def commit(self, record: dict[str, Any]) -> None:
        """Record, once and for all, what this run publishes. Raises LeaseLost if another run took the lock before."""
        self.check()
        if not self.store.create(commit_of(self.number), json.dumps(record | {"run": self.record["run"]}).encode()):
            self._lost = True
            self.check()

    def keep(self) -> None:
        """Renew the lock until it is given back. A failed renewal is tried again; `check` raises once that has taken too long."""
        while not self._ended.wait(LEASE / _SIGNS):
            with suppress(StoreError):
                self.renew()

    def give_back(self) -> None:
        """Free the lock; if that fails, it expires."""
        self._ended.set()
        if not self._lost:
            with suppress(StoreError):
                self._write(released=True)

    def _write(self, *, released: bool) -> None:
        self.store.write(_lock(self.number), json.dumps(self.record | {"released": released}).encode())


@contextmanager
def leased(store: Store, machine: str) -> Iterator[Lease]:
    """Hold a lake in a store for one run. Raises LakeBusy while another run holds it.

    `machine` names the mirror that this run works in. Only this process holds that mirror, so the holder of a lock from the same
    mirror is known to be gone; a lock from another mirror must have expired by the clock of the store.
    """
    lease = _take(store, machine)
    keeper = threading.Thread(target=lease.keep, name="lease", daemon=True)
    keeper.start()
    try:
        yield lease
    finally:
        lease.give_back()
        keeper.join()


def _take(store: Store, machine: str) -> Lease:
    locks, commits = store.list(LOCKS), store.list(PUSHES)
    last = max(_numbers(locks), default=0)
    notes = _end(store, last, locks[_lock(last)].put_at, machine) if last else []
    number = max([last, *_numbers(commits)]) + 1
    record = {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "since": datetime.now(UTC).isoformat(),
        "machine": machine,
        "run": uuid.uuid4().hex,
        "released": False,
    }
    lease = Lease(store, number, record, notes)
    if not store.create(_lock(number), json.dumps(record).encode()):
        raise _just_begun(store)
    if store.create(_lock(number), json.dumps(record | {"run": "another"}).encode()):
        store.remove([_lock(number)])
        raise StoreError(
            f"{store.address} cannot keep two runs apart: its store overwrites an object that is to be made only once"
        )
    store.remove(_lock(former) for former in _numbers(locks))
    return lease


def _end(store: Store, last: int, renewed_at: datetime, machine: str) -> list[str]:
    """Make sure that the last holder of the lock cannot publish any more; returns notes. Raises LakeBusy if it is active."""
    content = store.read(_lock(last))
    if content is None:
        raise _just_begun(store)
    try:
        owner = json.loads(content)
    except ValueError:
        owner = {}
    if owner.get("released"):
        return []
    silent = max(0, int((store.now(LOCKS) - renewed_at).total_seconds()))
    if owner.get("machine") != machine and silent <= LEASE:
        raise LakeBusy(
            f"another run{described(owner)} is working on {store.address}, its last sign of life {silent:,} s ago; "
            f"try again when it has ended; without one for {LEASE:.0f} s its lock is free"
        )
    # From here on it cannot commit. If it already has, its publication is completed by the next run.
    store.create(commit_of(last), json.dumps(_VOID).encode())
    return [f"took over the lock of a run that ended without giving it back{described(owner)}, silent for {silent:,} s"]


def _just_begun(store: Store) -> LakeBusy:
    return LakeBusy(f"another run has just begun to work on {store.address}; try again when it has ended")


def commit_of(number: int) -> str:
    """The path of the object in which a run records what it publishes."""
    return f"{PUSHES}/{number:08}/commit.json"


def committed(content: bytes) -> dict[str, Any] | None:
    """What the object at `commit_of` records: the files to publish, as JSON; None if its run was kept from publishing."""
    record: dict[str, Any] = json.loads(content)
    return None if record.get("void") else record


def _lock(number: int) -> str:
    return f"{LOCKS}/{number:08}"


def _numbers(paths: dict[str, Any]) -> list[int]:
    return [int(name) for path in paths if (name := path.split("/")[1]).isdecimal()]

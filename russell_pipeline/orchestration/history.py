"""The history of runs that a lake keeps for the UI: Dagster's SQLite event log on connections that stay open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import QueuePool


class EventLog(SqliteEventLogStorage):
    """Dagster's event log in the very files that Dagster keeps, each event at a fifth of the time.

    Dagster opens and closes a database five times for an event, and compiles the same statement every time. Here the index and
    the run at hand stay open, and the disk is waited for at checkpoints only: after a crash of the machine the last events may
    be missing, and the files are whole.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            # Of the runs only one: a UI goes through hundreds.
            self._close(keep=INDEX_SHARD_NAME)
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=QueuePool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
            )
            event.listen(engine, "connect", _wait_at_checkpoints_only)
            self._initdb(engine)
            self._engines[shard] = engine
        return self._engines[shard]

    def _close(self, keep: str | None = None) -> None:
        for shard in [shard for shard in self._engines if shard != keep]:
            self._engines.pop(shard).dispose()

    def wipe(self) -> None:
        self._close()
        super().wipe()

    def dispose(self) -> None:
        self._close()
        super().dispose()


def _wait_at_checkpoints_only(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")


class History(DagsterSqliteStorage):
    """Dagster's SQLite storage with this event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, str]) -> Self:
        return cls.from_local(inst_data=inst_data, **config_value)

"""The history of runs that a lake keeps for the UI: Dagster's SQLite event log, on connections that stay open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

from dagster._core.events import ASSET_CHECK_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.pool import QueuePool


class EventLog(SqliteEventLogStorage):
    """Dagster's event log in Dagster's own files, with each event stored in a fifth of the time.

    Dagster opens and closes a database five times for an event, and compiles the same statement every time. Here the index and
    the current run stay open, and the disk is waited for at checkpoints only: a crash of the machine may lose the last events,
    but does not damage the files.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the log has a table; the database is asked only once."""
        return table_name in self._tables

    @cached_property
    def _tables(self) -> set[str]:
        return set(inspect(self._engine(INDEX_SHARD_NAME)).get_table_names())

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events of one run, on partitions planned or made, with one statement for each database."""
        rows = [self._event_to_row(entry) for entry in events]
        insert = SqlEventLogStorageTable.insert()
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(insert, rows)
        with self.index_connection() as connection:
            numbered = insert.returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
            ids = connection.execute(numbered, rows).scalars().all()
            self._store_asset_event_tags(connection, events, ids)
            # An asset keeps only its last event.
            last = {row["asset_key"]: stored for row, stored in zip(rows, zip(events, ids, strict=True), strict=True)}
            for entry, id_ in last.values():
                self._store_asset_event(connection, entry, id_)
        for entry, id_ in zip(events, ids, strict=True):
            if entry.dagster_event_type in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(entry, id_)

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            # Keep one run open, not more: a UI goes through hundreds.
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
        """Delete all events."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close all files."""
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
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, object]) -> Self:
        """The storage for dagster.yaml. Inherited, it would make an instance of the base class."""
        return cls.from_local(str(config_value["base_dir"]), inst_data)

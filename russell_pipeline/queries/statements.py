"""One SQL statement of a person's own: only read from the catalog, bounded in time and memory, and stopped at once."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import duckdb

from russell_pipeline.errors import StatementRefused, StatementStopped
from russell_pipeline.queries.catalog import connect, naming_damage

Result = TypeVar("Result")

SECONDS = 600.0
# PIVOT is parsed as several statements under one.
_READS = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI}
_ROWS_AT_ONCE = 10_000
_LOOKS_EVERY = 0.1  # seconds
_ENDS_WITHIN = 5.0  # seconds after which a statement that does not heed the interruption is left to itself
# Connections of such statements.
_STUCK: list[duckdb.DuckDBPyConnection] = []


class Rows(NamedTuple):
    """Column names, the SQL types of the columns, and rows as they come."""

    columns: list[str]
    types: Sequence[str]
    rows: Iterator[tuple[Any, ...]]


class Limits(NamedTuple):
    """What a statement may take: seconds in all, and bytes of memory beyond those of the process; None is no limit."""

    seconds: float | None = SECONDS
    memory: int | None = None


@contextmanager
def run_statement(
    catalog: Path, statement: str, parameters: Sequence[object] = (), *, limits: Limits | None = None
) -> Iterator[Rows]:
    """The rows of one statement that reads, fetched as they are asked for.

    Raises StatementRefused for any other statement, StatementStopped past a limit, NoCatalog without a catalog or
    with a damaged one, and `duckdb.Error` for what the database itself refuses.
    """
    check(statement)
    with naming_damage(catalog), _watched(catalog, limits) as (connection, call):
        cursor = call(lambda: connection.execute(statement, list(parameters)))
        description = cursor.description or ()

        def rows() -> Iterator[tuple[Any, ...]]:
            while batch := call(lambda: cursor.fetchmany(_ROWS_AT_ONCE)):
                yield from batch

        yield Rows([column[0] for column in description], [str(column[1]) for column in description], rows())


def frame_of(catalog: Path, statement: str, parameters: Sequence[object] = (), *, limits: Limits | None = None) -> Any:
    """The rows of one statement that reads as a polars frame. Raises what `run_statement` raises."""
    check(statement)
    with naming_damage(catalog), _watched(catalog, limits) as (connection, call):
        return call(lambda: connection.sql(statement, params=list(parameters)).pl())


def check(statement: str) -> None:
    """Raise StatementRefused unless this is one statement that reads, and `duckdb.Error` if it cannot be parsed."""
    statements = duckdb.extract_statements(statement)
    if len(statements) != 1:
        found = f"there are {len(statements)} statements" if statements else "there is no statement"
        raise StatementRefused(f"{found}, and one is asked: russell sql 'SELECT ...'")
    (only,) = statements
    if only.type not in _READS:
        raise StatementRefused(
            f"{only.type.name} is refused: the catalog is only read, by SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE, "
            "PIVOT and EXPLAIN"
        )


@contextmanager
def _watched(catalog: Path, limits: Limits | None) -> Iterator[tuple[duckdb.DuckDBPyConnection, _Call]]:
    """A connection to the catalog, and what runs calls on it within limits."""
    connection = connect(catalog)
    watched = _Watched(connection, limits or Limits())
    try:
        yield connection, watched.call
    finally:
        if watched.stuck:
            _STUCK.append(connection)  # closing it would wait for the statement
        else:
            connection.close()


class _Call(Protocol):
    def __call__(self, work: Callable[[], Result], /) -> Result: ...


class _Watched:
    """Runs calls on a connection in a thread beside, so that time, memory and Ctrl-C end them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
        self._connection, self._limits = connection, limits
        self._done = threading.Event()
        self._done.set()
        self._until = None if limits.seconds is None else time.monotonic() + limits.seconds
        self._memory = None if limits.memory is None else _memory() + limits.memory

    def call(self, work: Callable[[], Result]) -> Result:
        """What a call returns or raises; past a limit it is interrupted, and StatementStopped is raised."""
        results: list[Result] = []
        errors: list[BaseException] = []
        # Not the thread itself: where Ctrl-C comes into a `join`, Python 3.11 takes the thread for ended.
        done = self._done = threading.Event()

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
                errors.append(error)
            finally:
                done.set()

        threading.Thread(target=run, name="statement", daemon=True).start()
        try:
            while not done.is_set() and (past := self._past()) is None:
                done.wait(_LOOKS_EVERY)
        except KeyboardInterrupt:
            self._interrupt()
            raise
        if not done.is_set():
            self._interrupt()
            raise StatementStopped(f"the query was stopped: {past}")
        if errors:
            raise errors[0]
        return results[0]

    @property
    def stuck(self) -> bool:
        """Whether a call goes on although it was interrupted."""
        return not self._done.is_set()

    def _past(self) -> str | None:
        """The limit that is passed, in words; None if none is."""
        if self._until is not None and time.monotonic() > self._until:
            return f"it took longer than {self._limits.seconds:g} seconds"
        if self._memory is not None and _memory() > self._memory:
            return f"it took more than {(self._limits.memory or 0) / 1e9:.2g} GB of memory"
        return None

    def _interrupt(self) -> None:
        """Interrupt the database, which heeds between two steps of its work; one long step goes on in its thread."""
        self._connection.interrupt()
        self._done.wait(_ENDS_WITHIN)


def end_process_if_stuck(code: int) -> None:
    """End this process at once if a stopped statement goes on in its thread, which an ordinary exit would disturb."""
    if _STUCK:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _memory() -> int:
    """The memory that this process holds, in bytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")

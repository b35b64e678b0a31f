"""What a table is: a declaration with its name, files, order of rows, and what it is made from."""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import dataframely as dy
import polars as pl

from russell_pipeline.schemas.sql import sql_type

_SECURITY_IN_CATALOG = (
    "The security that has the symbol on that day, as in weights; in the catalog alone, not in the files"
)


class TableSchema(dy.Schema):
    """A schema whose class keywords are the facts about its table (`Table`); without them it declares no table."""

    table: ClassVar[Table]

    def __init_subclass__(
        cls,
        *,
        group: str | None = None,
        sort_by: tuple[str, ...] = (),
        partition_by: str | None = None,
        identity: tuple[str, ...] = (),
        security_on: str | None = None,
        version: int | None = None,
        upstream: tuple[str, ...] = (),
    ) -> None:
        super().__init_subclass__()
        if group:
            name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
            cls.table = Table(name, cls, group, sort_by, partition_by, identity, security_on, version, upstream)


class Origin(NamedTuple):
    """A column that another is made from."""

    table: str
    column: str


@dataclass(frozen=True)
class Table:
    """A table: its name in the catalog, its declaration, its group in the graph, its files, and what it is made from.

    `partition_by` names the column by which files are split (`name=value/` directories); None is one file. Years of a table by
    `review_year` must not follow from each other: Dagster has them as partitions, which several machines share. Rows are sorted
    by `sort_by`, so that the same rows give the same bytes; ties keep the order in which they come. `identity` names the columns
    that identify a row where they cannot be a primary key, because some may be null. `security_on` names the day on which the
    `symbol` of a row names its security: the catalog, not the files, has a column `security_id` then, and its
    files must be by month. `version` rises whenever the same inputs would give other rows; `upstream` names the tables that its
    rows are made from.
    """

    name: str
    schema: type[dy.Schema]
    group: str
    sort_by: tuple[str, ...]
    partition_by: str | None = None
    identity: tuple[str, ...] = ()
    security_on: str | None = None
    version: int | None = None
    upstream: tuple[str, ...] = ()

    @cached_property
    def code_version(self) -> str:
        """What changes whenever the same inputs give other rows: the version, and a hash over the columns and their types."""
        columns = [(name, sql_type(column.dtype)) for name, column in self.schema.columns().items()]
        return f"{self.version or 0}.{hashlib.sha256(repr(columns).encode()).hexdigest()[:8]}"

    @property
    def has_review_years(self) -> bool:
        """Whether its files are by review year: years that do not follow from each other, and that machines may share."""
        return self.partition_by == "review_year"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row; empty where rows have no identity."""
        return tuple(self.schema.primary_key()) or self.identity

    @cached_property
    def description(self) -> str:
        """What the table holds: the docstring of its schema."""
        return inspect.cleandoc(self.schema.__doc__ or "")

    @cached_property
    def empty(self) -> pl.DataFrame:
        """No rows, with the columns and types of the files."""
        return self.schema.create_empty()

    @cached_property
    def defaults(self) -> dict[str, object]:
        """The values of columns that a supplied file may leave out."""
        told = {name: (column.metadata or {}).get("default") for name, column in self.schema.columns().items()}
        return {name: default for name, default in told.items() if default is not None}

    def frame(self, rows: Iterable[Mapping[str, object] | Sequence[object]]) -> pl.DataFrame:
        """Rows of the table from mappings, which may lack columns and hold other keys, or from tuples of all columns."""
        return pl.DataFrame(list(rows), schema=self.empty.schema, orient="row")

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """What each column of the catalog says, in their order; `security_id` is among them where the catalog adds it."""
        found = {name: column.description or "" for name, column in self.schema.columns().items()}
        return found | ({"security_id": _SECURITY_IN_CATALOG} if self.security_on else {})

    @cached_property
    def copied(self) -> dict[str, list[Origin]]:
        """The columns of other tables whose values each column takes unchanged; columns without any are left out."""
        return self._origins("copied")

    @cached_property
    def origins(self) -> dict[str, list[Origin]]:
        """The columns of other tables that each column is copied, computed or chosen from; columns without any are left out."""
        return self._origins("copied", "made_from")

    def _origins(self, *how: str) -> dict[str, list[Origin]]:
        columns = self.schema.columns().items()
        told = {name: [(column.metadata or {}).get(one) for one in how] for name, column in columns}
        found = {name: [origin for one in told[name] if one for origin in _parsed(one)] for name in told}
        return {name: origins for name, origins in found.items() if origins}


def _parsed(origins: str) -> Iterator[Origin]:
    for one in origins.split():
        table, _, columns = one.partition(".")
        yield from (Origin(table, column) for column in columns.split(","))

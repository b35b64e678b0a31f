"""What Dagster is told of a run: the tables and partitions that were made, with their data versions and what they follow from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import dagster as dg

from russell_pipeline.lake.catalog import wanted_catalog
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.metadata import code_version, part_metadata, table_metadata
from russell_pipeline.orchestration.partitions import BY_YEAR
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.steps.engine import StepDone


class _Event(NamedTuple):
    """The last materialization of a table: its data version, and its number in Dagster's history."""

    version: str
    number: int | str


# In Dagster's words, for a table that was never materialized.
_NONE = _Event("NULL", "NULL")


class Materializations:
    """The materializations of one run.

    A table has one if a part of it was made, or if a table that it follows from has another version: then it was looked at, and
    is what would be made now. By these Dagster knows which tables are in step. `years` are the partitions that the run was asked
    for, if it was. With `by_name` the tables were asked for, and each has one; so have the `untold`, of which a killed run may
    have made any part.
    """

    def __init__(
        self,
        instance: dg.DagsterInstance,
        lake: Lake,
        tables: Collection[str],
        years: Sequence[str] | None,
        *,
        by_name: bool,
        untold: Collection[str] = (),
    ) -> None:
        self._instance, self._lake, self._tables = instance, lake, tables
        self._years, self._by_name, self._untold = years, by_name, untold
        self._last: dict[str, _Event] = {}
        self._other = set[str]()
        self.told = set[str]()
        self._look({one for table in tables for one in _upstream(table)} | {*tables})

    def of(self, done: StepDone, *, current: bool = False) -> Iterator[dg.AssetMaterialization]:
        """Those of the tables of a step; with `current` those of tables that have none yet, because nothing was to be made."""
        told = [table for table in done.tables if table in self._tables and self._is_told(table, done, current=current)]
        former = {table: self._last.get(table) for table in told}
        for table in told:
            written = [one.key for one in done.written if one.table == table]
            # Years that were asked for are told, also those without a row; those that failed are not.
            asked = self._years if table in BY_YEAR and done.failure is None else None
            all_parts = self._lake.keys(table) if table in BY_YEAR and table in self._untold else ()
            yield from self._of_table(table, [*(asked or written), *all_parts])
            if any(table in _upstream(other) for other in told):
                self._look([table])
        self._look(told)
        self.told |= {*told}
        self._other |= {table for table in told if table in BY_YEAR or not _same(former[table], self._last.get(table))}

    def _of_table(self, table: str, keys: Sequence[str]) -> Iterator[dg.AssetMaterialization]:
        """Those of a table of which these parts were made."""
        if table in BY_YEAR:
            for year in dict.fromkeys(keys):
                metadata, version = part_metadata(self._lake, table, year), self._lake.version(table, year)
                yield self._materialization(table, metadata, version, year)
        else:
            version = wanted_catalog(self._lake) if table == CATALOG else self._lake.version(table)
            yield self._materialization(table, table_metadata(self._lake, table, keys), version)

    def _is_told(self, table: str, done: StepDone, *, current: bool) -> bool:
        if table in self.told:
            return False
        if any(one.table == table for one in done.written):
            return True
        if done.failure is not None:
            return False
        if table in self._untold:
            return True
        if table in BY_YEAR:
            return self._by_name and self._years is not None
        return current or self._by_name or not self._other.isdisjoint(_upstream(table))

    def _materialization(
        self, table: str, metadata: Mapping[str, Any], version: str, year: str | None = None
    ) -> dg.AssetMaterialization:
        tags = {"dagster/data_version": version, "dagster/code_version": code_version(table)}
        for one in _upstream(table):
            event = self._last.get(one, _NONE)
            tags[f"dagster/input_data_version/{one}"] = event.version
            tags[f"dagster/input_event_pointer/{one}"] = str(event.number)
        return dg.AssetMaterialization(table, partition=year, metadata=metadata, tags=tags)

    def _look(self, tables: Iterable[str]) -> None:
        """See which materialization is the last of some tables."""
        keys = [dg.AssetKey(table) for table in tables]
        for record in self._instance.get_asset_records(keys) if keys else ():
            last = record.asset_entry.last_materialization_record
            if last and last.asset_materialization:
                version = (last.asset_materialization.tags or {}).get("dagster/data_version", "")
                self._last[record.asset_entry.asset_key.to_user_string()] = _Event(version, last.storage_id)


def _same(one: _Event | None, other: _Event | None) -> bool:
    return one is not None and other is not None and one.version == other.version


def _upstream(table: str) -> Sequence[str]:
    """The tables that a table follows from."""
    return list(TABLES) if table == CATALOG else TABLES[table].upstream

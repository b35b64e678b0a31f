"""The step of the indexes: which of their years are stale, and all their tables of a year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

import polars as pl

from russell_pipeline.lake.store import Lake, fingerprint
from russell_pipeline.progress import tracked
from russell_pipeline.schemas.tables import TABLES, UNDATED
from russell_pipeline.steps.identity import SecurityIds
from russell_pipeline.steps.index.inputs import IndexInputs
from russell_pipeline.steps.index.lost import lost_years
from russell_pipeline.steps.index.published import publish_year
from russell_pipeline.steps.index.years import Indexes
from russell_pipeline.steps.step import Asked, Left, PartsFailed, Step, Written, versions
from russell_pipeline.wording import first_line


class ComputeIndexes(Step):
    """Computes the weights and levels of years, each from the state at the end of the year before.

    A part is a year, or `undated` while indexes are defined that wait for their inputs. The fingerprint of a year is kept with
    its row in `index_runs`, which is written last.
    """

    tables = tuple(name for name, table in TABLES.items() if table.group == "index")

    def __init__(self, lake: Lake, asked: Asked) -> None:
        super().__init__(lake, asked)
        self._inputs = IndexInputs(lake)

    def wanted(self) -> Mapping[str, str]:
        return self._wanted

    def made(self) -> Mapping[str, str | None]:
        """What each year was computed from; None for one that has lost a file."""
        return {**versions(self.lake, "index_runs"), **dict.fromkeys(lost_years(self.lake))}

    def demanded(self) -> Iterable[str]:
        """The years asked for that the indexes have. They go on from each other, and are not shared between runs."""
        return () if self.asked.only_years else self._wanted.keys() & {*self.asked.years}

    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:
        """Compute these years, in order."""
        computed = Indexes(self.lake, self._inputs).compute(keys, self._wanted, self.asked.today)
        left = sorted(keys)
        try:
            for year in tracked("years of indexes", computed, len(keys)):
                publish_year(self.lake, year)
                left = left[1:]
                yield from (Written("weights", review) for review in year.weights)
                yield from (Written(table, year.key) for table in self.tables if table != "weights")
        except Exception as error:
            raise PartsFailed(f"{left[0]}: {first_line(error)}") from error

    @cached_property
    def _wanted(self) -> dict[str, str]:
        return YearInputs(self.lake, self._inputs).fingerprints()


class YearInputs:
    """All that the levels of each year follow from."""

    def __init__(self, lake: Lake, inputs: IndexInputs) -> None:
        self._lake, self._inputs = lake, inputs

    def fingerprints(self) -> dict[str, str]:
        """By year, a fingerprint of all that its levels follow from, with that of the year before in it."""
        definitions, refused = self._inputs.definitions, self._inputs.refused
        if not definitions and not refused:
            return {}
        first = [year for one in definitions.values() if (year := self._inputs.first_year(one)) is not None]
        first += [since for since, _ in refused.values()]
        defined = [one.model_dump_json() for one in definitions.values()] + sorted(refused.items())
        if not first or min(first) > self._inputs.last_year:
            return {UNDATED: fingerprint(_code_versions(), defined, sorted(self._inputs.effective_reviews.items()))}
        before = fingerprint(_code_versions(), self._always(defined, min(first)), self._of_year(min(first) - 1))
        found, identities = dict[str, str](), self._identities()
        for year in range(min(first), self._inputs.last_year + 1):
            inputs = [self._of_year(year), [one for one in identities if _concerns(year, one[1], one[2])]]
            before = found[str(year)] = fingerprint(before, inputs)
        return found

    def _always(self, defined: Sequence[object], first: int) -> tuple[object, ...]:
        """What every year follows from."""
        blocks = self._inputs.market.blocked.select("kind", "subject", "file", "day")
        reference = [one for table in ("suspensions", "symbol_changes") for one in self._versions(table)]
        # Any earlier year may matter: a deletion or a close may have ended a suspension, a rate may be the last one known, and
        # components may have given a symbol its spelling.
        open_ended = self._lake.read("suspensions", columns=["resumed_on"])["resumed_on"].has_nulls()
        long_ago = [
            one
            for table in ("actions", "fx", "components", *(["closes"] if open_ended else []))
            for one in self._versions(table, before=str(first - 1))
        ]
        return defined, reference, blocks.sort(pl.all()).rows(), long_ago

    def _versions(self, table: str, before: str | None = None) -> list[tuple[str, str, str | None]]:
        """What the partitions of a table were made from, or those before a key."""
        keys = [key for key in self._lake.keys(table) if before is None or key < before]
        return [(table, key, self._lake.inputs(table, key)) for key in keys]

    def _of_year(self, year: int) -> list[object]:
        """What a year follows from beside the years before."""
        months = [f"{year}-{month:02}" for month in range(1, 13)]
        market = [
            (table, key, self._lake.inputs(table, key)) for table in ("closes", "fx", "actions") for key in months
        ]
        return [market, self._lake.inputs("components", str(year)), self._lake.inputs("calendar", str(year))]

    def _identities(self) -> list[tuple[str, date | None, date | None, str]]:
        """What the ids of members follow from beyond their symbols."""
        ids = SecurityIds.of_lake(self._lake)
        return ids.exceptions(set(ids.keys(self._inputs.components["symbol"].unique()).values()))


def _concerns(year: int, since: date | None, until: date | None) -> bool:
    """Whether a span of days may concern the members of a year, whose last review may take effect in the next."""
    begins, ends = date(year, 1, 1), date(year + 1, 2, 1)
    return (since is None or since < ends) and (until is None or until > begins)


def _code_versions() -> list[str]:
    return [TABLES[table].code_version for table in ComputeIndexes.tables]

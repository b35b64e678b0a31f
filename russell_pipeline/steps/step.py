"""What a step is: tables that are made together, what each part of them would be made from now, and how parts are made."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import ClassVar, NamedTuple, TypeVar

import polars as pl

from russell_pipeline.errors import WorkStopped
from russell_pipeline.lake.store import Lake, fingerprint
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.wording import first_few, first_line

# The part of a table that is one file.
WHOLE = "whole"
Part = TypeVar("Part", str, tuple[str, str])


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run is asked beyond what is stale.

    - `again`: ids of documents to read in any case;
    - `years`: review years to make in any case;
    - `only_years`: whether nothing but those years is made, because other runs make the others;
    - `offline`: whether the sources are left alone;
    - `processes`: how many processes may read documents side by side; None for one on each core;
    - `today`: the day of the run, on which what it finds is first known.
    """

    again: Sequence[str] = ()
    years: Sequence[str] = ()
    only_years: bool = False
    offline: bool = False
    processes: int | None = None
    today: date = field(default_factory=date.today)


class Written(NamedTuple):
    """A part of a table that a step has written or removed; `key` is its partition, or what of the table is new."""

    table: str
    key: str = WHOLE


class Left(NamedTuple):
    """Something that a step was to read and left for the next run, because it changed meanwhile."""

    name: str


class PartsFailed(WorkStopped):
    """Some parts of a table could not be made; the message names each with its reason."""


class Step(ABC):
    """Tables that are made together, part by part.

    A part is stale while the fingerprint of what it would be made from now (`wanted`) is not that of what it was made from
    (`made`). A step is created anew for each look at the lake, in a run when its turn has come, and may keep what it reads. It
    writes each part whole, so that a killed run is taken up where it was cut off.
    """

    # The tables, as the schemas name them. What they follow from is declared there.
    tables: ClassVar[tuple[str, ...]]
    # Whether it is made from whatever could be made, also after a step that it follows from has failed.
    always: ClassVar[bool] = False

    def __init__(self, lake: Lake, asked: Asked) -> None:
        self.lake, self.asked = lake, asked

    @abstractmethod
    def wanted(self) -> Mapping[str, str]:
        """The fingerprint of what each part would be made from now. A part that is missing here is to be removed."""

    @abstractmethod
    def made(self) -> Mapping[str, str | None]:
        """The fingerprint of what each part was made from; None for one that has to be made again whatever it is made from."""

    @abstractmethod
    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:
        """Make or remove these parts, each whole on the disk when it is yielded."""

    def demanded(self) -> Iterable[str]:
        """The parts that the run is asked to make in any case."""
        return ()

    def touched(self, keys: Collection[str]) -> Collection[str]:  # noqa: ARG002
        """The tables that these parts may change."""
        return self.tables

    def stale(self) -> list[str]:
        """The parts to make or remove in this run, in order."""
        if self.asked.only_years:
            return sorted(self.demanded())
        return sorted({*differing(self.wanted(), self.made()), *self.demanded()})


class TableStep(Step):
    """A step of one table, each of whose files carries the fingerprint of what it was made from."""

    table: ClassVar[str]

    def __init_subclass__(cls, table: str | None = None) -> None:
        super().__init_subclass__()
        if table:
            cls.table, cls.tables = table, (table,)

    @abstractmethod
    def inputs(self) -> Mapping[str, tuple[object, ...]]:
        """All that the rows of each part follow from, in values that differ where rows may."""

    @abstractmethod
    def rows(self, keys: Sequence[str]) -> Iterable[tuple[str, pl.DataFrame]]:
        """The rows of these parts, in their order."""

    def wanted(self) -> Mapping[str, str]:
        return self._wanted

    def made(self) -> Mapping[str, str | None]:
        return dict(versions(self.lake, self.table))

    def demanded(self) -> Iterable[str]:
        """The years asked for, where the table has review years."""
        return self.asked.years if TABLES[self.table].has_review_years else ()

    def make(self, keys: Sequence[str]) -> Iterator[Written | Left]:
        """Make or remove these parts. One that fails does not affect the others; PartsFailed is raised at the end."""
        # Before any row is read: what is replaced meanwhile by another run must count as not seen.
        wanted, left, failed = self._wanted, list(keys), dict[str, Exception]()
        while left:
            try:
                for key, rows in self.rows(left):
                    self.lake.write(self.table, rows, key, wanted.get(key, ""))
                    left = left[1:]
                    yield Written(self.table, key)
                break
            except Exception as error:
                if keys == [WHOLE]:
                    raise
                failed[left[0]], left = error, left[1:]
        if failed:
            reasons = defaultdict[str, list[str]](list)
            for key, failure in failed.items():
                reasons[first_line(failure)].append(key)
            raise PartsFailed("; ".join(f"{first_few(keys)}: {reason}" for reason, keys in reasons.items()))

    @cached_property
    def _wanted(self) -> Mapping[str, str]:
        return {key: fingerprint(TABLES[self.table].code_version, *found) for key, found in self.inputs().items()}


class WholeTableStep(TableStep):
    """A step of one table that is one file."""

    @abstractmethod
    def follows_from(self) -> tuple[object, ...]:
        """All that the rows follow from."""

    @abstractmethod
    def all_rows(self) -> pl.DataFrame:
        """The rows of the table."""

    def inputs(self) -> Mapping[str, tuple[object, ...]]:
        return {WHOLE: self.follows_from()}

    def rows(self, keys: Sequence[str]) -> Iterable[tuple[str, pl.DataFrame]]:
        return [(key, self.all_rows()) for key in keys]


def differing(wanted: Mapping[Part, str], made: Mapping[Part, str | None]) -> list[Part]:
    """The parts whose fingerprints differ, and those that only one side has, sorted."""
    both = wanted.keys() & made.keys()
    return sorted((wanted.keys() ^ made.keys()) | {key for key in both if wanted[key] != made[key]})


def versions(lake: Lake, table: str) -> dict[str, str]:
    """The fingerprint of what each part of a table was made from, by which other tables follow from it."""
    keys = [WHOLE] if TABLES[table].partition_by is None else lake.keys(table)
    return {key: made for key in keys if (made := lake.inputs(table, key)) is not None}

"""What is done around the steps of a run: the lake is held and made whole before them, and what they did is told after them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from logging import Logger

import polars as pl

from russell_pipeline.lake.former_names import rename_folders
from russell_pipeline.lake.landing import await_settled
from russell_pipeline.lake.last_run import noted
from russell_pipeline.lake.mirror import working
from russell_pipeline.lake.store import Lake
from russell_pipeline.notices import tell
from russell_pipeline.orchestration.failures import CannotAccept, ClockBehind
from russell_pipeline.orchestration.run_report import RunReport
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.settings import Settings
from russell_pipeline.steps.engine import StepDone
from russell_pipeline.steps.index.inputs import followed
from russell_pipeline.steps.market import accept
from russell_pipeline.steps.mending import mend
from russell_pipeline.wording import counted

_CLOCKS_DIFFER = timedelta(days=1)
_YEARS = ("review_year", "year")  # what tables with years are partitioned by


class Work:
    """A run at work on a lake: what was there before it, and what its steps say of what they do."""

    def __init__(self, lake: Lake, mended: list[str], store: Sequence[str]) -> None:
        self.lake, self.mended, self._store = lake, mended, store
        self._done: list[StepDone] = []
        self._known, self._corrected = _worse_than_info(lake), lake.count("market_corrections")
        self._defined, self._levels = followed(lake), _levels(lake)
        self._parts = dict(lake.read("landing_files").select("path", "parts").iter_rows())
        self._unsettled = await_settled(lake.landing)

    def note(self, done: StepDone) -> StepDone:
        """Remember what became of a step; returns it."""
        self._done.append(done)
        return done

    def report(self) -> RunReport:
        """What the run did."""
        files = self._written("landing_files")
        there = set(self.lake.read("landing_files", columns=["path"])["path"])
        gone = [path for path in files if path not in there]
        by_year = [name for name, table in TABLES.items() if table.partition_by in _YEARS]
        return RunReport(
            [one for one in self._written("documents") if one in {*self.lake.keys("documents")}],
            sorted({year for table in by_year for year in self._written(table)}),
            any(done.written or done.left or done.failure for done in self._done) or bool(self.mended),
            _worse_than_info(self.lake).join(self._known, on=self._known.columns, how="anti", nulls_equal=True),
            self._written("fetched_documents"),
            [path for path in files if path in there],
            self._unsettled,
            [name for done in self._done for name in done.left],
            self._store,
            [(path, rows) for path in gone if (rows := sum(part["rows"] for part in self._parts.get(path, ())))],
            [*self._undefined()],
            self._corrections(gone),
            self.mended,
        )

    def tell(self, name: str, log: Logger) -> None:
        """Log what was mended and what went to and from the store, and send notices of new findings in the lake of this name."""
        report = self.report()
        for sentence in (*report.mended, *report.store):
            log.info(sentence)
        tell(f"{name}: new findings", [*report.mended, *report.new_findings["message"]], log.warning)

    def _written(self, table: str) -> list[str]:
        """The parts of a table that were written, in order."""
        return list(dict.fromkeys(one.key for done in self._done for one in done.written if one.table == table))

    def _undefined(self) -> Iterator[tuple[str, str]]:
        """The definitions that published levels followed and that are gone from landing, with what goes with each."""
        now, has = followed(self.lake), _levels(self.lake)
        for code, definition in self._defined.items():
            path = f"indexes/{code}.yaml"
            if now.get(code) == definition or os.path.lexists(self.lake.landing / path):
                continue
            if lost := self._levels.get(code, 0) - has.get(code, 0):
                yield path, f"{counted(lost, 'level')} of {code}"
            else:
                yield path, f"what it says: {code} follows the definition that ships with this release"

    def _corrections(self, gone: Sequence[str]) -> pl.DataFrame:
        """The rows that `market_corrections` has more than before, but those of files that are gone from landing."""
        taken_along = pl.col("new").is_null() & pl.col("former_file").is_in([path.split("/", 1)[1] for path in gone])
        return self.lake.read("market_corrections").filter((pl.col("ordinal") > self._corrected) & ~taken_along)


@contextmanager
def at_work(settings: Settings, accepted: Iterable[str] = ()) -> Iterator[Work]:
    """Hold a lake for one run, make its tables whole, and let files count that a person accepted.

    Raises what `run` raises before anything is made.
    """
    with working(settings.root, settings.address) as store, noted(settings.root):
        lake = Lake(settings.root)
        _check_clock(lake)
        lake.sweep()
        mended = [*rename_folders(lake.root), *mend(lake)]
        for path in accepted:
            if why := accept(lake, path):
                raise CannotAccept(why)
        yield Work(lake, mended, store)


def _levels(lake: Lake) -> dict[str, int]:
    """The number of levels of each index."""
    return dict(lake.read("index_levels", columns=["index_code"])["index_code"].value_counts().iter_rows())


def _worse_than_info(lake: Lake) -> pl.DataFrame:
    return lake.read("findings").filter(pl.col("severity") != "info")


def _check_clock(lake: Lake) -> None:
    """Raise ClockBehind if the clock was set back: the days of findings and the reach of the calendar depend on it."""
    if not lake.catalog.exists():
        return
    changed, now = datetime.fromtimestamp(lake.catalog.stat().st_mtime), datetime.fromtimestamp(time.time())
    if now < changed - _CLOCKS_DIFFER:
        raise ClockBehind(
            f"the clock says {now:%Y-%m-%d %H:%M}, but the lake was changed on {changed:%Y-%m-%d %H:%M}: "
            f"set the clock right or, if it is, `touch {lake.catalog}`"
        )

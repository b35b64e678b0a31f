"""A run from beginning to end in this process, through the same assets that the UI shows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import polars as pl

from russell_pipeline.bounded import begin_sharing
from russell_pipeline.index.definition import Definition
from russell_pipeline.lake.catalog import catalog_is_current
from russell_pipeline.lake.landing import await_settled, scan_documents
from russell_pipeline.lake.last_run import noted
from russell_pipeline.lake.mirror import working
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.failures import CannotAccept, ClockBehind
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.settings import Settings
from russell_pipeline.steps.findings import findings_now
from russell_pipeline.steps.index.inputs import followed
from russell_pipeline.steps.index.years import Indexes
from russell_pipeline.steps.market import accept, plan_market
from russell_pipeline.steps.market_landing import MarketPlan
from russell_pipeline.steps.mending import mend
from russell_pipeline.steps.reading import ReadingPlan, plan_reading
from russell_pipeline.steps.sources import plan_fetching
from russell_pipeline.steps.staleness import BY_YEAR, DERIVED, Inputs
from russell_pipeline.wording import counted

_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did.

    - `read`: the ids of the documents read;
    - `years`: the years made again;
    - `anything`: whether there was anything to do;
    - `new_findings`: the errors and warnings in `findings` that were not there before;
    - `fetched`: new versions of documents from sources, by their names in landing/documents;
    - `market_read`: the files of the market that were read;
    - `unsettled`: files that were still being written and are left for the next run;
    - `changed`: documents that changed or went away while this run read them;
    - `store`: what went to and from the store of a lake at an address;
    - `gone`: the files of the market that are gone from landing, each with the number of rows that it gave;
    - `undefined`: the definitions that are gone from landing, each with what goes with it;
    - `corrections`: the rows of `market_corrections` that this run added, but those of files that are gone;
    - `mended`: a sentence for each file of the lake that was damaged.
    """

    read: Sequence[str]
    years: Sequence[str]
    anything: bool
    new_findings: pl.DataFrame
    fetched: Sequence[str] = ()
    market_read: Sequence[str] = ()
    unsettled: Sequence[str] = ()
    changed: Sequence[str] = ()
    store: Sequence[str] = ()
    gone: Sequence[tuple[str, int]] = ()
    undefined: Sequence[tuple[str, str]] = ()
    corrections: pl.DataFrame = field(default_factory=lambda: TABLES["market_corrections"].empty)
    mended: Sequence[str] = ()


def run(
    settings: Settings,
    again: Iterable[str] = (),
    years: Iterable[str] = (),
    *,
    offline: bool = False,
    accepted: Iterable[str] = (),
) -> RunReport:
    """Bring the lake up to date with landing: everything new becomes tables, findings and the catalog.

    `again` names documents to read in any case, `years` the review years to make in any case; `offline` leaves the sources alone;
    `accepted` are paths below landing/ of files whose versions there may take rows along. Raises CannotAccept if one cannot.
    If nothing is new, nothing is done. A lake at an address is brought here first, and published when all is done. Raises
    LakeBusy while another run holds the lake, StoreError if its store fails, ClockBehind if the clock cannot be right,
    DamagedFile if a file of a table is damaged that nothing can replace, and RunFailed if a step fails.
    """
    with working(settings.root, settings.address) as notes, noted(settings.root):
        lake = Lake(settings.root)
        _check_clock(lake)
        lake.sweep()
        mended = mend(lake)
        for path in accepted:
            if why := accept(lake, path):
                raise CannotAccept(why)
        report = _run(settings, list(again), set(years), offline, mended)
    return replace(report, store=notes, mended=mended, anything=report.anything or bool(mended))


def _run(settings: Settings, again: list[str], years: set[str], offline: bool, mended: list[str]) -> RunReport:
    """What `run` does once the tables are whole; `mended` grows by what else was damaged."""
    lake = Lake(settings.root)
    known, corrected = _worse_than_info(lake), lake.count("market_corrections")
    defined, levels = followed(lake), _levels(lake)
    parts = dict(lake.read("landing_files").select("path", "parts").iter_rows())
    unsettled = await_settled(lake.landing)
    fetched = [] if offline else _fetch(settings, lake, mended)
    if fetched:
        unsettled = await_settled(lake.landing)
    documents, market = plan_reading(lake, scan_documents(lake.landing), again), plan_market(lake)
    anything = bool(documents or market or years or not _is_current(lake))
    made = _work(settings, documents, market, again, years, mended=mended) if anything else set()
    kept = set(lake.read("documents", columns=["document_id"])["document_id"]) if documents.read else set()
    return RunReport(
        [document.document_id for document in documents.read if document.document_id in kept],
        sorted(made | years),
        anything,
        _worse_than_info(lake).join(known, on=known.columns, how="anti", nulls_equal=True),
        fetched,
        [file.path for file in market.read],
        unsettled,
        [document.name for document in documents.read if document.document_id not in kept],
        gone=[(path, rows) for path in market.gone if (rows := sum(part["rows"] for part in parts[path]))],
        undefined=[*_undefined(lake, defined, levels)],
        corrections=_corrections(lake, corrected, market.gone),
    )


def _levels(lake: Lake) -> dict[str, int]:
    """The number of levels of each index."""
    return dict(lake.read("index_levels", columns=["index_code"])["index_code"].value_counts().iter_rows())


def _undefined(lake: Lake, before: Mapping[str, Definition], had: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """The definitions that published levels followed and that are gone from landing, with what goes with each."""
    now, has = followed(lake), _levels(lake)
    for code, definition in before.items():
        path = f"indexes/{code}.yaml"
        if now.get(code) == definition or os.path.lexists(lake.landing / path):
            continue
        if lost := had.get(code, 0) - has.get(code, 0):
            yield path, f"{counted(lost, 'level')} of {code}"
        else:
            yield path, f"what it says: {code} follows the definition that ships with this release"


def _corrections(lake: Lake, known: int, gone: Sequence[str]) -> pl.DataFrame:
    """The rows of `market_corrections` after the first `known`, but those of files that are gone from landing."""
    taken_along = pl.col("new").is_null() & pl.col("former_file").is_in([path.split("/", 1)[1] for path in gone])
    return lake.read("market_corrections").filter((pl.col("ordinal") > known) & ~taken_along)


def _fetch(settings: Settings, lake: Lake, mended: list[str]) -> list[str]:
    """Ask the sources for what is new; returns the names of the new documents."""
    if not plan_fetching(lake):
        return []
    from russell_pipeline.orchestration.jobs import Jobs

    before = lake.read("fetched_documents")
    with Jobs(settings, mended) as jobs:
        jobs.fetch()
    after = lake.read("fetched_documents")
    return sorted(set(after.join(before, on=before.columns, how="anti")["file_name"]))


def _work(
    settings: Settings,
    documents: ReadingPlan,
    market: MarketPlan,
    again: list[str],
    years: set[str],
    *,
    mended: list[str],
) -> set[str]:
    """Run the jobs for which there is work; returns the years whose inputs changed."""
    if documents or market:
        begin_sharing()
    # Imported only here, so that a night without work does not wait for Dagster.
    from russell_pipeline.orchestration.jobs import Jobs

    lake = Lake(settings.root)
    with Jobs(settings, mended) as jobs:
        if documents:
            jobs.read(again)
        if market:
            jobs.read_market()
        before = _made_from(lake)
        jobs.publish(_stale(lake), years)
    after = _made_from(lake)
    return {key for table, key in {*before, *after} if before.get((table, key)) != after.get((table, key))}


def _stale(lake: Lake) -> dict[str, list[str]]:
    """The keys of the stale files by table; `index_runs` stands for all tables of the indexes."""
    inputs = Inputs(lake)
    stale, indexes = {table: inputs.stale(table) for table in DERIVED}, Indexes(lake)
    # The securities of weights are not known before the symbols are made.
    stale["index_runs"] = sorted({*indexes.stale(), *(indexes.fingerprints() if stale["symbols"] else ())})
    return {table: keys for table, keys in stale.items() if keys}


def _is_current(lake: Lake) -> bool:
    """Whether all tables, the findings and the catalog are what would be made now."""
    return not _stale(lake) and findings_now(lake).equals(lake.read("findings")) and catalog_is_current(lake)


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


def _made_from(lake: Lake) -> dict[tuple[str, str], str | None]:
    """The fingerprint of the inputs of every file of the tables by year."""
    return {(table, key): lake.inputs(table, key) for table in (*BY_YEAR, "index_runs") for key in lake.keys(table)}

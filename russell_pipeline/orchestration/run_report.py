"""What a run did, as its faces tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from russell_pipeline.schemas.tables import TABLES


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

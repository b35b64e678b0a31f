"""Findings on damaged landing files: what of their last good versions stays, and which levels rest on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.model import AREA
from russell_pipeline.membership.symbols import symbol_keys
from russell_pipeline.steps.index.changes import BEHIND_LEVELS
from russell_pipeline.steps.index.inputs import definitions, sources
from russell_pipeline.wording import counted

_OF_A_DAY = ("closes", "fx")  # kinds that only the levels of their own days follow from at once
_EMPTY = ("is empty", "has no rows any more")


def findings(lake: Lake) -> Iterator[Finding]:
    """One finding for each damaged file of which former rows stay."""
    files = lake.read("landing_files").filter(pl.col("kept") > 0).sort("path")
    indexes = _Indexes(lake)
    for row in files.iter_rows(named=True):
        stays = counted(row["kept"], "row of its last good version stays", "rows of its last good version stay")
        resting = "; ".join(indexes.resting_on(row)) or "no levels rest on them"
        meant = row["rows"] > 0 or row["reason"].endswith(_EMPTY)
        remedy = f"`russell run --accept {row['path']}` if it is meant" if meant else "remove it if its rows are to go"
        yield Finding(AREA, "error", row["path"], f"{row['reason']}; {stays}: {resting}; mend it, or {remedy}")


class _Indexes:
    """The published indexes of a lake: what they hold, and their levels."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake

    def resting_on(self, file: Mapping[str, Any]) -> Iterator[str]:
        """The levels that follow from the former rows of a file, a phrase for each index."""
        since, until = file["kept_from"], file["kept_to"] if file["kind"] in _OF_A_DAY else None
        for code in sorted(self._using(file)):
            first = self._implemented(code, file["file"]) if file["kind"] == "components" else since
            within = pl.col("date").is_between(first or date.min, until or date.max)
            days = self._levels.filter(within, index_code=code)["date"].sort().cast(pl.String)
            if not days.is_empty():
                yield f"the levels of {code} from {days[0]} to {days[-1]} rest on them"

    def _using(self, file: Mapping[str, Any]) -> set[str]:
        """The indexes that hold what former rows are about."""
        match file["kind"]:
            case "components":
                leg = file["file"].split("/")[0]
                return {code for code, one in self._definitions.items() if leg in sources(one)}
            case "fx":
                of_index = {code for code, one in self._definitions.items() if one.currency in file["kept_subjects"]}
                return of_index | {*self._held.filter(pl.col("currency").is_in(file["kept_subjects"]))["index_code"]}
            case kind if kind not in BEHIND_LEVELS:
                return set()
        keys = pl.DataFrame({"symbol": file["kept_subjects"]}, schema={"symbol": pl.String}).select(
            symbol_keys(pl.col("symbol"))
        )
        return {
            *self._held.with_columns(symbol_keys(pl.col("symbol"))).join(keys, on="symbol", how="semi")["index_code"]
        }

    def _implemented(self, code: str, file: str) -> date | None:
        review = file.rpartition("/")[2].rpartition(".")[0]
        days: date | None = self._lake.read("weights", [review]).filter(index_code=code)["implemented_on"].min()  # type: ignore[assignment]
        return days

    @cached_property
    def _definitions(self) -> Mapping[str, Any]:
        return definitions(self._lake)[0]

    @cached_property
    def _held(self) -> pl.DataFrame:
        columns = ["index_code", "symbol", "currency"]
        return pl.concat(self._lake.read(name, columns=columns) for name in ("weights", "index_states")).unique()

    @cached_property
    def _levels(self) -> pl.DataFrame:
        return self._lake.read("index_levels", columns=["index_code", "date"])

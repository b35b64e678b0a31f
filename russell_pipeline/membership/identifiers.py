"""Which identifier a security has when, by the files that print it, and where identifiers contradict symbols."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.membership.names import alike

AREA = "membership"
# One row for each identifier of a security on a day: `symbol` and `company_name` as the file has them, and the place.
SEEN = {
    "security_id": pl.String,
    "kind": pl.String,
    "value": pl.String,
    "day": pl.Date,
    "symbol": pl.String,
    "company_name": pl.String,
    "file": pl.String,
    "row": pl.Int64,
}
_OF = ["security_id", "kind"]
# Corporate actions change a CUSIP, and with it the ISIN; these stay as long as the security does.
_LASTING = ("permno", "figi")
_IN_ORDER = ["security_id", "kind", "day", "file", "row"]


def identifier_spans(seen: pl.DataFrame) -> pl.DataFrame:
    """The identifiers of each security over half-open spans: from the first day on which a file has it to the first with another.

    `seen` has the columns `SEEN`. Of two on one day the first by file and row counts. An identifier that another
    security has from a later day on ends there.
    """
    starts = _starts(seen)
    ends = pl.col("day").shift(-1).over(_OF)
    taken = (
        starts.join(starts, on=["kind", "value"], suffix="_other")
        .filter((pl.col("security_id") != pl.col("security_id_other")) & (pl.col("day") < pl.col("day_other")))
        .group_by("security_id", "kind", "value", "day")
        .agg(pl.col("day_other").min().alias("taken"))
    )
    found = starts.with_columns(ends=ends).join(taken, on=["security_id", "kind", "value", "day"], how="left")
    return found.select(
        "security_id",
        "kind",
        "value",
        pl.col("day").alias("valid_from"),
        pl.min_horizontal("ends", "taken").alias("valid_to"),
        "file",
        "row",
    ).sort("security_id", "kind", "valid_from")


def identifier_conflicts(seen: pl.DataFrame) -> Iterator[Finding]:
    """Findings where identifiers contradict each other or say something else of securities than symbols do. Nothing is merged."""
    for a, b in _pairs(_two_of_one(seen)):
        says = f"has two {a['kind']}s on {a['day']}: {a['value']} ({_place(a)}) and {b['value']} ({_place(b)}); the first counts"
        yield Finding(AREA, "warning", a["symbol"], f"{a['symbol']} {says}")
    yield from _shared(seen)
    yield from _changed(_starts(seen))


def _starts(seen: pl.DataFrame) -> pl.DataFrame:
    """The rows with which an identifier of a security begins."""
    first = seen.sort(_IN_ORDER).unique([*_OF, "day"], keep="first", maintain_order=True)
    return first.filter(pl.col("value").ne_missing(pl.col("value").shift(1).over(_OF)))


def _two_of_one(seen: pl.DataFrame) -> pl.DataFrame:
    """Securities with two identifiers of a kind on a day, the first such day of each."""
    values = seen.sort(_IN_ORDER).unique([*_OF, "day", "value"], keep="first", maintain_order=True)
    several = values.filter(pl.len().over(*_OF, "day") > 1)
    first = several.filter(pl.col("day") == pl.col("day").min().over(_OF))
    return first.group_by(_OF, maintain_order=True).agg(pl.all().head(2))


def _shared(seen: pl.DataFrame) -> Iterator[Finding]:
    """An identifier of two securities: on one day a contradiction, on different days perhaps a rename."""
    held = seen.sort("kind", "value", "day", "file", "row")
    several = held.filter(pl.col("security_id").n_unique().over("kind", "value") > 1)
    for key, rows in several.group_by("kind", "value", maintain_order=True):
        name = " ".join(map(str, key))
        same = rows.filter(pl.col("security_id").n_unique().over("day") > 1)
        if not same.is_empty():
            one, other = (
                same.filter(pl.col("day") == pl.col("day").min())
                .unique("security_id", keep="first", maintain_order=True)[:2]
                .to_dicts()
            )
            both = f"{one['symbol']} ({_place(one)}) and of {other['symbol']} ({_place(other)})"
            yield Finding(
                AREA,
                "warning",
                one["symbol"],
                f"{name} is of {both} on {one['day']}: an identifier names one security",
            )
            continue
        moves = rows.filter(pl.col("security_id").ne_missing(pl.col("security_id").shift(1)))
        before, after = moves[:2].to_dicts()
        last = rows.filter(pl.col("day") < after["day"])[-1].to_dicts()[0]
        says = (
            f"{name} is of {before['symbol']} until {last['day']} ({_place(last)}) and of {after['symbol']} from "
            f"{after['day']} on ({_place(after)}): if the symbol changed, a row DATE,{last['symbol']},{after['symbol']} in "
            "landing/reference/symbol_changes.csv makes them one security"
        )
        yield Finding(AREA, "warning", after["symbol"], says)


def _changed(starts: pl.DataFrame) -> Iterator[Finding]:
    """A security whose lasting identifier changes, or whose CUSIP or ISIN changes with its issuer and its name."""
    for a, b in zip(starts[:-1].iter_rows(named=True), starts[1:].iter_rows(named=True), strict=True):
        if any(a[name] != b[name] for name in _OF):
            continue
        kind, names = a["kind"], (a["company_name"], b["company_name"])
        if kind in _LASTING:
            why = f"a {kind} does not change"
        elif _issuer(a) != _issuer(b) and all(names) and not alike(*names):
            why = f"the issuer changes too, and {names[0]} becomes {names[1]}"
        else:
            continue
        says = (
            f"{b['symbol']} has {kind} {a['value']} from {a['day']} ({_place(a)}) and {b['value']} from {b['day']} on "
            f"({_place(b)}): {why}, so the symbol may stand for two securities; the change of symbol of the first belongs into "
            "landing/reference/symbol_changes.csv"
        )
        yield Finding(AREA, "warning", b["symbol"], says)


def _issuer(row: dict[str, Any]) -> str:
    value = str(row["value"])
    return value[2:8] if row["kind"] == "isin" else value[:6]


def _pairs(grouped: pl.DataFrame) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for row in grouped.iter_rows(named=True):
        same = {name: row[name] for name in _OF}
        listed = [name for name in row if name not in _OF]
        yield tuple({**same, **{name: row[name][n] for name in listed}} for n in (0, 1))  # type: ignore[misc]


def _place(row: dict[str, Any]) -> str:
    return f"{row['file']} row {row['row']}"

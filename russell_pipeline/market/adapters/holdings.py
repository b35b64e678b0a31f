"""Reads a fund's downloaded holdings as a file of components: shares held stand for shares, free float is 1."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl

from russell_pipeline.errors import Refusal
from russell_pipeline.findings import Finding
from russell_pipeline.market.adapters import ishares
from russell_pipeline.market.adapters.grid import read_lines
from russell_pipeline.market.adapters.model import Skipped
from russell_pipeline.market.files.identifiers import checked
from russell_pipeline.market.files.kinds import KINDS, component_of
from russell_pipeline.market.files.model import AREA, SKIPPED, Blocks, Supplied
from russell_pipeline.market.files.reading import read_file, validated
from russell_pipeline.market.files.rejection import NONE, in_order, refusal

_KIND = KINDS["components"]
_LARGEST = 1 << 24  # bytes; a fund's holdings are a few hundred thousand


def read_components(path: Path, name: str) -> Supplied:
    """Read a file of components, or a downloaded holdings file, under a `name` that `component_of` takes.

    Lines of holdings that are not shares are set aside under the rule `skipped` and block nothing; a share that cannot be read
    blocks the file. Holdings of another day than that in the name are refused. Nothing in a file raises an exception.
    """
    _, review_or_day = component_of(name)
    read = read_file(_KIND, path, name)
    if not read.refused or path.suffix.lower() != ".csv" or not path.is_file() or path.stat().st_size > _LARGEST:
        return read
    data = path.read_bytes()
    try:
        if not ishares.is_holdings(read_lines(data)):
            return read
        holdings = ishares.read(name, data, date.fromisoformat(review_or_day) if len(review_or_day) == 10 else None)
    except Refusal as refused:
        return Supplied(_KIND, name, _KIND.schema.create_empty(), refusal(_KIND, name, str(refused)))
    return _supplied(name, holdings)


def _supplied(name: str, holdings: ishares.Holdings) -> Supplied:
    text = holdings.components.select(
        pl.Series("row", holdings.rows, pl.Int64),
        *(pl.lit(None, pl.String).alias(column) for column in ("line", "fault", "says")),
        pl.all().cast(pl.String),
    )
    rows, rejected = validated(_KIND, text, name)
    rows, doubts = checked(_KIND, rows, name)
    aside = [
        rejected,
        _aside(name, SKIPPED, Blocks.NOTHING, holdings.skipped),
        _aside(name, "unreadable", Blocks.FILE, holdings.unreadable),
    ]
    says = f"{name} is {holdings.fund or 'a fund'}'s holdings of {holdings.as_of}: shares held stand for shares, free float is 1"
    return Supplied(_KIND, name, rows, in_order(aside), (Finding(AREA, "info", name, says), *doubts))


def _aside(name: str, rule: str, blocks: Blocks, lines: Iterable[Skipped]) -> pl.DataFrame:
    rows: list[tuple[object, ...]] = [
        (name, line.row, rule, line.text, f"{name}, row {line.row}: {line.reason}", blocks.value, [], None)
        for line in lines
    ]
    return pl.DataFrame(rows, NONE.schema, orient="row")

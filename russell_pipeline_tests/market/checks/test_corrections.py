"""Corrections between two versions of a month: what is told, and that nothing is told twice."""

from __future__ import annotations

from datetime import date

import polars as pl

from russell_pipeline.market.checks.corrections import corrections
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.schemas.tables import TABLES

CLOSES = KINDS["closes"]
DAY, FIRST, LATER = date(2024, 1, 2), date(2024, 7, 1), date(2024, 7, 8)
NONE = TABLES["market_corrections"].empty


def _closes(**closes: float) -> pl.DataFrame:
    rows = [
        {"file": "closes.csv", "row": row, "date": DAY, "symbol": symbol, "close": close, "currency": "USD"}
        for row, (symbol, close) in enumerate(closes.items(), 2)
    ]
    return CLOSES.schema.create_empty().vstack(pl.DataFrame(rows, CLOSES.schema.create_empty().schema))


def _told(before: pl.DataFrame, after: pl.DataFrame, known: pl.DataFrame = NONE) -> pl.DataFrame:
    return corrections(CLOSES, before, after, known, FIRST if known.is_empty() else LATER)


def test_what_a_run_that_was_killed_had_told_is_not_told_again() -> None:
    """Such a run leaves the corrections, and the closes of before; other values of the next run are told, and count on."""
    before = _closes(AAA=10, BBB=20)
    told = _told(before, _closes(AAA=11))
    values = told.select("ordinal", "symbol", "former_value", "new_value").rows()
    assert values == [(1, "AAA", 10.0, 11.0), (2, "BBB", 20.0, None)]
    assert _told(before, _closes(AAA=11), told).is_empty()
    more = _told(before, _closes(AAA=12), told)
    assert more.select("ordinal", "symbol", "former_value", "new_value", "known_on").rows() == [
        (3, "AAA", 10.0, 12.0, LATER)
    ]


def test_the_last_correction_of_a_key_says_whether_it_is_withdrawn() -> None:
    known = _told(_closes(AAA=10), _closes())
    given_back = _told(_closes(), _closes(AAA=10, NEW=5), known)
    assert given_back.select("symbol", "former_value", "new_value").rows() == [("AAA", None, 10.0)]
    assert _told(_closes(), _closes(AAA=10, NEW=5), pl.concat([known, given_back])).is_empty()

"""Symbols are spelled anew only where one security is meant."""

from __future__ import annotations

import polars as pl

from russell_pipeline.market.spelling import preferred_symbols, spelled_as
from russell_pipeline_tests.market.checks.made_period import SESSIONS


def test_where_all_spellings_are_securities_of_their_own_no_symbol_is_spelled_anew() -> None:
    quoted = pl.DataFrame({"date": [SESSIONS[0]] * 2, "symbol": ["BFA", "BF.A"]})
    known = preferred_symbols(quoted, "date", since="date")
    assert spelled_as(known, pl.DataFrame({"symbol": ["BF-A", None]}), "symbol")["symbol"].to_list() == ["BF-A", None]

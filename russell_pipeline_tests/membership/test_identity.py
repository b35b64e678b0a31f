"""Which security a symbol stands for on a day: renames, swaps, symbols taken over, and what published lists know."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.identity import SecurityIds

Rows = list[tuple[str, ...]]


def _ids(changes: Rows, periods: Rows, *asked: tuple[str, str], simulated: bool = False) -> list[str]:
    symbols = TABLES["symbols"].frame(
        {"symbol": key, "symbol_key": key, "security_id": security_id, "valid_from": date.fromisoformat(since),
         "valid_to": date.fromisoformat(until) if until else None}
        for key, security_id, since, until in periods
    )  # fmt: skip
    names = {"date": pl.String, "old_symbol": pl.String, "new_symbol": pl.String}
    changed = pl.DataFrame(changes, names, orient="row").with_columns(pl.col("date").str.to_date())
    rows = pl.DataFrame([*asked], {"symbol": pl.String, "date": pl.String}, orient="row").with_columns(
        pl.col("date").str.to_date(), simulated=pl.lit(simulated)
    )
    return SecurityIds(symbols, changed).of(rows, "date").to_list()


RENAME = ("2022-06-09", "FB", "META")
SWAP = [("2024-03-01", "AA", "BB"), ("2024-03-01", "BB", "AA")]


@pytest.mark.parametrize(
    ("changes", "periods", "asked", "expected"),
    [
        pytest.param(
            [],
            [],
            [("BRK.B", "2020-01-02"), ("BRK-B", "2020-01-03"), ("BRKB", "2021-01-04")],
            ["BRKB"] * 3,
            id="spellings",
        ),
        pytest.param(
            [RENAME],
            [],
            [("FB", "2022-06-08"), ("META", "2022-06-09"), ("META", "2024-01-02")],
            ["FB"] * 3,
            id="rename",
        ),
        pytest.param(
            [RENAME], [], [("FB", "2022-06-09"), ("FB", "2024-01-02")], ["FB-2022"] * 2, id="given up, used again"
        ),
        pytest.param([RENAME], [], [("META", "2022-06-08")], ["META"], id="had by another before"),
        pytest.param(
            [RENAME, ("2023-01-03", "META", "MTA")],
            [],
            [("MTA", "2023-01-03"), ("META", "2023-01-03")],
            ["FB", "META-2023"],
            id="twice",
        ),
        pytest.param(
            SWAP,
            [],
            [("AA", "2024-02-29"), ("BB", "2024-03-01"), ("BB", "2024-02-29"), ("AA", "2024-03-01")],
            ["AA", "AA", "BB", "BB"],
            id="swap",
        ),
        pytest.param(
            [("2024-03-01", "AA", "BB"), ("2024-03-01", "CC", "AA")],
            [],
            [
                ("AA", "2024-02-29"),
                ("BB", "2024-03-01"),
                ("CC", "2024-02-29"),
                ("AA", "2024-03-01"),
                ("CC", "2024-03-01"),
            ],
            ["AA", "AA", "CC", "CC", "CC-2024"],
            id="taken over on the same day",
        ),
        pytest.param(
            [("2016-11-01", "AA", "ARNC")],
            [
                ("AA", "AA", "2016-06-27", "2016-11-01"),
                ("ARNC", "AA", "2016-11-01", ""),
                ("AA", "AA-2019", "2019-07-01", ""),
            ],
            [("AA", "2010-01-04"), ("ARNC", "2018-01-02"), ("AA", "2016-11-01"), ("AA", "2020-01-02")],
            ["AA", "AA", "AA-2019", "AA-2019"],
            id="first seen later than listed",
        ),
        pytest.param(
            [("2019-02-01", "OLD", "NEW")],
            [("NEW", "NEW", "2021-06-28", "")],
            [("OLD", "2018-01-02"), ("NEW", "2020-01-02"), ("NEW", "2018-01-02"), ("OLD", "2019-02-01")],
            ["NEW", "NEW", "NEW-before-20190201", "OLD-2019"],
            id="lists know the later symbol alone",
        ),
        pytest.param(
            [],
            [("KV", "KV", "2010-06-28", "2015-06-29"), ("KV", "KV-2015", "2015-06-29", "")],
            [("KV", "2009-01-02"), ("KV", "2015-06-26"), ("KV", "2015-06-29")],
            ["KV", "KV", "KV-2015"],
            id="reused",
        ),
        pytest.param(
            [],
            [("BF.A", "BF.A", "2010-06-28", ""), ("BFA", "BFA", "2010-06-28", "")],
            [("BF-A", "2012-01-03"), ("BFA", "2012-01-03"), ("BF/A", "2012-01-03")],
            ["BF.A", "BFA", "BF.A"],
            id="side by side",
        ),
    ],
)
def test_symbol_spans_name_the_security_of_the_day(
    changes: Rows, periods: Rows, asked: Rows, expected: list[str]
) -> None:
    assert _ids(changes, periods, *asked) == expected  # type: ignore[arg-type]


def test_symbol_spans_separate_simulated_symbols_from_published_securities() -> None:
    periods = [("KV", "KV", "2010-06-28", "2015-06-29"), ("KV", "KV-2015", "2015-06-29", "")]
    assert _ids([], periods, ("KV", "2016-01-04"), simulated=True) == ["KV"]

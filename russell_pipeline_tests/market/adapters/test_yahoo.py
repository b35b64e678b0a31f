"""Closes come back as traded, dividends as paid, splits as whole numbers; what cannot be known is refused, not guessed."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from russell_pipeline.market.adapters.model import ACTIONS, Converted
from russell_pipeline.market.adapters.registry import convert
from russell_pipeline_tests.market.adapters.conftest import source

CLOSES, ACTED = "market/closes-yahoo-{}.csv", "market/actions-yahoo-{}.csv"
START = date(2020, 1, 6)
PER_SYMBOL = "Date,Open,High,Low,Close,Adj Close,Volume"


def yahoo(*files: tuple[str, str], **options: str) -> Converted:
    return convert("yahoo", [(name, text.encode()) for name, text in files], options)


def long_closes(real_market: Path) -> tuple[str, bytes]:
    return source(real_market / "yahoo" / "long_20231120_20231208.csv")


def test_the_real_export_comes_back_as_traded_with_the_prices_of_a_fund_holdings_file(real_market: Path) -> None:
    """Every close of 2023-11-22 is the price that the fund printed, and names adjusted since are in cents on all days."""
    holdings = source(real_market / "ishares" / "IVV_20231122.csv")
    result = convert("yahoo", [long_closes(real_market), holdings], {})
    closes = result.files[CLOSES.format("long_20231120_20231208")]
    printed = {
        one["Ticker"]: float(one["Price"].replace(",", ""))
        for one in csv.DictReader(io.StringIO(holdings[1].decode()))
        if one["Asset Class"] == "Equity"
    }
    on_the_day = closes.filter(pl.col("date") == date(2023, 11, 22))
    assert on_the_day.height == 488
    for symbol, close in on_the_day.select("symbol", "close").iter_rows():
        assert close == pytest.approx(printed[symbol.replace("-", "")], rel=0.002)
    adjusted = {one.message.partition(":")[0] for one in result.notes}
    assert {"NVDA", "CMG", "GE", "MMM", "WRB", "WMT"} <= adjusted
    for close in closes.filter(pl.col("symbol").is_in(list(adjusted)))["close"]:
        assert close == round(close, 2)
    # What has no price to compare with is listed, one line for each symbol; nothing else is lost.
    total = len(long_closes(real_market)[1].splitlines()) - 1
    left_out = {one.text.partition(",")[0] for one in (*result.skipped, *result.unreadable)}
    assert closes.height + 14 * len(left_out) == total
    assert {"^GSPC", "^RUT"} <= left_out


def test_the_real_export_alone_is_refused_unless_the_caller_says_that_it_is_as_traded(real_market: Path) -> None:
    alone = convert("yahoo", [long_closes(real_market)], {})
    assert not alone.files
    assert "not as traded" in alone.refused[0].message
    assert "as_traded=yes" in alone.refused[0].message
    taken = convert("yahoo", [long_closes(real_market)], {"as_traded": "yes"})
    assert taken.files[CLOSES.format("long_20231120_20231208")].height == 532 * 14
    doubtful = {one.message.partition(":")[0] for one in taken.notes}
    assert {"NVDA", "CMG", "GE", "AVGO"} <= doubtful, "adjusted closes show by standing between cents"
    assert len(doubtful) < 20


def test_the_real_export_comes_back_with_given_splits(real_market: Path) -> None:
    splits = "Ticker,Date,Stock Splits\nNVDA,2024-06-10,10:1\nGE,2024-04-02,1.253\n"
    result = convert("yahoo", [long_closes(real_market), ("splits.csv", splits.encode())], {})
    closes = result.files[CLOSES.format("long_20231120_20231208")]
    at = closes.filter(pl.col("date") == date(2023, 11, 22), pl.col("symbol").is_in(["GE", "NVDA"]))
    assert dict(at.select("symbol", "close").iter_rows()) == {"GE": 119.6, "NVDA": 487.16}
    actions = result.files[ACTED.format("splits")]
    assert actions.rows() == [("NVDA", date(2024, 6, 10), "split", 10, 1, None, None, None)]
    assert [(one.row, "spin-off" in one.reason) for one in result.unreadable] == [(3, True)]


RATIOS = ["2", "3", "3/2", "10", "7", "1/8", "1/15", "21/20", "50"]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[float], dict[int, Fraction], dict[int, float]]:
    """Closes as traded in cents, splits and dividends in cents by the number of their day."""
    cents = draw(st.lists(st.integers(100, 500_000), min_size=2, max_size=30))
    days = st.integers(1, len(cents) - 1)
    splits = draw(st.dictionaries(days, st.sampled_from(RATIOS).map(Fraction), max_size=3))
    dividends = draw(st.dictionaries(days, st.integers(1, 500).map(lambda cent: cent / 100), max_size=3))
    return [one / 100 for one in cents], splits, dividends


def day(number: int) -> date:
    return START + timedelta(number)


def factor(splits: dict[int, Fraction], number: int) -> float:
    product = Fraction(1)
    for on, ratio in splits.items():
        product *= ratio if on > number else 1
    return float(product)


def single(value: float) -> float:
    return float(pl.Series([value]).cast(pl.Float32).cast(pl.Float64)[0])


@settings(max_examples=60)
@given(history=histories(), stamp=st.sampled_from(["", " 00:00:00-05:00", "T00:00:00-04:00"]), noisy=st.booleans())
def test_adjusting_as_the_service_does_and_undoing_gives_the_closes_and_dividends_back(
    history: tuple[list[float], dict[int, Fraction], dict[int, float]], stamp: str, noisy: bool
) -> None:
    closes, splits, dividends = history
    rounded = single if noisy else float
    lines = ["Date,Open,High,Low,Close,Adj Close,Volume,Dividends,Stock Splits"]
    for number, close in enumerate(closes):
        adjusted = rounded(close / factor(splits, number))
        paid = rounded(dividends.get(number, 0.0) / factor(splits, number))
        lines.append(f"{day(number)}{stamp},1,1,1,{adjusted!r},1,100,{paid!r},{float(splits.get(number, 0))!r}")
    result = yahoo(("BRK-B.csv", "\n".join(lines)))

    table = result.files[CLOSES.format("BRK-B")]
    assert table.rows() == [(day(number), "BRK-B", close, "USD") for number, close in enumerate(closes)]
    actions = result.files.get(ACTED.format("BRK-B"), pl.DataFrame(schema=dict(ACTIONS)))
    split = actions.filter(pl.col("action") == "split").select("date", "new", "old").rows()
    assert split == [(day(on), *ratio.as_integer_ratio()) for on, ratio in sorted(splits.items())]
    paid_out = actions.filter(pl.col("action") == "ordinary_dividend").select("date", "amount").rows()
    assert paid_out == [(day(on), amount) for on, amount in sorted(dividends.items())]
    assert not result.refused
    assert not result.unreadable


def prices(*closes: float | str, header: str = PER_SYMBOL) -> str:
    return "\n".join([header, *(f"{day(at)},1,1,1,{close},1,100" for at, close in enumerate(closes))])


@pytest.mark.parametrize(
    "splits",
    [
        ("AAPL_splits.csv", "Date,Stock Splits\n2020-01-08,4:1\n"),
        ("all.csv", "Symbol,Date,Ratio\naapl,2020-01-08,9\nAAPL,2020-01-08,4.0\n"),
        (
            "actions.csv",
            "symbol,date,action,new,old,amount\nAAPL,2020-01-08,split,4,1,\nAAPL,2020-01-07,ordinary_dividend,,,1\n",
        ),
    ],
)
def test_splits_may_stand_in_a_file_of_their_own(splits: tuple[str, str]) -> None:
    result = yahoo(("AAPL.csv", prices(10, 11, 12.5)), splits)
    assert result.files[CLOSES.format("AAPL")]["close"].to_list() == [40.0, 44.0, 12.5]
    assert not result.skipped, "a file without closes lacks none"


def test_factors_may_be_given_without_dates() -> None:
    """A factor by symbol holds for all its closes; symbols that the list does not name have none."""
    text = "Ticker,Date,Close\nAAA,2020-01-06,48.716\nBBB,2020-01-06,5.5\n"
    result = yahoo(("long.csv", text), ("factors.csv", "symbol,factor\nAAA,10\n"))
    assert result.files[CLOSES.format("long")]["close"].to_list() == [487.16, 5.5]
    assert list(result.files) == [CLOSES.format("long")]


def test_a_split_after_the_last_close_counts_too() -> None:
    result = yahoo(("AAPL.csv", prices(10, 11)), ("s.csv", "Ticker,Date,Stock Splits\nAAPL,2024-06-10,10:1\n"))
    assert result.files[CLOSES.format("AAPL")]["close"].to_list() == [100.0, 110.0]


@pytest.mark.parametrize(
    "name", ["AAPL.csv", "aapl.csv", "AAPL (1).csv", "AAPL_2019-01-01_2020-01-01.csv", "AAPL-daily.csv"]
)
def test_the_symbol_of_a_file_is_that_of_its_name(name: str) -> None:
    result = yahoo((name, prices(10)), as_traded="yes")
    assert [table["symbol"].to_list() for table in result.files.values()] == [["AAPL"]]


def test_a_name_that_is_no_symbol_is_refused_unless_the_symbol_is_given() -> None:
    assert "name it after the symbol" in yahoo(("my prices of apple.csv", prices(10))).refused[0].message
    result = yahoo(("my prices of apple.csv", prices(10)), symbol="AAPL", as_traded="yes")
    assert result.files[CLOSES.format("my-prices-of-apple")]["symbol"].to_list() == ["AAPL"]


@pytest.mark.parametrize("close", ["NaNa", "inf", "-inf", "1e999", "-5", "0", "<b>5</b>", "12,34"])
def test_a_close_that_is_no_price_costs_its_own_line_only(close: str) -> None:
    text = prices(10, close, 12).replace("12,34", '"12,34"')
    result = yahoo(("AAPL.csv", text), as_traded="yes")
    assert result.files[CLOSES.format("AAPL")]["close"].to_list() == [10.0, 12.0]
    assert [one.row for one in result.unreadable] == [3]


@pytest.mark.parametrize("close", ["null", "", "-", "nan", "NaN"])
def test_a_day_without_a_close_is_skipped_and_listed(close: str) -> None:
    result = yahoo(("AAPL.csv", prices(10, close, 12)), as_traded="yes")
    assert result.files[CLOSES.format("AAPL")].height == 2
    assert [(one.row, one.reason) for one in result.skipped] == [(3, "no close")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2020-13-45,1,1,1,5,1,100", "no date that can be read"),
        ("01/02/2020,1,1,1,5,1,100", "no date that can be read"),
        ("2020-01-09,1,1", "3 cells where the header has 7"),
        ("2020-01-06,1,1,1,99,1,100", "another line has another close"),
    ],
)
def test_a_line_that_cannot_be_placed_is_listed_with_its_number(line: str, reason: str) -> None:
    result = yahoo(("AAPL.csv", prices(10, 11) + "\n" + line), as_traded="yes")
    assert [(one.row, reason in one.reason) for one in result.unreadable][-1] == (4, True)
    assert 11.0 in result.files[CLOSES.format("AAPL")]["close"].to_list()


def test_the_same_day_printed_twice_alike_is_one_close() -> None:
    result = yahoo(("AAPL.csv", prices(10, 11) + "\n2020-01-07,1,1,1,11,1,100\n"), as_traded="yes")
    assert result.files[CLOSES.format("AAPL")]["close"].to_list() == [10.0, 11.0]


def test_symbols_that_are_none_are_listed_and_cost_nobody_else() -> None:
    symbols = ("AAA", "<script>", '"x\'; DROP TABLE closes; --"', "", "EURUSD=X")
    text = "\n".join(["Ticker,Date,Close", *(f"{symbol},2020-01-06,5" for symbol in symbols)])
    result = yahoo(("long.csv", text), as_traded="yes")
    assert result.files[CLOSES.format("long")]["symbol"].to_list() == ["AAA"]
    assert [one.row for one in result.unreadable] == [3, 4, 5]
    assert [one.row for one in result.skipped] == [6]


@pytest.mark.parametrize("unreadable", ["two", f"{10**20}:1"])
def test_contradictory_or_unreadable_splits_leave_their_symbol_out(unreadable: str) -> None:
    text = "Ticker,Date,Close\nAAA,2020-01-06,5\nBBB,2020-01-06,5\nCCC,2020-01-06,5\n"
    splits = f"Ticker,Date,Stock Splits\nAAA,2021-01-06,2:1\nAAA,2021-01-06,3:1\nBBB,2021-01-06,{unreadable}\n"
    result = yahoo(("long.csv", text), ("splits.csv", splits))
    assert result.files[CLOSES.format("long")]["symbol"].to_list() == ["CCC"]
    places = {(one.file, one.row) for one in result.unreadable}
    assert places == {("long.csv", 2), ("long.csv", 3), ("splits.csv", 3), ("splits.csv", 4)}
    assert ACTED.format("splits") not in result.files


HOLDINGS = """Fund
Fund Holdings as of,"Jan 06, 2020"

Ticker,Name,Asset Class,Shares,Price
AAA,A,Equity,1,{}
BBB,B,Equity,1,7.00
"""


def test_a_price_that_is_no_ratio_of_shares_to_the_close_shows_two_different_things() -> None:
    text = "Ticker,Date,Close\nAAA,2020-01-06,10\nBBB,2020-01-06,7\n"
    fits = yahoo(("long.csv", text), ("fund.csv", HOLDINGS.format("150.00")))
    assert fits.files[CLOSES.format("long")]["close"].to_list() == [150.0, 7.0]
    assert "AAA: all closes and dividends times 15" in fits.notes[0].message
    odd = yahoo(("long.csv", text), ("fund.csv", HOLDINGS.format("314.157")))
    assert odd.files[CLOSES.format("long")]["symbol"].to_list() == ["BBB"]
    assert "is no ratio of shares" in odd.unreadable[0].reason


def test_splits_and_prices_as_traded_are_not_counted_twice() -> None:
    text = "Ticker,Date,Close\nAAA,2020-01-06,10\nBBB,2020-01-06,7\n"
    splits = ("splits.csv", "Ticker,Date,Stock Splits\nAAA,2021-01-06,15:1\n")
    result = yahoo(("long.csv", text), splits, ("fund.csv", HOLDINGS.format("150.00")))
    assert result.files[CLOSES.format("long")]["close"].to_list() == [150.0, 7.0]
    assert not result.notes


def test_closes_adjusted_for_dividends_are_left_out() -> None:
    """A history without "Adj Close" has it as its close: before a dividend such closes stand between cents."""
    header = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits"
    raw = [10.01, 10.02, 10.03, 10.04, 10.05, 9.5]

    def history(factor: float) -> str:
        rows = (
            f"{day(at)},1,1,1,{close * (factor if at < 5 else 1)!r},1,{0.5 if at == 5 else 0},0"
            for at, close in enumerate(raw)
        )
        return "\n".join([header, *rows])

    assert yahoo(("AAPL.csv", history(1.0))).files[CLOSES.format("AAPL")]["close"].to_list() == raw
    refused = yahoo(("AAPL.csv", history(0.9502487562)))
    assert not refused.files
    assert "adjusted for them" in refused.refused[0].message


@pytest.mark.parametrize(
    "data", [b"", b"\x00\x01\x02" * 999, b"<html></html>", b"a,b\n1,2\n", b"\xff\xfe\x00", b'"' * 500_000]
)
def test_what_is_no_file_of_prices_is_refused_in_a_sentence_and_costs_no_other(data: bytes) -> None:
    result = convert("yahoo", [("bad.csv", data), ("AAPL.csv", prices(10).encode())], {"as_traded": "yes"})
    assert [one.file for one in result.refused] == ["bad.csv"]
    assert list(result.files) == [CLOSES.format("AAPL")]


def test_two_files_of_one_name_are_not_mixed() -> None:
    result = yahoo(("AAPL.csv", prices(10)), ("AAPL.csv", prices(11)), as_traded="yes")
    assert result.files[CLOSES.format("AAPL")]["close"].to_list() == [10.0]
    assert "different names" in result.refused[0].message

"""Holdings are read as downloaded, whatever surrounds them, and every line that is no component is listed."""

from __future__ import annotations

import csv
import math
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.errors import Refusal
from russell_pipeline.market.adapters import ishares
from russell_pipeline.market.adapters.registry import convert
from russell_pipeline_tests.market.adapters.conftest import source

COLUMNS = ("Ticker", "Name", "Sector", "Asset Class", "Weight (%)", "Shares", "Price", "Exchange", "Currency")
ALPHA = ("AAA", "ALPHA, INC CLASS A", "Energy", "Equity", "60.00", "1,234,567.00", "10.50", "NASDAQ", "USD")
BETA = ("BRKB", "BETA CORP", "Financials", "Equity", "39.90", "20", "2.00", "New York Stock Exchange Inc.", "USD")
CASH = ("USD", "USD CASH", "Cash and/or Derivatives", "Cash", "0.10", "-71,618.00", "100.00", "-", "USD")
LEGAL = '"All of this is owned by somebody, and is protected\nHoldings subject to change. See below.\nThe end."'


def download(
    *lines: tuple[str, ...],
    columns: tuple[str, ...] = COLUMNS,
    as_of: str | None = 'Fund Holdings as of,"Jan 20, 2026"',
    blank: str = "\u00a0",
    footer: str | None = LEGAL,
    quoted: bool = True,
) -> str:
    """A download; all lines are ALPHA, BETA and CASH where none are given."""
    preamble = [] if as_of is None else ["Some Fund ETF", as_of, 'Inception Date,"May 22, 2000"', 'Stock,"-"', blank]
    quote = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    rows = [_line(line, quote) for line in lines or (ALPHA, BETA, CASH)]
    return "\n".join([*preamble, ",".join(columns), *rows, *([] if footer is None else [blank, footer]), ""])


def _line(values: tuple[str, ...], quote: int) -> str:
    class Text:
        line = ""

        def write(self, text: str) -> int:
            self.line = text
            return len(text)

    text = Text()
    csv.writer(text, quoting=quote, lineterminator="").writerow(values)  # type: ignore[arg-type]
    return text.line


def read(text: str, name: str = "fund.csv", **options: date) -> ishares.Holdings:
    return ishares.read(name, text.encode(), **options)


def test_every_real_file_is_taken_as_downloaded(real_market: Path) -> None:
    """No hand work: each line is taken or listed, and what is taken has the value and weight that the file itself prints."""
    files = sorted((real_market / "ishares").glob("*.csv"))
    assert len(files) >= 4
    for file in files:
        text = file.read_text("utf-8-sig")
        table = list(csv.DictReader(text[text.index("Ticker,") :].splitlines()))
        holdings = [one for one in table if None not in one.values() and None not in one]
        equities = [one for one in holdings if one["Asset Class"] == "Equity"]
        result = ishares.read(*source(file))
        skipped = {one.row for one in result.skipped if "text below the holdings" not in one.reason}

        assert not result.unreadable
        assert result.as_of == date.fromisoformat(re.sub(r".*_(\d{4})(\d\d)(\d\d)", r"\1-\2-\3", file.stem))
        assert result.components.height + len(skipped) == len(holdings)
        assert len(skipped) >= len(holdings) - len(equities)
        assert math.isclose(sum(_number(one["Weight (%)"]) for one in holdings), 100, abs_tol=0.3)
        taken = set(result.components["symbol"])
        left = [one for one in equities if one["Ticker"] not in taken]
        assert sum(_number(one["Weight (%)"]) for one in left) < 0.05, "only residues are skipped"
        value = (result.components["shares"] * result.closes["close"]).sum()
        printed = sum(_number(one["Market Value"]) for one in equities if one["Ticker"] in taken)
        assert math.isclose(value, printed, rel_tol=1e-4), "but for the rounding of prices to cents"
        assert result.components["symbol"].is_unique().all()


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def test_cash_futures_escrow_and_residual_claims_are_listed_with_their_reasons(real_market: Path) -> None:
    result = ishares.read(*source(real_market / "ishares" / "IWM_20251105.csv"))
    reasons = {(re.split(r'"?,"?', one.text.strip('"'))[1].upper()): one.reason for one in result.skipped}
    assert reasons["USD CASH"] == "asset class Cash, not Equity"
    assert reasons["RUSSELL 2000 EMINI CME DEC 25"] == "asset class Futures, not Equity"
    assert reasons["PETROCORP INC ESCROW"] == "no listed share but a residual claim: Escrow"
    assert "CVI" in set(result.components["symbol"]), "CVR Energy is a company, not a contingent value right"
    assert all(one.file == "IWM_20251105.csv" and one.row > 10 for one in result.skipped)


@given(
    bom=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    blank=st.sampled_from(["\u00a0", "", " ", ",,,"]),
    shares=st.sampled_from(["Shares", "Quantity", "shares ", "QUANTITY"]),
    order=st.permutations(range(len(COLUMNS))),
    quoted=st.booleans(),
    footer=st.sampled_from([None, LEGAL, "Holdings are subject to change, see the site."]),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_every_layout_of_a_download_gives_the_same_holdings(  # noqa: PLR0917
    bom: bool,
    end: str,
    blank: str,
    shares: str,
    order: list[int],
    quoted: bool,
    footer: str | None,
    encoding: str,
) -> None:
    columns = tuple(shares if column == "Shares" else column for column in COLUMNS)
    lines = [tuple(line[at] for at in order) for line in (ALPHA, BETA, CASH)]
    text = download(*lines, columns=tuple(columns[at] for at in order), blank=blank, quoted=quoted, footer=footer)
    data = (("\ufeff" if bom and encoding == "utf-8" else "") + text.replace("\n", end)).encode(encoding)

    result = ishares.read("fund.csv", data)
    assert (result.fund, result.as_of) == ("Some Fund ETF", date(2026, 1, 20))
    assert result.components.rows() == [
        ("AAA", 1234567.0, 1.0, "ALPHA, INC CLASS A", "USD"),
        ("BRKB", 20.0, 1.0, "BETA CORP", "USD"),
    ]
    assert [one.row for one in result.skipped] == [9, 11][: 1 + bool(footer)]
    assert not result.unreadable


@pytest.mark.parametrize(
    "printed",
    ["Jan 20, 2026", "20-Jan-2026", "20-Jan-26", "20/Jan/2026", "January 20, 2026", "20 January 2026",
     "2026-01-20", "20260120", "1/20/2026"],
)  # fmt: skip
def test_the_day_is_read_however_it_is_spelled(printed: str) -> None:
    assert read(download(as_of=f'Fund Holdings as of,"{printed}"')).as_of == date(2026, 1, 20)
    assert read(download(as_of=f"Fund Holdings as of: {printed},,")).as_of == date(2026, 1, 20)


@pytest.mark.parametrize("name", ["IVV_20260120.csv", "holdings-2026-01-20.csv", "IVV 20 Jan 2026.csv"])
def test_without_a_preamble_the_day_is_that_of_the_file_name(name: str) -> None:
    assert read(download(as_of=None), name).as_of == date(2026, 1, 20)


def test_a_day_that_two_readings_give_is_settled_by_the_file_name_or_refused() -> None:
    text = download(as_of='Fund Holdings as of,"06/07/2025"')
    assert read(text, "IWM_20250706.csv").as_of == date(2025, 7, 6)
    assert read(text, as_of=date(2025, 6, 7)).as_of == date(2025, 6, 7)
    with pytest.raises(Refusal, match="may be of 2025-06-07 or 2025-07-06"):
        read(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (download(as_of=None), "its name has no date"),
        (download(as_of='Fund Holdings as of,"-"'), "it has no holdings"),
        (download(as_of='Fund Holdings as of,"yesterday"'), "names no date that can be read"),
        (download(CASH), "no line of a share"),
        (
            download(columns=(*COLUMNS[:5], "Nominal", *COLUMNS[6:])),
            "no 'shares' or 'quantity'; line 6 has 'Ticker'",
        ),
        (download(columns=(*COLUMNS[:5], "Shares", "Shares", *COLUMNS[7:])), "'Shares' more than once"),
        (download() + download(), "two tables, from lines 6 and"),
        ("<html><body>Access denied</body></html>", "is an HTML page"),
        ("", "has no header"),
    ],
)
def test_what_is_no_download_of_one_fund_and_day_is_refused_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(Refusal, match=re.escape(says)):
        read(text)


def test_a_day_that_contradicts_the_one_given_is_refused() -> None:
    with pytest.raises(Refusal, match="is of 2026-01-20 by 'Fund Holdings as of Jan 20, 2026', not of 2026-01-21"):
        read(download(), as_of=date(2026, 1, 21))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({1: "ALPHA CVR"}, "a residual claim: CVR"),
        ({1: "ALPHA INC - CVR"}, "a residual claim: CVR"),
        ({1: "ALPHA INC ESCROW SHARES"}, "a residual claim: ESCROW"),
        ({1: "ALPHA INC WARRANTS EXP 2027"}, "a residual claim: WARRANTS"),
        ({1: "ALPHA RIGHTS"}, "a residual claim: RIGHTS"),
        ({0: "-"}, "no ticker"),
        ({0: "--"}, "no ticker"),
        ({3: "Futures"}, "asset class Futures"),
        ({3: "-"}, "asset class -"),
        ({5: "0.00"}, "no shares held"),
        ({6: "0.00"}, "worth nothing"),
        ({7: "NO MARKET (E.G. UNLISTED)"}, "not listed"),
    ],
)
def test_a_line_of_something_else_is_skipped(change: dict[int, str], reason: str) -> None:
    line = tuple(change.get(at, value) for at, value in enumerate(ALPHA))
    result = read(download(line, BETA, footer=None))
    assert result.components["symbol"].to_list() == ["BRKB"]
    assert [(one.row, reason in one.reason) for one in result.skipped] == [(7, True)]


@pytest.mark.parametrize(
    "name", ["CVR ENERGY INC", "CVRX INC", "BRIGHT MINDS", "RIGHT ON BRANDS INC", "ESCO TECHNOLOGIES"]
)
def test_a_company_whose_name_only_resembles_a_residual_claim_is_taken(name: str) -> None:
    result = read(download((ALPHA[0], name, *ALPHA[2:]), footer=None))
    assert result.components["company_name"].to_list() == [name]


@pytest.mark.parametrize("ticker", ["NA", "NAN", "NULL", "TRUE", "130A", "BF.B"])
def test_tickers_stay_as_printed(ticker: str) -> None:
    assert read(download((ticker, *ALPHA[1:]))).components["symbol"].to_list() == [ticker]


@pytest.mark.parametrize("shares", ["-5", "-", "", "12,34", "1.234,56", "nan", "inf", "1e999", "five", "0x10"])
def test_shares_that_are_no_number_make_a_line_unreadable_and_cost_no_other(shares: str) -> None:
    result = read(download((*ALPHA[:5], shares, *ALPHA[6:]), BETA))
    assert result.components["symbol"].to_list() == ["BRKB"]
    assert [one.row for one in result.unreadable] == [7]
    assert result.unreadable[0].file == "fund.csv"


def test_a_quotation_mark_that_nothing_closes_costs_its_own_line_only() -> None:
    torn = download(ALPHA, BETA, footer=None, quoted=False).replace("AAA,", '"AAA,')
    result = read(torn)
    assert result.components["symbol"].to_list() == ["BRKB"]
    assert [one.row for one in result.unreadable] == [7]


def test_a_download_that_breaks_off_says_so() -> None:
    text = download(BETA, ALPHA, footer=None, quoted=False).rstrip()
    result = read(text[: text.index(",Energy")])
    assert result.components["symbol"].to_list() == ["BRKB"]
    assert [one.row for one in result.unreadable] == [8]


def test_a_ticker_on_two_lines_is_taken_from_neither() -> None:
    result = read(download(ALPHA, (*ALPHA[:5], "7", *ALPHA[6:]), BETA))
    assert result.components["symbol"].to_list() == ["BRKB"]
    assert [one.row for one in result.unreadable] == [7, 8]
    assert {one.reason for one in result.unreadable} == {"the ticker AAA stands on 2 lines"}


def test_the_currency_is_that_in_which_the_share_trades_and_a_price_in_another_is_no_close() -> None:
    columns = (*COLUMNS, "Market Currency")
    result = read(download((*ALPHA, "EUR"), (*BETA, "USD"), columns=columns))
    assert result.components["currency"].to_list() == ["EUR", "USD"]
    assert result.closes.rows() == [(date(2026, 1, 20), "BRKB", 2.0, "USD")]


def test_two_files_of_one_index_and_day_are_not_mixed() -> None:
    data = download().encode()
    result = convert("ishares", [("a.csv", data), ("b.csv", data)], {"index": "R2000"})
    assert list(result.files) == ["components/R2000/2026-01-20.csv"]
    assert [(one.file, "as a.csv does" in one.message) for one in result.refused] == [("b.csv", True)]


def test_component_files_come_back_from_csv_as_they_were() -> None:
    """The frame is what the landing format reads: symbol, shares, free_float and the optional columns."""
    frame = convert("ishares", [("a.csv", download().encode())], {"index": "SP500"}).files[
        "components/SP500/2026-01-20.csv"
    ]
    assert pl.read_csv(frame.write_csv().encode()).rows() == frame.rows()
    assert frame.columns == ["symbol", "shares", "free_float", "company_name", "currency"]

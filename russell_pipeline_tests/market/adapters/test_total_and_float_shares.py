"""Shares and free float are found by what their columns are called; what cannot be found names the headers there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.market.adapters.model import Converted
from russell_pipeline.market.adapters.registry import convert

KIND = "total-and-float-shares"
NAME = "RUSmtfs2405.csv"
BASIC = """Ticker,Company Name,Total Shares,Float Shares,Last Modified Date
AAA,ALPHA,1000,853,24/05/2019
BBB,BETA,"2,000",2000,17/05/2019
"""


def read(text: str, name: str = NAME, **options: str) -> Converted:
    return convert(KIND, [(name, text.encode())], {"index": "R3000E"} | options)


def only(result: Converted) -> list[tuple[object, ...]]:
    (table,) = result.files.values()
    return table.select("symbol", "shares", "free_float").rows()


def test_shares_are_the_total_and_free_float_is_what_is_available_of_it() -> None:
    result = read(BASIC)
    assert list(result.files) == ["components/R3000E/2019-05-24.csv"]
    assert only(result) == [("AAA", 1000.0, 0.853), ("BBB", 2000.0, 1.0)]
    assert "'Total Shares' as total_shares" in result.notes[0].message


def test_a_review_names_the_component_instead_of_the_day() -> None:
    assert list(read(BASIC, "shares.csv", review="2019-06").files) == ["components/R3000E/2019-06.csv"]


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Symbol,TSO,Free Float %", "AAA,1000,85.3"),
        ("Symbol,TSO,Free Float %", "AAA,1000,85.3%"),
        ("TICKER;Shares in Issue;Free Float", "AAA;1000;0.853"),
        ("ticker,total shares outstanding,investable shares", '"AAA","1,000","853"'),
        ("Ticker,Total Shares (000s),Float Shares (000s)", "AAA,1,0.853"),
        ("Ticker,Total Shares (in thousands),Float Shares", "AAA,1,853"),
        ("Ticker\tTotal Shares\tFloat Shares\tFree Float %", "AAA\t1000\t853\t85"),
        ("Investability Weight,Shares Outstanding,Ticker", "85.3,1000,AAA"),
    ],
)
def test_known_spellings_and_units_of_the_columns_give_the_same(header: str, line: str) -> None:
    assert only(read(f"Russell US\n\n{header}\n{line}\n", review="2019-06")) == [("AAA", 1000.0, pytest.approx(0.853))]


def test_one_value_above_one_says_that_a_bare_free_float_column_is_in_per_cent() -> None:
    result = read("Ticker,Total Shares,Free Float\nAAA,1000,0.9\nBBB,1000,45\n", review="2019-06")
    assert only(result) == [("AAA", 1000.0, 0.009), ("BBB", 1000.0, 0.45)]
    assert "in per cent" in result.notes[0].message


def test_unknown_headers_are_listed_and_the_caller_can_say_what_they_mean() -> None:
    text = "Code,Shs A,Shs B\nAAA,1000,853\n"
    refused = read(text, review="2019-06").refused[0].message
    assert all(f"'{header}'" in refused for header in ("Code", "Shs A", "Shs B"))
    given_meaning = read(text, review="2019-06", columns="Code=symbol; Shs A=total_shares; Shs B=float_shares")
    assert only(given_meaning) == [("AAA", 1000.0, 0.853)]


@pytest.mark.parametrize(
    ("name", "modified", "options", "day"),
    [
        ("RUSmtfs2405.csv", "24/05/2019", {}, "2019-05-24"),
        ("rusmtfs0706.CSV", "05/06/2019", {}, "2019-06-07"),
        ("rusmtfs0706.csv", "05/23/2019", {}, "2019-06-07"),
        ("RUSmtfs0301.csv", "20 Dec 2019", {}, "2020-01-03"),
        ("RUSmtfs2405.csv", "2018-05-24", {"year": "2019"}, "2019-05-24"),
        ("RUSmtfs2405.csv", "", {"year": "2019"}, "2019-05-24"),
        ("shares_20190524.csv", "20190520", {}, "2019-05-24"),
        ("shares.csv", "20190520", {}, "2019-05-20"),
        ("shares.csv", "", {"date": "2019-05-24"}, "2019-05-24"),
    ],
)
def test_the_day_is_that_of_the_name_in_the_year_given_or_of_the_last_modification(
    name: str, modified: str, options: dict[str, str], day: str
) -> None:
    text = f"Ticker,Total Shares,Float Shares,Last Modified Date\nAAA,1000,853,{modified}\n"
    assert list(read(text, name, **options).files) == [f"components/R3000E/{day}.csv"]


@pytest.mark.parametrize(
    ("name", "modified", "options", "says"),
    [
        ("RUSmtfs2405.csv", "", {}, "give the year"),
        ("RUSmtfs3102.csv", "2019-05-01", {}, "no day and month"),
        ("RUSmtfs2405.csv", "2020-05-01", {"year": "2019"}, "was modified on 2020-05-01, after its day, 2019-05-24"),
        ("shares.csv", "", {}, "give the date or the review"),
    ],
)
def test_a_day_that_is_not_said_or_contradicted_is_refused(
    name: str, modified: str, options: dict[str, str], says: str
) -> None:
    text = f"Ticker,Total Shares,Float Shares,Last Modified Date\nAAA,1000,853,{modified}\n"
    result = read(text, name, **options)
    assert not result.files
    assert says in result.refused[0].message


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("BBB,,5,5", "total shares are 'missing'"),
        ("BBB,0,0,5", "total shares are '0'"),
        ("BBB,-5,5,5", "total shares are '-5'"),
        ("BBB,100,,", "free float is missing"),
        ("BBB,100,101,", "not within 0 to 1"),
        ("BBB,100,-1,", "not within 0 to 1"),
        ("BBB,100,50,70", "free float is 70, but 50 of 100 shares are 50.00%"),
        ("BBB,many,50,", "'many' is no number"),
        ("BBB,1e999,50,", "no finite number"),
        ("BBB,100", "2 cells where the header has 4"),
        ("-,100,50,", "is no symbol"),
        ("AAA,100,50,", "stands on 2 lines"),
    ],
)
def test_a_line_that_cannot_be_taken_is_listed_and_costs_no_other(line: str, reason: str) -> None:
    result = read(
        f"Ticker,Total Shares,Float Shares,Free Float %\nAAA,1000,853,\n{line}\nCCC,10,5,50\n", review="2019-06"
    )
    assert ("CCC", 10.0, 0.5) in only(result)
    assert [(one.row, reason in one.reason) for one in result.unreadable][-1] == (3, True)


@given(st.lists(st.tuples(st.integers(1, 10**10), st.integers(0, 10**10)), min_size=1, max_size=20))
def test_free_float_is_within_bounds_and_gives_the_available_shares_back(pairs: list[tuple[int, int]]) -> None:
    lines = [f"S{at},{max(pair)},{min(pair)}" for at, pair in enumerate(pairs)]
    for (_, shares, free_float), pair in zip(
        only(read("\n".join(["Ticker,Total Shares,Float Shares", *lines]), review="2019-06")), pairs, strict=True
    ):
        assert shares == max(pair)
        assert 0 <= free_float <= 1  # type: ignore[operator]
        assert shares * free_float == pytest.approx(min(pair), abs=1e-4)  # type: ignore[operator]

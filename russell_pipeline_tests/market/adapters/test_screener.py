"""A screener's lines become a universe as they are printed: unknown figures stay unknown, and no line disappears."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from russell_pipeline.errors import WrongCall
from russell_pipeline.lake.landing import write_files
from russell_pipeline.market.adapters.model import Converted
from russell_pipeline.market.adapters.registry import convert
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.isolation import FileOrder, read_files
from russell_pipeline.membership.symbols import symbol_keys
from russell_pipeline_tests.market.adapters.conftest import source

NAME = "nasdaq_screener_1651867200000.csv"  # milliseconds since 1970: no date that people read
DAY = {"date": "2022-05-06"}
HEADER = "Symbol,Name,Last Sale,Net Change,% Change,Market Cap,Country,IPO Year,Volume,Sector,Industry,Exchange\n"
ALPHA = "AAA,Alpha Inc. Common Stock ,$121.08,-1.07,-0.876%,36337727687.00,United States,1999,1629034,Technology,Chips,NYSE\n"
BETA = "BB/B,Beta Inc.,$318.88,1.10,0.346%,0.00,,,4141,,,NYSE\n"
PREFERRED = "AAA^C,Alpha Inc. 8.25% Series C,$24.55,0.05,0.204%,,United States,,1159,,,NYSE\n"


def read(text: str, name: str = NAME, **options: str) -> Converted:
    return convert("screener", [(name, text.encode())], DAY | options)


def only(result: Converted) -> list[dict[str, object]]:
    (table,) = result.files.values()
    return table.to_dicts()


def line(**values: str) -> str:
    """The line of Alpha with other cells."""
    names = HEADER.strip().split(",")
    cells = dict(zip(names, ALPHA.strip().split(","), strict=True)) | {
        name.replace("_", " "): text for name, text in values.items()
    }
    return ",".join(cells[name] for name in names) + "\n"


def test_lines_are_taken_as_printed_and_a_figure_of_nothing_is_unknown() -> None:
    result = read(HEADER + ALPHA + BETA + PREFERRED)
    alpha, beta, preferred = only(result)
    assert alpha == {
        "symbol": "AAA", "company_name": "Alpha Inc. Common Stock", "exchange": "NYSE", "close": 121.08,
        "total_market_cap": 36337727687.0, "headquartered_in": "United States", "volume": 1629034.0, "ipo_year": 1999,
        "sector": "Technology", "industry": "Chips",
    }  # fmt: skip
    assert beta == dict.fromkeys(alpha) | {
        "symbol": "BB/B", "company_name": "Beta Inc.", "exchange": "NYSE", "close": 318.88, "volume": 4141.0
    }  # fmt: skip
    assert (preferred["symbol"], preferred["close"], preferred["total_market_cap"]) == ("AAA^C", 24.55, None)
    assert [note.message for note in result.notes] == [
        "3 lines as of the close of 2022-05-06, 2 without a capitalisation; not used: 'Net Change', '% Change'"
    ]
    assert not result.unreadable + result.skipped + result.refused


@pytest.mark.parametrize(
    ("cells", "field", "value"),
    [
        ({"Last_Sale": "$0.00"}, "close", None),
        ({"Last_Sale": "n/a"}, "close", None),
        ({"Last_Sale": "$.5"}, "close", 0.5),
        ({"Last_Sale": '"$1,482.70"'}, "close", 1482.7),
        ({"Market_Cap": "$2.18B"}, "total_market_cap", 2.18e9),
        ({"Market_Cap": "$134.4M"}, "total_market_cap", 134.4e6),
        ({"Volume": "0"}, "volume", 0.0),
        ({"Volume": ""}, "volume", None),
        ({"IPO_Year": "n/a"}, "ipo_year", None),
        ({"Symbol": "KSU^"}, "symbol", "KSU^"),
        ({"Symbol": "NA"}, "symbol", "NA"),
        ({"Symbol": "ETX           "}, "symbol", "ETX"),
        ({"Name": '"Gamma, Inc."'}, "company_name", "Gamma, Inc."),
        ({"Name": ""}, "company_name", None),
    ],
)
def test_a_cell_as_screeners_print_it(cells: dict[str, str], field: str, value: object) -> None:
    [row] = only(read(HEADER + line(**cells)))
    assert row[field] == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line(Symbol="aaa"), "'aaa' is no symbol"),
        (line(Symbol=""), "'' is no symbol"),
        (line(Last_Sale="-$1"), "its price '-$1' is no number"),
        (line(Last_Sale="$-1"), "its price $-1 is below 0"),
        (line(Market_Cap="big"), "its market capitalisation 'big' is no number"),
        (line(Volume="many"), "its volume 'many' is no number"),
        (line(IPO_Year="1999.5"), "its IPO year '1999.5' is no year"),
        (line(IPO_Year="99"), "its IPO year '99' is no year"),
        (line(Name="Gamma, Inc."), "it has 13 cells where the header has 12"),
        ("AAA,Alpha Inc.,$1\n", "it has 3 cells where the header has 12"),
    ],
)
def test_a_line_that_cannot_be_taken_is_listed_with_its_reason(text: str, reason: str) -> None:
    result = read(HEADER + BETA + text)
    assert [row["symbol"] for row in only(result)] == ["BB/B"]
    assert [(one.row, one.reason) for one in result.unreadable] == [(3, reason)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no header with the columns that are needed: no 'last sale' or 'lastsale' and 'name'"),
        ("<html>log in</html>", "is an HTML page"),
        ("Symbol,Name,Last Sale\nAAA,Alpha,$1\n", "has no header with the columns that are needed: no 'market cap'"),
        (HEADER, "has no line that can be taken below its header, line 1"),
        (HEADER + line(Symbol="?"), "has no line that can be taken below its header, line 1"),
        (HEADER.replace("Exchange", "Name") + ALPHA, "has the column 'Name' more than once in its header, line 1"),
    ],
)
def test_what_is_no_such_file_is_refused(text: str, says: str) -> None:
    result = read(text)
    assert not result.files
    [refused] = result.refused
    assert refused.message.startswith(says)


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("screener_2022-05-06.csv", None, None),
        ("screener_2022-05-06.csv", "2022-05-06", None),
        (NAME, "2022-05-06", None),
        ("screener_2022-05-06.csv", "2022-05-09", "is of 2022-05-06 by its name, not of 2022-05-09"),
        (NAME, None, "does not say its day, and neither does its name: give it by --on DATE"),
        ("05-06-2022.csv", "2022-05-06", None),
        ("05-06-2022.csv", None, "may be of 2022-05-06 or 2022-06-05 by its name: give the day by --on DATE"),
    ],
)
def test_the_day_is_that_of_the_name_or_the_one_given(name: str, given: str | None, says: str | None) -> None:
    result = convert("screener", [(name, (HEADER + ALPHA).encode())], {"date": given} if given else {})
    assert [refused.message for refused in result.refused] == ([says] if says else [])
    assert [*result.files] == ([] if says else ["universe/2022-05-06.csv"])


def test_a_day_that_is_none_is_a_wrong_call() -> None:
    with pytest.raises(WrongCall, match="date must be written YYYY-MM-DD"):
        read(HEADER + ALPHA, date="6 May 2022")


def test_files_of_several_exchanges_are_one_universe_and_those_of_several_days_are_several() -> None:
    files = {
        "nyse_2022-05-06.csv": ALPHA + BETA,
        "amex_2022-05-06.csv": PREFERRED + BETA,
        "nyse_2021-05-07.csv": ALPHA,
    }
    result = convert("screener", [(name, (HEADER + text).encode()) for name, text in files.items()], {})
    assert {path: table["symbol"].to_list() for path, table in result.files.items()} == {
        "universe/2021-05-07.csv": ["AAA"],
        "universe/2022-05-06.csv": ["AAA", "BB/B", "AAA^C"],
    }
    assert [tuple(one) for one in result.skipped] == [
        ("amex_2022-05-06.csv", 3, BETA.strip(), "as line 3 of nyse_2022-05-06.csv")
    ]


def test_a_symbol_on_lines_that_differ_is_taken_from_none() -> None:
    result = read(HEADER + ALPHA + BETA + line(Last_Sale="$121.09"))
    assert [row["symbol"] for row in only(result)] == ["BB/B"]
    assert [(one.row, one.reason) for one in result.unreadable] == [
        (2, "the symbol AAA stands on 2 lines that differ"),
        (4, "the symbol AAA stands on 2 lines that differ"),
    ]


def test_downloads_put_one_below_the_other_are_read_as_one() -> None:
    result = read(HEADER + ALPHA + HEADER + BETA)
    assert [row["symbol"] for row in only(result)] == ["AAA", "BB/B"]
    assert [(one.row, one.reason) for one in result.skipped] == [(3, "the header once more")]


@pytest.mark.parametrize(("options", "exchange"), [({}, None), ({"exchange": "NASDAQ"}, "NASDAQ")])
def test_a_file_without_exchanges_has_the_one_given_or_none(options: dict[str, str], exchange: str | None) -> None:
    text = "".join(row.rstrip("\n").rpartition(",")[0] + "\n" for row in (HEADER, ALPHA))
    [row] = only(read(text, **options))
    assert row["exchange"] == exchange
    [row] = only(read(HEADER + ALPHA, **options))
    assert row["exchange"] == "NYSE"


CELLS = st.sampled_from(
    ["AAA", "BB/B", "^", "", "$1.00", "$0", "0.00", "1e3", "-1", "n/a", "Alpha, Inc.", '"open', "2019", "\ufeff"]
)


@example([['"open', ""]])
@given(st.lists(st.lists(CELLS, max_size=13), max_size=6))
def test_every_line_is_a_row_or_listed(rows: list[list[str]]) -> None:
    lines = [",".join(row) for row in rows]
    filled = sum(bool(text.strip(", ")) for text in lines)
    result = read(HEADER + ALPHA.replace("AAA,", "ZZZ,") + "\n".join(lines))
    (table,) = result.files.values()
    assert table.height + len(result.unreadable) + len(result.skipped) == filled + 1
    assert table["symbol"].n_unique() == table.height


@pytest.mark.parametrize(("day", "members"), [("2021-05-07", "R3000_2021-06-28"), ("2022-05-06", "R3000_2022-06-24")])
def test_a_real_rank_day_is_taken_line_by_line_and_has_who_became_a_member(
    day: str, members: str, rank_days: Path, tmp_path: Path
) -> None:
    file = rank_days / f"screener_{day}.csv.gz"
    result = convert("screener", [source(file)], {})
    assert [*result.files] == [f"universe/{day}.csv"]
    assert not result.unreadable + result.skipped + result.refused
    write_files(result.files, tmp_path)
    [read] = read_files([FileOrder("universe", tmp_path / f"universe/{day}.csv", f"{day}.csv")])
    assert read.rejected.is_empty()
    assert read.rows.height == len(gzip.decompress(file.read_bytes()).splitlines()) - 1
    assert {*read.columns} == {*result.files[f"universe/{day}.csv"].columns} <= {*KINDS["universe"].columns}
    keys = symbol_keys(pl.col("symbol"))
    published = pl.read_csv(rank_days / "lists" / f"{members}.csv").select(keys)
    there = published.join(read.rows.drop_nulls("close").select(keys), on="symbol", how="semi")
    assert there.height >= 0.99 * published.height, (
        "all but those renamed between the two days, and lines it does not have"
    )

"""Reading supplied files: what is taken, what is set aside with which sentence, what is refused, and what that blocks."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from russell_pipeline.market.files import reading
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.files.model import Limits
from russell_pipeline.market.files.reading import read_file
from russell_pipeline.membership.model import Decision
from russell_pipeline.membership.overrides import security_decisions
from russell_pipeline_tests.index.worked import WORKED
from russell_pipeline_tests.market.files.hostile_parquet import HOSTILE_PARQUET, ONE_CLOSE
from russell_pipeline_tests.market.files.supplying import supply

CLOSES = "date,symbol,close\n"
COMPONENTS = "symbol,shares,free_float\n"
NUMBER = "must be digits with a decimal point and without thousands separators, such as 1234.5"
SYMBOL = "must be a symbol: 1 to 12 capital letters, digits and . - / ^ ="
DAY = "must be a date that exists, written YYYY-MM-DD"

ROWS = {  # what a row of closes holds, and the end of the one sentence on it
    "thousands separator": ('2024-01-02,AAA,"1,234.50"', f"close '1,234.50' {NUMBER}"),
    "thousands separator without quotes": ("2024-01-02,AAA,1,234.50", "has 4 fields where the header has 3"),
    "decimal comma": ('2024-01-02,AAA,"12,5"', f"close '12,5' {NUMBER}"),
    "currency sign": ("2024-01-02,AAA,$12", f"close '$12' {NUMBER}"),
    "underscore in a number": ("2024-01-02,AAA,1_000", f"close '1_000' {NUMBER}"),
    "hexadecimal": ("2024-01-02,AAA,0x10", f"close '0x10' {NUMBER}"),
    "not a number": ("2024-01-02,AAA,NaN", f"close 'NaN' {NUMBER}"),
    "infinity": ("2024-01-02,AAA,-inf", f"close '-inf' {NUMBER}"),
    "number out of range": ("2024-01-02,AAA,1e400", "close '1e400' must be a number below 1.8e308"),
    "zero": ("2024-01-02,AAA,0", "close '0' must be above 0"),
    "negative": ("2024-01-02,AAA,-1.5", "close '-1.5' must be above 0"),
    "no close": ("2024-01-02,AAA,", "close is missing"),
    "blanks for a close": ("2024-01-02,AAA,   ", "close is missing"),
    "no symbol": ("2024-01-02,,1", "symbol is missing"),
    "small letters": ("2024-01-02,aaa,1", f"symbol 'aaa' {SYMBOL}"),
    "SQL": ("2024-01-02,'; DROP TABLE closes;--,1", f"symbol ''; DROP TABLE closes;--' {SYMBOL}"),
    "HTML": ("2024-01-02,<b>AAA</b>,1", f"symbol '<b>AAA</b>' {SYMBOL}"),
    "a formula": ("2024-01-02,=1+1,1", f"symbol '=1+1' {SYMBOL}"),
    "a long symbol": ("2024-01-02,ABCDEFGHIJKLM,1", f"symbol 'ABCDEFGHIJKLM' {SYMBOL}"),
    "control characters": ("2024-01-02,A\x1b[31mA,1", f"symbol 'A\ufffd[31mA' {SYMBOL}"),
    "letters that look alike": ("2024-01-02,\u0410AA,1", f"symbol '\u0410AA' {SYMBOL}"),
    "a day that does not exist": ("2023-02-29,AAA,1", f"date '2023-02-29' {DAY}"),
    "another order of the date": ("01/02/2024,AAA,1", f"date '01/02/2024' {DAY}"),
    "a date without zeros": ("2024-1-2,AAA,1", f"date '2024-1-2' {DAY}"),
    "a time": ("2024-01-02 16:00,AAA,1", f"date '2024-01-02 16:00' {DAY}"),
    "a day long ago": ("1899-12-31,AAA,1", "date '1899-12-31' must be from 1900-01-01 to 2200-12-31"),
    "a day far ahead": ("2201-01-01,AAA,1", "date '2201-01-01' must be from 1900-01-01 to 2200-12-31"),
    "too few fields": ("2024-01-02,AAA", "has 2 fields where the header has 3"),
    "too many fields": ("2024-01-02,AAA,1,", "has 4 fields where the header has 3"),
    "a quote that does not close": ('2024-01-02,"AAA,1', "has a quote that is not closed"),
    "a quote after a field": ('2024-01-02,"AAA"A,1', "has quotes within a field"),
    "an opening quote within a field": ('2024-01-02,A"AA,1', "has a quote that is not closed"),
}


@pytest.mark.parametrize("case", ROWS)
def test_a_bad_row_is_set_aside_alone(case: str, tmp_path: Path) -> None:
    row, sentence = ROWS[case]
    read = supply(tmp_path, "closes", f'{CLOSES}2024-01-02,GOOD,1\n{row}\n2024-01-03,"GOOD",2\n2024-01-04,GOOD,3\n')
    assert read.rows["row"].to_list() == [2, 4, 5]
    assert read.rejected["sentence"].to_list() == [f"closes.csv, row 3: {sentence}"]
    assert read.refused is None


FILES = {  # what a file holds, and the one sentence on it
    "nothing": (b"", "is empty"),
    "blank lines": (b"\n \r\n\n", "is empty"),
    "a page": (
        b"<!DOCTYPE html><html><body>Log in</body></html>",
        "is an HTML page, perhaps one for logging in, not a CSV file",
    ),
    "a page after a mark": (b"\xef\xbb\xbf\n  <html>", "is an HTML page, perhaps one for logging in, not a CSV file"),
    "a workbook": (b"PK\x03\x04 and so on", "is a ZIP archive or an Office file, not a CSV file"),
    "Parquet under another name": (b"PAR1....PAR1", "is a Parquet file: name it .parquet"),
    "null bytes": (b"date,symbol,close\n\0\0\0", "is not text: it holds null bytes"),
    "no text": (bytes(range(1, 256)) * 40, None),
    "another separator": (b"date;symbol;close\n2024-01-02;A;1\n", "has no commas in its header"),
    "a missing column": (
        b"date,symbol,Close\n2024-01-02,A,1\n",
        "lacks the column close; its header has date, symbol, Close",
    ),
    "no header": (b"2024-01-02,A,1\n", "lacks the columns date, symbol, close; its header has 2024-01-02, A, 1"),
    "a column twice": (b"date,symbol,close,close\n2024-01-02,A,1,2\n", "has the column close more than once"),
}


@pytest.mark.parametrize("case", FILES)
def test_what_is_no_such_file_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, sentence = FILES[case]
    read = supply(tmp_path, "closes", content)
    assert read.rows.is_empty()
    assert read.refused
    assert read.refused.startswith(f"closes.csv {sentence or ''}")
    assert "\n" not in read.refused
    assert read.rejected.height == 1


def test_a_file_without_any_of_the_columns_of_which_it_must_have_one_is_refused(tmp_path: Path) -> None:
    kind = replace(KINDS["fx"], one_of=("quote", "inverse"))
    file = tmp_path / "fx.csv"
    file.write_text("date,currency,rate\n2024-01-02,EUR,1.1\n")
    assert read_file(kind, file).refused == (
        "fx.csv has neither the column quote nor inverse; its header has date, currency, rate"
    )
    file.write_text("date,currency,rate,quote\n2024-01-02,EUR,1.1,USD\n")
    assert read_file(kind, file).rows.height == 1


def test_files_that_cannot_be_opened_are_refused(tmp_path: Path) -> None:
    assert read_file(KINDS["closes"], tmp_path / "closes.csv").refused == (
        "closes.csv cannot be opened: No such file or directory"
    )
    (tmp_path / "fx.csv").mkdir()
    assert "cannot be opened" in (read_file(KINDS["fx"], tmp_path / "fx.csv").refused or "")


def test_rows_say_where_they_come_from(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(f"{CLOSES}2024-01-02,A,1\n")
    read = read_file(KINDS["closes"], tmp_path / "x.csv", "closes-2024.csv")
    assert read.rows.select("file", "row").rows() == [("closes-2024.csv", 2)]


def test_defaults_blanks_and_extra_columns(tmp_path: Path) -> None:
    """Optional columns have their defaults, blanks do not count, and an ignored column is told of."""
    read = supply(
        tmp_path,
        "components",
        "note, symbol ,free_float,shares,style_weight\nx,  AAA ,1,10,\n,\u00a0BRK.B,0, 5 ,0.25\n",
    )
    assert read.rows.select(
        "row", "symbol", "shares", "free_float", "style_weight", "company_name", "currency"
    ).rows() == [
        (2, "AAA", 10.0, 1.0, 1.0, None, "USD"),
        (3, "BRK.B", 5.0, 0.0, 0.25, None, "USD"),
    ]
    assert [note.message for note in read.notes] == [
        "components.csv: ignored the column note, which components do not have"
    ]


@pytest.mark.parametrize(("cell", "simulated"), [("true", True), ("yes", True), ("False", False), ("", False)])
def test_a_row_that_says_so_makes_a_simulated_market(cell: str, simulated: bool, tmp_path: Path) -> None:
    read = supply(tmp_path, "closes", f"date,symbol,close,simulated\n2024-01-02,A,1,\n2024-01-02,B,1,{cell}\n")
    assert read.simulated == simulated
    assert not read.notes


def test_blank_rows_are_skipped_and_count_as_lines(tmp_path: Path) -> None:
    read = supply(tmp_path, "closes", f'\n{CLOSES}\n2024-01-02,A,1\n,,\n  \n"","",""\n2024-01-03,A,2')
    assert read.rows["row"].to_list() == [4, 8]
    assert read.rejected.is_empty()


def test_rows_keep_their_lines_beside_fields_of_several_lines(tmp_path: Path) -> None:
    """A name with a line end, with quotes or without a pair does not shift the rows after it."""
    content = (
        "symbol,shares,free_float,company_name\n"
        'AAA,1,1,"Two\nlines, ""quoted""\n\nand a third"\n'
        'BBB,1,1,"broken\n'
        "CCC,1,1,plain\n"
        'DDD,1,1,"one\r\nDDD,1,1,within\r\nmore"\n'
        'EEE,1,1,"a ""quoted"" name"\n'
        'FFF, "1", "1", "blanks before quotes"\n'
    )
    read = supply(tmp_path, "components", content)
    assert read.rows.select("row", "symbol", "company_name").rows() == [
        (2, "AAA", 'Two\nlines, "quoted"\n\nand a third'),
        (7, "CCC", "plain"),
        (8, "DDD", "one\nDDD,1,1,within\nmore"),
        (11, "EEE", 'a "quoted" name'),
        (12, "FFF", "blanks before quotes"),
    ]
    assert read.rejected.select("row", "rule").rows() == [(6, "quotes")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str, tmp_path: Path) -> None:
    """UTF-8 and UTF-16 are read as they are; another encoding is found, and told of."""
    text = f"{COMPONENTS.strip()},company_name\r\nAAA,1,1,Nestl\u00e9 \u2013 Caf\u00e9\r\n"
    read = supply(tmp_path, "components", text.encode(encoding))
    assert read.rows["company_name"].to_list() == ["Nestl\u00e9 \u2013 Caf\u00e9"]
    assert bool(read.notes) == (encoding in ("utf-16", "cp1252"))


def test_another_encoding_far_into_a_file(tmp_path: Path) -> None:
    rows = "".join(f"S{number},1,1,name\n" for number in range(900_000))
    content = f"{COMPONENTS.strip()},company_name\n{rows}".encode() + b"AAA,1,1,Soci\xe9t\xe9\n"
    assert supply(tmp_path, "components", content).rows["company_name"][-1] == "Soci\u00e9t\u00e9"


def test_numbers_are_correctly_rounded(tmp_path: Path) -> None:
    numbers = [
        "0.1",
        "1e-7",
        "123456789.123456789",
        "9007199254740993",
        "5.",
        ".5",
        "+2",
        "2.2250738585072011e-308",
        "1E3",
    ]
    read = supply(tmp_path, "closes", CLOSES + "".join(f"2024-01-02,A{n},{text}\n" for n, text in enumerate(numbers)))
    assert read.rows["close"].to_list() == [float(text) for text in numbers]


def blocks(folder: Path, kind: str, row: str) -> list[tuple[str, list[str], date | None]]:
    """What one bad row blocks."""
    rejected = supply(folder, kind, f"{','.join(KINDS[kind].columns)}\n{row}\n").rejected
    assert not rejected.is_empty()
    return rejected.select("blocks", "subjects", "day").unique().rows()


@pytest.mark.parametrize(
    ("kind", "row", "expected"),
    [
        ("closes", "2024-01-02,AAA,x,USD", ("symbol_and_day", ["AAA"], date(2024, 1, 2))),
        ("closes", "2024-01-02,aaa,1,USD", ("symbol_and_day", ["AAA"], date(2024, 1, 2))),
        ("closes", "2024-01-02,AAA,1,234.5,USD", ("symbol_and_day", ["AAA"], date(2024, 1, 2))),
        # a close whose symbol or day cannot be read is missed where it is needed
        ("closes", "2024-02-30,AAA,1,USD", ("nothing", [], None)),
        ("closes", "2024-01-02,,1,USD", ("nothing", [], date(2024, 1, 2))),
        ("fx", "2024-01-02,EUR,0", ("currency_and_day", ["EUR"], date(2024, 1, 2))),
        ("actions", "AAA,2024-01-02,split,0,1,,,", ("symbol", ["AAA"], date(2024, 1, 2))),
        ("actions", "AAA,tomorrow,split,2,1,,,", ("symbol", ["AAA"], None)),
        # an action that names nobody may be anybody's
        ("actions", ",2024-01-02,split,2,1,,,", ("file", [], date(2024, 1, 2))),
        ("components", "AAA,1,1.5,1,,USD", ("file", [], None)),
        ("suspensions", "AAA,2024-01-05,2024-01-04,,", ("symbol", ["AAA"], None)),
        ("offerings", "AAA,2024-01-05,2024-02,10", ("symbol", ["AAA"], None)),
        ("symbol_changes", "2024-01-05,AAA,AAA", ("symbol", ["AAA", "AAA"], None)),
        ("symbol_changes", "2024-01-05,AAA,", ("file", [], None)),
        ("overrides", "value,closes 2024-01-02 A,a.csv,", ("nothing", [], None)),
    ],
)
def test_a_bad_row_blocks_what_its_kind_says(
    kind: str, row: str, expected: tuple[str, list[str], date | None], tmp_path: Path
) -> None:
    assert blocks(tmp_path, kind, row) == [expected]


@pytest.mark.parametrize(("kind", "expected"), [("closes", "nothing"), ("actions", "file"), ("components", "file")])
def test_a_refused_file_blocks_what_nobody_would_miss(kind: str, expected: str, tmp_path: Path) -> None:
    assert supply(tmp_path, kind, "").rejected["blocks"].to_list() == [expected]


def test_an_index_without_members_is_refused(tmp_path: Path) -> None:
    """A header alone is a quiet file of actions, and no component index."""
    assert supply(tmp_path, "components", COMPONENTS).refused == "components.csv has a header but no rows"
    assert supply(tmp_path, "closes", CLOSES).refused is None


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("same_security,AAA@2020-06-29,,", "reason must be given: a decision without a reason does not hold"),
        ("same_security,AAA 2020,,it is", "key must be SYMBOL@YYYY-MM-DD for a decision on a security"),
        ("other_security,AAA@2020-06-31,,it is", "key must be SYMBOL@YYYY-MM-DD for a decision on a security"),
        ("other_security,AAA@2020-06-29,no,it is", "decision must be empty for a decision on a security"),
        ("value,closes 2024-01-02 AAA,,it is", "decision must name the file that is right"),
        ("value,prices AAA,a.csv,it is", "key must begin with the kind of file"),
        ("same,AAA@2020-06-29,,it is", "subject 'same' must be one of same_security, other_security, rename, value"),
    ],
)
def test_overrides_need_a_key_a_decision_and_a_reason(row: str, sentence: str, tmp_path: Path) -> None:
    read = supply(tmp_path, "overrides", f"subject,key,decision,reason\n{row}\n")
    (said,) = read.rejected["sentence"]
    assert said.startswith(f"overrides.csv, row 2: {sentence}")


def test_decisions_on_securities(tmp_path: Path) -> None:
    rows = "value,closes 2024-01-02 A,a.csv,late\nsame_security,BRK.B@2020-06-29,,renamed\nother_security,C@2021-06-28,,reused\n"
    decided = security_decisions(supply(tmp_path, "overrides", f"subject,key,decision,reason\n{rows}").rows)
    assert decided == [
        Decision("BRK.B", date(2020, 6, 29), True, "renamed", file="overrides.csv", row=3),
        Decision("C", date(2021, 6, 28), False, "reused", file="overrides.csv", row=4),
    ]


def test_suspensions_hold_days_in_order_and_flags(tmp_path: Path) -> None:
    rows = "A,2019-06-13,2019-06-14,2019-06-13,TRUE\nB,2019-06-13,,,\nC,2019-06-13,2019-06-20,2019-06-21,yes\n"
    read = supply(tmp_path, "suspensions", f"{','.join(KINDS['suspensions'].columns)}\n{rows}")
    assert read.rows["replicable_market"].to_list() == [True, None]
    assert read.rejected["rule"].to_list() == ["replicable_market|flag"]


@pytest.mark.parametrize(
    ("kind", "row", "rule"),
    [
        ("suspensions", "A,2019-06-13,soon,,", "resumed_on|day"),
        ("suspensions", "A,2019-06-13,,,yes", "replicable_market|flag"),
        ("actions", "A,2024-01-02,split,2,1,1O,,", "amount|number"),
    ],
)
def test_a_row_with_a_cell_that_cannot_be_read_is_not_taken_as_if_it_were_empty(
    kind: str, row: str, rule: str, tmp_path: Path
) -> None:
    read = supply(tmp_path, kind, f"{','.join(KINDS[kind].columns)}\n{row}\n")
    assert read.rejected["rule"].to_list() == [rule]
    assert read.rows.is_empty()


_PEAK = """
import resource, sys
from pathlib import Path
from russell_pipeline.market.files import reading
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.files.reading import read_file
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
print(read_file(KINDS["closes"], Path(sys.argv[1])).refused)
print(peak() - before)
"""


@pytest.mark.faults
@pytest.mark.parametrize(
    ("start", "repeated", "says"),
    [
        (b"", b"\0", "is not text: it holds null bytes"),
        (CLOSES.encode(), b"garbage\n", "has more than 100,000 rows that break a rule"),
        (CLOSES.encode(), b"garbage,", "is no CSV file: what follows line 1 is longer than 1,048,576 characters"),
        (CLOSES.encode(), b'"garbage\n', "has more than 100,000 rows that do not fit its header"),
        (b"", b"garbage,", "has more than 1,000 columns"),
    ],
)
def test_hundreds_of_megabytes_of_garbage_are_refused_at_once(
    start: bytes, repeated: bytes, says: str, tmp_path: Path
) -> None:
    """Neither time nor memory grow with the file: it is put aside after the part that shows what it is."""
    file = tmp_path / "closes.csv"
    with file.open("wb") as sparse:
        sparse.write(start + repeated * (24_000_000 // len(repeated)))
        sparse.truncate(300_000_000)  # the rest takes no room on the disk
    began = time.monotonic()
    run = subprocess.run([sys.executable, "-c", _PEAK, str(file)], capture_output=True, text=True, check=True)
    refused, megabytes = run.stdout.splitlines()
    assert refused.startswith(f"closes.csv {says}")
    assert int(megabytes) < 250
    assert time.monotonic() - began < 20


def test_limits_are_told_in_one_sentence(tmp_path: Path) -> None:
    rows = CLOSES + "2024-01-02,A,1\n" * 20
    assert supply(tmp_path, "closes", rows, limits=Limits(file_bytes=100)).refused == (
        "closes.csv has 318 bytes, more than 100: split it by year"
    )
    assert supply(tmp_path, "closes", rows, limits=Limits(rows=10)).refused == (
        "closes.csv has more than 10 rows: split it by year"
    )
    bad = CLOSES + "2024-01-02,A,x\n" * 20
    refused = supply(tmp_path, "closes", bad, limits=Limits(rejected=10)).refused
    assert refused
    assert refused.startswith(
        "closes.csv has more than 10 rows that break a rule, the first of them: closes.csv, row 2: "
    )
    line = CLOSES + "2024-01-02,A,1\n" + "x" * 9_000_000
    assert supply(tmp_path, "closes", line, limits=Limits(line=1000)).refused == (
        "closes.csv is no CSV file: what follows line 2 is longer than 1,000 characters"
    )


def test_the_worked_example_is_read_whole() -> None:
    landing = WORKED / "landing"
    for file in [*landing.glob("market/*.csv"), *landing.glob("components/*/*.csv")]:
        read = read_file(KINDS.get(file.stem, KINDS["components"]), file)
        assert read.rejected.is_empty()
        assert not read.notes
        assert read.rows["row"].to_list() == list(range(2, len(file.read_text().splitlines()) + 1))


def test_parquet_values_meet_the_rules_of_csv(tmp_path: Path) -> None:
    """Wrong types in Parquet are treated as the same values in CSV would be."""
    file = tmp_path / "closes.parquet"
    pl.DataFrame(
        {
            "date": pl.Series(["2024-01-02T00:00", "2024-01-02T16:00", None]).str.to_datetime("%Y-%m-%dT%H:%M"),
            "symbol": pl.Series(["AAA", "BBB", "aaa"], dtype=pl.Categorical),
            "close": pl.Series([float("nan"), 2, 3], dtype=pl.Float32),
        }
    ).write_parquet(file)
    read = read_file(KINDS["closes"], file)
    assert read.rejected["sentence"].to_list() == [
        f"closes.parquet, row 2: close 'NaN' {NUMBER}",
        f"closes.parquet, row 3: date '2024-01-02 16:00:00.000000' {DAY}",
        "closes.parquet, row 4: date is missing",
        f"closes.parquet, row 4: symbol 'aaa' {SYMBOL}",
    ]


def test_parquet_with_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    """It would end the whole process, night after night."""
    latin = "NESTL\u00c9".encode("latin-1")
    ends = pa.py_buffer((0).to_bytes(4, "little") + len(latin).to_bytes(4, "little"))
    symbol = pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(latin)])
    file = tmp_path / "closes.parquet"
    pq.write_table(pa.table({"date": [date(2024, 1, 2)], "symbol": symbol, "close": [1.0]}), file)
    assert read_file(KINDS["closes"], file).refused == (
        "closes.parquet holds in the column symbol, rows 2 to 2, what cannot be read: Invalid UTF8 sequence at string index 0"
    )


def test_parquet_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    """Also that which marks a simulated market."""
    file = tmp_path / "closes.parquet"
    row = [pa.array([date(2024, 1, 2)]), pa.array(["A"]), pa.array([1.0]), pa.array([False])]
    for twice, column in enumerate(names := ["date", "symbol", "close", "simulated"]):
        pq.write_table(pa.Table.from_arrays([*row, row[twice]], names=[*names, column]), file)
        assert read_file(KINDS["closes"], file).refused == f"closes.parquet has the column {column} more than once"


def test_parquet_that_is_none_or_holds_lists_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "closes.parquet"
    pl.DataFrame({"date": [date(2024, 1, 2)], "symbol": ["A"], "close": [[1.0]]}).write_parquet(file)
    assert read_file(KINDS["closes"], file).refused == (
        "closes.parquet has large_list<element: double> in the column close, which is neither text, number nor date"
    )
    good = file.read_bytes()
    for bad in (b"PAR1", b"date,symbol,close\n", good[:-20], good[:4] + bytes(len(good) - 8) + good[-4:]):
        file.write_bytes(bad)
        assert read_file(KINDS["closes"], file).refused == "closes.parquet is no Parquet file that can be read"


@pytest.mark.parametrize("case", HOSTILE_PARQUET)
def test_parquet_that_polars_cannot_take_is_refused_by_name(tmp_path: Path, case: str) -> None:
    columns, says = HOSTILE_PARQUET[case]
    file = tmp_path / "closes.parquet"
    pq.write_table(pa.table(ONE_CLOSE | columns), file)
    assert read_file(KINDS["closes"], file).refused == f"closes.parquet {says}"


@pytest.mark.parametrize(
    "columns",
    [
        {"date": pa.array([1_704_153_600], pa.timestamp("s")).cast(pa.timestamp(unit))} for unit in ("s", "ms", "us", "ns")
    ]
    + [
        {"date": pa.array([date(2024, 1, 2)], pa.date64())},
        {"date": pa.array(["2024-01-02"], pa.dictionary(pa.int8(), pa.string()))},
        {"date": pa.array([0], pa.timestamp("us", "America/New_York"))},
        {"symbol": pa.array(["A"], pa.string_view())},
        {"symbol": pa.array(["A"], pa.large_string())},
        {"close": pa.array([Decimal("1.5")], pa.decimal128(9, 2))},
        {"close": pa.array([1.5], pa.float32())},
        {"close": pa.array(["1.5"])},
        {"close": pa.array([1.5]).dictionary_encode()},
    ],
    ids=lambda columns: "-".join(f"{name} {values.type}" for name, values in columns.items()),
)  # fmt: skip
def test_types_of_parquet_that_are_read(tmp_path: Path, columns: dict[str, pa.Array]) -> None:
    file = tmp_path / "closes.parquet"
    pq.write_table(pa.table(ONE_CLOSE | columns), file)
    read = read_file(KINDS["closes"], file)
    zoned = "America" in str(next(iter(columns.values())).type)  # not at midnight there, so no day
    assert read.rows.select("symbol", "date", "close").rows() == ([] if zoned else [("A", date(2024, 1, 2), 1.5)])


@pytest.mark.parametrize("settings", [{}, {"use_dictionary": False}, {"column_encoding": "DELTA"}], ids=str)
def test_parquet_whose_text_repeats_past_the_limit_is_refused_in_little_memory(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    """A few kilobytes on disk: each text once, or each as what it adds to the one before."""
    rows, file = 6_000, tmp_path / "closes.parquet"
    if settings.get("column_encoding"):
        settings = {"use_dictionary": False, "column_encoding": {"symbol": "DELTA_BYTE_ARRAY"}}
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["A" * 20_000]))
    held = text if not settings else text.dictionary_decode()
    columns = {"date": pa.array([date(2024, 1, 2)] * rows), "symbol": held, "close": pa.array([1.5] * rows)}
    pq.write_table(pa.table(columns), file, compression="zstd", **settings)
    del held, columns
    ordinary = pa.default_memory_pool()
    pa.set_memory_pool(counted := pa.proxy_memory_pool(ordinary))
    refused = read_file(KINDS["closes"], file, limits=Limits(file_bytes=1 << 25)).refused
    pa.set_memory_pool(ordinary)
    assert refused is not None
    assert "more than 33,554,432 bytes" in refused
    assert counted.max_memory() < 1 << 26


def test_a_csv_file_of_too_many_columns_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "closes.csv"
    wide = ",".join(["date", "symbol", "close", *(f"x{place}" for place in range(30_000))])
    file.write_text(f"{wide}\n" + "2024-01-02,A,1.5" + ",1" * 30_000 + "\n")
    assert read_file(KINDS["closes"], file).refused == "closes.csv has more than 1,000 columns"


def test_a_panic_of_the_reader_refuses_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def panics(*_: object) -> None:
        raise pl.exceptions.PanicException("out of range")

    monkeypatch.setattr(reading, "validated", panics)
    (tmp_path / "closes.csv").write_text("date,symbol,close\n2024-01-02,A,1.5\n")
    refused = read_file(KINDS["closes"], tmp_path / "closes.csv").refused
    assert refused is not None
    assert re.search(
        r"closes\.csv cannot be read for a fault of the reader, PanicException in .*; please report it", refused
    )


@pytest.mark.parametrize("number", ["1.7e308", "1.1e18"])
def test_prices_beyond_any_of_a_market_are_set_aside(tmp_path: Path, number: str) -> None:
    read = supply(tmp_path, "closes", f"{CLOSES}2024-01-02,A,{number}\n2024-01-02,B,1\n")
    assert read.rows["symbol"].to_list() == ["B"]
    [sentence] = read.rejected["sentence"]
    assert sentence.endswith("must be at most 1000000000000000000")

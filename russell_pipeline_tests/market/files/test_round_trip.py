"""Rows written to a file in any of its forms are read back equal, each with its line."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from russell_pipeline.market.files import csv_text
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.files.model import PROVENANCE
from russell_pipeline.market.files.reading import read_file
from russell_pipeline_tests.market.files.supplying import supply

SYMBOLS = st.from_regex(r"[A-Z0-9][A-Z0-9.\-/]{0,11}", fullmatch=True)
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.sampled_from(' ",\n'), max_size=20
).map(str.strip)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "symbol": SYMBOLS,
            "shares": st.floats(0, 1e300, allow_subnormal=True),
            "free_float": st.floats(0, 1),
            "style_weight": st.floats(0, 1),
            "company_name": NAMES.map(lambda name: name or None),
            "currency": st.sampled_from(["USD", "EUR"]),
            "cusip": st.sampled_from([None, "037833100"]),
            "isin": st.sampled_from([None, "US0378331005"]),
            "figi": st.sampled_from([None, "BBG000B9XRY4"]),
            "permno": st.sampled_from([None, "14593"]),
        }
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(
    rows=ROWS,
    order=st.permutations(KINDS["components"].columns),
    ends=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    final_end=st.booleans(),
    block=st.sampled_from([100, 1 << 20]),
)
def test_csv_round_trip(
    *, rows: list[dict[str, Any]], order: list[str], ends: str, encoding: str, quoting: int, final_end: bool, block: int
) -> None:
    """Any order of columns, line end, encoding and quoting, however the file is cut into blocks."""
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, order, quoting=quoting, lineterminator="\n")
    writer.writeheader()
    lines = []
    for row in rows:
        lines.append(buffer.getvalue().count("\n") + 1)
        writer.writerow(row)
    text = buffer.getvalue().replace("\n", ends)
    text = text if final_end else text.removesuffix(ends)
    before = csv_text._BLOCK
    csv_text._BLOCK = block  # type: ignore[misc]
    try:
        with tempfile.TemporaryDirectory() as folder:
            read = supply(Path(folder), "components", text.encode(encoding))
    finally:
        csv_text._BLOCK = before  # type: ignore[misc]
    assert read.rejected.is_empty()
    assert read.rows["row"].to_list() == lines
    assert read.rows.select(KINDS["components"].columns).to_dicts() == [
        {name: row[name] for name in KINDS["components"].columns} for row in rows
    ]


@settings(max_examples=25)
@given(rows=ROWS, order=st.permutations(KINDS["components"].columns))
def test_parquet_equals_csv(rows: list[dict[str, Any]], order: list[str]) -> None:
    frame = pl.DataFrame(rows, schema_overrides={"company_name": pl.String}).select(order)
    with tempfile.TemporaryDirectory() as folder:
        parquet, text = Path(folder, "c.parquet"), Path(folder, "c.csv")
        frame.write_parquet(parquet)
        frame.write_csv(text)
        from_parquet, from_csv = (read_file(KINDS["components"], file, "c") for file in (parquet, text))
    assert from_parquet.rejected.is_empty()
    assert from_csv.rejected.is_empty()
    assert from_parquet.rows.drop(PROVENANCE).equals(from_csv.rows.drop(PROVENANCE))
    assert from_parquet.rows["row"].to_list() == list(range(2, len(rows) + 2))


@settings(max_examples=50)
@given(st.text(st.sampled_from('A1",\n\r .-<\x00\u00e9'), max_size=80))
def test_every_line_is_a_row_or_set_aside_or_blank(text: str) -> None:
    """Whatever follows the header, nothing raises and no line with content is lost."""
    with tempfile.TemporaryDirectory() as folder:
        read = supply(Path(folder), "closes", f"date,symbol,close\n{text}\n2024-01-02,LAST,1\n")
    if read.refused:
        assert "null bytes" in read.refused
        return
    lines = f"\n{text}".replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = {*read.rows["row"], *read.rejected["row"]}
    for number, line in enumerate(lines, 1):
        if line.strip(' \t,"') and '"' not in text:
            assert number in told
    assert read.rows["date"].to_list()[-1:] == [date(2024, 1, 2)] or '"' in text
    assert read.rows["symbol"].to_list()[-1:] == ["LAST"] or '"' in text

"""A fund's holdings under the name of a file of components: what is taken, what blocks the file, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from russell_pipeline.market.adapters.holdings import read_components

NAME = "FUND/2026-01-20.csv"
HOLDINGS = """Some Fund ETF
Fund Holdings as of,"Jan 20, 2026"

Ticker,Name,Asset Class,Shares,Price,Exchange,Currency
AAA,ALPHA INC,Equity,"1,234.00",10.50,NASDAQ,USD
USD,USD CASH,Cash,5.00,100.00,-,USD
BBB,BETA INC,Equity,many,10.50,NASDAQ,USD
"""


def _file(folder: Path, content: str) -> Path:
    file = folder / "2026-01-20.csv"
    file.write_text(content)
    return file


def test_a_share_that_cannot_be_read_blocks_the_file_and_what_is_no_share_nothing(tmp_path: Path) -> None:
    read = read_components(_file(tmp_path, HOLDINGS), NAME)
    assert read.rows.select("file", "row", "symbol", "shares", "free_float").rows() == [(NAME, 5, "AAA", 1234.0, 1.0)]
    assert read.rejected.select("row", "rule", "blocks").rows() == [
        (6, "skipped", "nothing"),
        (7, "unreadable", "file"),
    ]
    assert [note.message.partition(":")[0] for note in read.notes] == [
        f"{NAME} is Some Fund ETF's holdings of 2026-01-20"
    ]


@pytest.mark.parametrize(("held", "refused"), [("2026-01-20", False), ("2026-06", False), ("2026-01-21", True)])
def test_holdings_may_be_of_a_review_and_are_of_no_other_day_than_their_name_says(
    held: str, refused: bool, tmp_path: Path
) -> None:
    read = read_components(_file(tmp_path, HOLDINGS), f"FUND/{held}.csv")
    assert bool(read.refused) == refused


def test_what_is_neither_is_refused_as_components(tmp_path: Path) -> None:
    assert (read_components(_file(tmp_path, "a,b\n1,2\n"), NAME).refused or "").startswith(
        f"{NAME} lacks the columns symbol, shares, free_float"
    )
    for gone in (tmp_path / "gone.csv", tmp_path):
        assert (read_components(gone, NAME).refused or "").startswith(f"{NAME} cannot be opened")
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    assert (read_components(folder, NAME).refused or "").startswith(f"{NAME} cannot be opened")

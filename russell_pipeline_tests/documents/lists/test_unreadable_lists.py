"""A text that a person would call a list, and that is not read, is refused with what to do about it."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.parse import parse_document

_ROWS = [("ACME INC", "ACM"), ("BELL CORP", "BLL"), ("CEDAR CO", "C"), ("DELTA CL A", "DLT.A")]


def _reason(*lines: str) -> str:
    return parse_document("\n".join(lines).encode()).reason or ""


@pytest.mark.parametrize(
    ("separator", "called"), [(",", "commas"), (";", "semicolons"), ("|", "bars"), (" | ", "bars")]
)
def test_cells_between_other_signs_than_tabs_are_named(separator: str, called: str) -> None:
    lines = [separator.join(cells) for cells in [("Company", '"Ticker"'), *_ROWS]]
    assert f"parts its cells by {called} (line 2), which are not read" in _reason("Russell 3000 Index", *lines)


@pytest.mark.parametrize("separator", [" ", "\n", "\n\n"])
@pytest.mark.parametrize("industry", [(), ("Health Care",)])
def test_rows_without_heads_ask_for_them(separator: str, industry: tuple[str, ...]) -> None:
    lines = [separator.join([*row, *industry]) for row in _ROWS]
    assert "without the heads of its columns" in _reason(*lines)


def test_heads_written_above_the_rows_are_all_that_was_missing() -> None:
    for separator in (" ", "\t", "\n"):
        assert not _reason(*(separator.join(cells) for cells in [("Company", "Ticker"), *_ROWS]))


@pytest.mark.parametrize("between", [[], ["Russell 3000 Index"]])
def test_columns_one_below_the_other_are_not_matched(between: list[str]) -> None:
    names, symbols = [row[0] for row in _ROWS], [row[1] for row in _ROWS]
    assert "which symbol is whose" in _reason("Company", *names, *between, "Ticker", *symbols)
    assert "which symbol is whose" in _reason("Company", "Ticker", *names, *between, *symbols)


def test_rows_side_by_side_with_single_spaces_are_said_to_be_so() -> None:
    rows = [" ".join((*one, *other)) for one, other in zip(_ROWS[:2], _ROWS[2:], strict=True)]
    assert "cannot be told apart by single spaces" in _reason("Company Ticker Company Ticker", *rows)


def test_prose_is_no_list_without_heads() -> None:
    assert "is none of what can be read" in _reason(
        "A letter on companies, symbols and industries.", "ACME ACM", "Yours, X"
    )

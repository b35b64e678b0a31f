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
def test_why_unreadable_names_other_separators_than_tabs(separator: str, called: str) -> None:
    lines = [separator.join(cells) for cells in [("Company", '"Ticker"'), *_ROWS]]
    assert f"parts its cells by {called} (line 2), which are not read" in _reason("Russell 3000 Index", *lines)


@pytest.mark.parametrize("separator", [" ", "\n", "\n\n"])
@pytest.mark.parametrize("industry", [(), ("Health Care",)])
def test_why_unreadable_asks_for_missing_heads(separator: str, industry: tuple[str, ...]) -> None:
    lines = [separator.join([*row, *industry]) for row in _ROWS]
    assert "without the heads of its columns" in _reason(*lines)


def test_why_unreadable_is_empty_once_heads_are_added() -> None:
    for separator in (" ", "\t", "\n"):
        assert not _reason(*(separator.join(cells) for cells in [("Company", "Ticker"), *_ROWS]))


@pytest.mark.parametrize("between", [[], ["Russell 3000 Index"]])
def test_why_unreadable_explains_columns_one_below_the_other(between: list[str]) -> None:
    names, symbols = [row[0] for row in _ROWS], [row[1] for row in _ROWS]
    assert "which symbol is whose" in _reason("Company", *names, *between, "Ticker", *symbols)
    assert "which symbol is whose" in _reason("Company", "Ticker", *names, *between, *symbols)


def test_why_unreadable_explains_rows_side_by_side_in_single_spaces() -> None:
    rows = [" ".join((*one, *other)) for one, other in zip(_ROWS[:2], _ROWS[2:], strict=True)]
    assert "cannot be told apart by single spaces" in _reason("Company Ticker Company Ticker", *rows)


def test_why_unreadable_is_silent_on_prose() -> None:
    assert "is none of what can be read" in _reason(
        "A letter on companies, symbols and industries.", "ACME ACM", "Yours, X"
    )

"""The report of a coming review: which lists are to be published when, and which of them the lake has."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from russell_pipeline.reports.coming import Outlook, coming_sections
from russell_pipeline.reports.page import Table

CALENDAR = {"event": pl.String, "starts_on": pl.Date}
LISTS = {"status": pl.String, "known_on": pl.Date, "file_name": pl.String}
MAY = [date(2026, 5, day) for day in (22, 29)] + [date(2026, 6, 5)]


def _states(
    calendar: list[tuple[str, date]], lists: list[tuple[str, date | None, str]], as_of: date, *, listed: bool = True
) -> list[tuple[str, str]]:
    """State and note of each publication, as the table shows them."""
    days, known = pl.DataFrame(calendar, CALENDAR, orient="row"), pl.DataFrame(lists, LISTS, orient="row")
    for section in coming_sections(Outlook(as_of, [], listed), days, known):
        [table] = section.blocks
        assert isinstance(table, Table)
        return table.rows.select("state", "note").rows()
    return []


@pytest.mark.parametrize(
    ("lists", "as_of", "states"),
    [
        ([], MAY[0], ["missing", "due", "due"]),
        ([("preliminary", MAY[0], "p.pdf")], MAY[0], ["ready", "due", "due"]),
        ([("preliminary", MAY[0], "p.pdf"), ("updated", MAY[1], "u.pdf")], MAY[2], ["ready", "ready", "missing"]),
        ([("updated", MAY[1], "u1.pdf"), ("updated", MAY[2], "u2.pdf")], MAY[2], ["missing", "ready", "ready"]),
        ([("updated", None, "undated.pdf")], MAY[1], ["missing", "ready", "due"]),
    ],
)
def test_each_publication_is_ready_missing_or_due(
    lists: list[tuple[str, date | None, str]], as_of: date, states: list[str]
) -> None:
    """There may be several days for updated lists; a list is of the last day by which it was known."""
    calendar = [("preliminary_lists", MAY[0]), ("updated_lists", MAY[1]), ("updated_lists", MAY[2])]
    assert [state for state, _ in _states(calendar, lists, as_of)] == states


def test_a_review_without_publications_expects_no_list() -> None:
    """Reviews of March and September have none."""
    assert _states([("implementation", MAY[0])], [], MAY[0]) == []


def test_an_index_that_is_made_from_components_expects_no_list() -> None:
    assert _states([("preliminary_lists", MAY[0])], [], MAY[0], listed=False) == []

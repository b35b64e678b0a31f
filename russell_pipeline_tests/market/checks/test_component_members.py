"""Who should have a close: from file to file, through deletions, conversions, spin-offs and new symbols."""

from __future__ import annotations

from datetime import date

import polars as pl

from russell_pipeline.market.checks.component_members import SPAN, ComponentFile, component_spans, follow_actions

MARCH, JUNE = date(2024, 3, 15), date(2024, 6, 28)
NO_CHANGES = pl.DataFrame(schema={"date": pl.Date, "old_symbol": pl.String, "new_symbol": pl.String})
ACTION = {"symbol": pl.String, "date": pl.Date, "action": pl.String, "to_symbol": pl.String}


def _members(*symbols: str, until: date | None = JUNE) -> pl.DataFrame:
    return pl.DataFrame([("R2000", symbol, MARCH, until) for symbol in symbols], SPAN, orient="row")


def _held(members: pl.DataFrame, *actions: tuple[str, date, str, str | None], changes: pl.DataFrame = NO_CHANGES):  # type: ignore[no-untyped-def] # fmt: skip
    rows = follow_actions(members, pl.DataFrame(list(actions), ACTION, orient="row"), changes)
    return sorted(rows.select("symbol", "valid_from", "valid_to").rows())


def test_members_are_held_from_file_to_file_and_priced_on_both_days() -> None:
    files = [
        ComponentFile("R2000", "2024-06", JUNE),
        ComponentFile("R2000", "2024-03", MARCH),
        ComponentFile("A", "2024-01-02", MARCH),
        ComponentFile("X", "2024-07-01", JUNE),
    ]
    spans = component_spans(files)
    assert [
        (span.file.effective_review, span.valid_from, span.valid_to, span.before and span.before.effective_review)
        for span in spans
    ] == [
        ("2024-01-02", MARCH, None, None),
        ("2024-03", MARCH, date(2024, 6, 29), None),
        ("2024-06", JUNE, None, "2024-03"),
        ("2024-07-01", JUNE, None, None),
    ]
    assert [span.valid_to for span in component_spans(files[:2])] == [date(2024, 6, 29), None]


def test_what_happens_to_a_member_is_known_however_it_is_spelled() -> None:
    """By the symbol that the file of components has, and by the one that it is converted to."""
    may = date(2024, 5, 1)
    changes = pl.DataFrame([(date(2024, 6, 3), "C-D", "E")], NO_CHANGES.schema, orient="row")
    held = _held(_members("A.B"), ("AB", may, "conversion", "CD"), changes=changes)
    assert held == [("A.B", MARCH, may), ("CD", may, date(2024, 6, 3)), ("E", date(2024, 6, 3), JUNE)]


def test_a_deletion_counts_the_close_of_its_day() -> None:
    assert _held(_members("AAA"), ("AAA", date(2024, 5, 1), "delete", None)) == [("AAA", MARCH, date(2024, 5, 2))]


def test_a_conversion_ends_one_name_and_begins_another_at_the_open() -> None:
    day = date(2024, 5, 1)
    assert _held(_members("AAA"), ("AAA", day, "conversion", "NEW")) == [("AAA", MARCH, day), ("NEW", day, JUNE)]


def test_a_spin_off_adds_its_child_and_what_happens_to_it_later() -> None:
    born, gone = date(2024, 4, 1), date(2024, 5, 1)
    held = _held(_members("AAA"), ("AAA", born, "spin_off", "KID"), ("KID", gone, "delete", None))
    assert held == [("AAA", MARCH, JUNE), ("KID", born, date(2024, 5, 2))]


def test_a_new_symbol_goes_on_and_a_symbol_used_again_is_another_security() -> None:
    changes = pl.DataFrame({"date": [date(2024, 4, 1)], "old_symbol": ["AAA"], "new_symbol": ["NEW"]})
    held = _held(_members("AAA"), ("AAA", date(2024, 5, 1), "spin_off", "KID"), changes=changes)
    assert held == [("AAA", MARCH, date(2024, 4, 1)), ("NEW", date(2024, 4, 1), JUNE)]


def test_a_symbol_that_is_new_on_the_effective_day_is_expected_from_then_on() -> None:
    effective = date(2024, 3, 18)
    changes = pl.DataFrame({"date": [effective], "old_symbol": ["OLD"], "new_symbol": ["AAA"]})
    assert _held(_members("AAA", "BBB"), changes=changes) == [("AAA", effective, JUNE), ("BBB", MARCH, JUNE)]


def test_a_symbol_that_another_company_takes_later_is_held_from_the_first_day() -> None:
    changes = pl.DataFrame({"date": [date(2024, 5, 1)], "old_symbol": ["ZZZ"], "new_symbol": ["AAA"]})
    assert _held(_members("AAA"), changes=changes) == [("AAA", MARCH, JUNE)]


def test_what_happens_outside_the_span_changes_nothing() -> None:
    actions = [
        ("AAA", MARCH, "conversion", "NEW"),
        ("AAA", JUNE, "delete", None),
        ("BBB", date(2024, 5, 1), "delete", None),
    ]
    assert _held(_members("AAA"), *actions) == [("AAA", MARCH, JUNE)]
    assert _held(_members("AAA", until=None)) == [("AAA", MARCH, None)]

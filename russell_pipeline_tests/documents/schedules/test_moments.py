"""The time of day that is printed with a date is kept with it, wherever it stands and however it is put."""

from __future__ import annotations

import pytest

from russell_pipeline.documents.parse import document_rows, parse_document
from russell_pipeline.documents.schedules.words import moment_named

_EXPECTED = [
    ("rank_day", "2019-05-10", "close"),
    ("lock_down", "2019-06-17", "open"),
    ("implementation", "2019-06-28", "after_close"),
    ("effective", "2019-07-01", "open"),
]
_ENTRIES = {
    "before the date": """At the close on 10 May – rank day
From the open on 17 June – lock-down
After the close on Friday 28 June: reconstitution final
From the open on 1 July – new indexes effective
""",
    "after the date": """10 May, at the close: rank day
17 June, from the open: lock-down
28 June, after the close - reconstitution final
1 July, from market opening: new indexes effective
""",
    "in brackets": """10 May (close): rank day
17 June (from the open): lock-down
28 June (after the close): reconstitution final
1 July (at the opening): new indexes effective
""",
    "in the cell of the date": """Date\tEvent
10 May (close)\tRank day
From the open on 17 June\tLock-down
After the close on 28 June\tImplementation
From the start of trading on 1 July\tEffective
""",
    "over the label": """At the close on 10 May
Rank day
From the open on 17 June
Lock-down
After the close on 28 June
Implementation
From the open on 1 July
Effective
""",
    "in sentences": """The rank day is held at the close on 10 May. The lock-down begins as of the market open on 17 June.

The reconstitution is implemented after the end of trading on 28 June. The new indexes are effective from the open on 1 July.
""",
    "between label and date": """Rank day: at the close on 10 May
Lock-down: from the opening on 17 June
Reconstitution final: after the close on 28 June
Effective: from the start of trading on 1 July
""",
}


@pytest.mark.parametrize("entries", _ENTRIES.values(), ids=_ENTRIES)
def test_moment_is_kept_with_its_date(entries: str) -> None:
    document = parse_document(f"Reconstitution 2019 schedule\n\n{entries}".encode())
    assert document.reason is None
    rows = list(document_rows(document))
    assert [(row["event"], str(row["starts_on"]), row["moment"]) for row in rows] == _EXPECTED
    assert {row["review"] for row in rows} == {"2019-06"}


def test_moment_at_the_start_of_a_wrapped_line_begins_no_entry() -> None:
    text = "Reconstitution 2019 schedule\n\nRank day: 10 May\nLock-down: 17 June\n\nAs in all years, the reconstitution is "
    text += "final\nafter the close on 28 June. That is a Friday.\n"
    assert [row["event"] for row in document_rows(parse_document(text.encode()))] == [
        "rank_day", "lock_down", "implementation",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "moment"),
    [
        ("from the open on", "open"),
        ("as of the market open", "open"),
        ("prior to the market opening", "open"),
        ("before the opening of trading", "open"),
        ("from the start of trading", "open"),
        ("when trading begins", "open"),
        ("after the US markets close", "after_close"),
        ("after the closing of the exchange", "after_close"),
        ("after trading ends", "after_close"),
        ("following the end of trading", "after_close"),
        ("at the end of trading", "close"),
        ("at the close", "close"),
        ("open interest", None),
        ("closely watched", None),
        ("an open-ended fund", None),
    ],
)
def test_moment_named_by_words(words: str, moment: str | None) -> None:
    assert moment_named(words) == moment

"""Press releases and notices: their dates are those of the schedule in them, not those of quotations and background."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Callable, Sequence
from datetime import date
from html import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table

from russell_pipeline.documents.model import Document, Kind, Note, Role
from russell_pipeline.documents.parse import document_rows, parse_document
from russell_pipeline_tests.documents.schedules.random_schedules import as_pdf

_SAYS = "Jane Smith, managing director of research, said:"
_RELEASE = (
    "Small Index Family announces schedule for annual reconstitution",
    "(London, New York): The Small Index Family, the global index provider, today announced the 2017 schedule for the annual "
    "reconstitution of its indexes. It is designed to capture what has happened to markets in the past year.",
    _SAYS,
    "“Reconstitution is a critical time for our indexes. It lets our clients see companies as they are now, and not as they "
    "were since June 30, 2016.”",
    "Performed since the indexes were introduced in 1984, reconstitution realigns them with the market. In 2016, reconstitution "
    "moved many companies. With approximately $6.6 trillion tracking the indexes as of December 31, 2016, reconstitution is a "
    "notable event for investors. The 2017 reconstitution schedule is as follows:",
)
_ENTRIES = (
    "May 12 – “rank day” – Membership eligibility for 2017 reconstitution determined from market capitalization at market close.",
    "June 9 – preliminary add & delete lists posted to the website after 6:00 PM US eastern time.",
    "June 16 & 23 – updated add & delete lists posted to the website after 6:00 PM US eastern time.",
    "June 12 – the “lock-down” period begins. Add & delete lists are considered final.",
    "June 23 – reconstitution is final after the close of the US equity markets.",
    "June 26 – equity markets open with the newly reconstituted indexes.",
)
_AFTER = (
    "For further information:",
    "About the Small Index Family:",
    "As of December 31, 2016, about $10 trillion is benchmarked to its indexes, which are tracked in all the world.",
)
_DATES = [
    ("rank_day", "2017-05-12", "close"),
    ("preliminary_lists", "2017-06-09", None),
    ("updated_lists", "2017-06-16", None),
    ("updated_lists", "2017-06-23", None),
    ("lock_down", "2017-06-12", None),
    ("implementation", "2017-06-23", "after_close"),
    ("effective", "2017-06-26", "open"),
]


def _release(width: int, bullet: str = "• ", before: Sequence[str] = _RELEASE) -> str:
    entries = "\n".join(textwrap.fill(bullet + entry, width) for entry in _ENTRIES)
    around = [[textwrap.fill(paragraph, width) for paragraph in paragraphs] for paragraphs in (before, _AFTER)]
    return "\n\n".join([*around[0], entries, *around[1]]) + "\n"


def _rows(document: Document) -> tuple[list[tuple[object, ...]], list[Note]]:
    """The dates of an accepted document as (event, review, day, moment), and the notes on it."""
    assert document.reason is None
    found = [(row["event"], row["review"], str(row["starts_on"]), row["moment"]) for row in document_rows(document)]
    return found, document.notes


@pytest.mark.parametrize(
    ("width", "typeset"), [(60, False), (60, True), (96, False), (96, True), (120, False), (120, True), (2000, False)]
)
@pytest.mark.parametrize("bullet", ["• ", "- ", ""])
def test_press_release_states_the_dates_below_its_announcement(bullet: str, width: int, typeset: bool) -> None:
    """They are of the review that the end of a long paragraph names; days on which assets were counted are of none."""
    text = _release(width, bullet)
    found, notes = _rows(parse_document(as_pdf(text, 3) if typeset else text.encode()))
    assert found == [(event, "2017-06", day, moment) for event, day, moment in _DATES]
    counted = [note.message.partition(" says when something was counted")[0] for note in notes]
    assert counted == ["June 30, 2016", "December 31, 2016", "December 31, 2016"]
    assert {note.severity for note in notes} == {"info"}


@pytest.mark.parametrize("verb", ["said", "says", "commented", "added"])
def test_who_said_it_heads_no_section(verb: str) -> None:
    document = parse_document(_release(96, before=[p.replace("said:", f"{verb}:") for p in _RELEASE]).encode())
    assert [line.role for line in document.lines if line.text.startswith("Jane Smith")] == [Role.PROSE]
    assert {row["section"] for row in document_rows(document)} == {"timetable"}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("The lock-down begins as of June 12, 2017.", [("lock_down", "2017-06-12")]),
        ("As of June 12, 2017 the lists are locked down.", [("lock_down", "2017-06-12")]),
        ("Ranking is done from values as of May 12, 2017.", [("rank_day", "2017-05-12")]),
        ("New indexes are in force as of the open on June 26, 2017.", [("effective", "2017-06-26")]),
        ("The indexes have gained since May 31, 2016.", []),
        ("Source: the family, data as at December 31, 2016.", []),
        ("As of December 31, 2016, $8 trillion track the newly reconstituted indexes.", []),
    ],
)
def test_date_after_as_of_counts_if_it_is_of_an_event(sentence: str, expected: list[tuple[str, str]]) -> None:
    found, _ = _rows(parse_document(_release(96, before=[*_RELEASE[:-1], sentence, _RELEASE[-1]]).encode()))
    assert [(event, day) for event, _, day, _ in found[: len(found) - len(_DATES)]] == expected


def test_announcement_of_one_review_gives_no_review_to_the_next() -> None:
    text = "Reconstitution schedule\n\n" + "\n".join(
        f"The steps of our work are known, and have been for long. The {month} 2026 reconstitution is as follows:\n\n"
        f"- {days[0]} – rank day\n- {days[1]} – lock-down\n- {days[2]} – reconstitution final after the close\n"
        for month, days in {
            "June": ("April 30", "June 8", "June 26"),
            "December": ("October 30", "November 30", "December 11"),
        }.items()
    )
    assert [(event, review) for event, review, *_ in _rows(parse_document(text.encode()))[0]] == [
        (event, review) for review in ("2026-06", "2026-12") for event in ("rank_day", "lock_down", "implementation")
    ]


_NOTICE = """Subject to the completion of the acquisition of Acme Corp by Bell Inc, the following changes are announced. The
merger was announced on 10 February 2020.

Acme Corp leaves the index with effect from the open on 10 June 2020. As rank day for the 2020 reconstitution was 8 May 2020,
the preliminary lists of 5 June 2020 have Acme in them. The lock-down begins on 15 June 2020 and the reconstitution is
implemented after the close on 26 June 2020, effective from the open on 29 June 2020. Queries may be sent until 12 June 2020.
"""


@pytest.mark.parametrize(
    "title",
    ["Index notice", "Acme Corp (USA): changes in indexes", "Index notice: 2020 Russell US Index reconstitution"],
)
@pytest.mark.parametrize("typeset", [False, True])
def test_notice_is_no_schedule_because_it_names_dates(title: str, typeset: bool) -> None:
    text = f"{title}\n\n5 June 2020\n\n{_NOTICE}\nFor further information contact client services.\n"
    document = parse_document(as_pdf(text, 4) if typeset else text.encode())
    assert (document.reason or "").startswith("is a notice that names days of 7 events of a review in its sentences: ")
    assert not list(document_rows(document))


@pytest.mark.parametrize("called", ["Reconstitution schedule 2020", "Russell reconstitution: dates of 2020"])
def test_sentences_count_in_what_is_called_a_schedule(called: str) -> None:
    assert parse_document(f"{called}\n\n{_NOTICE}".encode()).kind is Kind.REVIEW_SCHEDULE


def test_dates_of_two_events_are_no_schedule() -> None:
    text = "Reconstitution schedule 2020\n\n8 May 2020: rank day\n26 June 2020: reconstitution final\n"
    assert (parse_document(text.encode()).reason or "").startswith("dates 2 events of a review: ")


# Event, day and label of each entry, with one day each.
_DATED = [
    (event, date.fromisoformat(day), entry.partition(" – ")[2])
    for (event, day, _), entry in zip((*_DATES[:3], *_DATES[4:]), _ENTRIES, strict=True)
]
_FORMS: dict[str, Callable[[date], str]] = {
    "month first": lambda day: f"{day:%B} {day.day}",
    "day first": lambda day: f"{day.day} {day:%B}",
    "weekday": lambda day: f"{day:%A}, {day:%B} {day.day}",
    "year": lambda day: f"{day:%A} {day.day} {day:%B} {day.year}",
}
_HEADLINES = (
    "Family announces schedule for annual reconstitution",
    "Family announces 2017 reconstitution schedule",
    "Family sets reconstitution timetable",
)
_BACKGROUND = (
    "With about $6.6 trillion tracking the indexes as of December 31, 2015, reconstitution is a notable event.",
    "As of June 30, 2016, assets of $12.1 trillion were benchmarked to the indexes.",
    "In 2016, reconstitution moved 100 companies.",
)
_LEADS = ("The 2017 reconstitution schedule is as follows:", "The schedule for the 2017 reconstitution is as follows:")
_PLACES = ("", "(London, New York): ", "NEW YORK, March 3, 2017 – ")


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(_HEADLINES),
    st.sampled_from(_PLACES),
    st.permutations(_BACKGROUND),
    st.sampled_from(_LEADS),
    st.booleans(),
    st.sampled_from(sorted(_FORMS)),
    st.sampled_from(["list", "paragraphs", "table"]),
    st.sampled_from([9, 10.5, 12]),
    st.sampled_from(["TOP", "MIDDLE"]),
)
def test_press_release_is_read_however_set(  # noqa: PLR0917
    headline: str, place: str, told: list[str], lead: str, joined: bool, form: str, layout: str, size: float, align: str
) -> None:
    style = ParagraphStyle("text", fontName="Times-Roman", fontSize=size, leading=1.25 * size, spaceAfter=size)
    title = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=16, leading=20)
    entries = [(_FORMS[form](day), escape(label)) for _, day, label in _DATED]
    before = [place + _RELEASE[1], *_RELEASE[2:4], *([" ".join([*told, lead])] if joined else [*told, lead])]
    story: list[Flowable] = [Paragraph(headline, title), *(Paragraph(text, style) for text in before)]
    if layout == "table":
        cells = [[Paragraph(text, style) for text in entry] for entry in entries]
        story.append(Table(cells, colWidths=[130, 320], style=[("VALIGN", (0, 0), (-1, -1), align)]))
    else:
        bullet = "• " if layout == "list" else ""
        story += [Paragraph(f"{bullet}{day} – {label}", style) for day, label in entries]
    story += [Paragraph(text, style) for text in ("– Ends –", *_AFTER)]
    out = io.BytesIO()
    SimpleDocTemplate(out).build(story)
    found, _ = _rows(parse_document(out.getvalue()))
    assert [row[:3] for row in found] == [(event, "2017-06", str(day)) for event, day, _ in _DATED]

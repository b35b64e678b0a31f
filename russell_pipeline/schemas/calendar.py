"""The calendar: sessions of the exchange, dates of reviews as published and as computed, and their contradictions."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from russell_pipeline.calendar.model import KINDS
from russell_pipeline.dates.reviews import EVENTS
from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.columns import DOCUMENT_ID, LINE, PAGE, READING_OF_ROW, READINGS
from russell_pipeline.schemas.table import TableSchema

_KEY = ("review", "event", "rule", "starts_on", "document_id", "ordinal")


class Calendar(
    TableSchema,
    group="calendar",
    sort_by=("review",),
    partition_by="review_year",
    identity=_KEY,
    version=1,
    upstream=("documents", "document_lines", "sessions"),
):
    """Dates of every review: those published, each with its wording and its place in the document, beside those of the rules."""

    review_year = column.whole(
        "Year of the review; null where the text names no review, or one outside the years of the table", nullable=True
    )
    review = column.text(
        "Review, YYYY-MM after the month of implementation", nullable=True, made_from="document_lines.text"
    )
    event = column.text(
        "Event of the review; null where the label names no known event",
        nullable=True,
        values=EVENTS,
        made_from="document_lines.text",
    )
    starts_on = column.day(
        "The date, or the first day of a span; where a rule gives it, a session",
        nullable=False,
        made_from="documents.review_year document_lines.text sessions.date",
    )
    ends_on = column.day(
        "Last date of a span, inclusive; null for a single date",
        made_from="documents.review_year document_lines.text sessions.date",
    )
    moment = column.text(
        "When on that day", nullable=True, values=("open", "close", "after_close"), made_from="document_lines.text"
    )
    basis = column.text("Printed by a document, or computed by a rule", values=("published", "rule"))
    rule = column.text(
        "Rule that gave the date, and the first review of its version, such as june_rank_day@2023-06",
        nullable=True,
    )
    policy = column.text("Name by which an index definition chooses this rule, where there are several", nullable=True)
    confidence = column.text(
        "How sure the date or its rule is: published, quoted second-hand, or inferred from published dates",
        values=("published", "second_hand", "inferred"),
    )
    preferred = column.flag(
        "Whether to go by this row: those of the latest schedule count, else those of every rule that dates the event"
    )
    says = column.text(
        "What the date is printed for, or the rule in words", nullable=True, made_from="document_lines.text"
    )
    source = column.text("Part of the document that states the date, or the source of the rule")
    stated_text = column.text("The date as printed", nullable=True, made_from="document_lines.text")
    document_id = column.text(DOCUMENT_ID, nullable=True, copied="documents.document_id")
    page = column.whole(PAGE, nullable=True, least=1, copied="document_lines.page")
    line = column.whole(LINE, nullable=True, least=1, copied="document_lines.line")
    reading = column.text(
        f"{READING_OF_ROW}; null for dates of rules",
        nullable=True,
        values=READINGS,
        made_from="document_lines.decided_by",
    )
    ordinal = column.whole(
        "Place of the date in the document, from 1", nullable=True, least=1, made_from="document_lines.text"
    )

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("ends_on").is_null() | (pl.col("ends_on") >= pl.col("starts_on"))

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        return pl.struct(_KEY).is_unique()

    @dy.rule()
    def published_by_a_document_or_computed_by_a_rule(cls) -> pl.Expr:
        published = pl.col("basis") == "published"
        place = ("stated_text", "document_id", "page", "line", "ordinal")
        return (pl.col("rule").is_null() == published) & pl.all_horizontal(
            pl.col(column).is_not_null() == published for column in place
        )


class CalendarFindings(
    TableSchema, group="calendar", sort_by=("review",), version=1, upstream=("documents", "document_lines", "sessions")
):
    """Contradictions in the calendar: within a document, between documents, between a document and the rules, between rules."""

    review = column.text(
        "Review, YYYY-MM after the month of implementation", nullable=True, made_from="document_lines.text"
    )
    event = column.text("Event of the review", nullable=True, values=EVENTS, made_from="document_lines.text")
    published = column.text(
        "What is published: ISO dates, a span as `A to B`, several joined by commas; null where nothing is",
        nullable=True,
        made_from="document_lines.text",
    )
    computed = column.text(
        "What the rules give, in the same form; null where no rule dates the event",
        nullable=True,
        made_from="sessions.date",
    )
    kind = column.text("Kind of contradiction", values=KINDS)
    explanation = column.text(
        "The contradiction in words, with both texts and their places", made_from="document_lines.text"
    )
    document_id = column.text(DOCUMENT_ID, nullable=True, copied="documents.document_id")
    page = column.whole(PAGE, nullable=True, least=1, copied="document_lines.page")
    line = column.whole(LINE, nullable=True, least=1, copied="document_lines.line")
    other_event = column.text(
        "Event that the contradicting text is about", nullable=True, values=EVENTS, made_from="document_lines.text"
    )
    other_document_id = column.text(
        "Document of the contradicting text", nullable=True, made_from="documents.document_id"
    )
    other_page = column.whole("Page of the contradicting text", nullable=True, least=1, made_from="document_lines.page")
    other_line = column.whole("Line of the contradicting text", nullable=True, least=1, made_from="document_lines.line")


class Sessions(TableSchema, group="calendar", sort_by=("date",), version=1):
    """Every calendar day: whether the New York Stock Exchange trades, why not, and the sessions before and after."""

    date = column.day("Calendar day", key=True)
    is_session = column.flag("Whether the exchange trades on that day")
    closes_early = column.flag("Whether it is a session that ends early")
    previous_session = column.day("Last session before that day; null where the table does not reach")
    next_session = column.day("First session after that day; null where the table does not reach")
    holiday = column.text("Why the exchange is closed on a weekday", nullable=True)

    @dy.rule()
    def no_session_on_a_holiday(cls) -> pl.Expr:
        return ~pl.col("is_session") | pl.col("holiday").is_null()

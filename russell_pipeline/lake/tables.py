"""One declaration per table: columns, types, key, checks and descriptions. Everything that knows a table learns it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import dataframely as dy
import polars as pl

from russell_pipeline.calendar.model import EVENTS, KINDS

UNDATED = "undated"


def _one_of(*values: str) -> dict[str, object]:
    return {"check": {"known_value": lambda column: column.is_in(list(values))}, "metadata": {"values": values}}


def _text(description: str, *, key: bool = False, nullable: bool = False, values: Iterable[str] = ()) -> dy.String:
    extra = _one_of(*values) if values else {}
    return dy.String(description=description, primary_key=key, nullable=nullable, **extra)  # type: ignore[arg-type]


def _whole(description: str, *, key: bool = False, nullable: bool = False, least: int | None = None) -> dy.Int32:
    return dy.Int32(description=description, primary_key=key, nullable=nullable, min=least)


def _day(description: str, *, key: bool = False, nullable: bool = True) -> dy.Date:
    return dy.Date(description=description, primary_key=key, nullable=nullable and not key)


_DOCUMENT_ID = "SHA-256 of the document's bytes, in hexadecimal"
_PAGE = "Page of the document, from 1"
_LINE = "Visual line of the page, from 1; in a text file the line of the file"
_INDEX_CODE = (
    "Code of the index, such as R3000; an unknown index stands as a slug of its title; null where nothing names it"
)


class Documents(dy.Schema):
    """Every document that was read: what it is, what it says of itself, and whether it was accepted."""

    document_id = _text(_DOCUMENT_ID, key=True)
    file_name = _text("Name of the file in landing/documents when it was first read")
    kind = _text(
        "What the document is, recognised from its content",
        values=("membership_list", "membership_changes", "review_schedule", "ground_rules", "unknown"),
    )
    index_code = _text(_INDEX_CODE, nullable=True)
    change = _text("What a list of changes lists", nullable=True, values=("addition", "deletion"))
    status = _text(
        "Version of a list; null where neither text nor sidecar says",
        nullable=True,
        values=("preliminary", "updated", "final"),
    )
    review = _text("Review that a list of changes belongs to, YYYY-MM", nullable=True)
    review_year = _whole("Year of the review", nullable=True)
    as_of = _day("Date that the document itself gives for its content")
    published_on = _day("Date of publication, where the document or its sidecar gives it")
    taxonomy = _text("Taxonomy of the classifications in a list", nullable=True, values=("RGS", "ICB"))
    pages = _whole("Pages; a text file has one more than it has form feeds", least=0)
    rows_parsed = _whole("Rows of a list, stated dates of a schedule, clauses of ground rules", least=0)
    lines_total = _whole("Lines on all pages", least=0)
    lines_rejected = _whole("Lines that nobody could place; a list with any is quarantined whole", least=0)
    text_engine = _text("What read the pages: text, pdfium, pdfplumber, or more than one", nullable=True)
    state = _text("Whether the document's rows are in the tables", values=("accepted", "quarantined"))
    reason = _text("Why the document was quarantined", nullable=True)
    facts = dy.List(
        dy.Struct(
            {
                "name": dy.String(),
                "value": dy.String(),
                "origin": dy.String(),
                "page": dy.Int32(nullable=True),
                "line": dy.Int32(nullable=True),
            }
        ),
        description="What the document says of itself, and where: title, footer, pdf_title, copyright, rows or sidecar",
    )
    notes = dy.List(
        dy.Struct(
            {
                "severity": dy.String(),
                "message": dy.String(),
                "page": dy.Int32(nullable=True),
                "line": dy.Int32(nullable=True),
            }
        ),
        description="What was noticed while reading; each becomes a finding",
    )
    sidecar_sha256 = _text("SHA-256 of the sidecar's bytes that held when the document was read", nullable=True)
    parser_version = _whole("Version of the reader; documents are read again when it rises", least=1)

    @dy.rule()
    def quarantined_with_reason(cls) -> pl.Expr:
        return (pl.col("state") == "quarantined") == pl.col("reason").is_not_null()


class DocumentLines(dy.Schema):
    """Every line of every accepted document, with its text as printed and the one role that it has."""

    document_id = _text(_DOCUMENT_ID, key=True)
    page = _whole(_PAGE, key=True, least=1)
    line = _whole(_LINE, key=True, least=1)
    text = _text("The line as printed, words of a PDF parted by one space")
    role = _text(
        "The one thing that the line is",
        values=("row", "header", "title", "footer", "legal", "blank", "prose", "rejected"),
    )
    cells = dy.List(
        dy.String(nullable=True),
        nullable=True,
        description="What the columns of the page hold on this line, left to right, null where a column is empty; "
        "on the header of a list, what each is for",
    )


class MembershipLists(dy.Schema):
    """Membership as published: one row for each company on each membership list."""

    review_year = _whole("Year of the review that the list belongs to", nullable=True)
    index_code = _text(_INDEX_CODE, nullable=True)
    as_of = _day("Date that the list gives for itself")
    company_name = _text(
        "Name as printed, without a trailing class marker, runs of spaces as one; cut by the publisher, never a key"
    )
    class_marker = _text("Letter of a trailing (A), else null", nullable=True)
    symbol = _text("Symbol as printed")
    document_id = _text(_DOCUMENT_ID, key=True)
    page = _whole(_PAGE, least=1)
    line = _whole(_LINE, least=1)
    ordinal = _whole("Place of the row in the document, from 1: left column down, then the next", key=True, least=1)


class MembershipChanges(dy.Schema):
    """Additions and deletions as published: one row for each company on each list, versions side by side."""

    index_code = _text(_INDEX_CODE, nullable=True)
    review = _text("Review, YYYY-MM after the month of implementation", nullable=True)
    review_year = _whole("Year of the review", nullable=True)
    change = _text("What happens to the company", values=("addition", "deletion"))
    company_name = _text(
        "Name as printed, without a trailing class marker, runs of spaces as one; cut by the publisher, never a key"
    )
    class_marker = _text("Letter of a trailing (A), else null", nullable=True)
    symbol = _text("Symbol as printed")
    taxonomy = _text(
        "Taxonomy of the classification: RGS to 18 September 2020, ICB since", nullable=True, values=("RGS", "ICB")
    )
    classification = _text(
        "Sector (RGS) or industry (ICB) as printed; a string may be in both taxonomies", nullable=True
    )
    status = _text("Version of the list", nullable=True, values=("preliminary", "updated", "final"))
    known_on = _day("Date of publication: as the list or its sidecar gives it, else the calendar's for its status")
    effective_on = _day(
        "First session at whose open the change holds: that of its review, published rather than computed, unless a rule on "
        "suspended securities shifts it; null while that is not known"
    )
    dated_by = _text("The rule on suspended securities that decided on the day", nullable=True)
    dated_because = _text("What that rule says of this change", nullable=True)
    document_id = _text(_DOCUMENT_ID, key=True)
    page = _whole(_PAGE, least=1)
    line = _whole(_LINE, least=1)
    ordinal = _whole("Place of the row in the document, from 1", key=True, least=1)


_CALENDAR_KEY = ("review", "event", "rule", "starts_on", "document_id", "ordinal")


class Calendar(dy.Schema):
    """Dates of every review: as published, each with the words and the place that say so, beside those of the rules."""

    review_year = _whole("Year of the review; null where the text names no review, or one out of reach", nullable=True)
    review = _text("Review, YYYY-MM after the month of implementation", nullable=True)
    event = _text("Event of the review; null where the label names none that is known", nullable=True, values=EVENTS)
    starts_on = _day("The date, or the first of a span; by rule a session", nullable=False)
    ends_on = _day("Last date of a span, inclusive; null for a single date")
    moment = _text("When on that day", nullable=True, values=("open", "close", "after_close"))
    basis = _text("Printed by a document, or computed by a rule", values=("published", "rule"))
    rule = _text(
        "Rule and the first review of the version of it that gave the date, such as june_rank_day@2023-06",
        nullable=True,
    )
    policy = _text("What an index definition calls the rule, where it chooses between several", nullable=True)
    confidence = _text(
        "How sure the date or its rule is: published, quoted second-hand, or inferred from published dates",
        values=("published", "second_hand", "inferred"),
    )
    preferred = dy.Bool(
        description="Whether to go by this row: the last document's schedule, else every rule that dates the event"
    )
    says = _text("What the date is printed for, or the rule in words", nullable=True)
    source = _text("Part of the document that speaks, or the source of the rule")
    stated_text = _text("The date as printed", nullable=True)
    document_id = _text(_DOCUMENT_ID, nullable=True)
    page = _whole(_PAGE, nullable=True, least=1)
    line = _whole(_LINE, nullable=True, least=1)
    ordinal = _whole("Place of the date in the document, from 1", nullable=True, least=1)

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("ends_on").is_null() | (pl.col("ends_on") >= pl.col("starts_on"))

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        return pl.struct(_CALENDAR_KEY).is_unique()

    @dy.rule()
    def published_by_a_document_or_computed_by_a_rule(cls) -> pl.Expr:
        published = pl.col("basis") == "published"
        place = ("stated_text", "document_id", "page", "line", "ordinal")
        return (pl.col("rule").is_null() == published) & pl.all_horizontal(
            pl.col(column).is_not_null() == published for column in place
        )


class CalendarFindings(dy.Schema):
    """What contradicts what in the calendar: a document itself, the rules, another document, or a rule another rule."""

    review = _text("Review, YYYY-MM after the month of implementation", nullable=True)
    event = _text("Event of the review", nullable=True, values=EVENTS)
    published = _text(
        "What is published: ISO dates, a span as `A to B`, several joined by commas; null where nothing is",
        nullable=True,
    )
    computed = _text("What the rules give, written alike; null where none dates it", nullable=True)
    kind = _text("Which contradiction it is", values=KINDS)
    explanation = _text("The contradiction in words, with both texts and their places")
    document_id = _text(_DOCUMENT_ID, nullable=True)
    page = _whole(_PAGE, nullable=True, least=1)
    line = _whole(_LINE, nullable=True, least=1)
    other_event = _text("Event that the contradicting text is about", nullable=True, values=EVENTS)
    other_document_id = _text("Document of the contradicting text", nullable=True)
    other_page = _whole("Page of the contradicting text", nullable=True, least=1)
    other_line = _whole("Line of the contradicting text", nullable=True, least=1)


class Sessions(dy.Schema):
    """Every calendar day: whether the New York Stock Exchange trades, why not, and the sessions before and after."""

    date = _day("Calendar day", key=True)
    is_session = dy.Bool(description="Whether the exchange trades on that day")
    closes_early = dy.Bool(description="Whether it is a session that ends early")
    previous_session = _day("Last session before that day; null where the table does not reach")
    next_session = _day("First session after that day; null where the table does not reach")
    holiday = _text("Why the exchange is closed on a weekday", nullable=True)

    @dy.rule()
    def no_session_on_a_holiday(cls) -> pl.Expr:
        return ~pl.col("is_session") | pl.col("holiday").is_null()


class Securities(dy.Schema):
    """Every security that any list or changes name, by an id that follows from the documents."""

    security_id = _text(
        "First symbol of the security, without separators; with the year in which it is first seen where another had that "
        "symbol before",
        key=True,
    )
    symbol = _text("The last symbol that it is known by")
    company_name = _text("Name as last printed; published names are cut and drift, so it is evidence and no key")
    class_marker = _text("Class letter as last printed", nullable=True)
    names = dy.List(dy.String(), description="Every name that it was printed under, sorted")
    first_seen_on = _day("Day of the first list or changes that name it", nullable=False)
    last_seen_on = _day("Day of the last list or changes that name it", nullable=False)
    documents = _whole("How many documents name it", least=1)


class Symbols(dy.Schema):
    """Which security a symbol stood for when: half-open spans that never overlap for one symbol."""

    symbol = _text("Symbol as the index provider spells it")
    symbol_key = _text("The symbol without separators, alike for BRK.B, BRKB and BRK-B", key=True)
    security_id = _text("The security")
    valid_from = _day("First day on which a document, or a change of symbol, has it", key=True)
    valid_to = _day("Day on which the security changed its symbol, or another first had this one; null while it holds")

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("valid_from"))


class _Spans(dy.Schema):
    valid_from = _day("First session on which it holds", key=True)
    valid_to = _day("Session from which it holds no longer; null while no later document is known")
    known_from = _day("Day from which this was the best knowledge: that of the last publication it rests on", key=True)
    known_to = _day("Day on which later publications ended it; null for what is known now")

    @dy.rule()
    def spans_are_not_empty(cls) -> pl.Expr:
        valid = pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from"))
        return valid & (pl.col("known_to").is_null() | (pl.col("known_to") > pl.col("known_from")))


class MembershipStates(_Spans):
    """What was known of each index over a span of time and a span of knowledge, and what that rests on."""

    index_code = _text("Code of the index", key=True)
    basis = _text(
        "A list as published, a list with changes that acted on it, or the difference of two indexes",
        values=("list", "list_and_changes", "difference"),
    )
    members = _whole("How many members", least=0)
    reconstitution = _text("Last reconstitution that it reflects, YYYY-MM", nullable=True)
    behind_from = _day("Day on which the next reconstitution takes effect: from then on it is no longer up to date")
    document_id = _text("The list; of a difference, that of the index which others are taken from")
    change_document_ids = dy.List(dy.String(), description="The changes that acted on the list since")
    minuend_on = _day("Of a difference: the day of the state which members are taken from")
    subtrahend_on = _day("Of a difference: the day of the state whose members are taken out")
    members_sha256 = _text("Hash over the members and their rows")


class Constituents(_Spans):
    """Who was in each index when, as known when: each row is one member over one span of time and one of knowledge."""

    review_year = _whole("Year in which the state begins that the row is of", nullable=True)
    index_code = _text("Code of the index", key=True)
    security_id = _text("The security", key=True)
    symbol = _text("Symbol that it traded under")
    company_name = _text("Name as printed in the document")
    class_marker = _text("Class letter as printed", nullable=True)
    document_id = _text(
        "The document that says so: the list, or the addition; of a derived index, that of the index taken from"
    )
    page = _whole(_PAGE, least=1)
    line = _whole(_LINE, least=1)


class MembershipFindings(dy.Schema):
    """Lists, changes and versions of them that do not fit together, and symbols that a person should decide on."""

    severity = _text("info: worth knowing; warning: look at it; error: left out", values=("info", "warning", "error"))
    subject = _text("An index with a review or day, or a symbol")
    message = _text("The finding in a sentence")
    document_id = _text(_DOCUMENT_ID, nullable=True)
    page = _whole(_PAGE, nullable=True)
    line = _whole(_LINE, nullable=True)


class RulebookClauses(dy.Schema):
    """Clauses of ground rules, each with the hash of its text, so that a definition can pin what it implements."""

    document_id = _text(_DOCUMENT_ID, key=True)
    clause = _text("Number of the clause, such as 5.2", key=True)
    title = _text("Heading of the clause, where it has one", nullable=True)
    text_sha256 = _text("SHA-256 of the clause's text with runs of white space as one space")
    page = _whole(_PAGE, least=1)
    line = _whole(_LINE, least=1)


class Findings(dy.Schema):
    """What a person should look at, with the place that it is about."""

    area = _text(
        "Part of the pipeline that found it",
        values=("documents", "calendar", "membership", "market", "index", "operations"),
    )
    severity = _text(
        "info: worth knowing; warning: look at it; error: something was kept out of the tables",
        values=("info", "warning", "error"),
    )
    subject = _text("What it is about: a file, a symbol, a review, an index")
    message = _text("The finding in a sentence")
    document_id = _text(_DOCUMENT_ID, nullable=True)
    page = _whole(_PAGE, nullable=True)
    line = _whole(_LINE, nullable=True)
    found_on = _day("Day on which it was first found", nullable=False)


@dataclass(frozen=True)
class Table:
    """A table: its name in the catalog, its declaration, its group in the graph, and how its files are laid out.

    `partition_by` names the column by whose value files are parted (`name=value/` directories); None is one file. Rows stand
    in the order of `sort_by`, so that the same rows are the same bytes; those that it leaves equal stay as they come. `identity`
    names the columns that no two rows may agree in where, some being null, they are no primary key.
    """

    name: str
    schema: type[dy.Schema]
    group: str
    sort_by: tuple[str, ...]
    partition_by: str | None = None
    identity: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that no two rows agree in; empty where rows have no identity."""
        return tuple(self.schema.primary_key()) or self.identity

    @cached_property
    def description(self) -> str:
        return (self.schema.__doc__ or "").strip()

    @cached_property
    def empty(self) -> pl.DataFrame:
        return self.schema.create_empty()

    @cached_property
    def descriptions(self) -> dict[str, str]:
        return {name: column.description or "" for name, column in self.schema.columns().items()}


TABLES = {
    table.name: table
    for table in (
        Table("documents", Documents, "documents", ("document_id",), "document_id"),
        Table("document_lines", DocumentLines, "documents", ("document_id", "page", "line"), "document_id"),
        Table(
            "membership_lists",
            MembershipLists,
            "documents",
            ("index_code", "as_of", "document_id", "ordinal"),
            "review_year",
        ),
        Table(
            "membership_changes",
            MembershipChanges,
            "documents",
            ("index_code", "review", "change", "document_id", "ordinal"),
            "review_year",
        ),
        Table(
            "rulebook_clauses", RulebookClauses, "documents", ("document_id", "page", "line", "clause"), "document_id"
        ),
        # A review's rows stand in the order in which its events run, which is not that of their names.
        Table(
            "calendar",
            Calendar,
            "calendar",
            ("review",),
            "review_year",
            _CALENDAR_KEY,
        ),
        Table("calendar_findings", CalendarFindings, "calendar", ("review",)),
        Table("sessions", Sessions, "calendar", ("date",)),
        Table("securities", Securities, "membership", ("security_id",)),
        Table("symbols", Symbols, "membership", ("symbol_key", "valid_from")),
        Table("membership_states", MembershipStates, "membership", ("index_code", "valid_from", "known_from")),
        Table(
            "constituents",
            Constituents,
            "membership",
            ("index_code", "valid_from", "known_from", "symbol", "security_id"),
            "review_year",
        ),
        Table("membership_findings", MembershipFindings, "membership", ("severity", "subject", "message")),
        Table(
            "findings", Findings, "findings", ("area", "severity", "subject", "message", "document_id", "page", "line")
        ),
    )
}

"""One declaration per table: columns, types, key, checks and descriptions. All other code learns of a table from here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import dataframely as dy
import polars as pl

from russell_pipeline.calendar.model import EVENTS, KINDS
from russell_pipeline.supplied.identifiers import IDENTIFIERS
from russell_pipeline.supplied.kinds import KINDS as SUPPLIED
from russell_pipeline.supplied.model import TABLE_KINDS, Blocks, Provided

UNDATED = "undated"
_SECURITY_IN_CATALOG = (
    "The security that has the symbol on that day, as in weights; in the catalog alone, not in the files"
)


def _text(description: str, *, key: bool = False, nullable: bool = False, values: Collection[str] = ()) -> dy.String:
    return dy.String(
        description=description,
        primary_key=key,
        nullable=nullable,
        check={"known_value": lambda column: column.is_in(list(values))} if values else None,
        metadata={"values": tuple(values)} if values else None,
    )


def _whole(description: str, *, key: bool = False, nullable: bool = False, least: int | None = None) -> dy.Int32:
    return dy.Int32(description=description, primary_key=key, nullable=nullable, min=least)


def _number(description: str, *, nullable: bool = False) -> dy.Float64:
    return dy.Float64(description=description, nullable=nullable)


def _displayed(description: str) -> dy.Decimal:
    return dy.Decimal(24, 8, description=description)


def _flag(description: str, *, nullable: bool = False) -> dy.Bool:
    return dy.Bool(description=description, nullable=nullable)


def _day(description: str, *, key: bool = False, nullable: bool = True) -> dy.Date:
    return dy.Date(description=description, primary_key=key, nullable=nullable and not key)


def _moment(description: str, *, key: bool = False, nullable: bool = False) -> dy.Datetime:
    return dy.Datetime(description=f"{description}, UTC", primary_key=key, nullable=nullable and not key)


_DOCUMENT_ID = "SHA-256 of the document's bytes, in hexadecimal"
_PAGE = "Page of the document, from 1"
_LINE = "Visual line of the page, from 1; in a text file the line of the file"
_INDEX_CODE = "Code of the index, such as R3000; for an unknown index a slug of its title; null where nothing names it"
_SIMULATED = "Whether any market data behind it is simulated"
_SOURCE_ID = "First digits of the SHA-256 of the address without its credentials"
_ADDRESS = "Address without credentials and query values"
_FETCHED_AS = "File in landing/documents that holds it"


class Sources(dy.Schema):
    """Every address of landing/sources.yaml that was asked: the outcome, and the current version of its document."""

    source_id = _text(_SOURCE_ID, key=True)
    address = _text(_ADDRESS)
    state = _text("Outcome of the last request", values=("fetched", "failed"))
    reason = _text("Why the request failed; the version before stays", nullable=True)
    document_id = _text(_DOCUMENT_ID, nullable=True)
    file_name = _text(_FETCHED_AS, nullable=True)
    bytes = dy.Int64(description="Length of the document", nullable=True, min=1)
    etag = _text("ETag that the server gave with these bytes", nullable=True)
    last_modified = _text("Last-Modified that the server gave with these bytes", nullable=True)
    fetched_at = _moment("When these bytes were first fetched", nullable=True)

    @dy.rule()
    def failed_with_reason(cls) -> pl.Expr:
        return (pl.col("state") == "failed") == pl.col("reason").is_not_null()

    @dy.rule()
    def fetched_a_document(cls) -> pl.Expr:
        return (pl.col("state") == "failed") | pl.col("document_id").is_not_null()


class FetchedDocuments(dy.Schema):
    """Every version of a document that was ever fetched from an address, with the time; none is removed."""

    source_id = _text(_SOURCE_ID, key=True)
    address = _text(_ADDRESS)
    document_id = _text(_DOCUMENT_ID)
    file_name = _text(_FETCHED_AS)
    bytes = dy.Int64(description="Length of the document", min=1)
    fetched_at = _moment("When these bytes were first fetched", key=True)


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
    pages = _whole("Pages; in a text file, one more than there are form feeds", least=0)
    rows_parsed = _whole("Rows of a list, stated dates of a schedule, clauses of ground rules", least=0)
    lines_total = _whole("Lines on all pages", least=0)
    lines_rejected = _whole("Lines that could not be placed; a list with any is quarantined as a whole", least=0)
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
        description="What the document says about itself, and where: title, footer, pdf_title, copyright, rows or sidecar",
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
    sidecar_sha256 = _text("SHA-256 of the sidecar with which the document was read", nullable=True)
    parser_version = _whole(
        "Version of the reader; when it rises, documents are read again. Null where the reader failed: the next run retries",
        nullable=True,
        least=1,
    )

    @dy.rule()
    def quarantined_with_reason(cls) -> pl.Expr:
        return (pl.col("state") == "quarantined") == pl.col("reason").is_not_null()


class DocumentLines(dy.Schema):
    """Every line of every accepted document, with its text as printed and its one role."""

    document_id = _text(_DOCUMENT_ID, key=True)
    page = _whole(_PAGE, key=True, least=1)
    line = _whole(_LINE, key=True, least=1)
    text = _text("The line as printed; in a PDF, with one space between words")
    role = _text(
        "What the line is; each has one role",
        values=("row", "header", "title", "footer", "legal", "blank", "prose", "rejected"),
    )
    cells = dy.List(
        dy.String(nullable=True),
        nullable=True,
        description="Cells of this line in the columns of the page, left to right, null where a column is empty; "
        "on the header of a list, what each column is for",
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
        "Taxonomy of the classification: RGS until 18 September 2020, ICB since then",
        nullable=True,
        values=("RGS", "ICB"),
    )
    classification = _text(
        "Sector (RGS) or industry (ICB) as printed; the same string may be in both taxonomies", nullable=True
    )
    status = _text("Version of the list", nullable=True, values=("preliminary", "updated", "final"))
    known_on = _day(
        "Date of publication: from the list or its sidecar, else the calendar's date for lists of its status"
    )
    effective_on = _day(
        "First session at whose open the change holds: that of its review (a published date goes before a computed one), unless "
        "a rule on suspended securities shifts it; null while it is not known"
    )
    dated_by = _text("Rule on suspended securities that gave the effective day", nullable=True)
    dated_because = _text("What that rule says about this change", nullable=True)
    document_id = _text(_DOCUMENT_ID, key=True)
    page = _whole(_PAGE, least=1)
    line = _whole(_LINE, least=1)
    ordinal = _whole("Place of the row in the document, from 1", key=True, least=1)


_CALENDAR_KEY = ("review", "event", "rule", "starts_on", "document_id", "ordinal")


class Calendar(dy.Schema):
    """Dates of every review: those published, each with its wording and its place in the document, beside those of the rules."""

    review_year = _whole(
        "Year of the review; null where the text names no review, or one outside the years of the table", nullable=True
    )
    review = _text("Review, YYYY-MM after the month of implementation", nullable=True)
    event = _text("Event of the review; null where the label names no known event", nullable=True, values=EVENTS)
    starts_on = _day("The date, or the first day of a span; where a rule gives it, a session", nullable=False)
    ends_on = _day("Last date of a span, inclusive; null for a single date")
    moment = _text("When on that day", nullable=True, values=("open", "close", "after_close"))
    basis = _text("Printed by a document, or computed by a rule", values=("published", "rule"))
    rule = _text(
        "Rule that gave the date, and the first review of its version, such as june_rank_day@2023-06",
        nullable=True,
    )
    policy = _text("Name by which an index definition chooses this rule, where there are several", nullable=True)
    confidence = _text(
        "How sure the date or its rule is: published, quoted second-hand, or inferred from published dates",
        values=("published", "second_hand", "inferred"),
    )
    preferred = _flag(
        "Whether to go by this row: those of the latest schedule count, else those of every rule that dates the event"
    )
    says = _text("What the date is printed for, or the rule in words", nullable=True)
    source = _text("Part of the document that states the date, or the source of the rule")
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
    """Contradictions in the calendar: within a document, between documents, between a document and the rules, between rules."""

    review = _text("Review, YYYY-MM after the month of implementation", nullable=True)
    event = _text("Event of the review", nullable=True, values=EVENTS)
    published = _text(
        "What is published: ISO dates, a span as `A to B`, several joined by commas; null where nothing is",
        nullable=True,
    )
    computed = _text("What the rules give, in the same form; null where no rule dates the event", nullable=True)
    kind = _text("Kind of contradiction", values=KINDS)
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
    is_session = _flag("Whether the exchange trades on that day")
    closes_early = _flag("Whether it is a session that ends early")
    previous_session = _day("Last session before that day; null where the table does not reach")
    next_session = _day("First session after that day; null where the table does not reach")
    holiday = _text("Why the exchange is closed on a weekday", nullable=True)

    @dy.rule()
    def no_session_on_a_holiday(cls) -> pl.Expr:
        return ~pl.col("is_session") | pl.col("holiday").is_null()


class Securities(dy.Schema):
    """Every security named by a list, by changes or by components that are not simulated, under an id that follows from these."""

    security_id = _text(
        "First symbol of the security, without separators; if another security had that symbol before, with the year in which "
        "this one is first seen",
        key=True,
    )
    symbol = _text("Last symbol that it is known by")
    company_name = _text(
        "Name as last printed; published names are cut and drift, so it is evidence, not a key. Null where only files without "
        "names have the security",
        nullable=True,
    )
    class_marker = _text("Class letter as last printed", nullable=True)
    names = dy.List(dy.String(), description="Every name that it was printed under, sorted")
    first_seen_on = _day("Day of the first list or changes that name it", nullable=False)
    last_seen_on = _day("Day of the last list or changes that name it", nullable=False)
    documents = _whole("How many documents name it; 0 where only components do", least=0)
    cusip = _text("CUSIP as it is now, by security_identifiers", nullable=True)
    isin = _text("ISIN as it is now", nullable=True)
    figi = _text("FIGI as it is now", nullable=True)
    permno = _text("PERMNO as it is now", nullable=True)


class SecurityIdentifiers(dy.Schema):
    """The identifiers of securities by the files that print them, each over the half-open span in which it holds."""

    security_id = _text("The security", key=True)
    kind = _text("Kind of identifier", key=True, values=IDENTIFIERS)
    value = _text("The identifier, in capitals; its check digit is right")
    valid_from = _day("First day for which a file has it", key=True)
    valid_to = _day("First day for which a file has another, or has it for another security; null while it holds")
    file = _text("File that has it on that day, below landing/")
    row = dy.Int64(description="Line of the file", min=2)


class Symbols(dy.Schema):
    """Which security a symbol stood for when: half-open spans that never overlap for one symbol."""

    symbol = _text("Symbol as the index provider spells it")
    symbol_key = _text("The symbol without separators, the same for BRK.B, BRKB and BRK-B", key=True)
    security_id = _text("The security")
    valid_from = _day("First day on which a document, a file of components or a change of symbol has it", key=True)
    valid_to = _day("Day on which the security changed its symbol, or another first had this one; null while it holds")

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("valid_from"))


class SecurityRows(dy.Schema):
    """The security of each row of a membership list or a list of changes."""

    document_id = _text(_DOCUMENT_ID, key=True)
    ordinal = _whole("Place of the row in the document, from 1", key=True, least=1)
    security_id = _text("The security")


class RenameCandidates(dy.Schema):
    """Pairs of rows that may be of one company, under another name or symbol, with the evidence and what was decided."""

    key = _text("OLD>NEW@DAY, by which an override with the subject `rename` decides it", key=True)
    old_symbol = _text("Symbol of the former row")
    new_symbol = _text("Symbol of the latter row")
    old_company_name = _text("Name of the former row")
    new_company_name = _text("Name of the latter row")
    old_list = _text("Index and day of the former row")
    new_list = _text("Index and day of the latter row")
    likeness = _number("How alike the names are, 0 to 100, without legal forms and cut to the length of the shorter")
    evidence = dy.List(
        dy.String(),
        description="What speaks for one company: the same symbol, the same or an alike name, that one leaves a list of an index "
        "on the day on which the other joins the next, and that the rows above and below are the same",
    )
    taken_as = _text("Whether both rows count as one security now", values=("same", "other"))
    decision = _text("What a person decided; null while it is open", nullable=True, values=("same", "other"))
    reason = _text("Reason of the decision", nullable=True)
    old_security_id = _text("Security of the former row")
    new_security_id = _text("Security of the latter row")
    old_document_id = _text("Document of the former row")
    old_page = _whole(_PAGE, nullable=True, least=1)
    old_line = _whole(_LINE, nullable=True, least=1)
    document_id = _text("Document of the latter row")
    page = _whole(_PAGE, nullable=True, least=1)
    line = _whole(_LINE, nullable=True, least=1)


class _Spans(dy.Schema):
    valid_from = _day("First session on which it holds", key=True)
    valid_to = _day("Session from which it holds no longer; null while no later document is known")
    known_from = _day(
        "Day from which this row, with its valid_to, was the best knowledge: that of the last publication that it follows from",
        key=True,
    )
    known_to = _day("Day on which a later publication superseded it; null for what is known now")

    @dy.rule()
    def spans_are_not_empty(cls) -> pl.Expr:
        valid = pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from"))
        return valid & (pl.col("known_to").is_null() | (pl.col("known_to") > pl.col("known_from")))


class MembershipStates(_Spans):
    """Which list and changes the membership of each index rests on, over a span of days and a span of knowledge."""

    index_code = _text("Code of the index", key=True)
    basis = _text(
        "A list as published, a list with later changes applied, or the difference of two indexes",
        values=("list", "list_and_changes", "difference"),
    )
    published_on = _day(
        "Day on which the last document it rests on was published. If that is before known_from, the members were known since "
        "then, and known_from is the day from which valid_to is known",
        nullable=False,
    )
    members = _whole("How many members", least=0)
    reconstitution = _text("Last reconstitution that it reflects, YYYY-MM", nullable=True)
    behind_from = _day("Day on which the next reconstitution takes effect: from then on this state is out of date")
    document_id = _text("The list; for a difference, A less B, the list of A")
    change_document_ids = dy.List(dy.String(), description="The changes applied to the list since")
    minuend_on = _day("For a difference, A less B: day of the state of A")
    subtrahend_on = _day("For a difference, A less B: day of the state of B")
    members_sha256 = _text("Hash over the members and their rows")


class Constituents(_Spans):
    """Who was in each index when, as known when: each row is one member over one span of time and one of knowledge."""

    review_year = _whole("Year in which the state of this row begins", nullable=True)
    index_code = _text("Code of the index", key=True)
    security_id = _text("The security", key=True)
    symbol = _text("Symbol that it traded under")
    company_name = _text("Name as printed in the document")
    class_marker = _text("Class letter as printed", nullable=True)
    basis = _text(
        "A list of the index with the changes since, or the difference of two indexes", values=("list", "derived")
    )
    published_on = _day(
        "Day on which the last document it rests on was published. If that is before known_from, the members were known since "
        "then, and known_from is the day from which valid_to is known",
        nullable=False,
    )
    document_id = _text(
        "Document that names the member: the list or the addition; for a difference, A less B, that of A"
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


class LandingFiles(dy.Schema):
    """Every landing file of the market: what was last read from it, and which partitions it feeds."""

    path = _text("Path of the file below landing/", key=True)
    kind = _text("Kind of file; null for a file that is not read", nullable=True, values=TABLE_KINDS)
    file = _text("Name of the file in rows, findings and overrides")
    sha256 = _text("SHA-256 of its bytes, in hexadecimal; null where it cannot be opened", nullable=True)
    state = _text(
        "Whether its rows are in the tables; of a damaged file these and, where it has none, rows of its last good version",
        values=("accepted", "damaged", "refused", "unread"),
    )
    reason = _text(
        "Why it was refused or is damaged; what it no longer gives of its last good version stays", nullable=True
    )
    rows = _whole("Rows that pass every rule", least=0)
    rejected = _whole("Rows set aside", least=0)
    known_on = _day("Day on which these bytes were first seen", nullable=False)
    simulated = _flag("Whether the file says that its market is simulated")
    parts = dy.List(
        dy.Struct({"key": dy.String(), "rows": dy.Int32(), "sha256": dy.String()}),
        description="Partitions with rows of the file, also those that stay, each with the number and the hash of these rows",
    )
    notes = dy.List(
        dy.Struct({"severity": dy.String(), "message": dy.String(), "line": dy.Int32(nullable=True)}),
        description="What was noticed while reading; each becomes a finding",
    )
    reader_version = _whole("Version of the reader; files are read again when it rises", least=1)
    found_columns = dy.List(
        dy.String(), nullable=True, description="Columns of its kind that it has, with those of rows that stay"
    )
    kept = _whole("Rows of its last good version that stay because the present one is damaged", nullable=True, least=0)
    kept_from = _day("First day of these rows")
    kept_to = _day("Last day of these rows")
    kept_subjects = dy.List(dy.String(), nullable=True, description="Symbols or currencies of these rows")
    accepted = _text(
        "SHA-256 of the version that may take rows along, as an edit or by `russell run --accept`", nullable=True
    )

    @dy.rule()
    def damaged_with_reason(cls) -> pl.Expr:
        return pl.col("state").is_in(["refused", "damaged"]) == pl.col("reason").is_not_null()


class _Simulated(dy.Schema):
    simulated = _flag("Whether the file says that its market is simulated")


class _Landed(_Simulated, Provided):
    pass


def _landed(name: str, parted_by: Mapping[str, dy.Column], key: Collection[str] = ()) -> type[dy.Schema]:
    """The declaration of a table with the columns of a kind of supplied file, the day first."""
    kind = SUPPLIED[name]
    columns = {column: copy(kind.schema.columns()[column]) for column in kind.columns}
    for column in key:
        columns[column].primary_key = True
    day = {kind.day: columns[kind.day]} if kind.day else {}
    return type(name, (_Landed,), {"__doc__": kind.schema.__doc__, **parted_by, **day, **columns})


Closes = _landed("closes", {"month": _text("Month, YYYY-MM")}, key=("date", "symbol"))
Fx = _landed("fx", {"month": _text("Month, YYYY-MM")}, key=("date", "currency", "quote"))
Actions = _landed("actions", {"month": _text("Month, YYYY-MM")})
Components = _landed(
    "components",
    {
        "year": _whole("Year of the review or day"),
        "index_code": _text("Code of the component index", key=True),
        "held": _text("Review, YYYY-MM, or day, YYYY-MM-DD, after which it is held", key=True),
    },
    key=("symbol",),
)
Suspensions = _landed("suspensions", {"year": _whole("Year in which it begins")}, key=("symbol", "suspended_on"))
SymbolChanges = _landed("symbol_changes", {"year": _whole("Year of the change")}, key=("date", "old_symbol"))
Offerings = _landed("offerings", {"year": _whole("Year of the discovery")}, key=("symbol", "discovered_on"))
Overrides = _landed("overrides", {}, key=("subject", "key"))


class MarketBlocks(dy.Schema):
    """Rows of landing files that were set aside, and contradictions, each with what cannot be trusted until it is settled."""

    kind = _text("Kind of file", values=TABLE_KINDS)
    part = _text("Partition of a conflict; null for a row set aside", nullable=True)
    file = _text("File that holds the row", nullable=True)
    row = dy.Int64(
        description="Line of the file; null for a whole file, and for a row that one of two files lacks", nullable=True
    )
    rule = _text("Rule that is broken: column|rule, the name of a rule, conflict, skipped, override or repeated")
    key = _text("Kind and key of a conflict, as an override names it", nullable=True)
    value = _text("What the file has", nullable=True)
    sentence = _text("File, row and reason, or the conflict with all its sides, in one sentence")
    blocks = _text("What cannot be trusted", values=tuple(Blocks))
    subjects = dy.List(
        dy.String(), description="Symbols or currencies that are blocked; empty if `blocks` is file or nothing"
    )
    day = _day("Day that is blocked; null means any day")


class MarketCorrections(dy.Schema):
    """Values that changed, were withdrawn or came after levels of their day, with the former value and the day of it."""

    ordinal = _whole("Place in the order in which they were found, from 1", key=True, least=1)
    kind = _text("Kind of file", values=TABLE_KINDS)
    key = _text("Kind and key, as an override names it: closes 2024-01-02 AAPL")
    day = _day("Day that the value is of; null for a component")
    symbol = _text("Symbol, currency of a rate, or key of a decision")
    former = _text(
        "The former value in words; null where there was none, or it had been withdrawn before", nullable=True
    )
    new = _text("The new value in words; null where it was withdrawn", nullable=True)
    former_value = _number("Former close or rate", nullable=True)
    new_value = _number("New close or rate", nullable=True)
    former_file = _text("File of the former value", nullable=True)
    new_file = _text("File of the new value", nullable=True)
    known_on = _day("Day from which the new value is known", nullable=False)
    late = _flag("Whether the value is a new one, of a day whose levels had been published", nullable=True)
    former_row = _text("The former row of the table as JSON; null where there is no former value", nullable=True)
    new_row = _text("The new row of the table as JSON; null where it was withdrawn", nullable=True)

    @dy.rule()
    def something_changes(cls) -> pl.Expr:
        return pl.col("former").ne_missing(pl.col("new"))


class MarketFindings(dy.Schema):
    """Findings on landing files, and those from the checks of every month."""

    month = _text("Month that was checked, YYYY-MM; null for findings on files", nullable=True)
    severity = _text("info: worth knowing; warning: look at it; error: kept out, or no index can be computed",
                     nullable=True, values=("info", "warning", "error"))  # fmt: skip
    subject = _text("A file, a month, an index or a currency", nullable=True)
    message = _text("The finding in a sentence; null on the row that records the check of a month", nullable=True)
    line = _whole("Line of the file", nullable=True)
    inputs = _text("On that row: the fingerprint of what the month was checked against", nullable=True)

    @dy.rule()
    def a_finding_or_a_checked_month(cls) -> pl.Expr:
        found = pl.all_horizontal(pl.col(name).is_not_null() for name in ("severity", "subject", "message"))
        return found ^ pl.col("inputs").is_not_null()


class Weights(dy.Schema):
    """Review weights of every index, with every figure that is needed to compute them again."""

    index_code = _text("Code of the index", key=True)
    review = _text("Review, YYYY-MM, or day, YYYY-MM-DD, that the components are named by", key=True)
    symbol = _text("Symbol after implementation", key=True)
    security_id = _text(
        "The security that has the symbol on the effective day: by the table symbols, else by changes of symbols, else the "
        "symbol without separators",
        nullable=True,
    )
    cutoff_on = _day("Session whose closes weigh the review", nullable=False)
    implemented_on = _day("Implementation: the session after whose close the weights come in", nullable=False)
    effective_on = _day("Session after the implementation, the first with these weights", nullable=False)
    close = _number(
        "Close at the cut-off, or an earlier one adjusted for actions since other than ordinary dividends; then adjusted for "
        "splits and scrip issues up to implementation; null for a name that is dropped (policy missing_price)",
        nullable=True,
    )
    fx = _number("Units of the index's currency for one unit of the security's; null for a name dropped", nullable=True)
    shares = _number("Shares in issue after implementation")
    free_float = _number("Free float: fraction of the shares in issue that can be bought, 0 to 1")
    long_cap = _number("Investable capitalisation in the long leg, unscaled")
    short_cap = _number("Investable capitalisation in the short leg")
    scale_factor = _number("Factor k that brings the long leg to its units")
    final_cap = _number("k times the long capitalisation less the short one")
    weight = _number("Final capitalisation divided by the sum of all")
    weighting_factor = _number("Factor c: final capitalisation divided by the investable capitalisation")
    currency = _text("Currency of the security", nullable=True)
    close_as_traded = _number("That close as traded on price_on", nullable=True)
    price_on = _day("Day of that close; null for a name that is dropped")
    price_carried = _text(
        "Why the close is of an earlier day, suspended or missing; or dropped, for a name without a close and weight",
        nullable=True,
    )
    long_share = _number("Fraction of the company that is in the long leg, by its style weight", nullable=True)
    short_share = _number("Fraction of the company that is in the short leg, by its style weight", nullable=True)
    simulated = _flag(_SIMULATED)


class IndexLevels(dy.Schema):
    """Daily levels of every index, chained unrounded; eight decimals for display."""

    year = _whole("Year of the session")
    index_code = _text("Code of the index", key=True)
    date = _day("Session", key=True)
    price_index = _number("Price index at the close")
    total_return_index = _number("Total return index at the close")
    price_index_8dp = _displayed("Price index as displayed")
    total_return_index_8dp = _displayed("Total return index as displayed")
    divisor = _number("Divisor that the close was computed with")
    market_value = _number("Sum over all names of price x rate x shares x free float x weighting factor")
    dividend_points = _number("Ordinary dividends of the day in index points; negative where short names pay")
    names = _whole("Names that the index holds", least=0)
    names_at_last_price = _whole("Names that stand at their last price, suspended or without a close", least=0)
    simulated = _flag(_SIMULATED)


class DivisorEvents(dy.Schema):
    """Every event of every index in the order applied, with market value and divisor before and after."""

    year = _whole("Year of the session")
    index_code = _text("Code of the index", key=True)
    date = _day("Session", key=True)
    moment = _text("When on that day", values=("base", "open", "close"))
    event = _text(
        "What happened: base, review, an action; `delete at the last close` for a deletion without a price; under "
        "`missing_price: drop`, `drop at the last close` and `left out of the review` for names without a close"
    )
    symbol = _text("Name that it happened to; null for the base, reviews and corrections", nullable=True)
    market_value_before = _number("Market value before", nullable=True)
    market_value_after = _number("Market value after")
    divisor_before = _number("Divisor before", nullable=True)
    divisor_after = _number("Divisor after")
    turnover = _number(
        "One-way turnover of a review: half the sum of the absolute changes of weights at these closes", nullable=True
    )
    gross_before = _number("Gross exposure before a review: sum of the absolute weights", nullable=True)
    gross_after = _number("Gross exposure after a review: sum of the absolute weights", nullable=True)
    ordinal = _whole("Place of the event in its day, from 1", key=True, least=1)


class IndexCarried(dy.Schema):
    """Names of an index without a close on a session: the last price that was used instead, and why."""

    year = _whole("Year of the session")
    index_code = _text("Code of the index", key=True)
    date = _day("Session", key=True)
    symbol = _text("Symbol on that day", key=True)
    close = _number("Last price, adjusted for actions since other than ordinary dividends, in the security's currency")
    price_on = _day("Session of that price", nullable=False)
    reason = _text(
        "suspended: it does not trade; missing: nobody supplied a close (policy missing_price)",
        values=("suspended", "missing"),
    )


class IndexStates(dy.Schema):
    """Every index at the end of each year, with a row for each name: the state from which the next year goes on."""

    year = _whole("Year that ended in this state, or the year that is not over yet", key=True)
    index_code = _text("Code of the index", key=True)
    date = _day("Last session", nullable=False)
    divisor = _number("Divisor of the next open")
    price_index = _number("Price index")
    total_return_index = _number("Total return index")
    market_value = _number("Market value after all that happened that day")
    ordinal = _whole("Place of the name in the sum", key=True, least=1)
    symbol = _text("Symbol")
    security_id = _text("The security that has the symbol on the last session, as in weights", nullable=True)
    shares = _number("Shares in issue")
    free_float = _number("Free float: fraction of the shares in issue that can be bought, 0 to 1")
    weighting_factor = _number("Factor c")
    close = _number("Last price, adjusted for actions since other than ordinary dividends")
    currency = _text("Currency of the security")
    fx = _number("Rate of that day")
    price_on = _day("Day of the last price")


_RUN_KEY = ("year", "index_code")


class IndexRuns(dy.Schema):
    """What became of every index in every year: computed, refused from a session on with the reason, or waiting."""

    year = _whole("Year; null for an index that waits", nullable=True)
    index_code = _text("Code of the index")
    state = _text("What became of it", values=("computed", "refused", "waiting"))
    last_session = _day("Last session that has a level")
    reason = _text(
        "Why it was refused, with the first session that has no level, or rests on former inputs; or what it waits for",
        nullable=True,
    )
    definition = _text("The definition that its levels are computed by, as JSON; null without levels", nullable=True)
    made_by = _whole("Version of the calculation of its levels; null for 11 or an earlier one", nullable=True)
    corrections = _whole(
        "Number of rows of market_corrections that its levels are computed with", nullable=True, least=0
    )
    lacking = dy.List(
        dy.Struct({"symbol": dy.String(), "message": dy.String()}),
        nullable=True,
        description="Closes and rates that it lacks: each name or currency, with the cause and what would mend it",
    )

    @dy.rule()
    def reason_unless_computed(cls) -> pl.Expr:
        return (pl.col("state") == "computed") == pl.col("reason").is_null()

    @dy.rule()
    def key_is_unique(cls) -> pl.Expr:
        return pl.struct(_RUN_KEY).is_unique()


class IndexRestatements(dy.Schema):
    """Levels that were published and then superseded, with the day and the reason."""

    index_code = _text("Code of the index", key=True)
    date = _day("Session", key=True)
    superseded_on = _day("Day on which another level, or none, took its place", key=True)
    reason = _text("What changed")
    price_index = _number("Price index as published until then")
    total_return_index = _number("Total return index as published until then")
    price_index_8dp = _displayed("Price index as displayed until then")
    total_return_index_8dp = _displayed("Total return index as displayed until then")
    divisor = _number("Divisor until then")
    basis_points = _number(
        "Change of the price index, in basis points; null where no level took its place", nullable=True
    )
    total_return_basis_points = _number("Change of the total return index, in basis points", nullable=True)
    causes = dy.List(
        dy.Struct(
            {
                "cause": dy.String(),
                "basis_points": dy.Float64(nullable=True),
                "total_return_basis_points": dy.Float64(nullable=True),
            }
        ),
        description="What moved the level, in the order applied, each with its share of either change",
        nullable=True,
    )


class IndexKept(dy.Schema):
    """Levels kept as published under the policy on corrections, and how far the corrected inputs would move them."""

    index_code = _text("Code of the index", key=True)
    date = _day("Session", key=True)
    applied_after = _day("Session after whose close the correction acts", nullable=False)
    kept_on = _day("Day on which this was decided", nullable=False)
    reason = _text("What changed")
    basis_points = _number("What the price index would change by, in basis points", nullable=True)
    total_return_basis_points = _number("What the total return index would change by, in basis points", nullable=True)
    price_index = _number("Price index as published")
    total_return_index = _number("Total return index as published")
    price_index_8dp = _displayed("Price index as displayed")
    total_return_index_8dp = _displayed("Total return index as displayed")
    divisor = _number("Divisor as published")
    market_value = _number("Market value as published")
    dividend_points = _number("Dividend points as published")
    names = _whole("Names that the index held", least=0)
    names_at_last_price = _whole("Names that stood at their last price", least=0)
    divisor_events = dy.List(
        dy.Struct(
            {
                "moment": dy.String(),
                "event": dy.String(),
                "symbol": dy.String(nullable=True),
                "market_value_before": dy.Float64(nullable=True),
                "market_value_after": dy.Float64(),
                "divisor_before": dy.Float64(nullable=True),
                "divisor_after": dy.Float64(),
                "turnover": dy.Float64(nullable=True),
                "gross_before": dy.Float64(nullable=True),
                "gross_after": dy.Float64(nullable=True),
                "ordinal": dy.Int32(),
            }
        ),
        description="Events of the session as published",
    )
    carried = dy.List(
        dy.Struct({"symbol": dy.String(), "close": dy.Float64(), "price_on": dy.Date(), "reason": dy.String()}),
        description="Names at their last price as published",
    )


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
        values=("sources", "documents", "calendar", "membership", "market", "index", "operations"),
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


# The groups of the graph in the order of the data flow, and the team that answers for the tables of each.
GROUPS = {
    "sources": "data-operations",
    "documents": "index-research",
    "calendar": "index-research",
    "membership": "index-research",
    "market": "market-data",
    "index": "index-calculation",
    "findings": "index-research",
    "catalog": "data-operations",
}


@dataclass(frozen=True)
class Table:
    """A table: its name in the catalog, its declaration, its group in the graph, and how its files are laid out.

    `partition_by` names the column by which files are split (`name=value/` directories); None is one file. Rows are sorted by
    `sort_by`, so that the same rows give the same bytes; ties keep the order in which they come. `identity` names the columns
    that identify a row where they cannot be a primary key, because some may be null. `security_on` names the day on which the
    `symbol` of a row names its security: the catalog, not the files, has a column `security_id` then.
    """

    name: str
    schema: type[dy.Schema]
    group: str
    sort_by: tuple[str, ...]
    partition_by: str | None = None
    identity: tuple[str, ...] = ()
    security_on: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row; empty where rows have no identity."""
        return tuple(self.schema.primary_key()) or self.identity

    @cached_property
    def description(self) -> str:
        return (self.schema.__doc__ or "").strip()

    @cached_property
    def empty(self) -> pl.DataFrame:
        return self.schema.create_empty()

    @cached_property
    def defaults(self) -> dict[str, object]:
        """The values of columns that a supplied file may leave out."""
        told = {name: (column.metadata or {}).get("default") for name, column in self.schema.columns().items()}
        return {name: default for name, default in told.items() if default is not None}

    def frame(self, rows: Iterable[Mapping[str, object] | Sequence[object]]) -> pl.DataFrame:
        """Rows of the table from mappings, in which a column may be absent, or from tuples of all columns."""
        return pl.DataFrame(list(rows), schema=self.empty.schema, orient="row")

    @cached_property
    def descriptions(self) -> dict[str, str]:
        found = {name: column.description or "" for name, column in self.schema.columns().items()}
        return found | ({"security_id": _SECURITY_IN_CATALOG} if self.security_on else {})


TABLES = {
    table.name: table
    for table in (
        Table("sources", Sources, "sources", ("address", "source_id")),
        Table("fetched_documents", FetchedDocuments, "sources", ("fetched_at", "source_id")),
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
        # The rows of a review keep the order of its events, which is not alphabetical.
        Table("calendar", Calendar, "calendar", ("review",), "review_year", _CALENDAR_KEY),
        Table("calendar_findings", CalendarFindings, "calendar", ("review",)),
        Table("sessions", Sessions, "calendar", ("date",)),
        Table("securities", Securities, "membership", ("security_id",)),
        Table("symbols", Symbols, "membership", ("symbol_key", "valid_from")),
        Table("security_identifiers", SecurityIdentifiers, "membership", ("security_id", "kind", "valid_from")),
        Table("security_rows", SecurityRows, "membership", ("document_id", "ordinal")),
        Table("rename_candidates", RenameCandidates, "membership", ("key",)),
        Table("membership_states", MembershipStates, "membership", ("index_code", "valid_from", "known_from")),
        Table(
            "constituents",
            Constituents,
            "membership",
            ("index_code", "valid_from", "known_from", "symbol", "security_id"),
            "review_year",
        ),
        Table("membership_findings", MembershipFindings, "membership", ("severity", "subject", "message")),
        Table("landing_files", LandingFiles, "market", ("path",)),
        Table("closes", Closes, "market", ("symbol", "date"), "month", security_on="date"),
        Table("fx", Fx, "market", ("date", "currency", "quote"), "month"),
        # Actions of one day are in the order in which they apply: by file name, then by row.
        Table("actions", Actions, "market", ("date", "file", "row"), "month", ("file", "row"), security_on="date"),
        Table("components", Components, "market", ("index_code", "held", "symbol"), "year"),
        Table("suspensions", Suspensions, "market", ("suspended_on", "symbol"), "year"),
        Table("symbol_changes", SymbolChanges, "market", ("date", "old_symbol"), "year"),
        Table("offerings", Offerings, "market", ("discovered_on", "symbol"), "year"),
        Table("overrides", Overrides, "market", ("subject", "key"), "subject"),
        Table("market_blocks", MarketBlocks, "market", ("kind", "part", "file", "row", "rule", "key")),
        Table("market_corrections", MarketCorrections, "market", ("ordinal",)),
        Table("market_findings", MarketFindings, "market", ("month", "severity", "subject", "message")),
        Table("weights", Weights, "index", ("index_code", "symbol"), "review"),
        Table("index_levels", IndexLevels, "index", ("index_code", "date"), "year"),
        Table("divisor_events", DivisorEvents, "index", ("index_code", "date", "ordinal"), "year"),
        Table("index_carried", IndexCarried, "index", ("index_code", "date", "symbol"), "year"),
        Table("index_states", IndexStates, "index", ("index_code", "ordinal"), "year"),
        Table("index_runs", IndexRuns, "index", ("index_code",), "year", _RUN_KEY),
        Table("index_restatements", IndexRestatements, "index", ("index_code", "date", "superseded_on")),
        Table("index_kept", IndexKept, "index", ("index_code", "date")),
        Table(
            "findings", Findings, "findings", ("area", "severity", "subject", "message", "document_id", "page", "line")
        ),
    )
}

# The types of the catalog, by those of polars in the Parquet files.
_SQL = {
    pl.String: "VARCHAR",
    pl.Int32: "INTEGER",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP",
}


def sql_type(dtype: pl.DataType) -> str:
    """The type of a column in SQL. Raises KeyError for a type that no table has."""
    match dtype:
        case pl.List(inner=inner):
            return f"{sql_type(inner)}[]"  # type: ignore[arg-type]
        case pl.Struct(fields=fields):
            return f"STRUCT({', '.join(f'{field.name} {sql_type(field.dtype)}' for field in fields)})"  # type: ignore[arg-type]
        case pl.Decimal(precision=precision, scale=scale):
            return f"DECIMAL({precision},{scale})"
    return _SQL[dtype.base_type()]

"""Membership: securities, their symbols and identifiers, and who was in each index when, as known when."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from russell_pipeline.market.files.identifiers import IDENTIFIERS
from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.columns import DOCUMENT_ID, LINE, PAGE, READING_OF_ROW, READINGS
from russell_pipeline.schemas.table import TableSchema

_PUBLISHED = ("documents", "membership_lists", "membership_changes", "calendar", "sessions")
_SYMBOLS = "membership_lists.symbol membership_changes.symbol"
_NAMES = "membership_lists.company_name membership_changes.company_name"
_FIRST_OR_LAST_SEEN = (
    "membership_lists.document_id membership_changes.document_id documents.as_of,published_on "
    "calendar.starts_on components.effective_review"
)


class _Spans(TableSchema):
    """Rows that hold over a half-open span of days, and are known over another."""

    @dy.rule()
    def spans_are_not_empty(cls) -> pl.Expr:
        valid = pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("valid_from"))
        return valid & (pl.col("known_to").is_null() | (pl.col("known_to") > pl.col("known_from")))


class Securities(
    TableSchema,
    group="membership",
    sort_by=("security_id",),
    version=4,
    upstream=(*_PUBLISHED, "symbols", "security_identifiers", "components", "symbol_changes"),
):
    """Every security named by a list, by changes or by components that are not simulated, under an id that follows from these."""

    security_id = column.text(
        "First symbol of the security, without separators; if another security had that symbol before, with the year in which "
        "this one is first seen",
        key=True,
        made_from=(
            "membership_lists.symbol membership_changes.symbol components.symbol "
            "symbol_changes.old_symbol,new_symbol symbols.symbol,security_id"
        ),
    )
    symbol = column.text(
        "Last symbol that it is known by",
        copied=_SYMBOLS,
        made_from="components.symbol symbol_changes.old_symbol,new_symbol symbols.symbol,security_id",
    )
    company_name = column.text(
        "Name as last printed; published names are cut and drift, so it is evidence, not a key. Null where only files without "
        "names have the security",
        nullable=True,
        copied=_NAMES,
        made_from="components.company_name",
    )
    class_marker = column.text(
        "Class letter as last printed",
        nullable=True,
        copied="membership_lists.class_marker membership_changes.class_marker",
    )
    names = column.items(
        dy.String(),
        description="Every name that it was printed under, sorted",
        made_from="membership_lists.company_name membership_changes.company_name components.company_name",
    )
    first_seen_on = column.day(
        "Day of the first list or changes that name it", nullable=False, made_from=_FIRST_OR_LAST_SEEN
    )
    last_seen_on = column.day(
        "Day of the last list or changes that name it", nullable=False, made_from=_FIRST_OR_LAST_SEEN
    )
    documents = column.whole(
        "How many documents name it; 0 where only components do",
        least=0,
        made_from="membership_lists.document_id membership_changes.document_id",
    )
    cusip = column.text(
        "CUSIP as it is now, by security_identifiers", nullable=True, made_from="security_identifiers.kind,value"
    )
    isin = column.text("ISIN as it is now", nullable=True, made_from="security_identifiers.kind,value")
    figi = column.text("FIGI as it is now", nullable=True, made_from="security_identifiers.kind,value")
    permno = column.text("PERMNO as it is now", nullable=True, made_from="security_identifiers.kind,value")


class Symbols(
    TableSchema,
    group="membership",
    sort_by=("symbol_key", "valid_from"),
    version=4,
    upstream=(*_PUBLISHED, "components", "symbol_changes"),
):
    """Which security a symbol stood for when: half-open spans that never overlap for one symbol."""

    symbol = column.text(
        "Symbol as the index provider spells it",
        copied=_SYMBOLS,
        made_from="components.symbol symbol_changes.old_symbol,new_symbol",
    )
    symbol_key = column.text(
        "The symbol without separators, the same for BRK.B, BRKB and BRK-B",
        key=True,
        made_from=(
            "membership_lists.symbol membership_changes.symbol components.symbol symbol_changes.old_symbol,new_symbol"
        ),
    )
    security_id = column.text(
        "The security",
        made_from=(
            "membership_lists.symbol membership_changes.symbol components.symbol symbol_changes.old_symbol,new_symbol"
        ),
    )
    valid_from = column.day(
        "First day on which a document, a file of components or a change of symbol has it",
        key=True,
        made_from=(
            "membership_lists.document_id membership_changes.document_id documents.as_of,published_on "
            "calendar.starts_on components.effective_review symbol_changes.date"
        ),
    )
    valid_to = column.day(
        "Day on which the security changed its symbol, or another first had this one; null while it holds",
        made_from=(
            "membership_lists.document_id membership_changes.document_id documents.as_of,published_on "
            "calendar.starts_on symbol_changes.date"
        ),
    )

    @dy.rule()
    def ends_after_it_starts(cls) -> pl.Expr:
        return pl.col("valid_to").is_null() | (pl.col("valid_to") >= pl.col("valid_from"))


class SecurityIdentifiers(
    TableSchema,
    group="membership",
    sort_by=("security_id", "kind", "valid_from"),
    version=1,
    upstream=("calendar", "sessions", "symbols", "components", "symbol_changes"),
):
    """The identifiers of securities by the files that print them, each over the half-open span in which it holds."""

    security_id = column.text("The security", key=True, made_from="symbols.symbol_key,security_id")
    kind = column.text(
        "Kind of identifier",
        key=True,
        values=IDENTIFIERS,
        made_from="components.cusip,isin,figi,permno symbol_changes.cusip,isin,figi,permno",
    )
    value = column.text(
        "The identifier, in capitals; its check digit is right",
        made_from="components.cusip,isin,figi,permno symbol_changes.cusip,isin,figi,permno",
    )
    valid_from = column.day(
        "First day for which a file has it",
        key=True,
        made_from="components.effective_review symbol_changes.date calendar.starts_on sessions.date",
    )
    valid_to = column.day(
        "First day for which a file has another, or has it for another security; null while it holds",
        made_from="components.effective_review symbol_changes.date calendar.starts_on sessions.date",
    )
    file = column.text("File that has it on that day, below landing/", made_from="components.file symbol_changes.file")
    row = column.long("Line of the file", min=2, copied="components.row symbol_changes.row")


class SecurityRows(TableSchema, group="membership", sort_by=("document_id", "ordinal"), version=3, upstream=_PUBLISHED):
    """The security of each row of a membership list or a list of changes."""

    document_id = column.text(
        DOCUMENT_ID, key=True, copied="membership_lists.document_id membership_changes.document_id"
    )
    ordinal = column.whole(
        "Place of the row in the document, from 1",
        key=True,
        least=1,
        copied="membership_lists.ordinal membership_changes.ordinal",
    )
    security_id = column.text(
        "The security",
        made_from=(
            "membership_lists.symbol,company_name membership_changes.symbol,company_name "
            "documents.as_of,published_on calendar.starts_on"
        ),
    )


class RenameCandidates(TableSchema, group="membership", sort_by=("key",), version=2, upstream=_PUBLISHED):
    """Pairs of rows that may be of one company, under another name or symbol, with the evidence and what was decided."""

    key = column.text(
        "OLD>NEW@DAY, by which an override with the subject `rename` decides it", key=True, made_from=_SYMBOLS
    )
    old_symbol = column.text("Symbol of the former row", made_from=_SYMBOLS)
    new_symbol = column.text("Symbol of the latter row", made_from=_SYMBOLS)
    old_company_name = column.text("Name of the former row", made_from=_NAMES)
    new_company_name = column.text("Name of the latter row", made_from=_NAMES)
    old_list = column.text("Index and day of the former row")
    new_list = column.text("Index and day of the latter row")
    likeness = column.number(
        "How alike the names are, 0 to 100, without legal forms and cut to the length of the shorter", made_from=_NAMES
    )
    evidence = column.items(
        dy.String(),
        description="What speaks for one company: the same symbol, the same or an alike name, that one leaves a list of an index "
        "on the day on which the other joins the next, and that the rows above and below are the same",
        made_from=_NAMES,
    )
    taken_as = column.text("Whether both rows count as one security now", values=("same", "other"), made_from=_NAMES)
    decision = column.text("What a person decided; null while it is open", nullable=True, values=("same", "other"))
    reason = column.text("Reason of the decision", nullable=True)
    old_security_id = column.text("Security of the former row", made_from=_SYMBOLS)
    new_security_id = column.text("Security of the latter row", made_from=_SYMBOLS)
    old_document_id = column.text(
        "Document of the former row", made_from="membership_lists.document_id membership_changes.document_id"
    )
    old_page = column.whole(PAGE, nullable=True, least=1, made_from="membership_lists.page membership_changes.page")
    old_line = column.whole(LINE, nullable=True, least=1, made_from="membership_lists.line membership_changes.line")
    document_id = column.text(
        "Document of the latter row", copied="membership_lists.document_id membership_changes.document_id"
    )
    page = column.whole(PAGE, nullable=True, least=1, copied="membership_lists.page membership_changes.page")
    line = column.whole(LINE, nullable=True, least=1, copied="membership_lists.line membership_changes.line")


class MembershipStates(
    _Spans, group="membership", sort_by=("index_code", "valid_from", "known_from"), version=4, upstream=_PUBLISHED
):
    """Which list and changes the membership of each index rests on, over a span of days and a span of knowledge."""

    valid_from = column.day(
        "First session on which it holds",
        key=True,
        made_from="documents.as_of,published_on membership_changes.effective_on calendar.starts_on",
    )
    valid_to = column.day(
        "Session from which it holds no longer; null while no later document is known",
        made_from="documents.as_of,published_on membership_changes.effective_on calendar.starts_on",
    )
    known_from = column.day(
        "Day from which this row, with its valid_to, was the best knowledge: that of the last publication that it follows from",
        key=True,
        made_from="documents.as_of,published_on calendar.starts_on",
    )
    known_to = column.day(
        "Day on which a later publication superseded it; null for what is known now",
        made_from="documents.as_of,published_on calendar.starts_on",
    )
    index_code = column.text("Code of the index", key=True, made_from="documents.index_code")
    basis = column.text(
        "A list as published, a list with later changes applied, or the difference of two indexes",
        values=("list", "list_and_changes", "difference"),
    )
    published_on = column.day(
        "Day on which the last document it rests on was published. If that is before known_from, the members were known since "
        "then, and known_from is the day from which valid_to is known",
        nullable=False,
        made_from="documents.as_of,published_on",
    )
    members = column.whole(
        "How many members", least=0, made_from="membership_lists.symbol membership_changes.change,symbol"
    )
    reconstitution = column.text(
        "Last reconstitution that it reflects, YYYY-MM", nullable=True, made_from="calendar.review"
    )
    behind_from = column.day(
        "Day on which the next reconstitution takes effect: from then on this state is out of date",
        made_from="calendar.starts_on",
    )
    document_id = column.text("The list; for a difference, A less B, the list of A", copied="documents.document_id")
    change_document_ids = column.items(
        dy.String(), description="The changes applied to the list since", made_from="documents.document_id"
    )
    minuend_on = column.day("For a difference, A less B: day of the state of A")
    subtrahend_on = column.day("For a difference, A less B: day of the state of B")
    members_sha256 = column.text(
        "Hash over the members and their rows", made_from="membership_lists.symbol membership_changes.change,symbol"
    )


class Constituents(
    _Spans,
    group="membership",
    sort_by=("index_code", "valid_from", "known_from", "symbol", "security_id"),
    partition_by="review_year",
    version=3,
    upstream=(*_PUBLISHED, "membership_states"),
):
    """Who was in each index when, as known when: each row is one member over one span of time and one of knowledge."""

    valid_from = column.day("First session on which it holds", key=True, copied="membership_states.valid_from")
    valid_to = column.day(
        "Session from which it holds no longer; null while no later document is known",
        copied="membership_states.valid_to",
    )
    known_from = column.day(
        "Day from which this row, with its valid_to, was the best knowledge: that of the last publication that it follows from",
        key=True,
        copied="membership_states.known_from",
    )
    known_to = column.day(
        "Day on which a later publication superseded it; null for what is known now",
        copied="membership_states.known_to",
    )
    review_year = column.whole(
        "Year in which the state of this row begins", nullable=True, made_from="membership_states.valid_from"
    )
    index_code = column.text("Code of the index", key=True, copied="membership_states.index_code")
    security_id = column.text("The security", key=True, made_from=_SYMBOLS)
    symbol = column.text("Symbol that it traded under", copied=_SYMBOLS)
    company_name = column.text("Name as printed in the document", copied=_NAMES)
    class_marker = column.text(
        "Class letter as printed", nullable=True, copied="membership_lists.class_marker membership_changes.class_marker"
    )
    basis = column.text(
        "A list of the index with the changes since, or the difference of two indexes",
        values=("list", "derived"),
        made_from="membership_states.basis",
    )
    published_on = column.day(
        "Day on which the last document it rests on was published. If that is before known_from, the members were known since "
        "then, and known_from is the day from which valid_to is known",
        nullable=False,
        copied="membership_states.published_on",
    )
    document_id = column.text(
        "Document that names the member: the list or the addition; for a difference, A less B, that of A",
        copied="membership_lists.document_id membership_changes.document_id",
    )
    page = column.whole(PAGE, least=1, copied="membership_lists.page membership_changes.page")
    line = column.whole(LINE, least=1, copied="membership_lists.line membership_changes.line")
    reading = column.text(READING_OF_ROW, values=READINGS, copied="membership_lists.reading membership_changes.reading")


class MembershipFindings(
    TableSchema,
    group="membership",
    sort_by=("severity", "subject", "message"),
    version=4,
    upstream=(*_PUBLISHED, "symbols", "components", "symbol_changes"),
):
    """Lists, changes and versions of them that do not fit together, and symbols that a person should decide on."""

    severity = column.text(
        "info: worth knowing; warning: look at it; error: left out", values=("info", "warning", "error")
    )
    subject = column.text(
        "An index with a review or day, or a symbol",
        made_from=(
            "documents.index_code,file_name membership_lists.symbol,company_name "
            "membership_changes.symbol,company_name components.symbol,cusip,isin,figi,permno "
            "symbol_changes.new_symbol,cusip,isin,figi,permno"
        ),
    )
    message = column.text(
        "The finding in a sentence",
        made_from=(
            "membership_lists.symbol,company_name membership_changes.symbol,company_name "
            "components.symbol,cusip,isin,figi,permno symbol_changes.new_symbol,cusip,isin,figi,permno "
            "symbols.security_id"
        ),
    )
    document_id = column.text(DOCUMENT_ID, nullable=True, copied="documents.document_id")
    page = column.whole(PAGE, nullable=True, copied="membership_lists.page membership_changes.page")
    line = column.whole(LINE, nullable=True, copied="membership_lists.line membership_changes.line")

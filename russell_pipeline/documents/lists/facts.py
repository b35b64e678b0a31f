"""Lists: the facts that an accounted list states of itself, with their places: index, change, status and dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from russell_pipeline.dates.expressions import MONTH, PERHAPS_DATE, DateExpression, find_dates, month_number
from russell_pipeline.dates.reviews import reconstitution_months, review_of
from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.facts import apply_facts, copyright_years, with_place
from russell_pipeline.documents.model import Document, Fact, Kind, Line, Note, Role
from russell_pipeline.documents.sidecar import Sidecar
from russell_pipeline.errors import Refusal

# A year beside a word for what the document is. The 2000 of the Russell 2000 is not a year.
_YEAR = r"(?<!russell )\b((?:19|20)\d\d)\b"
_OF_A_YEAR = r"\b(?:reconstitution|review|additions?|deletions?|adds|deletes|membership(?: list)?)\b"
_YEAR_OF = re.compile(rf"{_OF_A_YEAR}\s+(?:of\s+|for\s+)?{_YEAR}|{_YEAR}\s+(?:[\w&]+\s+){{0,4}}?{_OF_A_YEAR}")

_YEAR_ALONE = r"((?:19|20)\d\d)\b"
_MONTH_OF = re.compile(rf"(?<![A-Za-z])({MONTH})\s+(?:of\s+)?{_YEAR_ALONE}")
_QUARTER_OF = re.compile(rf"\bQ([1-4])\s+{_YEAR_ALONE}|\b{_YEAR_ALONE}\s+Q([1-4])\b", re.IGNORECASE)
_MEMBERSHIP = re.compile(r"\bmembership\b(?! (?:changes|additions|deletions))", re.IGNORECASE)


def list_facts(lines: Sequence[Line], pdf_title: str) -> Iterator[Fact]:
    """The facts that a list states in its titles, footers, legal lines and PDF title: index, change, status, review, dates.

    Column heads count only for `change`.
    """
    for line in lines:
        if line.role is Role.TITLE or line.role is Role.FOOTER:
            yield from _stated(line.text, line.role.value, line.page, line.number)
        elif line.role is Role.HEADER:
            yield from (fact for fact in _stated(line.text, "header", line.page, line.number) if fact.name == "change")
    yield from copyright_years(lines)
    yield from _indexes(lines)
    yield from _stated(pdf_title, "pdf_title", None, None)
    for code in vocabulary.indexes_named(vocabulary.plain(pdf_title))[:1]:
        yield Fact("index", code, "pdf_title")


def _stated(text: str, origin: str, page: int | None, number: int | None) -> Iterator[Fact]:
    for name, value in _statements(text, origin == "title"):
        if not (name in ("as_of", "review") and origin == "pdf_title"):
            yield Fact(name, value, origin, page, number)


@lru_cache(maxsize=1024)  # titles and footers stand on every page
def _statements(text: str, is_title: bool) -> tuple[tuple[str, str], ...]:
    """The facts that a title or footer states, other than the index, as (name, value)."""
    plain = vocabulary.plain(text)
    year = _YEAR_OF.search(plain)
    stated = [("change", change) for change in vocabulary.terms_in("changes", plain)]
    stated += [("status", status) for status in vocabulary.terms_in("statuses", plain)[:1]]
    stated += [("review_year", year.group(1) or year.group(2))] if year else []
    dates = find_dates(text)
    if is_title or re.search(_OF_A_YEAR, plain):
        stated += [("review", review) for review in _reviews(text, dates)]
    if not vocabulary.states_file_date(plain):
        whole = [found for found in dates if found.starts_on and not found.ends_on and found.year_printed]
        stated += [("as_of", found.starts_on.isoformat()) for found in whole if found.starts_on]
    return tuple(stated)


def _reviews(text: str, dates: Sequence[DateExpression]) -> Iterator[str]:
    """The reviews that a line names by month or quarter and year, outside of whole dates."""
    for found in reversed(dates):
        text = text[: found.start] + " | " + text[found.end :]
    for match in _MONTH_OF.finditer(text):
        month = month_number(match.group(1))
        if month % 3 == 0:
            yield f"{match.group(2)}-{month:02}"
    for match in _QUARTER_OF.finditer(text):
        quarter, year = match.group(1) or match.group(4), match.group(2) or match.group(3)
        yield f"{year}-{3 * int(quarter):02}"


def _indexes(lines: Sequence[Line]) -> Iterator[Fact]:
    """The indexes that titles and footers name; a name may continue in the next title of the page."""
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        if line.role is Role.TITLE and vocabulary.plain(line.text):
            by_page.setdefault(line.page, []).append(line)
        elif line.role is Role.FOOTER:
            yield from _index_facts(vocabulary.plain(line.text), line, "footer")
    for titles in by_page.values():
        texts = [vocabulary.plain(line.text) for line in titles]
        found: list[Fact] = []
        for line, text, following in zip(titles, texts, [*texts[1:], ""], strict=True):
            goes_on = vocabulary.may_continue(text)
            found += _index_facts(f"{text} {following}" if goes_on else text, line, "title")
        if not found:
            found += [
                fact
                for fact in _index_facts(" ".join(texts), titles[0], "title")
                if fact.value in vocabulary.index_codes()
            ]
        yield from found


def _index_facts(text: str, line: Line, origin: str) -> Iterator[Fact]:
    for code in _indexes_named(text):
        yield Fact("index", code, origin, line.page, line.number)


_indexes_named = lru_cache(maxsize=1024)(vocabulary.indexes_named)


def _check_review(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Raise Refusal when the review, printed or supplied, does not fit the document's date."""
    if document.as_of is None or document.review is None or document.review in _reviews_of(document):
        return
    of = review_of(document.as_of)
    if sidecar and sidecar.review and sidecar.as_of:
        says = f"its sidecar {sidecar_name} contradicts itself: review {document.review}, as_of {document.as_of}"
    elif sidecar and sidecar.review:
        says = f"its sidecar {sidecar_name} says review: {document.review}, but it prints {document.as_of}"
    elif sidecar and sidecar.as_of:
        says = f"its sidecar {sidecar_name} says as_of: {document.as_of}, but it prints {document.review}"
    else:
        says = f"contradicts itself on its review: it prints {document.review} and {document.as_of}"
    raise Refusal(f"{says}, which is of {of}")


def _reviews_of(document: Document) -> set[str]:
    """The reviews that a dated list may belong to: that of its date and, for members between reviews, also the one before."""
    day = document.as_of
    if day is None:
        return set()
    of = review_of(day)
    if document.change or of[5:] == f"{day.month:02}" or of < f"{day.year}-{day.month:02}":
        return {of}
    year, month = int(of[:4]), int(of[5:])
    return {of, f"{year}-{month - 3:02}" if month > 3 else f"{year - 1}-12"}


def classify_list(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Set whether a list is one of members or of changes, its facts, and the review of changes.

    Changes without a date belong to the annual reconstitution of their year; from 2026 a year has two, and the sidecar must
    say which. Raises Refusal when it does not, when a list of symbols and sectors does not say whether they are additions or
    deletions, and when facts contradict each other.
    """
    printed = any(fact.name == "change" for fact in document.facts)
    if printed or (sidecar and sidecar.change):
        document.kind = Kind.MEMBERSHIP_CHANGES
    apply_facts(document, sidecar, sidecar_name)
    _check_review(document, sidecar, sidecar_name)
    members = next(_saying_membership(document.lines), None)
    if (
        printed
        and members
        and not vocabulary.terms_in("changes", vocabulary.plain(members.text))
        and _has_two_tables(document)
    ):
        spoken = next(fact for fact in document.facts if fact.name == "change")
        raise Refusal(
            f"contradicts itself on what it lists: members, by {members.text.strip()[:80]!r} "
            f"({members.role} of page {members.page}, line {members.number}), and {with_place(spoken)}"
        )
    if document.change and not printed and members:
        raise Refusal(
            f"its sidecar {sidecar_name} says change: {document.change}, but it prints {members.text.strip()[:80]!r} "
            f"({members.role} of page {members.page}, line {members.number})"
        )
    if document.change:
        document.kind = Kind.MEMBERSHIP_CHANGES
        if document.review is None and document.as_of is not None:
            document.review = review_of(document.as_of)
        elif document.review is None and document.review_year is not None:
            if len(reconstitution_months(document.review_year)) > 1:
                raise Refusal(
                    f"is a list of {document.review_year} without a date, and {document.review_year} has two reconstitutions: "
                    f"say `review: {document.review_year}-06` or `review: {document.review_year}-12` in {sidecar_name}"
                )
            document.review = f"{document.review_year}-06"
    elif document.taxonomy is not None and not members:
        raise Refusal(
            f"lists symbols and sectors but does not say whether they are additions or deletions: say `change:` in {sidecar_name}"
        )
    else:
        document.kind = Kind.MEMBERSHIP_LIST


def _has_two_tables(document: Document) -> bool:
    """Whether a list has rows with sectors or industries, and rows without."""
    heads = {"classification" in line.cells for line in document.lines if line.role is Role.HEADER and line.cells}
    return len(heads) > 1


def _saying_membership(lines: Iterable[Line]) -> Iterator[Line]:
    """The titles and footers that call the document a membership list."""
    return (line for line in lines if line.role in (Role.TITLE, Role.FOOTER) and _MEMBERSHIP.search(line.text))


def missing_facts(document: Document) -> Iterator[Note]:
    """Notes on facts that an accepted list leaves open and a sidecar could supply, and on printed dates that do not exist."""
    for line in document.lines:
        if line.role in (Role.TITLE, Role.FOOTER) and PERHAPS_DATE.search(line.text):
            for found in find_dates(line.text):
                if found.problem and found.year_printed:
                    yield Note("warning", found.problem, line.page, line.number)
    if document.index_code is None:
        yield Note("warning", "does not say which index it is of: say `index:` in its sidecar")
    if document.review_year is None:
        yield Note("warning", "does not say of which year it is: say `review_year:` in its sidecar")
    elif document.as_of is None and document.kind is Kind.MEMBERSHIP_LIST and document.review is None:
        yield Note("info", "has no date: taken as of the annual reconstitution of its year")
    years = {fact.origin for fact in document.facts if fact.name == "review_year"}
    if years == {"copyright"} and document.as_of is None:
        yield Note("info", f"its year, {document.review_year}, is only that of its copyright line")

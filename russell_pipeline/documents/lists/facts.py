"""What an accounted document says of itself: its index, change, status and dates, each with where it says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from russell_pipeline.dates.expressions import MONTH, PERHAPS_DATE, DateExpression, find_dates, month_number
from russell_pipeline.dates.reviews import reconstitution_months, review_of
from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.model import Document, Fact, Kind, Line, Note, Role
from russell_pipeline.documents.schedules.recognition import published_on, schedule_year
from russell_pipeline.documents.sidecar import Sidecar
from russell_pipeline.errors import Refusal

_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\D{0,60}?((?:19|20)\d\d)", re.IGNORECASE)
# A year beside a word for what the document is. The 2000 of the Russell 2000 is not a year.
_YEAR = r"(?<!russell )\b((?:19|20)\d\d)\b"
_OF_A_YEAR = r"\b(?:reconstitution|review|additions?|deletions?|adds|deletes|membership(?: list)?)\b"
_YEAR_OF = re.compile(rf"{_OF_A_YEAR}\s+(?:of\s+|for\s+)?{_YEAR}|{_YEAR}\s+(?:[\w&]+\s+){{0,4}}?{_OF_A_YEAR}")

_YEAR_ALONE = r"((?:19|20)\d\d)\b"
_MONTH_OF = re.compile(rf"(?<![A-Za-z])({MONTH})\s+(?:of\s+)?{_YEAR_ALONE}")
_QUARTER_OF = re.compile(rf"\bQ([1-4])\s+{_YEAR_ALONE}|\b{_YEAR_ALONE}\s+Q([1-4])\b", re.IGNORECASE)
_MEMBERSHIP = re.compile(r"\bmembership\b(?! (?:changes|additions|deletions))", re.IGNORECASE)

# The origins of facts that the document itself prints, unlike those of last resort.
_PRINTED = ("title", "footer", "header")


_WITH_COPYRIGHT = (Role.LEGAL, Role.FOOTER, Role.TITLE)


def list_facts(lines: Sequence[Line], pdf_title: str) -> Iterator[Fact]:
    """The facts that a list states in its titles, footers, legal lines and PDF title: index, change, status, review, dates.

    Column heads count only for `change`.
    """
    for line in lines:
        if line.role is Role.TITLE or line.role is Role.FOOTER:
            yield from _stated(line.text, line.role.value, line.page, line.number)
        elif line.role is Role.HEADER:
            yield from (fact for fact in _stated(line.text, "header", line.page, line.number) if fact.name == "change")
    yield from _copyright_years(lines)
    yield from _indexes(lines)
    yield from _stated(pdf_title, "pdf_title", None, None)
    for code in words_of.indexes_named(words_of.plain(pdf_title))[:1]:
        yield Fact("index", code, "pdf_title")


def _copyright_years(lines: Sequence[Line]) -> Iterator[Fact]:
    for line in lines:
        if line.role in _WITH_COPYRIGHT and (match := _COPYRIGHT.search(line.text)):
            yield Fact("review_year", match.group(1), "copyright", line.page, line.number)


def _stated(text: str, origin: str, page: int | None, number: int | None) -> Iterator[Fact]:
    for name, value in _statements(text, origin == "title"):
        if not (name in ("as_of", "review") and origin == "pdf_title"):
            yield Fact(name, value, origin, page, number)


@lru_cache(maxsize=1024)  # titles and footers stand on every page
def _statements(text: str, is_title: bool) -> tuple[tuple[str, str], ...]:
    """The facts that a title or footer states, other than the index, as (name, value)."""
    plain = words_of.plain(text)
    year = _YEAR_OF.search(plain)
    stated = [("change", change) for change in words_of.spoken("changes", plain)]
    stated += [("status", status) for status in words_of.spoken("statuses", plain)[:1]]
    stated += [("review_year", year.group(1) or year.group(2))] if year else []
    dates = find_dates(text)
    if is_title or re.search(_OF_A_YEAR, plain):
        stated += [("review", review) for review in _reviews(text, dates)]
    if not words_of.tells_when_made(plain):
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
        if line.role is Role.TITLE and words_of.plain(line.text):
            by_page.setdefault(line.page, []).append(line)
        elif line.role is Role.FOOTER:
            yield from _index_facts(words_of.plain(line.text), line, "footer")
    for titles in by_page.values():
        texts = [words_of.plain(line.text) for line in titles]
        found: list[Fact] = []
        for line, text, following in zip(titles, texts, [*texts[1:], ""], strict=True):
            goes_on = words_of.may_go_on(text)
            found += _index_facts(f"{text} {following}" if goes_on else text, line, "title")
        if not found:
            found += [
                fact
                for fact in _index_facts(" ".join(texts), titles[0], "title")
                if fact.value in words_of.index_codes()
            ]
        yield from found


def _index_facts(text: str, line: Line, origin: str) -> Iterator[Fact]:
    for code in _indexes_named(text):
        yield Fact("index", code, origin, line.page, line.number)


_indexes_named = lru_cache(maxsize=1024)(words_of.indexes_named)


def apply_facts(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Set the index, change, status, dates and review of a document from its facts and its sidecar.

    Printed facts come first, then the sidecar; the PDF's title and the copyright year are last resorts. Adds the sidecar's
    values to the facts, and a note if the index is unknown. Raises Refusal when two printed facts, or the sidecar and a
    printed fact, contradict each other.
    """
    supplied = {k: _text(v) for k, v in (sidecar.model_dump(exclude_none=True) if sidecar else {}).items()}
    if "index" in supplied:
        supplied["index"] = words_of.index_code(supplied["index"])
    for name, value in supplied.items():
        document.facts.append(Fact(name, value, "sidecar"))
    document.index_code = _settled(document, "index", supplied, sidecar_name, fallback="pdf_title")
    document.change = _settled(document, "change", supplied, sidecar_name, fallback="pdf_title")
    document.status = _settled(document, "status", supplied, sidecar_name)
    as_of = _settled(document, "as_of", supplied, sidecar_name)
    document.as_of = date.fromisoformat(as_of) if as_of else None
    published_on = _settled(document, "published_on", supplied, sidecar_name)
    document.published_on = date.fromisoformat(published_on) if published_on else None
    document.review = _settled(document, "review", supplied, sidecar_name)
    document.review_year = _review_year(document, supplied, sidecar_name)
    if document.index_code and document.index_code not in words_of.index_codes():
        document.notes.append(
            Note(
                "warning",
                f"{document.index_code!r} is no index that is known: it stands as its title or sidecar names it",
            )
        )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _settled(
    document: Document, name: str, supplied: dict[str, str], sidecar_name: str, fallback: str = ""
) -> str | None:
    printed = [fact for fact in document.facts if fact.name == name and fact.origin in _PRINTED]
    for fact in printed[1:]:
        if fact.value != printed[0].value:
            raise Refusal(f"contradicts itself on {_called(name)}: {_said(printed[0])}, {_said(fact)}")
    if printed:
        if name in supplied and supplied[name] != printed[0].value:
            raise Refusal(
                f"its sidecar {sidecar_name} says {name}: {supplied[name]}, but it prints {_said(printed[0])}"
            )
        return printed[0].value
    if name in supplied:
        return supplied[name]
    return next((fact.value for fact in document.facts if fact.name == name and fact.origin == fallback), None)


def _called(name: str) -> str:
    return {"as_of": "its date", "review_year": "its year"}.get(name, f"its {name}")


def _said(fact: Fact) -> str:
    place = f" ({fact.origin} of page {fact.page}, line {fact.line})" if fact.page else f" ({fact.origin})"
    return fact.value + place


def _review_year(document: Document, supplied: dict[str, str], sidecar_name: str) -> int | None:
    """The year of the review: that of the document's date, else of its title, its sidecar, or its copyright line.

    A list dated early in a year may be of either year: the sidecar then decides. Raises Refusal when they contradict.
    """
    titled = next((fact for fact in document.facts if fact.name == "review_year" and fact.origin in _PRINTED), None)
    said = _settled(document, "review_year", {}, sidecar_name)
    if document.as_of is not None and titled and titled.value not in _years_of(document.as_of):
        if any(fact.name == "as_of" and fact.origin in _PRINTED for fact in document.facts):
            raise Refusal(f"contradicts itself on its year: it is dated {document.as_of}, but prints {_said(titled)}")
        raise Refusal(f"its sidecar {sidecar_name} says as_of: {document.as_of}, but it prints {_said(titled)}")
    wanted = supplied.get("review_year") or (supplied["review"][:4] if "review" in supplied else None)
    printed = said or (document.review[:4] if document.review and "review" not in supplied else None)
    if document.as_of is not None:
        year = review_of(document.as_of)[:4] if document.change else str(document.as_of.year)
        printed = wanted if wanted in _years_of(document.as_of) else year
    if printed and wanted and printed != wanted:
        raise Refusal(f"its sidecar {sidecar_name} says {wanted}, but its date or title says {printed}")
    copyrights = (fact.value for fact in document.facts if fact.name == "review_year" and fact.origin == "copyright")
    found = printed or wanted or max(copyrights, default=None)
    return int(found) if found else None


def _years_of(day: date) -> set[str]:
    """The years of the reviews that a list dated `day` may refer to; before June the last may be of the year before."""
    return {str(day.year), review_of(day)[:4], str(day.year - (day.month < 6))}


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


def settle_list(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
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
        and not words_of.spoken("changes", words_of.plain(members.text))
        and _has_two_tables(document)
    ):
        spoken = next(fact for fact in document.facts if fact.name == "change")
        raise Refusal(
            f"contradicts itself on what it lists: members, by {members.text.strip()[:80]!r} "
            f"({members.role} of page {members.page}, line {members.number}), and {_said(spoken)}"
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


def settle_schedule(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Set the year of a review schedule and the day of its publication, from what it prints and its sidecar."""
    year = schedule_year(document.lines)
    if year:
        document.facts.append(Fact("review_year", str(year[0]), "title", year[1], year[2]))
    published = published_on(document.lines)
    if published:
        document.facts.append(Fact("published_on", published[0].isoformat(), "title", published[1], published[2]))
    document.facts.extend(_copyright_years(document.lines))
    apply_facts(document, sidecar, sidecar_name)


def settle_ground_rules(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Set the index of ground rules to the one that their titles name, else to their sidecar's."""
    for line in document.lines:
        named = words_of.index_named(words_of.plain(line.text)) if line.role is Role.TITLE else None
        if named:
            document.facts.append(Fact("index", named, "title", line.page, line.number))
    apply_facts(document, sidecar, sidecar_name)


def _saying_membership(lines: Iterable[Line]) -> Iterator[Line]:
    """The titles and footers that call the document a membership list."""
    return (line for line in lines if line.role in (Role.TITLE, Role.FOOTER) and _MEMBERSHIP.search(line.text))


def unknowns(document: Document) -> Iterator[Note]:
    """Notes on facts that an accepted list leaves open and a sidecar could supply, and on printed dates that do not exist."""
    if document.kind not in (Kind.MEMBERSHIP_LIST, Kind.MEMBERSHIP_CHANGES):
        return
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

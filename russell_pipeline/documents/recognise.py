"""What an accounted document says of itself: its index, change, status and dates, each with where it says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from russell_pipeline.documents import vocabulary as words_of
from russell_pipeline.documents.dates import find_dates
from russell_pipeline.documents.model import Document, Fact, Kind, Line, Note, Refusal, Role
from russell_pipeline.documents.schedule_recognition import published_on, schedule_year
from russell_pipeline.documents.schedule_words import reconstitution_months
from russell_pipeline.documents.sidecar import Sidecar

_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\D{0,60}?((?:19|20)\d\d)", re.IGNORECASE)
# A year beside what the document is of. The 2000 of an index's name is none.
_YEAR = r"(?<!russell )\b((?:19|20)\d\d)\b"
_OF_A_YEAR = r"\b(?:reconstitution|review|additions?|deletions?|adds|deletes|membership(?: list)?)\b"
_YEAR_OF = re.compile(rf"{_OF_A_YEAR}\s+(?:of\s+|for\s+)?{_YEAR}|{_YEAR}\s+(?:[\w&]+\s+){{0,4}}?{_OF_A_YEAR}")

# The latest day of the month after a review on which that review may become effective.
_EFFECTIVE_BY = 7

# Where a fact counts as printed by the document, as against inferred from a last resort.
_PRINTED = ("title", "footer", "header")


_WITH_COPYRIGHT = (Role.LEGAL, Role.FOOTER, Role.TITLE)


def list_facts(lines: Sequence[Line], pdf_title: str) -> Iterator[Fact]:
    """Every statement that the titles, footers and legal lines of a list make of index, change, status and dates."""
    for line in lines:
        if line.role is Role.TITLE or line.role is Role.FOOTER:
            yield from _stated(line.text, line.role.value, line.page, line.number)
    yield from _copyright_years(lines)
    yield from _titles_over_lines(lines)
    yield from _stated(pdf_title, "pdf_title", None, None)


def _copyright_years(lines: Sequence[Line]) -> Iterator[Fact]:
    for line in lines:
        if line.role in _WITH_COPYRIGHT and (match := _COPYRIGHT.search(line.text)):
            yield Fact("review_year", match.group(1), "copyright", line.page, line.number)


def _stated(text: str, origin: str, page: int | None, number: int | None) -> Iterator[Fact]:
    for name, value in _statements(text):
        if not (name == "as_of" and origin == "pdf_title"):
            yield Fact(name, value, origin, page, number)


@lru_cache(maxsize=1024)  # titles and footers stand on every page
def _statements(text: str) -> tuple[tuple[str, str], ...]:
    """What a title or footer states: names and values of facts."""
    plain = words_of.plain(text)
    year = _YEAR_OF.search(plain)
    stated = [
        ("index", words_of.index_named(plain)),
        ("change", words_of.spoken("changes", plain)),
        ("status", words_of.spoken("statuses", plain)),
        ("review_year", (year.group(1) or year.group(2)) if year else None),
    ]
    dates = [found for found in find_dates(text) if found.starts_on and not found.ends_on and found.year_printed]
    stated += [("as_of", found.starts_on.isoformat()) for found in dates if found.starts_on]
    return tuple((name, value) for name, value in stated if value)


def _titles_over_lines(lines: Sequence[Line]) -> Iterator[Fact]:
    """The index that the titles of a page name only when they are read on from line to line."""
    by_page: dict[int, list[Line]] = {}
    for line in lines:
        if line.role is Role.TITLE:
            by_page.setdefault(line.page, []).append(line)
    for page, titles in by_page.items():
        if not any(words_of.index_named(words_of.plain(line.text)) for line in titles):
            named = words_of.index_named(words_of.plain(" ".join(line.text for line in titles)))
            if named in words_of.index_codes():
                yield Fact("index", named, "title", page, titles[0].number)


def apply_facts(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Settle index, change, status, dates and review of a document from its facts and its sidecar.

    What is printed holds; a sidecar supplies what is not printed; the PDF's title and the copyright year are last resorts.
    Raises Refusal where two printed facts, or the sidecar and a printed fact, contradict each other.
    """
    supplied = {k: _text(v) for k, v in (sidecar.model_dump(exclude_none=True) if sidecar else {}).items()}
    for name, value in supplied.items():
        document.facts.append(Fact(name, value, "sidecar"))
    document.index_code = _settled(document, "index", supplied, sidecar_name, fallback="pdf_title")
    document.change = _settled(document, "change", supplied, sidecar_name, fallback="pdf_title")
    document.status = _settled(document, "status", supplied, sidecar_name)
    as_of = _settled(document, "as_of", supplied, sidecar_name)
    document.as_of = date.fromisoformat(as_of) if as_of else None
    published_on = _settled(document, "published_on", supplied, sidecar_name)
    document.published_on = date.fromisoformat(published_on) if published_on else None
    document.review = supplied.get("review")
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
    """The year of the review: of the date where there is one, of the title, else supplied, else of the copyright line."""
    wanted = supplied.get("review_year") or (supplied["review"][:4] if "review" in supplied else None)
    if document.as_of is not None:
        printed: str | None = str(document.as_of.year)
    else:
        printed = _settled(document, "review_year", {}, sidecar_name)
    if printed and wanted and printed != wanted:
        raise Refusal(f"its sidecar {sidecar_name} says {wanted}, but its date or title says {printed}")
    year = printed or wanted
    if year is None:
        year = max(
            (fact.value for fact in document.facts if fact.name == "review_year" and fact.origin == "copyright"),
            default=None,
        )
    return int(year) if year else None


def settle_list(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Tell lists from changes, and place changes in their review.

    A list without a date belongs to the annual reconstitution of its year; from 2026, where a year has two, its sidecar
    must say which. Raises Refusal where the document says neither what it lists nor to which reconstitution it belongs.
    """
    apply_facts(document, sidecar, sidecar_name)
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
    elif document.taxonomy is not None and not _says_membership(document.lines):
        raise Refusal(
            f"lists symbols and sectors but does not say whether they are additions or deletions: say `change:` in {sidecar_name}"
        )
    else:
        document.kind = Kind.MEMBERSHIP_LIST


def review_of(day: date) -> str:
    """The review that a list dated on a day is of: the next in March, June, September or December.

    A review is effective on the session after its implementation, which may fall into the first days of the month after.
    """
    if day.day <= _EFFECTIVE_BY and day.month % 3 == 1:
        return f"{day.year}-{day.month - 1:02}" if day.month > 1 else f"{day.year - 1}-12"
    return f"{day.year}-{-(-day.month // 3) * 3:02}"


def settle_schedule(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Settle the year of a review schedule and the day of its publication."""
    year = schedule_year(document.lines)
    if year:
        document.facts.append(Fact("review_year", str(year[0]), "title", year[1], year[2]))
    published = published_on(document.lines)
    if published:
        document.facts.append(Fact("published_on", published[0].isoformat(), "title", published[1], published[2]))
    document.facts.extend(_copyright_years(document.lines))
    apply_facts(document, sidecar, sidecar_name)


def settle_ground_rules(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Settle which index ground rules are of: the one that their titles name."""
    for line in document.lines:
        named = words_of.index_named(words_of.plain(line.text)) if line.role is Role.TITLE else None
        if named:
            document.facts.append(Fact("index", named, "title", line.page, line.number))
    apply_facts(document, sidecar, sidecar_name)


def _says_membership(lines: Iterable[Line]) -> bool:
    return any("membership" in line.text.lower() for line in lines if line.role in (Role.TITLE, Role.FOOTER))


def unknowns(document: Document) -> Iterator[Note]:
    """What a person would want to supply: facts of an accepted list that nothing says."""
    if document.kind not in (Kind.MEMBERSHIP_LIST, Kind.MEMBERSHIP_CHANGES):
        return
    if document.index_code is None:
        yield Note("warning", "does not say which index it is of: say `index:` in its sidecar")
    if document.review_year is None:
        yield Note("warning", "does not say of which year it is: say `review_year:` in its sidecar")
    elif document.as_of is None and document.kind is Kind.MEMBERSHIP_LIST and document.review is None:
        yield Note("info", "has no date: taken as of the annual reconstitution of its year")
    years = {fact.origin for fact in document.facts if fact.name == "review_year"}
    if years == {"copyright"} and document.as_of is None:
        yield Note("info", f"its year, {document.review_year}, is only that of its copyright line")

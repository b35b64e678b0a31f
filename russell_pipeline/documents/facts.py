"""All kinds of documents: sets index, change, status, dates and review from the facts of a document and its sidecar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from russell_pipeline.dates.reviews import review_of
from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.model import Document, Fact, Line, Note, Role
from russell_pipeline.documents.sidecar import Sidecar
from russell_pipeline.errors import Refusal

_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright)\D{0,60}?((?:19|20)\d\d)", re.IGNORECASE)
_WITH_COPYRIGHT = (Role.LEGAL, Role.FOOTER, Role.TITLE)
# The origins of facts that the document itself prints, unlike those of last resort.
_PRINTED = ("title", "footer", "header")


def copyright_years(lines: Sequence[Line]) -> Iterator[Fact]:
    """The years of copyright lines, as facts on the year of the review."""
    for line in lines:
        if line.role in _WITH_COPYRIGHT and (match := _COPYRIGHT.search(line.text)):
            yield Fact("review_year", match.group(1), "copyright", line.page, line.number)


def apply_facts(document: Document, sidecar: Sidecar | None, sidecar_name: str) -> None:
    """Set the index, change, status, dates and review of a document from its facts and its sidecar.

    Printed facts come first, then the sidecar; the PDF's title and the copyright year are last resorts. Adds the sidecar's
    values to the facts, and a note if the index is unknown. Raises Refusal when two printed facts, or the sidecar and a
    printed fact, contradict each other.
    """
    supplied = {k: _text(v) for k, v in (sidecar.facts if sidecar else {}).items()}
    if "index" in supplied:
        supplied["index"] = vocabulary.index_code(supplied["index"])
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
    if document.index_code and document.index_code not in vocabulary.index_codes():
        document.notes.append(
            Note(
                "warning",
                f"{document.index_code!r} is no index that is known: it stands as its title or sidecar names it",
            )
        )


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _settled(
    document: Document, name: str, supplied: dict[str, str], sidecar_name: str, fallback: str = ""
) -> str | None:
    printed = [fact for fact in document.facts if fact.name == name and fact.origin in _PRINTED]
    for fact in printed[1:]:
        if fact.value != printed[0].value:
            raise Refusal(f"contradicts itself on {_called(name)}: {with_place(printed[0])}, {with_place(fact)}")
    if printed:
        if name in supplied and supplied[name] != printed[0].value:
            raise Refusal(
                f"its sidecar {sidecar_name} says {name}: {supplied[name]}, but it prints {with_place(printed[0])}"
            )
        return printed[0].value
    if name in supplied:
        return supplied[name]
    return next((fact.value for fact in document.facts if fact.name == name and fact.origin == fallback), None)


def _called(name: str) -> str:
    return {"as_of": "its date", "review_year": "its year"}.get(name, f"its {name}")


def with_place(fact: Fact) -> str:
    """A fact for a sentence: its value and the place where the document states it."""
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
            raise Refusal(
                f"contradicts itself on its year: it is dated {document.as_of}, but prints {with_place(titled)}"
            )
        raise Refusal(f"its sidecar {sidecar_name} says as_of: {document.as_of}, but it prints {with_place(titled)}")
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

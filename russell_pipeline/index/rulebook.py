"""An index definition against the ground rules: clauses that are no longer those it implements, facts that it contradicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from russell_pipeline.calendar.model import REVIEW_MONTHS
from russell_pipeline.documents.rulebook_facts import Leg, RulebookFact
from russell_pipeline.documents.vocabulary import index_named, plain
from russell_pipeline.findings import Finding
from russell_pipeline.index.decimals import PLACES
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.policies import resting_on

AREA = "index"
# What levels are: one a session, at its close.
_FREQUENCIES = frozenset({"end-of-day", "end of day", "daily", "closing"})
_NEAR = 1e-9


class ClauseFound(NamedTuple):
    """A clause of a document: the hash of its text, and where it begins."""

    clause: str
    text_sha256: str
    page: int
    line: int


def is_about(definition: Definition, facts: Sequence[RulebookFact]) -> bool:
    """Whether ground rules are those of the index, by the name that they give it."""
    return any(fact.name == "index_name" and plain(str(fact.value)) == plain(definition.name) for fact in facts)


def check_pins(definition: Definition, found: Sequence[ClauseFound], document_id: str | None = None) -> list[Finding]:
    """Pinned clauses whose text is another in a document of ground rules, or that it does not have, one finding each.

    Each names the clause, the definition and the policies that rest on it. METHODOLOGY 5.
    """
    if definition.rulebook is None:
        return []
    by_number = {one.clause: one for one in found}
    findings = []
    for clause, text_sha256 in definition.rulebook.clauses.items():
        here = by_number.get(clause)
        if here is not None and here.text_sha256 == text_sha256:
            continue
        what = "is not there any more" if here is None else "has changed"
        resting = ", ".join(resting_on(clause)) or "none"
        pinned = f"clause {clause}, as {definition.code} implements it from {definition.rulebook.document},"
        message = f"{pinned} {what}; policies that rest on it: {resting}"
        place = (here.page, here.line) if here else (None, None)
        findings.append(Finding(AREA, "warning", f"{definition.code} {clause}", message, document_id, *place))
    return findings


def check_facts(definition: Definition, facts: Sequence[RulebookFact], document_id: str | None = None) -> list[Finding]:
    """What ground rules state and the definition, or the way in which levels are computed, contradicts, one finding each."""
    findings = []
    for fact in facts:
        place = f"clause {fact.clause}" if fact.clause else "the title page"
        for contradicted in _contradicted(definition, fact):
            message = f"{place} says {fact.text!r}, but {definition.code} {contradicted}"
            subject = f"{definition.code} {fact.name}"
            findings.append(Finding(AREA, "warning", subject, message, document_id, fact.page, fact.line))
    return findings


def _contradicted(definition: Definition, fact: RulebookFact) -> Iterator[str]:
    """What of the definition a fact contradicts."""
    value: Any = fact.value
    match fact.name:
        case "index_name" if plain(value) != plain(definition.name):
            yield f"is called {definition.name}"
        case "currency" | "calculated_in" if value != definition.currency:
            yield f"is computed in {definition.currency}"
        case "review_months" if tuple(sorted(value)) != REVIEW_MONTHS:
            yield f"is reviewed in the months {', '.join(map(str, REVIEW_MONTHS))}"
        case "calculation_frequency" if value not in _FREQUENCIES:
            yield "has one level a session, at its close"
        case "decimals" if value != PLACES:
            yield f"is displayed to {PLACES} decimals"
        case "scale":
            units = _units(definition)
            multiple = units["long"][1] / units["short"][1] if len(units) > 1 else None
            if multiple is None or abs(multiple - value) > _NEAR:
                yield f"has legs that stand at {_said(units)}"
        case "legs":
            yield from _legs(definition, value)


def _legs(definition: Definition, stated: Sequence[Leg]) -> Iterator[str]:
    units = _units(definition)
    whole, said = sum(amount for _, amount in units.values()), sum(leg.percent for leg in stated)
    sides = [leg.side for leg in stated]
    if sorted(sides) != sorted(units) or any(
        abs(units[leg.side][1] / whole - leg.percent / said) > _NEAR for leg in stated
    ):
        yield f"has legs that stand at {_said(units)}"
    for leg in stated:
        component, code = units.get(leg.side, ("", 0.0))[0], index_named(plain(leg.component))
        if component and code is not None and code != component:
            yield f"has {component} as its {leg.side} leg, not {code}"


def _units(definition: Definition) -> Mapping[str, tuple[str, float]]:
    """The component and the units without sign of each side."""
    return {"long" if leg.units > 0 else "short": (leg.component, abs(leg.units)) for leg in definition.legs}


def _said(units: Mapping[str, tuple[str, float]]) -> str:
    return " to ".join(f"{amount:g} {side} {component}" for side, (component, amount) in units.items())

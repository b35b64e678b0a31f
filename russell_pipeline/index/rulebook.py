"""An index definition against its ground rules: pinned clauses that changed, and facts that it contradicts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.stated_formulas import formula_of, months_before
from russell_pipeline.dates.reviews import REVIEW_MONTHS, reviews_between
from russell_pipeline.dates.rules import RuleExpression
from russell_pipeline.dates.stated import DateRule
from russell_pipeline.documents.rulebooks.facts import Leg as StatedLeg
from russell_pipeline.documents.rulebooks.facts import RulebookFact
from russell_pipeline.documents.rulebooks.figures import StatedRules
from russell_pipeline.documents.vocabulary import index_named, plain
from russell_pipeline.findings import Finding
from russell_pipeline.index.decimals import PLACES
from russell_pipeline.index.definition import Definition, Leg
from russell_pipeline.index.policies import policies_on_clause

AREA = "index"
# Words for one level a session, at its close.
_FREQUENCIES = frozenset({"end-of-day", "end of day", "daily", "closing"})
_NEAR = 1e-9


class ClauseText(NamedTuple):
    """A clause of a document, with the hash of its text and the place where it begins."""

    clause: str
    text_sha256: str
    page: int
    line: int


class GroundRules(NamedTuple):
    """A document of ground rules: its clauses, the facts that it states of its index, and the rules that it states in figures."""

    document_id: str
    clauses: Sequence[ClauseText]
    facts: Sequence[RulebookFact]
    stated: StatedRules

    @property
    def name(self) -> str | None:
        """The name of its index, or indexes, None if it prints none."""
        return next((str(fact.value) for fact in self.facts if fact.name == "index_name"), None)

    @property
    def version(self) -> tuple[int, ...]:
        """The numbers of its version, empty if it prints none."""
        printed = next((str(fact.value) for fact in self.facts if fact.name == "version"), "")
        return tuple(map(int, re.findall(r"\d+", printed)))

    @property
    def title(self) -> str:
        """The name of its index with the version, or what it prints of them; may be empty."""
        version = ".".join(map(str, self.version))
        return " ".join(filter(None, (self.name, version and f"v{version}")))


def newest(documents: Sequence[GroundRules]) -> list[GroundRules]:
    """The documents without those that a later version of the rules of the same index replaces."""
    last: dict[str, tuple[int, ...]] = {}
    for rules in documents:
        name = plain(rules.name or rules.document_id)
        last[name] = max(last.get(name, ()), rules.version)
    return [rules for rules in documents if rules.version == last[plain(rules.name or rules.document_id)]]


def check_rules(definition: Definition, documents: Sequence[GroundRules], calendar: RuleCalendar) -> Iterator[Finding]:
    """The findings on the ground rules of an index; versions before the newest are mentioned, but not compared."""
    mine = [rules for rules in documents if is_about(definition, rules.facts)]
    last = max((rules.version for rules in mine), default=())
    for rules in mine:
        if rules.version and rules.version < last:
            older, newer = (".".join(map(str, version)) for version in (rules.version, last))
            message = f"ground rules v{older} of {definition.code} were not compared with it: v{newer} is in the lake"
            yield Finding(AREA, "info", f"{definition.code} v{older}", message, rules.document_id)
        else:
            yield from check_pins(definition, rules.clauses, rules.document_id)
            yield from check_facts(definition, rules.facts, calendar, rules.document_id)


def is_about(definition: Definition, facts: Sequence[RulebookFact]) -> bool:
    """Whether ground rules are those of the index, by its name."""
    return any(fact.name == "index_name" and plain(str(fact.value)) == plain(definition.name) for fact in facts)


def check_pins(definition: Definition, found: Sequence[ClauseText], document_id: str | None = None) -> list[Finding]:
    """One finding for each pinned clause whose text differs in a document of ground rules, or is missing from it.

    It names the clause, the definition and the policies that rest on the clause.
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
        resting = ", ".join(policies_on_clause(clause)) or "none"
        pinned = f"clause {clause}, as {definition.code} implements it from {definition.rulebook.document},"
        message = f"{pinned} {what}; policies that rest on it: {resting}"
        place = (here.page, here.line) if here else (None, None)
        findings.append(Finding(AREA, "warning", f"{definition.code} {clause}", message, document_id, *place))
    return findings


def check_facts(
    definition: Definition, facts: Sequence[RulebookFact], calendar: RuleCalendar, document_id: str | None = None
) -> list[Finding]:
    """One finding for each statement of ground rules that the definition, or the way levels are computed, contradicts.

    The rule for the price cut-off is compared with the policy on it over the reviews since the base.
    """
    findings = list(_cutoff_findings(definition, facts, calendar, document_id))
    for fact in facts:
        place = f"clause {fact.clause}" if fact.clause else "the title page"
        for contradicted in _contradicted(definition, fact):
            message = f"{place} says {fact.text!r}, but {definition.code} {contradicted}"
            subject = f"{definition.code} {fact.name}"
            findings.append(Finding(AREA, "warning", subject, message, document_id, fact.page, fact.line))
    return findings


def _contradicted(definition: Definition, fact: RulebookFact) -> Iterator[str]:
    """What the definition has instead of what a fact says."""
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
            multiple = definition.long.units / -definition.short.units if definition.short else None
            if multiple is None or abs(multiple - value) > _NEAR:
                yield f"has legs that stand at {_legs_in_words(definition)}"
        case "legs":
            yield from _contradicted_legs(definition, value)


class _CutOff(NamedTuple):
    """The price cut-off of a review: the day that ground rules state, and that of the policy, None where it has none."""

    review: str
    stated: date
    ours: date | None


def _cutoff_findings(
    definition: Definition, facts: Sequence[RulebookFact], calendar: RuleCalendar, document_id: str | None
) -> Iterator[Finding]:
    """The stated rules for the price cut-off against the policy on it; a rule that cannot be read is not guessed at."""
    policy = definition.policies.price_cutoff
    subject, not_compared = f"{definition.code} price_cutoff", f"price_cutoff {policy} was not compared with it"
    fact = next((one for one in facts if one.name == "price_cutoff"), None)
    if fact is None:
        message = (
            f"no rule for the price cut-off can be read from the ground rules of {definition.code}: {not_compared}"
        )
        yield Finding(AREA, "info", subject, message, document_id)
        return
    rules: Any = fact.value
    reviews: dict[RuleExpression | None, list[str]] = defaultdict(list)
    for review in _reviews_since(definition.base.date, calendar):
        reviews[_rule_for(rules, review)].append(review)
    unread: dict[str, None] = {}  # each once
    for rule, dated in reviews.items():
        if rule is None:
            months = ", ".join(sorted({review[-2:] for review in dated}))
            unread[f"nothing that can be read of the reviews of month {months}"] = None
        elif (days := _cutoff_days(rule.rule, dated, calendar, policy)) is None:
            unread[f"{rule.text!r}, which leaves the day open"] = None
        elif differing := [one for one in days if one.stated != one.ours]:
            first, agree = differing[0], len(days) - len(differing)
            message = (
                f"clause {fact.clause} says {rule.text!r}, but {definition.code} has price_cutoff {policy}: {first.review} is "
                f"weighed at {first.ours or 'no day'}, not {first.stated}; {agree} of {len(days)} reviews agree"
            )
            yield Finding(AREA, "info" if agree else "warning", subject, message, document_id, fact.page, fact.line)
    for what in unread:
        message = f"clause {fact.clause} says {what}: {not_compared}"
        yield Finding(AREA, "info", subject, message, document_id, fact.page, fact.line)


def _cutoff_days(rule: DateRule, reviews: Sequence[str], calendar: RuleCalendar, policy: str) -> list[_CutOff] | None:
    """The nominal cut-offs of reviews, before a holiday moves them; None if the rule leaves the day open."""
    days = []
    for review in reviews:
        formula = formula_of(rule, review)
        if formula is None:
            return None
        by_policy = (one.nominal_on for one in calendar.dates(review, "price_cutoff") if one.policy == policy)
        days.append(_CutOff(review, calendar.evaluate(formula, review).nominal, next(by_policy, None)))
    return days


def _reviews_since(base: date, calendar: RuleCalendar) -> list[str]:
    """The reviews after a base that the sessions cover."""
    covered = reviews_between(base.year, calendar.sessions.last.year - 1)
    return [review for review in covered if review > f"{base:%Y-%m}"]


def _rule_for(rules: Sequence[RuleExpression], review: str) -> RuleExpression | None:
    """The rule that dates a review: one that names its month or either of the two before, else one for every month."""
    named = [one for one in rules if months_before(one.rule, review) is not None]
    of_every_month = [one for one in rules if not one.rule.months]
    return next(iter([*named, *of_every_month]), None)


def _contradicted_legs(definition: Definition, stated: Sequence[StatedLeg]) -> Iterator[str]:
    """How the definition's legs differ from the stated ones, in proportion or in their components."""
    legs = _legs_by_side(definition)
    units, percent = sum(abs(leg.units) for leg in legs.values()), sum(leg.percent for leg in stated)
    if sorted(leg.side for leg in stated) != sorted(legs) or any(
        abs(abs(legs[leg.side].units) / units - leg.percent / percent) > _NEAR for leg in stated
    ):
        yield f"has legs that stand at {_legs_in_words(definition)}"
    for leg in stated:
        own, code = legs.get(leg.side), index_named(plain(leg.component))
        if own is not None and code is not None and code != own.component:
            yield f"has {own.component} as its {leg.side} leg, not {code}"


def _legs_by_side(definition: Definition) -> Mapping[str, Leg]:
    return {"long" if leg.units > 0 else "short": leg for leg in definition.legs}


def _legs_in_words(definition: Definition) -> str:
    legs = _legs_by_side(definition).items()
    return " to ".join(f"{abs(leg.units):g} {side} {leg.component}" for side, leg in legs)

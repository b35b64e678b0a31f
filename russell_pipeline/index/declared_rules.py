"""Ground rules against the project's own rules: the days and thresholds that they state in figures, and where they contradict."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.rules import Formula, Rule, Version, shipped_rules
from russell_pipeline.calendar.stated_formulas import formula_of
from russell_pipeline.dates.reviews import EVENTS, reviews_between, year_month
from russell_pipeline.documents.rulebooks.figures import Place, StatedDay, StatedFigure, StatedRules, subject_of
from russell_pipeline.documents.vocabulary import plain
from russell_pipeline.errors import NoRuleError
from russell_pipeline.findings import Finding
from russell_pipeline.index.rulebook import GroundRules
from russell_pipeline.membership.indexes import indexes
from russell_pipeline.membership.review_rules import (
    COUNTRY_LEAD,
    COUNTRY_OVER_REGION,
    FREE_FLOAT_BUFFER,
    FREE_FLOAT_UPDATE,
    LEAST_FREE_FLOAT,
    LEAST_MARKET_CAP,
    LEAST_PRICE,
    LEAST_VOTES,
    MINIMUM_FREE_FLOAT,
    MINIMUM_MARKET_CAP,
    MINIMUM_PRICE,
    MINIMUM_VOTING_RIGHTS,
    RULES,
    SHARES_BUFFER,
    SHARES_UPDATE,
)
from russell_pipeline.wording import counted

# The thresholds of the project by the name that a statement of ground rules has, each with its rule.
_THRESHOLDS = {
    MINIMUM_PRICE.id: (Fraction(LEAST_PRICE), MINIMUM_PRICE),
    MINIMUM_MARKET_CAP.id: (Fraction(LEAST_MARKET_CAP), MINIMUM_MARKET_CAP),
    MINIMUM_FREE_FLOAT.id: (LEAST_FREE_FLOAT, MINIMUM_FREE_FLOAT),
    MINIMUM_VOTING_RIGHTS.id: (LEAST_VOTES, MINIMUM_VOTING_RIGHTS),
    "shares_buffer": (SHARES_BUFFER, SHARES_UPDATE),
    "free_float_buffer": (FREE_FLOAT_BUFFER, FREE_FLOAT_UPDATE),
    "country_lead": (Fraction(COUNTRY_LEAD, 100), COUNTRY_OVER_REGION),
}
_CITED = re.compile(r"\d+(?:\.\d+)*|Appendix [A-Z]")
# Days are compared over so many years from the publication of ground rules, as far as the exchange's sessions are known.
_YEARS = 10


@dataclass(frozen=True)
class ComparedRule:
    """A rule that ground rules state, beside the project's: `agrees` is None where the project has none that can be compared.

    `subject` is an event with the months of its reviews, or the name of a threshold; `ours` says what the project has, with its
    source; `difference` is empty where they agree.
    """

    subject: str
    place: Place
    agrees: bool | None
    ours: str = ""
    difference: str = ""


def compare_rules(stated: StatedRules, calendar: RuleCalendar) -> list[ComparedRule]:
    """What ground rules state in figures beside the rules of the project, in the order of the text.

    Days are compared, not words: "the fourth Friday" and "the last Friday, or the one before where that is the 29th or 30th" are
    the same. The project's rule is the version in force at the first review after the publication; without a date of
    publication, its last.
    """
    compared = [
        *(_figure(one) for one in stated.figures),
        *(_day(one, stated.published, calendar) for one in stated.days),
    ]
    return sorted(compared, key=lambda one: (one.place.page, one.place.line))


def check_stated_rules(rules: GroundRules, calendar: RuleCalendar) -> Iterator[Finding]:
    """The findings on ground rules that contradict a rule of the project, or themselves."""
    name = rules.title or "the ground rules"
    for one in compare_rules(rules.stated, calendar):
        if one.agrees is False:
            message = f"{one.place.named} of {name} says {one.place.text!r}, but {one.ours}{one.difference}"
            area = "calendar" if one.subject.split()[0] in EVENTS else "membership"
            yield Finding(
                area, "warning", f"{name} {one.subject}", message, rules.document_id, one.place.page, one.place.line
            )
    for says, place in contradictions(rules.stated):
        message = f"{place.named} of {name} {says}"
        yield Finding(
            "documents", "warning", f"{name} {place.clause}", message, rules.document_id, place.page, place.line
        )


def rules_on_clause(name: str, clause: str) -> list[str]:
    """The rules of the project that cite a clause of the ground rules of this name, a part of it, or what it is a part of.

    They are named by id, those of the calendar and those of reviews.
    """
    sources = shipped_rules().sources
    documents = [key for key, title in sources.items() if plain(title).startswith(plain(name))]
    cited = [(rule.id, version.source) for rule in shipped_rules().rules for version in rule.versions]
    cited += [(rule.id, rule.source) for rule in RULES.values()]
    found: dict[str, None] = {}  # each once
    for rule_id, source in cited:
        where = " ".join(words for key in documents for words in re.findall(rf"\b{key}\b([^;]*)", source))
        if any(
            f"{one}.".startswith(f"{clause}.") or f"{clause}.".startswith(f"{one}.") for one in _CITED.findall(where)
        ):
            found[rule_id] = None
    return [*found]


def contradictions(stated: StatedRules) -> Iterator[tuple[str, Place]]:
    """Where ground rules contradict themselves: products with another result, and a threshold that they state twice."""
    for wrong in stated.wrong_products:
        yield (
            f"contradicts itself: it prints {wrong.place.text!r}, but the product is {wrong.product.normalize():f}",
            wrong.place,
        )
    first: dict[str, StatedFigure] = {}
    for one in stated.figures:
        other = first.setdefault(one.name, one)
        if other.value != one.value:
            yield f"says {one.place.text!r}, but {other.place.named} {other.place.text!r}", one.place


def _figure(stated: StatedFigure) -> ComparedRule:
    name, place = stated.name, stated.place
    if name.startswith("members "):
        index = indexes().get(name.removeprefix("members "))
        ours, source = (Fraction(index.nominal), index.source) if index and index.nominal else (None, "")
    else:
        value, rule = _THRESHOLDS.get(name, (None, None))
        ours, source = value, f"{rule.id}, {rule.source}" if rule else ""
    if ours is None:
        return ComparedRule(name, place, None)
    told = f"the project has {_number(ours)} ({source})"
    return ComparedRule(
        name, place, ours == stated.value, told, "" if ours == stated.value else f", not {_number(stated.value)}"
    )


def _number(value: Fraction) -> str:
    return f"{float(value):,.15g}" if value >= 1 else f"{float(value * 100):g} %"


def _day(stated: StatedDay, published: str | None, calendar: RuleCalendar) -> ComparedRule:
    subject, place = subject_of(stated), stated.place
    compared: list[tuple[str, date, list[date]]] = []
    told: dict[str, None] = {}  # each rule once, with how sure it is of the first review
    for month in stated.months:
        reviews = _reviews(month, published, calendar)
        if not reviews or (found := _in_force(calendar, stated.event, reviews[0 if published else -1])) is None:
            continue
        rule, version = found
        for review in reviews:
            formula = formula_of(stated.rule, review)
            theirs = _nominal(calendar, formula, review) if formula else None
            ours = [day for one in version.at if (day := _nominal(calendar, one, review))]
            if theirs and ours:
                compared.append((review, theirs, ours))
                if review != reviews[0]:
                    continue
                told[f"{rule.id} has {version.says} ({version.source}; {version.confidence_for(review).value})"] = None
    if not compared:
        return ComparedRule(subject, place, None)
    differing = [one for one in sorted(compared) if one[1] not in one[2]]
    if not differing:
        return ComparedRule(subject, place, True, "; ".join(told))
    review, theirs, ours = differing[0]
    agree = len(compared) - len(differing)
    days = " and ".join(map(str, ours))
    difference = f": {review} has {days}, not {theirs}; {agree} of {counted(len(compared), 'review')} agree"
    return ComparedRule(subject, place, False, "; ".join(told), difference)


def _reviews(month: int, published: str | None, calendar: RuleCalendar) -> list[str]:
    """The reviews of a month that days are compared for, the first of them the first after the publication."""
    last = calendar.sessions.last.year - 1
    first = int(published[:4]) if published else last - _YEARS
    reviews = reviews_between(first, min(first + _YEARS, last))
    return [review for review in reviews if year_month(review)[1] == month and review >= (published or "")]


def _in_force(calendar: RuleCalendar, event: str, review: str) -> tuple[Rule, Version] | None:
    """The rule of the project that dates an event of a review, whatever the policies; spans are not compared."""
    dating = calendar.rules.dating(review, event)
    return next(((rule, version) for rule, version in dating if version.at and rule.subject.policy is None), None)


def _nominal(calendar: RuleCalendar, formula: Formula, review: str) -> date | None:
    """The day that a formula gives a review before a holiday moves it; None if it counts from what no rule dates."""
    with suppress(NoRuleError):
        return calendar.evaluate(formula, review).nominal
    return None

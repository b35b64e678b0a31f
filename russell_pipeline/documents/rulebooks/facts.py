"""Ground rules: the facts that they state of their index, which an index definition can be checked against."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from russell_pipeline.dates.expressions import MONTH, WEEKDAY, month_number
from russell_pipeline.dates.rules import RuleExpression, find_rules
from russell_pipeline.documents.model import Line, Role
from russell_pipeline.documents.prose import VERSION, key_text
from russell_pipeline.documents.rulebooks.clauses import Clause, clause_bodies, joined_text

_INDEX_NAME = re.compile(r"[A-Z][\w&/ .-]*?\bInd(?:ex|exes|ices)\b")
_INDEX_CALCULATED = re.compile(rf"\bcalculate (?:the )?(?P<name>{_INDEX_NAME.pattern})")
_CURRENCY = re.compile(r"\bcurrency\b[^.]*?\b(?P<code>[A-Z]{3})\b")
_CALCULATED_IN = re.compile(r"\bcalculated\b[^.]*?\bin (?P<code>[A-Z]{3})\b")
_LEG = re.compile(
    r"(?P<percent>\d+(?:\.\d+)?)\s?% (?P<side>long|short)(?: position)?(?: of| in| on)? "
    r"(?:the )?(?P<component>.+?\bIndex\b)",
    re.IGNORECASE,
)
_REVIEWED = re.compile(
    rf"\breview(?:ed|s)?\b[^.]*?\b(?:in|of) (?P<months>{MONTH}(?:\s*(?:,\s*and|,|and|&)\s*{MONTH})*)"
)
_FREQUENCY = re.compile(
    r"\bcalculated\b[^.]*?\bon an? (?P<frequency>[\w-]+(?: [\w-]+)?) basis"
    r"|\bcalculated (?:in )?(?P<frequency2>real[- ]time)",
    re.IGNORECASE,
)
_DECIMALS = re.compile(r"\b(?P<n>\w+) decimal (?:points|places)", re.IGNORECASE)
_TIMES = re.compile(r"\bequal to (?P<n>\w+) times\b", re.IGNORECASE)
_WEEKDAY_BEFORE = re.compile(rf"\b{WEEKDAY}\W+(?:\w+\W+){{0,5}}$")
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z])")
_WORDS = {
    word: n
    for n, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
}


class Leg(NamedTuple):
    """A leg of a composite index: the component, `long` or `short`, and the percentage as printed."""

    component: str
    side: str
    percent: float


FactValue = str | int | tuple[int, ...] | tuple[Leg, ...] | tuple[RuleExpression, ...]


@dataclass(frozen=True, slots=True)
class RulebookFact:
    """A statement of ground rules that an index definition can be checked against, with its words and their place.

    By `name`: version, index_name, currency, calculated_in, calculation_frequency (str); decimals, scale (int: the long
    leg's multiple of the short); review_months (numbers); legs (Leg, in order); price_cutoff (rules). `clause` is None
    on the title page.
    """

    name: str
    value: FactValue
    text: str
    clause: str | None
    page: int
    line: int


def rulebook_facts(found: Sequence[Clause], lines: Sequence[Line]) -> list[RulebookFact]:
    """The facts of accounted ground rules, each once, from the first place that states it.

    `found` are the clauses of `lines`.
    """
    facts = [*_title_facts(lines)]
    bodies = {number: body for number, _, body in clause_bodies(lines)}
    for clause in found:
        text, places = joined_text(bodies[clause.clause])
        for name, value, start, end in _clause_facts(text):
            at = next(line for offset, line in reversed(places) if offset <= start)
            facts.append(RulebookFact(name, value, text[start:end], clause.clause, at.page, at.number))
    first: dict[str, RulebookFact] = {}
    for fact in facts:
        first.setdefault(fact.name, fact)
    return list(first.values())


def _title_facts(lines: Sequence[Line]) -> Iterator[RulebookFact]:
    titles = [line for line in lines if line.role is Role.TITLE]
    for line in (*titles, *(line for line in lines if line.role is Role.FOOTER)):
        if version := VERSION.search(line.text):
            yield RulebookFact("version", f"v{version['version']}", version[0], None, line.page, line.number)
    # A name may be set over two lines.
    texts = [*map(key_text, titles), *(f"{key_text(one)} {key_text(two)}" for one, two in pairwise(titles))]
    for line, text in zip([*titles, *titles], texts, strict=False):
        if name := _INDEX_NAME.search(text):
            yield RulebookFact("index_name", name[0], name[0], None, line.page, line.number)


def _clause_facts(text: str) -> Iterator[tuple[str, FactValue, int, int]]:
    for name, pattern, value in _SINGLE_FACTS:
        if match := pattern.search(text):
            read = value(match)
            if read is not None:
                yield name, read, *match.span()
    if legs := list(_LEG.finditer(text)):
        value_of_legs = tuple(Leg(leg["component"], leg["side"].lower(), float(leg["percent"])) for leg in legs)
        yield "legs", value_of_legs, legs[0].start(), legs[-1].end()
    offset = 0
    for sentence in _SENTENCE.split(text):
        begin = text.index(sentence, offset)
        offset = begin + len(sentence)
        rules = find_rules(sentence) if re.search(r"\bpric(?:es?|ed|ing)\b", sentence) else []
        if rules and not _says_more(sentence, rules):
            yield "price_cutoff", tuple(rules), begin + rules[0].start, begin + rules[-1].end


def _says_more(sentence: str, rules: Sequence[RuleExpression]) -> bool:
    """Whether a weekday right before a rule turns it into another day, as in "the Wednesday before the second Friday"."""
    ends = [0, *(rule.end for rule in rules)]
    return any(_WEEKDAY_BEFORE.search(sentence, end, rule.start) for end, rule in zip(ends, rules, strict=False))


def _number(word: str) -> int | None:
    return int(word) if word.isdigit() else _WORDS.get(word.lower())


_SINGLE_FACTS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], FactValue | None]], ...] = (
    ("index_name", _INDEX_CALCULATED, lambda match: match["name"]),
    ("currency", _CURRENCY, lambda match: match["code"]),
    ("calculated_in", _CALCULATED_IN, lambda match: match["code"]),
    ("review_months", _REVIEWED, lambda match: tuple(map(month_number, re.findall(MONTH, match["months"])))),
    ("scale", _TIMES, lambda match: _number(match["n"])),
    ("calculation_frequency", _FREQUENCY, lambda match: (match["frequency"] or match["frequency2"]).lower()),
    ("decimals", _DECIMALS, lambda match: _number(match["n"])),
)

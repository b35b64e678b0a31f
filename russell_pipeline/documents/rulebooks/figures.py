"""Ground rules: the thresholds, ranks and days that they state in figures, and products with a wrong result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from russell_pipeline.dates.expressions import MONTH, month_number
from russell_pipeline.dates.reviews import REVIEW_MONTHS
from russell_pipeline.dates.rules import find_rules
from russell_pipeline.dates.stated import DateRule
from russell_pipeline.documents.model import Line, Role
from russell_pipeline.documents.prose import VERSION, key_text
from russell_pipeline.documents.rulebooks.clauses import clause_bodies, joined_text
from russell_pipeline.documents.vocabulary import index_codes, index_named, plain

_NUMBERS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
    nineteen twenty
"""
_WORDS = {word: n for n, word in enumerate(_NUMBERS.split())}
_N = r"(?P<n>\d[\d,]*(?:\.\d+)?|\b(?:" + "|".join(_WORDS) + r")\b)"
_SCALES = {
    "thousand": 10**3,
    "million": 10**6,
    "m": 10**6,
    "billion": 10**9,
    "bn": 10**9,
    "b": 10**9,
    "trillion": 10**12,
}
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|trillion|bn|[mMbB])\b)?"
_MONEY = rf"(?:US\$|\$|\bUSD)\s?{_N}{_SCALE}"
_PERCENT = rf"{_N}\s?(?:%|per ?cent\b)"
_POINTS = rf"{_N}\s?(?:percentage points?|points?)\b"
_NEAR = r"[^.;]{0,60}?"

# What ground rules state in figures: the name that the rule goes by here, and how they say it. Money is in dollars, shares are
# fractions (5 % is 1/20), and so are percentage points.
_THRESHOLDS: Mapping[str, Sequence[str]] = {
    "minimum_price": (rf"\bclos(?:e|ing) price{_NEAR}\bat or above {_MONEY}", rf"\bmust price at {_MONEY} or above"),
    "minimum_market_cap": (
        rf"\btotal market cap\w*{_NEAR}\b(?:less than|smaller than|larger than|greater than|at least|below|of) {_MONEY}",
    ),
    "minimum_free_float": (
        rf"\bless than an absolute {_PERCENT} of (?:the |their )?shares",
        rf"\bfloat\b{_NEAR}\bmust have {_PERCENT} or (?:greater|more) of (?:the )?shares",
        rf"\bfree float of {_PERCENT} or (?:greater|more|above)",
    ),
    "minimum_voting_rights": (rf"{_PERCENT} or (?:greater|more) of the company['’]s voting rights",),
    "shares_buffer": (rf"\bgreater than {_PERCENT} (?:for|in|of) cumulative shares",),
    "free_float_buffer": (rf"\bgreater than {_POINTS} (?:for|in|of) cumulative free float",),
    "small_free_float": (rf"\bfree float of {_PERCENT} or (?:below|less)",),
    "small_free_float_buffer": (rf"\bfree float of \d[\d.]*% or (?:below|less)[^.;]*\bgreater than {_POINTS}",),
    "offering_value": (rf"(?<!AND a ){_MONEY} investable market cap change",),
    "offering_value_with_shares": (rf"\bAND a {_MONEY} investable market cap change",),
    "offering_shares": (rf"{_PERCENT} change in index shares",),
    "band": (rf"\bcumulative {_PERCENT} (?:market cap|of the market cap)",),
    "microcap_band": (rf"\bMicrocap Index will be banded at {_PERCENT}",),
    "country_lead": (rf"\b{_POINTS} greater than that of any other reported country",),
}  # fmt: skip
_PATTERNS = tuple((name, re.compile(said)) for name, ways in _THRESHOLDS.items() for said in ways)
_RANKS = re.compile(
    r"(?P<index>Russell (?:[\w®™]+ ){1,4}?Index)\s+Companies\s+#\s?(?P<first>\d[\d,]*)\s?[-–]\s?(?P<last>\d[\d,]*)"
)

# The words for the event that a day is stated of, the last before it counts; else the first after it.
_EVENTS = (
    ("rank_day", r"\brank(?:ing)? (?:day|date)\b"),
    ("preliminary_lists", r"\badd(?:s|itions?)?\b(?:,| and)?[^.,;]{0,20}\bdelet(?:es?|ions?)\b"),
    ("shares_float_cutoff", r"\bcut-?off for new information\b"),
    ("lock_down", r"\block-?\s?down\b"),
    ("effective", r"\btakes? effect from the open\b"),
    ("announcement", r"\bannounce\w*"),
    (
        "implementation",
        r"\bimplement(?:ed|ation)\b|\b(?:becom\w+|is|are) effective\b|\breconstitution (?:will )?occurs?\b",
    ),
)
_EVENT = re.compile("|".join(f"(?P<{event}>{words})" for event, words in _EVENTS), re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z*])")
_RECONSTITUTION, _QUARTERLY = (
    re.compile(r"\breconstitution\b", re.IGNORECASE),
    re.compile(r"\bquarterly\b", re.IGNORECASE),
)

_TERM = r"\$?(?P<{0}>\d[\d,]*(?:\.\d+)?)\s?(?P<{0}_unit>%|million|billion|bn|[mMbB]\b)?"
_PRODUCT = re.compile(
    rf"(?<![\d.)*×x+/–-]\s){_TERM.format('a')}\s[*×x]\s{_TERM.format('b')}\s=\s{_TERM.format('c')}(?![.,]?\d)"
)
_MONTH_AND_YEAR = re.compile(rf"(?P<month>{MONTH})\s+(?P<year>(?:19|20)\d\d)")


class Place(NamedTuple):
    """Where ground rules state something: the words, the clause, and the page and line where they begin."""

    text: str
    clause: str
    page: int
    line: int

    @property
    def named(self) -> str:
        """The clause for a sentence: "clause 5.8.1", "Appendix F"."""
        return f"clause {self.clause}" if self.clause[0].isdigit() else self.clause


class StatedFigure(NamedTuple):
    """A threshold by name, or the number of members of an index (`members R2000`), as a number."""

    name: str
    value: Fraction
    place: Place


class StatedDay(NamedTuple):
    """A rule for the day of an event of the reviews of some months."""

    event: str
    months: tuple[int, ...]
    rule: DateRule
    place: Place


class WrongProduct(NamedTuple):
    """A product as it is printed, and what its factors make."""

    product: Decimal
    place: Place


def subject_of(stated: StatedFigure | StatedDay) -> str:
    """What a statement is about: the name of a threshold, or an event with the months of its reviews."""
    if isinstance(stated, StatedFigure):
        return stated.name
    return f"{stated.event} {', '.join(f'{month:02d}' for month in stated.months)}"


class StatedRules(NamedTuple):
    """What ground rules state in figures, in the order of the text, and the month of their title, as `YYYY-MM`."""

    published: str | None
    figures: Sequence[StatedFigure]
    days: Sequence[StatedDay]
    wrong_products: Sequence[WrongProduct]


def stated_rules(lines: Sequence[Line]) -> StatedRules:
    """What accounted ground rules state in figures.

    Of one clause each figure, and each day of an event, is read once however often the clause repeats it.
    """
    figures: dict[tuple[str, Fraction, str], StatedFigure] = {}
    days: dict[tuple[str, tuple[int, ...], DateRule, str], StatedDay] = {}
    products: list[WrongProduct] = []
    for clause, _, body in clause_bodies(lines):
        text, starts = joined_text(body)

        def place(
            start: int, end: int, clause: str = clause, text: str = text, starts: Sequence[tuple[int, Line]] = starts
        ) -> Place:
            at = next(line for offset, line in reversed(starts) if offset <= start)
            return Place(text[start:end], clause, at.page, at.number)

        for name, value, start, end in _figures(text):
            figures.setdefault((name, value, clause), StatedFigure(name, value, place(start, end)))
        for event, months, rule, start, end in _days(text):
            days.setdefault((event, months, rule, clause), StatedDay(event, months, rule, place(start, end)))
        products += [WrongProduct(product, place(start, end)) for product, start, end in wrong_products(text)]
    return StatedRules(_published(lines), [*figures.values()], [*days.values()], products)


def _figures(text: str) -> Iterator[tuple[str, Fraction, int, int]]:
    for name, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield name, _value(match), match.start(), match.end()
    for match in _RANKS.finditer(text):
        code = index_named(plain(match["index"]))
        first, last = (int(match[end].replace(",", "")) for end in ("first", "last"))
        if code in index_codes():
            yield f"members {code}", Fraction(last - first + 1), match.start(), match.end()


def _value(match: re.Match[str]) -> Fraction:
    printed, groups = match["n"].lower(), match.groupdict()
    number = Fraction(_WORDS[printed]) if printed in _WORDS else Fraction(printed.replace(",", ""))
    if "scale" in groups:
        return number * _SCALES.get((groups["scale"] or "").lower(), 1)
    return number / 100


def _days(text: str) -> Iterator[tuple[str, tuple[int, ...], DateRule, int, int]]:
    offset = 0
    for sentence in _SENTENCE.split(text):
        begin = text.index(sentence, offset)
        offset = begin + len(sentence)
        rules = find_rules(sentence)
        for before, found in pairwise([None, *rules]):
            if found is None:
                continue
            after = next((one.start for one in rules if one.start > found.start), len(sentence))
            event = _event(sentence[before.end if before else 0 : found.start], sentence[found.end : after])
            if event is not None and event != found.rule.anchor:
                yield event, _months(sentence, found.rule), found.rule, begin + found.start, begin + found.end


def _event(before: str, after: str) -> str | None:
    """The event that the words around a rule name."""
    named = [match.lastgroup for match in _EVENT.finditer(before)][-1:] or [
        match.lastgroup for match in _EVENT.finditer(after)
    ][:1]
    return named[0] if named else None


def _months(sentence: str, rule: DateRule) -> tuple[int, ...]:
    """The months of the reviews that a rule is for: by its own months, else by those that the sentence speaks of, else all."""
    if rule.months:
        return tuple(
            month for month in REVIEW_MONTHS if any((month - back - 1) % 12 + 1 in rule.months for back in range(3))
        )
    named = {month_number(name) for name in re.findall(MONTH, sentence)}
    if months := tuple(month for month in REVIEW_MONTHS if month in named):
        return months
    if _RECONSTITUTION.search(sentence):
        return (6,)
    return (3, 9, 12) if _QUARTERLY.search(sentence) else REVIEW_MONTHS


def wrong_products(text: str) -> Iterator[tuple[Decimal, int, int]]:
    """The products in a text whose printed result is not that of their factors to its last digit, each with what it should be.

    Units are those of the first factor where the result prints none.
    """
    for match in _PRODUCT.finditer(text):
        unit, of_result = ((match[name] or "").lower() for name in ("a_unit", "c_unit"))
        same = of_result == unit or _SCALES.get(of_result) == _SCALES.get(unit, 0) or (not of_result and unit != "%")
        if match["b_unit"] or not same:
            continue
        one, other, printed = (Decimal(match[name].replace(",", "")) for name in "abc")
        half = Decimal(1).scaleb(int(printed.as_tuple().exponent)) / 2
        if abs(one * other - printed) > half:
            yield one * other, match.start(), match.end()


def _published(lines: Sequence[Line]) -> str | None:
    """The month of a title, or of a running line that has the version."""
    titles = [line for line in lines if line.role is Role.TITLE]
    running = [line for line in lines if line.role is Role.FOOTER and VERSION.search(line.text)]
    for line in (*titles, *running):
        if found := _MONTH_AND_YEAR.search(key_text(line)):
            return f"{found['year']}-{month_number(found['month']):02d}"
    return None

"""Schedules: their words, such as names of events, moments, reviews and sections, and words beside dates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from russell_pipeline.dates.expressions import MONTH, PERHAPS_DATE, find_dates, month_number, states_no_date
from russell_pipeline.dates.reviews import REVIEW_MONTHS, TWO_RECONSTITUTIONS_FROM, reconstitution_months

_CUT_OFF = r"\bcut\s?-?\s?offs?\b"
_PRELIMINARY = r"\b(?:preliminary|provisional)\b"
_LISTS = r"\b(?:files?|lists?|adds?|additions|deletes|deletions|membership)\b"


class Term(NamedTuple):
    """A pattern `key` that names an event if the text also matches `context`; `moment` holds if the text names none."""

    event: str
    key: str
    context: str = ""
    moment: str | None = None


# In order of precedence: of the terms found at one place with their context, the first holds. A label names its event first
# ("Lock-down, when the lists are considered final"), a sentence names it last before the date.
_TERMS = (
    Term("icb_announcement", r"\bannounc\w*", r"\b(?:icb|industry)\b"),
    Term("icb_cutoff", _CUT_OFF, r"\b(?:icb|industry)\b"),
    Term("ipo_market_cap_cutoff", _CUT_OFF, r"^(?=.*\b(?:ipos?|initial (?:public )?offerings?)\b)(?=.*\bmarket cap)"),
    Term("ipo_market_cap_cutoff", r"\bmarket cap(?:itali[sz]ation)? date\b", r"\bipos?\b"),
    Term("ipo_window", r"\b(?:window|period|initially)\b", r"\bipos?\b|\b(?:initial|public) offerings?\b"),
    Term("shares_float_cutoff", _CUT_OFF, r"\bshares?\b|\bfloat\b"),
    Term("price_cutoff", _CUT_OFF, r"\bpric(?:e|es|ing)\b"),
    Term("preliminary_shares", _PRELIMINARY, _PRELIMINARY + r"\W+(?:\w+\W+){0,3}?(?:shares?|float)\b"),
    Term("preliminary_shares", r"\btotal and float shares\b"),
    Term("updated_lists", r"\b(?:updated?|updates|revised|revisions?|refreshed)\b", rf"{_LISTS}|{_PRELIMINARY}"),
    Term(
        "updated_lists",
        _PRELIMINARY,
        r"\b(?:reflecting|including|incorporating|with)\b.{0,20}\b(?:updates?|revisions?)\b"
        rf"|{_PRELIMINARY}\W+(?:(?:{_LISTS}|index|reconstitution|and|are|is)\W+){{1,6}}(?:updated|revised|refreshed)\b"
        rf"|{_PRELIMINARY}\W+(?:(?:{_LISTS}|index|reconstitution)\W+){{1,4}}(?:updates?|revisions?)\b",
    ),
    Term("preliminary_lists", _PRELIMINARY),
    Term(
        "final_lists",
        r"\bfinal(?:i[sz]ed)?\b",
        r"\b(?:files?|lists?|adds?|additions|deletes|deletions|final membership)\b",
    ),
    Term(
        "implementation",
        r"\bfinal(?:i[sz]ed)?\b",
        r"\bclose\b|\breconstitution(?:\W+\w+){0,2}\W+final(?:i[sz]ed)?\b",
        "after_close",
    ),
    Term("query_period", r"\b(?:quer|enquir|inquir)(?:y|ies|ying)\b"),
    Term("lock_down", r"\block(?:ed)?\s?-?\s?(?:down|up)\b|\bfreeze\b"),
    Term("indicative_products", r"\bindicative\b"),
    Term("rank_day", r"(?<!re-)\brank(?:ings?|ed)?\b"),
    Term("rank_day", _CUT_OFF, r"\bmarket cap|\bdata\b|\bmembership\b|\beligib|\bnew information\b"),
    # Who announces a schedule announces nothing of a review.
    Term(
        "announcement",
        r"\bannounc(?!(?:es|ed|ing)\s+(?:\w+\s+){0,4}?(?:schedules?|calendar|timetable|dates)\b)\w*",
    ),
    Term("implementation", r"\bimplement\w*", moment="after_close"),
    Term(
        "implementation",
        r"\b(?:takes? (?:place|effect)|occurs?|completed?|completion|rebalanced(?! ind(?:exes|ices)))\b",
        r"\b(?:reconstitution|reviews?|rebalanc\w+|changes)\b",
        "after_close",
    ),
    Term("implementation", r"\b(?:reconstitution|rebalanc\w+|review) (?:day|date)\b", moment="after_close"),
    Term(
        "effective",
        r"\beffective\b|\bnewly reconstituted\b|\bmarkets open\b|\bmarket opens\b"
        r"|\b(?:reconstituted|rebalanced) ind(?:exes|ices)\b",
    ),
)
_COMPILED = [(term, re.compile(term.key, re.IGNORECASE), re.compile(term.context, re.IGNORECASE)) for term in _TERMS]

# A webinar about an event is no event of the calendar.
_TALK = re.compile(r"\b(?:webinars?|webcasts?|conference calls?|seminars?|briefings?)\b", re.IGNORECASE)

_MOMENTS = tuple(
    (moment, re.compile(pattern, re.IGNORECASE))
    for moment, pattern in (
        (
            "after_close",
            r"\b(?:after|following|post)\b[\s-](?:[\w.]+[\s-]){0,4}?clos(?:es?|ing)\b|\bas (?:\w+ )?markets close\b"
            r"|\b(?:after|following) (?:the )?(?:end of trading|trading (?:ends|closes))\b",
        ),
        (
            "open",
            r"\bopen(?:ing)? of\b|\b(?:at|from|on|before|prior to|as of)(?: the)?(?: \w+)? open(?:ing)?\b(?!-)"
            r"|\((?:\w+ )?open\)|\bmarkets? opens?\b|\b(?:start|beginning) of trading\b|\btrading (?:starts|begins|opens)\b",
        ),
        (
            "close",
            r"\bclose of\b|\b(?:at|as of|as at|the|market|on)(?: the)?(?: \w+)? close\b|\(close\)|\bclosing prices?\b"
            r"|\bend of trading\b",
        ),
    )
)

_QUARTERS = {"first": 3, "1st": 3, "second": 6, "2nd": 6, "third": 9, "3rd": 9, "fourth": 12, "4th": 12}
_QUARTER = re.compile(
    rf"\b(?P<word>{'|'.join(_QUARTERS)})[\s-]+quarter\b|\bQ(?P<q>[1-4])\b|\b(?P<q2>[1-4])Q\b", re.IGNORECASE
)
# A quarter with its year ("1Q2025", "Q3'25").
_QUARTER_OF = re.compile(r"\b(?P<quarter>[1-4]Q|Q[1-4])['’]?(?P<century>19|20)?(?P<year>\d\d)\b", re.IGNORECASE)
_MONTH_YEAR = re.compile(
    rf"(?:\b(?P<before>(?:19|20)\d\d)\s+)?\b(?P<month>{MONTH})(?:,?\s+(?P<after>(?:19|20)\d\d)\b)?"
)
# A year in four figures.
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_REVIEW_WORD = re.compile(
    r"\b(?:reviews?|reconstitutions?|quarterly|rebalanc\w+|ipos?|additions|cycle)\b", re.IGNORECASE
)
_RECONSTITUTION = re.compile(r"\breconstitutions?\b", re.IGNORECASE)
_SEMI_ANNUAL = re.compile(r"\bsemi-?\s?annual|\btwice\b", re.IGNORECASE)

# The title of a schedule.
SCHEDULE_TITLE = re.compile(
    r"\b(?:reconstitution|reviews?|rebalanc\w+)\b.*\b(?:schedule|calendar|timetable|dates|20\d\d)\b"
    r"|\b20\d\d\b.*\breconstitution\b|\b(?:schedule|calendar|timetable|cut-?off dates)\b.*\b20\d\d\b"
    r"|\b(?:schedule|calendar|timetable|dates) (?:for|of)\b.*\b(?:reconstitution|reviews?|rebalanc\w+)\b",
    re.IGNORECASE,
)
# Sections by the words of their headings.
SECTIONS = (
    ("summary", re.compile(r"\bsummary\b|\bat a glance\b", re.IGNORECASE)),
    ("timetable", re.compile(r"\btimetable\b|\btimeline\b|\bschedule\b|\bcalendar\b|\bkey dates\b", re.IGNORECASE)),
)
# A heading that begins with its number.
NUMBERED_HEADING = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s+\S")
# A question of questions and answers.
QUESTION = re.compile(
    r"\W*(?:Q(?:uestion)?\s*\d{0,2}\s*[.:)–-]\s*|\d{1,2}(?:\.\d{1,2})*[.)]?\s+)?(?=[A-Z])(?:[^.!?]|(?<=[A-Z])\.){8,250}\?[\s*_]*"
)
# How a question begins, perhaps after its number.
ASKING_WORD = r"(?:When|What|Why|How|Who|Which|Where|Will|Is|Are|Do|Does|Can|Should)\b"
ASKS = re.compile(rf"\W*(?:Q(?:uestion)?\s*\d{{0,2}}\s*[.:)]\s*|\d{{1,2}}[.)]\s+)?{ASKING_WORD}")
# The number of a question, which is no quarter.
_NUMBER_OF_QUESTION = re.compile(r"^\W*Q\s?\d{1,2}\b")
# What stands in an answer before the date that was asked for.
ANSWERS = re.compile(
    r"\W*(?:A(?:nswer)?\s*[.:)–-]\s*)?(?:(?:it|they|this|these|that)\s+(?:(?!was|were)\w+\s+){0,5}?)?"
    r"(?:(?:on|by|from|at|after|before|as of|the|open|close|opening|of|us|market|markets|trading|start)\b\W*)*",
    re.IGNORECASE,
)
# Indexes of other families, and words that include those of the US.
_OTHER_INDEXES = re.compile(
    r"\b(?:russell|ftse)\W+(?:\w+\W+)?(?:global|developed|emerging|frontier|international|world|all-world|europe\w*|asia\w*|japan|china|uk"
    r"|canada)\b|\bglobal (?:equity )?(?:index(?:es)?|indices)\b(?!,? provider)|\bgeis\b|\bmsci\b|\bs&p\b",
    re.IGNORECASE,
)
_US_INDEXES = re.compile(
    r"\bu\.?s\b|\brussell\W*(?:1000|2000|2500|3000e?|top|mid-?\s?cap|micro-?\s?cap|small)\b|\ball\b", re.IGNORECASE
)
# A cell that only marks what its column heads.
MARK = re.compile(r"[xX✓✔✗•●√]|[Yy]es")
# The end of a line that introduces what somebody said.
QUOTATION = re.compile(
    r"\b(?:said|says|added|adds|commented|comments|stated|states|noted|notes|remarked|explained|explains|continued)\s*:$",
    re.IGNORECASE,
)
# The end of a text that announces the dates below it.
ANNOUNCES = re.compile(r":\W*$|\bas follows\W*$|\b(?:set out|shown|listed) below\W*$", re.IGNORECASE)
# A date after these words says when something was counted, which is no step of a review: of assets always, of anything else
# unless an event or a moment of the day is named.
COUNTED_ON = re.compile(
    r"\b(?:as of|as at|since|ended|ending|year to)\s*(?:the\s+)?(?:end of\s+)?[*_(\s]*$", re.IGNORECASE
)
ASSETS = re.compile(r"\b(?:trillions?|billions?|assets|aum|benchmarked|tracking|tracked|tracks)\b", re.IGNORECASE)
# Between two sentences; the dots of "U.S." and of abbreviated months end none.
SENTENCE_END = re.compile(
    r"(?<=[.!?])(?<!U\.S\.)(?<!e\.g\.)(?<!i\.e\.)(?<![ (][A-Z][a-z]{2}\.)[*_\"”)]*\s+(?=[\"“(*_•]*[A-Z0-9])"
)
_FOOTNOTE_MARKS = re.compile(r"\^\{[^}]*\}|(?<=\S)[*†‡¹²³⁴⁵⁶⁷⁸⁹⁰]+(?=\s|$)")
_BESIDE_DATE = re.compile(
    r"on|from|to|and|by|at|the|of|in|as|after|before|following|open(?:ing)?|clos(?:e|ing)|start|beginning|end|markets?|us|equity|business|trading"
    r"|am|pm|a|p|m|et|est|edt|eastern|new|york|standard|daylight|time|inclusive|onwards",
    re.IGNORECASE,
)
# What begins a footnote: its mark.
FOOTNOTE = re.compile(r"\s*(?P<mark>[*†‡]{1,3})\s*(?=[A-Z])(?!\*)")


def event_named(text: str, *, context: str = "", last: bool = False) -> str | None:
    """The calendar event that a label names first, or (`last`) that a sentence names last; None if it names none.

    `context` is the text above it, such as the title of its section.
    """
    term = term_named(text, context, last=last)
    return term.event if term else None


@lru_cache(maxsize=1024)  # the head of a column is asked for each of its cells
def term_named(text: str, context: str = "", *, last: bool = False) -> Term | None:
    """The term that a label names first, or (`last`) that a sentence names last; None if it names none.

    `context` is the text above it, such as the head of its column.
    """
    found = _terms_in(text, context)
    return _TERMS[min((-at if last else at, order) for at, order in found)[1]] if found else None


def _terms_in(text: str, context: str) -> list[tuple[int, int]]:
    """The terms that a text names, as (offset in the text, position in `_TERMS`)."""
    everything = f"{context} {text}"
    return [
        (match.start(), order)
        for order, (_, key, around) in enumerate(_COMPILED)
        for match in key.finditer(text)
        if around.search(everything) and not _TALK.search(text, 0, match.start())
    ]


def events_named(text: str) -> set[str]:
    """All events that a label names; with updated lists, preliminary lists are not an event of their own."""
    first = {at: _TERMS[order].event for at, order in sorted(_terms_in(text, ""), reverse=True)}
    events = set(first.values())
    return events - {"preliminary_lists"} if "updated_lists" in events else events


def moment_named(text: str) -> str | None:
    """The moment of the day that a text names: `after_close`, `open` or `close`; None where it names none."""
    return next((moment for moment, pattern in _MOMENTS if pattern.search(text)), None)


def names_review(text: str) -> bool:
    """Whether a short text names a review, of any year."""
    return review_named(text, TWO_RECONSTITUTIONS_FROM, bare=True) is not None


@lru_cache(maxsize=1024)
def review_named(text: str, year: int | None = None, *, bare: bool = False) -> str | None:
    """The review (`YYYY-MM`) that a heading or sentence names; None if it names none or several, or no year is known.

    "Quarterly IPO March 2022", "2022 First-quarter additions", "June review" (of `year`), "Annual Reconstitution 2019".
    A month without a word for a review counts only in a `bare` heading ("March 2022").
    """
    if text.endswith("?"):
        text = _NUMBER_OF_QUESTION.sub("", text)
    text = _QUARTER_OF.sub(lambda of: f"{of['quarter']} {of['century'] or 20}{of['year']}", without_dates(text))
    years = {int(found) for found in YEAR.findall(text)}
    if len(years) == 1:
        year = years.pop()
    reconstitution = is_about_reconstitution(text)
    named: set[tuple[int | None, int]] = set()
    if bare or _REVIEW_WORD.search(text):
        for match in _MONTH_YEAR.finditer(text):
            month = month_number(match["month"])
            its_year = int(match["before"] or match["after"] or year or 0) or None
            held = reconstitution_months(its_year) if reconstitution else REVIEW_MONTHS
            if month in held:
                named.add((its_year, month))
    for match in _QUARTER.finditer(text):
        named.add((year, _QUARTERS[match["word"].lower()] if match["word"] else 3 * int(match["q"] or match["q2"])))
    if not named and reconstitution and not _SEMI_ANNUAL.search(text) and len(reconstitution_months(year)) == 1:
        named.add((year, 6))
    if len(named) != 1:
        return None
    its_year, month = named.pop()
    return f"{its_year:04d}-{month:02d}" if its_year else None


def is_about_reconstitution(text: str) -> bool:
    """Whether a text is about reconstitutions and not about quarterly reviews."""
    return _RECONSTITUTION.search(text) is not None and re.search(r"\bquarterly\b", text, re.IGNORECASE) is None


def reconstitution_near(day: date) -> str | None:
    """The reconstitution (`YYYY-MM`) with steps in the month of `day`, in a year with two reconstitutions; None if neither.

    The steps run from rank day to effective day: April to July, and October to December.
    """
    month = 6 if 4 <= day.month <= 7 else 12 if day.month >= 10 else None
    return f"{day.year:04d}-{month:02d}" if month else None


def without_dates(text: str) -> str:
    """The text with each date replaced by a space."""
    for found in reversed(find_dates(text)):
        text = text[: found.start] + " " + text[found.end :]
    return text


def without_marks(text: str) -> str:
    """The text without footnote marks and bold markup."""
    return " ".join(_FOOTNOTE_MARKS.sub("", text).replace("**", "").split())


def names_other_indexes(text: str) -> bool:
    """Whether a head or label names indexes of other families ("Russell Global") and none of the US."""
    return _OTHER_INDEXES.search(text) is not None and _US_INDEXES.search(text) is None


def states_date(text: str | None) -> bool:
    """Whether a cell states a date or says that there is none."""
    return text is not None and (states_no_date(text) or bool(find_dates(text)))


def states_only_dates(text: str) -> bool:
    """Whether a cell holds only dates and words such as the time of day, or says that there is no date."""
    if states_no_date(without_marks(text)):
        return True
    if not PERHAPS_DATE.search(text) or not find_dates(text):
        return False
    rest = re.sub(r"\([^)]*\)", " ", without_dates(text))
    return all(_BESIDE_DATE.fullmatch(word) for word in re.findall(r"[A-Za-z]+", rest))


def first_sentence(text: str) -> str:
    """The first sentence of a text, without its full stop."""
    return SENTENCE_END.split(text, maxsplit=1)[0].rstrip(". ")


def sentences(text: str) -> Iterator[tuple[int, str]]:
    """The sentences of a text, each with the offset where it begins."""
    start = 0
    for end in SENTENCE_END.finditer(text):
        yield start, text[start : end.start()]
        start = end.end()
    yield start, text[start:]

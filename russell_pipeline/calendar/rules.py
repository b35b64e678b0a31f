"""The rules of the calendar as data: what rules.yaml may say, and its loader. They are evaluated in computed.py."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from russell_pipeline.calendar.model import Confidence, Moment
from russell_pipeline.dates.reviews import EVENTS, year_month


def _known_event(name: str) -> str:
    if name not in EVENTS:
        raise ValueError(f"{name!r} is no event of the calendar: {', '.join(EVENTS)}")
    return name


def _known_review(review: str) -> str:
    year_month(review)
    return review


Event = Annotated[str, AfterValidator(_known_event)]
Review = Annotated[str, AfterValidator(_known_review)]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Formula(_Data):
    """How a day is found: one base, then steps from it (see the head of rules.yaml)."""

    weekday: Weekday | None = None
    nth: Literal[1, 2, 3, 4, 5, "last"] | None = None
    unless_on: tuple[int, ...] = ()
    from_day: int | None = Field(default=None, ge=1, le=31)
    last_session: bool = False
    event: Event | None = None
    review: int = Field(default=0, le=0)
    date: dt.date | None = None
    month: int = Field(default=0, ge=-12, le=0)
    days: int = 0
    sessions: int = 0
    then: Weekday | None = None

    @model_validator(mode="after")
    def _one_base(self) -> Self:
        if sum([self.weekday is not None, self.last_session, self.event is not None, self.date is not None]) != 1:
            raise ValueError("a formula has one base: weekday, last_session, event or date")
        if (self.weekday is not None) != ((self.nth is not None) != (self.from_day is not None)):
            raise ValueError("a weekday has either nth or from_day, and only a weekday has them")
        if self.days and self.sessions:
            raise ValueError("a formula steps days or sessions, not both")
        return self


def _listed(value: object) -> object:
    return value if value is None or isinstance(value, list | tuple) else [value]


class Version(_Data):
    """A version of a rule: its formulas and the reviews for which they hold."""

    first: Review = Field(alias="from")
    last: Review | None = Field(default=None, alias="to")
    attested: tuple[Review, Review] | None = None
    at: Annotated[tuple[Formula, ...], BeforeValidator(_listed)] = ()
    starts: Formula | None = None
    ends: Formula | None = None
    says: str
    source: str
    confidence: Confidence

    @model_validator(mode="after")
    def _dates_or_span(self) -> Self:
        if bool(self.at) == (self.starts is not None) or (self.starts is None) != (self.ends is None):
            raise ValueError("a version has either `at` or both `starts` and `ends`")
        if self.last is not None and self.last < self.first:
            raise ValueError(f"a version ends ({self.last}) before it begins ({self.first})")
        return self

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The formulas of `at`, or those of both ends of a span."""
        return self.at or tuple(formula for formula in (self.starts, self.ends) if formula is not None)

    def holds(self, review: str) -> bool:
        """Whether the version holds for a review."""
        return self.first <= review and (self.last is None or review <= self.last)

    def confidence_for(self, review: str) -> Confidence:
        """The confidence of the version for reviews that its source attests, `INFERRED` for others."""
        if self.attested is None or self.attested[0] <= review <= self.attested[1]:
            return self.confidence
        return Confidence.INFERRED


class Season(_Data):
    """The months in which a kind of review is held, with the first and the last such review."""

    months: tuple[Literal[3, 6, 9, 12], ...]
    first: Review = Field(default="0000-03", alias="from")
    last: Review = Field(default="9999-12", alias="to")


class Subject(_Data):
    """What a rule dates: an event of a kind of review, which policies may date differently."""

    event: Event
    reviews: str
    policy: str | None = None
    moment: Moment | None = None


class Rule(_Data):
    """A rule and its versions, which do not overlap."""

    id: str
    subject: Subject = Field(alias="for")
    versions: tuple[Version, ...]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        for earlier, later in zip(self.versions, self.versions[1:], strict=False):
            if earlier.last is None or earlier.last >= later.first:
                raise ValueError(f"{self.id}: the versions from {earlier.first} and {later.first} overlap")
        return self

    def version_for(self, review: str) -> Version | None:
        """The version that holds for a review, None if none does."""
        return next((version for version in self.versions if version.holds(review)), None)


class DatedException(_Data):
    """A published date that no rule explains and that replaces the rules for that event of that review."""

    id: str
    review: Review
    event: Event
    at: Formula
    says: str
    source: str
    confidence: Confidence


class Comparison(_Data):
    """Two versions of rules (`id@first`) that are meant to name the same day, compared whatever their validity."""

    id: str
    event: Event
    reviews: str
    first: Review = Field(alias="from")
    last: Review = Field(default="9999-12", alias="to")
    wordings: tuple[str, str]


class Edge(_Data):
    """A day of an event: its date, or one end of its span."""

    event: Event
    end: Literal["starts", "ends"] = "starts"


def _edge(value: object) -> object:
    if isinstance(value, str):
        event, _, end = value.partition(".")
        return {"event": event, "end": end or "starts"}
    return value


EdgeName = Annotated[Edge, BeforeValidator(_edge)]


class Order(_Data):
    """Two days of one review that must be in this order, and why; of several `before`, the earliest stated counts."""

    before: tuple[EdgeName, ...]
    after: EdgeName
    strict: bool = False
    because: str


class ClosedDay(_Data):
    """What happens to a date on which the exchange is closed."""

    rolls_to: Literal["previous_session"]
    source: str
    unstated_for: tuple[Event, ...] = ()


class Rules(_Data):
    """The whole of rules.yaml."""

    sources: dict[str, str]
    closed_day: ClosedDay
    reviews: dict[str, tuple[Season, ...]]
    rules: tuple[Rule, ...]
    exceptions: tuple[DatedException, ...]
    comparisons: tuple[Comparison, ...]
    order: tuple[Order, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ids = [rule.id for rule in self.rules] + [exception.id for exception in self.exceptions]
        if len(ids) != len(set(ids)):
            raise ValueError(f"ids used twice: {sorted({name for name in ids if ids.count(name) > 1})}")
        for kind in [rule.subject.reviews for rule in self.rules] + [
            comparison.reviews for comparison in self.comparisons
        ]:
            if kind not in self.reviews:
                raise ValueError(f"{kind!r} is no kind of review: {', '.join(self.reviews)}")
        for comparison in self.comparisons:
            for wording in comparison.wordings:
                self.wording(wording)
        for source in [v.source for rule in self.rules for v in rule.versions] + [e.source for e in self.exceptions]:
            if not source.startswith(tuple(self.sources)):
                raise ValueError(f"the source {source!r} begins with none of {', '.join(self.sources)}")
        return self

    @property
    def bases(self) -> frozenset[str]:
        """The events that other dates count from."""
        formulas = [formula for rule in self.rules for version in rule.versions for formula in version.formulas]
        return frozenset(formula.event for formula in formulas if formula.event is not None)

    def held(self, kind: str, review: str) -> bool:
        """Whether a review is of a kind (`june`, `quarterly`, `december`, `every`)."""
        _, month = year_month(review)
        return any(month in season.months and season.first <= review <= season.last for season in self.reviews[kind])

    def dating(self, review: str, event: str | None = None) -> Iterator[tuple[Rule, Version]]:
        """The rules, with their versions, that date a review's events (or one of them), in the order of the file."""
        for rule in self.rules:
            if event in (None, rule.subject.event) and self.held(rule.subject.reviews, review):
                version = rule.version_for(review)
                if version is not None:
                    yield rule, version

    def exception(self, review: str, event: str) -> DatedException | None:
        """The exception that replaces an event's rules for a review."""
        return next((e for e in self.exceptions if (e.review, e.event) == (review, event)), None)

    def wording(self, name: str) -> tuple[Rule, Version]:
        """The rule and version called `id@first`. Raises ValueError where there is none."""
        rule_id, _, first = name.partition("@")
        for rule in self.rules:
            for version in rule.versions:
                if (rule.id, version.first) == (rule_id, first):
                    return rule, version
        raise ValueError(f"no version of a rule is called {name!r}")


def read_rules(text: str) -> Rules:
    """Rules from the text of a rules file. Raises pydantic.ValidationError, naming the place, for one that is wrong."""
    return Rules.model_validate(yaml.safe_load(text))


@cache
def shipped_rules() -> Rules:
    """The rules that the package ships."""
    return read_rules(_shipped().decode())


def rules_sha256() -> str:
    """SHA-256 of the rules that the package ships, in hexadecimal; when it changes, calendars are computed again."""
    return hashlib.sha256(_shipped()).hexdigest()


def _shipped() -> bytes:
    return files("russell_pipeline.calendar").joinpath("rules.yaml").read_bytes()

"""The inputs of indexes: their definitions, the component files of their legs, and the reviews that these files allow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import cache, cached_property

import polars as pl
from pydantic import ValidationError

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.findings import Finding
from russell_pipeline.index.definition import Definition, load_definition, shipped_definitions
from russell_pipeline.index.model import IndexRefusal, Review
from russell_pipeline.index.reviews import review_of
from russell_pipeline.index.rulebook import AREA
from russell_pipeline.index.weights import is_available
from russell_pipeline.lake.landing import definition_files, has_landing, why_no_file
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.index.market import IndexMarket, LakeMarket
from russell_pipeline.steps.index.published import last_session
from russell_pipeline.steps.review_dates import ReviewDates
from russell_pipeline.steps.years import FIRST_YEAR
from russell_pipeline.yaml_text import YamlRefused, bytes_of_yaml


class IndexInputs:
    """The indexes that a lake defines, by code, and the inputs that it holds for each.

    `refused` maps each index that was published, but whose definition is now refused and its former one not known, to the year of
    its first level and the reasons.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake, self.market = lake, LakeMarket(lake)
        self.reviews = cache(self._reviews)
        self.definitions, findings = definitions(lake)
        self._amiss = {finding.subject: finding.message for finding in reversed(findings)}
        unknown = [finding for finding in findings if finding.subject not in self.definitions]
        self.refused = _refused_since(lake, unknown) if unknown else {}

    def defined(self, code: str) -> Definition:
        """The definition of a code, which may be in lower case. Raises IndexRefusal if there is none."""
        for spelled in (code, code.upper()):
            if spelled in self.definitions:
                return self.definitions[spelled]
            if spelled in self._amiss:
                raise IndexRefusal(f"{spelled} is not computed: {self._amiss[spelled]}")
        known = ", ".join(self.definitions)
        raise IndexRefusal(
            f"no index {code} is defined; defined are {known}, and landing/indexes/{code}.yaml would define it"
        )

    def market_of(self, definition: Definition) -> IndexMarket:
        """The market as an index reads it, with symbols spelled as in the files of its components."""
        return self.market.of(sources(definition))

    @cached_property
    def components(self) -> pl.DataFrame:
        """The component files, row by row."""
        return self._lake.read("components")

    @cached_property
    def effective_reviews(self) -> dict[str, list[str]]:
        """By component, the reviews and days that it has files for."""
        pairs = self.components.select("index_code", "effective_review").unique().sort("index_code", "effective_review")
        found: dict[str, list[str]] = defaultdict(list)
        for code, review in pairs.iter_rows():
            found[code].append(review)
        return found

    @cached_property
    def complete(self) -> dict[str, list[str]]:
        """By index, the reviews and days for which every leg has a file, or files of the components it is derived from."""
        return {
            code: [review for review in self._named(definition) if not self.missing(definition, review)]
            for code, definition in self.definitions.items()
        }

    def _named(self, definition: Definition) -> list[str]:
        """The reviews and days for which any component that the index may use has a file."""
        return sorted({review for code in sources(definition) for review in self.effective_reviews.get(code, ())})

    def missing(self, definition: Definition, review: str) -> list[str]:
        """The legs that have no file for a review and cannot be derived from files that do exist."""
        present = {code for code, reviews in self.effective_reviews.items() if review in reviews}
        return [leg.component for leg in definition.legs if not is_available(definition, leg.component, present)]

    def first_year(self, definition: Definition) -> int | None:
        """The year of an index's base date, or None while it cannot be computed."""
        return None if self.lacks(definition) else definition.base.date.year

    def lacks(self, definition: Definition) -> str | None:
        """The inputs that an index still waits for, or None if it can be computed."""
        if not self.market.months or not self.complete[definition.code]:
            lacks = "component files of one review or day for every leg" if self.market.months else "closes"
            return f"{lacks} ({', '.join(sorted(sources(definition)))})"
        if definition.base.date > self.market.last_close and last_session(self._lake, definition.code) is None:
            return f"closes of its base, {definition.base.date}, yet"
        return None

    @property
    def last_year(self) -> int:
        """The last year that has closes."""
        return int(self.market.months[-1][:4])

    @cached_property
    def _calendar(self) -> RuleCalendar:
        return RuleCalendar(self.market.sessions)

    def _reviews(self, code: str) -> list[Review]:
        """The reviews of an index that have files for every leg, in order of implementation."""
        definition, complete = self.definitions[code], self.complete[code]
        dates = ReviewDates(self._lake, [review for review in complete if len(review) == len("YYYY-MM")])
        found = [review_of(definition, review, self._calendar, dates.published(review)) for review in complete]
        return sorted(found, key=lambda review: review.implemented_on)

    def lacking(self, code: str) -> Iterator[IndexRefusal]:
        """The reviews of an index that are due, after the base and up to the last close, but lack a leg."""
        definition, complete = self.definitions[code], self.complete[code]
        for review in (one for one in self._named(definition) if one not in complete) if complete else ():
            day = review_of(definition, review, self._calendar).implemented_on
            if definition.base.date < day <= self.market.last_close:
                legs = ", ".join(self.missing(definition, review))
                yield IndexRefusal(f"{code} {review}: the lake has no file of {legs} for this review", day=day)


def sources(definition: Definition) -> set[str]:
    """The components whose files an index may use: its legs, and the components that they are derived from."""

    def rests_on(code: str) -> set[str]:
        parts = definition.components[code].difference if code in definition.components else ()
        return {code}.union(*map(rests_on, parts))

    return set[str]().union(*(rests_on(leg.component) for leg in definition.legs))


def _refused_since(lake: Lake, refused: Sequence[Finding]) -> dict[str, tuple[int, str]]:
    """The year of the first level, and the reasons, for each published index whose definition is now refused."""
    levels = lake.read("index_levels").group_by("index_code").agg(pl.col("date").min().dt.year())
    first = dict(levels.iter_rows())
    reasons: dict[str, list[str]] = defaultdict(list)
    for finding in refused:
        if finding.subject in first:
            reasons[finding.subject].append(finding.message)
    return {code: (first[code], "; ".join(messages)) for code, messages in reasons.items()}


def definitions(lake: Lake) -> tuple[dict[str, Definition], list[Finding]]:
    """The definitions in force by code, and findings on the files of landing/indexes, which override the shipped definitions.

    Where a file is refused, or defines what cannot be computed at all, the definition that the published levels of the index
    follow stays in force; so do all of them while there is no landing folder or nothing in it, which nobody removes file by file.
    """
    found = dict(shipped_definitions())
    former, findings = followed(lake), []
    if not has_landing(lake.landing):
        found |= former
    for file in definition_files(lake.landing):
        try:
            if why := why_no_file(lake.landing, file):
                raise YamlRefused(why)
            definition = load_definition(bytes_of_yaml(file), file.name)
            if definition.base.date.year < FIRST_YEAR:
                raise IndexRefusal(
                    f"{file.name}: base: {definition.base.date} is before {FIRST_YEAR}, when sessions are first known"
                )
            code = definition.code
            if (
                code in former
                and definition != former[code]
                and (why := _without_inputs(lake, definition, former[code]))
            ):
                raise IndexRefusal(f"{file.name}: {why}")
            found[code] = definition
        except IndexRefusal as refusal:
            messages = list(refusal.messages)
        except YamlRefused as refused:
            messages = [f"{file.name} {refused}"]
        except OSError as error:
            messages = [f"{file.name} cannot be read: {error}"]
        else:
            continue
        found.pop(file.stem, None)
        if file.stem in former:
            found[file.stem] = former[file.stem]
            messages[-1] += f"; {file.stem} goes on by its last good definition, on which all its levels rest"
        findings += [Finding(AREA, "error", file.stem, message) for message in messages]
    return dict(sorted(found.items())), findings


def followed(lake: Lake) -> dict[str, Definition]:
    """The definitions that published levels follow, by code. One that this release cannot read is left out."""
    known = pl.col("last_session").is_not_null() & pl.col("definition").is_not_null()
    runs = lake.read("index_runs").filter(known).sort("year").unique("index_code", keep="last", maintain_order=True)
    found = {}
    for code, told in runs.select("index_code", "definition").iter_rows():
        with suppress(ValidationError):
            found[code] = Definition.model_validate_json(told)
    return found


def _without_inputs(lake: Lake, definition: Definition, former: Definition) -> str | None:
    """Why a changed definition of a published index cannot be computed at all; None if it can, or if the former cannot either."""
    pairs = lake.read("components", columns=["index_code", "effective_review"]).unique()
    by_review = [
        set(codes) for (codes,) in pairs.group_by("effective_review").agg("index_code").select("index_code").iter_rows()
    ]

    def lacks(one: Definition) -> list[str]:
        missing = [
            [leg.component for leg in one.legs if not is_available(one, leg.component, codes)] for codes in by_review
        ]
        return min(missing, key=len, default=[leg.component for leg in one.legs])

    if lacks(former):
        return None
    if missing := lacks(definition):
        return f"the lake has no component files of {', '.join(missing)}, of one review or day for every leg"
    months = lake.keys("closes")
    last: date | None = lake.read("closes", months[-1:], ["date"])["date"].max()  # type: ignore[assignment]
    if last is not None and definition.base.date > last >= former.base.date:
        return f"base: {definition.base.date} is after the last close, {last}"
    return None

"""The tables of a year of all indexes: what is computed against what was published, refused, waiting or withdrawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from russell_pipeline.index import restatement
from russell_pipeline.index.attribution import Contribution
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import Levels
from russell_pipeline.index.model import IndexRefusal, MissingPrice
from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import TABLES, UNDATED
from russell_pipeline.steps.index.calculation import Start, YearCalculator
from russell_pipeline.steps.index.causes import Causes
from russell_pipeline.steps.index.inputs import IndexInputs
from russell_pipeline.steps.index.missing_price_causes import explained
from russell_pipeline.steps.index.missing_prices import missing_prices
from russell_pipeline.steps.index.published import (
    OF_A_YEAR,
    SAID,
    Computed,
    Published,
    declared,
    last_session,
    restated,
    unfinished_in,
)


class _Made(NamedTuple):
    """A year of an index: its row of `index_runs`, its rows by table, and the weights of its reviews.

    `lacking` is what it was refused for, `moved` what moved published levels.
    """

    run: Mapping[str, object]
    rows: Mapping[str, pl.DataFrame]
    weights: Sequence[pl.DataFrame]
    missing_prices: Sequence[MissingPrice] = ()
    moved: Mapping[date, Sequence[Contribution]] = MappingProxyType({})


class _Settled(NamedTuple):
    """The levels of a year to publish, those of them that stay as published, and what moved published levels."""

    levels: Levels
    stays: pl.DataFrame
    moved: Mapping[date, Sequence[Contribution]]


class _Waits(IndexRefusal):
    """A year that is not begun because the year before is not whole."""


def _why(code: str, refusal: IndexRefusal) -> str:
    """The reasons of a refusal, to stand behind the index and its day."""
    said = (message.removeprefix(f"{code}: ").removeprefix(f"{code} ") for message in refusal.messages)
    return "; ".join(message.removeprefix(f"on {refusal.day}: ") for message in said)


def _together(refusals: Sequence[IndexRefusal], day: date) -> IndexRefusal:
    """All reasons for the first session that is refused; what lacks for any."""
    first = [message for one in refusals if one.day == day for message in one.messages]
    return IndexRefusal(
        *dict.fromkeys(first), day=day, missing_prices=[lacks for one in refusals for lacks in one.missing_prices]
    )


class Indexes:
    """The indexes that a lake defines, computed year by year."""

    def __init__(self, lake: Lake, inputs: IndexInputs | None = None) -> None:
        self._lake, self._inputs = lake, inputs or IndexInputs(lake)
        self._calculator, self._causes = YearCalculator(lake, self._inputs), Causes(lake, YearCalculator)
        self._market = self._inputs.market

    def compute(self, keys: Iterable[str], wanted: Mapping[str, str], today: date) -> Iterator[Computed]:
        """Weights and levels of some years, in order: each continues from the state at the end of the year before.

        `wanted` has the fingerprint of the inputs of every year that has any; the others are withdrawn.

        A year of an index has the levels before its first refused session. What was published from there on stays, and no later
        year is continued from it.
        """
        for key in sorted(keys):
            if key not in wanted:
                yield self._withdrawn(key, today)
            elif key == UNDATED:
                runs = [self._waiting(one) for one in self._inputs.definitions.values()]
                yield Computed(key, wanted[key], {"index_runs": TABLES["index_runs"].frame(runs)}, {})
            else:
                yield self._year(int(key), wanted[key], today)

    def _withdrawn(self, key: str, today: date) -> Computed:
        """A year without inputs any more: what was published of it is withdrawn."""
        tables = {name: TABLES[name].empty for name in (*OF_A_YEAR, "index_runs")}
        if key == UNDATED:
            return Computed(key, "", tables, {})
        published = Published.by(self._lake, int(key), today)
        tables["index_restatements"] = restated(published, tables["index_levels"], {}, self._why_gone(int(key)))
        return Computed(key, "", tables, self._weights(int(key), []))

    def _waiting(self, definition: Definition) -> dict[str, object]:
        return {
            "index_code": definition.code,
            "state": "waiting",
            "reason": f"{definition.code} waits for its inputs: the lake has no {self._inputs.lacks(definition)}",
            "definition": definition.model_dump_json(),
        }

    def _year(self, year: int, inputs: str, today: date) -> Computed:
        published, stopped = Published.by(self._lake, year, today), unfinished_in(self._lake, year - 1)
        rows: dict[str, list[pl.DataFrame]] = defaultdict(list)
        weights: list[pl.DataFrame] = []
        runs: list[dict[str, object]] = []
        moved: dict[str, Mapping[date, Sequence[Contribution]]] = {}
        for code in sorted({*self._inputs.definitions, *self._inputs.refused}):
            first = self._first_year(code)
            if first is None:
                runs.append(self._waiting(self._inputs.definitions[code]) | {"year": year})
                continue
            if year < first:
                continue
            try:
                made = self._computed(code, year, published, stopped if year > first else ())
            except IndexRefusal as refusal:
                made = self._refused(code, year, published, refusal)
            made = self._with_lacking(made, code, year)
            last = made.rows["index_levels"]["date"].max()
            runs.append({"index_code": code, "year": year, **made.run, "last_session": last})
            for name, frame in made.rows.items():
                rows[name].append(declared(name, frame.with_columns(year=pl.lit(year, pl.Int32))))
            weights += (declared("weights", frame) for frame in made.weights)
            moved[code] = made.moved
        tables = {name: pl.concat([TABLES[name].empty, *rows[name]]) for name in OF_A_YEAR}
        tables["index_runs"] = TABLES["index_runs"].frame(runs)
        tables["index_restatements"] = restated(published, tables["index_levels"], moved, self._why_gone(year))
        elsewhere = published.kept.filter(pl.col("date").dt.year() != year)
        tables["uncorrected_levels"] = pl.concat([elsewhere, *rows["uncorrected_levels"]])
        return Computed(str(year), inputs, tables, self._weights(year, weights))

    def _computed(self, code: str, year: int, published: Published, stopped: Collection[str]) -> _Made:
        """A year of an index, up to its first refused session. Raises IndexRefusal if nothing of it can be computed.

        That holds too for an index among `stopped`, which has not all levels of the year before.
        """
        definition = self._inputs.definitions.get(code)
        if definition is None:
            raise IndexRefusal(self._inputs.refused[code][1])
        if code in stopped:
            raise _Waits(f"{code}: {year} waits until {year - 1} has all its levels")
        weighed, (found, stays, moved), refusal = self._index(definition, year, published)
        rows = {
            "index_levels": found.levels.with_columns(simulated=pl.lit(self._is_simulated(year))),
            "divisor_events": found.ledger,
            "stale_prices": found.stale_prices,
            "index_states": self._state_rows(found.state, simulated=self._is_simulated(year)),
            "uncorrected_levels": stays,
        }
        run = {
            "state": "computed",
            "definition": definition.model_dump_json(),
            "made_by": TABLES["index_runs"].version,
            "corrections": self._lake.count("market_corrections"),
        }
        if refusal is None:
            return _Made(run, rows, weighed, moved=moved)
        since = f"{code}: levels end on {found.state.date}; from {refusal.day} on there are none"
        reason = f"{since}: {_why(code, refusal)}"
        return _Made(run | {"state": "refused", "reason": reason}, rows, weighed, refusal.missing_prices, moved)

    def _with_lacking(self, made: _Made, code: str, year: int) -> _Made:
        """A year with all closes and rates that it lacks in its reason, where it was refused for one."""
        definition = self._inputs.definitions.get(code)
        if definition is None or not made.missing_prices:
            return made
        lacking = {*made.missing_prices, *missing_prices(self._calculator, definition, year)}
        found = explained(self._lake, self._market, code, lacking)
        reason = f"{made.run['reason']}; {found.sentence}"
        return made._replace(run={**made.run, "reason": reason, "lacking": found.rows})

    def _refused(self, code: str, year: int, published: Published, refusal: IndexRefusal) -> _Made:
        """A year of an index that is refused: what was published of it stays as it is."""
        rows = {name: self._lake.read(name, [str(year)]).filter(index_code=code) for name in OF_A_YEAR}
        rows["uncorrected_levels"] = published.kept_of(code, year)
        last, reason = max(rows["index_levels"]["date"], default=None), "; ".join(refusal.messages)
        if last is not None:
            since = f"from {refusal.day} " if refusal.day and refusal.day <= last else ""
            stay = f"the levels {since}to {last} stay as published and rest on former inputs"
            reason = f"{code}: {stay}: {_why(code, refusal)}"
        waits = isinstance(refusal, _Waits) and last is None
        # What its levels were computed from stays known, for the reason of the restatement that follows.
        before = self._lake.read("index_runs", [str(year)]).filter(index_code=code)
        said = before.select("definition", "made_by", "corrections").row(0, named=True) if before.height else {}
        run = {**said, "state": "waiting" if waits else "refused", "reason": reason}
        return _Made(run, rows, self._kept_weights(code, year), refusal.missing_prices)

    def _why_gone(self, year: int) -> Callable[[str], list[Contribution]]:
        """Why the levels of a year of an index are withdrawn, by its code."""
        return lambda code: self._causes.gone(code, year, self._inputs.definitions.get(code))

    def _weights(self, year: int, made: Sequence[pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """By review, the weights made with a year, beside those of other indexes made with another year."""
        new, found = pl.concat([TABLES["weights"].empty, *made]), {}
        had = {review for review, code, day in self._weighed if self._made_with(code, day) in (year, None)}
        for review in {*new["review"], *had}:
            own, known = new.filter(review=review), self._lake.read("weights", [review])
            others = {
                code
                for code, implemented_on in known.select("index_code", "implemented_on").unique().iter_rows()
                if self._made_with(code, implemented_on) not in (year, None)
            }
            found[review] = pl.concat([known.filter(pl.col("index_code").is_in(others - {*own["index_code"]})), own])
        return found

    @cached_property
    def _weighed(self) -> list[tuple[str, str, date]]:
        """Review, index and day of implementation of the weights in the lake before this run."""
        return self._lake.read("weights", columns=["review", "index_code", "implemented_on"]).unique().rows()

    def _made_with(self, code: str, implemented_on: date) -> int | None:
        """The year that weights are made with, None if none makes them any more.

        It is the year of implementation; the weights in force at the base are made with the year in which the index begins.
        """
        first = self._first_year(code)
        return None if first is None else max(first, implemented_on.year)

    def _first_year(self, code: str) -> int | None:
        """The year in which an index begins, None if it is not defined or waits for inputs."""
        if definition := self._inputs.definitions.get(code):
            return self._inputs.first_year(definition)
        return self._inputs.refused[code][0] if code in self._inputs.refused else None

    def _kept_weights(self, code: str, year: int) -> list[pl.DataFrame]:
        reviews = [
            review for review, other, day in self._weighed if other == code and self._made_with(code, day) == year
        ]
        return self._lake.read("weights", reviews).filter(index_code=code).partition_by("review")

    def _index(
        self, definition: Definition, year: int, published: Published
    ) -> tuple[list[pl.DataFrame], _Settled, IndexRefusal | None]:
        """The weights of the reviews of a year, its levels up to its first refused session, and why it goes no further.

        Raises IndexRefusal, with the day, if there is no level before that session, or if levels were published from it on.
        """
        code, calendar, weigher = definition.code, self._market.sessions, self._calculator.weigher
        until, start = self._calculator.last_session(year), self._calculator.start(definition, year)
        begins = definition.base.date if start.state is None else calendar.next(start.state.date)
        weighed = [weigher.weigh(definition, review) for review in start.in_force]
        refusals = [one for one in self._inputs.lacking(code) if one.day and begins <= one.day <= until]
        for review in start.later:
            try:
                weighed.append(weigher.weigh(definition, review))
            except IndexRefusal as refusal:
                if review.implemented_on.year == year:  # else it is refused with its own year
                    refusal.day = review.implemented_on
                    refusals.append(refusal)
                kept = self._kept_weights(code, year)
                weighed += (frame for frame in kept if frame["review"][0] == review.name)
        refusals += weigher.actions_set_aside(definition, weighed, start.after, until)
        said = published.of(code, "index_levels")["date"].max()
        while True:
            first = min((one.day for one in refusals if one.day), default=None)
            last = until if first is None else min(until, calendar.previous(first))
            if first is not None and (last < begins or (isinstance(said, date) and first <= said)):
                raise _together(refusals, first)
            try:
                found = self._through(last, definition, published, start, weighed)
                break
            except IndexRefusal as refusal:
                if refusal.day is None or refusal.day > last:
                    raise
                refusals.append(refusal)
        return weighed, found, None if first is None else _together(refusals, first)

    def _through(
        self,
        last: date,
        definition: Definition,
        published: Published,
        start: Start,
        weighed: Sequence[pl.DataFrame],
    ) -> _Settled:
        """The levels of a year up to a session, and what becomes of published ones. Raises IndexRefusal."""
        code, year = definition.code, last.year
        compute = self._calculator.levels(definition, start, weighed, last)
        # The year before may have ended with a level that stayed as published.
        before = restatement.anchors(published.kept_of(code, year - 1))[-1:]
        found = restatement.Correction(
            published.on, lambda day: self._age(code, day, published), published.restated(code, year - 1)
        )
        said = restatement.PublishedLevels(*(published.of(code, name) for name in SAID))
        levels, kept = restatement.apply_corrections(
            definition, said, published.kept_of(code, year), lambda anchors: compute([*before, *anchors]), found
        )
        anchors = [*before, *restatement.anchors(kept.drop_nulls("reason"))]
        now = compute(anchors) if kept["reason"].has_nulls() else levels
        lifted = published.kept_of(code, year).join(kept, on="date", how="anti", maintain_order="left")
        moved = self._causes.of(
            definition,
            year,
            said.levels,
            now,
            anchors,
            lifted=next(iter(lifted["reason"]), None),
            ends=year < self._inputs.last_year,
        )
        why = self._causes.reasons(code, kept.filter(pl.col("reason").is_null())["date"].to_list(), moved)
        told = pl.col("reason").fill_null(pl.col("date").replace_strict(why, default=None, return_dtype=pl.String))
        return _Settled(levels, kept.with_columns(told), moved)

    def _age(self, code: str, day: date, published: Published) -> int:
        """The number of sessions published from a day on, or from the first that the same correction changed the year before."""
        last = last_session(self._lake, code) or day
        before = published.kept_of(code, day.year - 1).filter(kept_on=published.on)
        if self._market.sessions.previous(day) in before["applied_after"]:
            day = min(before["date"])
        return len(self._market.sessions.between(day, last))

    def _is_simulated(self, year: int) -> bool:
        """Whether any market file up to a year is simulated, since levels continue from earlier ones."""
        files = self._lake.read("landing_files").filter("simulated")["parts"].explode(empty_as_null=True)
        return any(part["key"] <= f"{year}-12" for part in files if part)

    def _state_rows(self, state: IndexState, *, simulated: bool) -> pl.DataFrame:
        """The rows of `index_states` for a state."""
        rows = state.to_frame().with_columns(simulated=pl.lit(simulated))
        return self._calculator.weigher.with_security_ids(rows, "date", state.date.year)

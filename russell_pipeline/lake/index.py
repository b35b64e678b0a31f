"""Definitions, components and the market of a lake as weights and levels, year by year. How is decided in index."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple, Self

import polars as pl

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.documents import rulebooks
from russell_pipeline.documents.rulebook_facts import rulebook_facts
from russell_pipeline.findings import Finding
from russell_pipeline.index import levels as engine
from russell_pipeline.index import restatement
from russell_pipeline.index.basket import State
from russell_pipeline.index.definition import Definition, load_definition, shipped_definitions
from russell_pipeline.index.explain import Explanation, explain
from russell_pipeline.index.model import ACTIONS, CLOSES, FX, IndexRefusal, Market, Review
from russell_pipeline.index.panel import Panel, panel
from russell_pipeline.index.proforma import ProForma, pro_forma
from russell_pipeline.index.reviews import review_of
from russell_pipeline.index.rulebook import AREA, ClauseFound, check_facts, check_pins, is_about
from russell_pipeline.index.together import together
from russell_pipeline.index.weights import is_there, review_weights
from russell_pipeline.lake.documents import lines_of
from russell_pipeline.lake.market import blocked, suspensions
from russell_pipeline.lake.review_dates import ReviewDates, sessions_of
from russell_pipeline.lake.staleness import Inputs
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES, UNDATED
from russell_pipeline.lake.years import FIRST_YEAR
from russell_pipeline.market.spelling import in_one_spelling, preferred_symbols, side_by_side, spelled_as
from russell_pipeline.membership.symbols import symbol_key, symbol_keys

# Raised whenever the same inputs would give other levels.
MADE_BY = 8
# As many as a year may have, and one that is weighed but not yet implemented.
_REVIEWS_AT_ONCE = 8
_SAID = ("index_levels", "divisor_events", "index_carried")
_BY_YEAR = (*_SAID, "index_states")


@dataclass(frozen=True, slots=True)
class Computed:
    """What was made of one year: rows by table, and the weights of its reviews by review."""

    key: str
    inputs: str
    tables: Mapping[str, pl.DataFrame]
    weights: Mapping[str, pl.DataFrame]


class _Quoted(NamedTuple):
    """The closes of a year; their symbols, and the keys of those that stand side by side (BFA, BF.A) and stay as they are."""

    closes: pl.DataFrame
    symbols: frozenset[str]
    apart: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Published:
    """What was published up to a day: the tables of the year at hand, every level that stayed, why levels change on that day."""

    on: date
    tables: Mapping[str, pl.DataFrame]
    kept: pl.DataFrame
    reason: str

    def of(self, code: str, table: str) -> pl.DataFrame:
        return self.tables[table].filter(index_code=code)

    def kept_of(self, code: str, year: int) -> pl.DataFrame:
        """The levels of a year of an index that stay as published (columns `restatement.KEPT`)."""
        rows = self.kept.filter(pl.col("index_code") == code, pl.col("date").dt.year() == year)
        return rows.select(pl.col(name).cast(type_) for name, type_ in restatement.KEPT.items())


class Indexes:
    """The indexes that a lake defines, and what it has to compute them from."""

    @classmethod
    def of(cls, root: Path, address: str | None) -> Self:
        """Those of the lake in a folder, which is brought there first where the lake is at an address.

        Raises LakeBusy and StoreError, of a lake at an address.
        """
        if address is not None:
            from russell_pipeline.lake.mirror import refresh

            refresh(root, address)
        return cls(Lake(root))

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self.definitions, refused = _definitions(lake)
        self._amiss = {finding.subject: finding.message for finding in reversed(refused)}
        self._refused = _refused_since(lake, refused) if refused else {}
        self._inputs = Inputs(lake)

    @cached_property
    def _components(self) -> pl.DataFrame:
        return self._lake.read("components")

    @cached_property
    def _held(self) -> dict[str, list[str]]:
        """By component, the reviews and days that files are for."""
        pairs = self._components.select("index_code", "held").unique().sort("index_code", "held")
        found: dict[str, list[str]] = defaultdict(list)
        for code, held in pairs.iter_rows():
            found[code].append(held)
        return found

    @cached_property
    def _months(self) -> list[str]:
        return self._lake.keys("closes")

    @cached_property
    def complete(self) -> dict[str, list[str]]:
        """By index, the reviews and days for which a file of every leg is there, or of what a leg is derived from."""
        return {
            code: [held for held in self._named(definition) if not self.missing(definition, held)]
            for code, definition in self.definitions.items()
        }

    def _named(self, definition: Definition) -> list[str]:
        """The reviews and days for which a file of any component is there that an index may rest on."""
        return sorted({held for code in _sources(definition) for held in self._held.get(code, ())})

    def missing(self, definition: Definition, held: str) -> list[str]:
        """The legs of which nothing is there for a review."""
        present = {code for code, all_held in self._held.items() if held in all_held}
        return [leg.component for leg in definition.legs if not is_there(definition, leg.component, present)]

    def first_year(self, definition: Definition) -> int | None:
        """The year of an index's base, None while nothing can be computed."""
        return None if self._lacks(definition) else definition.base.date.year

    def _lacks(self, definition: Definition) -> str | None:
        """What an index waits for, None where it has all to begin with."""
        if not self._months or not self.complete[definition.code]:
            lacks = "component files of one review or day for every leg" if self._months else "closes"
            return f"{lacks} ({', '.join(sorted(_sources(definition)))})"
        if definition.base.date > self._last_close and self._last_session(definition.code) is None:
            return f"closes of its base, {definition.base.date}, yet"
        return None

    @property
    def last_year(self) -> int:
        return int(self._months[-1][:4])

    def fingerprints(self) -> dict[str, str]:
        """By year, a fingerprint of all that the levels of that year follow from; years before count through their last day."""
        if not self.definitions and not self._refused:
            return {}
        first = [year for one in self.definitions.values() if (year := self.first_year(one)) is not None]
        first += [since for since, _ in self._refused.values()]
        definitions = [one.model_dump_json() for one in self.definitions.values()] + sorted(self._refused.items())
        if not first or min(first) > self.last_year:
            return {UNDATED: _hash(MADE_BY, definitions, sorted(self._held.items()))}
        blocks = self._blocked.select("kind", "subject", "file", "day")
        reference = [
            (table, key, self._lake.inputs(table, key))
            for table in ("suspensions", "symbol_changes")
            for key in self._lake.keys(table)
        ]
        # Deletions in any year before may have ended a suspension, and components have given a symbol its spelling.
        long_ago = [
            (table, key, self._lake.inputs(table, key))
            for table in ("actions", "components")
            for key in self._lake.keys(table)
            if key < str(min(first) - 1)
        ]
        always = (definitions, reference, blocks.sort(pl.all()).rows(), long_ago)
        calendar, found = self._inputs.fingerprints("calendar"), dict[str, str]()
        before = _hash(MADE_BY, always, self._of_year(min(first) - 1, calendar))
        for year in range(min(first), self.last_year + 1):
            before = found[str(year)] = _hash(before, self._of_year(year, calendar))
        return found

    def _of_year(self, year: int, calendar: Mapping[str, str]) -> list[object]:
        keys = [f"{year}-{month:02}" for month in range(1, 13)]
        market = [(table, key, self._lake.inputs(table, key)) for table in ("closes", "fx", "actions") for key in keys]
        return [market, self._lake.inputs("components", str(year)), calendar.get(str(year))]

    def stale(self) -> list[str]:
        """The years that must be computed again, and those that nothing is left to compute from."""
        wanted = self.fingerprints()
        keys = {*wanted, *self._lake.keys("index_runs")}
        return sorted(key for key in keys if self._lake.inputs("index_runs", key) != wanted.get(key))

    # --- computing ----------------------------------------------------------------------------------------------------

    def compute(self, keys: Iterable[str], today: date) -> Iterator[Computed]:
        """Weights and levels of some years, in order: each goes on from the state that the year before ended in.

        An index that is refused keeps what was published of it, and is not gone on with.
        """
        wanted = self.fingerprints()
        stopped: set[str] = set()
        for key in sorted(keys):
            if key not in wanted:
                yield Computed(key, "", {name: TABLES[name].empty for name in (*_BY_YEAR, "index_runs")}, {})
            elif key == UNDATED:
                runs = [self._waiting(one) for one in self.definitions.values()]
                yield Computed(key, wanted[key], {"index_runs": _frame("index_runs", runs)}, {})
            else:
                yield self._year(int(key), wanted[key], stopped, today)

    def _waiting(self, definition: Definition) -> dict[str, object]:
        return {
            "index_code": definition.code,
            "state": "waiting",
            "reason": f"{definition.code} waits for its inputs: the lake has no {self._lacks(definition)}",
            "definition": definition.model_dump_json(),
        }

    def _year(self, year: int, inputs: str, stopped: set[str], today: date) -> Computed:
        rows: dict[str, list[pl.DataFrame]] = defaultdict(list)
        weights: dict[str, list[pl.DataFrame]] = defaultdict(list)
        runs: list[dict[str, object]] = []
        published = self._published(year, today)
        for code in sorted({*self.definitions, *self._refused}):
            definition = self.definitions.get(code)
            first = self.first_year(definition) if definition else self._refused[code][0]
            if definition and first is None:
                runs.append(self._waiting(definition) | {"year": year})
                continue
            if first is None or year < first:
                continue
            try:
                if definition is None:
                    raise IndexRefusal(self._refused[code][1])
                if code in stopped:
                    raise IndexRefusal(f"{code}: the year before was refused")
                weighed, found, stays = self._index(definition, year, published)
            except IndexRefusal as refusal:
                stopped.add(code)
                made = {name: self._lake.read(name, [str(year)]).filter(index_code=code) for name in _BY_YEAR}
                stays = published.kept_of(code, year)
                run = {"state": "refused", "reason": "; ".join(refusal.messages)}
                weighed = self._kept_weights(code, year)
            else:
                made = {
                    "index_levels": found.levels.with_columns(simulated=pl.lit(self._is_simulated(year))),
                    "divisor_events": found.ledger,
                    "index_carried": found.carried,
                    "index_states": found.state.frame(),
                }
                run = {"state": "computed", "definition": definition.model_dump_json()}
            runs.append({"index_code": code, "year": year, **run, "last_session": made["index_levels"]["date"].max()})
            rows["index_kept"].append(_declared("index_kept", stays))
            for name, frame in made.items():
                rows[name].append(_declared(name, frame.with_columns(year=pl.lit(year, pl.Int32))))
            for frame in weighed:
                weights[frame["review"][0]].append(_declared("weights", frame))
        tables = {name: pl.concat([TABLES[name].empty, *rows[name]]) for name in _BY_YEAR}
        tables["index_runs"] = _frame("index_runs", runs)
        tables["index_restatements"] = self._restated(published, tables["index_levels"])
        elsewhere = published.kept.filter(pl.col("date").dt.year() != year)
        tables["index_kept"] = pl.concat([elsewhere, *rows["index_kept"]])
        return Computed(str(year), inputs, tables, {review: pl.concat(frames) for review, frames in weights.items()})

    def _published(self, year: int, today: date) -> _Published:
        tables = {name: self._lake.read(name, [str(year)]) for name in _SAID}
        return _Published(today, tables, self._lake.read("index_kept"), self._why(today))

    def _kept_weights(self, code: str, year: int) -> list[pl.DataFrame]:
        kept = self._lake.read("weights").filter(
            (pl.col("index_code") == code) & (pl.col("implemented_on").dt.year() == year)
        )
        return kept.partition_by("review")

    def _index(
        self, definition: Definition, year: int, published: _Published
    ) -> tuple[list[pl.DataFrame], engine.Levels, pl.DataFrame]:
        """The weights of the reviews of a year, its levels from the state of the year before, those that stay as published."""
        code = definition.code
        until = min(date(year, 12, 31), self._last_close)
        reviews = [review for review in self._reviews(code) if review.cutoff_on <= self._last_close]
        if year > definition.base.date.year:
            state, begins, due = self._state(code, year - 1), date(year - 1, 12, 31), []
            since = state.date
        else:
            in_force = [review for review in reviews if review.implemented_on <= definition.base.date]
            if not in_force:
                raise IndexRefusal(f"{code}: no review is implemented on or before its base, {definition.base.date}")
            state, begins, due = None, in_force[-1].implemented_on, in_force[-1:]
            since = in_force[-1].cutoff_on  # what happens to prices from then on counts where a name does not trade
        due += [
            review
            for review in reviews
            if begins < review.implemented_on <= date(year, 12, 31) or self._pending(review, year)
        ]
        weighed = [self._weigh(definition, review) for review in due]
        self._refuse_blocked(definition, weighed, begins)
        market, over = self._over(since, until, definition.currency)
        baskets = pl.concat(
            [frame for frame in weighed if frame["implemented_on"][0] <= until] or [TABLES["weights"].empty]
        )

        # The year before may have ended at a level that stayed as published.
        before = restatement.anchors(published.kept_of(code, year - 1))[-1:]

        def compute(anchors: Sequence[restatement.Anchor]) -> engine.Levels:
            anchored = [*before, *anchors]
            return restatement.run(definition, market, baskets, over.sessions, state, anchored=anchored, prepared=over)

        found = restatement.Found(published.on, published.reason, lambda day: self._age(code, day, published))
        said = restatement.Said(*(published.of(code, name) for name in _SAID))
        return weighed, *restatement.settled(definition, said, published.kept_of(code, year), compute, found)

    def _age(self, code: str, day: date, published: _Published) -> int:
        """How many sessions are published from a day on, or from the first that the same correction changed the year before."""
        last = self._last_session(code) or day
        before = published.kept_of(code, day.year - 1).filter(
            pl.col("kept_on") == published.on, pl.col("applied_after") == self._calendar.sessions.previous(day)
        )
        return len(self._calendar.sessions.between(min(before["date"], default=day), last))

    @cached_property
    def _over(self) -> Callable[[date, date, str], tuple[Market, Panel]]:
        """The market between two days and its panel, made once for all indexes that go through them."""

        def over(first: date, last: date, currency: str) -> tuple[Market, Panel]:
            market = self._market(first, last)
            return market, panel(market, self._calendar.sessions.between(first, last), currency)

        return lru_cache(maxsize=1)(over)

    def _is_simulated(self, year: int) -> bool:
        """Whether any of the market up to a year is simulated; levels go on from those before."""
        files = self._lake.read("landing_files").filter("simulated")["parts"].explode(empty_as_null=True)
        return any(part["key"] <= f"{year}-12" for part in files if part)

    def _pending(self, review: Review, year: int) -> bool:
        """Whether a review is weighed but implemented in a year that has no closes yet."""
        return year == self.last_year < review.implemented_on.year

    def _refuse_blocked(self, definition: Definition, weighed: Sequence[pl.DataFrame], since: date) -> None:
        """Raise IndexRefusal where an action of a symbol that the index holds, or comes to hold, was set aside."""
        faulty = self._blocked.filter(kind="actions")
        if faulty.is_empty():
            return
        held = {symbol_key(symbol) for frame in weighed for symbol in frame["symbol"]}
        while more := {new for old, new in self._successors if old in held} - held:
            held |= more
        for row in faulty.iter_rows(named=True):
            touches = symbol_key(row["subject"]) in held if row["blocks"] == "symbol" else True
            if touches and (row["day"] is None or row["day"] > since):
                raise IndexRefusal(f"{definition.code}: {row['sentence']}")

    @cached_property
    def _successors(self) -> list[tuple[str, str]]:
        """What holders of a symbol come to hold, by keys: the symbol after a change, and what a conversion or spin-off gives."""
        actions = self._lake.read("actions", columns=["symbol", "to_symbol"]).drop_nulls()
        pairs = [*self._symbol_changes.select("old_symbol", "new_symbol").iter_rows(), *actions.iter_rows()]
        return [(symbol_key(old), symbol_key(new)) for old, new in pairs]

    def _weigh(self, definition: Definition, review: Review) -> pl.DataFrame:
        for row in self._blocked.filter(kind="components").iter_rows(named=True):
            code, _, held = (row["file"] or "").rpartition(".")[0].partition("/")
            if held == review.name and code in _sources(definition):
                raise IndexRefusal(f"{definition.code} {review.name}: {row['sentence']}")
        rows = self._components.filter(held=review.name)
        security_id = symbol_keys(pl.col("symbol")).replace(self._security_ids)
        components = {
            code: spelled_as(self._symbols, rows.filter(index_code=code), "symbol").with_columns(
                security_id=security_id
            )
            for code in rows["index_code"].unique()
        }
        market = self._market(_far_enough_back(review.cutoff_on), review.implemented_on)
        simulated = rows["simulated"].any() or market.closes["simulated"].any()
        weights = review_weights(definition, review, components, market)
        return weights.with_columns(simulated=pl.lit(simulated))

    @cached_property
    def _security_ids(self) -> dict[str, str]:
        current = self._lake.read("symbols").filter(pl.col("valid_to").is_null())
        return dict(current.select("symbol_key", "security_id").iter_rows())

    @cached_property
    def _calendar(self) -> RuleCalendar:
        return RuleCalendar(sessions_of(self._lake))

    @cached_property
    def _last_close(self) -> date:
        last: date = self._lake.read("closes", self._months[-1:], ["date"])["date"].max()  # type: ignore[assignment]
        return last

    @cached_property
    def _reviews(self) -> Callable[[str], list[Review]]:
        """The reviews of an index in order of implementation; a review that lacks a leg is refused once it is due."""

        def reviews(code: str) -> list[Review]:
            definition, complete = self.definitions[code], self.complete[code]
            dates = ReviewDates(self._lake, [held for held in complete if len(held) == len("YYYY-MM")])
            found = [review_of(definition, held, self._calendar, dates.published(held)) for held in complete]
            for held in (one for one in self._named(definition) if one not in complete):
                review = review_of(definition, held, self._calendar)
                if found and definition.base.date < review.implemented_on <= self._last_close:
                    legs = ", ".join(self.missing(definition, held))
                    raise IndexRefusal(f"{code} {held}: the lake has no file of {legs} for this review")
            return sorted(found, key=lambda review: review.implemented_on)

        return cache(reviews)

    @cached_property
    def _quoted(self) -> Callable[[int], _Quoted]:
        """The closes of a year; those of two years are kept, for reviews look back one."""

        def quoted(year: int) -> _Quoted:
            keys = [key for key in self._months if key.startswith(f"{year}-")]
            rows = self._lake.read("closes", keys, [*CLOSES, "simulated"])
            apart = side_by_side(rows, "date")
            rows = spelled_as(self._symbols, rows, "symbol", apart=apart)
            rows = in_one_spelling(rows, "date", apart=apart)
            return _Quoted(rows, frozenset(rows["symbol"].unique()), apart)

        return lru_cache(maxsize=2)(quoted)

    def _market(self, first: date, last: date) -> Market:
        """The market between two days, both included, with every suspension and change of symbol."""
        years = [self._quoted(year) for year in range(first.year, last.year + 1)]
        symbols, apart = (
            frozenset[str]().union(*of) for of in zip(*((one.symbols, one.apart) for one in years), strict=True)
        )
        closes = (one.closes.filter(pl.col("date").is_between(first, last)) for one in years)
        return replace(self._without_closes(first, last, symbols, apart), closes=pl.concat(closes))

    @cached_property
    def _without_closes(self) -> Callable[[date, date, frozenset[str], frozenset[str]], Market]:
        """All of the market between two days but its closes; indexes have their reviews on the same days."""

        def without_closes(first: date, last: date, symbols: frozenset[str], apart: frozenset[str]) -> Market:
            keys = [key for key in self._months if f"{first:%Y-%m}" <= key <= f"{last:%Y-%m}"]
            fx, actions = (
                self._lake.read(name, keys, list(columns)).filter(pl.col("date").is_between(first, last))
                for name, columns in (("fx", FX), ("actions", ACTIONS))
            )
            known = self._known(symbols)
            return Market(
                pl.DataFrame(schema=CLOSES),
                fx,
                spelled_as(known, actions, "symbol", "to_symbol", apart=apart),
                spelled_as(known, self._suspensions, "symbol", apart=apart),
                spelled_as(known, self._symbol_changes, "old_symbol", "new_symbol", apart=apart),
            )

        return lru_cache(maxsize=_REVIEWS_AT_ONCE)(without_closes)

    @cached_property
    def _symbols(self) -> pl.Series:
        """Symbols as components spell them (holdings have BRKB, prices BRK-B); all else is spelled so too."""
        return preferred_symbols(self._components, "index_code", "held", since="held")

    def _known(self, quoted: Collection[str]) -> pl.Series:
        """Symbols of components, and as closes spell them those that no component has: spun off, or under a new symbol."""
        return pl.concat([self._symbols, pl.Series(sorted(quoted), dtype=pl.String)]).unique()

    @cached_property
    def _blocked(self) -> pl.DataFrame:
        return blocked(self._lake)

    @cached_property
    def _suspensions(self) -> pl.DataFrame:
        return suspensions(self._lake)

    @cached_property
    def _symbol_changes(self) -> pl.DataFrame:
        return self._lake.read("symbol_changes")

    def _state(self, code: str, year: int) -> State:
        frame = self._lake.read("index_states", [str(year)]).filter(index_code=code)
        if frame.is_empty() or frame["market_value"].has_nulls():  # an earlier release wrote no market value
            raise IndexRefusal(f"{code}: there is no state at the end of {year} to go on from: `russell run` makes it")
        quoted = self._quoted(year + 1)
        return State.of(spelled_as(self._known(quoted.symbols), frame.drop("year"), "symbol", apart=quoted.apart))

    def _restated(self, published: _Published, levels: pl.DataFrame) -> pl.DataFrame:
        """Levels that were published otherwise, beside what was restated before."""
        known = self._lake.read("index_restatements")
        changed = (
            published.tables["index_levels"]
            .join(levels, on=["index_code", "date"], suffix="_new")
            .filter(restatement.differs())
        )
        new = changed.with_columns(
            superseded_on=pl.lit(published.on),
            basis_points=restatement.basis_points("price_index"),
            total_return_basis_points=restatement.basis_points("total_return_index"),
            reason=pl.lit(published.reason),
        )
        rows = pl.concat([known, _declared("index_restatements", new)])
        # Restated twice on one day: what was published before that day is what counts.
        return rows.unique(["index_code", "date", "superseded_on"], keep="first", maintain_order=True)

    def _why(self, today: date) -> str:
        corrected = self._lake.read("market_corrections").filter(known_on=today)
        if corrected.is_empty():
            return "its inputs or its definition changed"
        keys = corrected["key"].sort().head(5).to_list()
        more = f" and {corrected.height - 5} more" if corrected.height > 5 else ""
        return f"corrected: {', '.join(keys)}{more}"

    def _last_session(self, code: str) -> date | None:
        return max(self._lake.read("index_runs").filter(index_code=code)["last_session"].drop_nulls(), default=None)

    # --- explaining ---------------------------------------------------------------------------------------------------

    def _defined(self, code: str) -> Definition:
        """The definition of a code, in small letters too."""
        for spelled in (code, code.upper()):
            if spelled in self.definitions:
                return self.definitions[spelled]
            if spelled in self._amiss:
                raise IndexRefusal(f"{spelled} is not computed: {self._amiss[spelled]}")
        known = ", ".join(self.definitions)
        raise IndexRefusal(
            f"no index {code} is defined; defined are {known}, and landing/indexes/{code}.yaml would define it"
        )

    def explain(self, code: str, day: date) -> Explanation:
        """Why an index moved on a day. Raises IndexRefusal where it has no level of that day, or moved from none."""
        found = self.before(code, day)
        code, base = found[0].code, found[0].base
        sessions = self._calendar.sessions
        if day == base.date:
            first = sessions.next(day)
            raise IndexRefusal(
                f"{code} begins on {day} at {base.value:g} with no level before it: ask for {first} or a later session"
            )
        if not sessions.is_session(day):
            beside = f"ask for {sessions.previous(day)} or {sessions.next(day)}"
            raise IndexRefusal(f"{code} has no level of {day}, which is no session: {beside}")
        corrected = self._lake.read("divisor_events", [str(day.year)]).filter(
            index_code=code, date=day, event=restatement.CORRECTION
        )
        return explain(*found, day=day).beginning_with(corrected)

    def before(self, code: str, day: date) -> tuple[Definition, Market, pl.DataFrame, list[date], State]:
        """All that an explanation of a day needs: definition, market, baskets, sessions and the state of a day before.

        Raises IndexRefusal where the index is not computed up to that day.
        """
        definition = self._defined(code)
        code = definition.code
        baskets, last, reason = self._computed(code)
        if day > last:
            why = reason or "`russell run` goes on with later closes"
            raise IndexRefusal(f"{code} has no level of {day}: its last is of {last} ({why})")
        if day < definition.base.date:
            raise IndexRefusal(
                f"{code} has no level of {day}: it begins on {definition.base.date}, ask for a later session"
            )
        if day.year > definition.base.date.year and str(day.year - 1) in self._lake.keys("index_states"):
            state = self._state(code, day.year - 1)
        else:
            since, base = _begins(definition, baskets), definition.base.date
            days = self._calendar.sessions.between(since, base)
            state = engine.run(definition, self._market(since, base), baskets, days).state
        market, days = self._market(state.date, day), self._calendar.sessions.between(state.date, day)
        kept = self._published(day.year, day).kept_of(code, day.year)
        if anchored := [one for one in restatement.anchors(kept) if state.date < one.date < day]:
            until = [one for one in days if one <= anchored[-1].date]
            state = restatement.run(definition, market, baskets, until, state, anchored=anchored).state
        return definition, market, baskets, days, state

    def _computed(self, code: str) -> tuple[pl.DataFrame, date, str | None]:
        """The baskets of an index that is computed, its last session, and why it went no further."""
        baskets, last = self._lake.read("weights").filter(index_code=code), self._last_session(code)
        reasons = self._lake.read("index_runs").filter(index_code=code)["reason"].drop_nulls()
        reason: str | None = reasons[-1] if len(reasons) else None
        if baskets.is_empty() or last is None:
            raise IndexRefusal(reason or f"{code} is not computed yet: `russell run` computes it")
        return baskets, last, reason

    def together(self, code: str, factors: pl.DataFrame) -> pl.DataFrame:
        """The levels of other weightings of the names of an index, from its base to its last session.

        `factors` has the columns review and symbol, and one for each weighting with the weighting factors of the names; a name
        without a row, or with null, is not held. Raises IndexRefusal where the index is not computed, or a weighting is worth
        nothing.
        """
        definition = self._defined(code)
        baskets, last, _ = self._computed(definition.code)
        baskets = baskets.filter(pl.col("implemented_on") <= last)
        weightings = [name for name in factors.columns if name not in ("review", "symbol")]
        told = baskets.select("review", "symbol").join(
            factors, on=["review", "symbol"], how="left", maintain_order="left"
        )
        by_review = {
            str(review): rows.select(pl.col(weightings).fill_null(0.0).cast(pl.Float64)).to_numpy()
            for (review,), rows in told.partition_by("review", as_dict=True).items()
        }
        since = _begins(definition, baskets)
        market, sessions = self._market(since, last), self._calendar.sessions.between(since, last)
        found = together(definition, market, baskets, by_review, sessions)
        simulated = baskets["simulated"].any() or market.closes["simulated"].any()
        return pl.concat(
            pl.DataFrame(
                {
                    "weighting": name,
                    "date": found.sessions,
                    "price_index": found.price_index[:, n],
                    "total_return_index": found.total_return_index[:, n],
                    "divisor": found.divisor[:, n],
                    "simulated": simulated,
                },
                schema_overrides={"date": pl.Date},
            )
            for n, name in enumerate(weightings)
        )

    def pro_forma(self, code: str, review: str, on: date | None = None, notional: float = 1.0) -> ProForma:
        """A review at the closes of a day from its cut-off to its implementation; without a day, of the last one that has levels.

        Raises IndexRefusal for a review that is not weighted, or a day that is not among these.
        """
        definition = self._defined(code)
        code = definition.code
        weights = self._lake.read("weights", [review]).filter(index_code=code)
        if weights.is_empty():
            known = self._lake.read("weights", columns=["index_code", "review", "implemented_on"]).filter(
                index_code=code
            )
            reviews = ", ".join(known.sort("implemented_on")["review"].unique(maintain_order=True)) or "none"
            raise IndexRefusal(f"{code} has no weights of a review {review}; weighed are {reviews}")
        cutoff_on, implemented_on = weights["cutoff_on"][0], weights["implemented_on"][0]
        if implemented_on <= definition.base.date:
            raise IndexRefusal(f"{code} {review}: nothing is held before it, the index begins with it")
        day = on or min(self._last_session(code) or cutoff_on, implemented_on)
        _, market, baskets, days, state = self.before(code, day)
        others = baskets.filter(pl.col("review") != review)
        held = engine.run(definition, market, others, days, state).state
        market = self._market(_far_enough_back(cutoff_on), implemented_on)
        return pro_forma(definition, weights, held, market, notional)


def _begins(definition: Definition, baskets: pl.DataFrame) -> date:
    """The price cut-off of the review that an index begins with."""
    base, days = definition.base.date, baskets.select("implemented_on", "cutoff_on").iter_rows()
    _, since = max(pair for pair in days if pair[0] <= base)
    return since  # type: ignore[no-any-return]


def _far_enough_back(cutoff_on: date) -> date:
    """The day from which closes are looked at for a review, for names that are suspended at its cut-off."""
    return date(cutoff_on.year - 1, cutoff_on.month, 1)


def _sources(definition: Definition) -> set[str]:
    """The components whose files an index may rest on."""
    named = {leg.component for leg in definition.legs}
    while (
        derived := {
            part for code in named if code in definition.components for part in definition.components[code].difference
        }
        - named
    ):
        named |= derived
    return named


def _refused_since(lake: Lake, refused: Sequence[Finding]) -> dict[str, tuple[int, str]]:
    """Of each index that was published and whose definition is refused now, the year of its first level, and why."""
    levels = lake.read("index_levels").group_by("index_code").agg(pl.col("date").min().dt.year())
    first = dict(levels.iter_rows())
    reasons: dict[str, list[str]] = defaultdict(list)
    for finding in refused:
        if finding.subject in first:
            reasons[finding.subject].append(finding.message)
    return {code: (first[code], "; ".join(messages)) for code, messages in reasons.items()}


def _definitions(lake: Lake) -> tuple[dict[str, Definition], list[Finding]]:
    """The definitions by code: those that ship, overridden by files in landing/indexes; what is wrong with those files."""
    found = dict(shipped_definitions())
    findings = []
    folder = lake.landing / "indexes"
    for file in sorted(folder.glob("*.yaml")) if folder.exists() else ():
        try:
            definition = load_definition(file.read_text("utf-8"), file.name)
            if definition.base.date.year < FIRST_YEAR:
                raise IndexRefusal(
                    f"{file.name}: base: {definition.base.date} is before {FIRST_YEAR}, when sessions are first known"
                )
            found[definition.code] = definition
        except IndexRefusal as refusal:
            found.pop(file.stem, None)
            findings += [Finding(AREA, "error", file.stem, message) for message in refusal.messages]
        except (OSError, UnicodeDecodeError) as error:
            findings.append(Finding(AREA, "error", file.stem, f"{file.name} cannot be read: {error}"))
    return dict(sorted(found.items())), findings


def findings(lake: Lake) -> Iterator[Finding]:
    """What there is to look at among the indexes: refusals, definitions, rulebooks that they no longer implement."""
    definitions, refused = _definitions(lake)
    yield from refused
    said = {finding.subject for finding in refused}
    for row in lake.read("index_runs").sort("year", "index_code", nulls_last=False).iter_rows(named=True):
        if row["state"] != "computed" and row["index_code"] not in said:
            severity = "error" if row["state"] == "refused" else "info"
            yield Finding(AREA, severity, row["index_code"], row["reason"])
    yield from _corrections(lake)
    rulebook_documents = (
        lake.read("documents").filter(kind="ground_rules", state="accepted").sort("published_on", "document_id")
    )
    for document_id in rulebook_documents["document_id"]:
        lines = lines_of(lake, document_id)
        clauses = rulebooks.clauses(lines)
        facts = rulebook_facts(clauses, lines)
        for definition in definitions.values():
            if is_about(definition, facts):
                pins = [ClauseFound(one.clause, one.text_sha256, one.page, one.line) for one in clauses]
                yield from check_pins(definition, pins, document_id)
                yield from check_facts(definition, facts, RuleCalendar(sessions_of(lake)), document_id)


def _corrections(lake: Lake) -> Iterator[Finding]:
    """Published levels that were restated, and those that stay although their inputs were corrected."""
    off = pl.max_horizontal(pl.col("basis_points").abs(), pl.col("total_return_basis_points").abs()).max().alias("off")
    span = (pl.len().alias("days"), pl.col("date").min(), off)
    restated = lake.read("index_restatements").group_by("index_code", "superseded_on", "reason", maintain_order=True)
    for row in restated.agg(*span).iter_rows(named=True):
        days = f"{row['days']} levels from {row['date']} on"
        message = f"{row['index_code']}: {days} were restated, at most {row['off']:.4g} bp ({row['reason']})"
        yield Finding(AREA, "warning", row["index_code"], message)
    kept = lake.read("index_kept").group_by("index_code", "kept_on", "reason", maintain_order=True)
    for row in kept.agg(*span, pl.col("applied_after").max()).iter_rows(named=True):
        days = f"{row['days']} levels from {row['date']} to {row['applied_after']} stay as published"
        message = (
            f"{row['index_code']}: {days}, at most {row['off'] or 0:.4g} bp from what the corrected inputs give; the "
            f"correction acts from the next session ({row['reason']})"
        )
        yield Finding(AREA, "info", row["index_code"], message)


def publish_year(lake: Lake, computed: Computed) -> None:
    """Write what was made of a year: its history first, the run last, so that a killed one is made again and loses nothing."""
    for name in ("index_restatements", "index_kept"):
        if name in computed.tables:
            lake.write(name, computed.tables[name])
    for review, rows in computed.weights.items():
        lake.write("weights", rows, review)
    for name in _BY_YEAR:
        if name in computed.tables:
            lake.write(name, computed.tables[name], computed.key)
    lake.write("index_runs", computed.tables["index_runs"], computed.key, computed.inputs)


def _declared(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(type_) for name, type_ in TABLES[table].empty.schema.items())


def _frame(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=TABLES[table].empty.schema)


def _hash(*inputs: object) -> str:
    return hashlib.sha256(repr(inputs).encode()).hexdigest()

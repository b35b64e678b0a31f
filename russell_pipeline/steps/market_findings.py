"""The step of findings on the market: on its landing files, and on every month whose inputs changed since it was checked."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

import polars as pl

from russell_pipeline.ahead import ahead
from russell_pipeline.findings import Finding
from russell_pipeline.index.rates import rates_into
from russell_pipeline.index.suspensions import under_each_symbol
from russell_pipeline.index.symbol_changes import SymbolChanges
from russell_pipeline.lake.store import Lake, file_sha256, fingerprint
from russell_pipeline.market.checks.all_checks import check
from russell_pipeline.market.checks.component_members import (
    MEMBERS,
    SHARE_CHANGES,
    SPAN,
    ComponentFile,
    ComponentSpan,
    component_spans,
    follow_actions,
    members_of_file,
    share_changes,
)
from russell_pipeline.market.checks.file_findings import file_findings
from russell_pipeline.market.checks.months import (
    DAY,
    before,
    by_month,
    end,
    first_day,
    is_in,
    months_between,
    overlaps,
    runs_of,
)
from russell_pipeline.market.checks.period import Period
from russell_pipeline.market.checks.thresholds import thresholds, thresholds_sha256
from russell_pipeline.market.files.kinds import MARKET_KINDS, component_of
from russell_pipeline.market.files.model import AREA, Blocks
from russell_pipeline.market.spelling import spelled_as, spelled_twice
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.identity import SecurityIds
from russell_pipeline.steps.index.inputs import definitions, sources
from russell_pipeline.steps.market import decisions, fingerprints, suspensions, value_overrides
from russell_pipeline.steps.membership import of_membership
from russell_pipeline.steps.reference import reference_sha256
from russell_pipeline.steps.review_dates import ReviewDates
from russell_pipeline.steps.step import WholeTableStep

# To be raised whenever a month would be checked differently.
CHECKS_VERSION = 8
_TABLE = "market_findings"
# A period of this many closes takes some 100 MB while it is checked.
_CLOSES_AT_ONCE = 200_000
_SHARES = ("split", "scrip", "rights", "shares", "conversion")
_STRUCTURAL = (*_SHARES, "delete", "spin_off")
_HALT = ("symbol", "suspended_on", "resumed_on", "file", "row")
_STATED_END = pl.when(ended_by="stated").then("resumed_on")


class MakeMarketFindings(WholeTableStep, table="market_findings"):
    """What the files of the market lack or contradict. There are none while there was never a file."""

    def inputs(self) -> Mapping[str, tuple[object, ...]]:
        return {} if market_sha256(self.lake) is None else super().inputs()

    def made(self) -> Mapping[str, str | None]:
        return {} if market_sha256(self.lake) is None else super().made()

    def follows_from(self) -> tuple[object, ...]:
        return market_sha256(self.lake), self.lake.inputs("sessions"), of_membership(self.lake)

    def all_rows(self) -> pl.DataFrame:
        return market_findings(self.lake)


def market_sha256(lake: Lake) -> str | None:
    """The fingerprint of the market's files and of whatever else their findings follow from; None if there never were any."""
    path = lake.path("landing_files")
    if not path.exists():
        return None
    uses = uses_of_components(lake).rows()
    return fingerprint(
        file_sha256(path), reference_sha256(lake, "overrides"), thresholds_sha256(), CHECKS_VERSION, uses
    )


def uses_of_components(lake: Lake) -> pl.DataFrame:
    """The rows of `Period.uses` for components that have files, from the definitions in force."""
    there = {component_of(file)[0] for file in _component_files(lake.read("landing_files"))["file"]}
    rows = {
        (code, one.currency, one.policies.missing_price)
        for one in definitions(lake)[0].values()
        for code in sources(one) & there
    }
    schema = {"index_code": pl.String, "currency": pl.String, "missing_price": pl.String}
    return pl.DataFrame(sorted(rows), schema, orient="row")


def _component_files(files: pl.DataFrame) -> pl.DataFrame:
    """The component files among rows of `landing_files` that have any row."""
    return files.filter((pl.col("kind") == "components") & (pl.col("parts").list.len() > 0))


def market_findings(lake: Lake) -> pl.DataFrame:
    """The rows of `market_findings`, on files and on months. Only the months whose inputs changed are checked again."""
    market = _Market(lake)
    former = lake.read(_TABLE)
    checked = dict(former.drop_nulls("inputs").select("month", "inputs").iter_rows())
    wanted = market.fingerprints()
    same = [month for month, inputs in wanted.items() if checked.get(month) == inputs]
    rows: list[tuple[object, ...]] = []
    stale = market.periods(wanted.keys() - set(same))
    for (months, _), found in ahead(lambda one: check(one[1], thresholds()), stale):
        for month in months:
            rows.append((month, None, None, None, None, wanted[month]))
            rows += [_row(finding, month) for finding in found.get(month, ())]
    corrections, blocks = lake.read("market_corrections"), lake.read("market_blocks")
    rows += map(_row, file_findings(market.files, blocks, corrections))
    rows += map(_row, market.idle_overrides())
    rows += map(_row, market.traded_while_suspended())
    new = TABLES[_TABLE].frame(rows)
    return pl.concat([former.filter(pl.col("month").is_in(same)), new])


def _row(finding: Finding, month: str | None = None) -> tuple[object, ...]:
    """A row of `market_findings`, on a file if there is no month."""
    return month, finding.severity, finding.subject, finding.message, finding.line, None


def findings(lake: Lake) -> Iterator[Finding]:
    """The findings on the market."""
    for row in lake.read(_TABLE).drop_nulls("message").iter_rows(named=True):
        yield Finding(AREA, row["severity"], row["subject"], row["message"], line=row["line"])


class _Market:
    """The market of the lake, as its checks need it. Of large tables as many months are read at once as fit into memory."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self.files = lake.read("landing_files")
        self._overrides = value_overrides(lake)
        self._parts = fingerprints(self.files, self._overrides)
        self._followed: dict[ComponentSpan, pl.DataFrame] = {}
        self._with_ids: dict[ComponentFile, pl.DataFrame] = {}
        self._read_actions: dict[str, pl.DataFrame] = {}
        self._components: dict[str, dict[tuple[str, str], pl.DataFrame]] = {}
        self._symbol_changes, halts = lake.read("symbol_changes"), suspensions(lake)
        # By changes alone: the months checked before do not depend on lists that are published later.
        self._ids = SecurityIds(lake.read("symbols").clear(), self._symbol_changes)
        changes = spelled_as(halts["symbol"], self._symbol_changes, "old_symbol", "new_symbol")
        self._suspensions = under_each_symbol(halts.select(*_HALT, stated_end=_STATED_END), changes)
        self._uses = uses_of_components(lake)
        self._traded = halts.filter(ended_by="close").sort("suspended_on", "symbol")

    def traded_while_suspended(self) -> Iterator[Finding]:
        """Suspensions that a close ends because nobody states an end."""
        for row in self._traded.iter_rows(named=True):
            yield Finding(
                AREA,
                "warning",
                row["symbol"],
                f"{row['file']}, row {row['row']}: {row['symbol']} is suspended from {row['suspended_on']} on, no resumed_on "
                f"says until when, and it has a close on {row['resumed_on']}: it counts as trading from that day on",
            )

    def idle_overrides(self) -> Iterator[Finding]:
        """Decisions on values of a month or year that no file feeds."""
        for part, idle in decisions(self._overrides).items():
            if part not in self._parts and part[0] in MARKET_KINDS:
                for key in idle["key"]:
                    says = f"the override for {key} decides nothing: no file has {part[0]} of that time"
                    yield Finding(AREA, "info", key.split(" ")[0], says)

    @cached_property
    def months(self) -> list[str]:
        """Every month from the first that has closes to the last."""
        there = self._lake.keys("closes")
        return months_between(first_day(there[0]), first_day(there[-1])) if there else []

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of each month's inputs, as they are now."""
        if not self.months:
            return {}
        sessions, blocked = map(_told, (self._sessions, self._blocked))
        renamed = _renamed(self._symbol_changes, self.months)
        halts = _halts(self._suspensions, self.months, self._last_day)
        versions = {
            component_of(file): fingerprint(parts, simulated)
            for file, parts, simulated in self._component_files.select("file", "parts", "simulated").iter_rows()
        }
        found = {}
        for month in self.months:
            spans = self._spans_by_month[month]
            since = months_between(min(self._began(month), first_day(before(month))), first_day(month))
            found[month] = fingerprint(
                CHECKS_VERSION,
                thresholds_sha256(),
                [self._parts.get(part) for part in (("closes", before(month)), ("closes", month), ("fx", month))],
                month == self.months[0] and self._first_day,
                month == self.months[-1] and self._last_day,
                sessions.get(month),
                blocked.get(month),
                [self._parts.get(("actions", one)) for one in since],
                renamed[month],
                [(span.valid_from, span.valid_to, versions.get(span.file[:2])) for span in spans],
                [(span.before, versions.get(span.before[:2])) for span in spans if span.before],
                self._states_by_month[month],
                halts.get(month),
                self._uses.rows(),
            )
        return found

    def periods(self, months: Iterable[str]) -> Iterator[tuple[list[str], Period]]:
        """The months in periods, each with everything that its checks need.

        Where a symbol of the closes has two spellings in a period, its months come one by one: which spelling counts is a matter
        of the month.
        """
        for run in runs_of(months, self._close_counts, _CLOSES_AT_ONCE):
            closes = self._closes([before(run[0]), *run])
            if len(run) > 1 and spelled_twice(closes["symbol"]):
                yield from (([month], self._period([month], self._closes([before(month), month]))) for month in run)
            else:
                yield run, self._period(run, closes)

    def _closes(self, months: Sequence[str]) -> pl.DataFrame:
        return self._lake.read("closes", months, ["date", "symbol", "close", "currency", "simulated"])

    def _period(self, months: Sequence[str], closes: pl.DataFrame) -> Period:
        first, last = first_day(months[0]), first_day(months[-1])
        spans = list(dict.fromkeys(span for month in months for span in self._spans_by_month[month]))
        began = min(map(self._began, months))
        return Period(
            first=first,
            begins_on=self._first_day if months[0] == self.months[0] else first,
            ends_on=self._last_day if months[-1] == self.months[-1] else end(months[-1]) - DAY,
            closes=closes,
            actions=self._lake.read("actions", [before(months[0]), *months]),
            changed=spelled_as(closes["symbol"], self._changed, "symbol", "security"),
            fx=self._rated(months),
            sessions=self._sessions.filter(is_in(months, "date")),
            members=self._members(months, spans, began),
            uses=self._uses,
            suspensions=self._suspensions.filter(overlaps(months, "suspended_on", "resumed_on")),
            blocked=self._blocked.filter(is_in(months, "date")),
            share_changes=self._share_changes([span for span in spans if span.valid_from >= first]),
            share_actions=self._actions(began, last).filter(pl.col("action").is_in(_SHARES)),
        )

    @cached_property
    def _close_counts(self) -> dict[str, int]:
        """The number of closes that landing has for each month."""
        parts = self.files.filter(kind="closes").select("parts").explode("parts", empty_as_null=True).unnest("parts")
        return dict(parts.group_by("key").agg(pl.col("rows").sum()).iter_rows())

    def _rated(self, months: Sequence[str]) -> pl.DataFrame:
        """Which currency has a rate on a day of some months into which of those that indexes are in: date, currency, into."""
        rates = self._lake.read("fx", months)
        currencies = {*self._uses["currency"]} or {thresholds().base_currency}
        found = [rates_into(rates, one).select("date", "currency", into=pl.lit(one)) for one in sorted(currencies)]
        return pl.concat(found)

    # --- what is small enough to be read whole

    @cached_property
    def _first_day(self) -> date:
        return self._days(self.months[0])[0]

    @cached_property
    def _last_day(self) -> date:
        return self._days(self.months[-1])[1]

    def _days(self, month: str) -> tuple[date, date]:
        """The first and the last day in a month that have closes."""
        days = pl.scan_parquet(self._lake.path("closes", month), hive_partitioning=False)
        [bounds] = days.select(pl.col("date").min().alias("first"), pl.col("date").max().alias("last")).collect().rows()
        return bounds

    @cached_property
    def _sessions(self) -> pl.DataFrame:
        rows = self._lake.read("sessions").select("date", "is_session", "holiday")
        return rows.filter(pl.col("date").is_between(first_day(self.months[0]), end(self.months[-1])))

    @cached_property
    def _blocked(self) -> pl.DataFrame:
        """Closes that are blocked: symbol, date."""
        blocks = self._lake.read("market_blocks").filter(blocks=Blocks.SYMBOL_AND_DAY.value)
        days = blocks.explode("subjects", empty_as_null=True).select(symbol="subjects", date="day")
        return days.unique().sort("date", "symbol")

    @cached_property
    def _changed(self) -> pl.DataFrame:
        return SymbolChanges(self._symbol_changes).changed()

    def _actions(self, since: date, until: date) -> pl.DataFrame:
        """The actions in the months from `since` to `until` that change members or numbers of shares."""
        keys = [key for key in months_between(since, until) if ("actions", key) in self._parts]
        for key in keys:
            if key not in self._read_actions:
                self._read_actions[key] = self._lake.read("actions", [key]).filter(pl.col("action").is_in(_STRUCTURAL))
        found = [self._lake.read("actions", []), *(self._read_actions[key] for key in keys)]
        return pl.concat(found).select("symbol", "date", "action", "new", "old", "to_symbol")

    def _began(self, month: str) -> date:
        """The first day on which an action may matter to the members of a month, or to their shares."""
        spans = [(span.before or span.file).holds_after for span in self._spans_by_month[month]]
        states = [valid_from for _, valid_from, *_ in self._states_by_month[month]]
        return min([*spans, *states, first_day(month)])

    @cached_property
    def _spans(self) -> Sequence[ComponentSpan]:
        targets = {component_of(file) for file in self._component_files["file"]}
        reviews = sorted({review for _, review in targets if len(review) == 7})
        dates = ReviewDates(self._lake, reviews)
        after = {day: date.fromisoformat(day) for _, day in targets if len(day) == 10}
        for review in reviews:
            if (effective := dates.effective_on(review)) is not None:
                after[review] = dates.sessions.previous(effective)
        return component_spans([ComponentFile(index, name, after[name]) for index, name in targets if name in after])

    @cached_property
    def _component_files(self) -> pl.DataFrame:
        return _component_files(self.files)

    # --- members

    @cached_property
    def _states(self) -> list[tuple[str, date, date | None, str]]:
        """The states of published membership as now known, without the indexes that have files of components."""
        computed = {span.file.index_code for span in self._spans}
        states = (
            self._lake.read("membership_states").filter(pl.col("known_to").is_null()).sort("index_code", "valid_from")
        )
        rows = states.select("index_code", "valid_from", "valid_to", "members_sha256").rows()
        return [state for state in rows if state[0] not in computed]

    @cached_property
    def _spans_by_month(self) -> defaultdict[str, list[ComponentSpan]]:
        spans = ((span.valid_from, span.valid_to, span) for span in self._spans)
        return by_month(spans, first_day(self.months[0]), self._last_day)

    @cached_property
    def _states_by_month(self) -> defaultdict[str, list[tuple[str, date, date | None, str]]]:
        states = ((state[1], state[2], state) for state in self._states)
        return by_month(states, first_day(self.months[0]), self._last_day)

    @cached_property
    def _constituents(self) -> pl.DataFrame:
        return self._lake.read("constituents").filter(pl.col("known_to").is_null())

    def _component_rows(self, file: ComponentFile) -> pl.DataFrame:
        year = file.effective_review[:4]
        if year not in self._components:
            rows = self._lake.read("components", [year]).select(
                "index_code", "effective_review", "symbol", "shares", "simulated"
            )
            self._components[year] = {
                (str(index), str(review)): found
                for (index, review), found in rows.group_by("index_code", "effective_review")
            }
        return self._components[year].get((file.index_code, file.effective_review), self._lake.read("components", []))

    def _members(self, months: Sequence[str], spans: Sequence[ComponentSpan], began: date) -> pl.DataFrame:
        """The members that should have closes in some months, by files of components and by published membership."""
        frames = [self._held(span) for span in spans]
        if indexes := {index_code for month in months for index_code, *_ in self._states_by_month[month]}:
            published = self._constituents.filter(
                overlaps(months, "valid_from", "valid_to") & pl.col("index_code").is_in(indexes)
            )
            actions = self._actions(began, first_day(months[-1]))
            members = follow_actions(published.select(list(SPAN)), actions, self._symbol_changes)
            frames.append(members.with_columns(simulated=pl.lit(False), computed=pl.lit(False)))
        return pl.concat([pl.DataFrame(schema=MEMBERS), *frames])

    def _held(self, span: ComponentSpan) -> pl.DataFrame:
        """The members of a file of components, followed through its span; cached, because several months ask for it."""
        if span not in self._followed:
            actions = self._actions(span.valid_from, span.valid_to or self._last_day)
            self._followed[span] = members_of_file(span, self._component_rows(span.file), actions, self._symbol_changes)
        return self._followed[span]

    def _share_changes(self, spans: Sequence[ComponentSpan]) -> pl.DataFrame:
        """The shares of each name by a file and by the one before."""
        found = [
            share_changes(span.file, self._identified(span.file), span.before, self._identified(span.before))
            for span in spans
            if span.before is not None
        ]
        return pl.concat([pl.DataFrame(schema=SHARE_CHANGES), *found])

    def _identified(self, file: ComponentFile) -> pl.DataFrame:
        """The rows of a file of components with their securities, by its effective day; cached for the next file."""
        if file not in self._with_ids:
            following = self._sessions.filter("is_session", pl.col("date") > file.holds_after)["date"]
            effective_on = following[0] if len(following) else file.holds_after + DAY
            rows = self._component_rows(file).with_columns(on=pl.lit(effective_on))
            self._with_ids[file] = rows.with_columns(security_id=self._ids.of(rows, "on"))
        return self._with_ids[file]


def _renamed(symbol_changes: pl.DataFrame, months: Sequence[str]) -> dict[str, str]:
    """For each month a fingerprint of all symbol changes up to its end: a symbol may have been given up long before."""
    told, found, so_far = _told(symbol_changes), dict[str, str](), ""
    for month in sorted({*told, *months}):
        found[month] = so_far = fingerprint(so_far, told[month]) if month in told else so_far
    return found


def _halts(suspensions: pl.DataFrame, months: Sequence[str], last_day: date) -> dict[str, object]:
    """For each month the suspensions in it that end, and one hash for the many that never do."""
    rows = suspensions.select("suspended_on", "resumed_on", pl.exclude("suspended_on", "resumed_on")).sort(pl.all())
    ends = ((row[0], row[1], row) for row in rows.filter(pl.col("resumed_on").is_not_null()).rows())
    ending = by_month(ends, first_day(months[0]), last_day)
    # What never ends is not stated to end: its place in a file makes no difference.
    lasting = rows.filter(pl.col("resumed_on").is_null()).select("suspended_on", "symbol").rows()
    told = hashlib.sha256()
    found: dict[str, object] = {}
    for month in months:
        while lasting and lasting[0][0] < end(month):
            told.update(repr(lasting.pop(0)).encode())
        found[month] = (ending.get(month), told.hexdigest())
    return found


def _told(rows: pl.DataFrame) -> dict[str, str]:
    """The rows of each month as one text."""
    said = pl.concat_str(pl.all().cast(pl.String).fill_null("-"), separator=" ")
    of_month = rows.group_by(month=pl.col("date").dt.strftime("%Y-%m")).agg(said.str.join("\n"))
    return dict(of_month.iter_rows())

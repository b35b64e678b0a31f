"""What moved published levels: the years of an index computed again with one group of changes undone after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, Protocol

import polars as pl

from russell_pipeline.index.attribution import (
    OTHERWISE,
    Contribution,
    contributions,
    proportion_note,
    reasons,
    without_proportion_note,
)
from russell_pipeline.index.basket import IndexState
from russell_pipeline.index.calculations import changed_since
from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import Levels
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.restatement import Anchor, differs
from russell_pipeline.lake.store import Lake
from russell_pipeline.steps.index.changes import Group, LakeBefore, bearing_on, changes_since, groups
from russell_pipeline.steps.index.inputs import sources

_DEFINITION = "the definition changed"
_STANDS = ("divisor", "price_index", "total_return_index")
_NAMES = ("shares", "free_float", "weighting_factor", "close", "fx")
_ROUNDING = 1e-12


class Computes(Protocol):
    """Computes a year of an index from the inputs of a lake."""

    def path(
        self, definition: Definition, year: int, state: IndexState | None, anchored: Sequence[Anchor], until: date
    ) -> Levels:
        """The levels of a year from a state, or where there is none from that of the lake. Raises IndexRefusal."""


class _Steps(NamedTuple):
    """The groups of changes in the order in which they are applied, and where each path stands at the end of a year.

    A changed definition is the last group. Path 0 has no group applied, and the last all of them. A state of None is that of
    the lake.
    """

    groups: Sequence[Group]
    states: Sequence[IndexState | None]


class Causes:
    """What moves the published levels of the indexes of a lake in one run, year by year."""

    def __init__(self, lake: Lake, computes: Callable[[Lake], Computes]) -> None:
        self._lake, self._computes = lake, computes
        self._steps: dict[str, _Steps] = {}
        self._told: dict[str, dict[tuple[str, ...], str]] = defaultdict(dict)

    def of(
        self,
        definition: Definition,
        year: int,
        said: pl.DataFrame,
        now: Levels,
        anchored: Sequence[Anchor],
        *,
        lifted: str | None,
        ends: bool,
    ) -> dict[date, list[Contribution]]:
        """By session, what moved the published levels `said` of a year of an index to `now`.

        The inputs of the published levels come first, in the present calculation; then one group of changes after the other
        is applied, to the inputs of now. `lifted` is the reason of levels that stayed as published and are restated now.
        `ends` says whether a further year goes on from this one.
        """
        code = definition.code
        known, before = self._steps.pop(code, None), self._state(code, year)
        if said.is_empty():
            return {}
        both = said.join(now.levels, on="date", how="left", suffix="_new")
        if both.filter(differs()).is_empty() and not (ends and before and not _alike(before, now.state)):
            return {}
        runs = self._runs(code)
        steps = known or self._begin(definition, year, runs)
        until = max([*said["date"], *now.levels["date"]])
        run = runs.get(year, {})
        paths = self._paths(definition, year, steps, run=run, now=now, anchored=anchored, until=until)
        other = changed_since(run.get("made_by")) or (lifted and f"no longer kept as published ({lifted})")
        if paths[0] is None and other is None and before:
            paths[0] = replace(now, levels=said, state=before)
        if ends:
            self._carry(code, steps, paths)
        told, waits = [], ""
        causes = [other or OTHERWISE, *(group.cause for group in steps.groups)]
        for cause, path in zip(causes, paths, strict=True):
            waits = f"{waits} together with {cause}" if waits and waits != OTHERWISE else cause
            if path is not None:
                told.append((waits, path.levels))
                waits = ""
        found = contributions(said, told)
        if known is None and other is None and (chained := self._chained(code, year)):
            found = {day: _instead(ones, chained, year - 1) for day, ones in found.items()}
        return found

    def reasons(
        self, code: str, stays: Sequence[date], moved: Mapping[date, Sequence[Contribution]]
    ) -> dict[date, str]:
        """The reasons of the levels that stay as published; the same causes have one reason in all years of a run.

        A level that would not move itself stays because of the next that would, or of the last.
        """
        would = sorted(day for day in stays if day in moved)
        after = {day: next((one for one in would if one >= day), would[-1] if would else day) for day in stays}
        why = {day: moved.get(one, ()) for day, one in after.items()}
        said = reasons({day: why[day] for day in would}, self._told[code])
        self._told[code] |= {_texts(why[day]): reason for day, reason in said.items()}
        return reasons(why, self._told[code])

    def gone(self, code: str, year: int, definition: Definition | None) -> list[Contribution]:
        """Why levels of a year are withdrawn of which nothing is left to compute them from."""
        if definition is None:
            return [Contribution("its definition was removed", None, None)]
        run = self._runs(code).get(year, {})
        changes = bearing_on(self._lake, changes_since(self._lake, run.get("corrections")), code, sources(definition))
        return [Contribution(group.cause, None, None) for group in groups(changes)]

    def _begin(self, definition: Definition, year: int, runs: Mapping[int, Mapping[str, Any]]) -> _Steps:
        """The groups of what changed since any year from this one on was published."""
        code = definition.code
        later = [run for of_year, run in runs.items() if of_year >= year]
        since = min((run["corrections"] or 0 for run in later), default=0)
        former = [one for run in later if (one := _former(definition, run)) is not None]
        named = sources(definition).union(*map(sources, former))
        found = groups(bearing_on(self._lake, changes_since(self._lake, since), code, named))
        if former:
            found.append(Group(_redefined(former[0], definition), self._lake.read("market_corrections").clear()))
        return _Steps(found, [None] * (len(found) + 1))

    def _paths(
        self,
        definition: Definition,
        year: int,
        steps: _Steps,
        *,
        run: Mapping[str, Any],
        now: Levels,
        anchored: Sequence[Anchor],
        until: date,
    ) -> list[Levels | None]:
        """The levels of a year with the first groups applied and the others undone; None where they cannot be computed.

        The last are those of `now`, with all groups applied.
        """
        had, former = run.get("corrections") or 0, _former(definition, run)
        found: list[Levels | None] = [now]
        for place in reversed(range(len(steps.groups))):
            undone = pl.concat(group.changes for group in steps.groups[place:]).filter(pl.col("ordinal") > had)
            redefines = former is not None and place == len(steps.groups) - 1
            if steps.states[place] is steps.states[place + 1] and not redefines:
                own = steps.groups[place].changes.filter(pl.col("ordinal") > had)
                if own.filter(_may_matter(year)).is_empty():
                    found.append(found[-1])
                    continue
            lake = LakeBefore.of(self._lake, undone) if undone.height else self._lake
            try:
                computes, state = self._computes(lake), steps.states[place]
                found.append(computes.path(former or definition, year, state, anchored, until))
            except IndexRefusal:
                found.append(None)
        return found[::-1]

    def _carry(self, code: str, steps: _Steps, paths: Sequence[Levels | None]) -> None:
        """Keep where the paths stand at the end of the year, if that differs."""
        states: list[IndexState | None] = [None]
        after = paths[-1]
        for path in reversed(paths[:-1]):
            differ = path and after and path is not after and not _alike(path.state, after.state)
            states.append(path.state if path and differ else states[-1])
            after = path or after
        if any(state is not None for state in states):
            self._steps[code] = steps._replace(states=states[::-1])

    def _runs(self, code: str) -> dict[int, dict[str, Any]]:
        rows = self._lake.read("index_runs").filter(index_code=code).drop_nulls("year")
        return {row["year"]: row for row in rows.iter_rows(named=True)}

    def _state(self, code: str, year: int) -> IndexState | None:
        """The published state of an index at the end of a year."""
        rows = self._lake.read("index_states", [str(year)]).filter(index_code=code).drop("year")
        return None if rows.is_empty() or rows["market_value"].has_nulls() else IndexState.from_frame(rows)

    def _chained(self, code: str, year: int) -> list[Contribution]:
        """What last moved the level that a year continues from."""
        rows = self._lake.read("index_restatements").filter(
            pl.col("index_code") == code, pl.col("date").dt.year() == year - 1
        )
        if rows.is_empty():
            return []
        causes = rows.sort("date", "superseded_on")["causes"][-1]
        return [Contribution(**one) for one in causes] if causes is not None else []


def _texts(causes: Sequence[Contribution]) -> tuple[str, ...]:
    return tuple(share.cause for share in causes)


def _may_matter(year: int) -> pl.Expr:
    """Whether changes may move levels of a year other than by the state at its beginning."""
    of = pl.col("day").dt.year()
    # A name that is suspended at a cut-off has the last close of a year before it.
    return (of.is_null() | (of <= year)) & ((pl.col("kind") != "closes") | (of >= year - 2))


def _former(definition: Definition, run: Mapping[str, Any]) -> Definition | None:
    """The definition that a year was computed by, if it is another; None where this release cannot read it."""
    said = run.get("definition")
    if said is None or said == definition.model_dump_json():
        return None
    try:
        former = Definition.model_validate_json(str(said))
    except ValueError:
        return None
    return None if former == definition else former


def _redefined(former: Definition, now: Definition) -> str:
    changed = [
        f"policies.{inner}" if name == "policies" else name
        for name in type(now).model_fields
        if getattr(former, name) != getattr(now, name)
        for inner in (type(now.policies).model_fields if name == "policies" else (name,))
        if name != "policies" or getattr(former.policies, inner) != getattr(now.policies, inner)
    ]
    return f"{_DEFINITION}: {', '.join(changed)}"


def _instead(found: Sequence[Contribution], chained: Sequence[Contribution], year: int) -> list[Contribution]:
    """The causes with those that moved the year before in place of unknown ones, each with its part of their share.

    How the end of that `year` moved by each cause is not known: several causes have parts in proportion to their shares there,
    and each says so.
    """
    said = proportion_note(year) if len(chained) > 1 else ""
    result: list[Contribution] = []
    for share in found:
        if share.cause != OTHERWISE:
            result.append(share)
            continue
        whole = [sum(getattr(one, name) or 0 for one in chained) for name in Contribution._fields[1:]]
        for one in chained:
            parts = (
                None if all_ is None else all_ * (own or 0) / total if total else all_ / len(chained)
                for all_, own, total in zip(share[1:], one[1:], whole, strict=True)
            )
            result.append(Contribution(f"{without_proportion_note(one.cause)}{said}", *parts))
    return result


def _alike(one: IndexState, other: IndexState) -> bool:
    """Whether two states of an index are the same up to rounding."""
    if one.date != other.date or one.names["symbol"].to_list() != other.names["symbol"].to_list():
        return False
    both = [(getattr(one, name), getattr(other, name)) for name in _STANDS]
    both += [pair for name in _NAMES for pair in zip(one.names[name], other.names[name], strict=True)]
    return all(a == b or abs(a - b) <= _ROUNDING * abs(a) for a, b in both)

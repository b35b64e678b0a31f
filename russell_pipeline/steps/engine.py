"""The engine: goes through the steps in the order of the flow, finds what is stale, and has it made. Knows no subject."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from russell_pipeline.lake.store import Lake
from russell_pipeline.schemas.tables import CATALOG, TABLES
from russell_pipeline.steps.checks import blocking_failure
from russell_pipeline.steps.flow import STEPS
from russell_pipeline.steps.step import Asked, Left, Step, Written


@dataclass(frozen=True, slots=True)
class StepDone:
    """What became of a step in a run.

    - `tables`: the tables of the step;
    - `written`: the parts that it wrote or removed, in order; none if nothing was stale;
    - `left`: what it left for the next run;
    - `failure`: why it could not be made, or not wholly; what follows from its tables then stays as it was.
    """

    tables: Sequence[str]
    written: Sequence[Written] = ()
    left: Sequence[str] = ()
    failure: Exception | None = None


def bring_up_to_date(lake: Lake, asked: Asked, tables: Collection[str] | None = None) -> Iterator[StepDone]:
    """Make what is stale of a lake, or of some of its tables, step by step in the order of the flow.

    A step that fails does not stop the others: only what follows from its tables, all parts of it, is left as it was. So is what
    follows from a table that breaks a check that blocks, in this run and in every other until the table holds. The findings and
    the catalog are made all the same, from what could be made. Yields what became of each step; raises nothing but what
    interrupts a run.
    """
    unmade, sound = set[str](), set[str]()
    for step in STEPS:
        if tables is not None and not {*step.tables} & {*tables}:
            continue
        if not step.always and unmade & upstream_of(step):
            unmade |= {*step.tables}
            continue
        look, done = _looked(step, lake, asked)
        if look is not None and not step.always:
            judged = upstream_of(step) - sound
            if broken := _broken(lake, judged):
                unmade |= {*broken.tables, *step.tables}
                yield broken
                continue
            sound |= judged
        if look is not None:
            done = _made(*look)
        if done.failure is not None:
            unmade |= {*step.tables}
        yield done


def affected(lake: Lake, asked: Asked) -> set[str]:
    """The tables that are stale, and those that may follow from them; empty if the lake is up to date. Nothing is made."""
    found = set[str]()
    for step in STEPS:
        # What follows from a table can be looked at only when that has been made.
        if (step.always and found) or found & upstream_of(step):
            found |= {*step.tables}
            continue
        look, done = _looked(step, lake, asked)
        if look is not None:
            found |= {*look[0].touched(look[1])}
        elif done.failure is not None:  # the run meets it again, and says so
            found |= {*step.tables}
    return found


@cache
def upstream_of(step: type[Step]) -> frozenset[str]:
    """The tables that those of a step follow from, its own left out."""
    named = {one for table in step.tables for one in (TABLES if table == CATALOG else TABLES[table].upstream)}
    return frozenset(named - {*step.tables})


def _looked(kind: type[Step], lake: Lake, asked: Asked) -> tuple[tuple[Step, list[str]] | None, StepDone]:
    """A step with its stale parts, None if there are none; and what became of it if it is not made."""
    try:
        step = kind(lake, asked)
        keys = step.stale()
    except Exception as error:  # noqa: BLE001 - whatever it is, steps that do not follow from this one go on
        return None, StepDone(kind.tables, failure=error)
    return (step, keys) if keys else None, StepDone(kind.tables)


def _made(step: Step, keys: Sequence[str]) -> StepDone:
    """Have the stale parts of a step made."""
    written, left = list[Written](), list[str]()
    failure: Exception | None = None
    try:
        for one in step.make(keys):
            if isinstance(one, Left):
                left.append(one.name)
            else:
                written.append(one)
    except Exception as error:  # noqa: BLE001 - as above
        failure = error
    return StepDone(step.tables, written, left, failure)


def _broken(lake: Lake, tables: Collection[str]) -> StepDone | None:
    """The first of some tables that breaks a check that blocks, as what became of it; None if all hold."""
    for table in sorted(tables):
        try:
            failure: Exception | None = blocking_failure(lake, table)
        except Exception as error:  # noqa: BLE001 - as above
            failure = error
        if failure is not None:
            return StepDone([table], failure=failure)
    return None

"""What a review that is not implemented yet needs, by date: which inputs the lake has, and which are missing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import Review
from russell_pipeline.index.weights import is_there
from russell_pipeline.wording import counted, first_few


class Need(NamedTuple):
    """An input of a review: what it is, the day it is of (None for a file), whether it is there, and what there is to say."""

    what: str
    on: date | None
    ready: bool
    note: str

    def state(self, today: date) -> Literal["ready", "due", "missing"]:
        """Whether it is there, is to be had from a day after today on, or is missing although its day has come."""
        if self.ready:
            return "ready"
        return "due" if self.on and self.on > today else "missing"


@dataclass(frozen=True)
class Supplied:
    """What a lake has for a review.

    `components` are the symbols by component with a file of the review, `quoted` by day the currency of each name with a
    close, `rates` the days and currencies with a rate. A day after `last_close` has none yet. `weighed` is whether the review
    has weights, which is proof of all that its price cut-off needs.
    """

    components: Mapping[str, Collection[str]]
    last_close: date | None
    quoted: Mapping[date, Mapping[str, str]]
    rates: Collection[tuple[date, str]]
    weighed: bool


@dataclass(frozen=True)
class Readiness:
    """A coming review of an index, its days, and its needs: components first, then by day."""

    index_code: str
    review: Review
    needs: tuple[Need, ...]

    @property
    def components_ready(self) -> bool:
        """Whether every leg has its file, so that the review can be weighed at the closes of any day."""
        return all(need.ready for need in self.needs if need.on is None)


def readiness(definition: Definition, review: Review, supplied: Supplied) -> Readiness:
    """Which inputs of a review are there: the component files of its legs, closes and rates of its cut-off and implementation."""
    needs = [need for leg in definition.legs for need in _component(definition, leg.component, review, supplied)]
    names = {name for leg in definition.legs for name in _names(definition, leg.component, supplied.components)}
    if unpriced := _unpriced(review, names, supplied):
        needs.append(
            Need("closes of the last session", supplied.last_close, False, f"no close of {first_few(unpriced)}")
        )
    days = {review.implemented_on: ("implementation", False)}
    days[review.cutoff_on] = ("price cut-off", supplied.weighed)
    for day, (event, proven) in sorted(days.items()):
        needs += _market(definition, (f"the {event}", day), names, supplied, proven)
    return Readiness(definition.code, review, tuple(dict.fromkeys(needs)))


def _unpriced(review: Review, names: Collection[str], supplied: Supplied) -> list[str]:
    """Before the price cut-off, the names without a close on the last session; none if the lake has no closes at all."""
    if supplied.weighed or supplied.last_close is None or supplied.last_close >= review.cutoff_on:
        return []
    return sorted({*names} - {*supplied.quoted.get(supplied.last_close, ())})


def _component(definition: Definition, code: str, review: Review, supplied: Supplied) -> Iterator[Need]:
    """The file of a component, or, where it has none and parts of it have, the files that it is derived from."""
    derived = definition.components.get(code)
    if code in supplied.components:
        yield Need(f"component {code}", None, True, counted(len(supplied.components[code]), "name"))
    elif derived and any(is_there(definition, part, supplied.components) for part in derived.difference):
        for part in derived.difference:
            yield from _component(definition, part, review, supplied)
    else:
        instead = f", or files of {' and '.join(derived.difference)}" if derived else ""
        yield Need(f"component {code}", None, False, f"landing/components/{code}/{review.name}.csv{instead}")


def _names(definition: Definition, code: str, components: Mapping[str, Collection[str]]) -> set[str]:
    """The names of a component as far as its files say."""
    if code in components or code not in definition.components:
        return {*components.get(code, ())}
    minuend, subtrahend = (_names(definition, part, components) for part in definition.components[code].difference)
    return minuend - subtrahend


def _market(
    definition: Definition, dated: tuple[str, date], names: Collection[str], supplied: Supplied, proven: bool
) -> Iterator[Need]:
    """The closes and the rates of the day of an event."""
    event, day = dated
    if supplied.last_close is None or day > supplied.last_close:
        last = f"the last are of {supplied.last_close}" if supplied.last_close else "the lake has none"
        yield Need(f"closes of {event}", day, False, last)
        known = supplied.quoted.get(supplied.last_close, {}) if supplied.last_close else {}
        if foreign := _foreign(definition, names, known):
            yield Need(f"rates of {event}", day, False, f"for {', '.join(foreign)}")
        return
    quoted = supplied.quoted.get(day, {})
    lacking = sorted(name for name in names if name not in quoted)
    if lacking and not proven:
        yield Need(f"closes of {event}", day, False, f"no close of {first_few(lacking)}")
    elif names:
        yield Need(f"closes of {event}", day, True, f"of {counted(len(names) - len(lacking), 'name')}")
    else:
        yield Need(f"closes of {event}", day, True, "the names are not known yet")
    if foreign := _foreign(definition, names, quoted):
        # A rate may be of either side: of the currency, or of the index's own in the currency that rates are quoted in.
        own = (day, definition.currency) in supplied.rates
        without = [] if own or proven else [one for one in foreign if (day, one) not in supplied.rates]
        yield Need(f"rates of {event}", day, not without, f"for {', '.join(without or foreign)}")


def _foreign(definition: Definition, names: Collection[str], quoted: Mapping[str, str]) -> list[str]:
    return sorted({quoted[name] for name in names if name in quoted} - {definition.currency})

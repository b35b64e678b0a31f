"""The readiness of a review that is not implemented yet: the inputs that it needs, and which of them are there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.model import Review
from russell_pipeline.index.weights import is_available
from russell_pipeline.wording import counted, first_few


class Need(NamedTuple):
    """An input that a review needs: what it is, its day (None for a file), whether it is there, and a note on it."""

    what: str
    on: date | None
    ready: bool
    note: str

    def state(self, today: date) -> Literal["ready", "due", "missing"]:
        """Ready if it is there, due if its day is after today, else missing."""
        if self.ready:
            return "ready"
        return "due" if self.on and self.on > today else "missing"


@dataclass(frozen=True)
class AvailableInputs:
    """The inputs that a lake has for a review.

    `components` are the symbols by component with a file of the review, `currency_by_day` the currency of each name with a
    close by day, `rates` the days and currencies with a rate. Days after `last_close` have no closes yet. `has_weights` says
    whether the review has weights, which proves that all inputs of its price cut-off were there.
    """

    components: Mapping[str, Collection[str]]
    last_close: date | None
    currency_by_day: Mapping[date, Mapping[str, str]]
    rates: Collection[tuple[date, str]]
    has_weights: bool


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


class _MarketDay(NamedTuple):
    """An event that needs closes and rates, and its day; `proven` says that they must have been there."""

    event: str
    day: date
    proven: bool


def readiness(definition: Definition, review: Review, available: AvailableInputs) -> Readiness:
    """The readiness of a review: the component files of its legs, the closes and rates of its cut-off and implementation."""
    needs = [need for leg in definition.legs for need in _component(definition, leg.component, review, available)]
    names = {name for leg in definition.legs for name in _names(definition, leg.component, available.components)}
    if unpriced := _unpriced(review, names, available):
        needs.append(
            Need("closes of the last session", available.last_close, False, f"no close of {first_few(unpriced)}")
        )
    days = {review.implemented_on: ("implementation", False)}
    days[review.cutoff_on] = ("price cut-off", available.has_weights)
    for day, (event, proven) in sorted(days.items()):
        needs += _market(definition, _MarketDay(f"the {event}", day, proven), names, available)
    return Readiness(definition.code, review, tuple(dict.fromkeys(needs)))


def _unpriced(review: Review, names: Collection[str], available: AvailableInputs) -> list[str]:
    """Before the price cut-off, the names without a close on the last session; none if the lake has no closes at all."""
    if available.has_weights or available.last_close is None or available.last_close >= review.cutoff_on:
        return []
    return sorted({*names} - {*available.currency_by_day.get(available.last_close, ())})


def _component(definition: Definition, code: str, review: Review, available: AvailableInputs) -> Iterator[Need]:
    """The file of a component, or, where it has none and parts of it have, the files that it is derived from."""
    derived = definition.components.get(code)
    if code in available.components:
        yield Need(f"component {code}", None, True, counted(len(available.components[code]), "name"))
    elif derived and any(is_available(definition, part, available.components) for part in derived.difference):
        for part in derived.difference:
            yield from _component(definition, part, review, available)
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
    definition: Definition, of: _MarketDay, names: Collection[str], available: AvailableInputs
) -> Iterator[Need]:
    """The closes and the rates of the day of an event."""
    event, day, proven = of
    if available.last_close is None or day > available.last_close:
        last = f"the last are of {available.last_close}" if available.last_close else "the lake has none"
        yield Need(f"closes of {event}", day, False, last)
        known = available.currency_by_day.get(available.last_close, {}) if available.last_close else {}
        if foreign := _foreign(definition, names, known):
            yield Need(f"rates of {event}", day, False, f"for {', '.join(foreign)}")
        return
    currencies = available.currency_by_day.get(day, {})
    unpriced = sorted(name for name in names if name not in currencies)
    if unpriced and not proven:
        yield Need(f"closes of {event}", day, False, f"no close of {first_few(unpriced)}")
    elif names:
        yield Need(f"closes of {event}", day, True, f"of {counted(len(names) - len(unpriced), 'name')}")
    else:
        yield Need(f"closes of {event}", day, True, "the names are not known yet")
    if foreign := _foreign(definition, names, currencies):
        # A rate may be of either side: of the currency, or of the index's own in the currency that rates are quoted in.
        of_index = (day, definition.currency) in available.rates
        without = [] if of_index or proven else [one for one in foreign if (day, one) not in available.rates]
        yield Need(f"rates of {event}", day, not without, f"for {', '.join(without or foreign)}")


def _foreign(definition: Definition, names: Collection[str], currencies: Mapping[str, str]) -> list[str]:
    return sorted({currencies[name] for name in names if name in currencies} - {definition.currency})

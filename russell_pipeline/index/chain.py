"""Levels and the divisor ledger of an index from its market values, one moment after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from russell_pipeline.index.model import IndexRefusal

# METHODOLOGY 4: the total return index from that of the session before, the price index then and now, and dividend points.
TOTAL_RETURNS: dict[str, Callable[[float, float, float, float], float]] = {
    "ex_open": lambda total_return, before, level, points: total_return * (level / (before - points)),
    "reinvest_close": lambda total_return, before, level, points: total_return * ((level + points) / before),
}


class Traded(NamedTuple):
    """What a review trades at the closes of its day: one-way turnover, the sum of weights without signs before and after."""

    turnover: float | None = None
    gross_before: float | None = None
    gross_after: float | None = None


_NOTHING_TRADED = Traded()


@dataclass
class Chain:
    """Where an index stands: its market value, divisor and levels, and what was noted of the moments up to now.

    Rows are those of a panel of `sessions`; `paid` is what their ordinary dividends come to. Before its base an index has a
    value but no level: `based` is False, and nothing is noted. Raises IndexRefusal for a value that gives no level.
    """

    code: str
    sessions: Sequence[date]
    form: str
    divisor: float = 1.0
    level: float = 1.0
    total_return: float = 1.0
    based: bool = True
    value: float = 0.0
    paid: dict[int, float] = field(default_factory=dict)
    levels: list[tuple[Any, ...]] = field(default_factory=list)
    ledger: list[tuple[Any, ...]] = field(default_factory=list)
    _opened: int = -1
    _points: float = 0.0
    # Value and divisor before the events of a moment: the order of other names' events leaves no trace in the last bit.
    _before: tuple[float, float] = (0.0, 1.0)
    _changed: bool = False

    def starts(self, value: float) -> None:
        """The market value of the basket that a run begins with."""
        self.value = value

    def set_base(self, row: int, names: int, base: float) -> None:
        """The base value after the close of a session: the divisor follows from it."""
        self._positive(self.value, row, "at the base")
        self.divisor, self.level, self.total_return, self.based = self.value / base, base, base, True
        self._record(row, ("base", "base", None), (None, None))
        self.levels.append((self.code, self.sessions[row], base, base, self.divisor, self.value, 0.0, names))

    def restructures(self, row: int, event: str, symbol: str, neutral: bool, value: float) -> None:
        """An event of an open; one that is neutral leaves value and divisor as they are."""
        self._positive(value, row, f"after {event} of {symbol}")
        self._open(row)
        self._changed |= not neutral
        whole, divisor = self._before
        taken = divisor * (value / whole) if self._changed else divisor
        before = (value, taken) if neutral else (self.value, self.divisor)
        self.value, self.divisor = value, taken
        self._record(row, ("open", event, symbol), before)

    def closes(self, row: int, names: int, value: float) -> None:
        """The close of a session with so many names: its levels follow from those of the one before."""
        self._open(row)
        self.value, self._before = value, (value, self.divisor)
        if not self.based:
            return
        self._positive(value, row, "at the close")
        level, points = value / self.divisor, self._points
        if not self.level > points:
            raise IndexRefusal(
                f"{self._said(row)}: dividends of {points:.6g} points leave nothing of a level of {self.level:.6g}"
            )
        self.total_return = TOTAL_RETURNS[self.form](self.total_return, self.level, level, points)
        self.level = level
        self.levels.append(
            (self.code, self.sessions[row], level, self.total_return, self.divisor, value, points, names)
        )

    def deletes(self, row: int, event: str, symbol: str, value: float) -> None:
        """A name that goes after a close."""
        self._positive(value, row, f"after the deletion of {symbol}")
        before, (whole, divisor) = (self.value, self.divisor), self._before
        self.value, self.divisor = value, divisor * (value / whole)
        self._record(row, ("close", event, symbol), before)

    def reviews(self, row: int, review: str, traded: Traded, value: float) -> None:
        """The basket of a review, after a close and its deletions."""
        self._positive(value, row, "with the basket of the review")
        before = self.value, self.divisor
        self.value, self.divisor = value, self.divisor * (value / self.value)
        self._record(row, ("close", f"review {review}", None), before, traded)

    def _open(self, row: int) -> None:
        """Dividend points of a session, on the divisor before its restructurings."""
        if self._opened != row:
            self._opened, self._points = row, self.paid.get(row, 0.0) / self.divisor
            self._before, self._changed = (self.value, self.divisor), False

    def _positive(self, value: float, row: int, when: str) -> None:
        if not value > 0:
            raise IndexRefusal(
                f"{self._said(row)}: the market value {when} is {value:.6g}, and a level needs one above 0"
            )

    def _said(self, row: int) -> str:
        return f"{self.code} on {self.sessions[row]}"

    def _record(
        self,
        row: int,
        what: tuple[str, str, str | None],
        before: tuple[float | None, float | None],
        traded: Traded = _NOTHING_TRADED,
    ) -> None:
        """Note an event, by moment, name and symbol, with value and divisor before and after, and what it trades."""
        if self.based:
            value, divisor = before
            day = self.sessions[row]
            ordinal = self.ledger[-1][-1] + 1 if self.ledger and self.ledger[-1][1] == day else 1
            self.ledger.append((self.code, day, *what, value, self.value, divisor, self.divisor, *traded, ordinal))

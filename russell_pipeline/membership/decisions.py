"""Finds the row that each decision on a security is about; decisions about no row become findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from russell_pipeline.findings import Finding
from russell_pipeline.membership.model import Decision, Observation, SymbolChange
from russell_pipeline.membership.symbols import Spellings

_AREA = "membership"
_ANOTHER = "a later decision is about the same row"


@dataclass
class Decisions:
    """Decisions by symbol and day of the row that they are about, given all rows under each symbol in order of days.

    A decision is about the first row under its symbol from its day on, or the one of the list that holds from that day. One on a
    change of symbol that says `same` is followed as a symbol change on the day of the first row under the new symbol after the
    last one under the old.
    """

    decisions: Sequence[Decision]
    rows: Mapping[str, Sequence[Observation]]
    spellings: Spellings
    symbol_changes: list[SymbolChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._about: dict[tuple[str, date], Decision] = {}
        self._changes: dict[SymbolChange, Decision] = {}
        self._open: dict[Decision, str] = {}
        for decision in sorted(self.decisions, key=lambda one: (one.day, one.symbol, one.old_symbol or "")):
            row = self._row(decision.symbol, decision.day)
            if row is None:
                self._open[decision] = self._unseen(decision)
            elif decision.old_symbol is None:
                self._attach(decision, row)
            else:
                self._connect(decision, decision.old_symbol, row)

    def on(self, key: str, day: date) -> Decision | None:
        """The decision on the rows under a symbol on a day; it then counts as used."""
        decision = self._about.get((key, day))
        if decision is not None:
            self._open.pop(decision, None)
        return decision

    def behind_change(self, change: SymbolChange) -> Decision | None:
        """The decision that a symbol change follows from."""
        return self._changes.get(change)

    def not_followed(self, decision: Decision, why: str) -> Finding:
        """A finding that a decision cannot be followed."""
        self._open.pop(decision, None)
        return _finding(decision, f"is not followed, because {why}")

    def remark(self, decision: Decision, what: str) -> Finding:
        """A finding on a decision that is followed."""
        return _finding(decision, what)

    def unused(self) -> Iterator[Finding]:
        """A finding for each decision that is about no row."""
        for decision, why in self._open.items():
            yield _finding(decision, f"decides nothing: {why}")

    def _row(self, symbol: str, day: date) -> Observation | None:
        rows = self.rows.get(self.spellings.key(symbol), ())
        return next((one for one in rows if one.day >= day or one.effective_on == day), None)

    def _unseen(self, decision: Decision) -> str:
        rows = self.rows.get(self.spellings.key(decision.symbol))
        return (
            f"{decision.symbol} is last printed on {rows[-1].day}" if rows else f"no document prints {decision.symbol}"
        )

    def _attach(self, decision: Decision, row: Observation) -> None:
        key = (self.spellings.key(decision.symbol), row.day)
        before = self._about.get(key)
        if before is not None and before.same != decision.same and before.day == decision.day:
            del self._about[key]
            for one, other in ((before, decision), (decision, before)):
                self._open[one] = f"{_said(other)} contradicts it"
            return
        if before is not None:
            self._open[before] = _ANOTHER
        self._about[key] = decision
        self._open[decision] = f"no company had {decision.symbol} before {row.day}"

    def _connect(self, decision: Decision, old_symbol: str, row: Observation) -> None:
        """Attach a decision on a change of symbol: the first row under the new symbol after the last one under the old."""
        key, old = self.spellings.key(decision.symbol), self.spellings.key(old_symbol)
        last = next((one for one in reversed(self.rows.get(old, ())) if one.day < row.day), None)
        if last is None:
            self._open[decision] = f"no document prints {old_symbol} before {row.day}"
        elif decision.same:
            first = next(one for one in self.rows[key] if one.day > last.day)
            change = SymbolChange(first.day, old_symbol, decision.symbol, decision.file, decision.row)
            self._changes[change] = decision
            self.symbol_changes.append(change)


def _finding(decision: Decision, what: str) -> Finding:
    return Finding(_AREA, "warning", decision.symbol, f"{_said(decision)} {what}")


def _said(decision: Decision) -> str:
    """A decision with its place."""
    place = f"{decision.file}, row {decision.row}: " if decision.file else ""
    symbols = decision.symbol if decision.old_symbol is None else f"{decision.old_symbol}>{decision.symbol}"
    return f"{place}the decision {'same' if decision.same else 'other'} on {symbols}@{decision.day}"

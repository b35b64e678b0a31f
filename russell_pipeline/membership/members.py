"""The members of a state of an index: those of its list after the additions and deletions since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from russell_pipeline.membership.model import Difference, Row, State


class Move(NamedTuple):
    """A security that enters or leaves an index on a day, with the row that says so."""

    day: date
    change: str
    security_id: str
    row: Row


# The members of an index: security_id -> the row that says so.
Members = dict[str, Row]


def apply_moves(members: Mapping[str, Row], moves: Iterable[Move]) -> Members:
    """The members after the moves, in order of days.

    Deletions come first on each day, since a security may leave and enter at once.
    """
    after = dict(members)
    for move in sorted(moves, key=lambda move: (move.day, move.change != "deletion", move.row)):
        if move.change == "deletion":
            after.pop(move.security_id, None)
        else:
            after[move.security_id] = move.row
    return after


class Replay:
    """The members of states, given the members of each list and the moves of each set of changes, by document_id."""

    def __init__(self, listed: Callable[[str], Members], moves: Callable[[str], list[Move]]) -> None:
        self._listed = listed
        self.moves = moves

    def members(self, state: State | Difference) -> Members:
        """The members of a state, each with the row that says so; of a derived index, with the row of the minuend."""
        if isinstance(state, Difference):
            less = self.members(state.subtrahend)
            return {security: row for security, row in self.members(state.minuend).items() if security not in less}
        return apply_moves(self._listed(state.base.document_id), self.moves_since_list(state))

    def moves_since_list(self, state: State) -> list[Move]:
        """The moves after the day of the state's list, up to the day on which the state begins."""
        return [
            move
            for changes in state.changes
            for move in self.moves(changes.document_id)
            if state.base.effective_on < move.day <= state.valid_from
        ]

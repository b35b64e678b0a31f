"""The numbers of clauses and appendices: what is missing between two, and which of many numbers are the numbering."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# What a number that does not follow the one before it takes from the weight of a numbering. A number that looks like the start
# of a clause outweighs it (STRONG), so that nothing after a gap is lost; one that does not (WEAK) is only believed in its place.
_GAP, WEAK, STRONG, CERTAIN = 2, 1, 3, 6


class Number(NamedTuple):
    """The number of a clause (`at` its levels) or of an appendix (`part` its kind, `at` its place); they sort as read."""

    part: str
    at: tuple[int, ...]
    lettered: bool = False

    @property
    def text(self) -> str:
        """The number as it is printed: "5.2.1", "Appendix B"."""
        if not self.part:
            return ".".join(map(str, self.at))
        return f"{self.part} {chr(ord('A') + self.at[0] - 1) if self.lettered else self.at[0]}"


def clause_number(printed: str) -> Number:
    """The number of a clause from its figures, such as "5.2.1"."""
    return Number("", tuple(map(int, printed.split("."))))


def appendix_number(kind: str, printed: str) -> Number:
    """The number of an appendix from its kind and its letter or figure."""
    lettered = printed.isalpha()
    place = ord(printed.upper()) - ord("A") + 1 if lettered else int(printed)
    return Number(kind.title(), (place,), lettered)


def left_out(before: Number | None, after: Number) -> Iterator[Number]:
    """The numbers that are missing between two that follow each other, each once and the highest level alone.

    Levels may be skipped downwards (6, 6.1.1), and a level may begin at 0 or 1. `before` is None at the beginning.
    """
    if before is None or before.part != after.part:
        level, last = 0, 0
    else:
        shared = min(len(before.at), len(after.at))
        level = next((at for at in range(shared) if before.at[at] != after.at[at]), shared)
        last = before.at[level] if level < len(before.at) else 0
    for place in range(last + 1, after.at[level]):
        yield after._replace(at=(*after.at[:level], place))
    for below in range(level + 1, len(after.at)):
        for place in range(1, after.at[below]):
            yield after._replace(at=(*after.at[:below], place))


def numbering(numbers: Sequence[Number], weights: Sequence[int]) -> list[int]:
    """The places of the numbers that are the numbering: those in ascending order that weigh most, less what their gaps cost.

    So a number that is out of its place, such as a figure or a reference at the start of a wrapped line, is left aside as soon as
    it stands in the way of others; none can end the numbering. Of equal ones the first counts.
    """
    totals: list[int] = []
    before: list[int | None] = []
    rising: list[int] = []  # the best numberings by where they end, each weighing more than those that end before it
    ends: dict[Number, int] = {}
    below: dict[Number, int] = {}  # the best that ends with a number or with one below it
    for here, (number, weight) in enumerate(zip(numbers, weights, strict=True)):
        place = bisect_left(rising, number, key=lambda at: numbers[at])
        # A gap at the beginning costs nothing: what is taken from every numbering decides nothing.
        options: list[tuple[int, int | None]] = [(0, None)]
        if place:
            options.append((totals[rising[place - 1]] - _GAP, rising[place - 1]))
        options += [(totals[at], at) for at in _followed_by(number, ends, below)]
        total, link = max(options, key=lambda option: option[0])
        totals.append(total + weight)
        before.append(link)
        best = totals[here]
        if not place or totals[rising[place - 1]] < best:
            end = place
            while end < len(rising) and totals[rising[end]] <= best:
                end += 1
            if end > place or place == len(rising) or numbers[rising[place]] != number:
                rising[place:end] = [here]
        if number not in ends or totals[ends[number]] < best:
            ends[number] = here
        for depth in range(len(number.at) + 1):
            root = number._replace(at=number.at[:depth])
            if root not in below or totals[below[root]] < best:
                below[root] = here
    chain: list[int] = []
    link = max(range(len(totals)), key=totals.__getitem__, default=None)
    while link is not None:
        chain.append(link)
        link = before[link]
    return chain[::-1]


def _followed_by(number: Number, ends: dict[Number, int], below: dict[Number, int]) -> Iterator[int]:
    """The numberings that a number follows without a gap."""
    for level in reversed(range(len(number.at))):
        place = number.at[level]
        sibling = number._replace(at=(*number.at[:level], place - 1))
        if place > 0 and sibling in below:
            yield below[sibling]
        if place > 1:
            return
        parent = number._replace(at=number.at[:level])
        if level and parent in ends:
            yield ends[parent]
    clauses = Number("", ())
    if number.part and clauses in below:
        yield below[clauses]

"""Two versions of ground rules: which clauses were added, removed, renumbered or changed, which words, and which figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from typing import Literal, NamedTuple

from russell_pipeline.documents.rulebooks.clauses import Clause
from russell_pipeline.documents.rulebooks.figures import StatedDay, StatedFigure, StatedRules, subject_of

# Of how many words of two clauses as many must be the same for them to be one that was changed: where it keeps its number, and
# where it has another.
_SAME_NUMBER, _OTHER_NUMBER = 0.3, 0.6

Kind = Literal["added", "removed", "renumbered", "changed"]


class Words(NamedTuple):
    """A run of words of a clause: of both versions (`same`), of the old one alone (`removed`) or of the new one (`added`)."""

    state: Literal["same", "removed", "added"]
    text: str


@dataclass(frozen=True)
class ClauseChange:
    """A clause that is not the same in two versions: the clause of either, None where a version does not have it.

    A clause that was both renumbered and changed is `changed`, with two numbers.
    """

    kind: Kind
    old: Clause | None
    new: Clause | None

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its number, or the old and the new one."""
        return tuple(dict.fromkeys(clause.clause for clause in (self.old, self.new) if clause))

    @property
    def titles(self) -> tuple[str, ...]:
        """Its title, or the old and the new one; none if it has none."""
        return tuple(dict.fromkeys(clause.title for clause in (self.old, self.new) if clause and clause.title))

    @property
    def places(self) -> str:
        """Where it begins, as page:line, in either version: "13:14 to 13:20"."""
        return " to ".join(f"{clause.page}:{clause.line}" for clause in (self.old, self.new) if clause)

    @cached_property
    def words(self) -> tuple[Words, ...]:
        """Its words in order, the old ones before the new ones that replace them."""
        return tuple(_words(_text(self.old), _text(self.new)))

    def count(self, state: Literal["removed", "added"]) -> int:
        """How many words were removed or added."""
        return sum(len(run.text.split()) for run in self.words if run.state == state)


def compare_clauses(old: Sequence[Clause], new: Sequence[Clause]) -> list[ClauseChange]:
    """The clauses that differ between two versions, in the order of the new one; removed ones stand where they stood.

    A clause is the same by its number, title and text. Another is found again by its words: with its number if about a third
    of them are the same, else with another number if most are; each once, the most alike first.
    """
    pairs = _pairs(old, new)
    from_old = {after: old[before] for before, after in pairs.items()}
    changes: list[tuple[tuple[float, int], ClauseChange]] = []
    for after, clause in enumerate(new):
        was = from_old.get(after)
        if was is None:
            changes.append(((after, 1), ClauseChange("added", None, clause)))
        elif (was.title, was.text_sha256) != (clause.title, clause.text_sha256):
            changes.append(((after, 1), ClauseChange("changed", was, clause)))
        elif was.clause != clause.clause:
            changes.append(((after, 1), ClauseChange("renumbered", was, clause)))
    place = -1.0
    for before, clause in enumerate(old):
        if before in pairs:
            place = pairs[before]
        else:
            changes.append(((place + 0.5, before), ClauseChange("removed", clause, None)))
    return [change for _, change in sorted(changes, key=lambda one: one[0])]


class FigureChange(NamedTuple):
    """A rule that two versions state in other figures: its subject, and the words of either, none where it has no such rule."""

    subject: str
    old: tuple[str, ...]
    new: tuple[str, ...]


def compare_figures(old: StatedRules, new: StatedRules) -> list[FigureChange]:
    """The rules stated in figures that differ, by their numbers and days rather than by their words, in order of subject."""
    before, after = _by_subject(old), _by_subject(new)
    return [
        FigureChange(subject, *(tuple(rules.get(subject, {}).values()) for rules in (before, after)))
        for subject in sorted(before.keys() | after.keys())
        if before.get(subject, {}).keys() != after.get(subject, {}).keys()
    ]


def _by_subject(stated: StatedRules) -> dict[str, dict[object, str]]:
    """The values, or rules, that are stated on each subject, with the words of the first place that does."""
    found: dict[str, dict[object, str]] = {}
    statements: list[StatedFigure | StatedDay] = [*stated.figures, *stated.days]
    for one in statements:
        value = one.value if isinstance(one, StatedFigure) else one.rule
        found.setdefault(subject_of(one), {}).setdefault(value, one.place.text.strip())
    return found


def _pairs(old: Sequence[Clause], new: Sequence[Clause]) -> dict[int, int]:
    """The places of clauses in the old version by their places in the new one."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()

    def pair(before: int, after: int) -> None:
        if before not in pairs and after not in taken:
            pairs[before] = after
            taken.add(after)

    places = {(clause.clause, clause.title, clause.text_sha256): at for at, clause in enumerate(new)}
    for before, clause in enumerate(old):
        if (same := places.get((clause.clause, clause.title, clause.text_sha256))) is not None:
            pair(before, same)
    rest = [at for at in range(len(old)) if at not in pairs], [at for at in range(len(new)) if at not in taken]
    # What stands in the same order with the same words was renumbered.
    texts, new_texts = ([_text(of[at]) for at in left] for of, left in zip((old, new), rest, strict=True))
    matcher = SequenceMatcher(None, texts, new_texts, autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            pair(rest[0][block.a + step], rest[1][block.b + step])
    found = _likenesses(old, new, pairs, taken)
    for _, before, after in sorted(found, key=lambda one: (-one[0], one[1], one[2])):
        pair(before, after)
    return pairs


def _likenesses(
    old: Sequence[Clause], new: Sequence[Clause], pairs: dict[int, int], taken: set[int]
) -> Iterator[tuple[float, int, int]]:
    """How alike clauses without a partner are, where they may be one; the same number counts as a likeness of its own."""
    bags = {at: _bag(clause) for at, clause in enumerate(new) if at not in taken}
    for before, clause in enumerate(old):
        if before in pairs:
            continue
        bag = _bag(clause)
        for after, other in bags.items():
            alike = 2 * (bag & other).total() / ((bag.total() + other.total()) or 1)
            is_same_number = clause.clause == new[after].clause
            if alike >= (_SAME_NUMBER if is_same_number else _OTHER_NUMBER):
                yield alike + is_same_number, before, after


def _bag(clause: Clause) -> Counter[str]:
    """The words of a clause in any case and order, without punctuation."""
    return Counter(re.findall(r"\w+", _text(clause).casefold()))


def _text(clause: Clause | None) -> str:
    """The title and text of a clause; a clause that is only a heading has it once."""
    if clause is None:
        return ""
    return clause.text if clause.title in (None, clause.text) else f"{clause.title} {clause.text}"


def _words(old: str, new: str) -> Iterator[Words]:
    """The words of two texts, compared one by one."""
    before, after = old.split(), new.split()
    for state, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if state == "equal":
            yield Words("same", " ".join(before[start:end]))
            continue
        if end > start:
            yield Words("removed", " ".join(before[start:end]))
        if new_end > new_start:
            yield Words("added", " ".join(after[new_start:new_end]))

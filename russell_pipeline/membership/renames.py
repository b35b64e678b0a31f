"""Rename candidates: rows that may be of one company under another name or symbol, with the evidence, for a person to decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rapidfuzz import fuzz, process

from russell_pipeline.findings import Finding
from russell_pipeline.membership.model import Decision, Observation, PublishedList
from russell_pipeline.membership.names import ALIKE, bare_name, likeness, whole_likeness
from russell_pipeline.membership.securities import AREA, Securities, Security
from russell_pipeline.membership.states import best_version
from russell_pipeline.membership.symbols import symbol_key
from russell_pipeline.wording import counted

# Names under other symbols must be at least this alike where no adjacent row is the same: X PHARMACEUTICALS and Y
# PHARMACEUTICALS are above ALIKE, and seldom above this.
_ALIKE_ALONE = 90.0
# The kinds of evidence; `SAME_DAY`: one leaves where the other joins, from one list of an index to the next.
SAME_SYMBOL, SAME_NAME, ALIKE_NAME = "same symbol", "same name", "alike name"
SAME_DAY, BOTH_NEIGHBOURS, ONE_NEIGHBOUR = "same day", "both adjacent rows", "one adjacent row"


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two rows that may be of one company, the evidence, whether they count as one now, and what a person decided."""

    before: Observation
    after: Observation
    same: bool
    evidence: tuple[str, ...]
    decided: Decision | None = None

    @property
    def key(self) -> str:
        """What an override names it by."""
        return f"{self.before.symbol}>{self.after.symbol}@{self.after.day}"

    @property
    def likeness(self) -> float:
        """How alike the names are, 0..100: as wholes where the symbols differ."""
        compared = likeness if self.before.symbol == self.after.symbol else whole_likeness
        return round(compared(self.before.company_name, self.after.company_name), 1)


def candidates(
    securities: Securities,
    lists: Iterable[PublishedList],
    rows: Mapping[str, Sequence[Observation]],
    decisions: Iterable[Decision] = (),
) -> list[Candidate]:
    """All rename candidates in order of their days: symbols that stood for another name, and names under another symbol.

    `rows` are those of each document in its order. Of the names, those count that are the same, whenever they return, and those
    that are alike where one leaves a list as the other joins it: very much so, unless adjacent rows are the same too. Each
    security is in one pair at most, the most alike first.
    """
    adjacent = _Adjacent(securities, rows)
    following = dict(_following(lists))

    def evidence(before: Observation, after: Observation) -> list[str]:
        if symbol_key(before.symbol) == symbol_key(after.symbol):
            return [SAME_SYMBOL]
        found = []
        if bare_name(before.company_name) == bare_name(after.company_name):
            found.append(SAME_NAME)
        elif whole_likeness(before.company_name, after.company_name) >= ALIKE:
            found.append(ALIKE_NAME)
        successor = following.get(before.document_id)
        if successor is not None and after.effective_on == successor.effective_on:
            found += [SAME_DAY, *adjacent.rows(before, after, successor.document_id)]
        return found

    by_key: dict[str, Candidate] = {}
    for one in securities.renamed:
        said = (*evidence(one.before, one.after), *([one.because] if one.because else []))
        candidate = Candidate(one.before, one.after, one.same, said, one.decided)
        by_key.setdefault(candidate.key, candidate)
    told = {(one.old_symbol, one.symbol): one for one in decisions if one.old_symbol is not None and not one.same}
    for before, after in _alike_names(securities.securities, following):
        said = tuple(evidence(before, after))
        candidate = Candidate(before, after, False, said, told.get((before.symbol, after.symbol)))
        if SAME_NAME in said or BOTH_NEIGHBOURS in said or ONE_NEIGHBOUR in said or candidate.likeness >= _ALIKE_ALONE:
            by_key.setdefault(candidate.key, candidate)
    return sorted(by_key.values(), key=lambda one: (one.after.day, one.after.symbol, one.before.symbol, one.after.row))


def summary(found: Sequence[Candidate]) -> Iterator[Finding]:
    """The one finding that counts the candidates that nobody has decided."""
    undecided = [one for one in found if one.decided is None]
    if not undecided:
        return
    same = sum(one.same for one in undecided)
    reused = sum(not one.same and SAME_SYMBOL in one.evidence for one in undecided)
    returned = len(undecided) - same - reused
    parts = {
        counted(reused, "symbol stands for another name", "symbols stand for other names"): reused,
        counted(returned, "name returns under another symbol", "names return under other symbols"): returned,
        counted(same, "counts as renamed, for it was never away", "count as renamed, for they were never away"): same,
    }
    said = "; ".join(part for part, count in parts.items() if count)
    message = (
        f"{counted(len(undecided), 'row may be', 'rows may be')} of a renamed company: {said}; "
        "`russell renames --undecided` lists them with the evidence and the file that decides them"
    )
    yield Finding(AREA, "info" if same == len(undecided) else "warning", "renames", message)


def _following(lists: Iterable[PublishedList]) -> Iterator[tuple[str, PublishedList]]:
    """For each list of an index the list that follows it."""
    by_index: dict[str, dict[date, list[PublishedList]]] = defaultdict(lambda: defaultdict(list))
    for one in lists:
        by_index[one.index_code][one.effective_on].append(one)
    for by_day in by_index.values():
        for before, after in pairwise(sorted(by_day)):
            for one in by_day[before]:
                yield one.document_id, best_version(by_day[after])


def _alike_names(
    securities: Iterable[Security], following: Mapping[str, PublishedList]
) -> list[tuple[Observation, Observation]]:
    """The last row of one security and the first of another that begins later, under an alike name, most alike first."""
    gone: dict[str, list[Observation]] = defaultdict(list)
    leaving: dict[date, list[Observation]] = defaultdict(list)
    joining: dict[date, list[Observation]] = defaultdict(list)
    everyone = [one for one in securities if one.seen]
    for security in everyone:
        last = security.last
        gone[bare_name(last.company_name)].append(last)
        ends = (one.document_id for one in reversed(security.seen) if one.day == last.day)
        if successor := next((following[document] for document in ends if document in following), None):
            leaving[successor.effective_on].append(last)
        joining[security.seen[0].effective_on].append(security.seen[0])
    pairs = {
        (before, security.seen[0])
        for security in everyone
        for before in gone.get(bare_name(security.seen[0].company_name), ())
        if _may_be_one(before, security.seen[0])
    }
    for day, rows in leaving.items():
        pairs.update(_fuzzy(rows, joining.get(day, [])))
    ranked = sorted(pairs, key=lambda pair: (-whole_likeness(pair[0].company_name, pair[1].company_name), pair))
    chosen: list[tuple[Observation, Observation]] = []
    taken: set[tuple[str, Observation]] = set()
    for before, after in ranked:
        if ("left", before) not in taken and ("joined", after) not in taken:
            taken |= {("left", before), ("joined", after)}
            chosen.append((before, after))
    return chosen


def _fuzzy(leaving: Sequence[Observation], joining: Sequence[Observation]) -> Iterator[tuple[Observation, Observation]]:
    """The pairs of alike names."""
    names = [bare_name(one.company_name) for one in joining]
    for before in leaving:
        name = bare_name(before.company_name)
        close: set[int] = set()
        for scorer in (fuzz.ratio, fuzz.token_sort_ratio, fuzz.partial_ratio):
            close |= {at for _, _, at in process.extract(name, names, scorer=scorer, score_cutoff=ALIKE, limit=None)}
        for at in close:
            after = joining[at]
            if _may_be_one(before, after) and whole_likeness(before.company_name, after.company_name) >= ALIKE:
                yield before, after


def _may_be_one(before: Observation, after: Observation) -> bool:
    """Whether the second row may be of the company of the first: it is later, under another symbol, and neither row denies it."""
    return before.day < after.day and before.symbol != after.symbol and before.kind != "deletion"


class _Adjacent:
    """The rows above and below a row in its document, of companies that another document has too."""

    def __init__(self, securities: Securities, rows: Mapping[str, Sequence[Observation]]) -> None:
        self._by_row, self._rows = securities.by_row, rows
        self._held = {
            document: {securities.by_row[one.row].security_id for one in held} for document, held in rows.items()
        }
        self._found: dict[tuple[str, str], dict[str, tuple[str | None, str | None]]] = {}

    def rows(self, before: Observation, after: Observation, document_id: str) -> list[str]:
        """The evidence of the rows around two rows of lists that follow one another."""
        if after.document_id != document_id or before.kind != "member":
            return []
        first = self._around(before.document_id, document_id).get(self._by_row[before.row].security_id)
        second = self._around(document_id, before.document_id).get(self._by_row[after.row].security_id)
        if first is None or second is None:
            return []
        same = sum(one == other and one is not None for one, other in zip(first, second, strict=True))
        return [[], [ONE_NEIGHBOUR], [BOTH_NEIGHBOURS]][same]

    def _around(self, document: str, other: str) -> dict[str, tuple[str | None, str | None]]:
        """For each security that only one of two documents has, the nearest ones above and below that both have."""
        if (document, other) not in self._found:
            order = [self._by_row[one.row].security_id for one in self._rows[document]]
            above, below = _nearest(order, self._held[other]), _nearest(order[::-1], self._held[other])
            self._found[document, other] = {one: (above[one], below[one]) for one in above}
        return self._found[document, other]


def _nearest(order: Sequence[str], shared: set[str]) -> dict[str, str | None]:
    """For each security that is not shared, the shared one that was last before it."""
    found: dict[str, str | None] = {}
    last: str | None = None
    for one in order:
        if one in shared:
            last = one
        else:
            found[one] = last
    return found

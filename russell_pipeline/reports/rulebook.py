"""The page of two versions of ground rules: what differs, word by word, and what rests on it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from russell_pipeline import __version__
from russell_pipeline.reports.common import frame
from russell_pipeline.reports.page import Block, Column, Figure, Figures, Page, Passage, Section, Table

if TYPE_CHECKING:
    from russell_pipeline.documents.rulebooks.comparison import ClauseChange
    from russell_pipeline.queries.rulebook import Resting, RulebookComparison

_AGREES = {True: "as ours", False: "otherwise", None: "we have none"}
_STATED = (
    Column("clause", "Clause", "code"),
    Column("subject", "Rule"),
    Column("text", "It says", "prose"),
    Column("agrees", "Beside ours"),
    Column("ours", "We have", "prose"),
    Column("place", "Place (page:line)", "code"),
)


def rulebook_page(found: RulebookComparison) -> Page:
    """The page of a comparison."""
    kinds = Counter(change.kind for change, _ in found.changes)
    counts = [Figure(kind.capitalize(), f"{kinds[kind]:,}") for kind in ("added", "removed", "renumbered", "changed")]
    figures = Figures([*counts, Figure("As before", f"{found.unchanged:,}")])
    passages = [_passage(change, resting) for change, resting in found.changes]
    same: list[Block] = [] if passages else ["No clause differs."]
    sections = [
        Section("clauses", "Clauses", [figures, *same, *passages]),
        Section("figures", "Rules stated in figures", [*_figures(found), *_stated(found)]),
    ]
    facts = {"Old": f"{found.old.title} ({found.old.file_name})", "New": f"{found.new.title} ({found.new.file_name})"}
    digests = " and ".join(version.rules.document_id[:12] for version in (found.old, found.new))
    made_from = f"russell_pipeline {__version__}, from the documents {digests}."
    note = "The text of the clauses is its publisher's; this page is a working paper for whoever has both documents."
    return Page(
        "Ground rules compared", f"{found.old.title} to {found.new.title}", facts, sections, made_from, False, [note]
    )


def _passage(change: ClauseChange, resting: Resting) -> Passage:
    heading = " ".join(filter(None, (" to ".join(change.numbers), " to ".join(change.titles))))
    rests = f" On it rest: {resting.told}." if resting.told else ""
    runs = [] if change.kind == "renumbered" else [(run.state, run.text) for run in change.words]
    return Passage(heading, f"{change.kind.capitalize()} (page:line {change.places}).{rests}", runs)


def _figures(found: RulebookComparison) -> list[Block]:
    """The rules that either version states in other figures."""
    rows = [{"subject": one.subject, "old": "; ".join(one.old), "new": "; ".join(one.new)} for one in found.figures]
    columns = (
        Column("subject", "Rule"),
        Column("old", found.old.title, "prose"),
        Column("new", found.new.title, "prose"),
    )
    return [Table(frame(rows), columns, "What the versions state in other figures")] if rows else []


def _stated(found: RulebookComparison) -> list[Block]:
    rows = [
        {
            "clause": one.place.clause, "subject": one.subject, "text": one.place.text, "agrees": _AGREES[one.agrees],
            "ours": f"{one.ours}{one.difference}", "place": f"{one.place.page}:{one.place.line}",
        }
        for one in found.stated
    ]  # fmt: skip
    blocks: list[Block] = [f"{_capital(place.named)} {says}." for says, place in found.contradictions]
    if not rows:
        return [*blocks, "The new version states no rule in figures that is known here."]
    return [*blocks, Table(frame(rows), _STATED, f"What {found.new.title} states, beside the rules of the project")]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

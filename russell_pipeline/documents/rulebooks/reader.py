"""Ground rules: their reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.facts import apply_facts
from russell_pipeline.documents.model import Document, Fact, Kind, Note, Page, Role
from russell_pipeline.documents.readers import Source
from russell_pipeline.documents.rulebooks.clauses import (
    account_ground_rules,
    clause_bodies,
    clauses,
    looks_like_ground_rules,
)
from russell_pipeline.documents.rulebooks.completeness import Flaw, flaws
from russell_pipeline.errors import Refusal
from russell_pipeline.wording import counted

# A refusal tells this many flaws.
_TOLD = 10


class RulebookReader:
    """Recognises ground rules by their numbered clauses. Its rows are the clauses, without their text."""

    kinds: tuple[Kind, ...] = (Kind.GROUND_RULES,)

    def recognises(self, pages: Sequence[Page]) -> bool:
        """Whether the text calls itself rules and has numbered clauses in order."""
        return bool(looks_like_ground_rules(pages))

    def account(self, source: Source, document: Document) -> None:
        """Account for the lines of ground rules; their index comes from a title or the sidecar.

        Raises Refusal when they are not whole, unless the sidecar says of each missing part that it is printed so.
        """
        document.kind = Kind.GROUND_RULES
        outline = account_ground_rules(source.pages)
        document.lines = source.settled_lines(document)
        for line in document.lines:
            named = vocabulary.index_named(vocabulary.plain(line.text)) if line.role is Role.TITLE else None
            if named:
                document.facts.append(Fact("index", named, "title", line.page, line.number))
        apply_facts(document, source.sidecar, source.sidecar_name)
        document.rows_parsed = len(clauses(document.lines))
        document.notes += _in_no_clause(document)
        _settle(document, flaws(outline, source.pages), source)

    def rows(self, document: Document) -> Iterator[Mapping[str, object]]:
        """The numbered clauses, top sections and appendices."""
        for clause in clauses(document.lines):
            yield {
                "clause": clause.clause, "title": clause.title, "text_sha256": clause.text_sha256,
                "page": clause.page, "line": clause.line,
            }  # fmt: skip


def _in_no_clause(document: Document) -> Iterator[Note]:
    """A warning on text that belongs to no clause, such as a foreword."""
    inside = {
        id(line) for _, first, body in clause_bodies(document.lines) for line in (first, *(one for one, _ in body))
    }
    outside = [line for line in document.lines if line.role is Role.PROSE and id(line) not in inside]
    if outside:
        first = outside[0]
        lines = counted(len(outside), "line of text belongs", "lines of text belong")
        said = f"{lines} to no clause, from page {first.page}, line {first.number} on"
        yield Note("warning", said, first.page, first.number)


def _settle(document: Document, found: Sequence[Flaw], source: Source) -> None:
    """Note what is missing and printed so; refuse what is missing otherwise."""
    printed_so = (source.sidecar and source.sidecar.as_printed) or ()
    unsettled = [flaw for flaw in found if flaw.part not in printed_so]
    if unsettled:
        told = "; ".join(flaw.what for flaw in unsettled[:_TOLD])
        more = f"; and {len(unsettled) - _TOLD} more" if len(unsettled) > _TOLD else ""
        parts = ", ".join(f'"{flaw.part}"' for flaw in unsettled)
        raise Refusal(
            f"is not whole: {told}{more}. If the publisher printed it so, its sidecar {source.sidecar_name} "
            f"says as_printed: [{parts}]"
        )
    for flaw in found:
        document.notes.append(Note("info", f"{flaw.what}; printed so, says its sidecar", flaw.page, flaw.line))
    for part in printed_so:
        if part not in {flaw.part for flaw in found}:
            says = f"its sidecar {source.sidecar_name} says as_printed: {part}, but nothing is amiss there"
            document.notes.append(Note("warning", says))

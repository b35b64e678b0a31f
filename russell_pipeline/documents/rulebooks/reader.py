"""Ground rules: their reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from russell_pipeline.documents import vocabulary
from russell_pipeline.documents.facts import apply_facts
from russell_pipeline.documents.model import Document, Fact, Kind, Page, Role
from russell_pipeline.documents.readers import Source
from russell_pipeline.documents.rulebooks.clauses import account_ground_rules, clauses, looks_like_ground_rules


class RulebookReader:
    """Recognises ground rules by their numbered clauses. Its rows are the clauses, without their text."""

    kinds: tuple[Kind, ...] = (Kind.GROUND_RULES,)

    def recognises(self, pages: Sequence[Page]) -> bool:
        """Whether the text calls itself rules and has numbered clauses in order."""
        return bool(looks_like_ground_rules(pages))

    def account(self, source: Source, document: Document) -> None:
        """Account for the lines of ground rules; their index comes from a title or the sidecar."""
        document.kind = Kind.GROUND_RULES
        account_ground_rules(source.pages)
        document.lines = source.lines
        for line in document.lines:
            named = vocabulary.index_named(vocabulary.plain(line.text)) if line.role is Role.TITLE else None
            if named:
                document.facts.append(Fact("index", named, "title", line.page, line.number))
        apply_facts(document, source.sidecar, source.sidecar_name)
        document.rows_parsed = len(clauses(document.lines))

    def rows(self, document: Document) -> Iterator[Mapping[str, object]]:
        """The numbered clauses, top sections and appendices."""
        for clause in clauses(document.lines):
            yield {
                "clause": clause.clause, "title": clause.title, "text_sha256": clause.text_sha256,
                "page": clause.page, "line": clause.line,
            }  # fmt: skip

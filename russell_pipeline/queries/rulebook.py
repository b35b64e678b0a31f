"""The question what changed between two versions of ground rules: clauses, what rests on them, and the rules they state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.documents.model import Line, Role
from russell_pipeline.documents.rulebooks.clauses import Clause, clauses
from russell_pipeline.documents.rulebooks.comparison import ClauseChange, FigureChange, compare_clauses, compare_figures
from russell_pipeline.documents.rulebooks.facts import rulebook_facts
from russell_pipeline.documents.rulebooks.figures import Place, stated_rules
from russell_pipeline.errors import WrongCall
from russell_pipeline.index.declared_rules import ComparedRule, compare_rules, contradictions, rules_on_clause
from russell_pipeline.index.definition import Definition, shipped_definitions
from russell_pipeline.index.policies import policies_on_clause
from russell_pipeline.index.rulebook import ClauseText, GroundRules, is_about
from russell_pipeline.queries.catalog import Answer, ask


class RulebookVersion(NamedTuple):
    """A version of ground rules: the name of its file, its clauses with their text, and what it states."""

    file_name: str
    clauses: Sequence[Clause]
    rules: GroundRules

    @property
    def title(self) -> str:
        """Its index and version if it prints them, else the name of the file."""
        return self.rules.title or self.file_name


class Resting(NamedTuple):
    """What rests on a clause: definitions that pin it, policies that it is the reason of, and rules that cite it."""

    definitions: Sequence[str]
    policies: Sequence[str]
    rules: Sequence[str]

    @property
    def told(self) -> str:
        """It in words, empty if nothing rests on the clause: "definitions RSCC9010; policies price_cutoff"."""
        return "; ".join(f"{what} {', '.join(names)}" for what, names in zip(self._fields, self, strict=True) if names)


class RulebookComparison(NamedTuple):
    """What differs between two versions: the clauses with what rests on them, and how the new one stands to our own rules."""

    old: RulebookVersion
    new: RulebookVersion
    changes: Sequence[tuple[ClauseChange, Resting]]
    unchanged: int
    figures: Sequence[FigureChange]
    stated: Sequence[ComparedRule]
    contradictions: Sequence[tuple[str, Place]]


def version_of(file_name: str, document_id: str, lines: Sequence[Line]) -> RulebookVersion:
    """A version from the accounted lines of its document."""
    found = clauses(lines)
    texts = [ClauseText(one.clause, one.text_sha256, one.page, one.line) for one in found]
    rules = GroundRules(document_id, texts, rulebook_facts(found, lines), stated_rules(lines))
    return RulebookVersion(file_name, found, rules)


def version_in(catalog: Path, name: str) -> RulebookVersion:
    """A version that is in a lake, by the name of its file or the beginning of its digest (at least six characters).

    Raises WrongCall if no accepted document of ground rules is called so, or several are.
    """
    found = ask(
        catalog,
        """
        SELECT document_id, file_name FROM documents
        WHERE kind = 'ground_rules' AND state = 'accepted'
          AND (file_name = $1 OR (length($1) >= 6 AND starts_with(document_id, lower($1))))
        """,
        [name],
    ).rows
    if len(found) != 1:
        known = ask(
            catalog, "SELECT file_name FROM documents WHERE kind = 'ground_rules' AND state = 'accepted' ORDER BY 1"
        ).column("file_name")
        several = "is the beginning of several documents" if found else "is neither a file nor ground rules of the lake"
        raise WrongCall(f"{name} {several}; the lake has {', '.join(known) or 'none'}")
    ((document_id, file_name),) = found
    sql = "SELECT page, line, text, role, cells FROM document_lines WHERE document_id = $1 ORDER BY page, line"
    rows = ask(catalog, sql, [document_id]).rows
    lines = [Line(page, line, text, [], role=Role(role), cells=cells) for page, line, text, role, cells in rows]
    return version_of(file_name, document_id, lines)


def definitions_of(catalog: Path | None) -> Mapping[str, Definition]:
    """The definitions by code: those that the package ships, and those that the last run of a lake could read."""
    rows = [] if catalog is None else ask(
        catalog,
        """
        SELECT index_code, arg_max(definition, coalesce(year, 0)) FROM index_runs GROUP BY 1 HAVING count(definition) > 0
        """,
    ).rows  # fmt: skip
    return {**shipped_definitions(), **{code: Definition.model_validate_json(text) for code, text in rows}}


def compare_versions(
    old: RulebookVersion, new: RulebookVersion, definitions: Mapping[str, Definition], calendar: RuleCalendar
) -> RulebookComparison:
    """What differs between two versions of ground rules, and what rests on it."""
    about = [one for one in definitions.values() if any(is_about(one, version.rules.facts) for version in (old, new))]
    changes = compare_clauses(old.clauses, new.clauses)
    resting = [(change, _resting(change, about, old.rules.name or new.rules.name)) for change in changes]
    unchanged = len(new.clauses) - sum(change.new is not None for change in changes)
    stated = compare_rules(new.rules.stated, calendar)
    figures = compare_figures(old.rules.stated, new.rules.stated)
    return RulebookComparison(old, new, resting, unchanged, figures, stated, [*contradictions(new.rules.stated)])


def _resting(change: ClauseChange, about: Sequence[Definition], name: str | None) -> Resting:
    """What rests on the clause of the old version; nothing rests on one that is new."""
    if change.old is None:
        return Resting((), (), ())
    number = change.old.clause
    pinned = [one.code for one in about if one.rulebook is not None and number in one.rulebook.clauses]
    return Resting(pinned, policies_on_clause(number) if about else (), rules_on_clause(name, number) if name else ())


def comparison_rows(comparison: RulebookComparison) -> Answer:
    """The changes as rows, without a word of the text."""
    columns = [
        "change", "old_clause", "new_clause", "words_removed", "words_added", "definitions", "policies", "rules",
        "old_page", "old_line", "new_page", "new_line",
    ]  # fmt: skip
    rows = []
    for change, resting in comparison.changes:
        old, new = change.old, change.new
        rests = [", ".join(names) or None for names in resting]
        rows.append(
            (
                change.kind, old and old.clause, new and new.clause, change.count("removed"), change.count("added"), *rests,
                old and old.page, old and old.line, new and new.page, new and new.line,
            )
        )  # fmt: skip
    types = ["VARCHAR", "VARCHAR", "VARCHAR", "INTEGER", "INTEGER", *["VARCHAR"] * 3, *["INTEGER"] * 4]
    return Answer(columns, rows, types)

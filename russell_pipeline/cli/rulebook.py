"""The command that compares two versions of ground rules: `russell rulebook`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import Failure, asked, catalog, emit, has_catalog, prints, say, watched, writing
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    from rich.text import Text

    from russell_pipeline.documents.rulebooks.comparison import ClauseChange
    from russell_pipeline.queries.rulebook import Resting, RulebookComparison, RulebookVersion

# How many words that stayed are shown on either side of those that did not.
_AROUND = 8
# How words are shown without colours, and with them.
_MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}")}
_STYLES = {"removed": "red strike", "added": "green underline"}


@click.command()
@click.argument("old")
@click.argument("new")
@prints("table", "csv", "json", "parquet", "html")
@click.pass_context
def rulebook(context: click.Context, *, old: str, new: str, form: str, output: Path | None) -> None:
    """Show what changed between two versions of ground rules.

    Which clauses were added, removed, renumbered or changed, word by word, and the definitions, policies and rules that rest on
    them; then the rules that NEW states in figures against those of the project. OLD and NEW are files, or ground rules of the
    lake by the name of their file or the beginning of their digest. Rows (csv, json, parquet) hold no text of the document.

    \b
    Examples:
      russell rulebook methodology-v6.0.pdf methodology-v6.8.pdf
      russell rulebook v6.0.pdf v6.8.pdf --output changes.html
    """
    from russell_pipeline.calendar.computed import RuleCalendar
    from russell_pipeline.calendar.sessions import nyse_sessions
    from russell_pipeline.queries.rulebook import compare_versions, comparison_rows, definitions_of

    with watched():
        before, after = (_version(context, name) for name in (old, new))
        definitions = definitions_of(catalog(context) if has_catalog(context) else None)
        found = compare_versions(before, after, definitions, RuleCalendar(nyse_sessions()))
    if form == "html":
        from russell_pipeline.reports.page import render
        from russell_pipeline.reports.rulebook import rulebook_page

        _write(render(rulebook_page(found)), output)
    elif form == "table":
        _print(found, output)
    else:
        emit(comparison_rows(found), form, output)
    if output:
        say(f"{_summary(found)}: {output}")


def _version(context: click.Context, name: str) -> RulebookVersion:
    """A version of ground rules, from a file or from the lake. Raises Failure for a file that is refused or is something else."""
    from russell_pipeline.documents.isolation import ReadingOrder, read_documents
    from russell_pipeline.lake.landing import sidecar_of
    from russell_pipeline.lake.store import file_sha256
    from russell_pipeline.queries.rulebook import version_in, version_of

    file = Path(name)
    if not file.is_file():
        if not has_catalog(context):
            raise click.UsageError(f"{name} is no file, and there is no lake that could have a document of this name")
        return asked(version_in, context, name)
    (document,) = read_documents([ReadingOrder(file_sha256(file), file, sidecar_of(file))])
    if document.reason:
        raise Failure(f"{file.name} {document.reason}")
    if document.kind != "ground_rules":
        raise Failure(f"{file.name} is a {document.kind.replace('_', ' ')}, not ground rules")
    return version_of(file.name, document.document_id, document.lines)


def _summary(found: RulebookComparison) -> str:
    kinds = Counter(change.kind for change, _ in found.changes)
    counts = [f"{kinds[kind]} {kind}" for kind in ("added", "removed", "renumbered", "changed") if kinds[kind]]
    told = ", ".join(counts) or "no clause differs"
    return f"{found.old.title} to {found.new.title}: {told}; {counted(found.unchanged, 'clause')} as before"


def _print(found: RulebookComparison, output: Path | None) -> None:
    """Print the comparison for people: with colours on a terminal, else with marks."""
    from rich.console import Console

    coloured = output is None and sys.stdout.isatty()
    with writing(output):
        file = output.open("w", encoding="utf-8") if output else sys.stdout
        console = Console(file=file, highlight=False, width=None if coloured else 110, no_color=not coloured)
        for line in _told(found, coloured):
            console.print(line)
        if output:
            file.close()


def _write(html: str, output: Path | None) -> None:
    with writing(output):
        if output:
            output.write_text(html, "utf-8")
        else:
            sys.stdout.write(html)


def _told(found: RulebookComparison, coloured: bool) -> Iterator[Text]:
    """The comparison in lines."""
    from rich.text import Text

    from russell_pipeline.display import safe

    yield Text(_summary(found), style="bold")
    for change, resting in found.changes:
        yield Text()
        yield Text(_heading(change, resting), style="bold")
        if change.kind != "renumbered":
            yield _words(change, coloured)
    if found.figures:
        yield Text()
        yield Text("rules that are stated in other figures", style="bold")
    for figure in found.figures:
        sides = (" and ".join(map(repr, side)) or "nothing" for side in (figure.old, figure.new))
        yield Text(safe(f"  {figure.subject}: {' became '.join(sides)}"))
    yield Text()
    counts = Counter(one.agrees for one in found.stated)
    without = f"; it has none for {counts[None]}" if counts[None] else ""
    stated = f"{counted(len(found.stated), 'rule')} that {found.new.title} states in figures"
    same, other = counted(counts[True], "agrees", "agree"), counted(counts[False], "does", "do")
    yield Text(f"of {stated}, {same} with those of the project and {other} not{without}")
    for one in found.stated:
        if one.agrees is False:
            yield Text(f"  {one.place.named} ({one.subject}) says {one.place.text!r}, but {one.ours}{one.difference}")
    for says, place in found.contradictions:
        yield Text(f"  {place.named} {says}")


def _heading(change: ClauseChange, resting: Resting) -> str:
    """A clause, what happened to it, where it stands, and what rests on it."""
    from russell_pipeline.display import safe

    titles = f" {' to '.join(change.titles)}" if change.titles else ""
    rests = f"; on it rest: {resting.told}" if resting.told else ""
    return safe(f"{' to '.join(change.numbers)} {change.kind} ({change.places}){titles}{rests}")


def _words(change: ClauseChange, coloured: bool) -> Text:
    """The words of a clause that changed, with a few around them."""
    from rich.text import Text

    from russell_pipeline.display import safe

    text = Text("  ")
    last = len(change.words) - 1
    for at, run in enumerate(change.words):
        if run.state == "same":
            text.append(safe(_cut(run.text, is_first=at == 0, is_last=at == last)))
        else:
            opening, closing = ("", "") if coloured else _MARKS[run.state]
            text.append(f"{opening}{safe(run.text)}{closing}", style=_STYLES[run.state])
        text.append(" ")
    text.rstrip()
    return text


def _cut(text: str, *, is_first: bool, is_last: bool) -> str:
    """Words that stayed, without those that are far from a change."""
    words = text.split()
    head = [] if is_first else words[:_AROUND]
    tail = [] if is_last else words[-_AROUND:]
    if len(words) <= len(head) + len(tail):
        return text
    return " ".join([*head, "...", *tail])

"""The command on one document, without a lake: `russell parse`."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import BLOCKED, emit, for_people, prints_rows, say
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    from russell_pipeline.documents.model import Document


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--explain", is_flag=True, help="In place of rows, show the lines in doubt and what settles them, as YAML."
)
@prints_rows
def parse(files: tuple[Path, ...], *, explain: bool, form: str, output: Path | None) -> None:
    """Show the rows of documents and account for their lines. Needs no lake.

    \b
    Examples:
      russell parse additions.pdf
      russell parse --format csv list.txt > rows.csv
      russell parse --explain list.pdf > list.yaml
    """
    from russell_pipeline.documents.isolation import ReadingOrder, read_documents
    from russell_pipeline.lake.landing import sidecar_of
    from russell_pipeline.lake.store import file_sha256
    from russell_pipeline.queries.catalog import Answer

    if explain and (output or form != "table"):
        raise click.UsageError("--explain prints YAML, and takes neither --format nor --output")
    orders = [ReadingOrder(file_sha256(file), file, sidecar_of(file)) for file in files]
    rows: list[dict[str, object]] = []
    refused = 0
    for file, document in zip(files, read_documents(orders), strict=True):
        say(*_account(file, document))
        refused += not document.accepted
        if explain:
            _explain(file, document)
            continue
        if document.lines_rejected:
            say(f"  russell parse --explain {shlex.quote(str(file))} shows its lines in doubt, and what settles them")
        named = {"file": file.name} if len(files) > 1 else {}
        rows += [{**named, **row} for row in _rows(document)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if not explain and (rows or output or form != "table"):
        answer = Answer(columns, [tuple(row.get(name) for name in columns) for row in rows])
        emit(for_people(answer) if form == "table" else answer, form, output)
    if refused:
        sys.exit(BLOCKED)


def _explain(file: Path, document: Document) -> None:
    from russell_pipeline.documents.explanation import explain

    for line in explain(document, file.name, f"{file.stem}.yaml"):
        click.echo(line)


def _account(file: Path, document: Document) -> Iterator[str]:
    """What a document is, and how many of its lines have each role, in a few lines for people."""
    if document.reason:
        yield f"{file.name} {document.reason}"
    if document.lines:
        yield from _lines(file, document)
    for note in document.notes:
        yield f"  {note.severity}: {note.message}"


def _lines(file: Path, document: Document) -> Iterator[str]:
    """What a document is, and what its lines are, for one that could be read."""
    told = [document.kind.value, document.index_code, document.change, document.status, document.taxonomy]
    dates = [
        document.as_of and f"as of {document.as_of}",
        document.review and f"review {document.review}",
        document.review_year,
    ]
    yield f"{file.name}: " + ", ".join(str(fact) for fact in [*told, *dates] if fact)
    roles = Counter(line.role.value if line.role else "unread" for line in document.lines)
    counts = ", ".join(f"{count:,} {role}" for role, count in roles.most_common())
    account = (
        f"{counted(document.rows_parsed, 'row')} from {counted(len(document.lines), 'line')} on "
        f"{counted(document.pages or 0, 'page')}"
    )
    if document.lines_decided:
        account += f", {counted(document.lines_decided, 'line')} as decided,"
    yield f"  {account} by {document.text_engine}: {counts}"


def _rows(document: Document) -> Iterator[Mapping[str, object]]:
    from russell_pipeline.documents.parse import (
        document_rows,
    )  # slow to import; the first document has been read by then

    return document_rows(document)

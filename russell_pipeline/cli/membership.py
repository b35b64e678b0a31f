"""The commands on what documents list: changes, members, and the source of each fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from russell_pipeline.cli.common import (
    Day,
    Index,
    Review,
    asked,
    disk_failures,
    emit,
    for_people,
    placed,
    prints_rows,
    say,
    today,
)
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    from russell_pipeline.queries.catalog import Answer
    from russell_pipeline.queries.pictures import Picture, Place

# The columns of rename candidates that fit a terminal; the other formats have all.
_RENAME_COLUMNS = (
    "key", "old_company_name", "new_company_name", "likeness", "evidence", "old_list", "new_list", "taken_as", "decision",
)  # fmt: skip


@click.command()
@click.argument("index", type=Index())
@click.option("--review", type=Review(), metavar="YYYY-MM", help="Only this review.")
@prints_rows
@click.pass_context
def changes(context: click.Context, index: str, review: str | None, form: str, output: Path | None) -> None:
    """Show additions and deletions of an index, review by review.

    \b
    Example:
      russell changes RMICRO --review 2023-06
    """
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries.answers import with_documents

    answer = asked(query.ask, context, *query.changes(index, review))
    if not answer.rows:
        known = with_documents(asked(query.indexes, context))
        say(f"no additions or deletions of {index}{f' in {review}' if review else ''}; {known}")
    emit(for_people(answer) if form == "table" else answer, form, output)


@click.command()
@click.argument("index", type=Index())
@click.option("--on", type=Day(), help="The day asked about; default: today.")
@click.option("--known-on", type=Day(), help="Answer from what had been published by this day; default: by now.")
@click.option(
    "--basis", type=click.Choice(["list", "holdings"]), help="Only by published lists, or only by files of components."
)
@prints_rows
@click.pass_context
def members(
    context: click.Context,
    *,
    index: str,
    on: date | None,
    known_on: date | None,
    basis: str | None,
    form: str,
    output: Path | None,
) -> None:
    """Show who was in an index on a day, as known now or then.

    Of published lists and files in landing/components, those of the later day answer; the column `basis` says which.

    \b
    Examples:
      russell members R3000 --on 2019-07-01
      russell members R3000 --on 2019-07-01 --known-on 2019-06-30
      russell members R2000 --on 2025-11-05 --basis holdings
    """
    from russell_pipeline.queries import catalog as query

    on = on or today()
    answer = asked(query.ask, context, *query.members(index, on, known_on, basis))
    say(*asked(_notes, context, index, on, known_on, basis))
    emit(for_people(placed(answer)) if form == "table" else answer, form, output)


def _notes(catalog: Path, *question: Any) -> list[str]:
    """What the membership of an index on a day rests on, or why there is none."""
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries.answers import members_notes

    return [note.sentence for note in members_notes(lambda one: query.ask(catalog, *one), *question)]


@click.command()
@click.option("--undecided", is_flag=True, help="Only those that nobody has decided.")
@prints_rows
@click.pass_context
def renames(context: click.Context, *, undecided: bool, form: str, output: Path | None) -> None:
    """List rows that may be of a renamed company, with the evidence.

    The CSV decides them: write `same` or `other` into the column `decision` and why into `reason`, and put the file into
    landing/reference as overrides-renames.csv. Rows without a decision stay open.

    \b
    Example:
      russell renames --undecided --output overrides-renames.csv --format csv
    """
    from russell_pipeline.queries import catalog as query

    answer = asked(query.ask, context, *query.renames(undecided=undecided))
    still = answer.column("decision").count(None)
    say(f"{counted(len(answer.rows), 'rename candidate')}, {still} undecided")
    emit(answer.select(_RENAME_COLUMNS) if form == "table" else answer, form, output)


@click.command()
@click.argument("company", metavar="SYMBOL|ID|NAME")
@click.option(
    "--pictures",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write a picture of each line of a PDF into this folder; the rows then name them.",
)
@prints_rows
@click.pass_context
def trace(context: click.Context, *, company: str, pictures: Path | None, form: str, output: Path | None) -> None:
    """Show every fact about a symbol, back to document, page and line.

    Covers the companies that ever had the symbol, under their other symbols too. In place of a symbol stands a security_id, a
    CUSIP, ISIN, FIGI or PERMNO, a company's name, or the beginning of one.

    \b
    Examples:
      russell trace CERS
      russell trace US0378331005
      russell trace "CERUS CORP"
      russell trace CERS --pictures lines
    """
    from russell_pipeline.queries import catalog as query

    meant = asked(query.meant, context, company)
    if len(meant.names) > 1 and meant.begins:
        listed = "".join(f"\n  {name}" for name in meant.names)
        raise click.UsageError(
            f"{company} begins the names of {len(meant.names)} securities; ask for one of them:{listed}"
        )
    answer = asked(query.ask, context, *query.trace(company.upper(), meant.security_ids or None))
    if not answer.rows:
        like = f"; did you mean {' or '.join(meant.names)}?" if meant.names else ""
        say(f"no document or file in the lake has the symbol, identifier or name {company}{like}")
    names = _draw(context, answer, pictures) if pictures else None
    if form == "table":
        answer = for_people(query.Answer(answer.columns[:-1], [row[:-1] for row in answer.rows]))
    if names is not None:
        rows = [(*row, name) for row, name in zip(answer.rows, names, strict=True)]
        answer = query.Answer([*answer.columns, "picture"], rows)
    emit(answer, form, output)


def _draw(context: click.Context, answer: Answer, folder: Path) -> list[str | None]:
    """Write the pictures of the lines of facts into a folder; the name of each fact's picture, None where it has none."""
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries.pictures import line_pictures

    places = list(zip(*map(answer.column, ("document_id", "page", "line")), strict=True))
    lines = [place for place in places if None not in place]
    found = asked(
        lambda file: line_pictures(lambda one: query.ask(file, *one), context.obj.root / "landing", lines), context
    )
    names = _picture_names(found)
    with disk_failures(folder):
        if names:
            folder.mkdir(parents=True, exist_ok=True)
        for place, name in names.items():
            (folder / name).write_bytes(found[place].png or b"")
    say(*dict.fromkeys(f"no picture: {picture.reason}" for picture in found.values() if picture.reason))
    say(f"{counted(len(names), 'picture')} in {folder}; lines of text files and of other files have none")
    return [names.get(place) for place in places]


def _picture_names(found: Mapping[Place, Picture]) -> dict[Place, str]:
    """The name of the file of each picture: document, page and line; of two documents of one name, a part of the id too."""
    stems = {
        place[0]: Path(picture.document).with_suffix("").as_posix().replace("/", "-")
        for place, picture in found.items()
    }
    shared = {stem for stem, count in Counter(stems.values()).items() if count > 1}
    own = {id_: f"{stem}-{id_[:8]}" if stem in shared else stem for id_, stem in stems.items()}
    return {
        place: f"{own[place[0]]}-page-{place[1]}-line-{place[2]}.png" for place, picture in found.items() if picture.png
    }

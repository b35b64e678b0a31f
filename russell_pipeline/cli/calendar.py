"""The command on review dates: `russell calendar`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import FORMATS, Year, asked, catalog, emit, placed, prints, say, today, writing

if TYPE_CHECKING:
    from datetime import date

    from russell_pipeline.calendar.rows import Row
    from russell_pipeline.queries.catalog import Answer


@click.command()
@click.argument("year", type=Year(), required=False)
@click.option("--next", "coming", is_flag=True, help="The next date of every event, from today on.")
@click.option(
    "--findings", is_flag=True, help="The contradictions between documents, rules and the exchange's holidays."
)
@prints(*FORMATS, "ics")
@click.pass_context
def calendar(
    context: click.Context, *, year: int | None, coming: bool, findings: bool, form: str, output: Path | None
) -> None:
    """Show the dates of a year's reviews, published and computed. The default is this year.

    \b
    Examples:
      russell calendar 2022
      russell calendar --next
      russell calendar --findings
      russell calendar 2026 --format ics --output reviews.ics
    """
    from russell_pipeline.queries import catalog as query

    if findings and (coming or form == "ics"):
        raise click.UsageError("--findings are no dates: they go neither with --next nor with --format ics")
    day = today()
    if findings:
        answer = asked(query.ask, context, *query.calendar_findings(year))
        if not answer.rows:
            say("no contradiction is known" + (f" of {year}" if year else ""))
    elif coming or form == "ics":
        rows = rows_to_go_by(context, day, year, coming)
        if form == "ics":
            _emit_ics(rows, catalog(context), output)
            return
        if not rows:
            say("no date to come is published or computed" + (f" of {year}" if year else ""))
        answer = _coming(rows, day)
    else:
        answer = asked(query.ask, context, *query.calendar(year or day.year))
        if not answer.rows:
            say(f"no date of {year or day.year} is published or computed")
    emit(placed(answer) if form == "table" else answer, form, output)


def rows_to_go_by(context: click.Context, today: date, year: int | None, coming: bool) -> list[Row]:
    """The rows of the calendar to go by: of a year, or, with `coming`, the next of every event."""
    from russell_pipeline.calendar.rows import due
    from russell_pipeline.queries import catalog as query

    if not coming:
        return asked(query.calendar_rows, context, year or today.year)
    return due(asked(query.calendar_rows, context, year, today), today)


def _coming(rows: list[Row], today: date) -> Answer:
    """The rows with `days_left` until they begin, 0 if they have begun."""
    from russell_pipeline.queries.catalog import Answer

    columns = [
        "review", "event", "starts_on", "ends_on", "moment", "basis", "rule", "confidence", "document", "page", "line"
    ]  # fmt: skip
    left = (max((row["starts_on"] - today).days, 0) for row in rows)
    return Answer(
        ["days_left", *columns],
        [(days, *(row[column] for column in columns)) for days, row in zip(left, rows, strict=True)],
    )


def _emit_ics(rows: list[Row], catalog: Path, output: Path | None) -> None:
    """Write an iCalendar file. Its stamp is the day of the lake's last change, so that the same lake gives the same bytes."""
    from datetime import UTC, datetime

    from russell_pipeline.calendar.ics import calendar_ics

    content = calendar_ics(rows, datetime.fromtimestamp(catalog.stat().st_mtime, UTC).date())
    with writing(output):
        if output:
            output.write_bytes(content)
        else:
            sys.stdout.buffer.write(content)

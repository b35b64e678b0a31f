"""The commands on the lake as a whole: run, backfill, status and sql."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.calendar import rows_to_go_by
from russell_pipeline.cli.coming import coming_reviews
from russell_pipeline.cli.common import (
    BLOCKED,
    Failure,
    Year,
    asked,
    catalog,
    disk_failures,
    documents_in,
    emit,
    in_order,
    prints_rows,
    quarantined,
    say,
    today,
    watched,
)
from russell_pipeline.cli.interrupt import INTERRUPTED, tell
from russell_pipeline.errors import NoCatalog, StatementStopped
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    import polars as pl

    from russell_pipeline.orchestration.run_report import RunReport

_NEXT_DATES = 3
_OF_NUMBERS = ("market", "index")  # areas whose warnings concern weights and levels
_NOT_READ = " is not read: "
_EXAMPLES = re.compile(r": | \(")
# What stands before a message: a file with its row, or an index, symbol or month.
_PLACES = re.compile(r"(?:[^:]+, row \d+: |[^ :]+(?:,? \d{4}-\d\d(?:-\d\d)?)?: )*")
# Areas with many findings: status counts them and names the command that lists them.
_COUNTED = {
    "calendar": ("contradictions in published dates", "russell calendar --findings"),
    "membership": (
        "questions about membership",
        "russell sql \"SELECT severity, subject, message FROM findings WHERE area = 'membership'\"",
    ),
}


@click.command()
@click.option("--strict", is_flag=True, help="Exit 1 while any document is in quarantine.")
@click.option("--offline", is_flag=True, help="Do not ask the addresses in landing/sources.yaml.")
@click.option(
    "--accept",
    "accepted",
    metavar="PATH",
    multiple=True,
    help="Let a damaged file count as it is now, without the rows that it no longer gives (market/actions.csv). Repeatable.",
)
@click.pass_context
def run(context: click.Context, strict: bool, offline: bool, accepted: tuple[str, ...]) -> None:
    """Turn everything new in landing/ into tables and the catalog. Sources are asked first. Safe to repeat.

    \b
    Example:
      russell run --strict
    """
    _run(context, strict=strict, offline=offline, accepted=accepted)


def _run(
    context: click.Context,
    *,
    strict: bool = False,
    again: tuple[str, ...] = (),
    years: tuple[str, ...] = (),
    offline: bool = False,
    accepted: tuple[str, ...] = (),
) -> None:
    from russell_pipeline.orchestration.failures import RunFailed
    from russell_pipeline.orchestration.runs import run as run_lake
    from russell_pipeline.output import lines
    from russell_pipeline.queries.catalog import ask

    try:
        with watched(), disk_failures(context.obj.root):
            paths = [path.removeprefix("landing/") for path in accepted]
            report = run_lake(context.obj, again, years, offline=offline, accepted=paths)
    except RunFailed as failed:
        if failed.report is not None:
            _say_what_was_done(failed.report)
        raise
    _say_what_was_done(report)
    if not report.anything:
        lines("nothing new in landing/: no table was touched")
    _summarise(context, set(report.read))
    refused = asked(ask, context, "SELECT message FROM findings WHERE area = 'index' AND severity = 'error'").rows
    lines(*(f"refused: {message}" for (message,) in refused))
    damaged = asked(ask, context, "SELECT path FROM landing_files WHERE kept > 0").rows
    if refused or damaged or (strict and asked(quarantined, context).rows):
        sys.exit(BLOCKED)


def _say_what_was_done(report: RunReport) -> None:
    """Print what a run did that the lake does not tell afterwards."""
    from russell_pipeline.market.checks.file_findings import correction_sentences
    from russell_pipeline.output import lines

    lines(*report.mended)
    lines(*report.store)
    lines(*(f"left for the next run, still being written: {file}" for file in report.unsettled))
    lines(*(f"left for the next run, changed or gone while this one read it: {file}" for file in report.changed))
    lines(*(f"fetched: {file}" for file in report.fetched))
    lines(*(f"gone from landing: {path}, and with it {counted(rows, 'row')}" for path, rows in report.gone))
    lines(*(f"gone from landing: {path}, and with it {what}" for path, what in report.undefined))
    lines(*correction_sentences(report.corrections))
    lines(*by_kind(report.new_findings))


def by_kind(findings: pl.DataFrame) -> Iterator[str]:
    """The warnings that concern numbers among findings (rows of `findings`): of each kind the first, and how many there are.

    Two warnings are of one kind if their words are the same up to places, numbers, names and the examples that follow.
    """
    kinds: dict[tuple[str, ...], list[str]] = {}
    for area, severity, message in findings.select("area", "severity", "message").iter_rows():
        if area in _OF_NUMBERS and severity == "warning" and _NOT_READ not in message:
            told = _EXAMPLES.split(_PLACES.sub("", message, count=1), maxsplit=1)[0]
            words = tuple(word.removesuffix("s") for word in told.split() if word.isalpha() and word.islower())
            kinds.setdefault(words, []).append(message)
    for messages in kinds.values():
        yield f"warning: {messages[0]}" + (f" (and {len(messages) - 1} more of this kind)" if messages[1:] else "")


def _indexes(context: click.Context) -> Iterator[str]:
    """A line for each index that has levels."""
    from russell_pipeline.queries.catalog import index_runs

    for run in asked(index_runs, context):
        if run.last_session is not None:
            market = " (a simulated market)" if run.simulated else ""
            yield f"{run.index_code}: levels up to {run.last_session}; reviews {run.reviews}{market}"


def _summarise(context: click.Context, read: set[str]) -> None:
    """Print what a run read, quarantined and found, and what to try next."""
    from russell_pipeline.output import lines, table
    from russell_pipeline.queries.catalog import Answer, ask

    documents = asked(documents_in, context)
    shown = [row[:-1] for row in documents.rows if row[-1] in read]
    if shown:
        click.echo(table(Answer(documents.columns[:-1], shown)), err=True)
    failing = "SELECT message FROM findings WHERE area = 'sources' AND severity <> 'info'"
    lines(*(f"not fetched: {message}" for (message,) in asked(ask, context, failing).rows))
    for name, reason in asked(quarantined, context).rows:
        lines(f"in quarantine: {name} {reason}")
    lines(*_of_files(context))
    lines(*_not_read(context))
    found = asked(ask, context, "SELECT severity, count(*) FROM findings GROUP BY 1 ORDER BY 1").rows
    lines(
        f"{counted(len(documents.rows), 'document')} in the lake, "
        f"{counted(sum(documents.column('rows')), 'row')}; findings: "
        + (", ".join(f"{count} {severity}" for severity, count in found) or "none"),
        *_indexes(context),
        *coming_reviews(context),
        f"tables: {context.obj.within('tables')}    catalog: {context.obj.within('russell.duckdb')}",
        next_to_try(context),
    )


_SHOWN = 10


def _of_files(context: click.Context) -> Iterator[str]:
    """A line for each error in a supplied file, with its row and reason; the first few of an area if there are many."""
    from russell_pipeline.queries.catalog import ask

    for area in ("documents", "market", "membership"):
        wrong = "SELECT message FROM findings WHERE area = $1 AND severity = 'error' AND document_id IS NULL"
        rows = asked(ask, context, wrong, [area]).rows
        yield from (message for (message,) in rows[:_SHOWN])
        if (more := len(rows) - _SHOWN) > 0:
            yield f"{counted(more, 'more error is', 'more errors are')} in the files of {area}: russell status lists them"


def _not_read(context: click.Context) -> Iterator[str]:
    """A line for each file in landing that is not read, and what to do with it; the first few if there are many."""
    from russell_pipeline.queries.catalog import ask

    unrecognised = "SELECT message FROM findings WHERE contains(message, $1) AND severity = 'warning'"
    rows = asked(ask, context, unrecognised, [_NOT_READ]).rows
    yield from (message for (message,) in rows[:_SHOWN])
    if (more := len(rows) - _SHOWN) > 0:
        yield f"{counted(more, 'more file is', 'more files are')} not read: russell status lists them"


# Questions that the lake can answer, the most telling first, each for the symbol or index with most data.
_TO_TRY = """
    FROM (
        SELECT 1 AS place, 'trace ' || symbol AS command, count(DISTINCT document_id) AS known
        FROM (SELECT symbol, document_id FROM membership_changes UNION ALL SELECT symbol, document_id FROM membership_lists)
        GROUP BY symbol
        UNION ALL
        SELECT 2, 'members ' || index_code || ' --on ' || max(valid_from), count(*) FROM membership_states GROUP BY index_code
        UNION ALL
        SELECT 3, 'levels ' || index_code, count(*) FROM index_levels GROUP BY index_code
        UNION ALL
        SELECT 4, 'changes ' || index_code, count(*) FROM membership_changes GROUP BY index_code
        UNION ALL
        SELECT 5, 'calendar ' || max(review_year), count(*) FROM calendar WHERE basis = 'published'
    )
    SELECT first(command ORDER BY known DESC, command) GROUP BY place HAVING max(known) > 0 ORDER BY place LIMIT 3
"""


def next_to_try(context: click.Context) -> str:
    """The three commands that this lake has most to say to; without any, what to do first."""
    from russell_pipeline.queries.catalog import ask

    commands = [command for (command,) in asked(ask, context, _TO_TRY).rows]
    if not commands:
        ((errors,),) = asked(ask, context, "SELECT count(*) FROM findings WHERE severity = 'error'").rows
        to_do = "mend what is said here in" if errors else "put files into"
        return f"next: {to_do} {context.obj.within('landing')} and run again"
    return "next: " + " · ".join(f"russell {command}" for command in commands)


@click.command()
@click.option("--from", "first", type=Year(), required=True, help="First review year.")
@click.option("--to", "last", type=Year(), required=True, help="Last review year.")
@click.pass_context
def backfill(context: click.Context, first: int, last: int) -> None:
    """Rebuild the tables of review years from their documents. Runs in one process.

    \b
    Example:
      russell backfill --from 2010 --to 2023
    """
    from russell_pipeline.queries.catalog import ask, catalog_of

    in_order(first, last)
    of_years = "SELECT document_id FROM documents WHERE review_year BETWEEN $1 AND $2"
    try:
        before = catalog_of(context.obj.root, context.obj.address)
        known = ask(before, of_years, [first, last]).rows
    except NoCatalog:
        known = []
    _run(
        context,
        again=tuple(row[0] for row in known),
        years=tuple(str(year) for year in range(first, last + 1)),
        offline=True,
    )


@click.command()
@prints_rows
@click.pass_context
def status(context: click.Context, form: str, output: Path | None) -> None:
    """Show documents, the last run, open findings and next dates.

    \b
    Example:
      russell status
    """
    from datetime import datetime

    from russell_pipeline.calendar.words import day_words, event_words
    from russell_pipeline.lake.last_run import last_run
    from russell_pipeline.queries.catalog import Answer, ask

    documents = asked(documents_in, context)
    shown = Answer(documents.columns[:-1], [row[:-1] for row in documents.rows], documents.types[:-1])
    emit(shown, form, output)
    accepted = documents.column("state").count("accepted")
    findings = asked(
        ask,
        context,
        """
        SELECT severity, if(severity = 'error' AND document_id IS NULL, 'files', area), message FROM findings
        WHERE severity <> 'info' ORDER BY severity, area, subject
        """,
    ).rows
    say(f"lake: {context.obj.name}", f"documents: {accepted} accepted, {len(documents.rows) - accepted} in quarantine")
    say(*_indexes(context))
    say(f"last change: {datetime.fromtimestamp(catalog(context).stat().st_mtime):%Y-%m-%d %H:%M}")
    if ran := last_run(context.obj.root):
        say(f"last run: {ran.began.astimezone():%Y-%m-%d %H:%M}, {ran.outcome}")
    say(*(f"{severity}: {message}" for severity, area, message in findings if area not in _COUNTED))
    for area, (what, command) in _COUNTED.items():
        count = sum(found == area for _, found, _ in findings)
        if count:
            say(f"warning: {count} {what}: {command}")
    now = today()
    coming = [row for row in rows_to_go_by(context, now, None, coming=True) if row["starts_on"] >= now]
    for row in coming[:_NEXT_DATES]:
        days = (row["starts_on"] - now).days
        basis = "published" if row["basis"] == "published" else f"by rule, {row['confidence'].replace('_', '-')}"
        say(
            f"next: {day_words(row['starts_on'])}, {f'in {days} days' if days else 'today'}: "
            f"{event_words(row['event'])} of {row['review']} ({basis})"
        )
    say(*coming_reviews(context))


@click.command()
@prints_rows
@click.pass_context
def verify(context: click.Context, form: str, output: Path | None) -> None:
    """Compare every file of the lake with its checksum. Damaged files are listed with what mends them; nothing is changed.

    \b
    Example:
      russell verify
    """
    from russell_pipeline.orchestration.verifying import verify as verify_lake
    from russell_pipeline.queries.catalog import Answer

    with disk_failures(context.obj.root):
        found = verify_lake(context.obj)
    rows = [(str(one.file), one.damage, one.remedy) for one in found.damages]
    emit(Answer(["file", "damage", "remedy"], rows, ["VARCHAR"] * 3), form, output)
    say(
        f"{counted(found.files, 'file')} of the tables, the catalog and the history verified: {len(rows) or 'none'} damaged"
    )
    if found.unsealed:
        say(
            f"{counted(found.unsealed, 'file is', 'files are')} of an earlier release: the catalog alone knows their checksums"
        )
    if found.damages:
        sys.exit(BLOCKED)


@click.command()
@click.argument("statement")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    help="Stop a query that takes longer.",
)
@prints_rows
@click.pass_context
def sql(context: click.Context, statement: str, seconds: float, form: str, output: Path | None) -> None:
    """Query the catalog in SQL, read-only.

    \b
    Example:
      russell sql "SELECT index_code, as_of, count(*) FROM membership_lists GROUP BY ALL"
    """
    import duckdb

    from russell_pipeline.bounded import half_of_memory
    from russell_pipeline.queries import statements

    try:
        limits = statements.Limits(seconds, half_of_memory())
        with statements.run_statement(catalog(context), statement, limits=limits) as rows:
            emit(rows, form, output)
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
        raise click.UsageError(str(error).strip()) from None
    except duckdb.Error as error:
        raise Failure(str(error).strip()) from None
    except StatementStopped as stopped:
        failure = Failure(stopped.sentence)
        failure.show()
        statements.end_process_if_stuck(BLOCKED)
        context.exit(BLOCKED)
    except KeyboardInterrupt:
        tell()
        statements.end_process_if_stuck(INTERRUPTED)
        raise

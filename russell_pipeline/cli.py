"""The `russell` command: each subcommand parses its call, asks one question or starts one run, and prints."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from russell_pipeline import __version__
from russell_pipeline.settings import Settings

if TYPE_CHECKING:
    from datetime import date

    from russell_pipeline.calendar.rows import Row
    from russell_pipeline.documents.model import Document
    from russell_pipeline.lake.query import Answer

_BLOCKED, _WRONG_CALL = 1, 2
_Asked = TypeVar("_Asked")
_NEXT_DATES = 3
# Findings that come in numbers: status counts them and says where they stand.
_COUNTED = {
    "calendar": ("contradictions in published dates", "russell calendar --findings"),
    "membership": (
        "questions about membership",
        "russell sql \"SELECT severity, subject, message FROM findings WHERE area = 'membership'\"",
    ),
}


class _Failure(click.ClickException):
    """Something is in the way: one sentence, exit 1."""

    exit_code = _BLOCKED

    def show(self, file: Any = None) -> None:  # noqa: ARG002
        from russell_pipeline.output import safe

        click.echo("russell: " + "\n".join(safe(line) for line in self.message.splitlines()), err=True)


def _prints(*forms: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options of a command that prints rows in these formats."""
    output = click.option(
        "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of the terminal."
    )
    form = click.option("--format", "form", type=click.Choice(forms), default=forms[0], show_default=True)
    return lambda command: form(output(command))


_FORMATS = ("table", "csv", "json", "parquet")
_prints_rows = _prints(*_FORMATS)


def _emit(answer: Answer, form: str, output: Path | None) -> None:
    from russell_pipeline.output import emit

    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal: name a file with --output")
    emit(answer, form, output)


def _say(*words: str) -> None:
    from russell_pipeline.output import lines

    lines(*words)


def _today() -> date:
    from datetime import date

    return date.today()


def _ask(question: Callable[..., _Asked], context: click.Context, *parameters: object) -> _Asked:
    import duckdb

    from russell_pipeline.lake.query import NoCatalog

    try:
        return question(context.obj.root / "russell.duckdb", *parameters)
    except (NoCatalog, duckdb.Error) as error:
        raise _Failure(str(error).strip()) from None


@click.group(
    invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.option("--lake", metavar="DIR", help="The data lake; default: RUSSELL_DATA_LAKE, else data_lake/.")
@click.version_option(__version__, prog_name="russell")
@click.pass_context
def main(context: click.Context, lake: str | None) -> None:
    """Published FTSE Russell documents as tables that can be queried and traced."""
    try:
        context.obj = Settings.from_environment(lake)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if context.invoked_subcommand is None:
        context.invoke(status)
        _say("", "next: russell run · russell trace SYMBOL · russell --help")


@main.command()
@click.option("--strict", is_flag=True, help="Exit 1 while any document is in quarantine.")
@click.pass_context
def run(context: click.Context, strict: bool) -> None:
    """Make everything new in landing/ into tables and the catalog. Safe to repeat.

    \b
    Example:
      russell run --strict
    """
    _run(context, strict)


def _run(
    context: click.Context, strict: bool = False, again: tuple[str, ...] = (), years: tuple[str, ...] = ()
) -> None:
    from russell_pipeline.orchestration.runs import LakeBusy, RunFailed
    from russell_pipeline.orchestration.runs import run as run_lake
    from russell_pipeline.output import lines

    try:
        report = run_lake(context.obj, again, years)
    except (LakeBusy, RunFailed) as error:
        raise _Failure(str(error)) from None
    except OSError as error:
        raise _Failure(f"{error.strerror}: {error.filename or context.obj.root}") from None
    if not report.anything:
        lines("nothing new in landing/: no table was touched")
    _summarise(context, set(report.read))
    if strict and _ask(_quarantined, context).rows:
        sys.exit(_BLOCKED)


def _quarantined(catalog: Path) -> Answer:
    from russell_pipeline.lake.query import ask

    return ask(catalog, "SELECT file_name, reason FROM documents WHERE state = 'quarantined' ORDER BY file_name")


def _documents(catalog: Path) -> Answer:
    from russell_pipeline.lake.query import ask

    return ask(
        catalog,
        """
        SELECT d.file_name AS document, d.kind, d.index_code AS index, d.change, d.status, d.review_year AS year,
               d.rows_parsed AS rows, d.lines_total AS lines, d.text_engine AS engine, d.state,
               (SELECT count(*) FROM findings f WHERE f.document_id = d.document_id) AS findings, d.document_id
        FROM documents d ORDER BY d.review_year, d.file_name
        """,
    )


def _summarise(context: click.Context, read: set[str]) -> None:
    """What a run read, quarantined and found, and what to try next."""
    from russell_pipeline.lake.query import Answer, ask
    from russell_pipeline.output import lines, table

    documents = _ask(_documents, context)
    shown = [row[:-1] for row in documents.rows if row[-1] in read]
    if shown:
        click.echo(table(Answer(documents.columns[:-1], shown)), err=True)
    for name, reason in _ask(_quarantined, context).rows:
        lines(f"in quarantine: {name} {reason}")
    found = _ask(ask, context, "SELECT severity, count(*) FROM findings GROUP BY 1 ORDER BY 1").rows
    symbols = _ask(
        ask,
        context,
        "SELECT symbol FROM membership_changes GROUP BY 1 ORDER BY count(DISTINCT document_id) DESC, 1 LIMIT 1",
    ).rows
    lines(
        f"{len(documents.rows)} documents in the lake, {sum(row[6] for row in documents.rows):,} rows; findings: "
        + (", ".join(f"{count} {severity}" for severity, count in found) or "none"),
        f"tables: {context.obj.root / 'tables'}    catalog: {context.obj.root / 'russell.duckdb'}",
        f"next: russell trace {symbols[0][0]}" if symbols else "next: put PDFs into landing/documents and run again",
    )


@main.command()
@click.option("--from", "first", type=int, required=True, help="First review year.")
@click.option("--to", "last", type=int, required=True, help="Last review year.")
@click.pass_context
def backfill(context: click.Context, first: int, last: int) -> None:
    """Read the documents of some review years again and rebuild their tables, in one process.

    \b
    Example:
      russell backfill --from 2010 --to 2023
    """
    from russell_pipeline.lake.query import NoCatalog, ask

    if first > last:
        raise click.UsageError(f"--from {first} is after --to {last}")
    try:
        known = ask(
            context.obj.root / "russell.duckdb",
            "SELECT document_id FROM documents WHERE review_year BETWEEN $1 AND $2",
            [first, last],
        ).rows
    except NoCatalog:
        known = []
    _run(context, again=tuple(row[0] for row in known), years=tuple(str(year) for year in range(first, last + 1)))


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_prints_rows
def parse(files: tuple[Path, ...], form: str, output: Path | None) -> None:
    """Show one document's rows and its line account, without touching the lake.

    \b
    Examples:
      russell parse additions.pdf
      russell parse --format csv list.txt > rows.csv
    """
    from russell_pipeline.documents.isolation import ReadingOrder, read_documents
    from russell_pipeline.lake.landing import file_sha256, sidecar_of
    from russell_pipeline.lake.query import Answer

    orders = [ReadingOrder(file_sha256(file), file, sidecar_of(file)) for file in files]
    columns: list[str] = []
    rows: list[dict[str, object]] = []
    refused = 0
    for file, document in zip(files, read_documents(orders), strict=True):
        _say(*_account(file, document))
        refused += not document.accepted
        for row in _rows(document):
            rows.append(({"file": file.name} if len(files) > 1 else {}) | row)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    if rows:
        _emit(Answer(columns, [tuple(row.get(name) for name in columns) for row in rows]), form, output)
    if refused:
        sys.exit(_BLOCKED)


def _account(file: Path, document: Document) -> Iterator[str]:
    """What a document is and what each of its lines is, in a few lines for a person."""
    if document.reason:
        yield f"{file.name} {document.reason}"
    told = [document.kind.value, document.index_code, document.change, document.status, document.taxonomy]
    dates = [
        document.as_of and f"as of {document.as_of}",
        document.review and f"review {document.review}",
        document.review_year,
    ]
    yield f"{file.name}: " + ", ".join(str(fact) for fact in [*told, *dates] if fact)
    roles = Counter(line.role.value if line.role else "unread" for line in document.lines)
    counts = ", ".join(f"{count:,} {role}" for role, count in roles.most_common())
    account = f"{document.rows_parsed:,} rows from {len(document.lines):,} lines on {document.pages} pages"
    yield f"  {account} by {document.text_engine}: {counts}"
    for note in document.notes:
        yield f"  {note.severity}: {note.message}"


def _rows(document: Document) -> Iterator[dict[str, object]]:
    from russell_pipeline.documents import rulebooks, schedules
    from russell_pipeline.documents.model import Kind
    from russell_pipeline.documents.parse import list_rows

    if not document.accepted:
        return
    if document.kind in (Kind.MEMBERSHIP_LIST, Kind.MEMBERSHIP_CHANGES):
        for row in list_rows(document):
            taxonomy = document.taxonomy if row.classification else None
            yield {
                "ordinal": row.ordinal, "company_name": row.company_name, "class_marker": row.class_marker, "symbol": row.symbol,
                "taxonomy": taxonomy, "classification": row.classification, "page": row.page, "line": row.line,
            }  # fmt: skip
    elif document.kind is Kind.REVIEW_SCHEDULE:
        for ordinal, stated in enumerate(schedules.stated_dates(document.lines, document.review_year)[0], 1):
            yield {
                "ordinal": ordinal, "review": stated.review, "event": stated.event, "starts_on": stated.starts_on,
                "ends_on": stated.ends_on, "moment": stated.moment, "stated_text": stated.stated_text,
                "section": stated.section, "page": stated.page, "line": stated.line,
            }  # fmt: skip
    elif document.kind is Kind.GROUND_RULES:
        for clause in rulebooks.clauses(document.lines):
            yield {
                "clause": clause.clause,
                "title": clause.title,
                "text_sha256": clause.text_sha256,
                "page": clause.page,
                "line": clause.line,
            }


@main.command()
@click.argument("index")
@click.option("--review", metavar="YYYY-MM", help="Only this review.")
@_prints_rows
@click.pass_context
def changes(context: click.Context, index: str, review: str | None, form: str, output: Path | None) -> None:
    """Show additions and deletions of an index, by review and list status.

    \b
    Example:
      russell changes RMICRO --review 2023-06
    """
    from russell_pipeline.lake import query

    answer = _ask(query.ask, context, *query.changes(index, review))
    if not answer.rows:
        known = ", ".join(_ask(query.indexes, context)) or "none yet"
        _say(
            f"no additions or deletions of {index}{f' in {review}' if review else ''}; indexes with documents: {known}"
        )
    _emit(answer, form, output)


class _Day(click.ParamType["date"]):
    """A day as ISO date."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        from datetime import date

        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date: write YYYY-MM-DD", param, ctx)


@main.command()
@click.argument("index")
@click.option("--on", type=_Day(), help="The day asked about; default: today.")
@click.option("--known-on", type=_Day(), help="Answer from what had been published by this day; default: by now.")
@_prints_rows
@click.pass_context
def members(
    context: click.Context, *, index: str, on: date | None, known_on: date | None, form: str, output: Path | None
) -> None:
    """Show who was in an index on a day, as it is known now or was known on another day.

    \b
    Examples:
      russell members R3000 --on 2019-07-01
      russell members R3000 --on 2019-07-01 --known-on 2019-06-30
    """
    from russell_pipeline.lake import query

    on = on or _today()
    answer = _ask(query.ask, context, *query.members(index, on, known_on))
    _say(*_ask(_membership_words, context, index, on, known_on))
    _emit(_placed(answer) if form == "table" else answer, form, output)


def _membership_words(catalog: Path, index: str, on: date, known_on: date | None) -> Iterator[str]:
    """What the members of an index on a day rest on, or why there are none."""
    from russell_pipeline.lake import query

    when = f"{index.upper()} on {on}" + (f" as known on {known_on}" if known_on else "")
    states = query.ask(catalog, *query.membership_state(index, on, known_on))
    for row in states.rows:
        state = dict(zip(states.columns, row, strict=True))
        changed = f" and {state['change_documents']} lists of changes" if state["change_documents"] else ""
        if state["basis"] == "difference":
            rests = f"a difference of two indexes, one as of {state['minuend_on']}, the other as of {state['subtrahend_on']}"
        else:
            rests = f"as of {state['valid_from']} by {state['document']}{changed}"
        yield f"{when}: {state['members']:,} members, {rests}, published by {state['known_from']}"
        if state["behind_from"] and state["behind_from"] <= on:
            missing = f"the reconstitution of {state['behind_from']} is not in the lake"
            yield f"{missing}: this is the last known membership, not that of {on}"
    if not states.rows:
        yield f"{when}: no membership is known{_without_membership(catalog, index, known_on)}"


def _without_membership(catalog: Path, index: str, known_on: date | None) -> str:
    from russell_pipeline.lake import query

    first_day, first_known, additions, deletions = query.ask(catalog, *query.without_membership(index)).rows[0]
    if first_day is not None:
        published = f", published by {first_known}" if known_on and known_on < first_known else ""
        return f"; the first list of it in the lake holds from {first_day}{published}"
    if additions or deletions:
        return f": there are {additions} additions and {deletions} deletions but no list, and changes alone are no membership"
    known = ", ".join(query.indexes(catalog)) or "none yet"
    return f"; indexes with documents: {known}"


@main.command()
@click.argument("year", type=int, required=False)
@click.option("--next", "coming", is_flag=True, help="The next date of every event, from today on.")
@click.option("--findings", is_flag=True, help="What contradicts what: documents, rules, the exchange's holidays.")
@_prints(*_FORMATS, "ics")
@click.pass_context
def calendar(
    context: click.Context, *, year: int | None, coming: bool, findings: bool, form: str, output: Path | None
) -> None:
    """Show the dates of a year's reviews (default: this year), published beside computed.

    \b
    Examples:
      russell calendar 2022
      russell calendar --next
      russell calendar --findings
      russell calendar 2026 --format ics --output reviews.ics
    """
    from russell_pipeline.lake import query

    if findings and (coming or form == "ics"):
        raise click.UsageError("--findings are no dates: they go neither with --next nor with --format ics")
    today = _today()
    if findings:
        answer = _ask(query.ask, context, *query.calendar_findings(year))
        if not answer.rows:
            _say("no contradiction is known" + (f" of {year}" if year else ""))
    elif coming or form == "ics":
        rows = _calendar_rows(context, today, year, coming)
        if form == "ics":
            _emit_ics(rows, context.obj.root / "russell.duckdb", output)
            return
        if not rows:
            _say("no date to come is published or computed" + (f" of {year}" if year else ""))
        answer = _coming(rows, today)
    else:
        answer = _ask(query.ask, context, *query.calendar(year or today.year))
        if not answer.rows:
            _say(f"no date of {year or today.year} is published or computed")
    _emit(_placed(answer) if form == "table" else answer, form, output)


def _calendar_rows(context: click.Context, today: date, year: int | None, coming: bool) -> list[Row]:
    """The rows of the calendar to go by, of a year; or, where those to come are asked for, the next of every event."""
    from russell_pipeline.calendar.rows import due
    from russell_pipeline.lake import query

    if not coming:
        return _ask(query.calendar_rows, context, year or today.year)
    return due(_ask(query.calendar_rows, context, year, today), today)


def _coming(rows: list[Row], today: date) -> Answer:
    """Rows with the days that are left to them, 0 where they have begun."""
    from russell_pipeline.lake.query import Answer

    columns = [
        "review", "event", "starts_on", "ends_on", "moment", "basis", "rule", "confidence", "document", "page", "line"
    ]  # fmt: skip
    left = (max((row["starts_on"] - today).days, 0) for row in rows)
    return Answer(
        ["days_left", *columns],
        [(days, *(row[column] for column in columns)) for days, row in zip(left, rows, strict=True)],
    )


def _placed(answer: Answer) -> Answer:
    """An answer for people: document, page and line as one place."""
    from russell_pipeline.lake.query import Answer

    at = answer.columns.index("document")
    rows = [(*row[:at], row[at] and f"{row[at]} {row[at + 1]}:{row[at + 2]}", *row[at + 3 :]) for row in answer.rows]
    return Answer([*answer.columns[:at], "place (page:line)", *answer.columns[at + 3 :]], rows)


def _emit_ics(rows: list[Row], catalog: Path, output: Path | None) -> None:
    """Write an iCalendar file, stamped with the day of the lake's last change: the same lake gives the same bytes."""
    from datetime import UTC, datetime

    from russell_pipeline.calendar.ics import calendar_ics

    content = calendar_ics(rows, datetime.fromtimestamp(catalog.stat().st_mtime, UTC).date())
    if output:
        output.write_bytes(content)
    else:
        sys.stdout.buffer.write(content)


@main.command()
@click.argument("symbol")
@_prints_rows
@click.pass_context
def trace(context: click.Context, symbol: str, form: str, output: Path | None) -> None:
    """Show every fact about a symbol, back to document, page and line.

    \b
    Example:
      russell trace CERS
    """
    from russell_pipeline.lake import query

    answer = _ask(query.ask, context, *query.trace(symbol.upper()))
    if not answer.rows:
        _say(f"no document in the lake holds the symbol {symbol.upper()}")
    if form == "table":
        answer = query.Answer(answer.columns[:-1], [row[:-1] for row in answer.rows])
    _emit(answer, form, output)


@main.command()
@click.argument("statement")
@_prints_rows
@click.pass_context
def sql(context: click.Context, statement: str, form: str, output: Path | None) -> None:
    """Ask the catalog in SQL; it can only be read.

    \b
    Example:
      russell sql "SELECT index_code, as_of, count(*) FROM membership_lists GROUP BY ALL"
    """
    from russell_pipeline.lake import query

    _emit(_ask(query.ask, context, statement), form, output)


@main.command()
@_prints_rows
@click.pass_context
def status(context: click.Context, form: str, output: Path | None) -> None:
    """Show the documents in the lake and in quarantine, the last run, open findings, and the next dates."""
    from datetime import datetime

    from russell_pipeline.calendar.words import day_words, event_words
    from russell_pipeline.lake.query import Answer, ask

    catalog = context.obj.root / "russell.duckdb"
    documents = _ask(_documents, context)
    _emit(Answer(documents.columns[:-1], [row[:-1] for row in documents.rows]), form, output)
    accepted = sum(row[9] == "accepted" for row in documents.rows)
    findings = _ask(
        ask,
        context,
        "SELECT severity, area, message FROM findings WHERE severity <> 'info' ORDER BY severity, area, subject",
    ).rows
    _say(f"lake: {context.obj.root}", f"documents: {accepted} accepted, {len(documents.rows) - accepted} in quarantine")
    _say(f"last change: {datetime.fromtimestamp(catalog.stat().st_mtime):%Y-%m-%d %H:%M}")
    _say(*(f"{severity}: {message}" for severity, area, message in findings if area not in _COUNTED))
    for area, (what, command) in _COUNTED.items():
        count = sum(found == area for _, found, _ in findings)
        if count:
            _say(f"warning: {count} {what}: {command}")
    today = _today()
    coming = [row for row in _calendar_rows(context, today, None, coming=True) if row["starts_on"] >= today]
    for row in coming[:_NEXT_DATES]:
        days = (row["starts_on"] - today).days
        basis = "published" if row["basis"] == "published" else f"by rule, {row['confidence'].replace('_', '-')}"
        _say(
            f"next: {day_words(row['starts_on'])}, {f'in {days} days' if days else 'today'}: "
            f"{event_words(row['event'])} of {row['review']} ({basis})"
        )


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=3000, show_default=True)
@click.pass_context
def ui(context: click.Context, host: str, port: int) -> None:
    """Open the Dagster UI on this lake."""
    settings: Settings = context.obj
    home = settings.set_dagster_home()
    os.environ["RUSSELL_DATA_LAKE"] = str(settings.root)
    _say(f"the graph of {settings.root} on http://{host}:{port}; its history is in {home}; Ctrl-C ends it")
    from importlib.resources import as_file, files

    with as_file(files("russell_pipeline").joinpath("workspace.yaml")) as workspace:
        command = [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", host, "-p", str(port)]
        os.execv(sys.executable, command)


if __name__ == "__main__":
    main()

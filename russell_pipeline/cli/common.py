"""What the commands share: options, failures, questions to the catalog, printing rows and words."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.shell_completion import CompletionItem

from russell_pipeline.progress import listening

if TYPE_CHECKING:
    from datetime import date

    from russell_pipeline.lake.query import Answer
    from russell_pipeline.settings import Settings

BLOCKED = 1
# Every index on which the lake has anything.
_INDEXES = " UNION ALL ".join(
    f"SELECT index_code FROM {table}" for table in ("membership_states", "membership_changes", "index_runs")
)
_CATALOG, _OPEN = "russell_pipeline.catalog", "russell_pipeline.open"
Asked = TypeVar("Asked")


class Failure(click.ClickException):
    """Something prevents the command: one sentence, exit code 1."""

    exit_code = BLOCKED

    def show(self, file: Any = None) -> None:  # noqa: ARG002
        """Print what is wrong on standard error."""
        from russell_pipeline.output import safe

        click.echo("russell: " + "\n".join(safe(line) for line in self.message.splitlines()), err=True)


def prints(*forms: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator with the options of a command that prints rows in these formats; the first is the default."""
    output = output_option("Write to this file instead of the terminal.")
    form = click.option("--format", "form", type=click.Choice(forms), default=forms[0], show_default=True)
    return lambda command: form(output(command))


def output_option(said: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--output`, which names the file to write."""
    return click.option(
        "--output", type=click.Path(dir_okay=False, writable=True, path_type=Path), callback=_in_a_folder, help=said
    )


def _in_a_folder(_: click.Context, __: click.Parameter, file: Path | None) -> Path | None:
    if file is not None and not file.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {file.parent} to write it into")
    return file


FORMATS = ("table", "csv", "json", "parquet")
prints_rows = prints(*FORMATS)


def emit(answer: Answer, form: str, output: Path | None) -> None:
    """Write rows in a format to a file, or to the terminal if `output` is None."""
    from russell_pipeline import output as printed

    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal: name a file with --output")
    with writing(output):
        try:
            printed.emit(answer, form, output)
        except (OverflowError, ValueError) as error:
            raise Failure(f"these rows cannot be written as {form}: {error}") from None


@contextmanager
def writing(output: Path | None) -> Iterator[None]:
    """Turn errors of writing to this file, or to standard output if it is None, into a Failure."""
    try:
        yield
        if output is None:
            sys.stdout.flush()
    except BrokenPipeError:
        raise  # the reader has seen enough: click exits quietly
    except OSError as error:
        if output is None:  # else the interpreter would flush again at exit, and fail again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Failure(f"{output or 'standard output'} cannot be written: {error.strerror or error}") from None


def say(*words: str) -> None:
    """Print words for people on standard error."""
    from russell_pipeline.output import lines

    lines(*words)


@contextmanager
def watched() -> Iterator[None]:
    """Show the progress of the work within and how long it will take, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=total)

        with listening(tell):
            yield


def today() -> date:
    """Today; tests put another day in its place."""
    from datetime import date

    return date.today()


def asked(question: Callable[..., Asked], context: click.Context, *parameters: object) -> Asked:
    """The answer of the lake's catalog to a question. Raises Failure if there is no catalog, or if it refuses."""
    import duckdb

    from russell_pipeline.lake.query import NoCatalog, connect

    try:
        if _OPEN not in context.meta:  # stays open, so that the next question opens it at once
            context.meta[_OPEN] = context.with_resource(connect(catalog(context)))
        return question(catalog(context), *parameters)
    except (NoCatalog, duckdb.Error) as error:
        raise Failure(str(error).strip()) from None


def in_order(first: date | int | None, last: date | int | None) -> None:
    """Raise UsageError if `--from` is after `--to`."""
    if first is not None and last is not None and first > last:  # type: ignore[operator]
        raise click.UsageError(f"--from {first} is after --to {last}: the earlier comes first")


def catalog(context: click.Context) -> Path:
    """The lake's catalog, the same file for all questions of a command. Raises Failure if the store fails.

    Raises NoCatalog if a lake at an address has none.
    """
    from russell_pipeline.lake.query import catalog_of

    settings: Settings = context.obj
    if settings.address is None:
        return catalog_of(settings.root, None)
    if _CATALOG not in context.meta:
        with lake_failures():
            context.meta[_CATALOG] = catalog_of(settings.root, settings.address)
    return Path(context.meta[_CATALOG])


def has_catalog(context: click.Context) -> bool:
    """Whether there is a catalog to query yet."""
    from russell_pipeline.lake.query import NoCatalog

    try:
        return catalog(context).exists()
    except NoCatalog:
        return False


@contextmanager
def lake_failures() -> Iterator[None]:
    """Turn into a Failure: another run has the lake, a file of a table is damaged, or the store of the lake fails."""
    from russell_pipeline.lake.lock import LakeBusy
    from russell_pipeline.lake.remote import StoreError
    from russell_pipeline.lake.store import DamagedFile

    try:
        yield
    except (LakeBusy, StoreError, DamagedFile) as error:
        raise Failure(str(error)) from None


class Day(click.ParamType["date"]):
    """A day as an ISO date."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date of YYYY-MM-DD; a usage error for anything else."""
        from datetime import date

        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date: write YYYY-MM-DD", param, ctx)


class Review(click.ParamType["str"]):
    """A review as YYYY-MM."""

    name = "REVIEW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The review as it is written; a usage error if it is not YYYY-MM."""
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
            self.fail(f"{value!r} is no review: write YYYY-MM, the month of its implementation", param, ctx)
        return str(value)


class Held(Review):
    """The name of components and weights: a review as YYYY-MM, or a day as an ISO date."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The review or day as it is written; a usage error if it is neither."""
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return Day().convert(value, param, ctx).isoformat()
        return super().convert(value, param, ctx)


class Index(click.ParamType["str"]):
    """The code of an index, with shell completion from the lake."""

    name = "INDEX"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """The codes in the lake's catalog that begin with this text, ignoring case; none if there is no catalog."""
        import duckdb

        from russell_pipeline.lake.query import NoCatalog, ask
        from russell_pipeline.settings import Settings

        try:
            ctx.obj = Settings.from_environment(ctx.find_root().params.get("root"))
            rows = ask(catalog(ctx), f"SELECT DISTINCT index_code FROM ({_INDEXES}) ORDER BY 1").rows
        except (NoCatalog, Failure, ValueError, duckdb.Error):
            return []
        return [CompletionItem(code) for (code,) in rows if code and code.upper().startswith(incomplete.upper())]


def placed(answer: Answer) -> Answer:
    """An answer for people, with document, page and line as one column."""
    from russell_pipeline.lake.query import Answer

    at = answer.columns.index("document")
    rows = [(*row[:at], row[at] and f"{row[at]} {row[at + 1]}:{row[at + 2]}", *row[at + 3 :]) for row in answer.rows]
    return Answer([*answer.columns[:at], "place (page:line)", *answer.columns[at + 3 :]], rows)


def quarantined(catalog: Path) -> Answer:
    """The documents in quarantine, each with the reason."""
    from russell_pipeline.lake.query import ask

    return ask(catalog, "SELECT file_name, reason FROM documents WHERE state = 'quarantined' ORDER BY file_name")


def documents_in(catalog: Path) -> Answer:
    """The documents of a lake, as `run` and `status` show them; the last column is the id."""
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

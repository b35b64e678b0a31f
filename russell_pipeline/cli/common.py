"""What the commands share: options, failures, questions to the catalog, printing rows and words."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from russell_pipeline.errors import NoCatalog, RussellError, UnknownIndex, WrongCall
from russell_pipeline.progress import listening

if TYPE_CHECKING:
    from datetime import date

    from russell_pipeline.queries.catalog import Answer
    from russell_pipeline.queries.statements import Rows
    from russell_pipeline.settings import Settings

BLOCKED = 1
_CATALOG, _OPEN = "russell_pipeline.catalog", "russell_pipeline.open"
Asked = TypeVar("Asked")


class Failure(click.ClickException):
    """Something prevents the command: one sentence, exit code 1."""

    exit_code = BLOCKED

    def show(self, file: Any = None) -> None:  # noqa: ARG002
        """Print what is wrong on standard error."""
        from russell_pipeline.display import safe

        click.echo("russell: " + "\n".join(safe(line) for line in self.message.splitlines()), err=True)


@contextmanager
def failures_shown() -> Iterator[None]:
    """Turn an exception of the package into one that click shows: a UsageError (exit code 2) for a wrong call, else a Failure."""
    try:
        yield
    except WrongCall as error:
        raise click.UsageError(error.sentence) from None
    except RussellError as error:
        raise Failure(error.sentence) from None


@contextmanager
def disk_failures(place: object) -> Iterator[None]:
    """Turn what the disk refuses into a Failure that names the file, or this place where the system names none."""
    try:
        yield
    except OSError as error:
        raise Failure(f"{error.strerror}: {error.filename or place}") from None


class File(click.ParamType["Path"]):
    """A file to write: `-` is standard output; a usage error for a folder, and for a file in a folder that is not there."""

    name = "FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path as it is written."""
        file = Path(value)
        if file.is_dir() or str(value).endswith(os.sep):
            self.fail(f"{value} is a folder: name a file in it", param, ctx)
        if not file.absolute().parent.is_dir():
            self.fail(f"there is no folder {file.parent} to write it into", param, ctx)
        return file


def prints(*forms: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator with the options of a command that prints rows in these formats; the first is the default."""

    def chosen(context: click.Context, parameter: click.Parameter, form: str) -> str:
        said = context.get_parameter_source(str(parameter.name)) is not ParameterSource.DEFAULT
        return _form(form if said else None, context.params.get("output"), forms)

    output = output_option(
        "Write to this file instead of the terminal; its extension is the format, unless --format says another.",
        callback=lambda _, __, file: None if file == STANDARD_OUTPUT else file,
        is_eager=True,  # so that --format knows it
    )
    form = click.option(
        "--format",
        "form",
        type=click.Choice(forms, case_sensitive=False),
        default=forms[0],
        show_default=True,
        callback=chosen,
    )
    return lambda command: form(output(command))


STANDARD_OUTPUT = Path("-")
_EXTENSIONS = {
    "txt": "table", "table": "table", "csv": "csv", "json": "json", "parquet": "parquet", "ics": "ics",
    "html": "html", "htm": "html",
}  # fmt: skip


def _form(said: str | None, output: Path | None, forms: Sequence[str]) -> str:
    """The format to print in: as said, else that of the file's extension, else the first. Raises BadParameter."""
    extension = output.suffix.lower().removeprefix(".") if output else ""
    named = _EXTENSIONS.get(extension)
    if said:
        if named in forms and named != said:
            say(f"{output} holds {said}, as --format says")
        return said
    if not extension:
        return forms[0]
    if named is None or named not in forms:
        known = ", ".join(f".{one}" for one in forms if one != "table")
        raise click.BadParameter(
            f"no format is known by .{extension}: name a file {known} or .txt, or say --format", param_hint="--output"
        )
    return named


def output_option(said: str, **settings: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--output`, which names the file to write."""
    return click.option("--output", "-o", type=File(), help=said, **settings)


FORMATS = ("table", "csv", "json", "parquet")
prints_rows = prints(*FORMATS)


def emit(answer: Answer | Rows, form: str, output: Path | None) -> None:
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
    """The answer of the lake's catalog to a question. Raises NoCatalog if there is none, and Failure if it refuses."""
    import duckdb

    from russell_pipeline.queries.catalog import connect

    try:
        if _OPEN not in context.meta:  # stays open, so that the next question opens it at once
            context.meta[_OPEN] = context.with_resource(connect(catalog(context)))
        return question(catalog(context), *parameters)
    except duckdb.Error as error:
        raise Failure(str(error).strip()) from None


def in_order(first: date | int | None, last: date | int | None) -> None:
    """Raise UsageError if `--from` is after `--to`."""
    if first is not None and last is not None and first > last:  # type: ignore[operator]
        raise click.UsageError(f"--from {first} is after --to {last}: the earlier comes first")


def catalog(context: click.Context) -> Path:
    """The lake's catalog, the same file for all questions of a command.

    Raises NoCatalog if a lake at an address has none, and StoreError if its store fails.
    """
    from russell_pipeline.queries.catalog import catalog_of

    settings: Settings = context.obj
    if settings.address is None:
        return catalog_of(settings.root, None)
    if _CATALOG not in context.meta:
        context.meta[_CATALOG] = catalog_of(settings.root, settings.address)
    return Path(context.meta[_CATALOG])


def has_catalog(context: click.Context) -> bool:
    """Whether there is a catalog to query yet."""
    try:
        return catalog(context).exists()
    except NoCatalog:
        return False


class Day(click.ParamType["date"]):
    """A day as an ISO date."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date of YYYY-MM-DD; a usage error for anything else."""
        from russell_pipeline import arguments

        try:
            return arguments.day(value)
        except WrongCall as error:
            self.fail(error.sentence, param, ctx)


class Review(click.ParamType["str"]):
    """A review as YYYY-MM."""

    name = "REVIEW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The review as it is written; a usage error if it is not YYYY-MM."""
        from russell_pipeline import arguments

        try:
            return arguments.review(value)
        except WrongCall as error:
            self.fail(error.sentence, param, ctx)


class Year(click.ParamType["int"]):
    """A year as YYYY."""

    name = "YEAR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The year; a usage error for anything but four digits from 1900 to 2200."""
        if not (re.fullmatch(r"\d{4}", str(value)) and 1900 <= int(value) <= 2200):
            self.fail(f"{value!r} is no year from 1900 to 2200: write YYYY", param, ctx)
        return int(value)


class Held(click.ParamType["str"]):
    """The name of components and weights: a review as YYYY-MM, or a day as an ISO date."""

    name = "REVIEW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The review or day as it is written; a usage error if it is neither."""
        from russell_pipeline import arguments

        try:
            return arguments.held(value)
        except WrongCall as error:
            self.fail(error.sentence, param, ctx)


class Index(click.ParamType["str"]):
    """The code of an index in any case, with shell completion from the lake."""

    name = "INDEX"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The code as the lake spells it; a usage error for a code that no index has. Without a catalog, any code."""
        if ctx is None or ctx.resilient_parsing or not (codes := _codes(ctx)):
            return str(value)
        from russell_pipeline.queries.answers import known_codes, spelled

        defined = [path.stem for path in (ctx.obj.root / "landing" / "indexes").glob("[!.~]*.y*ml")]
        try:
            return spelled(value, known_codes(codes, defined))
        except UnknownIndex as unknown:
            self.fail(unknown.sentence, param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG002
        """The codes in the lake's catalog that begin with this text, ignoring case; none if there is no catalog."""
        return [CompletionItem(code) for code in _codes(ctx) if code.upper().startswith(incomplete.upper())]


def _codes(context: click.Context) -> list[str]:
    """The codes of the indexes in the lake's catalog; none if there is no catalog that can be asked."""
    import duckdb

    from russell_pipeline.queries.catalog import ask, index_codes

    if context.obj is None:
        return []
    try:
        return [code for (code,) in ask(catalog(context), *index_codes()).rows]
    except (RussellError, duckdb.Error):
        return []


def settings_of(context: click.Context, _: click.Parameter | None, after: str | None) -> None:
    """Find the lake, named before or after the subcommand, and keep its settings: the callback of `--lake`.

    Raises UsageError.
    """
    from russell_pipeline.settings import Settings

    before = context.find_root().params.get("root")
    if before and after and before != after:
        raise click.UsageError(f"--lake is given twice: {before} and {after}")
    with failures_shown():
        context.obj = settings = Settings.from_environment(after or before)
    if settings.root.exists() and not settings.root.is_dir():
        raise click.UsageError(
            f"a lake is a folder, and {settings.root} is a file: --lake or RUSSELL_DATA_LAKE names it"
        )


# What the rows of lists say of decisions of people.
_OF_DECISIONS = ("reading", "decided_by", "decided_because")


def for_people(answer: Answer) -> Answer:
    """An answer for people, without what its rows say of decisions where no row rests on one."""
    if "reading" not in answer.columns or "decided" in answer.column("reading"):
        return answer
    return answer.select([name for name in answer.columns if name not in _OF_DECISIONS])


def placed(answer: Answer) -> Answer:
    """An answer for people, with document, page and line as one column."""
    from russell_pipeline.queries.catalog import Answer

    at = answer.columns.index("document")
    rows = [(*row[:at], _place(*row[at : at + 3]), *row[at + 3 :]) for row in answer.rows]
    return Answer([*answer.columns[:at], "place (page:line)", *answer.columns[at + 3 :]], rows)


def _place(document: str | None, page: int | None, line: int | None) -> str | None:
    """A place in a document; of a file without pages, the row."""
    return document and (f"{document} {page}:{line}" if page is not None else f"{document}:{line}")


def quarantined(catalog: Path) -> Answer:
    """The documents in quarantine, each with the reason."""
    from russell_pipeline.queries.catalog import ask

    return ask(catalog, "SELECT file_name, reason FROM documents WHERE state = 'quarantined' ORDER BY file_name")


def documents_in(catalog: Path) -> Answer:
    """The documents of a lake, as `run` and `status` show them; the last column is the id."""
    from russell_pipeline.queries.catalog import ask

    return ask(
        catalog,
        """
        SELECT d.file_name AS document, d.kind, d.index_code AS index, d.change, d.status, d.review_year AS year,
               d.rows_parsed AS rows, d.lines_total AS lines, d.text_engine AS engine, d.state,
               (SELECT count(*) FROM findings f WHERE f.document_id = d.document_id) AS findings, d.document_id
        FROM documents d ORDER BY d.review_year, d.file_name
        """,
    )

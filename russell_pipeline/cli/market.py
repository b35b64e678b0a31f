"""The commands that bring market files into landing/: `import` other people's, `simulate` a market."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import (
    BLOCKED,
    Day,
    Failure,
    disk_failures,
    emit,
    in_order,
    prints_rows,
    say,
    today,
    watched,
)
from russell_pipeline.market.adapters.registry import NAMES
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    from russell_pipeline.market.adapters.model import Converted
    from russell_pipeline.settings import Settings


@contextmanager
def landing_of(lake: Settings) -> Iterator[Path]:
    """The landing folder to write to; for a lake at an address it is brought here before, and published afterwards."""
    if lake.address is None:
        yield lake.root / "landing"
        return
    from russell_pipeline.lake.mirror import working

    with working(lake.root, lake.address, ["landing"]) as notes:
        yield lake.root / "landing"
    say(*notes)


@click.command("import")
@click.argument("kind", type=click.Choice(NAMES))
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--index", help="Index that the holdings or shares belong to, such as SP500.")
@click.option("--on", type=Day(), help="Day whose close the files are of, where they and their names do not say it.")
@click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="An option of this kind of file, such as date=2025-03-21; a wrong name lists the valid ones.",
)
@prints_rows
@click.pass_context
def import_files(
    context: click.Context,
    *,
    kind: str,
    paths: tuple[Path, ...],
    index: str | None,
    on: date | None,
    settings: tuple[str, ...],
    form: str,
    output: Path | None,
) -> None:
    """Convert other people's files into landing files. Lists every line that became no row.

    Files may be packed by gzip.

    \b
    Examples:
      russell import ishares IVV_holdings.csv --index SP500
      russell import yahoo AAPL.csv MSFT.csv --set as_traded=yes
      russell import total-and-float-shares RUSmtfs0719.csv --index R3000 --set review=2019-06
    """
    from russell_pipeline.lake.landing import write_files
    from russell_pipeline.market.adapters.registry import convert
    from russell_pipeline.queries.catalog import Answer

    options = _options(settings) | ({"index": index.upper()} if index else {}) | ({"date": f"{on}"} if on else {})
    files = [file for path in paths for file in (_below(path) if path.is_dir() else [path])]
    try:
        converted = convert(kind, [(file.name, file.read_bytes()) for file in files], options)
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}") from None
    lake: Settings = context.obj
    with landing_of(lake) as landing:
        changed = write_files(converted.files, landing)
    for name, frame in converted.files.items():
        say(
            f"{lake.within(f'landing/{name}')}: {counted(frame.height, 'row')}"
            + ("" if landing / name in changed else ", as it was")
        )
    _tell(converted)
    left_out = [("unreadable", *one) for one in converted.unreadable] + [("skipped", *one) for one in converted.skipped]
    if left_out or output or form != "table":
        emit(Answer(["what", "file", "row", "text", "reason"], left_out), form, output)
    if converted.refused or converted.unreadable:
        sys.exit(BLOCKED)
    say("next: russell run")


def _below(folder: Path) -> list[Path]:
    return sorted(file for ending in ("*.csv", "*.csv.gz") for file in folder.rglob(ending))


def _options(settings: tuple[str, ...]) -> dict[str, str]:
    parted = [setting.partition("=") for setting in settings]
    for name, sign, _ in parted:
        if not sign:
            raise click.UsageError(f"--set {name} has no value: write --set {name}=VALUE")
    return {name.strip(): value.strip() for name, _, value in parted}


def _tell(converted: Converted) -> None:
    say(*(f"{remark.file}: {remark.message}" for remark in converted.notes))
    say(*(f"refused: {remark.file}: {remark.message}" for remark in converted.refused))
    counts = [(len(converted.unreadable), "unreadable"), (len(converted.skipped), "skipped")]
    say(*(f"{counted(count, 'line')} {what}" for count, what in counts if count))


@click.command()
@click.option("--from", "first", type=Day(), help="First day; default: two years before the last.")
@click.option("--to", "last", type=Day(), help="Last day; default: the last session before today.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same market.")
@click.option("--names", default=4000, show_default=True, help="How many companies are listed at any time.")
@click.pass_context
def simulate(context: click.Context, first: date | None, last: date | None, seed: int, names: int) -> None:
    """Write a simulated market into landing/. It has closes, actions, fx, suspensions, and components for every review.

    Every file says that it is simulated, and so does everything made from it.

    \b
    Example:
      russell simulate --from 2023-06-01 --to 2025-06-30 --seed 7
    """
    from russell_pipeline.calendar.sessions import nyse_sessions
    from russell_pipeline.lake.landing import write_files
    from russell_pipeline.progress import tracked
    from russell_pipeline.simulation.parameters import Simulation
    from russell_pipeline.simulation.simulate import simulated_years

    settings: Settings = context.obj
    in_order(first, last)
    last = last or nyse_sessions().previous(today())
    first = first or last.replace(year=last.year - 2, day=min(last.day, 28))
    parameters = Simulation(first=first, last=last, seed=seed, names=names)
    changed, rows, count = 0, 0, 0
    with disk_failures(settings.within("landing")), watched(), landing_of(settings) as landing:
        for year in tracked("years", simulated_years(parameters), last.year - first.year + 1):
            changed += len(write_files(year, landing))
            rows, count = rows + sum(frame.height for frame in year.values()), count + len(year)
    say(
        f"a simulated market of {counted(names, 'name')} from {first} to {last}, seed {seed}: {counted(rows, 'row')} in "
        f"{counted(count, 'file')} ({changed} written) below {settings.within('landing')}",
        "next: russell run",
    )

"""The commands on computed indexes: weights of a review, daily levels, and why a level moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from russell_pipeline.cli.coming import coming_review
from russell_pipeline.cli.common import (
    Day,
    Failure,
    Held,
    Index,
    asked,
    emit,
    in_order,
    prints_rows,
    say,
)
from russell_pipeline.wording import counted

if TYPE_CHECKING:
    import polars as pl

    from russell_pipeline.index.explain import Explanation
    from russell_pipeline.index.proforma import ProForma
    from russell_pipeline.queries.catalog import Answer
    from russell_pipeline.queries.index import IndexQuestions
    from russell_pipeline.settings import Settings

_SHOWN = 10
# The columns of weights that fit a terminal; the other formats have all.
_WEIGHT_COLUMNS = (
    "symbol", "weight", "weighting_factor", "final_cap", "long_cap", "short_cap", "scale_factor", "close", "fx", "shares",
    "free_float",
)  # fmt: skip
# What a terminal shows, with so many decimals; the other formats have all columns, unrounded.
_TRADE_DECIMALS = {
    "symbol": None, "weight_held": 8, "weight": 8, "weight_change": 8, "trade_value": 2, "trade_shares": 2, "close": None,
    "currency": None, "fx": None, "priced_on": None,
}  # fmt: skip
_NAME_DECIMALS = {
    "symbol": None, "contribution": 8, "price_effect": 8, "currency_effect": 8, "weight": 8, "price_before": None,
    "price": None, "dividend_points": 8,
}  # fmt: skip
Found = TypeVar("Found")


@click.command()
@click.argument("index", type=Index())
@click.argument("review", type=Held())
@click.option(
    "--pro-forma", is_flag=True, help="The review before it is implemented: weights and trades at last closes."
)
@click.option("--on", type=Day(), help="With --pro-forma: at the closes of this day.  [default: the last with levels]")
@click.option("--notional", type=float, help="With --pro-forma: value to trade, in the index's currency.  [default: 1]")
@prints_rows
@click.pass_context
def weights(
    context: click.Context,
    *,
    index: str,
    review: str,
    pro_forma: bool,
    on: date | None,
    notional: float | None,
    form: str,
    output: Path | None,
) -> None:
    """Show the weights of a review with every step, heaviest first. Of a coming one, say what is missing and from when on.

    \b
    Examples:
      russell weights RSCC9010 2025-03
      russell weights RSCC9010 2025-06 --pro-forma --on 2025-06-24 --notional 25000000
    """
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries.catalog import Answer

    if pro_forma:
        if notional is not None and not notional > 0:
            raise click.BadParameter("what is traded must be worth more than nothing", param_hint="--notional")
        found = _or_failure(lambda: _indexes(context).pro_forma(index, review, on, notional or 1.0))
        _tell_trades(found, notional or 1.0)
        _say_simulated(asked(query.ask, context, *query.levels(index, found.on, found.on)))
        shown = _rounded(found.trades, _TRADE_DECIMALS) if form == "table" else found.trades
        emit(Answer(shown.columns, shown.rows()), form, output)
        return
    if on is not None or notional is not None:
        raise click.UsageError("--on and --notional go with --pro-forma")
    answer = asked(query.ask, context, *query.weights(index, review))
    if not answer.rows:
        needed = coming_review(context, index, review)
        _say_why(context, index, f"no weights of {index} for {review}")
        say(*needed)
    _say_simulated(answer)
    emit(answer.select(_WEIGHT_COLUMNS) if form == "table" else answer, form, output)


def _tell_trades(found: ProForma, notional: float) -> None:
    """Print a summary of the trades of a coming review."""
    bought = found.trades["trade_value"].clip(0).sum()
    if found.provisional:
        say(
            f"provisional: weighed at the closes of {found.priced_on}, because the price cut-off is {found.cutoff_on}; "
            "weights and trades will change until then"
        )
    say(
        f"{found.index_code} {found.review} at the closes of {found.on}, with implementation on {found.implemented_on}: "
        f"one-way turnover {found.turnover:.2%}; {counted(found.additions.height, 'name joins', 'names join')} and "
        f"{counted(found.deletions.height, 'leaves', 'leave')}; for a notional of {notional:,.2f}, purchases and sales are "
        f"{bought:,.2f} each"
    )


def _rounded(frame: pl.DataFrame, decimals: Mapping[str, int | None]) -> pl.DataFrame:
    """The columns named in `decimals`, each rounded to its number of decimals unless that is None."""
    columns = (frame[name] if places is None else frame[name].round(places) for name, places in decimals.items())
    return frame.select(columns)


def _indexes(context: click.Context) -> IndexQuestions:
    from russell_pipeline.queries.index import IndexQuestions

    settings: Settings = context.obj
    return IndexQuestions.of(settings.root, settings.address)


def _or_failure(question: Callable[[], Found]) -> Found:
    """The answer to a question. Raises IndexRefusal, and Failure for what the engine cannot compute with."""
    try:
        return question()
    except ValueError as error:
        raise Failure(str(error)) from None


@click.command()
@click.argument("index", type=Index())
@click.option("--from", "first", type=Day(), help="First session.")
@click.option("--to", "last", type=Day(), help="Last session.")
@click.option("--as-published", is_flag=True, help="The levels as they were first published, before any restatement.")
@click.option(
    "--corrections", is_flag=True, help="The sessions whose level was restated or withdrawn, or kept as published."
)
@prints_rows
@click.pass_context
def levels(
    context: click.Context,
    *,
    index: str,
    first: date | None,
    last: date | None,
    as_published: bool,
    corrections: bool,
    form: str,
    output: Path | None,
) -> None:
    """Show the daily price and total return levels of an index.

    \b
    Examples:
      russell levels RSCC9010 --from 2025-06-01
      russell levels RSCC9010 --as-published --format csv
      russell levels RSCC9010 --corrections
    """
    from russell_pipeline.queries import catalog as query

    if corrections and as_published:
        raise click.UsageError("--as-published and --corrections are two tables: ask for one")
    in_order(first, last)
    question = query.levels_as_published if as_published else query.corrections if corrections else query.levels
    answer = asked(query.ask, context, *question(index, first, last))
    if not answer.rows and corrections and asked(query.ask, context, *query.levels(index)).rows:
        say(f"no published level of {index} was corrected")
    elif not answer.rows:
        _say_why(context, index, f"no levels of {index}")
    _say_simulated(answer)
    emit(answer, form, output)


def _say_simulated(answer: Answer) -> None:
    if "simulated" in answer.columns and any(answer.column("simulated")):
        say("the market is simulated: these are no levels or weights of a real index")


def _say_why(context: click.Context, index: str, what: str) -> None:
    """Print why there is nothing of an index: what it waits for, why it was refused, or which indexes there are."""
    from russell_pipeline.queries import catalog as query

    runs = asked(query.index_runs, context)
    mine = [run for run in runs if run.index_code.upper() == index.upper()]
    if not mine:
        say(f"{what}: {_without_runs(context.obj.root, index, [run.index_code for run in runs])}")
    for run in mine:
        say(f"{what}: {run.reason or f'it has levels up to {run.last_session} and the reviews {run.reviews}'}")


def _without_runs(lake: Path, index: str, known: Sequence[str]) -> str:
    """Why no run has computed an index, and what to do about it."""
    file = lake / "landing" / "indexes" / f"{index}.yaml"
    if file.exists():
        return f"`russell run` computes what {file.name} defines, or says what is wrong with it"
    return (
        f"it is not defined; defined are {', '.join(known) or 'none'}, and landing/indexes/{file.name} would define it"
    )


@click.command()
@click.argument("index", type=Index())
@click.argument("day", type=Day())
@prints_rows
@click.pass_context
def explain(context: click.Context, *, index: str, day: date, form: str, output: Path | None) -> None:
    """Show why level and divisor moved on a day, by name and event.

    \b
    Example:
      russell explain RSCC9010 2025-04-15
    """
    from russell_pipeline.queries import catalog as query
    from russell_pipeline.queries.catalog import Answer

    found = _or_failure(lambda: _indexes(context).explain(index, day))
    published = asked(query.ask, context, *query.levels(index, day, day))
    _say_simulated(published)
    _tell(found)
    said = published.column("price_index")
    if said and said != [found.level]:
        say(f"  {said[0]:,.8f} stays as published (policy corrections); this is what the corrected inputs give")
    parts = found.parts()
    if form == "table":
        parts = _rounded(found.names.head(_SHOWN), _NAME_DECIMALS)
        others = found.names["contribution"][_SHOWN:]
        rest = f", which the other {len(others)} bring to the whole with {others.sum():+.8f}" if len(others) else ""
        say(f"the {counted(parts.height, 'name')} that moved it most{rest}:")
    emit(Answer(parts.columns, parts.rows()), form, output)


def _tell(found: Explanation) -> None:
    """Print the move in words, and every event with its effect on the divisor."""
    move = found.level / found.level_before - 1
    say(
        f"{found.index_code} on {found.date}: {found.level_before:,.8f} to {found.level:,.8f}, {10_000 * move:+.2f} bp; "
        f"total return {found.total_return_before:,.8f} to {found.total_return:,.8f}"
    )
    sums = found.names.select("price_effect", "currency_effect", "dividend_points").sum().row(0)
    say("  points: prices {:+.8f}, currencies {:+.8f}; {called} {:.8f}".format(*sums, called=found.dividends_called))
    if found.events.height > _SHOWN:
        for cause in found.causes.iter_rows(named=True):
            times = f"{cause['events']} times " if cause["events"] > 1 else ""
            say(f"  at the {cause['moment']}: {times}{cause['event']}: divisor {cause['divisor_change']:+,.6f}")
        return
    for event in found.events.iter_rows(named=True):
        who = f" of {event['symbol']}" if event["symbol"] else ""
        moved = f", {event['contribution']:+.8f} points" if event["contribution"] else ""
        say(
            f"  at the {event['moment']}: {event['event']}{who}: divisor {event['divisor_before'] or 0:,.6f} to "
            f"{event['divisor_after']:,.6f}{moved}"
        )

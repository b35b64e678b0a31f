"""The commands on computed indexes: weights of a review, daily levels, and why a level moved."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from russell_pipeline.cli.common import Day, Failure, asked, emit, prints_rows, say

if TYPE_CHECKING:
    from russell_pipeline.index.explain import Explanation
    from russell_pipeline.lake.query import Answer

_SHOWN = 10
_WEIGHT_COLUMNS = (
    "symbol", "weight", "weighting_factor", "final_cap", "long_cap", "short_cap", "scale_factor", "close", "fx", "shares",
    "free_float",
)  # fmt: skip


@click.command()
@click.argument("index")
@click.argument("review")
@prints_rows
@click.pass_context
def weights(context: click.Context, index: str, review: str, form: str, output: Path | None) -> None:
    """Show the weights of a review, every step of them, the heaviest first.

    \b
    Example:
      russell weights RSCC9010 2025-03
    """
    from russell_pipeline.lake import query

    answer = asked(query.ask, context, *query.weights(index, review))
    if not answer.rows:
        _say_why(context, index, f"no weights of {index} for {review}")
    _say_simulated(answer)
    emit(_for_people(answer) if form == "table" else answer, form, output)


def _for_people(answer: Answer) -> Answer:
    """The columns of an answer that fit a terminal; the other formats have all."""
    from russell_pipeline.lake.query import Answer

    chosen = [answer.columns.index(name) for name in _WEIGHT_COLUMNS]
    return Answer(list(_WEIGHT_COLUMNS), [tuple(row[at] for at in chosen) for row in answer.rows])


@click.command()
@click.argument("index")
@click.option("--from", "first", type=Day(), help="First session.")
@click.option("--to", "last", type=Day(), help="Last session.")
@click.option("--as-published", is_flag=True, help="The levels as they were first published, before any restatement.")
@prints_rows
@click.pass_context
def levels(
    context: click.Context,
    *,
    index: str,
    first: date | None,
    last: date | None,
    as_published: bool,
    form: str,
    output: Path | None,
) -> None:
    """Show the daily price and total return levels of an index.

    \b
    Examples:
      russell levels RSCC9010 --from 2025-06-01
      russell levels RSCC9010 --as-published --format csv
    """
    from russell_pipeline.lake import query

    question = query.levels_as_published if as_published else query.levels
    answer = asked(query.ask, context, *question(index, first, last))
    if not answer.rows:
        _say_why(context, index, f"no levels of {index}")
    _say_simulated(answer)
    emit(answer, form, output)


def _say_simulated(answer: Answer) -> None:
    at = answer.columns.index("simulated") if "simulated" in answer.columns else None
    if at is not None and any(row[at] for row in answer.rows):
        say("the market is simulated: these are no levels or weights of a real index")


def _say_why(context: click.Context, index: str, what: str) -> None:
    """Why there is nothing of an index: what it waits for, why it was refused, or which indexes there are."""
    from russell_pipeline.lake import query

    runs = asked(query.ask, context, *query.index_runs()).rows
    mine = [row for row in runs if row[0].upper() == index.upper()]
    if not mine:
        say(f"{what}: it is not defined; defined are {', '.join(row[0] for row in runs) or 'none'}")
    for _, _, last, reason, reviews, _ in mine:
        say(f"{what}: {reason or f'it has levels up to {last} and the reviews {reviews}'}")


@click.command()
@click.argument("index")
@click.argument("day", type=Day())
@prints_rows
@click.pass_context
def explain(context: click.Context, *, index: str, day: date, form: str, output: Path | None) -> None:
    """Show why the level and the divisor moved on a day: the contribution of each name and event.

    \b
    Example:
      russell explain RSCC9010 2025-04-15
    """
    from russell_pipeline.index.explain import explain as explained
    from russell_pipeline.index.model import IndexRefusal
    from russell_pipeline.lake.index import Indexes
    from russell_pipeline.lake.query import Answer
    from russell_pipeline.lake.store import Lake

    try:
        definition, market, baskets, sessions, state = Indexes(Lake(context.obj.root)).before(index.upper(), day)
        found = explained(definition, market, baskets, sessions, state, day=day)
    except IndexRefusal as refusal:
        raise Failure("; ".join(refusal.messages)) from None
    except ValueError as error:
        raise Failure(str(error)) from None
    _tell(found)
    rows = [("name", *row) for row in _rows(found)]
    if form == "table":
        rows = rows[:_SHOWN]
        say(f"the {len(rows)} names that moved it most, of {found.names.height}:")
    emit(Answer(["what", *_COLUMNS], rows), form, output)


_COLUMNS = (
    "symbol",
    "contribution",
    "price_effect",
    "currency_effect",
    "weight",
    "price_before",
    "price",
    "dividend_points",
)


def _rows(found: Explanation) -> list[tuple[object, ...]]:
    return found.names.select(_COLUMNS).rows()


def _tell(found: Explanation) -> None:
    """The move in words, and every event with what it did to the divisor."""
    move = found.level / found.level_before - 1
    say(
        f"{found.index_code} on {found.date}: {found.level_before:,.8f} to {found.level:,.8f}, {10_000 * move:+.2f} bp; "
        f"total return {found.total_return_before:,.8f} to {found.total_return:,.8f}"
    )
    for event in found.events.iter_rows(named=True):
        who = f" of {event['symbol']}" if event["symbol"] else ""
        moved = f", {event['contribution']:+.8f} points" if event["contribution"] else ""
        say(
            f"  at the {event['moment']}: {event['event']}{who}: divisor {event['divisor_before'] or 0:,.6f} to "
            f"{event['divisor_after']:,.6f}{moved}"
        )

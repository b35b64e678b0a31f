"""The commands on what documents list: changes, members, and the source of each fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import click

from russell_pipeline.cli.common import Day, Index, Review, asked, emit, placed, prints_rows, say, today
from russell_pipeline.wording import counted


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
    from russell_pipeline.lake import query

    answer = asked(query.ask, context, *query.changes(index, review))
    if not answer.rows:
        known = _with_documents(asked(query.indexes, context))
        say(f"no additions or deletions of {index}{f' in {review}' if review else ''}; {known}")
    emit(answer, form, output)


@click.command()
@click.argument("index", type=Index())
@click.option("--on", type=Day(), help="The day asked about; default: today.")
@click.option("--known-on", type=Day(), help="Answer from what had been published by this day; default: by now.")
@prints_rows
@click.pass_context
def members(
    context: click.Context, *, index: str, on: date | None, known_on: date | None, form: str, output: Path | None
) -> None:
    """Show who was in an index on a day, as known now or then.

    \b
    Examples:
      russell members R3000 --on 2019-07-01
      russell members R3000 --on 2019-07-01 --known-on 2019-06-30
    """
    from russell_pipeline.lake import query

    on = on or today()
    answer = asked(query.ask, context, *query.members(index, on, known_on))
    say(*asked(_membership_words, context, index, on, known_on))
    emit(placed(answer) if form == "table" else answer, form, output)


def _membership_words(catalog: Path, index: str, on: date, known_on: date | None) -> Iterator[str]:
    """What the membership of an index on a day rests on, or why there is none."""
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
        yield f"{when}: {state['members']:,} members, {rests}, known since {state['known_from']}"
        if state["behind_from"] and state["behind_from"] <= on:
            missing = f"the reconstitution of {state['behind_from']} is not in the lake, or not whole"
            yield f"{missing}: this is the last known membership, not that of {on}"
    if not states.rows:
        yield f"{when}: no membership is known{_without_membership(catalog, index, known_on)}"


def _without_membership(catalog: Path, index: str, known_on: date | None) -> str:
    from russell_pipeline.lake import query
    from russell_pipeline.membership.indexes import derived_from

    first_day, first_known, additions, deletions = query.ask(catalog, *query.without_membership(index)).rows[0]
    if first_day is not None:
        published = f", published by {first_known}" if known_on and known_on < first_known else ""
        return f"; the first list of it in the lake holds from {first_day}{published}"
    if additions or deletions:
        changes = f"{counted(additions, 'addition')} and {counted(deletions, 'deletion')}"
        return f": the lake has {changes} but no list, and changes alone are no membership"
    sides = derived_from(index.upper())
    needs = f"; it is {sides[0]} less {sides[1]}, of one reconstitution" if sides else ""
    return f"{needs}; {_with_documents(query.indexes(catalog))}"


def _with_documents(known: Sequence[str]) -> str:
    """The indexes that have documents, and how to add more."""
    listed = ", ".join(known) or "none yet"
    return f"indexes with documents: {listed}; more come from lists in landing/documents and `russell run`"


@click.command()
@click.argument("symbol")
@prints_rows
@click.pass_context
def trace(context: click.Context, symbol: str, form: str, output: Path | None) -> None:
    """Show every fact about a symbol, back to document, page and line.

    Covers the companies that ever had the symbol, under their other symbols too.

    \b
    Example:
      russell trace CERS
    """
    from russell_pipeline.lake import query

    answer = asked(query.ask, context, *query.trace(symbol.upper()))
    if not answer.rows:
        say(f"no document in the lake holds the symbol {symbol.upper()}")
    if form == "table":
        # The security is shown only where symbols alone do not tell companies apart.
        kept = -1 if len({row[-2] for row in answer.rows}) > 1 else -2
        answer = query.Answer(answer.columns[:kept], [row[:kept] for row in answer.rows])
    emit(answer, form, output)

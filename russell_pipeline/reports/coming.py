"""The parts of a review's report while the review is still to come: what is ready, what is missing by date, its pro forma."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from russell_pipeline.calendar.words import event_words
from russell_pipeline.index.proforma import ProForma
from russell_pipeline.index.readiness import Need, Readiness
from russell_pipeline.reports.common import clipped, frame, on
from russell_pipeline.reports.page import Block, Column, Figure, Figures, Section, Table, written

_MOST_TRADES = 25
_PUBLICATIONS = {"preliminary_lists": "preliminary", "updated_lists": "updated", "final_lists": "final"}


@dataclass(frozen=True, eq=False)
class Coming:
    """A coming review of an index: what it needs, and its pro forma or the reason why there is none."""

    readiness: Readiness
    pro_forma: ProForma | str


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is known on a day of a coming review; `listed` is whether lists are published of what is reported on."""

    as_of: date
    indexes: Sequence[Coming]
    listed: bool = True


def coming_sections(outlook: Outlook, calendar: pl.DataFrame, lists: pl.DataFrame) -> Iterator[Section]:
    """The sections on a coming review, from the rows of its calendar and its published lists."""
    publications = _publications(calendar, lists, outlook.as_of) if outlook.listed else []
    needs: list[tuple[str | None, Need]] = [(None, need) for need in publications]
    needs += [(one.readiness.index_code, need) for one in outlook.indexes for need in one.readiness.needs]
    if not needs:
        return
    # Files first, which have no day.
    needs.sort(key=lambda need: (need[1].on or date.min, need[0] or ""))
    rows = [
        {"on": need.on, "what": need.what, "index": code, "state": need.state(outlook.as_of), "note": need.note}
        for code, need in needs
    ]
    columns = [
        Column("on", "Day", "date"),
        Column("what", "What"),
        Column("index", "Index"),
        Column("state", "State"),
        Column("note", "Note", "prose"),
    ]
    counts = Counter(row["state"] for row in rows)
    said = ", ".join(f"{counts[state]} {state}" for state in ("ready", "due", "missing") if counts[state])
    caption = f"Inputs of the review by date: {said}"
    shown = frame(rows)
    yield Section(
        "readiness",
        "What is ready, what is missing",
        [Table(shown, [one for one in columns if shown[one.name].is_not_null().any()], caption)],
    )
    yield from map(_pro_forma, outlook.indexes)


def _publications(calendar: pl.DataFrame, lists: pl.DataFrame, today: date) -> list[Need]:
    """The publications of lists by date, each with the lists of its status in the lake that were known by the next one."""
    found: list[Need] = []
    for event, status in _PUBLICATIONS.items():
        days = calendar.filter(event=event)["starts_on"].unique().sort().to_list()
        mine = lists.filter(status=status)
        for nth, (day, following) in enumerate(zip(days, [*days[1:], None], strict=False)):
            known = pl.col("known_on").fill_null(days[0])
            since = pl.lit(True) if nth == 0 else known >= day
            names = mine.filter(since & (pl.lit(True) if following is None else known < following))["file_name"]
            lacking = "no such list is in the lake" if day <= today else "not published yet"
            need = Need(event_words(event), day, bool(len(names)), ", ".join(names.unique().sort()) or lacking)
            found.append(need)
    return found


def _pro_forma(one: Coming) -> Section:
    """The section on the pro forma of an index, or the reason why there is none."""
    code, found = one.readiness.index_code, one.pro_forma
    section, title = f"pro-forma-{code.lower()}", f"{code}: pro forma"
    if isinstance(found, str):
        return Section(section, title, [f"There is no pro forma yet: {found}."])
    said = (
        f"Provisional: weighed at the closes of {on(found.priced_on)}, because the price cut-off is "
        f"{on(found.cutoff_on)}. Weights and trades will change until then."
        if found.provisional
        else f"Weighed at the price cut-off, {on(found.cutoff_on)}; trades at the closes of {on(found.on)}."
    )
    figures = Figures(
        [
            Figure("Names that join", written(found.additions.height, "count")),
            Figure("Names that leave", written(found.deletions.height, "count")),
            Figure("One-way turnover", written(found.turnover, "percent"), f"at the closes of {on(found.on)}"),
        ]
    )
    trades = found.trades.filter(pl.col("weight_change") != 0)
    columns = [
        Column("symbol", "Symbol"),
        Column("weight_held", "Weight held", "fine"),
        Column("weight", "Weight after", "fine"),
        Column("weight_change", "Change", "change"),
        Column("close", "Close", "points"),
        Column("currency", "Currency"),
    ]
    caption = f"Trades at the closes of {found.on}"
    blocks: list[Block] = [
        said,
        figures,
        Table(trades.head(_MOST_TRADES), columns, caption, clipped(trades, _MOST_TRADES, "the greatest")),
    ]
    return Section(section, title, blocks)

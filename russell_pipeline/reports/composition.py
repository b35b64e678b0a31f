"""The sections of an index report on what the index holds and trades: legs, names, sectors, turnover."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.reports import charts, figures
from russell_pipeline.reports.common import clipped, industries, on
from russell_pipeline.reports.page import NOTHING, Block, Chart, Column, Section, Table, written
from russell_pipeline.wording import counted

_HEAVIEST = 15
_REVIEWS_DRAWN = 24
_GONE = f"Net is the weight of the name in the index, at the review and at the last close; {NOTHING} is held no longer."
_LEGS = {"long_leg": ("Long leg", charts.LONG), "short_leg": ("Short leg", charts.SHORT)}


def exposure_section(reviews: pl.DataFrame, definition: Definition | None) -> Section:
    """The exposure of the legs at each review."""
    if definition and definition.short is None:
        only = "The index has one long leg and nothing short: net and gross exposure are 100%."
        return Section("exposure", "Net and gross exposure", [only])
    rows = reviews.with_columns(
        net=pl.col("long_leg") + pl.col("short_leg"), gross=pl.col("long_leg") - pl.col("short_leg")
    )
    shown = Table(
        rows,
        [
            Column("review", "Review", "code"),
            Column("long_leg", "Long leg", "percent"),
            Column("short_leg", "Short leg", "percent"),
            Column("net", "Net", "percent"),
            Column("gross", "Gross", "percent"),
            Column("gross_before", "Gross of netted weights, drifted, before", "percent"),
            Column("gross_after", "Gross of netted weights, after", "percent"),
            Column("long_names", "Names, long leg", "count"),
            Column("short_names", "Names, short leg", "count"),
        ],
        "Exposure by review, in parts of the index",
        "Legs are as the review weighs them at its price cut-off; a name in both counts in each. Netted weights are those that "
        "the index holds, at the closes of the implementation; their net is always 100%.",
    )
    last = rows.row(-1, named=True)
    told = (
        f"{name.split('_')[0]} {written(last[name], 'percent')}" for name in ("long_leg", "short_leg", "net", "gross")
    )
    about = f"At the review {last['review']}: {', '.join(told)}."
    drawn = charts.columns(rows.select("review", *_LEGS).tail(_REVIEWS_DRAWN), "review", _LEGS, ".0%")
    chart = Chart("chart-exposure", "Legs at each review", about, drawn, shown, "below")
    return Section("exposure", "Net and gross exposure", [chart])


def holdings_sections(holdings: pl.DataFrame) -> Iterator[Section]:
    """The heaviest names, and sectors by leg, of the review in force."""
    if holdings.is_empty():
        yield Section("holdings", "Heaviest names", ["No review is in force yet."])
        return
    review = holdings["review"].drop_nulls()[0]
    legs = [
        _heaviest(holdings, "long_leg", "long", charts.LONG, review),
        _heaviest(holdings, "short_leg", "short", charts.SHORT, review),
    ]
    yield Section("holdings", "Heaviest names", [*legs, _short_on_net(holdings)])
    yield Section("sectors", "Sectors by leg", [_sectors(holdings.drop_nulls("review"), review)])


def _heaviest(holdings: pl.DataFrame, leg: str, what: str, colour: str, review: str) -> Block:
    held = holdings.filter(pl.col(leg) != 0).sort(pl.col(leg).abs(), "symbol", descending=[True, False])
    if held.is_empty():
        return f"There is no {what} leg."
    heaviest = held.head(_HEAVIEST)
    columns = [
        Column("symbol", "Symbol"),
        Column("company_name", "Company"),
        Column(leg, f"{what.capitalize()} leg", "fine"),
        Column("weight", "Net", "fine"),
        Column("weight_now", "Net now", "fine"),
    ]
    about = (
        f"The {heaviest.height} heaviest of {counted(held.height, 'name')} of the {what} leg, "
        f"{written(heaviest[leg].sum(), 'percent')} of the index, as weighed by the review {review}."
    )
    drawn = charts.bars(heaviest.select("symbol", leg), "symbol", {leg: (f"Weight, {what} leg", colour)}, ".2%")
    figures = Table(heaviest, columns, f"Weights of the {what} leg, and of the index", _GONE)
    return Chart(f"chart-{what}", f"Heaviest names, {what} leg", about, drawn, figures, "beside")


def _short_on_net(holdings: pl.DataFrame) -> Block:
    below = holdings.filter(pl.col("weight_now") < 0).sort("weight_now")
    if below.is_empty():
        return "No name stands at a negative net weight."
    columns = [
        Column("symbol", "Symbol"),
        Column("company_name", "Company"),
        Column("weight", "Net weight at the review", "fine"),
        Column("weight_now", "Net weight now", "fine"),
    ]
    caption = f"Names that are short on net: {below.height:,}"
    return Table(below.head(_HEAVIEST), columns, caption, clipped(below, _HEAVIEST))


def _sectors(holdings: pl.DataFrame, review: str) -> Block:
    by_class = figures.sectors(holdings)
    if by_class["classification"].is_null().all():
        return (
            f"None of {counted(holdings.height, 'name')} is classified: industries come from published lists of additions and "
            "deletions, and none in the lake names a company of this index."
        )
    names, taxonomy = industries(by_class)
    rows = by_class.with_columns(sector=names)
    columns = [
        Column("sector", f"Sector or industry{taxonomy and f' ({taxonomy})'}"),
        Column("names", "Names", "count"),
        Column("long_leg", "Long leg", "percent"),
        Column("short_leg", "Short leg", "percent"),
        Column("net", "Net weight", "percent"),
    ]
    about = (
        f"Parts of the index as weighed by the review {review}, by the classification that the last list of changes up to it "
        f"gives a company; unclassified are companies that no such list in the lake names."
    )
    drawn = charts.bars(rows.select("sector", *_LEGS), "sector", _LEGS, ".0%")
    return Chart("chart-sectors", "Sectors by leg", about, drawn, Table(rows, columns, "Sectors by leg"), "below")


def turnover_section(reviews: pl.DataFrame, last: date, cost_bps: float) -> Section:
    """The turnover of each review, and its cost at `cost_bps` basis points a side."""
    rows = figures.with_cost(reviews, cost_bps)
    traded = rows.drop_nulls("turnover")
    assumption = (
        "Turnover is one-way: half the sum of all changes of weight at the closes of the implementation, of which as much is "
        f"bought as is sold. The cost is an assumption, {cost_bps:g} basis points of the value traded (--cost-bps), told in "
        "basis points of the index: of one side, and of both. Levels do not carry it."
    )
    table = Table(
        rows,
        [
            Column("review", "Review", "code"),
            Column("cutoff_on", "Price cut-off", "date"),
            Column("implemented_on", "Implemented", "date"),
            Column("effective_on", "Effective", "date"),
            Column("names", "Names", "count"),
            Column("turnover", "One-way turnover", "percent"),
            Column("cost_one_way", "One-way cost, bp", "points"),
            Column("cost", "Both sides, bp", "points"),
            Column("scale_factor", "Scale factor k", "factor"),
        ],
        "Reviews",
        f"{NOTHING} stands for the review that the index begins with, and for one that is weighed and not implemented yet.",
    )
    if traded.is_empty():
        nothing = "No review was implemented since the base, so that nothing was traded."
        return Section("turnover", "Turnover and cost", [nothing, table])
    year = traded.filter(pl.col("implemented_on") > figures.months_before(last, 12))
    about = (
        f"Twelve months to {on(last)}: {counted(year.height, 'review')}, "
        f"one-way turnover {written(year['turnover'].sum(), 'percent')}; "
        f"at {cost_bps:g} bp a side the trades of both sides cost {written(year['cost'].sum(), 'points')} bp of the index."
    )
    drawn = charts.columns(
        traded.select("review", "turnover").tail(_REVIEWS_DRAWN),
        "review",
        {"turnover": ("One-way turnover", charts.LONG)},
        ".1%",
    )
    small = [column for column in table.columns if column.name in ("review", "turnover", "cost_one_way", "cost")]
    chart = Chart(
        "chart-turnover", "One-way turnover", about, drawn, Table(traded, small, "Turnover and cost by review")
    )
    return Section("turnover", "Turnover and cost", [chart, table, assumption])

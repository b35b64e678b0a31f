"""The sections of an index report on its performance: levels, returns, drawdowns, months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from russell_pipeline.reports import charts, figures
from russell_pipeline.reports.common import on
from russell_pipeline.reports.page import NOTHING, Block, Chart, Column, Figure, Figures, Section, Table, written

_LEVELS = ("price_index", "total_return_index")


def performance_sections(levels: pl.DataFrame, runs: pl.DataFrame, reviews: pl.DataFrame) -> Iterator[Section]:
    """Levels, returns and risk up to the last close; the deepest drawdowns and the months of each year."""
    refused = runs.filter(pl.col("state") != "computed")["reason"].to_list()
    if levels.is_empty():
        yield Section("level", "Level and total return", [f"There are no levels. {'; '.join(refused[-1:])}."])
        return
    deepest = figures.deepest(levels["date"], levels["total_return_index"])
    thin, every = figures.thinned(levels)
    yield Section(
        "level",
        "Level and total return",
        [
            *(f"Levels end where the calculation was refused: {reason}" for reason in refused),
            _key_figures(levels, reviews, deepest),
            _returns(levels),
            _level_chart(thin, f"{every.capitalize()} closes, {on(levels['date'][0])} to {on(levels['date'][-1])}"),
        ],
    )
    months = _calendar(figures.monthly(levels["date"], levels["total_return_index"]))
    yield Section("drawdown", "Drawdown and months", [_drawdown_chart(levels, thin, deepest), months])


def _key_figures(levels: pl.DataFrame, reviews: pl.DataFrame, deepest: figures.Drawdown | None) -> Figures:
    last, price, total = levels.row(-1, named=True), levels["price_index"], levels["total_return_index"]
    risk = figures.volatility(total)
    return Figures(
        [
            Figure("Price index", written(last["price_index_8dp"], "level"), _move(price)),
            Figure("Total return index", written(last["total_return_index_8dp"], "level"), _move(total)),
            Figure(
                "Volatility, a year", written(risk, "percent"), f"total return, {levels.height - 1:,} daily returns"
            ),
            Figure("Deepest drawdown", written(deepest and deepest.depth, "percent"), _fall(deepest)),
            Figure("Names held", written(last["names"], "count"), f"{last['names_at_last_price']} at their last price"),
            *_net_and_gross(reviews),
        ]
    )


def _returns(levels: pl.DataFrame) -> Table:
    rows = pl.DataFrame(figures.returns(levels), orient="row")
    columns = [
        Column("period", "Period"),
        Column("since", "From the close of", "date"),
        Column("price_index", "Price return", "signed"),
        Column("total_return_index", "Total return", "signed"),
    ]
    note = (
        f"Up to the close of {on(levels['date'][-1])}. A period of months begins at the last session on or before the same day "
        f"of the month; {NOTHING} where the index does not go back so far."
    )
    return Table(rows, columns, "Returns", note)


def _drawdown_chart(levels: pl.DataFrame, thin: pl.DataFrame, deepest: figures.Drawdown | None) -> Chart:
    shown = Table(
        figures.month_ends(levels),
        [Column("date", "Month to", "date"), Column("drawdown", "Drawdown", "percent")],
        f"Deepest drawdown of each month{figures.LAST_MONTHS}",
    )
    about = "How far the total return index is below its highest close"
    about += f"; deepest {written(deepest.depth, 'percent')}, " if deepest else ": "
    drawn = charts.area(thin.select("date", "drawdown"), "drawdown", "Drawdown")
    return Chart("chart-drawdown", "Drawdown", f"{about}{_fall(deepest)}.", drawn, shown)


def _level_chart(levels: pl.DataFrame, ends: str) -> Chart:
    series = {"price_index": ("Price index", charts.LONG), "total_return_index": ("Total return index", charts.SHORT)}
    shown = Table(
        figures.month_ends(levels),
        [
            Column("date", "Session", "date"),
            Column("price_index_8dp", "Price index", "exact"),
            Column("total_return_index_8dp", "Total return index", "exact"),
            Column("divisor", "Divisor", "level"),
        ],
        f"Levels at the last session of each month{figures.LAST_MONTHS}",
    )
    drawn = charts.lines(levels.select("date", *_LEVELS), series, ",.0f")
    return Chart("chart-level", "Level and total return", f"{ends}.", drawn, shown)


def _move(levels: pl.Series) -> str:
    return f"{written(levels[-1] / levels[-2] - 1, 'signed')} on the day" if levels.len() > 1 else "its base"


def _net_and_gross(reviews: pl.DataFrame) -> Iterator[Figure]:
    """The net and gross exposure of the last review."""
    for review in reviews.tail(1).iter_rows(named=True):
        net, gross = review["long_leg"] + review["short_leg"], review["long_leg"] - review["short_leg"]
        yield Figure("Net and gross", f"{net:.0%} / {gross:.0%}", f"of the legs at the review {review['review']}")


def _fall(found: figures.Drawdown | None) -> str:
    if found is None:
        return "no level is below the one before"
    again = f"made good on {on(found.recovered_on)}" if found.recovered_on else "not made good yet"
    return f"{on(found.peak_on)} to {on(found.trough_on)}, {again}"


def _calendar(months: pl.DataFrame) -> Block:
    """A table with a row for each year: its months side by side, then the whole year."""
    if months.is_empty():
        return "No month has a return yet."
    names = {n: f"{date(2000, n, 1):%b}" for n in range(1, 13)}
    years = months.group_by("year", maintain_order=True).agg(whole=(pl.col("value") + 1).product() - 1)
    wide = months.with_columns(pl.col("month").replace_strict(names, return_dtype=pl.String))
    wide = wide.pivot("month", index="year", values="value").join(years, on="year").sort("year", descending=True)
    wide = wide.with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in names.values() if name not in wide.columns
    )
    columns = [
        Column("label", "Year"),
        *(Column(name, name, "points") for name in names.values()),
        Column("whole", "Year", "points"),
    ]
    per_cent = wide.with_columns(pl.col(*names.values(), "whole") * 100, label=pl.col("year").cast(pl.String))
    return Table(
        per_cent, columns, "Total return of calendar months, in per cent", "The first year begins at the base."
    )

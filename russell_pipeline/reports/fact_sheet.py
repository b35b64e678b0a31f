"""The report on an index: what it is, how it did, what it holds, what its reviews trade, and what all of that rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.policies import policies
from russell_pipeline.reports import charts, figures
from russell_pipeline.reports.common import clipped, findings_section, frame, industries, made_from, on
from russell_pipeline.reports.page import NOTHING, Block, Chart, Column, Figure, Figures, Page, Section, Table, written

_HEAVIEST = 15
_REVIEWS_DRAWN = 24
_MONTHS = 60
_LAST_MONTHS = f", of the last {_MONTHS} where there are more"
_GONE = f"Net is the weight of the name in the index, at the review and at the last close; {NOTHING} is held no longer."
_LEVELS = ("price_index", "total_return_index")
_LEGS = {"long_leg": ("Long leg", charts.LONG), "short_leg": ("Short leg", charts.SHORT)}


class NoIndex(Exception):
    """There is no such index to report on."""


def fact_sheet(facts: Mapping[str, pl.DataFrame], cost_bps: float) -> Page:
    """The report on an index from the frames of `query_report.index_report`, with reviews that cost `cost_bps` a side.

    An index without levels has a report too, which says what it waits for. Raises NoIndex where no run ever named it.
    """
    runs = facts["runs"]
    if runs.is_empty():
        raise NoIndex
    told = runs["definition"].drop_nulls()
    definition = Definition.model_validate_json(told[-1]) if told.len() else None
    code = runs["index_code"][0]
    levels = facts["levels"].with_columns(drawdown=figures.drawdowns(facts["levels"]["total_return_index"]))
    simulated = bool(levels["simulated"].any() or facts["reviews"]["simulated"].any())
    sections = [*_performance(levels, runs, facts["reviews"])]
    if not facts["reviews"].is_empty():
        sections += [
            *_exposure(facts["reviews"], definition),
            *_holdings(facts["holdings"]),
            *_reviews(
                facts["reviews"],
                (facts["reviews"]["implemented_on"] if levels.is_empty() else levels["date"])[-1],
                cost_bps,
            ),
        ]
    if not levels.is_empty():
        sections += [_divisor(levels, facts), _restatements(facts["corrections_by_day"], facts["corrections"], code)]
    sections += [findings_section(facts["findings"]), _policies(definition), _provenance(facts, definition)]
    return Page(
        kind="Index report",
        title=definition.name if definition else code,
        facts=_identity(code, definition, levels, facts["reviews"]),
        sections=sections,
        made_from=made_from(facts["lake"]),
        simulated=simulated,
        notes=[
            "Levels chain unrounded and are shown rounded; returns are those of closing levels, without any cost of trading."
        ],
    )


def _identity(code: str, definition: Definition | None, levels: pl.DataFrame, reviews: pl.DataFrame) -> dict[str, str]:
    found = {"Code": code}
    if definition:
        found |= {
            "Currency": definition.currency,
            "Base": f"{definition.base.value:,g} at the close of {on(definition.base.date)}",
            "Legs": ", ".join(f"{leg.component} {leg.units:+g}" for leg in definition.legs),
        }
        if definition.rulebook:
            found["Methodology"] = (
                f"{definition.rulebook.document}; {len(definition.rulebook.clauses)} clauses pinned by hash"
            )
    if not levels.is_empty():
        last = levels.row(-1, named=True)
        found |= {"As of": f"the close of {on(last['date'])}", "Sessions": f"{levels.height:,}"}
    if not reviews.is_empty():
        last_review = reviews.row(-1, named=True)
        found["Last review"] = f"{last_review['review']}, effective {on(last_review['effective_on'])}"
    return found


def _performance(levels: pl.DataFrame, runs: pl.DataFrame, reviews: pl.DataFrame) -> Iterator[Section]:
    refused = runs.filter(pl.col("state") != "computed")["reason"].to_list()
    if levels.is_empty():
        yield Section("level", "Level and total return", [f"There are no levels. {'; '.join(refused[-1:])}."])
        return
    last, price, total = levels.row(-1, named=True), levels["price_index"], levels["total_return_index"]
    deepest = figures.deepest(levels["date"], total)
    risk = figures.volatility(total)
    blocks: list[Block] = [f"Levels end where the calculation was refused: {reason}" for reason in refused]
    fell = "no level is below the one before" if deepest is None else _fall(deepest)
    blocks.append(
        Figures(
            [
                Figure("Price index", written(last["price_index_8dp"], "level"), _move(price)),
                Figure("Total return index", written(last["total_return_index_8dp"], "level"), _move(total)),
                Figure("Volatility, a year", written(risk, "percent"), f"total return, {levels.height - 1:,} daily returns"),
                Figure("Deepest drawdown", written(deepest and deepest.depth, "percent"), fell),
                Figure("Names held", written(last["names"], "count"), f"{last['names_at_last_price']} at their last price"),
                *_net_and_gross(reviews),
            ]
        )
    )  # fmt: skip
    returns = pl.DataFrame(figures.returns(levels), orient="row")
    rows = returns.select("period", "since", *_LEVELS)
    blocks.append(
        Table(
            rows,
            [
                Column("period", "Period"),
                Column("since", "From the close of", "date"),
                Column("price_index", "Price return", "signed"),
                Column("total_return_index", "Total return", "signed"),
            ],
            "Returns",
            f"Up to the close of {on(last['date'])}. A period of months begins at the last session on or before the same day "
            f"of the month; {NOTHING} where the index does not go back so far.",
        )
    )
    thin, every = figures.thinned(levels)
    ends = f"{every.capitalize()} closes, {on(levels['date'][0])} to {on(last['date'])}"
    yield Section("level", "Level and total return", [*blocks, _level_chart(thin, ends)])
    months = figures.monthly(levels["date"], total)
    drawn = thin.select("date", "drawdown")
    shown = Table(
        _month_ends(levels),
        [Column("date", "Month to", "date"), Column("drawdown", "Drawdown", "percent")],
        f"Deepest drawdown of each month{_LAST_MONTHS}",
    )
    deep = "How far the total return index is below its highest close"
    deep += f"; deepest {written(deepest.depth, 'percent')}, {fell}." if deepest else f": {fell}."
    yield Section(
        "drawdown",
        "Drawdown and months",
        [
            Chart("chart-drawdown", "Drawdown", deep, charts.area(drawn, "drawdown", "Drawdown"), shown),
            _calendar(months),
        ],
    )


def _level_chart(levels: pl.DataFrame, ends: str) -> Chart:
    series = {"price_index": ("Price index", charts.LONG), "total_return_index": ("Total return index", charts.SHORT)}
    shown = Table(
        _month_ends(levels),
        [
            Column("date", "Session", "date"),
            Column("price_index_8dp", "Price index", "exact"),
            Column("total_return_index_8dp", "Total return index", "exact"),
            Column("divisor", "Divisor", "level"),
        ],
        f"Levels at the last session of each month{_LAST_MONTHS}",
    )
    drawn = charts.lines(levels.select("date", *_LEVELS), series, ",.0f")
    return Chart("chart-level", "Level and total return", f"{ends}.", drawn, shown)


def _move(levels: pl.Series) -> str:
    return f"{written(levels[-1] / levels[-2] - 1, 'signed')} on the day" if levels.len() > 1 else "its base"


def _net_and_gross(reviews: pl.DataFrame) -> Iterator[Figure]:
    """What the legs of the last review come to."""
    for review in reviews.tail(1).iter_rows(named=True):
        net, gross = review["long_leg"] + review["short_leg"], review["long_leg"] - review["short_leg"]
        yield Figure("Net and gross", f"{net:.0%} / {gross:.0%}", f"of the legs at the review {review['review']}")


def _fall(found: figures.Drawdown) -> str:
    again = f"made good on {on(found.recovered_on)}" if found.recovered_on else "not made good yet"
    return f"{on(found.peak_on)} to {on(found.trough_on)}, {again}"


def _month_ends(levels: pl.DataFrame) -> pl.DataFrame:
    """The last session of each month, with the deepest drawdown in it."""
    by_month = levels.group_by(pl.col("date").dt.truncate("1mo").alias("month"), maintain_order=True)
    return by_month.agg(pl.all().exclude("drawdown").last(), pl.col("drawdown").min()).tail(_MONTHS)


def _calendar(months: pl.DataFrame) -> Block:
    """Months of a year side by side, with the year."""
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


def _exposure(reviews: pl.DataFrame, definition: Definition | None) -> Iterator[Section]:
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
    blocks: list[Block] = []
    if definition and definition.short is None:
        blocks.append("The index has one long leg and nothing short: net and gross exposure are 100%.")
        yield Section("exposure", "Net and gross exposure", blocks)
        return
    drawn = charts.columns(rows.select("review", *_LEGS).tail(_REVIEWS_DRAWN), "review", _LEGS, ".0%")
    blocks += [Chart("chart-exposure", "Legs at each review", about, drawn, shown, "below")]
    yield Section("exposure", "Net and gross exposure", blocks)


def _holdings(holdings: pl.DataFrame) -> Iterator[Section]:
    if holdings.is_empty():
        yield Section("holdings", "Heaviest names", ["No review is in force yet."])
        return
    review = holdings["review"].drop_nulls()[0]
    blocks: list[Block] = []
    for leg, what, colour in (("long_leg", "long", charts.LONG), ("short_leg", "short", charts.SHORT)):
        heaviest = (
            holdings.filter(pl.col(leg) != 0)
            .sort(pl.col(leg).abs(), "symbol", descending=[True, False])
            .head(_HEAVIEST)
        )
        if heaviest.is_empty():
            blocks.append(f"There is no {what} leg.")
            continue
        columns = [
            Column("symbol", "Symbol"),
            Column("company_name", "Company"),
            Column(leg, f"{what.capitalize()} leg", "fine"),
            Column("weight", "Net", "fine"),
            Column("weight_now", "Net now", "fine"),
        ]
        caption = f"Weights of the {what} leg, and of the index"
        about = (
            f"The {heaviest.height} heaviest of {holdings.filter(pl.col(leg) != 0).height:,} names of the {what} leg, "
            f"{written(heaviest[leg].sum(), 'percent')} of the index, as weighed by the review {review}."
        )
        drawn = charts.bars(heaviest.select("symbol", leg), "symbol", {leg: (f"Weight, {what} leg", colour)}, ".2%")
        title = f"Heaviest names, {what} leg"
        blocks += [Chart(f"chart-{what}", title, about, drawn, Table(heaviest, columns, caption, _GONE), "beside")]
    below = holdings.filter(pl.col("weight_now") < 0).sort("weight_now")
    if below.is_empty():
        blocks.append("No name stands at a negative net weight.")
    else:
        columns = [
            Column("symbol", "Symbol"),
            Column("company_name", "Company"),
            Column("weight", "Net weight at the review", "fine"),
            Column("weight_now", "Net weight now", "fine"),
        ]
        blocks.append(
            Table(
                below.head(_HEAVIEST),
                columns,
                f"Names that are short on net: {below.height:,}",
                clipped(below, _HEAVIEST),
            )
        )
    yield Section("holdings", "Heaviest names", blocks)
    yield Section("sectors", "Sectors by leg", [_sectors(holdings.drop_nulls("review"), review)])


def _sectors(holdings: pl.DataFrame, review: str) -> Block:
    by_class = figures.sectors(holdings)
    if by_class["classification"].is_null().all():
        return (
            f"All {holdings.height:,} names are unclassified: industries come from published lists of additions and deletions, "
            "and none in the lake names a company of this index."
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


def _reviews(reviews: pl.DataFrame, last: date, cost_bps: float) -> Iterator[Section]:
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
        yield Section(
            "turnover",
            "Turnover and cost",
            ["No review was implemented since the base, so that nothing was traded.", table],
        )
        return
    year = traded.filter(pl.col("implemented_on") > figures.months_before(last, 12))
    about = (
        f"Twelve months to {on(last)}: {year.height} reviews, one-way turnover {written(year['turnover'].sum(), 'percent')}; "
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
    yield Section("turnover", "Turnover and cost", [chart, table, assumption])


def _divisor(levels: pl.DataFrame, facts: Mapping[str, pl.DataFrame]) -> Section:
    thin, every = figures.thinned(levels)
    at_ends = Table(
        _month_ends(levels),
        [
            Column("date", "Session", "date"),
            Column("divisor", "Divisor", "level"),
            Column("market_value", "Market value", "level"),
        ],
        f"Divisor at the last session of each month{_LAST_MONTHS}",
    )
    kinds, ledger = facts["events_by_kind"], facts["ledger"]
    about = f"What the market value of each close was divided by, {every}. It moves so that no event moves the level."
    by_kind = Table(
        kinds,
        [
            Column("event", "Event"),
            Column("moment", "At"),
            Column("events", "Events", "count"),
            Column("moved", "Moved the divisor", "count"),
            Column("divisor_change", "Change of the divisor", "level"),
            Column("first", "First", "date"),
            Column("last", "Last", "date"),
        ],
        "Divisor events by kind",
    )
    shown = ledger.sort("date", maintain_order=True)
    entries = Table(
        shown,
        [
            Column("date", "Session", "date"),
            Column("moment", "At"),
            Column("event", "Event", "code"),
            Column("symbol", "Symbol"),
            Column("divisor_before", "Divisor before", "level"),
            Column("divisor_after", "Divisor after", "level"),
            Column("change", "Change", "change"),
        ],
        "Divisor ledger",
        clipped(ledger, what="base, reviews and corrections first, then the events that moved the divisor most"),
    )
    chart = Chart(
        "chart-divisor", "Divisor", about, charts.steps(thin.select("date", "divisor"), "divisor", "Divisor"), at_ends
    )
    if len(shown) > _HEAVIEST:
        great = ledger.head(_HEAVIEST).sort("date", maintain_order=True)
        first = Table(great, entries.columns, f"Base, reviews, corrections and greatest events: {great.height}")
        return Section("divisor", "Divisor ledger", [chart, by_kind, first, _folded(entries)])
    return Section("divisor", "Divisor ledger", [chart, by_kind, entries])


def _folded(table: Table) -> Table:
    caption = f"{table.caption}: {table.rows.height:,} entries"
    return Table(table.rows, table.columns, caption, table.note, fold=True)


def _restatements(by_day: pl.DataFrame, corrections: pl.DataFrame, code: str) -> Section:
    if corrections.is_empty():
        return Section(
            "restatements",
            "Restatements",
            ["No published level was ever restated, and none stays although its inputs changed."],
        )
    decided = [
        Column("decided_on", "Decided", "date"),
        Column("what", "What became of them"),
        Column("sessions", "Sessions", "count"),
        Column("first", "From", "date"),
        Column("last", "To", "date"),
        Column("basis_points", "Price, at most bp", "points"),
        Column("total_return_basis_points", "Total return, at most bp", "points"),
        Column("reason", "Reason", "prose"),
    ]
    columns = [
        Column("date", "Session", "date"),
        Column("what", "What became of it"),
        Column("published", "Price index as published", "exact"),
        Column("basis_points", "Price, bp", "points"),
        Column("total_return_basis_points", "Total return, bp", "points"),
        Column("decided_on", "Decided", "date"),
    ]
    note = clipped(corrections, what=f"the latest; russell levels {code} --corrections has all")
    caption = f"Each session: {corrections['rows_in_all'][0]:,}"
    each = Table(corrections, columns, caption, note, fold=corrections.height > _HEAVIEST)
    return Section(
        "restatements", "Restatements", [Table(by_day, decided, "Published levels whose inputs changed"), each]
    )


def _policies(definition: Definition | None) -> Section:
    if definition is None:
        return Section("policies", "Policies", ["The definition was refused, so that its policies are not known."])
    chosen = definition.policies.model_dump()
    rows = [
        {
            "policy": name,
            "option": chosen[name],
            "standard": "default" if chosen[name] == policy.default else "definition",
            "clause": ", ".join((policy.clause, *policy.also)),
            "means": policy.options[chosen[name]],
        }
        for name, policy in policies().items()
    ]
    columns = [
        Column("policy", "Policy"),
        Column("option", "Option"),
        Column("standard", "Set by"),
        Column("clause", "Clause"),
        Column("means", "What that means", "prose"),
    ]
    limits = ", ".join(f"{name} {value:g}" for name, value in definition.correction_limits)
    note = f"Decisions that the ground rules leave open, with the clauses that they rest on. Limits of corrections: {limits}."
    return Section("policies", "Policies", [Table(frame(rows), columns, "Policies", note)])


def _provenance(facts: Mapping[str, pl.DataFrame], definition: Definition | None) -> Section:
    documents, landed = facts["documents"], facts["files"]
    blocks: list[Block] = [_clauses(facts["clauses"], definition)]
    columns = [
        Column("file_name", "Document"),
        Column("kind", "Kind"),
        Column("index_code", "Index"),
        Column("as_of", "As of", "date"),
        Column("published_on", "Published", "date"),
        Column("pages", "Pages", "count"),
        Column("rows_parsed", "Rows", "count"),
        Column("state", "State"),
        Column("document_id", "SHA-256", "hash"),
    ]
    caption = "Documents in the lake on the index, its components and its review dates"
    blocks.append(
        Table(documents, columns, caption, clipped(documents))
        if len(documents)
        else "There is no document in the lake on this index, its components or its review dates."
    )
    if landed.is_empty():
        blocks.append("There are no files of a market in the lake.")
        return Section("provenance", "Data provenance", blocks)
    summary = [
        Column("kind", "Kind"),
        Column("files", "Files", "count"),
        Column("rows", "Rows", "count"),
        Column("rejected", "Set aside", "count"),
        Column("simulated", "Simulated files", "count"),
        Column("known_on", "Last seen anew", "date"),
    ]
    each = [
        Column("path", "File"),
        Column("state", "State"),
        Column("rows", "Rows", "count"),
        Column("rejected", "Set aside", "count"),
        Column("known_on", "Known since", "date"),
        Column("sha256", "SHA-256", "hash"),
    ]
    blocks.append(Table(facts["files_by_kind"], summary, "Files of the market"))
    blocks.append(
        Table(landed, each, f"Each file of the market: {landed['rows_in_all'][0]:,}", clipped(landed), fold=True)
    )
    return Section("provenance", "Data provenance", blocks)


def _clauses(clauses: pl.DataFrame, definition: Definition | None) -> Block:
    pinned = definition.rulebook if definition else None
    if pinned is None:
        return "The definition pins no clause of ground rules."
    newest: dict[str, dict[str, Any]] = {}
    for row in clauses.iter_rows(named=True):
        newest.setdefault(row["clause"], row)
    rows = [_clause(clause, wanted, newest.get(clause)) for clause, wanted in pinned.clauses.items()]
    columns = [Column("clause", "Clause"), Column("pinned", "SHA-256 of the pinned text", "hash")]
    note = "The clauses that the definition implements, by the hash of their text; no ground rules in the lake have any of them."
    if newest.keys() & pinned.clauses.keys():
        columns += [Column("title", "Title"), Column("held", "In the lake"), Column("document", "Document")]
        note = "The clauses that the definition implements, by the hash of their text, beside the newest that the lake has."
    return Table(frame(rows), columns, pinned.document, note)


def _clause(clause: str, wanted: str, found: Mapping[str, Any] | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "clause": clause,
        "title": None,
        "pinned": wanted,
        "held": "not in the lake",
        "document": None,
    }
    if found is None:
        return row
    held = "the same text" if found["text_sha256"] == wanted else "another text"
    return row | {
        "title": found["title"],
        "held": held,
        "document": f"{found['file_name']} {found['page']}:{found['line']}",
    }

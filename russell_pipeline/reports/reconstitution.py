"""The report on a review: who enters and leaves each index, by industry, with the versions of its lists side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import polars as pl

from russell_pipeline.calendar.words import event_words
from russell_pipeline.errors import NothingKnown
from russell_pipeline.reports import charts
from russell_pipeline.reports.coming import Outlook, coming_sections
from russell_pipeline.reports.common import clipped, findings_section, frame, industries, made_from, on
from russell_pipeline.reports.page import (
    NOTHING,
    Block,
    Chart,
    Column,
    Figure,
    Figures,
    Page,
    Picture,
    Section,
    Table,
    written,
)
from russell_pipeline.wording import counted

# How many names the tables of published lists show in all, to keep the page small; each table is cut in proportion.
_MOST_NAMES = 1000
# A document, the page and the line.
Place = tuple[str, int, int]
_HEAVIEST = 25
_ON, _OFF = "yes", NOTHING
_WORDS = {"addition": ("enter", "Additions"), "deletion": ("leave", "Deletions")}


def reconstitution(
    review: str,
    facts: Mapping[str, pl.DataFrame],
    index: str | None = None,
    outlook: Outlook | None = None,
    pictures: Mapping[Place, bytes] = MappingProxyType({}),
) -> Page:
    """The report on a review from the frames of `query_report.review_report`. Raises NothingKnown if they hold nothing on it.

    `outlook` is given for a review that is still to come, which has a report as soon as it has dates. `pictures` are those (PNG)
    of lines that people decided, by document, page and line.
    """
    changes, weights, lists = facts["changes"], facts["weights"], facts["lists"]
    dated = outlook is not None and bool(outlook.indexes or not facts["calendar"].is_empty())
    if changes.is_empty() and weights.is_empty() and lists.is_empty() and not dated:
        raise NothingKnown(f"nothing is known of {index or 'any index'} at the review {review}")
    simulated = bool(weights["simulated"].any()) or bool(
        facts["lake"]["simulated"].any() and outlook and outlook.indexes
    )
    by_index = {
        code: changes.filter(pl.col("index_code").eq_missing(code))
        for code in changes["index_code"].unique(maintain_order=True)
    }
    share = min(1.0, _MOST_NAMES / max(changes.n_unique(["index_code", "change", "security_id"]), 1))
    sections = [] if outlook is None else [*coming_sections(outlook, facts["calendar"], lists)]
    sections += [_published(code, mine, review, share) for code, mine in by_index.items()]
    for code in weights["index_code"].unique(maintain_order=True):
        sections.append(_computed(code, weights.filter(index_code=code), facts["traded"].filter(index_code=code)))
    sections += [_decided(facts["decided"], pictures)] if len(facts["decided"]) else []
    sections += [_dates(facts["calendar"])] if len(facts["calendar"]) else []
    sections += [findings_section(facts["findings"]), _provenance(lists)]
    return Page(
        kind="Review report",
        title=f"{index.upper()}, review {review}" if index else f"Review {review}",
        facts=_identity(review, facts),
        sections=sections,
        made_from=made_from(facts["lake"]),
        simulated=simulated,
        notes=[
            "Names and industries are as printed; published names are cut, and an industry is one of the list's own taxonomy."
        ],
    )


def _identity(review: str, facts: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    found = {"Review": review}
    for event in ("implementation", "effective"):
        days = facts["calendar"].filter(event=event)["starts_on"]
        if days.len():
            found[event.capitalize()] = on(days[0])
    found["Lists of changes"] = written(facts["lists"].height, "count")
    found["Rows in them"] = written(facts["changes"].height, "count")
    return found


def _dates(days: pl.DataFrame) -> Section:
    rows = [
        {
            "event": event_words(row["event"]) if row["event"] else None,
            "starts_on": row["starts_on"],
            "ends_on": row["ends_on"],
            "moment": row["moment"] and row["moment"].replace("_", " "),
            "basis": "published" if row["basis"] == "published" else f"by rule, {row['confidence'].replace('_', '-')}",
            "place": row["file_name"] and f"{row['file_name']} {row['page']}:{row['line']}",
        }
        for row in days.iter_rows(named=True)
    ]
    columns = [
        Column("event", "Event"),
        Column("starts_on", "From", "date"),
        Column("ends_on", "To", "date"),
        Column("moment", "At"),
        Column("basis", "Basis"),
        Column("place", "Place (page:line)"),
    ]
    days = frame(rows)
    shown = [one for one in columns if days[one.name].is_not_null().any()]
    return Section("dates", "Dates", [Table(days, shown, "Dates of the review to go by")])


def _slug(code: str | None) -> str:
    return re.sub(r"[^a-z0-9]+", "-", (code or "unknown").lower())


def versions(changes: pl.DataFrame) -> pl.DataFrame:
    """The names in a change of one index, with the versions that list them: the columns `list 1`, `list 2` and so on.

    `changes` are rows in the order of their lists, one list after the other. Names are told apart by security; symbol, name and
    industry are those on the last list that has it. `stands` is whether the last list has it, `path` what became of it.
    """
    order = changes["document_id"].unique(maintain_order=True).to_list()
    last_of_name = changes.group_by("security_id").agg(
        pl.all().exclude("document_id").last(), lists=pl.col("document_id")
    )
    listed = [pl.col("lists").list.contains(document).alias(f"list {n}") for n, document in enumerate(order, 1)]
    found = last_of_name.with_columns(listed)
    first, last = pl.col("list 1"), pl.col(f"list {len(order)}")
    path = (
        pl.when(~last).then(pl.lit("withdrawn"))
        .when(~first).then(pl.lit("added later"))
        .when(~pl.all_horizontal(f"list {n}" for n in range(1, len(order) + 1))).then(pl.lit("withdrawn, then back"))
        .otherwise(pl.lit("on every list"))
    )  # fmt: skip
    return found.with_columns(stands=last, path=path).sort("symbol")


def _published(code: str | None, changes: pl.DataFrame, review: str, share: float) -> Section:
    """The section of an index with published changes; its tables show the fraction `share` of the names."""
    parts = {change: changes.filter(change=change) for change in _WORDS}
    lists = {change: _listed(rows) for change, rows in parts.items()}
    told = {change: versions(rows) for change, rows in parts.items() if len(rows)}
    standing = {change: rows.filter("stands") for change, rows in told.items()}
    entered = []
    for change, (word, _) in _WORDS.items():
        names = written(standing[change].height if change in standing else None, "count")
        by_list = ", ".join(f"{version}: {count:,}" for version, count in lists[change])
        entered.append(Figure(f"Names that {word}", names, by_list or f"no list of {change}s in the lake"))
    blocks: list[Block] = [Figures(entered)]
    blocks.append(_industries(code, standing))
    for change, rows in told.items():
        blocks += _names(change, rows, lists[change], share, f"russell changes {code} --review {review} has all")
    return Section(f"index-{_slug(code)}", f"{code or 'Unknown index'}: who enters, who leaves", blocks)


def _listed(rows: pl.DataFrame) -> list[tuple[str, int]]:
    """The lists of a change in their order: the version of each, and its number of names."""
    lists = rows.group_by("document_id", maintain_order=True).agg(pl.col("status", "known_on").first(), names=pl.len())
    return [
        (" of ".join([status or "version unstated", *([on(known_on)] if known_on else [])]), names)
        for _, status, known_on, names in lists.iter_rows()
    ]


def _industries(code: str | None, standing: Mapping[str, pl.DataFrame]) -> Block:
    by = ("taxonomy", "classification")
    counted = [
        rows.group_by(by).agg(pl.len().cast(pl.Int64).alias(change)) for change, rows in standing.items() if len(rows)
    ]
    if not counted:
        return "The last list of each change is empty."
    both = counted[0]
    for other in counted[1:]:
        both = both.join(other, on=by, how="full", coalesce=True, nulls_equal=True)
    missing = [pl.lit(0, pl.Int64).alias(change) for change in _WORDS if change not in both.columns]
    both = both.with_columns(missing).with_columns(pl.col(*_WORDS).fill_null(0))
    names, taxonomy = industries(both)
    rows = both.with_columns(
        industry=names, net=pl.col("addition") - pl.col("deletion"), leaving=-pl.col("deletion")
    ).sort([pl.col("addition") + pl.col("deletion"), "industry"], descending=[True, False])
    columns = [
        Column("industry", f"Industry{taxonomy and f' ({taxonomy})'}"),
        Column("addition", "Enter", "count"),
        Column("deletion", "Leave", "count"),
        Column("net", "Net", "count"),
    ]
    series = {"addition": ("Enter", charts.LONG), "leaving": ("Leave", charts.SHORT)}
    series = {name: said for name, said in series.items() if (rows[name] != 0).any()}
    about = (
        "Names on the last list of each change, by the industry or sector that it prints; those that leave to the left."
    )
    drawn = charts.bars(rows.select("industry", *series), "industry", series, "d")
    return Chart(f"chart-{_slug(code)}", "By industry", about, drawn, Table(rows, columns, "Names by industry"))


def _names(
    change: str, rows: pl.DataFrame, lists: Sequence[tuple[str, int]], share: float, elsewhere: str
) -> Iterator[Block]:
    """The names on which versions differ, then those that stand, each with the versions that list it."""
    word, title = _WORDS[change]
    heads = [Column(f"list {n}", version[:1].upper() + version[1:]) for n, (version, _) in enumerate(lists, 1)]
    on_list = pl.col(column.name for column in heads)
    marked = rows.with_columns(
        pl.when(on_list).then(pl.lit(_ON)).otherwise(pl.lit(_OFF)).name.keep(),
        name=pl.concat_str("company_name", pl.format(" ({})", "class_marker"), ignore_nulls=True),
        place=pl.format("{}:{}", "page", "line")
        + pl.when(pl.col("reading") == "decided").then(pl.lit(", decided")).otherwise(pl.lit("")),
    )
    several = len(heads) > 1
    columns = [
        Column("symbol", "Symbol"),
        Column("name", "Company"),
        Column("classification", "Industry"),
        *([*heads, Column("path", "What became of it")] if several else []),
        *([Column("effective_on", "Effective", "date")] if rows["effective_on"].n_unique() > 1 else []),
        Column("place", "Page:line"),
    ]

    def table(shown: pl.DataFrame, caption: str) -> Table:
        most = math.ceil(shown.height * share)
        return Table(shown.head(most), columns, caption, clipped(shown, most, f"the first; {elsewhere}"))

    differ = marked.filter(pl.col("path") != "on every list")
    if several and differ.is_empty():
        yield f"All {len(heads)} lists of {change}s name the same companies."
    elif several:
        yield table(differ, f"{title} that the versions differ in: {differ.height:,}")
    shown = marked.filter("stands")
    yield table(shown, f"{title}: {counted(shown.height, f'name that {word}s', f'names that {word}')}")
    shifted = marked.drop_nulls("dated_because")
    if len(shifted):
        because = [
            Column("symbol", "Symbol"),
            Column("effective_on", "Effective", "date"),
            Column("dated_because", "Why"),
        ]
        yield Table(shifted, because, f"{title} on another day: {shifted.height:,}")


def _computed(code: str, weights: pl.DataFrame, traded: pl.DataFrame) -> Section:
    """The section of an index with computed weights: the names that join and leave."""
    section, title = f"weights-{_slug(code)}", f"{code}: weights of the review"
    before = weights["review_before"].drop_nulls()
    if before.is_empty():
        return Section(section, title, ["The index begins with this review: nothing is held before it."])
    weights = weights.with_columns(change=pl.col("weight").fill_null(0) - pl.col("weight_before").fill_null(0))
    joins, leaves = (weights.filter(pl.col(name).is_null()) for name in ("weight_before", "weight"))
    turnover = traded["turnover"].drop_nulls()
    figures = Figures(
        [
            Figure("Names that join", written(joins.height, "count"), f"against the review {before[0]}"),
            Figure("Names that leave", written(leaves.height, "count"), "with those deleted since that review"),
            Figure("Names held", written(weights["weight"].drop_nulls().len(), "count")),
            Figure("One-way turnover", written(turnover.first(), "percent"), "at the closes of its implementation"),
        ]
    )  # fmt: skip
    blocks: list[Block] = [figures]
    name = [Column("symbol", "Symbol"), Column("company_name", "Company")]
    heads = {"weight_before": f"Weight, {before[0]}", "weight": "Weight", "change": "Change"}
    for rows, what, by, shown in (
        (joins, "join", "weight", ["weight"]),
        (leaves, "leave", "weight_before", ["weight_before"]),
        (weights, "change most", "change", list(heads)),
    ):
        if rows.is_empty():
            blocks.append(f"No names {what}.")
            continue
        columns = [*name, *(Column(one, heads[one], "change" if one == "change" else "fine") for one in shown)]
        heaviest = rows.sort(pl.col(by).abs(), "symbol", descending=[True, False])
        caption = f"Names that {what}" if rows is weights else f"Names that {what}: {rows.height:,}"
        blocks.append(Table(heaviest.head(_HEAVIEST), columns, caption, clipped(heaviest, _HEAVIEST, "the heaviest")))
    return Section(section, title, blocks)


def _decided(rows: pl.DataFrame, pictures: Mapping[Place, bytes]) -> Section:
    """The section of the rows that rest on a decision of a person, each with its line as it is printed."""
    blocks: list[Block] = [
        "A person decided what these lines are. Each is shown as it is printed, with what was decided, by whom and why."
    ]
    for row in rows.iter_rows(named=True):
        said = f"{row['index_code'] or 'unknown index'}, {row['change']}: {row['company_name']}, {row['symbol']}"
        place = f"{row['file_name']} {row['page']}:{row['line']}"
        told = f"{said}. {place}, decided by {row['decided_by']}: {row['decided_because']}"
        png = pictures.get((row["document_id"], row["page"], row["line"]))
        blocks.append(Picture(png, told) if png else f"{told}. It prints: {row['printed']}")
    return Section("decided", "Rows that people decided", blocks)


def _provenance(lists: pl.DataFrame) -> Section:
    if lists.is_empty():
        return Section(
            "provenance", "Data provenance", ["There is no published list of changes for this review in the lake."]
        )
    columns = [
        Column("file_name", "Document"),
        Column("index_code", "Index"),
        Column("change", "Change"),
        Column("status", "Version"),
        Column("known_on", "Known", "date"),
        Column("pages", "Pages", "count"),
        Column("rows_parsed", "Rows", "count"),
        Column("lines_decided", "Lines decided by people", "count"),
        Column("state", "State"),
        Column("reason", "Why refused"),
        Column("document_id", "SHA-256", "hash"),
    ]
    absent = {"reason"} if lists["reason"].is_null().all() else set()
    absent |= {"lines_decided"} if not lists["lines_decided"].sum() else set()
    return Section(
        "provenance",
        "Data provenance",
        [Table(lists, [one for one in columns if one.name not in absent], "Lists of changes")],
    )

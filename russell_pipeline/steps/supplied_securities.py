"""Securities, symbols and identifiers that files of components and of symbol changes add to those of published documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.identifiers import IDENTIFIERS
from russell_pipeline.membership.identifiers import SEEN, identifier_conflicts, identifier_spans
from russell_pipeline.membership.identity import SymbolSpan
from russell_pipeline.membership.symbols import SEPARATORS, preferred_spelling
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.identity import SecurityIds
from russell_pipeline.steps.review_dates import ReviewDates

_DAY = timedelta(days=1)
_SEEN_AS = ("symbol", "company_name", *IDENTIFIERS, "file", "row", "day")


def symbols(lake: Lake, published: pl.DataFrame) -> pl.DataFrame:
    """The rows of `symbols`: those of published documents, and those of the securities that components name."""
    ids = SecurityIds(published, lake.read("symbol_changes"))
    named = _named(_seen(lake, ids), ids)
    return pl.concat([published, TABLES["symbols"].frame(_periods(named, ids.symbol_spans))])


def securities(lake: Lake, published: pl.DataFrame) -> pl.DataFrame:
    """The rows of `securities`: those of published documents and of components, with their identifiers as they are now."""
    ids = SecurityIds.of_lake(lake)
    seen = _seen(lake, ids).filter(~pl.col("security_id").is_in(published["security_id"].implode()))
    last_symbol = dict(
        lake.read("symbols").sort("valid_from").group_by("security_id").agg(pl.col("symbol").last()).iter_rows()
    )
    supplied = (
        seen.sort("day", "file", "row")
        .group_by("security_id")
        .agg(
            company_name=pl.col("company_name").drop_nulls().last(),
            names=pl.col("company_name").drop_nulls().unique().sort(),
            first_seen_on=pl.col("day").min(),
            last_seen_on=pl.col("day").max(),
            symbol=pl.col("symbol").last(),
        )
        .with_columns(symbol=pl.col("security_id").replace_strict(last_symbol, default=pl.col("symbol")), documents=0)
    )
    both = pl.concat([published.drop(IDENTIFIERS), supplied.cast({"documents": pl.Int32})], how="diagonal")
    current = lake.read("security_identifiers").filter(pl.col("valid_to").is_null())
    for kind in IDENTIFIERS:
        both = both.join(
            current.filter(kind=kind).select("security_id", pl.col("value").alias(kind)), on="security_id", how="left"
        )
    return both


def identifiers(lake: Lake) -> pl.DataFrame:
    """The rows of `security_identifiers`."""
    return identifier_spans(_identified(lake))


def findings(lake: Lake) -> Iterator[Finding]:
    """Findings where identifiers contradict each other or the symbols."""
    yield from identifier_conflicts(_identified(lake))


def _identified(lake: Lake) -> pl.DataFrame:
    """Every identifier that a file has, the columns `SEEN`."""
    seen = _seen(lake, SecurityIds.of_lake(lake))
    long = seen.unpivot(
        IDENTIFIERS, index=[name for name in seen.columns if name not in IDENTIFIERS], variable_name="kind"
    )
    return long.drop_nulls("value").select(list(SEEN))


def _seen(lake: Lake, ids: SecurityIds) -> pl.DataFrame:
    """The names in files of components, and in changes of symbols with an identifier, with their securities on their days.

    Simulated files are left out: a simulated symbol is not the company that documents know by it.
    """
    components = _on_days(lake, lake.read("components").filter(~pl.col("simulated")), ids)
    changes = lake.read("symbol_changes").filter(
        ~pl.col("simulated"), pl.any_horizontal(pl.col(IDENTIFIERS).is_not_null())
    )
    changes = changes.with_columns(
        symbol="new_symbol", day="date", company_name=pl.lit(None, pl.String), file=pl.format("reference/{}", "file")
    )
    rows = pl.concat(
        [components.with_columns(file=pl.format("components/{}", "file")).select(_SEEN_AS), changes.select(_SEEN_AS)]
    )
    return rows.with_columns(security_id=ids.of(rows, "day", within=("file",)))


def _on_days(lake: Lake, rows: pl.DataFrame, ids: SecurityIds) -> pl.DataFrame:
    """Rows of components with the day whose symbols they have: the effective day.

    It is the implementation day if the file has a symbol that is given up on the effective day and that no other name takes.
    """
    if rows.is_empty():
        return rows.with_columns(day=pl.lit(None, pl.Date))
    effective = _effective_days(lake, rows["effective_review"].unique().sort())
    rows = rows.with_columns(day=pl.col("effective_review").replace_strict(effective, return_dtype=pl.Date))
    changes: dict[date, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for change in ids.changes:
        changes[change.day][0].add(change.old)
        changes[change.day][1].add(change.new)
    for day in {*effective.values()} & changes.keys():
        given_up = changes[day][0] - changes[day][1]
        keys = ids.keys(rows.filter(pl.col("day") == day)["symbol"].unique())
        former = [symbol for symbol, key in keys.items() if key in given_up]
        of_before = (pl.col("day") == day) & pl.col("symbol").is_in(former).any().over("index_code", "effective_review")
        rows = rows.with_columns(day=pl.when(of_before).then(pl.lit(day - _DAY)).otherwise("day"))
    return rows


def _effective_days(lake: Lake, reviews: Iterable[str]) -> dict[str, date]:
    """The effective day by the review or day in the name of a file; for a review without a date the day after its month."""
    names = list(reviews)
    dates = ReviewDates(lake, [name for name in names if len(name) == len("YYYY-MM")])
    next_session, found = dict(lake.read("sessions", columns=["date", "next_session"]).iter_rows()), {}
    for name in names:
        if len(name) == len("YYYY-MM"):
            month_after = (date.fromisoformat(f"{name}-01") + 31 * _DAY).replace(day=1)
            found[name] = dates.effective_on(name) or month_after
        else:
            day = date.fromisoformat(name)
            found[name] = next_session.get(day) or day + _DAY
    return found


def _named(seen: pl.DataFrame, ids: SecurityIds) -> list[tuple[str, str, list[str], date]]:
    """Each key and security that files name: with its spellings and its first day."""
    keys = ids.keys(seen["symbol"].unique())
    # Spellings side by side are securities of their own, whose id is the spelling.
    spelled = pl.col("symbol").str.replace_all(SEPARATORS, ".")
    key = pl.when(pl.col("security_id") == spelled).then(spelled).otherwise(pl.col("symbol").replace(keys))
    grouped = seen.group_by(key.alias("key"), "security_id").agg(pl.col("symbol").unique().sort(), pl.col("day").min())
    return grouped.sort("key", "day").rows()


def _periods(
    named: Iterable[tuple[str, str, list[str], date]], known: Iterable[SymbolSpan]
) -> Iterator[dict[str, object]]:
    """Rows of `symbols` for what files name and documents do not, and for the other symbols of these securities."""
    by_key: dict[str, list[SymbolSpan]] = defaultdict(list)
    for one in known:
        by_key[one.key].append(one)
    told: dict[tuple[str, str], tuple[list[str], date | None]] = {
        (key, security): (spelled, day) for key, security, spelled, day in named
    }
    for (key, security_id), (spelled, day) in told.items():
        if key not in by_key and day is not None:
            yield _period(preferred_spelling(spelled), key, security_id, day, None)
    sighted = {security_id for _, security_id in told}
    for one in (one for of_key in by_key.values() for one in of_key):
        if one.known or one.security_id not in sighted:
            continue
        spelled, day = told.get((one.key, one.security_id)) or ([one.key], None)
        if one.changed_in and one.since:
            yield _period(preferred_spelling(spelled), one.key, one.security_id, one.since, one.until)
        elif day is not None and one.covers(day):
            yield _period(preferred_spelling(spelled), one.key, one.security_id, day, one.until)
        elif one.changed_out and one.until:
            yield _period(preferred_spelling(spelled), one.key, one.security_id, one.until - _DAY, one.until)


def _period(symbol: str, key: str, security_id: str, valid_from: date, valid_to: date | None) -> dict[str, object]:
    return {
        "symbol": symbol,
        "symbol_key": key,
        "security_id": security_id,
        "valid_from": valid_from,
        "valid_to": valid_to,
    }

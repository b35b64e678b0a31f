"""The worked example of the 90/10 index: its landing files as a market and components, its expected tables."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from russell_pipeline.calendar.computed import RuleCalendar
from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.index.definition import Definition, load_definition
from russell_pipeline.index.model import ACTIONS, CLOSES, Market
from russell_pipeline.index.reviews import review_of
from russell_pipeline.index.weights import review_weights

REVIEWS = ("2025-03", "2025-06")
SESSIONS = (date(2025, 3, 12), date(2025, 7, 2))
WORKED = Path(__file__).with_name("worked_9010")


@cache
def calendar() -> RuleCalendar:
    return RuleCalendar(nyse_sessions())


@cache
def market() -> Market:
    files = WORKED / "landing" / "market"
    closes = pl.read_csv(files / "closes.csv", schema_overrides={"date": pl.Date, "close": pl.Float64})
    actions = pl.read_csv(files / "actions.csv", schema_overrides=ACTIONS)
    assert set(closes.columns) < set(CLOSES)
    return Market(closes, actions=actions)


def components(review: str) -> dict[str, pl.DataFrame]:
    found = {path.parent.name: path for path in (WORKED / "landing" / "components").glob(f"*/{review}.csv")}
    return {code: pl.read_csv(path) for code, path in found.items()}


def definition(**policies: str) -> Definition:
    text = (WORKED / "landing" / "indexes" / "RSCC9010.yaml").read_text("utf-8")
    told = load_definition(text, "RSCC9010.yaml")
    return told.model_copy(update={"policies": told.policies.model_copy(update=policies)})


def weights(told: Definition) -> pl.DataFrame:
    rows = [review_weights(told, review_of(told, name, calendar()), components(name), market()) for name in REVIEWS]
    return pl.concat(rows)


def sessions() -> list[date]:
    return calendar().sessions.between(*SESSIONS)


def expected(name: str, **where: str) -> pl.DataFrame:
    rows = pl.read_csv(
        WORKED / "expected" / f"{name}.csv", try_parse_dates=True, schema_overrides={"price_index_8dp": pl.String}
    )
    return rows.filter(pl.col(column) == value for column, value in where.items()).drop(list(where))

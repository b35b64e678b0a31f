"""Which years of indexes have lost a file that their run wrote, judged by the files that are left."""

from __future__ import annotations

import polars as pl

from russell_pipeline.lake.store import Lake


def lost_years(lake: Lake) -> set[str]:
    """The years with levels that have lost a file of weights, levels, events, carried prices or states."""
    runs = lake.read("index_runs").filter(pl.col("last_session").is_not_null())
    if runs.is_empty():
        return set()
    levels = lake.read("index_levels", columns=["year", "index_code", "divisor", "names_at_last_price"])
    by_index = levels.group_by("year", "index_code").agg(pl.col("divisor").n_unique())
    expected = {
        "index_levels": runs,
        "index_states": runs.filter(state="computed"),
        "stale_prices": levels.filter(pl.col("names_at_last_price") > 0),
        "divisor_events": by_index.filter(pl.col("divisor") > 1),
    }
    lost = {year for table, rows in expected.items() for year in _years(rows) - set(lake.keys(table))}
    return lost | _years(_unweighed(lake, runs))


def _unweighed(lake: Lake, runs: pl.DataFrame) -> pl.DataFrame:
    """The base and review events without weights, of indexes that have fewer days of weights than of such events."""
    columns = ["year", "index_code", "date", "moment", "turnover"]
    events = lake.read("divisor_events", columns=columns).filter(
        (pl.col("moment") == "base") | pl.col("turnover").is_not_null()
    )
    # A review that is weighted but not implemented yet has no event.
    weighed = lake.read("weights", columns=["index_code", "implemented_on"]).unique()
    weighed = weighed.filter(pl.col("implemented_on") <= runs["last_session"].max())
    known = dict(weighed.group_by("index_code").len().iter_rows())
    days = events.group_by("index_code").agg(pl.col("date").n_unique())
    fewer = [code for code, count in days.iter_rows() if known.get(code, 0) < count]
    due = events.filter(pl.col("index_code").is_in(fewer))
    return due.join(weighed, left_on=["index_code", "date"], right_on=["index_code", "implemented_on"], how="anti")


def _years(rows: pl.DataFrame) -> set[str]:
    return set(map(str, rows["year"]))

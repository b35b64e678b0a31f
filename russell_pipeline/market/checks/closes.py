"""Closes that are missing, that stay the same, and that come on days on which nobody trades."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.period import MONTH, Period, by_month, within
from russell_pipeline.market.checks.thresholds import Thresholds
from russell_pipeline.market.files.model import AREA
from russell_pipeline.market.spelling import by_security, findable, side_by_side
from russell_pipeline.wording import counted


def missing_closes(period: Period, limits: Thresholds) -> Iterator[tuple[str, Finding]]:
    """Members that trade but have no close on a session. Sessions without any close get one finding together."""
    asked = pl.col("is_session") & pl.col("date").is_between(period.begins_on, period.ends_on)
    sessions = period.sessions.filter(asked).select("date")
    present = period.present
    # Simulated closes never count for the names of a real index, nor real ones for a simulated index.
    kinds = present.select("date", "simulated").unique()
    members = period.members.join(kinds.select("simulated").unique(), on="simulated", how="semi")
    # Each index has its own spelling of a name, which its files have: BRKB of one fund, BRK.B of another.
    apart = side_by_side(present, "date")
    members = by_security(members, "index_code", "valid_from", apart=apart)
    present, blocked, suspensions = (findable(rows, apart) for rows in (present, period.blocked, period.suspensions))
    empty = sessions.join(present, on="date", how="anti")
    if not empty.is_empty():
        # Nothing is left of an index whose members are all dropped.
        needed = period.refusing(period.members, "carry")
        for month, rows in by_month(empty):
            expected = rows.join(needed, how="cross").filter(within(pl.col("date"), "valid_from", "valid_to"))
            days = limits.first_few([str(day) for day in rows["date"]])
            says = f"{month}: no closes at all for {counted(rows.height, 'session')}: {days}"
            yield month, Finding(AREA, "warning" if expected.is_empty() else "error", month, says)
    # By spans, of which there are few, not by members.
    spans = members.select("valid_from", "valid_to").unique()
    held = sessions.join(kinds, on="date", how="semi").join(spans, how="cross")
    held = held.filter(within(pl.col("date"), "valid_from", "valid_to"))
    of_month = kinds.select(MONTH, "simulated").unique()
    absent = (
        held.join(members, on=["valid_from", "valid_to"], nulls_equal=True)
        .join(present, on=["date", "security", "simulated"], how="anti")
        .join(blocked, on=["date", "security"], how="anti")
    )
    # On the day of a deletion, the price that it pays stands for the close.
    deleted = findable(period.actions.filter(pl.col("action") == "delete"), apart)
    absent = absent.join(deleted, on=["date", "security"], how="anti")
    absent = absent.with_columns(MONTH).join(of_month, on=["month", "simulated"], how="semi")
    halted = absent.join(suspensions, on="security").filter(within(pl.col("date"), "suspended_on", "resumed_on"))
    absent = absent.join(halted, on=["date", "symbol"], how="anti").unique(["index_code", "date", "symbol"])
    ordered = absent.sort("index_code", "date", "symbol")
    for (month, index_code), rows in ordered.group_by("month", "index_code", maintain_order=True):
        refused = not period.refusing(rows, "carry", "drop").is_empty()
        places = [f"{symbol} on {day}" for symbol, day in rows.select("symbol", "date").iter_rows()]
        says = (
            f"{index_code}, {month}: {counted(rows.height, 'close')} of {counted(rows['symbol'].n_unique(), 'member')} "
            f"missing on {counted(rows['date'].n_unique(), 'session')}: {limits.first_few(places)}"
        )
        yield str(month), Finding(AREA, "error" if refused else "warning", str(index_code), says)


def stale_prices(period: Period, limits: Thresholds) -> Iterator[tuple[str, Finding]]:
    """Closes that stay the same for too many sessions in a row."""
    runs = period.of_months(period.moves.filter(pl.col("sessions") >= limits.stale_sessions))
    longest = runs.sort("sessions", "symbol", descending=[True, False])
    for month, rows in by_month(longest):
        stale = rows.unique("symbol", keep="first", maintain_order=True)
        names = [
            f"{symbol} at {close:g} on {sessions} sessions to {day}"
            for symbol, close, sessions, day in stale.select("symbol", "close", "sessions", "date").iter_rows()
        ]
        same = counted(stale.height, "price")
        says = f"{month}: {same} the same on {limits.stale_sessions} sessions or more: {limits.first_few(names)}"
        yield month, Finding(AREA, "warning", month, says)


def suspended_closes(period: Period, _: Thresholds) -> Iterator[tuple[str, Finding]]:
    """New closes of a name before the day on which a file says that it resumes; one finding for each suspension.

    A close that only repeats the one before is what vendors send for a name that does not trade.
    """
    stated = period.suspensions.drop_nulls("stated_end").with_columns(of="symbol")
    if stated.is_empty():
        return
    new = period.of_months(period.moves).filter(pl.col("close").ne_missing(pl.col("before"))).select("symbol", "date")
    apart = side_by_side(period.present, "date")
    closes = findable(new, apart).join(findable(stated.drop("symbol").with_columns(symbol="of"), apart), on="security")
    suspended = closes.filter(within(pl.col("date"), "suspended_on", "resumed_on")).unique(
        ["symbol", "date", "file", "row"]
    )
    of = ("file", "row", "of", "suspended_on", "stated_end")
    counts = suspended.group_by(MONTH, *of).agg(pl.col("date").min(), pl.len())
    for row in counts.sort(of).iter_rows(named=True):
        closes_there = counted(row["len"], "new close")
        says = (
            f"{row['file']}, row {row['row']}: {row['of']} is suspended from {row['suspended_on']} until {row['stated_end']}, "
            f"but has {closes_there} in {row['month']}, from {row['date']} on: what is stated counts, these do not; if it "
            "trades, correct resumed_on"
        )
        yield row["month"], Finding(AREA, "warning", row["of"], says)


def closed_sessions(period: Period, limits: Thresholds) -> Iterator[tuple[str, Finding]]:
    """Closes on days when the exchange is closed."""
    closed = period.present.join(period.sessions.filter(~pl.col("is_session")), on="date")
    for month, rows in by_month(closed):
        days = rows.group_by("date", "holiday").len().sort("date")
        places = [f"{count:,} on {day} ({holiday or day.strftime('%A')})" for day, holiday, count in days.iter_rows()]
        says = f"{month}: {counted(rows.height, 'close')} of closed sessions, which nothing uses: "
        yield month, Finding(AREA, "warning", month, says + limits.first_few(places))

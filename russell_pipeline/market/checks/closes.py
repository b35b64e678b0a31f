"""Closes that are missing, that stay the same, and that come on days on which nobody trades."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.month import Month, within
from russell_pipeline.market.checks.thresholds import Thresholds
from russell_pipeline.market.files.model import AREA
from russell_pipeline.market.spelling import by_security, findable, side_by_side
from russell_pipeline.wording import counted


def missing_closes(month: Month, limits: Thresholds) -> Iterator[Finding]:
    """Members that trade but have no close on a session. Sessions without any close get one finding together."""
    asked = pl.col("is_session") & pl.col("date").is_between(month.begins_on, month.ends_on)
    sessions = month.sessions.filter(asked).select("date")
    present = month.of_month(month.closes)
    # Simulated closes never count for the names of a real index, nor real ones for a simulated index.
    members = month.members.join(present.select("simulated").unique(), on="simulated", how="semi")
    # Each index has its own spelling of a name, which its files have: BRKB of one fund, BRK.B of another.
    apart = side_by_side(present, "date")
    members = by_security(members, "index_code", "valid_from", apart=apart)
    present, blocked, suspensions = (findable(rows, apart) for rows in (present, month.blocked, month.suspensions))
    empty = sessions.join(present, on="date", how="anti")
    if not empty.is_empty():
        # Nothing is left of an index whose members are all dropped.
        expected = empty.join(month.refusing(month.members, "carry"), how="cross").filter(
            within(pl.col("date"), "valid_from", "valid_to")
        )
        days = limits.first_few([str(day) for day in empty["date"]])
        says = f"{month.month}: no closes at all for {counted(empty.height, 'session')}: {days}"
        yield Finding(AREA, "warning" if expected.is_empty() else "error", month.month, says)
    absent = (
        sessions.join(present, on="date", how="semi")
        .join(members, how="cross")
        .filter(within(pl.col("date"), "valid_from", "valid_to"))
        .join(present, on=["date", "security", "simulated"], how="anti")
        .join(blocked, on=["date", "security"], how="anti")
    )
    # On the day of a deletion, the price that it pays stands for the close.
    deleted = findable(month.actions.filter(pl.col("action") == "delete"), apart)
    absent = absent.join(deleted, on=["date", "security"], how="anti")
    halted = absent.join(suspensions, on="security").filter(within(pl.col("date"), "suspended_on", "resumed_on"))
    absent = absent.join(halted, on=["date", "symbol"], how="anti").unique(["index_code", "date", "symbol"])
    for (index_code,), rows in absent.sort("index_code", "date", "symbol").group_by("index_code", maintain_order=True):
        refused = not month.refusing(rows, "carry", "drop").is_empty()
        places = [f"{symbol} on {day}" for symbol, day in rows.select("symbol", "date").iter_rows()]
        says = (
            f"{index_code}, {month.month}: {counted(rows.height, 'close')} of {counted(rows['symbol'].n_unique(), 'member')} "
            f"missing on {counted(rows['date'].n_unique(), 'session')}: {limits.first_few(places)}"
        )
        yield Finding(AREA, "error" if refused else "warning", str(index_code), says)


def stale_prices(month: Month, limits: Thresholds) -> Iterator[Finding]:
    """Closes that stay the same for too many sessions in a row."""
    place = pl.int_range(pl.len())
    began = pl.when(~pl.col("close").eq_missing(pl.col("before"))).then(place).forward_fill()
    runs = month.of_month(month.moves.with_columns(sessions=1 + place - began))
    stale = runs.filter(pl.col("sessions") >= limits.stale_sessions).sort(
        "sessions", "symbol", descending=[True, False]
    )
    stale = stale.unique("symbol", keep="first", maintain_order=True)
    if not stale.is_empty():
        names = [
            f"{symbol} at {close:g} on {sessions} sessions to {day}"
            for symbol, close, sessions, day in stale.select("symbol", "close", "sessions", "date").iter_rows()
        ]
        same = counted(stale.height, "price")
        says = f"{month.month}: {same} the same on {limits.stale_sessions} sessions or more: {limits.first_few(names)}"
        yield Finding(AREA, "warning", month.month, says)


def suspended_closes(month: Month, _: Thresholds) -> Iterator[Finding]:
    """New closes of a name before the day on which a file says that it resumes; one finding for each suspension.

    A close that only repeats the one before is what vendors send for a name that does not trade.
    """
    new = month.of_month(month.moves).filter(pl.col("close").ne_missing(pl.col("before"))).select("symbol", "date")
    stated = month.suspensions.drop_nulls("stated_end").with_columns(of="symbol")
    apart = side_by_side(month.of_month(month.closes), "date")
    closes = findable(new, apart).join(findable(stated.drop("symbol").with_columns(symbol="of"), apart), on="security")
    suspended = closes.filter(within(pl.col("date"), "suspended_on", "resumed_on")).unique(
        ["symbol", "date", "file", "row"]
    )
    of = ("file", "row", "of", "suspended_on", "stated_end")
    for row in suspended.group_by(of).agg(pl.col("date").min(), pl.len()).sort(of).iter_rows(named=True):
        closes_there = counted(row["len"], "new close")
        says = (
            f"{row['file']}, row {row['row']}: {row['of']} is suspended from {row['suspended_on']} until {row['stated_end']}, "
            f"but has {closes_there} in {month.month}, from {row['date']} on: what is stated counts, these do not; if it "
            "trades, correct resumed_on"
        )
        yield Finding(AREA, "warning", row["of"], says)


def closed_sessions(month: Month, limits: Thresholds) -> Iterator[Finding]:
    """Closes on days when the exchange is closed."""
    closed = month.of_month(month.closes).join(month.sessions.filter(~pl.col("is_session")), on="date")
    if not closed.is_empty():
        days = closed.group_by("date", "holiday").len().sort("date")
        places = [f"{count:,} on {day} ({holiday or day.strftime('%A')})" for day, holiday, count in days.iter_rows()]
        says = f"{month.month}: {counted(closed.height, 'close')} of closed sessions, which nothing uses: "
        yield Finding(AREA, "warning", month.month, says + limits.first_few(places))

"""A second reading of simulated landing files, from the files alone: what is in force on a session, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any

import polars as pl

from russell_pipeline.calendar.sessions import nyse_sessions
from russell_pipeline.simulation.parameters import Simulation
from russell_pipeline.simulation.simulate import simulate

Row = dict[str, Any]
COMPONENTS = ("R3000", "SP500", "RSCC", "R2000G")


@dataclass
class Files:
    """The landing files of one simulation, and look-ups that tests need."""

    wanted: Simulation
    frames: dict[str, pl.DataFrame] = field(init=False)

    def __post_init__(self) -> None:
        self.frames = simulate(self.wanted)

    def table(self, prefix: str) -> pl.DataFrame:
        """All files of one kind as one frame; empty where there are none."""
        return pl.concat(
            [pl.DataFrame(), *(self.frames[path] for path in sorted(self.frames) if path.startswith(prefix))],
            how="diagonal",
        )

    def rows(self, prefix: str) -> list[Row]:
        return self.table(prefix).to_dicts()

    @cached_property
    def sessions(self) -> list[date]:
        return nyse_sessions(last=date(2045, 12, 31)).between(self.wanted.first, self.wanted.last)

    @cached_property
    def place(self) -> dict[date, int]:
        return {day: n for n, day in enumerate(self.sessions)}

    @cached_property
    def closes(self) -> dict[tuple[date, str], float]:
        return {(day, symbol): close for day, symbol, close, *_ in self.table("market/closes").iter_rows()}

    @cached_property
    def actions(self) -> list[Row]:
        return self.rows("market/actions")

    def of(self, *kinds: str) -> Iterator[Row]:
        return (row for row in self.actions if row["action"] in kinds)

    @cached_property
    def renames(self) -> list[Row]:
        return self.rows("reference/symbol_changes")

    def symbol_before(self, symbol: str, since: date, until: date) -> str:
        """What a name that has this symbol on `until` was called on `since`."""
        for row in sorted(self.renames, key=lambda one: one["date"], reverse=True):
            if row["new_symbol"] == symbol and since < row["date"] <= until:
                return str(row["old_symbol"])
        return symbol

    def suspended(self, symbol: str, day: date) -> bool:
        return any(
            row["symbol"] == symbol
            and row["suspended_on"] <= day
            and (row["resumed_on"] is None or day < row["resumed_on"])
            for row in self.rows_of_suspensions
        )

    @cached_property
    def rows_of_suspensions(self) -> list[Row]:
        return self.rows("reference/suspensions")

    def component(self, code: str, review: str) -> dict[str, Row]:
        return {row["symbol"]: row for row in self.frames[f"components/{code}/{review}.csv"].to_dicts()}

    @cached_property
    def reviews(self) -> list[str]:
        return sorted(
            {path.split("/")[-1].removesuffix(".csv") for path in self.frames if path.startswith("components/")}
        )


def theoretical(close: float, actions: list[Row]) -> float:
    """The price after a name's actions of one open, from the close before."""
    price = close
    for row in actions:
        new, old = row["new"], row["old"]
        match row["action"]:
            case "split":
                price *= old / new
            case "scrip":
                price *= old / (old + new)
            case "ordinary_dividend" | "special_dividend" | "capital_repayment":
                price -= row["amount"]
            case "rights":
                price = (old * price + new * row["price"]) / (old + new)
            case "spin_off":
                price -= row["price"] * new / old
    return price


def shares_after(shares: float, row: Row) -> float:
    """Shares in issue after an action on a name."""
    match row["action"]:
        case "split":
            return shares * row["new"] / row["old"]
        case "scrip" | "rights":
            return shares * (row["new"] + row["old"]) / row["old"]
        case "shares":
            return float(row["amount"])
    return shares


def holdings(
    files: Files, component: str, days: list[tuple[str, date, date]]
) -> Iterator[tuple[str, dict[str, float]]]:
    """What a component holds just before each review after the first: shares by symbol, replayed through every action.

    `days` are reviews with their implementation and effective days. Fails where an action contradicts what is held.
    """
    for (review, implemented, effective), (following, until, _) in pairwise(days):
        held = {symbol: float(row["shares"]) for symbol, row in files.component(component, review).items()}
        moves = [(row["date"], 0, {"action": "rename", **row}) for row in files.renames]
        moves += [(row["date"], 2 if row["action"] == "delete" else 1, row) for row in files.actions]
        for day, _, row in sorted(moves, key=lambda one: one[:2]):
            if not implemented < day <= until:
                continue
            if row["action"] == "rename":
                # Component files have the symbols of the effective day already.
                if day > effective and row["old_symbol"] in held:
                    held[row["new_symbol"]] = held.pop(row["old_symbol"])
            elif row["symbol"] in held:
                _move(held, row)
        yield following, held


def _move(held: dict[str, float], row: Row) -> None:
    symbol = row["symbol"]
    match row["action"]:
        case "delete":
            del held[symbol]
        case "conversion":
            assert row["to_symbol"] not in held, f"{symbol} converts into {row['to_symbol']}, which is held: {row}"
            held[row["to_symbol"]] = held.pop(symbol) * row["new"] / row["old"]
        case "spin_off":
            assert row["to_symbol"] not in held
            held[row["to_symbol"]] = held[symbol] * row["new"] / row["old"]
        case _:
            held[symbol] = shares_after(held[symbol], row)

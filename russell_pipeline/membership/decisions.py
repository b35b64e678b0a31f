"""People's decisions on securities, read from rows of overrides files (kind `overrides` of supplied files)."""

from __future__ import annotations

from datetime import date

import polars as pl

from russell_pipeline.membership.model import Decision


def security_decisions(overrides: pl.DataFrame) -> list[Decision]:
    """The decisions on whether a symbol is the same security from a day on, in the order of the rows."""
    rows = overrides.filter(pl.col("subject").is_in(["same_security", "other_security"]))
    decisions = []
    for subject, key, reason in rows.select("subject", "key", "reason").iter_rows():
        symbol, _, day = key.rpartition("@")
        decisions.append(Decision(symbol, date.fromisoformat(day), subject == "same_security", reason))
    return decisions

"""Reads people's decisions on securities from the rows of overrides files."""

from __future__ import annotations

from datetime import date

import polars as pl

from russell_pipeline.membership.model import Decision

# Subjects whose decision is in the subject itself, and the one whose decision is a word.
_SAID = {"same_security": True, "other_security": False}
RENAME = "rename"
_DECIDED = {"same": True, "other": False}


def security_decisions(overrides: pl.DataFrame) -> list[Decision]:
    """The decisions on securities in the order of the rows; rows of `rename` that are not decided yet are passed over."""
    decisions = []
    for row in overrides.filter(pl.col("subject").is_in([*_SAID, RENAME])).iter_rows(named=True):
        symbols, _, day = row["key"].rpartition("@")
        old, _, new = symbols.rpartition(">")
        same = _DECIDED.get(row["decision"] or "") if row["subject"] == RENAME else _SAID[row["subject"]]
        if same is not None:
            changed = old if old != new else ""
            place = (row.get("file", ""), row.get("row", 0))
            decisions.append(Decision(new, date.fromisoformat(day), same, row["reason"], changed or None, *place))
    return decisions

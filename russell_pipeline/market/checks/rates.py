"""Currencies of closes without a rate into the currency of an index."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.period import MONTH, Period, within
from russell_pipeline.market.checks.thresholds import Thresholds
from russell_pipeline.market.files.model import AREA
from russell_pipeline.market.spelling import by_security, findable
from russell_pipeline.wording import counted


def missing_rates(period: Period, limits: Thresholds) -> Iterator[tuple[str, Finding]]:
    """Currencies of closes that have no rate on the day into the currency of an index that holds them.

    Closes that no index holds have no rate if they have none into the currency of any index.
    """
    into = sorted({*period.uses["currency"]}) or [limits.base_currency]
    closes = period.present.select("date", "symbol", "currency")
    pairs = closes.select("date", "currency").unique().join(pl.DataFrame({"into": into}), how="cross")
    unrated = pairs.filter(pl.col("currency") != pl.col("into")).join(
        period.fx, on=["date", "currency", "into"], how="anti"
    )
    if unrated.is_empty():
        return
    rows = closes.join(unrated, on=["date", "currency"])
    members = by_security(period.members.filter("computed"), "index_code", "valid_from")
    of_members = findable(rows).join(members.drop("symbol"), on="security")
    of_members = of_members.filter(within(pl.col("date"), "valid_from", "valid_to"))
    uses = period.uses.select("index_code", "missing_price", into="currency")
    needed = of_members.join(uses, on=["index_code", "into"])
    undefined = of_members.join(uses, on="index_code", how="anti")
    columns = ("date", "symbol", "currency", "into", "refused")
    of_no_member = rows.join(of_members, on=["date", "symbol"], how="anti")
    nowhere = pl.len().over("date", "symbol") == len(into)
    without = pl.concat(
        [
            # Without the policy carry, the calculation stops for want of a rate.
            needed.with_columns(refused=pl.col("missing_price") != "carry").select(columns),
            undefined.with_columns(refused=pl.lit(value=True)).select(columns),
            of_no_member.filter(nowhere, into=into[0]).with_columns(refused=pl.lit(value=False)).select(columns),
        ]
    )
    ordered = without.sort("currency", "into", "date", "symbol")
    for (month, currency, quote), ones in ordered.group_by(MONTH, "currency", "into", maintain_order=True):
        symbols = ones["symbol"].unique(maintain_order=True).to_list()
        days = [str(day) for day in ones["date"].unique(maintain_order=True)]
        of_quote = "" if quote == limits.base_currency else f" in {quote}"
        says = (
            f"{month}: {currency} has no rate{of_quote} on {counted(len(days), 'session')} ({limits.first_few(days)}), "
            f"and closes are in it: {limits.first_few(symbols)}"
        )
        yield str(month), Finding(AREA, "error" if ones["refused"].any() else "warning", str(currency), says)

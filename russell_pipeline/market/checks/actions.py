"""Corporate actions that nothing applies, and shares that do not follow their splits."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.period import MONTH, Period, by_month, within
from russell_pipeline.market.checks.thresholds import Thresholds, log_of_fall
from russell_pipeline.market.files.model import AREA
from russell_pipeline.market.spelling import by_security, findable, spelled_as
from russell_pipeline.wording import counted

_CHANGE = ["index_code", "symbol", "since", "until"]


def former_symbols(period: Period, limits: Thresholds) -> Iterator[tuple[str, Finding]]:
    """Actions under a symbol that its holder has given up and nobody has taken over: nothing applies them."""
    actions = spelled_as(period.changed["symbol"], period.of_months(period.actions), "symbol")
    late = period.with_security(actions).filter(pl.col("became").is_not_null())
    if late.is_empty():
        return
    members = by_security(period.members, "index_code", "valid_from").select("security", "valid_from", "valid_to")
    of_members = (
        findable(late.drop("security"))
        .join(members, on="security")
        .filter(within(pl.col("date"), "valid_from", "valid_to"))
    )
    quotes = period.closes.join(late.select("symbol").unique(), on="symbol", how="semi")
    quoted = late.join(
        period.with_security(quotes).select("symbol", "security", quoted_on="date"), on=["symbol", "security"]
    ).filter(pl.col("quoted_on").is_between(_month_before(pl.col("date")), pl.col("date")))
    for others in (of_members, quoted):
        late = late.join(others, on=["symbol", "date"], how="anti")
    for month, rows in by_month(late.sort("file", "row")):
        names = [
            f"{row['file']}, row {row['row']}: {row['action']} of {row['symbol']} on {row['date']}, which is {row['became']} "
            f"since {row['changed_on']}"
            for row in rows.iter_rows(named=True)
        ]
        says = f"{month}: {counted(rows.height, 'action')} under a former symbol, which nothing applies: "
        yield month, Finding(AREA, "warning", month, says + limits.first_few(names))


def _month_before(day: pl.Expr) -> pl.Expr:
    """The first day of the month before."""
    return day.dt.truncate("1mo").dt.offset_by("-1mo")


def splits_and_shares(period: Period, limits: Thresholds) -> Iterator[tuple[str, Finding]]:
    """Names whose shares in a file of components do not follow the splits since the file before."""
    changes = by_security(period.share_changes, "index_code", "since", "until")
    between = changes.join(findable(period.share_actions), on="security").filter(
        (pl.col("date") > pl.col("since")) & (pl.col("date") <= pl.col("until"))
    )
    ratio = (
        pl.when(pl.col("action") == "split")
        .then(pl.col("new") / pl.col("old"))
        .when(pl.col("action") == "scrip")
        .then(1 + pl.col("new") / pl.col("old"))
    )
    factors = (
        between.with_columns(ratio=ratio)
        .group_by(*_CHANGE)
        .agg(pl.col("ratio").product().alias("factor"), pl.col("ratio").is_null().any().alias("otherwise"))
    )
    ratios = period.share_changes.filter((pl.col("before") > 0) & (pl.col("after") > 0)).join(factors, on=_CHANGE)
    change, factor = (pl.col("after") / pl.col("before")).log(), pl.col("factor").log()
    material = factor.abs() >= log_of_fall(limits.material_action)
    # Names with rights, offerings or conversions are left out: splits alone do not give their number of shares.
    unfit = ratios.filter(~pl.col("otherwise") & material & ((change - factor).abs() > change.abs()))
    # A file counts for the month in which its members are bought.
    came = unfit.with_columns(date="until").sort("index_code", "symbol")
    for (month, index_code), rows in came.group_by(MONTH, "index_code", maintain_order=True):
        names = [
            f"{row['symbol']} from {row['before']:,.0f} to {row['after']:,.0f}, where splits make it {row['factor']:g} times"
            for row in rows.iter_rows(named=True)
        ]
        found = counted(rows["symbol"].n_unique(), "name")
        says = f"{index_code}, {month}: the shares of {found} do not follow their splits: "
        yield str(month), Finding(AREA, "warning", str(index_code), says + limits.first_few(names))

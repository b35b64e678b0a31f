"""Corporate actions that nothing applies, and shares that do not follow their splits."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.checks.month import Month, within
from russell_pipeline.market.checks.thresholds import Thresholds, log_of_fall
from russell_pipeline.market.files.model import AREA
from russell_pipeline.market.spelling import by_security, findable, spelled_as
from russell_pipeline.wording import counted


def former_symbols(month: Month, limits: Thresholds) -> Iterator[Finding]:
    """Actions under a symbol that its holder has given up and nobody has taken over: nothing applies them."""
    late = month.with_security(spelled_as(month.changed["symbol"], month.of_month(month.actions), "symbol")).filter(
        pl.col("became").is_not_null()
    )
    if late.is_empty():
        return
    members = by_security(month.members, "index_code", "valid_from").select("security", "valid_from", "valid_to")
    of_members = (
        findable(late.drop("security"))
        .join(members, on="security")
        .filter(within(pl.col("date"), "valid_from", "valid_to"))
    )
    quoted = month.with_security(month.closes).group_by("symbol", "security").agg(quoted_from=pl.col("date").min())
    quoted = late.join(quoted, on=["symbol", "security"]).filter(pl.col("quoted_from") <= pl.col("date"))
    for others in (of_members, quoted):
        late = late.join(others, on=["symbol", "date"], how="anti")
    if not late.is_empty():
        names = [
            f"{row['file']}, row {row['row']}: {row['action']} of {row['symbol']} on {row['date']}, which is {row['became']} "
            f"since {row['changed_on']}"
            for row in late.sort("file", "row").iter_rows(named=True)
        ]
        says = f"{month.month}: {counted(late.height, 'action')} under a former symbol, which nothing applies: "
        yield Finding(AREA, "warning", month.month, says + limits.first_few(names))


def splits_and_shares(month: Month, limits: Thresholds) -> Iterator[Finding]:
    """Names whose shares in a file of components do not follow the splits since the file before."""
    changes = by_security(month.share_changes, "index_code", "since")
    between = changes.join(findable(month.share_actions), on="security").filter(
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
        .group_by("index_code", "symbol", "since")
        .agg(pl.col("ratio").product().alias("factor"), pl.col("ratio").is_null().any().alias("otherwise"))
    )
    ratios = month.share_changes.filter((pl.col("before") > 0) & (pl.col("after") > 0)).join(
        factors, on=["index_code", "symbol", "since"]
    )
    change, factor = (pl.col("after") / pl.col("before")).log(), pl.col("factor").log()
    material = factor.abs() >= log_of_fall(limits.material_action)
    # Names with rights, offerings or conversions are left out: splits alone do not give their number of shares.
    unfit = ratios.filter(~pl.col("otherwise") & material & ((change - factor).abs() > change.abs()))
    for (index_code,), rows in unfit.sort("index_code", "symbol").group_by("index_code", maintain_order=True):
        names = [
            f"{row['symbol']} from {row['before']:,.0f} to {row['after']:,.0f}, where splits make it {row['factor']:g} times"
            for row in rows.iter_rows(named=True)
        ]
        found = counted(rows["symbol"].n_unique(), "name")
        says = f"{index_code}, {month.month}: the shares of {found} do not follow their splits: "
        yield Finding(AREA, "warning", str(index_code), says + limits.first_few(names))

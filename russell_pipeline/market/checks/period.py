"""Months of market data that follow each other, with as much of what came before as their checks need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import polars as pl

MONTH = pl.col("date").dt.strftime("%Y-%m").alias("month")
_MONTH_NUMBER = pl.col("date").dt.year().cast(pl.Int32) * 12 + pl.col("date").dt.month()


@dataclass(frozen=True)
class Period:
    """Months of market data that follow each other, with as much of what came before as their checks need.

    A month is checked in the same way alone and among others: nothing that is said of it depends on what the period has beside
    it and the month before.

    - `first`: the first day of the first month. Closes are expected from `begins_on` to `ends_on`: all months whole, except that
      the first and the last month of all closes begin and end with the closes themselves;
    - `closes`: date, symbol, close, currency, simulated; of these months and the one before, by date;
    - `actions`: of the same months, in file order, with the file and row of each;
    - `changed`: date, symbol, security, became; by date, the symbols that change hands. `security` is what the symbol stands for
      from then on (any other symbol stands for itself), `became` the former holder's new symbol if nobody takes the old one;
    - `fx`: date, currency, into; of these months, which currency has a rate into which of those that indexes are in;
    - `sessions`: date, is_session, holiday; every day of these months that the calendar knows;
    - `members`: index_code, symbol, valid_from, valid_to (half-open), simulated, computed; who should have a close, and whether
      an index is computed from it;
    - `uses`: index_code, currency, missing_price; for each component of a definition the currency and the policy of its index;
    - `suspensions`: symbol, suspended_on, resumed_on, stated_end, file, row; under each symbol of the name.
      `stated_end` is the end of the whole suspension, null unless a file states it;
    - `blocked`: symbol, date; closes that are missing because a file is wrong, which is reported elsewhere;
    - `share_changes`: index_code, symbol, before, after, since, until; shares by the former file of components and by one that
      comes in these months, with the days from which each holds;
    - `share_actions`: symbol, date, action, new, old; actions that change a number of shares, since the first `since`.
    """

    first: date
    begins_on: date
    ends_on: date
    closes: pl.DataFrame
    actions: pl.DataFrame
    changed: pl.DataFrame
    fx: pl.DataFrame
    sessions: pl.DataFrame
    members: pl.DataFrame
    uses: pl.DataFrame
    suspensions: pl.DataFrame
    blocked: pl.DataFrame
    share_changes: pl.DataFrame
    share_actions: pl.DataFrame

    def of_months(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of the months themselves."""
        return rows.filter(pl.col("date") >= self.first)

    @cached_property
    def present(self) -> pl.DataFrame:
        """The closes of the months themselves."""
        return self.of_months(self.closes)

    def refusing(self, members: pl.DataFrame, *unless: str) -> pl.DataFrame:
        """The members without whose price an index is refused: one has another policy on missing prices than those in `unless`.

        Members of a component that no definition uses yet are among them.
        """
        lenient = (
            self.uses.group_by("index_code").agg(lenient=pl.col("missing_price").is_in(unless).all()).filter("lenient")
        )
        return members.filter("computed").join(lenient, on="index_code", how="anti", maintain_order="left")

    @cached_property
    def moves(self) -> pl.DataFrame:
        """Each security's closes by date, with the close before, its date, and whether both are in the same currency.

        `sessions` counts the closes in a row that are the same. A month looks back to the beginning of the month before, where
        the security has closes in it, and no further.
        """
        # Sorting by number is faster than by name, and the order of the securities does not matter.
        number = pl.col("security").cast(pl.Categorical).to_physical()
        closes = self.with_security(self.closes).with_columns(number=number, month_number=_MONTH_NUMBER)
        closes = closes.sort("number", maintain_order=True).with_row_index("place")
        same = pl.col("number") == pl.col("number").shift(1)
        begins = ~same | (pl.col("month_number") != pl.col("month_number").shift(1))
        months = closes.filter(begins.fill_null(value=True)).select("place", "number", "month_number")
        follows = (pl.col("number") == pl.col("number").shift(1)) & (
            pl.col("month_number") == pl.col("month_number").shift(1) + 1
        )
        months = months.select("place", horizon=pl.when(follows).then(pl.col("place").shift(1)).otherwise("place"))
        closes = closes.join(months, on="place", how="left", maintain_order="left")
        known = pl.col("place") > pl.col("horizon")
        closes = closes.with_columns(pl.col("horizon").forward_fill()).with_columns(
            before=pl.when(known).then(pl.col("close").shift(1)),
            since=pl.when(known).then(pl.col("date").shift(1)),
            same_currency=pl.col("currency") == pl.col("currency").shift(1),
        )
        began = pl.when(~pl.col("close").eq_missing(pl.col("before"))).then("place").forward_fill()
        return closes.with_columns(sessions=1 + pl.col("place") - pl.max_horizontal(began, "horizon")).drop(
            "place", "horizon", "month_number"
        )

    def with_security(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the `security` of their symbol on their date, and its last change: `became` and the day `changed_on`."""
        changed = self.changed.with_columns(changed_on="date")
        rows = rows.sort("date", maintain_order=True).join_asof(changed, on="date", by="symbol", check_sortedness=False)
        return rows.with_columns(pl.coalesce("security", "symbol").alias("security"))


def by_month(rows: pl.DataFrame, *columns: str) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each month of their `date`, in order; `columns` divide them further, in the order of the rows."""
    for (month, *_), found in rows.group_by(MONTH, *columns, maintain_order=True):
        yield str(month), found


def within(day: pl.Expr, first: str, end: str) -> pl.Expr:
    """Whether days are in the half-open spans that two columns give; a null end is open."""
    return (pl.col(first) <= day) & (day < pl.col(end).fill_null(date.max))

"""The security behind each symbol and day in the tables of a lake."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import cached_property

import polars as pl

from russell_pipeline.lake.store import Lake
from russell_pipeline.market.checks.months import end, first_day
from russell_pipeline.market.spelling import side_by_side
from russell_pipeline.membership.identity import KeyChange, SymbolPeriod, SymbolSpan, symbol_spans
from russell_pipeline.membership.symbols import SEPARATORS, symbol_keys

_HELD = {"key": pl.String, "since": pl.Date, "until": pl.Date, "security_id": pl.String}
_KEYED = {"symbol": pl.String, "key": pl.String}


class SecurityIds:
    """The ids of the securities that symbols stand for: the one rule for `weights`, `closes` and all else that has symbols.

    A symbol names the security that has it on the day asked for: by the table `symbols`, else by the changes of symbols, else the
    symbol without separators is the id. A simulated symbol is never the security that documents know by it: simulated rows follow
    the changes alone.
    """

    def __init__(self, symbols: pl.DataFrame, symbol_changes: pl.DataFrame) -> None:
        self._symbols, self._changes = symbols, symbol_changes

    @classmethod
    def of_lake(cls, lake: Lake) -> SecurityIds:
        """By the tables of a lake."""
        return cls(lake.read("symbols"), lake.read("symbol_changes"))

    def of(
        self,
        rows: pl.DataFrame,
        day: str,
        symbol: str = "symbol",
        within: Collection[str] = (),
        apart: Collection[str] = frozenset(),
    ) -> pl.Series:
        """The `security_id` of each row, by its symbol on its day; `simulated` rows as such, if there is such a column.

        Spellings of one symbol are one security, unless they stand side by side on a day in rows alike in `within`, such as
        those of one file, or their keys are in `apart`.
        """
        symbols = rows[symbol].unique()
        keys = self.keys(symbols)
        if apart or len(set(keys.values())) < len(keys):
            alike = rows.select(pl.col(symbol).alias("symbol"), day, *within)
            proven = {*self._apart, *apart, *side_by_side(alike, day, *within)}
            keys = dict(zip(symbols, _keys(symbols, proven), strict=True))
        found = _ids(rows, day, symbol, keys, self._exceptions)
        if "simulated" in rows.columns and rows["simulated"].any():
            simulated = _ids(rows, day, symbol, keys, self._simulated_exceptions)
            found = found.zip_with(~rows["simulated"], simulated)
        return found

    def keys(self, symbols: pl.Series) -> dict[str, str]:
        """The key of each symbol, by which spellings of it are alike."""
        return dict(zip(symbols, _keys(symbols, self._apart), strict=True))

    def exceptions(self, keys: Collection[str] | None = None) -> list[tuple[str, date | None, date | None, str]]:
        """What ids may change with: key, span and id wherever a symbol is not its own id, of some keys or of all.

        Keys whose spellings are two securities are among them, without a span: a later file may be the first to tell.
        """
        rows = pl.concat([self._exceptions, self._simulated_exceptions])
        found = (rows if keys is None else rows.filter(pl.col("key").is_in(list(keys)))).rows()
        return [*found, *((key, None, None, "side by side") for key in sorted(self._apart))]

    def of_month(self, month: str) -> list[tuple[object, ...]]:
        """What the ids of a month, YYYY-MM, follow from beyond the symbols of its rows."""
        first, after = first_day(month), end(month)
        return [one for one in self._told if (one[1] or first) < after and (one[2] or after) > first]

    @cached_property
    def _told(self) -> list[tuple[str, date | None, date | None, str]]:
        return self.exceptions()

    @cached_property
    def symbol_spans(self) -> list[SymbolSpan]:
        """Who has which symbol when, where tables name it."""
        columns = ("symbol_key", "security_id", "valid_from", "valid_to")
        return symbol_spans(map(SymbolPeriod._make, self._symbols.select(columns).iter_rows()), self.changes)

    @cached_property
    def changes(self) -> list[KeyChange]:
        """The changes of symbols by their keys."""
        rows = self._changes.sort("date", "old_symbol").select("date", "old_symbol", "new_symbol")
        old, new = (_keys(rows[name], self._apart) for name in ("old_symbol", "new_symbol"))
        return list(map(KeyChange._make, zip(rows["date"], old, new, strict=True)))

    @cached_property
    def _apart(self) -> set[str]:
        """The keys of symbols that stood side by side in a list (BFA, BF.A): of these, each spelling is a security."""
        keys = self._symbols["symbol_key"]
        return {key.replace(".", "") for key in keys if "." in key}

    @cached_property
    def _exceptions(self) -> pl.DataFrame:
        return _exceptional(self.symbol_spans)

    @cached_property
    def _simulated_exceptions(self) -> pl.DataFrame:
        return _exceptional(symbol_spans((), self.changes))


def _keys(symbols: pl.Series, apart: Collection[str]) -> pl.Series:
    plain = symbol_keys(pl.col("symbol"))
    dotted = pl.col("symbol").str.to_uppercase().str.replace_all(SEPARATORS, ".")
    key = pl.when(plain.is_in(list(apart))).then(dotted).otherwise(plain) if apart else plain
    return symbols.alias("symbol").to_frame().select(key.alias("key"))["key"]


def _exceptional(found: list[SymbolSpan]) -> pl.DataFrame:
    """The spans in which the security's id is not the key of its symbol."""
    rows = [(one.key, one.since, one.until, one.security_id) for one in found if one.security_id != one.key]
    return pl.DataFrame(rows, _HELD, orient="row")


def _ids(rows: pl.DataFrame, day: str, symbol: str, keys: dict[str, str], exceptions: pl.DataFrame) -> pl.Series:
    """The ids of rows: the key of the symbol, but for the spans in which another id holds."""
    respelled = {spelled: key for spelled, key in keys.items() if spelled != key}
    found = (rows[symbol].replace(respelled) if respelled else rows[symbol]).alias("security_id")
    special = pl.DataFrame({"symbol": [*keys], "key": [*keys.values()]}, schema_overrides=_KEYED).join(
        exceptions, on="key"
    )
    if special.is_empty():
        return found
    told = rows.select(pl.col(symbol).alias("symbol"), pl.col(day).alias("day")).with_row_index("at")
    held = (pl.col("since").is_null() | (pl.col("since") <= pl.col("day"))) & (
        pl.col("until").is_null() | (pl.col("day") < pl.col("until"))
    )
    told = told.filter(pl.col("symbol").is_in(special["symbol"].implode())).join(special, on="symbol").filter(held)
    return found.scatter(told["at"], told["security_id"]) if told.height else found

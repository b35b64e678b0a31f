"""Spells the symbols of one table as another table does: holdings have BRKB, prices BRK-B, actions BRK.B."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from russell_pipeline.membership.symbols import SEPARATORS, preferred_spelling


def spelled_as(
    known: pl.Series, rows: pl.DataFrame, *columns: str, apart: Collection[str] = frozenset()
) -> pl.DataFrame:
    """The rows with the symbols in `columns` spelled as in `known`.

    A symbol that is in `known` stays as it is. Any other takes the known spelling that differs only in the class separator, if
    there is exactly one: two that stand side by side (BFA, BF.A) are two securities, and so are those whose keys are in `apart`.

    >>> spelled_as(pl.Series(["BRK-B", "AA"]), pl.DataFrame({"symbol": ["BRKB", "AA", "X"]}), "symbol")["symbol"].to_list()
    ['BRK-B', 'AA', 'X']
    """
    if rows.is_empty():
        return rows
    for column in columns:
        others = rows[column].unique()
        others = others.filter(~others.is_in(known.implode()))
        if others.is_empty():
            continue
        same = _by_key(known.unique()).group_by("key").agg(pl.col("symbol"))
        one = same.filter(pl.col("symbol").list.len() == 1, ~pl.col("key").is_in(list(apart))).explode("symbol")
        spelled = _by_key(others).join(one, on="key", suffix="_known").select("symbol", "symbol_known")
        if not spelled.is_empty():
            rows = rows.with_columns(pl.col(column).replace(dict(spelled.iter_rows())))
    return rows


def preferred_symbols(rows: pl.DataFrame, *within: str, since: str) -> pl.Series:
    """One spelling of each symbol in `rows`, without those that stand side by side in rows alike in `within`.

    Of several spellings, the earliest by `since` counts, so that a later one changes nothing that was said before; of several as
    early, the preferred one.

    >>> rows = pl.DataFrame({"review": ["2025-03", "2025-06", "2025-06", "2025-06"], "symbol": ["BRKB", "BRK.B", "BFA", "BF.A"]})
    >>> preferred_symbols(rows, "review", since="review").to_list()
    ['BRKB']
    """
    came = rows.group_by("symbol").agg(pl.col(since).min())
    spelled = came.join(_by_key(came["symbol"]), on="symbol").filter(
        ~pl.col("key").is_in(list(side_by_side(rows, *within))), pl.col(since) == pl.col(since).min().over("key")
    )
    by_key = spelled.group_by("key").agg(pl.col("symbol"))["symbol"]
    return pl.Series([preferred_spelling(symbols) for symbols in by_key], dtype=pl.String)


def in_one_spelling(rows: pl.DataFrame, since: str, *, apart: Collection[str] = frozenset()) -> pl.DataFrame:
    """The rows with each symbol as the earliest row by `since` spells it; spellings may differ in the class separator only.

    Symbols whose keys are in `apart` stay as they are.

    >>> in_one_spelling(pl.DataFrame({"date": [2, 1, 2], "symbol": ["BRK.B", "BRK-B", "AA"]}), "date")["symbol"].to_list()
    ['BRK-B', 'BRK-B', 'AA']
    """
    several = _by_key(rows["symbol"].unique())
    several = several.filter(pl.col("key").is_duplicated(), ~pl.col("key").is_in(list(apart)))
    if several.is_empty():
        return rows
    first = rows.join(several, on="symbol").group_by("key").agg(pl.col("symbol").sort_by(since).first())
    spelled = several.join(first, on="key", suffix="_first").select("symbol", "symbol_first")
    return rows.with_columns(pl.col("symbol").replace(dict(spelled.iter_rows())))


def side_by_side(rows: pl.DataFrame, *within: str) -> frozenset[str]:
    """The keys of symbols that have two spellings in rows alike in `within`: those are two securities.

    >>> side_by_side(pl.DataFrame({"date": "2025-06-02", "symbol": ["BFA", "BF.A", "BRK.B"]}), "date")
    frozenset({'BFA'})
    """
    return frozenset(_side_by_side(rows, *within)["key"])


def spelled_twice(symbols: pl.Series) -> bool:
    """Whether any symbol has two spellings.

    >>> spelled_twice(pl.Series(["BRK-B", "BRK-B", "AA"])), spelled_twice(pl.Series(["BRK-B", "BRKB"]))
    (False, True)
    """
    return bool(_by_key(symbols.unique())["key"].is_duplicated().any())


def _side_by_side(rows: pl.DataFrame, *within: str) -> pl.DataFrame:
    several = _by_key(rows["symbol"].unique()).filter(pl.col("key").is_duplicated())
    spellings = rows.join(several, on="symbol").group_by(*within, "key").agg(pl.col("symbol").n_unique())
    return spellings.filter(pl.col("symbol") > 1).drop("symbol")


def otherwise(symbols: pl.Series, elsewhere: pl.Series) -> frozenset[str]:
    """Those of `symbols` that `elsewhere` has in another spelling.

    >>> otherwise(pl.Series(["BRKB", "AA"]), pl.Series(["BRK-B", "AA"]))
    frozenset({'BRKB'})
    """
    both = _by_key(symbols).join(_by_key(elsewhere), on="key", suffix="_elsewhere")
    return frozenset(both.filter(pl.col("symbol") != pl.col("symbol_elsewhere"))["symbol"])


def by_security(rows: pl.DataFrame, *within: str, apart: Collection[str] = frozenset()) -> pl.DataFrame:
    """The rows with a column `security` that is the same for all spellings of their symbol.

    It is the key, or the symbol after = where two spellings stand side by side in rows alike in `within`, or the key is in
    `apart`. `findable` gives the securities that a row of another table may be meant as.

    >>> rows = pl.DataFrame({"index": ["H", "O", "O"], "symbol": ["BFA", "BFA", "BF.A"]})
    >>> by_security(rows, "index")["security"].to_list()
    ['BFA', '=BFA', '=BF.A']
    """
    key = pl.col("symbol").str.replace_all(SEPARATORS, "")
    both = _side_by_side(rows, *within).with_columns(both=pl.lit(value=True))
    keyed = rows.with_columns(key=key).join(
        both, on=[*within, "key"], how="left", maintain_order="left", nulls_equal=True
    )
    stands = pl.col("both").fill_null(value=False) | pl.col("key").is_in(list(apart))
    security = pl.when(stands).then("=" + pl.col("symbol")).otherwise("key")
    return keyed.with_columns(security=security).drop("key", "both")


def findable(rows: pl.DataFrame, apart: Collection[str] = frozenset()) -> pl.DataFrame:
    """The rows with each `security` that they may be meant as: their symbol alone, and its key unless that is in `apart`.

    >>> findable(pl.DataFrame({"symbol": ["BF-A"]}))["security"].to_list()
    ['=BF-A', 'BFA']
    """
    key = pl.col("symbol").str.replace_all(SEPARATORS, "")
    alone = rows.with_columns(security="=" + pl.col("symbol"))
    return pl.concat([alone, rows.with_columns(security=key).filter(~key.is_in(list(apart)))])


def one_spelling(rows: pl.DataFrame, apart: Collection[str], *columns: str) -> pl.DataFrame:
    """The rows with the symbols in `columns` without separators, to compare tables; those with keys in `apart` keep theirs.

    >>> rows = pl.DataFrame({"symbol": ["BRK-B", "BF.A", "BFA"]})
    >>> one_spelling(rows, {"BFA"}, "symbol")["symbol"].to_list()
    ['BRKB', 'BF.A', 'BFA']
    """
    names = pl.col(columns)
    key = names.str.replace_all(SEPARATORS, "")
    return rows.with_columns(
        pl.when(key.is_in(list(apart))).then(names.str.replace_all(SEPARATORS, ".")).otherwise(key)
    )


def _by_key(symbols: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"symbol": symbols, "key": symbols.str.replace_all(SEPARATORS, "")})

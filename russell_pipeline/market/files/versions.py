"""A new version of a supplied file beside the last good one: which rows it no longer gives, and whether it is damaged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import polars as pl

from russell_pipeline.market.files.model import SKIPPED, Kind, Supplied
from russell_pipeline.wording import counted

_PLACE = "place"


def removed_rows(kind: Kind, former: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a former version whose key the rows of the new one no longer give.

    Of a key with several rows, such as two dividends of a day, as many as the new version has fewer.
    """
    if rows.is_empty() or former.is_empty():
        return former
    value_columns = list(kind.columns)
    left = former.join(rows, on=[*value_columns, "file"], how="anti", nulls_equal=True, maintain_order="left")
    for key in kind.keys:
        left = _fewer(key, left, former, rows, value_columns)
    return left


def _fewer(
    key: Sequence[pl.Expr], left: pl.DataFrame, former: pl.DataFrame, rows: pl.DataFrame, value_columns: Sequence[str]
) -> pl.DataFrame:
    names, parts = _parts(key)
    had, has = (frame.unique([*value_columns, "file"]).group_by(parts).len() for frame in (former, rows))
    fewer = had.join(has, on=names, how="left", nulls_equal=True, suffix=" now").with_columns(
        fewer=pl.col("len").cast(pl.Int64) - pl.col("len now").fill_null(0)
    )
    placed = left.with_columns(parts).with_columns(pl.int_range(pl.len()).over(names).alias(_PLACE))
    met = placed.join(fewer.select(*names, "fewer"), on=names, how="left", nulls_equal=True, maintain_order="left")
    return met.filter(pl.col(_PLACE) < pl.col("fewer")).select(left.columns)


def _parts(key: Sequence[pl.Expr]) -> tuple[list[str], list[pl.Expr]]:
    names = [f"key {place}" for place in range(len(key))]
    return names, [part.alias(name) for name, part in zip(names, key, strict=True)]


def truncated_row(kind: Kind, former: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The last row of a file that ends within a line, if every value that differs from the former one is a beginning of it."""
    last = rows.filter(pl.col("row") == pl.col("row").max())
    names, parts = _parts(kind.keys[0])
    same = former.with_columns(parts).join(last.select(parts), on=names, nulls_equal=True)
    if same.height != 1 or last.height != 1:
        return rows.clear()
    was, now = same.row(0, named=True), last.row(0, named=True)
    pairs = [(was[name], now[name]) for name in kind.columns if was[name] != now[name]]
    return last if pairs and all(_begins(old, new) for old, new in pairs) else rows.clear()


def _begins(old: object, new: object) -> bool:
    """Whether a value is what is left of another one when its line is cut."""
    return old is not None and (new is None or _digits(old).startswith(_digits(new)))


def _digits(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def damage(supplied: Supplied, rows: pl.DataFrame, removed: pl.DataFrame, former: int) -> str | None:
    """Why a version that no longer gives the rows `removed` of the `former` ones is no edit of a person; None if it may be one.

    `rows` are its good rows. A version is damaged if it is refused, has rows that were set aside or none at all, is cut short,
    or has lost more than half of its rows; of a file that people edit by hand, others may have taken their places.
    """
    aside = supplied.rejected.filter(pl.col("rule") != SKIPPED)
    if supplied.refused:
        return supplied.refused
    if not aside.is_empty():
        return "; ".join(_reasons(aside))
    if rows.is_empty():
        return f"{supplied.file} has no rows any more"
    last = int(rows["row"].max())  # type: ignore[arg-type]
    if (removed["row"] > last).all() and rows.height + removed.height == former:
        return f"{supplied.file} is cut short: it ends at row {last}, and {counted(removed.height, 'row')} followed"
    replaced = supplied.kind.by_hand and rows.height >= former
    if 2 * removed.height > former and not replaced:
        return f"{supplied.file} has lost {removed.height:,} of {former:,} rows"
    return None


def _reasons(aside: pl.DataFrame) -> Iterator[str]:
    """Why rows were set aside: of each rule the sentence of its first row, and how many more rows break it."""
    for of_rule in aside.partition_by("rule", maintain_order=True):
        more = of_rule["row"].n_unique() - 1
        yield str(of_rule["sentence"][0]) + (f" (and {counted(more, 'more row')} for this reason)" if more > 0 else "")


def rejected_former(kind: Kind, rejected: pl.DataFrame, former: pl.DataFrame) -> pl.Series:
    """Which rows of `Rejected` are former rows that can no longer be read: for each there is a row in `former` that stays.

    It is the row of the same line, or one of the same subject and day so far as these can be read. Of more such rows than stay,
    the last ones are new.
    """
    names = pl.concat_list(kind.subjects) if kind.subjects else pl.lit([], pl.List(pl.String))
    stays = former.select(
        "row", names.alias("subjects"), pl.col(kind.day) if kind.day else pl.lit(None, pl.Date)
    ).rows()
    by_line = {row: place for place, (row, *_) in enumerate(stays)}
    free = dict.fromkeys(range(len(stays)))
    by_key: dict[object, list[int]] = defaultdict(list)
    for place, (_, subjects, day) in reversed([*enumerate(stays)]):
        for key in ((), tuple(subjects), (*subjects, day)):
            by_key[key].append(place)
    met: dict[int | None, bool] = {}
    unreadable = {*rejected.filter(pl.col("rule").str.extract(r"^([^|]+)\|").is_in([*kind.subjects]))["row"]}
    for row, subjects, day in rejected.select("row", "subjects", "day").unique("row", maintain_order=True).iter_rows():
        place = by_line.get(row, -1)
        if place not in free or not (row in unreadable or all(map(str.startswith, stays[place][1], subjects))):
            places = by_key[(*subjects, day) if subjects and day else tuple(subjects)]
            while places and places[-1] not in free:
                places.pop()
            place = places[-1] if places else -1
        met[row] = place in free
        free.pop(place, None)
    return rejected["row"].replace_strict(met, return_dtype=pl.Boolean) if met else pl.Series(dtype=pl.Boolean)

"""Merges files of one kind into one set of rows. Equal rows become one; contradictions block their key until somebody decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import dataframely as dy
import polars as pl

from russell_pipeline.findings import Finding
from russell_pipeline.market.files.model import AREA, PROVENANCE, Blocks, Kind
from russell_pipeline.ordering import ordered

_ABSENT = "no such row"
_PLACE = "place"  # of a row among all
_DOUBLED = pl.DataFrame(schema={"file": pl.String, "row": pl.Int64, "key": pl.String, "sentence": pl.String})
Key = tuple[pl.Expr, ...]


class Conflicts(dy.Schema):
    """The sides of every conflict: two or more files, or rows of one file, that give different values for one key."""

    key = dy.String(description="Kind and key, as an override names it: `closes 2024-01-02 AAPL`")
    file = dy.String(description="File of this side")
    row = dy.Int64(
        description="Line of the file; null where the file has no such row and thereby contradicts", nullable=True
    )
    values = dy.String(description="What this side says")
    sentence = dy.String(description="The conflict with all its sides in one sentence")
    blocks = dy.String(description="What cannot be trusted", check={"known": lambda column: column.is_in([*Blocks])})
    subjects = dy.List(dy.String(), description="Symbols or currencies that are blocked")
    day = dy.Date(description="Day that is blocked; null means any day", nullable=True)


@dataclass(frozen=True, slots=True)
class Settled:
    """Rows without contradictions, and the open conflicts (columns of `Conflicts`), whose keys have no rows.

    `repeated` counts the rows dropped because another row says the same. `doubled` are those among them (file, row, key,
    sentence) that one file has twice although it may have two for a key: a person should check whether two were meant.
    """

    rows: pl.DataFrame
    conflicts: pl.DataFrame
    repeated: int
    notes: tuple[Finding, ...]
    doubled: pl.DataFrame


def settle(kind: Kind, frames: Iterable[pl.DataFrame], overrides: pl.DataFrame | None = None) -> Settled:
    """Merge the rows of several files of one kind; the result is in order of file name, then row.

    Rows that are equal except for their place become one, that of the first file by name; identifiers that only one of
    them has are kept. Rows that differ for one key are a conflict:
    all sides are reported and none is taken. For `whole` kinds, a row that only one of two files for the same thing has
    is a conflict too. Of `several` rows one file may have more than one for a key; these conflict only if no file has every row
    that any file has.

    `overrides` are settled rows of the kind `overrides`. One with the subject `value` and the key of a conflict settles it, by
    naming the file that is right (FILE:ROW if a file contradicts itself).
    """
    rows = ordered(pl.concat([kind.schema.create_empty(), *frames]), ("file", "row"))
    decisions = _decisions(kind, overrides)
    # Rows that share no key with another row contradict nothing, unless two files are of one thing and one of them lacks a row.
    in_question = pl.any_horizontal(*map(_is_shared, kind.keys))
    if kind.whole:
        in_question |= pl.col("file").n_unique().over(kind.keys[0][0]) > 1
    if not rows.select(in_question.any()).item():
        unused = tuple(_unused_decisions(kind, decisions, Conflicts.create_empty().with_columns(decided=True)))
        return Settled(rows, Conflicts.create_empty(), 0, unused, _DOUBLED.clone())
    everything = rows.with_row_index(_PLACE)
    value_columns = [name for name in everything.columns if name not in (*PROVENANCE, *kind.identifiers, _PLACE)]
    identified = [name for name in kind.identifiers if everything[name].null_count() < everything.height]
    if identified:
        any_identified = pl.col(identified).drop_nulls().first().over([*kind.keys[0], *value_columns])
        everything = everything.with_columns(pl.col(identified).fill_null(any_identified))
    several = everything.filter(in_question)
    sides = pl.concat([_sides(kind, key, several, value_columns) for key in kind.keys])
    sides = sides.join(decisions, on="key", how="left", maintain_order="left").with_columns(
        right=pl.col("decision").is_in(pl.concat_list("file", pl.format("{}:{}", "file", "row"))).fill_null(False)
    )
    # A decision for a file that contradicts itself decides nothing.
    decided = pl.col("values").filter(pl.col("right")).n_unique().over("key")
    sides = sides.with_columns(decided=(decided == 1) | (pl.col("several") & (decided > 1)))

    dropped = sides.filter(~(pl.col("decided") & pl.col("right")))
    keyed, names = _keyed(_without(several, dropped), kind.keys[0])
    shared, first = _shared(keyed, names, value_columns)
    repeated = _without(shared, first)
    taken = _without(everything, pl.concat([dropped.select(_PLACE), repeated.select(_PLACE)])).drop(_PLACE)
    undecided = _in_words(kind, sides.filter(~pl.col("decided")))
    notes = tuple(_unused_decisions(kind, decisions, sides))
    return Settled(taken, undecided, repeated.height, notes, _doubled(kind, repeated, shared, names, value_columns))


def _is_shared(key: Key) -> pl.Expr:
    return pl.struct(part.alias(str(place)) for place, part in enumerate(key)).is_duplicated()


def _keyed(rows: pl.DataFrame, key: Key) -> tuple[pl.DataFrame, list[str]]:
    """The rows with the parts of a key as columns, and the names of these columns."""
    names = [f"key {place}" for place in range(len(key))]
    return rows.with_columns(part.alias(name) for name, part in zip(names, key, strict=True)), names


def _shared(
    keyed: pl.DataFrame, names: Sequence[str], value_columns: Sequence[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows that share their key with others, and of those that say the same, the first."""
    rows = keyed.filter(pl.struct(names).is_duplicated())
    return rows, rows.unique([*names, *value_columns], keep="first", maintain_order=True)


def _without(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    return rows if others.is_empty() else rows.filter(~pl.col(_PLACE).is_in(others[_PLACE].drop_nulls().implode()))


def _sides(kind: Kind, key: Key, rows: pl.DataFrame, value_columns: Sequence[str]) -> pl.DataFrame:
    """All rows of keys with several values, and the files that lack such a key: key, file, row, values, and what they block."""
    keyed, names = _keyed(rows, key)
    _, different = _shared(keyed, names, value_columns)
    contested = different.filter(pl.struct(names).is_duplicated())
    if kind.several is not None:
        contested = contested.join(
            _agreed(kind.several, keyed, names, value_columns), on=names, how="anti", nulls_equal=True
        )
    absent = _absent(keyed, names) if kind.whole else contested.clear()
    contested = pl.concat([contested.select(names), absent.select(names)]).unique()
    text = pl.concat_str([pl.lit(kind.name), *names], separator=" ", ignore_nulls=True).alias("key")
    values = pl.concat_str(
        [pl.format("{} {}", pl.lit(name), name) for name in value_columns], separator=", ", ignore_nulls=True
    )
    subjects = pl.concat_list(kind.subjects) if kind.subjects else pl.lit([], pl.List(pl.String))
    there = keyed.join(contested, on=names, how="semi", nulls_equal=True).select(
        _PLACE,
        text,
        "file",
        "row",
        values.alias("values"),
        subjects.alias("subjects"),
        (pl.col(kind.day) if kind.day else pl.lit(None, pl.Date)).alias("day"),
        several=pl.lit(False) if kind.several is None else kind.several,
    )
    missing = absent.select(
        text,
        "file",
        pl.lit(_ABSENT).alias("values"),
        pl.lit([], there.schema["subjects"]).alias("subjects"),
        several=False,
    )
    return pl.concat([there, missing], how="diagonal")


def _agreed(several: pl.Expr, keyed: pl.DataFrame, names: Sequence[str], value_columns: Sequence[str]) -> pl.DataFrame:
    """The keys of `several` rows for which one file has every row that any file has."""
    rows = keyed.filter(several)
    in_all = rows.unique([*names, *value_columns]).group_by(names).len("in all")
    in_one = rows.unique([*names, *value_columns, "file"]).group_by(*names, "file").len("in one")
    return in_one.join(in_all, on=names, nulls_equal=True).filter(pl.col("in one") == pl.col("in all")).select(names)


def _doubled(
    kind: Kind, repeated: pl.DataFrame, shared: pl.DataFrame, names: Sequence[str], value_columns: Sequence[str]
) -> pl.DataFrame:
    """Rows that repeat another row of their own file, of kinds of which a file may have two."""
    if kind.several is None or repeated.is_empty():
        return _DOUBLED.clone()
    same = [*names, *value_columns, "file"]
    first = shared.unique(same, keep="first", maintain_order=True)
    rows = _without(repeated.filter(kind.several), first).join(
        first.select(*same, pl.col("row").alias("first")), on=same, nulls_equal=True, maintain_order="left"
    )
    key = pl.concat_str([pl.lit(kind.name), *names], separator=" ", ignore_nulls=True)
    sentence = pl.format(
        "{} row {} says what row {} says ({}) and counts once; if both are meant, say them in one row",
        "file",
        "row",
        "first",
        key,
    )
    return rows.select("file", "row", key=key, sentence=sentence)


def _absent(keyed: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The keys that a file lacks but another file for the same thing has; the first part of a key names that thing."""
    files = keyed.select(names[0], "file").unique()
    every = keyed.select(names).unique().join(files, on=names[0])
    return every.join(keyed, on=[*names, "file"], how="anti").sort(*names, "file")


def _decisions(kind: Kind, overrides: pl.DataFrame | None) -> pl.DataFrame:
    """The decisions on values of this kind: key and decision."""
    if overrides is None:
        return pl.DataFrame(schema={"key": pl.String, "decision": pl.String})
    about = (pl.col("subject") == "value") & pl.col("key").str.starts_with(f"{kind.name} ")
    return overrides.filter(about).select("key", "decision")


def _in_words(kind: Kind, sides: pl.DataFrame) -> pl.DataFrame:
    """The sides of open conflicts as rows of `Conflicts`."""
    place = pl.when(pl.col("row").is_null()).then("file").otherwise(pl.format("{} row {}", "file", "row"))
    side = pl.format("{} has {}", place, pl.col("values"))
    sentence = pl.format(
        "{}: {}; remove one or decide in overrides with this key", "key", side.str.join("; ").over("key")
    )
    return sides.sort("key", "file", "row", maintain_order=True).select(
        "key",
        "file",
        "row",
        "values",
        sentence.alias("sentence"),
        pl.lit(kind.blocks.value).alias("blocks"),
        "subjects",
        "day",
    )


def _unused_decisions(kind: Kind, decisions: pl.DataFrame, sides: pl.DataFrame) -> Iterator[Finding]:
    """Findings on decisions that settle nothing."""
    if decisions.is_empty():
        return
    settled = sides.filter("decided")["key"].unique()
    for key, decision in decisions.filter(~pl.col("key").is_in(settled.implode())).sort("key").iter_rows():
        if key in sides["key"]:
            says = f"the override for {key} names {decision}, which is no side of that conflict or contradicts itself"
            yield Finding(AREA, "warning", key, says)
        else:
            yield Finding(
                AREA, "info", key, f"the override for {key} decides nothing: {kind.name} have no such conflict"
            )

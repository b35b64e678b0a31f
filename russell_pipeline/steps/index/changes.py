"""The changes of the market since levels were published: which an index rests on, in groups, and the lake as it was before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from russell_pipeline.lake.former_names import former_columns, in_present_names
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.checks.corrections import identity
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.membership.symbols import symbol_keys
from russell_pipeline.ordering import ordered
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.wording import counted

# The kinds of files that levels follow from, in the order in which their changes are applied, with what a group is called.
BEHIND_LEVELS = {
    "symbol_changes": ("symbol change", "symbol changes"),
    "suspensions": ("suspension", "suspensions"),
    "components": ("component", "components"),
    "actions": ("action", "actions"),
    "fx": ("rate", "rates"),
    "closes": ("close", "closes"),
}
# Each group costs a computation of every year that it moves.
_GROUPS = 10
_GROUPED_BY = (("kind", "file", "alone"), ("kind", "verb", "file"), ("kind", "verb"), ("kind",))
# The column with the day from which on a row moves levels, where rows have one.
_DAY = {kind: day for kind in BEHIND_LEVELS if (day := KINDS[kind].dated_by)}
# Before the close of a cut-off, prices of names that are suspended then matter for a year.
_LOOKS_BACK = 1


class Group(NamedTuple):
    """Changes that are applied together, and what they are called as the cause of a restatement."""

    cause: str
    changes: pl.DataFrame


def came_late(lake: Lake) -> Mapping[str, pl.Expr]:
    """By kind of file, the rows of its table that levels published so far should have had, were they there already."""
    runs = lake.read("index_runs").drop_nulls("last_session")
    if runs.is_empty():
        return {}
    last: date = runs["last_session"].max()  # type: ignore[assignment]
    late = {kind: pl.col(day) <= last for kind, day in _DAY.items()}
    target = pl.col("effective_review")
    late["components"] = target <= pl.lit(str(last)).str.slice(0, target.str.len_chars())
    # Closes of other names may go back for decades, and move nothing.
    held = (lake.read(name, columns=["symbol"])["symbol"] for name in ("weights", "index_states"))
    names = Families(lake).of(_keys(held))
    first = date(min(runs["year"]) - _LOOKS_BACK, 1, 1)
    late["closes"] &= (pl.col("date") >= first) & symbol_keys(pl.col("symbol")).is_in(sorted(names))
    return late


def changes_since(lake: Lake, corrections: int | None) -> pl.DataFrame:
    """The rows of `market_corrections` that may move levels, after the first so many (None: after none)."""
    told = pl.any_horizontal(pl.col("former_row", "new_row").is_not_null())
    rows = lake.read("market_corrections").filter(told, pl.col("kind").is_in([*BEHIND_LEVELS]))
    return rows.filter(pl.col("ordinal") > (corrections or 0))


def bearing_on(lake: Lake, changes: pl.DataFrame, code: str, components: Collection[str]) -> pl.DataFrame:
    """The changes that an index may rest on: of what its components hold or held, under any symbol, and of rates."""
    if changes.is_empty():
        return changes
    row = pl.coalesce("former_row", "new_row")
    told = changes.with_columns(
        component=row.str.json_path_match("$.index_code"),
        other=pl.coalesce(row.str.json_path_match("$.new_symbol"), row.str.json_path_match("$.to_symbol")),
    )
    own = [
        lake.read("components").filter(pl.col("index_code").is_in(list(components)))["symbol"],
        *(lake.read(name).filter(index_code=code)["symbol"] for name in ("weights", "index_states")),
        told.filter(pl.col("component").is_in(list(components)))["symbol"],
    ]
    pairs = told.drop_nulls("other").select(symbol_keys(pl.col("symbol", "other"))).rows()
    families = Families(lake, pairs)
    names = sorted(families.of(_keys(own)))
    held = symbol_keys(pl.col("symbol")).is_in(names) | symbol_keys(pl.col("other")).is_in(names).fill_null(value=False)
    of_components = pl.col("component").is_in(list(components))
    rests = pl.when(kind="components").then(of_components).when(kind="fx").then(statement=True).otherwise(held)
    told = told.filter(rests).with_columns(name=families.head(symbol_keys(pl.col("symbol"))))
    weighed = (
        lake.read("weights").filter(index_code=code).with_columns(name=families.head(symbol_keys(pl.col("symbol"))))
    )
    return told.join(_idle(told, weighed), on="ordinal", how="anti", maintain_order="left").select(changes.columns)


def _idle(changes: pl.DataFrame, weighed: pl.DataFrame) -> pl.DataFrame:
    """The changes of closes of weighed names on days on which the index does not hold them; `name` is that of the family."""
    reviews = weighed.select("implemented_on").unique().sort("implemented_on")
    reviews = reviews.with_columns(until=pl.col("implemented_on").shift(-1).fill_null(date.max))
    # Held from one review to the next, and weighed at the cut-off: at the close of that day or, if suspended, the last before.
    spans = weighed.join(reviews, on="implemented_on").select(
        "name", "until", since=pl.min_horizontal("cutoff_on", "price_on", "implemented_on")
    )
    closes = changes.filter(kind="closes").select("ordinal", "name", "day").join(spans, on="name")
    used = pl.col("day").is_between("since", "until")
    return closes.group_by("ordinal").agg(used.any().alias("used")).filter(~pl.col("used")).select("ordinal")


class Families:
    """Symbols that belong together: those that one security had, or came to by a corporate action, in any spelling."""

    def __init__(self, lake: Lake, pairs: Iterable[tuple[str, str]] = ()) -> None:
        """The families by the symbol changes and actions of a lake, and by further pairs of keys."""
        renamed = lake.read("symbol_changes").select(symbol_keys(pl.col("old_symbol", "new_symbol")))
        became = lake.read("actions", columns=["symbol", "to_symbol"]).drop_nulls().select(symbol_keys(pl.all()))
        self._of: dict[str, set[str]] = {}
        for one, other in {*renamed.iter_rows(), *became.iter_rows(), *pairs}:
            family = self._of.get(one, {one}) | self._of.get(other, {other})
            self._of.update(dict.fromkeys(family, family))

    def of(self, names: Iterable[str]) -> set[str]:
        """The keys of names and of all in their families."""
        return set[str]().union(*(self._of.get(name, {name}) for name in names))

    def head(self, names: pl.Expr) -> pl.Expr:
        """One key for all names of a family."""
        return names.replace({name: min(family) for name, family in self._of.items()})


def groups(changes: pl.DataFrame) -> list[Group]:
    """Changes as at most ten groups in the order in which they are applied: by kind of file, then by day.

    A change stands alone where there is room; else those of one file, or of one kind, are one group. Several changes of one
    value are one, and a value that changed back has not changed.
    """
    net = changes.group_by("kind", "key", maintain_order=True).agg(
        pl.col("day").first(),
        file=pl.coalesce("new_file", "former_file").last(),
        former=pl.col("former").first(),
        new=pl.col("new").last(),
        several=pl.col("former").drop_nulls().n_unique() + pl.col("new").drop_nulls().n_unique() > 2,
    )
    verb = (
        pl.when(pl.col("former").is_null())
        .then(pl.lit("added"))
        .when(pl.col("new").is_null())
        .then(pl.lit("withdrawn"))
    )
    order = pl.col("kind").replace_strict({kind: place for place, kind in enumerate(BEHIND_LEVELS)})
    net = (
        net.filter(pl.col("former").ne_missing(pl.col("new")) | pl.col("several"))
        .with_columns(verb.otherwise(pl.lit("corrected")).alias("verb"))
        # Names that come to a file of components or leave it do so together: half a file is no basket.
        .with_columns(alone=pl.when((pl.col("kind") != "components") | (pl.col("verb") == "corrected")).then("key"))
        .sort(order, "day", "key", nulls_last=False)
    )
    by_kind = dict.fromkeys(net["kind"].unique(maintain_order=True), 0)

    def divided() -> dict[str, list[pl.DataFrame]]:
        return {
            kind: net.filter(kind=kind).partition_by(_GROUPED_BY[level], maintain_order=True)
            for kind, level in by_kind.items()
        }

    while sum(map(len, (parts := divided()).values())) > _GROUPS:
        largest = max(
            (kind for kind in by_kind if by_kind[kind] < len(_GROUPED_BY) - 1), key=lambda kind: len(parts[kind])
        )
        by_kind[largest] += 1
    found = []
    for kind, level in by_kind.items():
        for part in parts[kind]:
            own = changes.join(part.select("kind", "key"), on=["kind", "key"], how="semi", maintain_order="left")
            found.append(Group(_called(part, level), own))
    return found


def _called(part: pl.DataFrame, level: int) -> str:
    first = part.row(0, named=True)
    verb = first["verb"] if part["verb"].n_unique() == 1 else "changed"
    if part.height == 1:
        return f"{first['verb']}: {first['key']}"
    of_file = f" of {first['file']}" if "file" in _GROUPED_BY[level] else ""
    return f"{verb}: {counted(part.height, *BEHIND_LEVELS[first['kind']])}{of_file}"


def _keys(symbols: Iterable[pl.Series]) -> Iterator[str]:
    for one in symbols:
        yield from one.unique().to_frame("symbol").select(symbol_keys(pl.col("symbol")))["symbol"]


@dataclass(frozen=True)
class LakeBefore(Lake):
    """A lake as it was before some changes of its market, for reading."""

    undone: Mapping[str, tuple[pl.DataFrame, pl.DataFrame]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, lake: Lake, changes: pl.DataFrame) -> LakeBefore:
        """The lake before these rows of `market_corrections`."""
        undone = {}
        for (kind,), rows in changes.group_by("kind"):
            former = rows.drop_nulls("former_row").select("key", says="former", row="former_row")
            new = rows.drop_nulls("new_row").select("key", says="new", row="new_row")
            # What one change brought and the next took away was neither there before nor is it now.
            back, gone = (
                one.join(other, on=["key", "says"], how="anti") for one, other in ((former, new), (new, former))
            )
            undone[str(kind)] = _decoded(str(kind), gone), _decoded(str(kind), back)
        return cls(lake.root, undone)

    def keys(self, table: str) -> list[str]:
        """The partitions of a table, with those that only the former values had."""
        there = super().keys(table)
        if table not in self.undone:
            return there
        return sorted({*there, *self.undone[table][1][str(TABLES[table].partition_by)].cast(pl.String)})

    def read(
        self,
        table: str,
        keys: Iterable[str] | None = None,
        columns: Sequence[str] | None = None,
        *,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """The rows of a table as they were before the changes."""
        if table not in self.undone:
            return super().read(table, keys, columns, where=where)
        declared, (gone, back) = TABLES[table], self.undone[table]
        keys = self.keys(table) if keys is None else list(keys)
        now = super().read(table, keys)
        stays = now.join(gone, on=identity(KINDS[table]), how="anti", nulls_equal=True, maintain_order="left")
        again = back.filter(pl.col(str(declared.partition_by)).cast(pl.String).is_in(keys))
        rows = ordered(pl.concat([stays, again]), declared.sort_by)
        return (rows if where is None else rows.filter(where)).select(columns or now.columns)


def _decoded(kind: str, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a table that corrections have as JSON, also of an earlier release, with the names of columns that it had."""
    schema = TABLES[kind].empty.schema
    if rows.is_empty():
        return TABLES[kind].empty
    written = pl.Struct({**schema, **former_columns(kind, schema)})
    return (
        in_present_names(kind, rows.select(pl.col("row").str.json_decode(written)).unnest("row"))
        .select(list(schema))
        .unique(maintain_order=True)
    )

"""The vocabulary of supplied files: kinds, what a bad row blocks, limits, and what reading a file returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import dataframely as dy
import polars as pl

from russell_pipeline.errors import Refusal
from russell_pipeline.findings import Finding

AREA = "market"
SKIPPED = "skipped"  # the rule of lines that are not shares, in a fund's holdings


class Blocks(StrEnum):
    """What cannot be trusted when a row is set aside or contradicted.

    NOTHING is for rows whose lack shows where they are needed: a member without a close, a currency without a rate. FORMER is
    for rows that an earlier version of the file gives, which count.
    """

    SYMBOL_AND_DAY = "symbol_and_day"
    CURRENCY_AND_DAY = "currency_and_day"
    SYMBOL = "symbol"  # from `day` on where there is one, else at any time
    FILE = "file"  # all that rests on the file
    NOTHING = "nothing"
    FORMER = "former"


class Provided(dy.Schema):
    """Where a row comes from. Every kind of file has these columns in addition to its own."""

    file = dy.String(description="File that holds the row, under the landing folder of its kind")
    row = dy.Int64(description="Line of the file, the header is line 1; in Parquet the row from 2", min=2)


PROVENANCE = tuple(Provided.column_names())


class Rejected(dy.Schema):
    """Rows set aside: one for each rule that a row breaks, with what cannot be trusted without it."""

    file = dy.String(description="File that holds the row")
    row = dy.Int64(
        description="Line of the file, the header is line 1; null where the whole file is refused", nullable=True
    )
    rule = dy.String(description="Rule that is broken: column|rule, or the name of a rule over several columns")
    value = dy.String(description="What the file has, cut to 80 characters", nullable=True)
    sentence = dy.String(description="File, row and reason in one sentence")
    blocks = dy.String(description="What cannot be trusted", check={"known": lambda column: column.is_in([*Blocks])})
    subjects = dy.List(
        dy.String(), description="Symbols or currencies that are blocked; empty if `blocks` is file or nothing"
    )
    day = dy.Date(description="Day that is blocked; null means any day", nullable=True)


@dataclass(frozen=True, eq=False)
class Naming:
    """What the name of a file says of all its rows, where the rows do not say it. Its last part begins with the year.

    - `words`: how such files are named: `INDEX/REVIEW and INDEX/DATE`;
    - `read`: raises Refusal, with the reason, for a name that does not say it;
    - `columns`: the columns that the table has from it, as expressions of `file`.
    """

    words: str
    read: Callable[[str], object]
    columns: Mapping[str, pl.Expr]


@dataclass(frozen=True, eq=False)
class Kind:
    """A kind of supplied file: where it lies, its columns and rules, its keys, and what a bad row of it blocks.

    - `files`: patterns below landing/, without suffix;
    - `naming`: what the names of its files say, if anything;
    - `one_of`: columns of which a file must have at least one;
    - `dated`: the column with the day of a row, by which its table is in months or years; `day` if it is left out;
    - `keys`: no two rows may agree in any of these and differ elsewhere;
    - `subjects`, `day`: the columns that name what a bad row blocks; `unnamed` is what it blocks if these cannot be read;
    - `whole`: the kind says something by what it leaves out, so that two files for the same thing must have the same rows;
    - `by_hand`: people edit it row by row, so that other rows in the place of former ones are no damage;
    - `several`: selects the rows of which one file may have more than one for a key; all of them hold, in the order of the file;
    - `sentences`: those of rules whose words depend on the row.
    """

    name: str
    schema: type[Provided]
    files: tuple[str, ...]
    keys: tuple[tuple[pl.Expr, ...], ...]
    blocks: Blocks
    unnamed: Blocks
    subjects: tuple[str, ...] = ()
    day: str | None = None
    dated: str | None = None
    naming: Naming | None = None
    one_of: tuple[str, ...] = ()
    whole: bool = False
    by_hand: bool = False
    several: pl.Expr | None = None
    sentences: Mapping[str, pl.Expr] = field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The folder of landing in which its files lie."""
        return self.files[0].partition("/")[0]

    @property
    def dated_by(self) -> str | None:
        """The column with the day of a row; None where rows have none."""
        return self.dated or self.day

    @property
    def from_name(self) -> Mapping[str, pl.Expr]:
        """The columns that its table has from the name of a file, as expressions of `file`."""
        return self.naming.columns if self.naming else {}

    def misnamed(self, name: str) -> str | None:
        """Why a file of this name, under its folder of landing, is not read; None if it is."""
        try:
            if self.naming:
                self.naming.read(name)
        except Refusal as refused:
            return f"needs another name: {refused}"
        return None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the file, without those of `Provided`."""
        return tuple(name for name in self.schema.column_names() if name not in PROVENANCE)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The columns that a file must have."""
        return tuple(name for name in self.columns if not self.metadata(name).get("optional"))

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """The columns that identify the security: what the file says of a company, not a value that an index is computed from."""
        return tuple(name for name in self.columns if self.metadata(name).get("identifier"))

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The other columns: in these two files may contradict each other, and one may be corrected."""
        return tuple(name for name in self.columns if name not in self.identifiers)

    def metadata(self, column: str) -> Mapping[str, object]:
        """What the schema says of a column besides its type."""
        return self.schema.columns()[column].metadata or {}


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that a supplied file of good faith can be. Anything beyond is refused, so that memory stays bounded."""

    file_bytes: int = 1 << 29
    rows: int = 20_000_000  # 20 years with 4,000 closes a day
    line: int = 1 << 20  # characters
    columns: int = 1_000
    footer: int = 1 << 24  # bytes of Parquet that describe columns
    rejected: int = 100_000  # rows set aside; with more the file is something else

    def check_columns(self, header: Sequence[str]) -> None:
        """Raise Refusal if a file has more columns than it may."""
        if len(header) > self.columns:
            raise Refusal(f"has more than {self.columns:,} columns")


@dataclass(frozen=True, slots=True)
class Supplied:
    """A file as read: its good rows, those set aside (columns of `Rejected`), and what was noticed.

    `rows` has the columns of the kind's schema, in the order of the file. If the file is refused as a whole, `refused` is the
    reason and there are no rows. `columns` are those of the kind that the file has; `simulated` is whether a column of that name
    says that the market is not a real one.
    """

    kind: Kind
    file: str
    rows: pl.DataFrame
    rejected: pl.DataFrame
    notes: tuple[Finding, ...] = ()
    simulated: bool = False
    columns: tuple[str, ...] = ()

    @property
    def refused(self) -> str | None:
        """Why nothing of the file counts, in a sentence; None if its rows do."""
        whole = self.rejected.filter(pl.col("row").is_null())
        return None if whole.is_empty() else str(whole["sentence"][0])

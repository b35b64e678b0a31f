"""What an adapter returns: landing files, and every line that it left out, with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import polars as pl

from russell_pipeline.errors import WrongCall

# Columns of landing files; an optional column that a source does not state is left out.
COMPONENTS = {
    "symbol": pl.String(),
    "shares": pl.Float64(),
    "free_float": pl.Float64(),
    "company_name": pl.String(),
    "currency": pl.String(),
}
CLOSES = {"date": pl.Date(), "symbol": pl.String(), "close": pl.Float64(), "currency": pl.String()}
ACTIONS = {
    "symbol": pl.String(),
    "date": pl.Date(),
    "action": pl.String(),
    "new": pl.Int64(),
    "old": pl.Int64(),
    "amount": pl.Float64(),
    "price": pl.Float64(),
    "to_symbol": pl.String(),
}

_INDEX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
Source = tuple[str, bytes]  # the name of a file as downloaded, and its bytes
Options = Mapping[str, str]


class Skipped(NamedTuple):
    """A line that became no row: the file, its number there (from 1), its text, and the reason."""

    file: str
    row: int
    text: str
    reason: str


class Remark(NamedTuple):
    """A sentence about a whole file."""

    file: str
    message: str


@dataclass
class Converted:
    """Landing files by their path under landing/, and what became no row.

    `skipped` lines do not belong in them (cash, index levels, days without a price); `unreadable` ones do, but could not be
    taken. Nothing was taken from a file in `refused`. `notes` are inferences and doubts about what was taken.
    """

    files: dict[str, pl.DataFrame] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: list[Skipped] = field(default_factory=list)
    refused: list[Remark] = field(default_factory=list)
    notes: list[Remark] = field(default_factory=list)


@dataclass(frozen=True)
class Adapter:
    """How files of one source become landing files: their converter, and its options with their meaning.

    The converter takes the files of one call. It raises WrongCall for a wrong option; whatever is wrong with a file is in its
    result.
    """

    convert: Callable[[Sequence[Source], Options], Converted]
    options: Mapping[str, str]
    required: frozenset[str] = frozenset()


def index_option(options: Options) -> str:
    """The option `index`. Raises WrongCall if it is not fit to name a folder."""
    if not _INDEX.fullmatch(options["index"]):
        raise WrongCall(f"index must be a code of letters and figures, not {options['index']!r}")
    return options["index"]


def date_option(options: Options) -> date | None:
    """The option `date`, None if it is not given. Raises WrongCall if it is not an ISO date."""
    try:
        return date.fromisoformat(options["date"]) if "date" in options else None
    except ValueError:
        raise WrongCall(f"date must be written YYYY-MM-DD, not {options['date']!r}") from None

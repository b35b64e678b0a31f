"""Columns of tables: their types, and the words that several tables share.

Every column says what it is. `unit` is that of its numbers. `copied` and `made_from` name the columns of other tables that its
values are taken from unchanged, or are computed from or chosen by: `closes.close fx.rate,quote`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypedDict, Unpack

import dataframely as dy

DOCUMENT_ID = "SHA-256 of the document's bytes, in hexadecimal"
PAGE = "Page of the document, from 1"
LINE = "Visual line of the page, from 1; in a text file the line of the file"
READING_OF_ROW = "Whether the row was read as printed, or rests on a person's decision on its line"
READINGS = ("printed", "decided")
INDEX_CODE = "Code of the index, such as R3000; for an unknown index a slug of its title; null where nothing names it"
SIMULATED = "Whether any market data behind it is simulated"


class Origins(TypedDict, total=False):
    """Where the values of a column are from."""

    copied: str
    made_from: str


def text(
    description: str,
    *,
    key: bool = False,
    nullable: bool = False,
    values: Collection[str] = (),
    **origins: Unpack[Origins],
) -> dy.String:
    """Text, of `values` alone if there are any."""
    return dy.String(
        description=description,
        primary_key=key,
        nullable=nullable,
        check={"known_value": lambda column: column.is_in(list(values))} if values else None,
        metadata=_metadata(origins, values=tuple(values)),
    )


def whole(
    description: str,
    *,
    key: bool = False,
    nullable: bool = False,
    least: int | None = None,
    unit: str | None = None,
    **origins: Unpack[Origins],
) -> dy.Int32:
    """A whole number."""
    metadata = _metadata(origins, unit=unit)
    return dy.Int32(description=description, primary_key=key, nullable=nullable, min=least, metadata=metadata)


def long(
    description: str,
    *,
    nullable: bool = False,
    min: int | None = None,  # noqa: A002
    unit: str | None = None,
    **origins: Unpack[Origins],
) -> dy.Int64:
    """A whole number that may be beyond two thousand million."""
    return dy.Int64(description=description, nullable=nullable, min=min, metadata=_metadata(origins, unit=unit))


def number(
    description: str, *, nullable: bool = False, unit: str | None = None, **origins: Unpack[Origins]
) -> dy.Float64:
    """A number, unrounded."""
    return dy.Float64(description=description, nullable=nullable, metadata=_metadata(origins, unit=unit))


def displayed(description: str, *, unit: str | None = None, **origins: Unpack[Origins]) -> dy.Decimal:
    """A number for display, rounded half up to eight decimals."""
    return dy.Decimal(24, 8, description=description, metadata=_metadata(origins, unit=unit))


def flag(description: str, *, nullable: bool = False, **origins: Unpack[Origins]) -> dy.Bool:
    """Yes or no."""
    return dy.Bool(description=description, nullable=nullable, metadata=_metadata(origins))


def day(description: str, *, key: bool = False, nullable: bool = True, **origins: Unpack[Origins]) -> dy.Date:
    """A calendar day."""
    return dy.Date(description=description, primary_key=key, nullable=nullable and not key, metadata=_metadata(origins))


def moment(description: str, *, key: bool = False, nullable: bool = False, **origins: Unpack[Origins]) -> dy.Datetime:
    """A moment in UTC."""
    return dy.Datetime(
        description=f"{description}, UTC",
        primary_key=key,
        nullable=nullable and not key,
        metadata=_metadata(origins),
    )


def items(inner: dy.Column, *, description: str, nullable: bool = False, **origins: Unpack[Origins]) -> dy.List:
    """A list of values or of records."""
    return dy.List(inner, description=description, nullable=nullable, metadata=_metadata(origins))


def _metadata(origins: Origins, **others: object) -> dict[str, Any] | None:
    """What dataframely keeps with a column beside its type; None where there is nothing to keep."""
    return {name: value for name, value in {**others, **origins}.items() if value} or None

"""The columns of supplied files: their types, ranges and patterns, each with the sentence that states its rule."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import dataframely as dy

from russell_pipeline.dates.reviews import REVIEW_MONTHS

SYMBOL = r"[A-Z0-9^][A-Z0-9.\-/^=]{0,11}"
REVIEW = rf"(?:19|2[01])[0-9]{{2}}-(?:{'|'.join(f'{month:02d}' for month in REVIEW_MONTHS)})"
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2200, 12, 31)
LARGEST = 1e18  # beyond the price of anything in units of any currency
_LONGEST_TEXT = 500  # bytes; names of companies are shorter, pages of HTML are not


def symbol(description: str, *, nullable: bool = False) -> dy.String:
    """A trading symbol."""
    must = "must be a symbol: 1 to 12 capital letters, digits and . - / ^ ="
    return _patterned(description, SYMBOL, must, nullable=nullable)


def currency(description: str, *, default: str | None = None) -> dy.String:
    """An ISO 4217 code."""
    return _patterned(
        description, "[A-Z]{3}", "must be a currency of three capital letters, such as USD", default=default
    )


def review(description: str) -> dy.String:
    """A review, YYYY-MM."""
    months = ", ".join(f"{month:02d}" for month in REVIEW_MONTHS)
    return _patterned(description, REVIEW, f"must be a review, YYYY-MM with a month of {months}")


def choice(description: str, values: Collection[str]) -> dy.String:
    """One of these words."""
    return dy.String(
        description=description,
        check={"known": lambda column: column.is_in(list(values))},
        metadata={"must": f"must be one of {', '.join(values)}", "values": tuple(values)},
    )


def text(description: str, *, nullable: bool = False, optional: bool = False) -> dy.String:
    """Any text up to 500 bytes. A file may lack an optional column."""
    return dy.String(
        description=description,
        nullable=nullable or optional,
        max_length=_LONGEST_TEXT,
        metadata={"optional": optional},
    )


def identifier(name: str) -> dy.String:
    """An identifier of a security, which a file may lack. One that is wrong is left empty and costs no row (`identifiers`)."""
    return dy.String(
        description=f"{name.upper()} of the security",
        nullable=True,
        max_length=_LONGEST_TEXT,
        metadata={"optional": True, "identifier": True},
    )


def day(description: str, *, nullable: bool = False, optional: bool = False) -> dy.Date:
    """A calendar day from 1900 to 2200. A file may lack an optional column, and its cells may be empty."""
    return dy.Date(
        description=description,
        nullable=nullable or optional,
        min=FIRST_DAY,
        max=LAST_DAY,
        metadata=_optional(optional),
    )


def number(
    description: str,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    nullable: bool = False,
    optional: bool = False,
    default: float | None = None,
    unit: str | None = None,
) -> dy.Float64:
    """A number in a range. A file may lack an optional column, and its cells may be empty."""
    return dy.Float64(
        description=description,
        nullable=nullable or optional,
        min_exclusive=above,
        min=least,
        max=most,
        metadata={**_optional(optional), **_defaulting(default), **({"unit": unit} if unit else {})},
    )


def whole(
    description: str, *, least: int, most: int, nullable: bool = False, optional: bool = False, unit: str | None = None
) -> dy.Int32:
    """A whole number in a range, with or without a decimal point. A file may lack an optional column."""
    return dy.Int32(
        description=description,
        nullable=nullable or optional,
        min=least,
        max=most,
        metadata={**_optional(optional), **({"unit": unit} if unit else {})},
    )


def flag(description: str, *, nullable: bool = False, optional: bool = False) -> dy.Bool:
    """True or false. A file may lack an optional column, and its cells may be empty."""
    return dy.Bool(description=description, nullable=nullable or optional, metadata=_optional(optional))


def must(column: Any, rule: str) -> str:
    """What a column must be by one of its rules, in words that follow its name and value: `must be above 0`.

    Raises KeyError for a rule without words.
    """
    known = {
        "nullability": "is missing",
        "number": "must be digits with a decimal point and without thousands separators, such as 1234.5",
        "whole": "must be a whole number",
        "finite": "must be a number below 1.8e308",
        "nan": "must be a number",
        "inf": "must be finite",
        "day": "must be a date that exists, written YYYY-MM-DD",
        "flag": "must be true or false",
        "max_length": f"must be no longer than {_LONGEST_TEXT} bytes",
    }
    if rule in known:
        return known[rule]
    if rule in ("min", "max", "min_exclusive"):
        return f"must be {_range(column, rule)}"
    return str(column.metadata["must"])


def _range(column: Any, rule: str) -> str:
    """The range of a column; the largest of all prices is told only where it is broken."""
    if rule == "max" and column.max == LARGEST:
        return f"at most {LARGEST:.0f}"
    if column.min_exclusive is not None:
        return f"above {column.min_exclusive}"
    return f"at least {column.min}" if column.max is None else f"from {column.min} to {column.max}"


def _patterned(
    description: str, pattern: str, must: str, *, nullable: bool = False, default: str | None = None
) -> dy.String:
    return dy.String(
        description=description,
        nullable=nullable,
        regex=f"^(?:{pattern})$",
        metadata={"must": must, **_defaulting(default)},
    )


def _optional(optional: bool) -> dict[str, Any]:
    return {"optional": True} if optional else {}


def _defaulting(default: Any) -> dict[str, Any]:
    return {} if default is None else {"optional": True, "default": default}

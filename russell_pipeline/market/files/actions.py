"""Corporate actions and the terms that each takes, as one table. The package index has what an action does to an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import polars as pl


class Term(NamedTuple):
    """What a term of an action must be, in words, and as a test of the term and the action's symbol (columns or values).

    An action may lack a term that is `optional`.
    """

    words: str
    holds: Callable[[Any, Any], Any]
    optional: bool = False


ABOVE_ZERO = Term(" above 0", lambda term, _: term > 0)
FROM_ZERO = Term(" of at least 0", lambda term, _: term >= 0)
LAST_CLOSE = Term(" of at least 0, or none for the last close", lambda term, _: term >= 0, optional=True)
SHARE = Term(" from 0 to 1", lambda term, _: (term >= 0) & (term <= 1))
OTHER_SYMBOL = Term(" other than its own symbol", lambda term, symbol: term != symbol)

TERMS = ("new", "old", "amount", "price", "to_symbol")
# The actions with the terms that each needs; it takes no others.
ACTIONS: Mapping[str, Mapping[str, Term]] = {
    "ordinary_dividend": {"amount": ABOVE_ZERO},
    "special_dividend": {"amount": ABOVE_ZERO},
    "capital_repayment": {"amount": ABOVE_ZERO},
    "split": {"new": ABOVE_ZERO, "old": ABOVE_ZERO},
    "scrip": {"new": ABOVE_ZERO, "old": ABOVE_ZERO},
    "rights": {"new": ABOVE_ZERO, "old": ABOVE_ZERO, "price": ABOVE_ZERO},
    "conversion": {"to_symbol": OTHER_SYMBOL, "new": ABOVE_ZERO, "old": ABOVE_ZERO},
    "spin_off": {"to_symbol": OTHER_SYMBOL, "new": ABOVE_ZERO, "old": ABOVE_ZERO, "price": ABOVE_ZERO},
    "shares": {"amount": FROM_ZERO},
    "free_float": {"amount": SHARE},
    "delete": {"price": LAST_CLOSE},
}


def has_its_terms() -> pl.Expr:
    """Whether an action has exactly the terms that it needs, in their ranges; true for an unknown action."""
    return pl.all_horizontal((pl.col("action") != name) | has_terms_of(name) for name in ACTIONS)


def has_terms_of(name: str) -> pl.Expr:
    """Whether a row has exactly the terms that an action of this name needs, in their ranges."""
    needed = ACTIONS[name]
    return pl.all_horizontal(
        _is_right(pl.col(term), needed[term]) if term in needed else pl.col(term).is_null() for term in TERMS
    )


def _is_right(term: pl.Expr, limits: Term) -> pl.Expr:
    return limits.holds(term, pl.col("symbol")).fill_null(limits.optional)  # type: ignore[no-any-return]


def says_its_terms() -> pl.Expr:
    """A sentence with the terms that the action of a row takes."""
    sentences = {name: _sentence(name, needed) for name, needed in ACTIONS.items()}
    return pl.col("action").replace_strict(sentences, default=None, return_dtype=pl.String)


def fault_of(name: str, symbol: str, terms: Mapping[str, object]) -> str | None:
    """What is wrong with the terms of an action, in a sentence; None if nothing is."""
    if name not in ACTIONS:
        return "no such action is known"
    needed = ACTIONS[name]
    for term, value in terms.items():
        limits = needed.get(term)
        fits = limits is not None and (limits.optional if value is None else limits.holds(value, symbol))
        if not fits and (limits is not None or value is not None):
            return _sentence(name, needed)
    return None


def _sentence(name: str, needed: Mapping[str, Term]) -> str:
    *first, last = (f"{term}{limits.words}" for term, limits in needed.items())
    return f"{name} takes {', '.join(first)}{' and ' if first else ''}{last}, and nothing else"

"""The names of the simulated market: what each takes from year to year, and how new ones and their symbols are made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from russell_pipeline.simulation import parameters
from russell_pipeline.simulation.prices import exponential, quoted

# `shares` and `free_float` are those of the index; the `true_` ones are the company's own, which reviews bring in. The last
# three say which components hold the name; R2000G holds the small names with growth.
NAME = np.dtype(
    [
        ("id", "i8"),
        ("symbol", "U4"),
        ("currency", "i8"),
        ("listed_on", "M8[D]"),
        ("level", "f8"),
        ("beta", "f8"),
        ("volatility", "f8"),
        ("dividend", "f8"),
        ("phase", "i8"),
        ("shares", "f8"),
        ("true_shares", "f8"),
        ("free_float", "f8"),
        ("true_float", "f8"),
        ("growth", "f8"),
        ("taste", "f8"),
        ("r3000", "?"),
        ("sp500", "?"),
        ("small", "?"),
    ]
)
MEMBERSHIP = ("r3000", "sp500", "small")

Names = NDArray[np.void]

# Consonants only: no symbol is a word, nor a value such as NA, NULL or TRUE.
_LETTERS = np.array(list("BCDFGHJKLMNPQRSTVWXZ"))
_LENGTH = 4
_STRIDE = 61_803  # coprime to 20 ** 4, so that each number gives a different symbol


@dataclass
class Symbols:
    """The symbols handed out so far, and those given up, with the year, which a later listing may take."""

    issued: int = 0
    retired: list[tuple[int, str]] = field(default_factory=list)

    def new(self, count: int) -> NDArray[np.str_]:
        """`count` symbols that no name ever had."""
        numbers = np.arange(self.issued, self.issued + count) * _STRIDE % len(_LETTERS) ** _LENGTH
        self.issued += count
        digits = numbers[:, None] // len(_LETTERS) ** np.arange(_LENGTH - 1, -1, -1) % len(_LETTERS)
        return np.ascontiguousarray(_LETTERS[digits]).view(f"U{_LENGTH}").reshape(count)

    def reused(self, year: int, count: int) -> list[str]:
        """At most `count` symbols that were given up two or more years before."""
        free = [one for one in self.retired if one[0] <= year - 2][:count]
        self.retired = [one for one in self.retired if one not in free]
        return [symbol for _, symbol in free]


def new_names(
    count: int, foreign: float, rates: NDArray[np.float64], symbols: Symbols, rng: np.random.Generator
) -> Names:
    """New names with their own capitalisation, price, shares and character, in no component. Their ids are still to be set."""
    names = np.zeros(count, NAME)
    names["symbol"] = symbols.new(count)
    other = rng.integers(1, len(parameters.CURRENCIES), count)
    names["currency"] = np.where(rng.random(count) < foreign, other, 0)
    capitalisation = 2e9 * exponential(1.9 * rng.standard_normal(count).clip(-3.2, 3.8))
    price = 40 * exponential(0.8 * rng.standard_normal(count).clip(-3, 3))
    names["level"] = quoted(price / rates[names["currency"]])
    names["shares"] = names["true_shares"] = np.maximum(np.round(capitalisation / price, -3), 1000.0)
    names["beta"] = 0.4 + 1.2 * rng.random(count)
    names["volatility"] = 0.01 + 0.02 * rng.random(count)
    names["dividend"] = np.where(rng.random(count) < parameters.PAYERS, 0.0025 + 0.01 * rng.random(count), 0.0)
    names["phase"] = rng.integers(1, 60, count)
    closely_held = rng.random(count) < 0.7
    names["free_float"] = np.where(closely_held, np.round(0.1 + 0.9 * rng.random(count), 4), 1.0)
    names["true_float"] = names["free_float"]
    names["growth"] = growth(count, rng)
    names["taste"] = exponential(0.55 * rng.standard_normal(count))
    return names


def growth(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Growth probabilities; about a third of the names each are wholly value, wholly growth, or in between."""
    return np.round((3 * rng.random(count) - 1).clip(0, 1), 4)

"""Prices and rates: one-factor log-normal returns, quoted as on an exchange. The arithmetic is reproducible to the bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DRIFT, _MARKET = 0.0003, 0.009  # of a session


def exponential(exponent: Floats) -> Floats:
    """e to the exponent, by additions and multiplications alone, which give the same bits on every processor.

    numpy's exp differs between processors in the last bit. The relative error is below 1e-9 for a day's return, and below 1e-4
    for exponents up to 7.
    """
    part = exponent / 1024
    power: Floats = 1 + part * (1 + part / 2)
    for _ in range(10):
        np.square(power, out=power)
    return power


def growth_factors(beta: Floats, volatility: Floats, sessions: int, scale: float, rng: np.random.Generator) -> Floats:
    """Price relatives, shape (sessions, names): the market's return times beta, and the name's own."""
    returns: Floats = rng.standard_normal((sessions, len(beta)))
    returns *= volatility
    returns += (_DRIFT + _MARKET * rng.standard_normal(sessions))[:, None] * beta
    returns *= scale
    return exponential(returns)


def quoted(price: Floats) -> Floats:
    """Prices as an exchange quotes them: in cents, below one unit with four decimals, never zero."""
    shown: Floats = np.maximum(np.round(price, 4), 0.0001)
    return np.where(price >= 1, np.round(price, 2), shown)


def rate_path(last: Floats, sessions: int, scale: float, rng: np.random.Generator) -> Floats:
    """Exchange rates with eight decimals, shape (sessions, currencies); the first column, the base currency, is 1."""
    returns = 0.005 * scale * rng.standard_normal((sessions, len(last)))
    returns[:, 0] = 0
    rates: Floats = np.multiply.accumulate(exponential(returns), axis=0) * last
    return rates.round(8)

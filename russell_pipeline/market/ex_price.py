"""What a price should be at the open of an ex-date, by the price before and the actions. Only for checks of prices."""

from __future__ import annotations

from collections.abc import Callable, Mapping

Terms = Mapping[str, float]

# METHODOLOGY.md, section 4: events at the open of the ex-date, p the previous close.
_EX: Mapping[str, Callable[[float, Terms], float]] = {
    "ordinary_dividend": lambda p, of: p - of["amount"],
    "special_dividend": lambda p, of: p - of["amount"],
    "capital_repayment": lambda p, of: p - of["amount"],
    "split": lambda p, of: p * of["old"] / of["new"],
    "scrip": lambda p, of: p / (1 + of["new"] / of["old"]),
    # rights at or above the price are not taken up
    "rights": lambda p, of: min(p, (of["old"] * p + of["new"] * of["price"]) / (of["old"] + of["new"])),
    "spin_off": lambda p, of: p - of["price"] * of["new"] / of["old"],
}
PRICED = tuple(_EX)


def ex_price(price: float, action: str, terms: Terms) -> float | None:
    """The price that follows from the one before and an action; None where it leaves nothing. Several are applied in their order.

    Actions that leave a price alone give it back.
    """
    after = _EX[action](price, terms) if action in _EX else price
    return after if after > 0 else None

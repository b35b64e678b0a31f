"""The price after a corporate action, at the open of its ex-date: the one rule that indexes and checks share."""

from __future__ import annotations

# Actions that change the price.
PRICED = ("ordinary_dividend", "special_dividend", "capital_repayment", "split", "scrip", "rights", "spin_off")


def ex_price(close: float, action: str, *, new: float, old: float, amount: float, price: float) -> float:
    """The price after an action, from the price before it and the terms of the action; apply several in their order.

    Terms that the action does not take are ignored. An action that does not change the price returns `close`. A result of 0 or
    less is not a price: the action takes all that the name was worth.
    """
    match action:
        case "ordinary_dividend" | "special_dividend" | "capital_repayment":
            return close - amount
        case "split":
            return close * old / new
        case "scrip":
            return close * old / (old + new)
        case "rights" if price < close:  # rights at or above the price are not taken up
            return (old * close + new * price) / (old + new)
        case "spin_off":
            return close - price * new / old
    return close

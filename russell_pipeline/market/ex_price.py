"""What an action makes of a price at the open of its ex-date: the one place that says so, for indexes and for checks."""

from __future__ import annotations

# Actions after which a price is another one.
PRICED = ("ordinary_dividend", "special_dividend", "capital_repayment", "split", "scrip", "rights", "spin_off")


def ex_price(close: float, action: str, *, new: float, old: float, amount: float, price: float) -> float:
    """The price that follows from the one before and the terms of an action; several are applied in their order.

    Terms that an action does not take may be anything, and one that leaves a price alone gives it back. What is not above 0 is no
    price: the action takes all there is. METHODOLOGY.md, section 4.
    """
    match action:
        case "ordinary_dividend" | "special_dividend" | "capital_repayment":
            return close - amount
        case "split":
            return close * old / new
        case "scrip":
            return close * old / (old + new)
        case "rights" if price < close:  # at or above the price they are not taken up
            return (old * close + new * price) / (old + new)
        case "spin_off":
            return close - price * new / old
    return close

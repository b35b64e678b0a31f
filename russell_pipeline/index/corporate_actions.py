"""Corporate actions: what each makes of a holding at the open of its ex-date, and whether the divisor has to absorb it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.market.ex_price import ex_price
from russell_pipeline.market.files.actions import TERMS, fault_of

DIVIDEND, DELETION = "ordinary_dividend", "delete"
# Events of the ledger that use a last close: a deletion without a price, and names without a close under `missing_price: drop`.
AT_LAST_CLOSE, DROPPED, LEFT_OUT = "delete at the last close", "drop at the last close", "left out of the review"
# These divide a value otherwise among shares, prices and names; the value stays the same.
_NEUTRAL = frozenset({"split", "scrip", "conversion", "spin_off"})


class Action(NamedTuple):
    """A corporate action, in the columns of the landing file (`ACTIONS`); terms that its kind does not take are None."""

    symbol: str
    date: date
    action: str
    new: float
    old: float
    amount: float
    price: float
    to_symbol: str

    def checked(self) -> Action:
        """The action itself. Raises IndexRefusal for one without its terms."""
        if fault := fault_of(self.action, self.symbol, dict(zip(TERMS, self[-len(TERMS) :], strict=True))):
            raise IndexRefusal(f"{self.action} of {self.symbol} on {self.date}: {fault}")
        return self


class Holding(NamedTuple):
    """A name in a basket: shares in issue, free float (0..1), weighting factor, and its last price in local currency."""

    symbol: str
    shares: float
    free_float: float
    factor: float
    close: float

    @property
    def capitalisation(self) -> float:
        """Its investable capitalisation in local currency, before the weighting factor."""
        return self.close * self.shares * self.free_float


def apply_action(action: Action, held: Holding) -> tuple[Holding, ...]:
    """The holdings after a corporate action at the open of its ex-date: the holding on new terms, then a child, if there is one.

    The weighting factor stays (policy `corporate_actions: market_cap`; Ground Rules of the 90/10, 6.1). An action without effect
    gives the holding itself. Raises IndexRefusal for an action without its terms, or that leaves no price.
    """
    close, new, old = adjusted_close(action, held.close), action.new, action.old
    match action.action:
        case "split":
            return (held._replace(close=close, shares=held.shares * new / old),)
        case "scrip":
            return (held._replace(close=close, shares=held.shares * (old + new) / old),)
        case "special_dividend" | "capital_repayment":
            return (held._replace(close=close),)
        case "rights" if action.price >= held.close:
            return (held,)
        case "rights":
            return (held._replace(close=close, shares=held.shares * (old + new) / old),)
        case "conversion":
            close = held.close * old / new
            return (held._replace(symbol=action.to_symbol, close=close, shares=held.shares * new / old),)
        case "spin_off":
            child = held._replace(symbol=action.to_symbol, close=action.price, shares=held.shares * new / old)
            return (held._replace(close=close), child)
        case "shares":
            return (held._replace(shares=action.amount),)
        case "free_float":
            return (held._replace(free_float=action.amount),)
    raise IndexRefusal(f"{action.action} of {action.symbol} on {action.date} is not applied at an open")


def old_shares_per_share(action: Action, held: Holding) -> float:
    """The old shares that one share after an action stands for; an amount paid for an old share is multiplied by it."""
    match action.action:
        case "split" | "conversion":
            return action.old / action.new
        case "scrip":
            return action.old / (action.old + action.new)
        case "rights" if action.price < held.close:
            return action.old / (action.old + action.new)
    return 1.0


def adjusted_close(action: Action, close: float) -> float:
    """The last close adjusted for an action. Raises IndexRefusal for an action without its terms, or that leaves no price."""
    action.checked()
    left = ex_price(close, action.action, new=action.new, old=action.old, amount=action.amount, price=action.price)
    if not left > 0:
        taken = f"{close - left:.6g} out of a price of {close:.6g}"
        raise IndexRefusal(f"{action.action} of {action.symbol} on {action.date} takes {taken}")
    return left


def absorbed_by_factor(action: Action, held: Holding, result: Holding) -> Holding:
    """The holding after an action that its weighting factor absorbs, so that its value is unchanged.

    Policy `corporate_actions: fixed_weight`; Ground Rules of the 90/10, 6.1. Raises IndexRefusal if nothing is left that a factor
    could scale back.
    """
    if held.capitalisation == 0:
        return result
    if result.capitalisation == 0:
        raise IndexRefusal(
            f"{action.action} of {action.symbol} on {action.date} leaves nothing that a weighting factor could bring back to "
            "its weight: under fixed_weight the name must be deleted"
        )
    return result._replace(factor=held.factor * (held.capitalisation / result.capitalisation))


def keeps_value(action: Action, held: Holding, result: Holding) -> bool:
    """Whether the market value is the same before and after, so that the divisor stays as it is, to the bit."""
    return action.action in _NEUTRAL or result == held

"""A corporate action takes nothing from what shareholders have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.market.ex_price import ex_price


@given(
    price=st.floats(1, 1000),
    new=st.integers(1, 20),
    old=st.integers(1, 20),
    part=st.floats(0, 0.9),
)
def test_what_shareholders_have_is_worth_the_same_after_an_action(
    price: float, new: int, old: int, part: float
) -> None:
    """Old shares at the price before are new shares, cash and children at the price after."""
    cash, kinds = part * price, ("split", "scrip", "rights", "special_dividend")
    after = {action: ex_price(price, action, new=new, old=old, amount=cash, price=cash) for action in kinds}
    assert after["split"] == pytest.approx(price * old / new)
    assert after["scrip"] * (old + new) == pytest.approx(price * old)
    assert after["rights"] * (old + new) == pytest.approx(price * old + cash * new)
    assert after["special_dividend"] == pytest.approx(price - cash)
    assert ex_price(price, "rights", new=new, old=old, amount=cash, price=2 * price) == price

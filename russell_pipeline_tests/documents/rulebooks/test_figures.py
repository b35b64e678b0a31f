"""Rules that ground rules state in figures: thresholds and ranks as numbers, days as rules of events, products that are wrong."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from russell_pipeline.documents.parse import parse_document
from russell_pipeline.documents.rulebooks.figures import StatedRules, stated_rules, wrong_products
from russell_pipeline_tests.conftest import real_documents
from russell_pipeline_tests.documents.rulebooks.invented import rulebook

_LINE = rulebook().split("\n").index("1.3 Its level is shown with two decimals.") + 1


def _stated(sentence: str) -> StatedRules:
    """What a clause states; its number is 1.3."""
    document = parse_document(rulebook(changed={"1.3": f"1.3 {sentence}\n", "3.1.1": "3.1.1 It is held.\n"}).encode())
    assert document.reason is None
    return stated_rules(document.lines)


@pytest.mark.parametrize(
    ("sentence", "figures"),
    [
        ("On that day its closing price must be at or above $1.00.", {"minimum_price": 1}),
        ("It must have a close price at or above USD 2.50 there.", {"minimum_price": Fraction(5, 2)}),
        ("A total market capitalization of $30 million is asked for.", {"minimum_market_cap": 30_000_000}),
        ("With a total market capitalisation less than $1.5bn it is out.", {"minimum_market_cap": 1_500_000_000}),
        ("With less than an absolute 5% of shares in free hands it is out.", {"minimum_free_float": Fraction(1, 20)}),
        ("It takes 7.5% or more of the company’s voting rights.", {"minimum_voting_rights": Fraction(3, 40)}),
        ("Changes greater than 1% in cumulative shares count.", {"shares_buffer": Fraction(1, 100)}),
        (
            "So do those greater than three percentage points for cumulative free float.",
            {"free_float_buffer": Fraction(3, 100)},
        ),
        (
            "With a free float of 15% or below a change must be greater than one percentage point.",
            {"small_free_float": Fraction(3, 20), "small_free_float_buffer": Fraction(1, 100)},
        ),
        (
            "It takes a USD one billion investable market cap change; or a 5% change in index shares AND a USD 250 million "
            "investable market cap change.",
            {"offering_value": 10**9, "offering_shares": Fraction(1, 20), "offering_value_with_shares": 250 * 10**6},
        ),
        ("It stays within a cumulative 5% market cap range.", {"band": Fraction(1, 20)}),
        ("Russell 2000 Index Companies #1,001-3,000 by size.", {"members R2000": 2000}),
        # Figures of something else.
        ("Today $9.1 trillion follow it, 99% of the market.", {}),
        ("A close price of $10.00 became $2.40, and 5% were lost.", {}),
    ],
)
def test_figures_that_are_stated(sentence: str, figures: dict[str, int | Fraction]) -> None:
    stated = _stated(sentence)
    assert {one.name: one.value for one in stated.figures} == figures
    assert {(one.place.clause, one.place.line) for one in stated.figures} <= {("1.3", _LINE)}


@pytest.mark.parametrize(
    ("sentence", "days"),
    [
        ("The rank day is the last business day of April.", [("rank_day", (6,))]),
        ("The rank date is the last business day of the first month of each quarter.", [("rank_day", (3, 6, 9, 12))]),
        ("The June review is implemented on the fourth Friday in June.", [("implementation", (6,))]),
        (
            "In March, September and December it is announced on the Friday four weeks prior to implementation, becoming "
            "effective after the close of the third Friday of the month.",
            [("announcement", (3, 9, 12)), ("implementation", (3, 9, 12))],
        ),
        ("Lock-down begins on the Monday after the first Friday prior to the June implementation.", [("lock_down", (6,))]),
        (
            "Additions and deletions are out on the fifth Friday prior to the reconstitution implementation.",
            [("preliminary_lists", (6,))],
        ),
        # No event of a review.
        ("Dividends are paid on the third Friday of March.", []),
    ],
)  # fmt: skip
def test_days_that_are_stated(sentence: str, days: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(one.event, one.months) for one in _stated(sentence).days] == days


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("so it is $1.8B * 1.0205 = $1.804", ["1.83690"]),
        ("so it is $1.8B * 1.0205 = $1.837B", []),  # rounded
        ("so it is $1.8B x 1.0205 = $1.8 billion", []),
        ("so it is $1.8B x 1.0205 = $1.9 billion", ["1.83690"]),
        ("so it is 2,000 × 3 = 6,001 shares", ["6000"]),
        ("so it is 4 + 2 * 3 = 10", []),  # more than a product
        ("so it is 5% * 30 = 1.5", []),  # of another unit
        ("so it is 1.8 * 2 = 3.60.1", []),
    ],
)
def test_products_with_a_wrong_result(text: str, products: list[str]) -> None:
    assert [product for product, _, _ in wrong_products(text)] == [Decimal(one) for one in products]


def test_published_methodology_states() -> None:
    """What the real one states in figures, with its clauses."""
    path = real_documents() / "rulebooks" / "construction-and-methodology-v6.0.pdf"
    stated = stated_rules(parse_document(path.read_bytes()).lines)
    assert stated.published == "2024-01"
    assert {(one.name, float(one.value), one.place.clause) for one in stated.figures if " " not in one.name} >= {
        ("minimum_price", 1, "5.8.1"),
        ("minimum_market_cap", 3e7, "5.9.1"),
        ("minimum_free_float", 0.05, "5.10.1"),
        ("minimum_voting_rights", 0.05, "5.15.1"),
        ("band", 0.05, "6.10.2"),
        ("microcap_band", 0.01, "6.10.3"),
        ("shares_buffer", 0.01, "9.3.3"),
        ("free_float_buffer", 0.03, "9.3.3"),
        ("small_free_float", 0.15, "9.3.3"),
    }
    assert {one.name: int(one.value) for one in stated.figures if one.name.startswith("members")} == {
        "members R3000E": 4000, "members R3000": 3000, "members R1000": 1000, "members RMIDCAP": 800,
        "members R2000": 2000, "members RMICRO": 2000,
    }  # fmt: skip
    assert [(one.product, one.place.clause, one.place.page) for one in stated.wrong_products] == [
        (Decimal("1.83690"), "Appendix F", 40)
    ]
    assert {(one.event, one.months, one.place.clause) for one in stated.days} >= {
        ("implementation", (6,), "4.2.3"),
        ("rank_day", (6,), "5.14.1"),
        ("rank_day", (3, 6, 9, 12), "6.9.1"),
        ("announcement", (3, 9, 12), "6.9.1"),
        ("implementation", (6,), "9.3.1"),
        ("lock_down", (6,), "Appendix G"),
    }

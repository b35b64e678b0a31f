"""What a simulation can be asked for, and how often things happen in it: numbers only, no behaviour.

The rates and ranges are our own. Every kind of event occurs within two years of a full-size market, rare ones more often than in
reality. They make no claim about a real market.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from russell_pipeline.errors import WrongCall

BASE_CURRENCY = "USD"
CURRENCIES = (BASE_CURRENCY, "CAD", "EUR", "GBP", "JPY")
# Units of the base currency for one unit of each currency when a simulation begins.
FIRST_RATES = (1.0, 0.74, 1.1, 1.27, 0.0072)

FIRST_YEAR = 1995
FEWEST_NAMES, MOST_NAMES = 16, 10_000

# Fraction of the names to which each happens in a year; a name has at most one of these a year.
RATES = {
    "cash_takeover": 0.02,
    "last_trade": 0.007,  # delisted at the close
    "bankruptcy": 0.005,  # removed at zero while it trades
    "suspended_to_zero": 0.004,  # suspended for 60 days and more, then removed at zero
    "holding_company": 0.007,  # converted into a new name
    "merger": 0.007,  # converted into a name that no component holds
    "split": 0.03,
    "reverse_split": 0.015,
    "scrip": 0.01,
    "special_dividend": 0.02,
    "special_and_split": 0.004,  # both on one day, in that order
    "capital_repayment": 0.007,
    "rights": 0.01,
    "spin_off": 0.01,
}
DELISTINGS = ("cash_takeover", "last_trade", "bankruptcy", "suspended_to_zero")
CONVERSIONS = ("holding_company", "merger")
SUCCEEDED = ("holding_company", "spin_off")  # these bring a new name
# These lower the price by an amount of money, so names below one unit of the base currency do not have them.
PRICED = ("special_dividend", "special_and_split", "capital_repayment", "rights", "spin_off", "merger")
# None from a price cut-off to the effective day of the review: only splits and scrip issues are applied to the cut-off price.
OUT_OF_WINDOW = ("holding_company", "merger", "rights", "spin_off")

# (new, old) of each kind, drawn with equal chances.
RATIOS = {
    "split": ((2, 1), (3, 1), (3, 2), (4, 1)),
    "reverse_split": ((1, 5), (1, 8), (1, 10), (1, 20)),
    "scrip": ((1, 20), (1, 10), (1, 4)),
    "special_and_split": ((2, 1), (3, 1)),
    "rights": ((1, 4), (1, 5), (2, 7)),
    "spin_off": ((1, 1), (1, 2), (1, 4), (3, 10)),
    "holding_company": ((1, 1), (1, 2), (3, 2)),
}
# Fraction of the previous close: what is paid out or spun off, the price of the rights, or the premium of a takeover.
PARTS = {
    "cash_takeover": (-0.01, 0.02),
    "special_dividend": (0.03, 0.15),
    "special_and_split": (0.03, 0.15),
    "capital_repayment": (0.02, 0.1),
    "rights": (0.6, 0.9),
    "spin_off": (0.1, 0.4),
}
# Names outside these prices, in the base currency, split or consolidate to come back, or are removed.
HIGH_PRICE, LOW_PRICE, WORTHLESS = 300.0, 2.0, 0.02
RETURN_CHANCE = 0.6

# Fraction in a year of the names to which none of the above happens.
SHARE_UPDATES, FLOAT_UPDATES, SUSPENSIONS, SYMBOL_CHANGES = 0.04, 0.03, 0.015, 0.015
OFFERINGS = 0.002  # at each review
SYMBOL_REUSE = 0.05  # of new listings, those under a symbol that was retired two or more years before
PAYERS = 0.45  # of ordinary dividends, four a year
LONGEST_SUSPENSION = 15  # sessions, of suspensions that end
# Sessions in 60 calendar days or more, after which a suspended name is removed (schedule of 2019, Long Term Suspended
# Stocks).
LONG_SUSPENSION = 45

# Quarterly updates are applied from these sizes on, those of a reconstitution whatever their size (cut-offs of 2022, 3.0).
SHARES_THRESHOLD, FLOAT_THRESHOLD = 0.01, 0.03
# Members of the SP500 stay while their rank is within this multiple of its size.
BUFFER = 1.2


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulated market: its days, how many names are listed at a time, and the seed.

    `foreign` is the fraction of names in currencies other than the base currency. `volatility` scales the returns of names and
    currencies: 1 is a lively market, at 0 prices move by corporate actions alone. Raises WrongCall for a parameter out of range.
    """

    first: date
    last: date
    seed: int = 1
    names: int = 4000
    foreign: float = 0.05
    volatility: float = 1.0

    def __post_init__(self) -> None:
        if not date(FIRST_YEAR, 1, 1) <= self.first <= self.last:
            raise WrongCall(f"first {self.first} and last {self.last}: needed {FIRST_YEAR}-01-01 <= first <= last")
        if not FEWEST_NAMES <= self.names <= MOST_NAMES:
            raise WrongCall(f"names {self.names}: needed {FEWEST_NAMES} to {MOST_NAMES}")
        if not 0 <= self.foreign <= 1:
            raise WrongCall(f"foreign {self.foreign}: needed 0 to 1")
        if not 0 <= self.volatility <= 3:
            raise WrongCall(f"volatility {self.volatility}: needed 0 to 3")
        if self.seed < 0:
            raise WrongCall(f"seed {self.seed}: needed 0 or more")

    @property
    def r3000(self) -> int:
        """The number of members of the R3000 after a reconstitution. A small market has fewer, as in all indexes."""
        return min(3000, self.names * 3 // 4)

    @property
    def r1000(self) -> int:
        """The number of members of the R1000 after a reconstitution."""
        return min(1000, self.names // 4)

    @property
    def sp500(self) -> int:
        """The number of names of a large-cap index of another provider."""
        return min(500, self.names // 8)

"""One declaration for each kind of supplied file: columns, rules, keys, and what a bad row of it blocks.

The tables of the market take their columns and their descriptions from here.
"""

from __future__ import annotations

import re
from datetime import date
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

import dataframely as dy
import polars as pl

from russell_pipeline.errors import Refusal
from russell_pipeline.market.files import columns as of
from russell_pipeline.market.files.actions import ACTIONS, has_its_terms, says_its_terms
from russell_pipeline.market.files.model import Blocks, Kind, Naming, Provided

SUFFIXES = (".csv", ".parquet")
_USD = "USD"
_OF_THE_LINE = "the line's currency"


class Components(Provided):
    """What a component index holds after the implementation of a review, or after the close of a day."""

    symbol = of.symbol("Symbol of the member")
    shares = of.number("Shares in issue", least=0)
    free_float = of.number("Free float: fraction of the shares in issue that can be bought, 0 to 1", least=0, most=1)
    style_weight = of.number("Fraction of the company that is in a style index, 0 to 1", least=0, most=1, default=1.0)
    company_name = of.text("Name of the company", nullable=True, optional=True)
    currency = of.currency("Currency of the security", default="USD")
    cusip = of.identifier("cusip")
    isin = of.identifier("isin")
    figi = of.identifier("figi")
    permno = of.identifier("permno")


class Closes(Provided):
    """Closing prices as traded, never adjusted for splits or dividends: one for each symbol and day."""

    date = of.day("Session")
    symbol = of.symbol("Symbol that traded")
    close = of.number("Closing price", above=0, most=of.LARGEST)
    currency = of.currency("Currency of the price", default="USD")


class Fx(Provided):
    """Exchange rates: one for each currency, quote and day."""

    date = of.day("Day of the rate")
    currency = of.currency("Currency that is converted")
    rate = of.number("Units of the quote for one unit of the currency", above=0, most=of.LARGEST)
    quote = of.currency("Currency that the rate is in", default=_USD)

    @dy.rule()
    def rate_of_itself(cls) -> pl.Expr:
        """rate must be 1 from a currency into itself: the column quote names the currency of the rate, by default USD."""
        return (pl.col("currency") != pl.col("quote")) | (pl.col("rate") == 1)


class Actions(Provided):
    """Corporate actions with their terms. Those of one day apply in the order of files by name, then of rows."""

    symbol = of.symbol("Symbol that the action applies to")
    date = of.day("Ex-date, at whose open the action applies; a deletion applies after its close")
    action = of.choice("What happens", ACTIONS)
    new = of.number("New shares", nullable=True)
    old = of.number("Old shares for which the new ones are given", nullable=True)
    amount = of.number("Cash for one share, shares in issue, or free float", nullable=True)
    price = of.number("Price of one new share, or paid at deletion", nullable=True)
    to_symbol = of.symbol("Symbol that is converted to, or spun off", nullable=True)

    @dy.rule()
    def terms(cls) -> pl.Expr:
        """An action takes the terms of its kind, in their ranges, and nothing else."""
        return has_its_terms()


class Suspensions(Provided):
    """Suspensions of trading, and what was known of their end."""

    symbol = of.symbol("Symbol that is suspended")
    suspended_on = of.day("First day without trading")
    resumed_on = of.day("First day with trading again; none while it lasts", nullable=True)
    resumption_announced_on = of.day("Day on which the resumption was announced", nullable=True)
    replicable_market = of.flag(
        "Whether a person judges that there is a replicable market, one that a fund can trade in", nullable=True
    )

    @dy.rule()
    def resumed_after_suspended(cls) -> pl.Expr:
        """resumed_on must not be before suspended_on."""
        return pl.col("resumed_on") >= pl.col("suspended_on")

    @dy.rule()
    def announced_before_resumed(cls) -> pl.Expr:
        """resumption_announced_on must not be after resumed_on."""
        return pl.col("resumption_announced_on") <= pl.col("resumed_on")


class Offerings(Provided):
    """Offerings of shares that were discovered after a review was announced."""

    symbol = of.symbol("Symbol of the issuer")
    discovered_on = of.day("Day on which the offering was discovered")
    announced_review = of.review("Review that had been announced, YYYY-MM")
    shares = of.number("Shares offered", above=0)


class SymbolChanges(Provided):
    """Securities that trade under another symbol from a session on."""

    date = of.day("First session under the new symbol")
    old_symbol = of.symbol("Symbol until then")
    new_symbol = of.symbol("Symbol from then on")
    cusip = of.identifier("cusip")
    isin = of.identifier("isin")
    figi = of.identifier("figi")
    permno = of.identifier("permno")

    @dy.rule()
    def symbols_differ(cls) -> pl.Expr:
        """new_symbol must differ from old_symbol."""
        return pl.col("old_symbol") != pl.col("new_symbol")


class Universe(Provided):
    """All companies that could be members, as of the close of a rank day: one row for each line of shares.

    An empty cell is unknown, and neither no nor nothing. Of the shares and the total market capitalisation one may be unknown, or
    both: another line of the company may say them.
    """

    symbol = of.symbol("Symbol of the line")
    company_name = of.text("Name of the company, or of the line as a source has it", nullable=True)
    exchange = of.text("Exchange of the line", nullable=True)
    close = of.number(
        "Closing price on the rank day, as traded", above=0, most=of.LARGEST, nullable=True, unit=_OF_THE_LINE
    )
    shares = of.number("Shares in issue of the line", above=0, optional=True, unit="shares")
    total_market_cap = of.number(
        "Total market capitalisation: of the company, or of the line alone, as its source counts it",
        above=0,
        most=of.LARGEST,
        optional=True,
        unit=_OF_THE_LINE,
    )
    company_id = of.text("What the lines of one company share, and no other company has", optional=True)
    share_type = of.text("Type of the line, such as common or preferred", optional=True)
    structure = of.text("Legal structure of the company, such as a limited partnership", optional=True)
    nationality = of.text("Country that the company is assigned to", optional=True)
    incorporated_in = of.text("Country of incorporation", optional=True)
    headquartered_in = of.text("Country of the headquarters", optional=True)
    free_float = of.number(
        "Fraction of the shares in issue that can be bought, 0 to 1", least=0, most=1, optional=True, unit="fraction"
    )
    voting_rights = of.number(
        "Fraction of all votes, those of unlisted classes among them, in unrestricted hands, 0 to 1",
        least=0,
        most=1,
        optional=True,
        unit="fraction",
    )
    n_share = of.flag("Whether it is a Chinese N share", optional=True)
    ubti = of.flag("Whether it generates unrelated business taxable income and does not block it", optional=True)
    adtv = of.number(
        "Average daily value of what is traded, over two years",
        least=0,
        most=of.LARGEST,
        optional=True,
        unit="US dollars",
    )
    volume = of.number("Volume on the rank day", least=0, most=of.LARGEST, optional=True, unit="shares")
    ipo_on = of.day("Day of the first trade after the initial public offering", optional=True)
    ipo_year = of.whole("Year of that day, where no more is known", least=1700, most=of.LAST_DAY.year, optional=True)
    ipo_kind = of.text("Kind of the offering, such as best-effort or a direct listing", optional=True)
    average_close = of.number(
        "Average of the daily closes over the 30 days before the rank day",
        above=0,
        most=of.LARGEST,
        optional=True,
        unit=_OF_THE_LINE,
    )
    currency = of.currency("Currency of the prices and of the capitalisation", default=_USD)
    sector = of.text("Sector by the classification of the source", optional=True)
    industry = of.text("Industry by the classification of the source", optional=True)

    @dy.rule()
    def first_trade_in_its_year(cls) -> pl.Expr:
        """ipo_year must be the year of ipo_on."""
        return pl.col("ipo_on").dt.year() == pl.col("ipo_year")


_DAY_OF_KEY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_SUBJECT, _KEY, _DECISION = pl.col("subject"), pl.col("key"), pl.col("decision")
_SECURITY, _RENAME = _SUBJECT.is_in(["same_security", "other_security"]), _SUBJECT == "rename"


class Overrides(Provided):
    """A person's decisions, with reasons: is a symbol the same company again, was a company renamed, which file is right.

    For `same_security` and `other_security` the key is SYMBOL@YYYY-MM-DD, the first observation from which the symbol is,
    or is not, the company that had it before. For `rename` it is OLD>NEW@YYYY-MM-DD, as `russell renames` prints it, and the
    decision is same, other, or empty while it is open; with OLD = NEW it decides like the former two. For `value` the key is the
    one that a conflict prints, and the decision the file that is right, or FILE:ROW where one file contradicts itself.
    """

    subject = of.choice("What is decided", ("same_security", "other_security", "rename", "value"))
    key = of.text("What it is decided for")
    decision = of.text(
        "For value the file that is right; for rename same, other, or nothing while it is open", nullable=True
    )
    reason = of.text("Why; a decision without a reason does not hold", nullable=True)

    @dy.rule()
    def key_of_a_security(cls) -> pl.Expr:
        """key must be SYMBOL@YYYY-MM-DD for a decision on a security."""
        return ~_SECURITY | _names_a_day(of.SYMBOL)

    @dy.rule()
    def no_decision_on_a_security(cls) -> pl.Expr:
        """decision must be empty for a decision on a security, whose subject says it."""
        return ~_SECURITY | _DECISION.is_null()

    @dy.rule()
    def key_of_a_rename(cls) -> pl.Expr:
        """key must be OLD>NEW@YYYY-MM-DD for a rename, as `russell renames` prints it."""
        return ~_RENAME | _names_a_day(f"{of.SYMBOL}>{of.SYMBOL}")

    @dy.rule()
    def decision_on_a_rename(cls) -> pl.Expr:
        """decision must be same, other, or empty for a rename."""
        return ~_RENAME | _DECISION.is_null() | _DECISION.is_in(["same", "other"])

    @dy.rule()
    def decided_with_a_reason(cls) -> pl.Expr:
        """reason must be given: a decision without a reason does not hold."""
        return pl.col("reason").is_not_null() | (_RENAME & _DECISION.is_null())

    @dy.rule()
    def key_of_a_value(cls) -> pl.Expr:
        """key must begin with the kind of file for a decision on a value, as the conflict prints it."""
        return (_SUBJECT != "value") | _KEY.str.contains(rf"^(?:{'|'.join(KINDS)}) ")

    @dy.rule()
    def decision_on_a_value(cls) -> pl.Expr:
        """decision must name the file that is right for a decision on a value."""
        return (_SUBJECT != "value") | _DECISION.is_not_null()


def _names_a_day(symbols: str) -> pl.Expr:
    """Whether a key is these symbols @ an ISO day."""
    day = _KEY.str.tail(10).str.to_date("%Y-%m-%d", strict=False)
    return _KEY.str.contains(rf"^{symbols}@{_DAY_OF_KEY}$") & day.is_not_null()


def component_of(name: str) -> tuple[str, str]:
    """The index code, and the review (YYYY-MM) or day (YYYY-MM-DD), in the name of a file of components, INDEX/REVIEW.csv.

    Raises Refusal if the name has neither.
    """
    path = PurePosixPath(name)
    index_code, stem = path.parent.name, path.stem
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}", index_code):
        raise Refusal(f"{index_code!r} is no index code: components lie in INDEX/REVIEW.csv or INDEX/DATE.csv")
    if not re.fullmatch(of.REVIEW, stem) and not _is_day(stem):
        raise Refusal(f"{stem!r} is neither a review such as 2025-06 nor a date such as 2025-06-27")
    return index_code, stem


def rank_day_of(name: str) -> date:
    """The rank day in the name of a file of the universe, DATE.csv. Raises Refusal if it is none."""
    stem = PurePosixPath(name).stem
    if not _is_day(stem):
        raise Refusal(f"{stem!r} is no date such as 2022-05-06")
    return date.fromisoformat(stem)


def _is_day(text: str) -> bool:
    try:
        return of.FIRST_DAY <= date.fromisoformat(text) <= of.LAST_DAY and len(text) == 10
    except ValueError:
        return False


_DATE, _SYMBOL = pl.col("date"), pl.col("symbol")
# A file whose name says what its rows are for is for the same whatever its suffix.
_TARGET = pl.col("file").str.replace(r"\.[A-Za-z]+$", "")
_OF_COMPONENTS = Naming(
    "INDEX/REVIEW and INDEX/DATE",
    component_of,
    {"index_code": _TARGET.str.split("/").list.first(), "effective_review": _TARGET.str.split("/").list.last()},
)
# Two children of one parent on one day are two actions, and so are two dividends; two conversions are a contradiction.
_CHILD = pl.when(pl.col("action") == "spin_off").then("to_symbol")
# Left out where it is the default, so that the key of such a rate has two parts, as in files without the column.
_OTHER_QUOTE = pl.when(pl.col("quote") != _USD).then("quote")
_OF_UNIVERSE = Naming("DATE", rank_day_of, {"as_of": _TARGET.str.to_date("%Y-%m-%d")})
_ONCE = ("conversion", "spin_off", "delete")

KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "closes",
            Closes,
            files=("market/closes*",),
            keys=((_DATE, _SYMBOL),),
            blocks=Blocks.SYMBOL_AND_DAY,
            unnamed=Blocks.NOTHING,
            subjects=("symbol",),
            day="date",
        ),
        Kind(
            "fx",
            Fx,
            files=("market/fx*",),
            keys=((_DATE, pl.col("currency"), _OTHER_QUOTE),),
            blocks=Blocks.CURRENCY_AND_DAY,
            unnamed=Blocks.NOTHING,
            subjects=("currency",),
            day="date",
        ),
        # A missing action shows nowhere, and one whose symbol cannot be read may be anybody's.
        Kind(
            "actions",
            Actions,
            files=("market/actions*",),
            keys=((_DATE, _SYMBOL, pl.col("action"), _CHILD),),
            blocks=Blocks.SYMBOL,
            unnamed=Blocks.FILE,
            subjects=("symbol",),
            day="date",
            several=~pl.col("action").is_in(_ONCE),
            sentences={"terms": says_its_terms()},
        ),
        # A missing member falsifies the weights of all others.
        Kind(
            "components",
            Components,
            files=("components/*/*",),
            naming=_OF_COMPONENTS,
            keys=((_TARGET, _SYMBOL),),
            blocks=Blocks.FILE,
            unnamed=Blocks.FILE,
            whole=True,
        ),
        # Ranks count all lines, so that two files for one day must have the same. Levels rest on none of them.
        Kind(
            "universe",
            Universe,
            files=("universe/*",),
            naming=_OF_UNIVERSE,
            one_of=("shares", "total_market_cap"),
            keys=((_TARGET, _SYMBOL),),
            blocks=Blocks.NOTHING,
            unnamed=Blocks.NOTHING,
            whole=True,
        ),
        Kind(
            "suspensions",
            Suspensions,
            files=("reference/suspensions*",),
            keys=((_SYMBOL, pl.col("suspended_on")),),
            blocks=Blocks.SYMBOL,
            unnamed=Blocks.FILE,
            subjects=("symbol",),
            dated="suspended_on",
            by_hand=True,
        ),
        Kind(
            "symbol_changes",
            SymbolChanges,
            files=("reference/symbol_changes*",),
            keys=((_DATE, pl.col("old_symbol")), (_DATE, pl.col("new_symbol"))),
            blocks=Blocks.SYMBOL,
            unnamed=Blocks.FILE,
            subjects=("old_symbol", "new_symbol"),
            dated="date",
            by_hand=True,
        ),
        Kind(
            "offerings",
            Offerings,
            files=("reference/offerings*",),
            keys=((_SYMBOL, pl.col("discovered_on")),),
            blocks=Blocks.SYMBOL,
            unnamed=Blocks.FILE,
            subjects=("symbol",),
            dated="discovered_on",
            by_hand=True,
        ),
        # Without the decision, whatever asks for it stays blocked.
        Kind(
            "overrides",
            Overrides,
            files=("reference/overrides*",),
            keys=((pl.col("subject"), pl.col("key")),),
            blocks=Blocks.NOTHING,
            unnamed=Blocks.NOTHING,
            by_hand=True,
        ),
    )
}

TABLE_KINDS = tuple(KINDS)
# The folders of landing in which files of these kinds lie.
FOLDERS = tuple(dict.fromkeys(kind.folder for kind in KINDS.values()))
# A folder that has kinds of files of others too, and whose faults are membership's.
REFERENCE = "reference"
# The kinds whose faults are findings of the market.
MARKET_KINDS = tuple(kind.name for kind in KINDS.values() if kind.folder != REFERENCE)


def kind_of(path: str) -> Kind | None:
    """The kind of a file by its path below landing/ (`market/closes-2024.csv`); None if such files are not read."""
    file = PurePosixPath(path)
    if file.suffix.lower() not in SUFFIXES:
        return None
    stem = file.with_suffix("").as_posix().lower()
    return next((kind for kind in KINDS.values() if any(_lies_in(stem, pattern) for pattern in kind.files)), None)


def read_in(folder: str) -> str:
    """Which files of a folder of landing are read: `market has closes*, fx* and actions*, each as .csv or .parquet`."""
    kinds = [kind for kind in KINDS.values() if kind.folder == folder]
    names = [kind.naming.words if kind.naming else kind.files[0].partition("/")[2] for kind in kinds]
    return f"{folder} has {' and '.join(filter(None, (', '.join(names[:-1]), names[-1])))}, each as {' or '.join(SUFFIXES)}"


def _lies_in(stem: str, pattern: str) -> bool:
    return fnmatchcase(stem, pattern) and stem.count("/") == pattern.count("/")

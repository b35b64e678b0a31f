"""Exchange rates into the currency of an index: as supplied, inverted, or through a third currency."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from russell_pipeline.wording import first_few

RATES = {"date": pl.Date(), "currency": pl.String(), "rate": pl.Float64()}
_PAIR = ("date", "currency", "quote")
# As in the landing files (CONTRACT), which is the default of the column `quote`.
_USUAL_QUOTE = "USD"


def rates_into(fx: pl.DataFrame, currency: str) -> pl.DataFrame:
    """The rates of all other currencies into one, by day (columns `RATES`): units of that one for one unit of `currency`.

    `fx` are rows of date, currency, rate and quote: units of `quote` for one unit of `currency`, USD without a quote. A supplied
    rate takes precedence over the inverse of the opposite pair, and that over a cross rate through a third currency: USD, or else
    the first by name. A cross rate is made of two rates of one day, each supplied or inverted, never of another cross rate.
    """
    if fx.is_empty():
        return pl.DataFrame(schema=RATES)
    supplied = _quoted(fx).filter(pl.col("currency") != pl.col("quote"))
    pairs = _both_directions(supplied)
    direct = pairs.filter(quote=currency)
    second = direct.select("date", quote="currency", by="of", into="per")
    crossed = pairs.filter(pl.col("quote") != currency, pl.col("currency") != currency).join(
        second, on=["date", "quote"]
    )
    crossed = crossed.with_columns(of=pl.col("of") * pl.col("by"), per=pl.col("per") * pl.col("into"))
    ways = pl.concat(
        [
            direct.select("date", "currency", "of", "per", through=pl.lit(0), by=pl.lit("")),
            crossed.select(
                "date",
                "currency",
                "of",
                "per",
                through=1 + (pl.col("quote") != _USUAL_QUOTE).cast(pl.Int32),
                by="quote",
            ),
        ]
    )
    best = ways.sort("date", "currency", "through", "by").unique(
        ["date", "currency"], keep="first", maintain_order=True
    )
    return best.select("date", "currency", rate=pl.col("of") / pl.col("per"))


def no_rate(currencies: Sequence[str], into: str) -> str:
    """The words on missing rates into a currency, which is named unless it is USD, as in the files."""
    quote = "" if into == _USUAL_QUOTE else f" in {into}"
    return f"no rate for {first_few(currencies)}{quote}"


def _quoted(fx: pl.DataFrame) -> pl.DataFrame:
    quote = pl.col("quote").fill_null(_USUAL_QUOTE) if "quote" in fx.columns else pl.lit(_USUAL_QUOTE)
    return fx.with_columns(quote.cast(pl.String).alias("quote"))


def _both_directions(supplied: pl.DataFrame) -> pl.DataFrame:
    """Each pair both ways, the rate as a fraction `of` / `per`: as supplied, and inverted where it is not supplied that way."""
    given = supplied.select(*_PAIR, of=pl.col("rate").cast(pl.Float64), per=pl.lit(1.0))
    inverse = given.select("date", currency="quote", quote="currency", of="per", per="of")
    return pl.concat([given, inverse.join(given, on=_PAIR, how="anti")])

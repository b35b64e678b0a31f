"""The kinds of foreign files that `russell import` knows, and how to convert them."""

from __future__ import annotations

from collections.abc import Sequence

from russell_pipeline.market.adapters import ishares, total_and_float_shares, yahoo
from russell_pipeline.market.adapters.model import Converted, Kind, Options, Source

KINDS = {
    "ishares": Kind(
        "holdings of funds as downloaded, into components/INDEX/DATE.csv",
        ishares.convert,
        ishares.OPTIONS,
        frozenset({"index"}),
    ),
    "yahoo": Kind(
        "prices, splits and dividends of a public price service, and holdings whose prices show what was adjusted since, "
        "into market/closes-yahoo-NAME.csv and market/actions-yahoo-NAME.csv",
        yahoo.convert,
        yahoo.OPTIONS,
    ),
    "total-and-float-shares": Kind(
        "the provider's Total and Float Shares, RUSmtfs[ddmm].csv, into components/INDEX/REVIEW.csv or DATE.csv",
        total_and_float_shares.convert,
        total_and_float_shares.OPTIONS,
        frozenset({"index"}),
    ),
}


def convert(kind: str, files: Sequence[Source], options: Options) -> Converted:
    """Landing files from foreign files of one kind, given as (name, bytes), with every line that became no row.

    Paths are under landing/. Raises ValueError for an unknown kind or option, and for a wrong or missing value. A file that
    cannot be taken is in `refused`.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of file {kind!r}: {', '.join(KINDS)}")
    chosen = KINDS[kind]
    if unknown := sorted(options.keys() - chosen.options.keys()):
        raise ValueError(f"{kind} takes no {', '.join(unknown)}; it takes {', '.join(chosen.options)}")
    if missing := sorted(chosen.required - {name for name, value in options.items() if value}):
        raise ValueError(f"{kind} needs {', '.join(f'{name} ({chosen.options[name]})' for name in missing)}")
    return chosen.convert(files, {name: value for name, value in options.items() if value})

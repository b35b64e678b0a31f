"""The layouts in which the companies of `lists.csv` are typeset: those published, and each way in which one was misread."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from russell_pipeline_tests.layouts import PUBLISHED, Layout, PdfLayout, Row, Taxonomy, TextLayout

_2019, _2023, _TABS = PUBLISHED["R3000 2019"], PUBLISHED["R3000 additions 2023"], PUBLISHED["RMICRO deletions 2020"]
_SPACES = PUBLISHED["RMICRO additions 2023"]
assert isinstance(_2019, PdfLayout)
assert isinstance(_2023, PdfLayout)
assert isinstance(_TABS, TextLayout)
assert isinstance(_SPACES, TextLayout)

LISTS: dict[str, Layout] = {
    **PUBLISHED,
    # A short last page with its symbols centred, in a list that is aligned at the left: R3000 deletions 2025.
    "last page centred": replace(_2023, change="deletion", rows_per_column=43, last_page_align="centre"),
    "last page at the right": replace(_2023, rows_per_column=43, last_page_align="right"),
    "symbols centred": replace(_2019, symbol_align="centre"),
    "symbols at the right": replace(_2019, symbol_align="right"),
    "cells beside their columns": replace(_2019, jitter=6.0),
    "pages beside each other": replace(_2019, drift=12.0),
    "heads elsewhere": replace(_2019, head_off=(30.0, -15.0)),
    "names that touch their symbols": replace(_2023, overlap=0.0),
    # Words in the order in which they were drawn tell nothing of their places.
    "words in any order": replace(_2019, stream="shuffled", seed=5),
    "cells by cells": replace(_2019, stream="cells"),
    "another size of page": replace(_2019, size=(842.0, 1190.0)),
    # As copied from a viewer: the footer on the end of the last row of each page.
    "glued footers": replace(_TABS, glued=True, footers=("ftserussell.com",), legal=()),
    # As copied from the second page on; the same heads follow.
    "clipped": replace(_TABS, clipped=3, head_on="every"),
    "columns of spaces": replace(_TABS, separator="aligned"),
    "two pairs of columns of spaces": replace(_TABS, separator="aligned", pairs=2),
    "blank lines and form feeds": replace(_TABS, blank_between=True, form_feeds=True),
    "of another system": replace(_SPACES, encoding="utf-16", line_end="\r\n"),
    "of an old system": replace(_TABS, encoding="cp1252", line_end="\r\n", hard_spaces=True),
}


def companies(taxonomy: Taxonomy | None) -> Sequence[tuple[Row, tuple[str, str | None, str, str | None]]]:
    """The recorded companies: as a list with these classifications prints them, and as they are to be read."""
    with Path(__file__).with_name("lists.csv").open(newline="", encoding="utf-8") as file:
        return [
            (
                Row(row["printed"], row["symbol"], row[taxonomy] if taxonomy else None),
                (row["company_name"], row["class_marker"] or None, row["symbol"], row[taxonomy] if taxonomy else None),
            )
            for row in csv.DictReader(file)
        ]

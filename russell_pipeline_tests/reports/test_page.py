"""Protects the page of a report: how values are written, and that nothing from data becomes markup or a script."""

from __future__ import annotations

import json
from datetime import date

import polars as pl
import pytest

from russell_pipeline.reports.page import (
    Column,
    Figure,
    Figures,
    Page,
    Passage,
    Section,
    Table,
    as_json,
    render,
    written,
)
from russell_pipeline.reports.reconstitution import versions

EVIL = "</script><script>alert('&1')</script><!--\u2028"


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (None, "percent", "–"),
        (0.12345, "percent", "12.35%"),
        (-0.00001, "percent", "0.00%"),
        (0.00001, "signed", "0.00%"),
        (0.5, "signed", "+50.00%"),
        (-1234.567, "level", "-1,234.57"),
        (1234567, "count", "1,234,567"),
        (date(2025, 3, 1), "date", "2025-03-01"),
        ("0123456789abcdef", "hash", "0123456789ab"),
    ],
)
def test_values_are_written_in_one_way(value: object, form: str, text: str) -> None:
    assert written(value, form) == text


def test_json_in_a_script_holds_no_markup_and_means_the_same() -> None:
    text = as_json({"name": EVIL})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": EVIL}
    with pytest.raises(ValueError, match="not JSON compliant"):
        as_json(float("nan"))


def test_all_that_comes_from_data_is_text() -> None:
    rows = pl.DataFrame({"name": [EVIL], "severity": [EVIL]})
    columns = [Column("name", EVIL), Column("severity", EVIL, "severity")]
    blocks = [
        EVIL,
        Figures([Figure(EVIL, EVIL, EVIL)]),
        Table(rows, columns, EVIL, EVIL),
        Table(rows, columns, EVIL, fold=True),
        Passage(EVIL, EVIL, [("same", EVIL), ("removed", EVIL), ("added", EVIL)]),
    ]
    page = Page(EVIL, EVIL, {EVIL: EVIL}, [Section("one", EVIL, blocks)], EVIL, False, [EVIL])
    html = render(page)
    assert "<script" not in html
    assert "<!--" not in html
    assert html.count("&lt;/script&gt;&lt;script&gt;alert(&#39;&amp;1&#39;)") >= 20
    assert "script-src" not in html  # without charts nothing runs
    assert render(page) == html


def test_only_a_simulated_page_says_so() -> None:
    assert "simulated" in render(Page("Index report", "X", {}, [], "", True)).split("</style>")[1]
    assert "simulated" not in render(Page("Index report", "X", {}, [], "", False)).split("</style>")[1]


def test_versions_of_a_list_stand_side_by_side() -> None:
    lists = {"1": "A B C E", "2": "A C", "3": "A D E"}
    rows = [
        (symbol if document == "3" else symbol.lower(), symbol, document, f"{symbol} as in {document}")
        for document, names in lists.items()
        for symbol in names.split()
    ]
    found = versions(pl.DataFrame(rows, ["symbol", "security_id", "document_id", "company_name"], orient="row"))
    said = {
        row["security_id"]: (row["list 1"], row["list 2"], row["list 3"], row["stands"], row["path"])
        for row in found.to_dicts()
    }
    assert said == {
        "A": (True, True, True, True, "on every list"),
        "B": (True, False, False, False, "withdrawn"),
        "C": (True, True, False, False, "withdrawn"),
        "D": (False, False, True, True, "added later"),
        "E": (True, False, True, True, "withdrawn, then back"),
    }
    shown = found.sort("security_id")
    assert shown["company_name"].to_list() == ["A as in 3", "B as in 1", "C as in 2", "D as in 3", "E as in 3"]
    assert shown["symbol"].to_list() == ["A", "b", "c", "D", "E"]

"""Protects the page of corporate actions: its rows, as they would be landed, give the figures that it shows."""

from __future__ import annotations

import io
import re
from pathlib import Path

import polars as pl
import pytest

from russell_pipeline.index.definition import Definition
from russell_pipeline.index.levels import run
from russell_pipeline.index.model import ACTIONS as COLUMNS
from russell_pipeline.index.model import Market, Review, cast_to
from russell_pipeline.index.weights import review_weights
from russell_pipeline.market.files.actions import ACTIONS
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline.market.files.reading import read_file
from russell_pipeline_tests.conftest import PROJECT

PAGE = (PROJECT / "docs" / "corporate-actions.md").read_text("utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
COMPONENTS, HEAD = "symbol,shares,free_float\nA,10,1\nB,10,1\n", "symbol,date,action"
FIGURES = {"price index": "price_index", "total return index": "total_return_index", "divisor": "divisor"}


def figures(section: str) -> pl.DataFrame:
    """The table of a section: numbers, null where a cell is blank."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*\|$", section, re.M)]
    table = pl.DataFrame(rows[2:], rows[0], orient="row").with_columns(pl.col("date").str.to_date())
    return table.with_columns(pl.exclude("date").replace("", None).cast(pl.Float64))


def test_the_page_has_an_example_of_every_action() -> None:
    assert ACTIONS.keys() <= SECTIONS.keys()
    for action, terms in ACTIONS.items():
        [row] = [line for line in PAGE.splitlines() if line.startswith("| `") and f"`{action}`" in line.split("|")[1]]
        named = set(re.findall(r"`(\w+)`", row.split("|")[2]))
        assert named == terms.keys(), action


@pytest.mark.parametrize("convention", ["market_cap", "fixed_weight"])
@pytest.mark.parametrize("name", SECTIONS)
def test_the_rows_of_a_section_give_its_figures(name: str, convention: str, tmp_path: Path) -> None:
    """Prices in its table are closes; under `fixed_weight` levels up to the deletion are the same."""
    blocks = re.findall(r"^```csv\n(.*?)^```", SECTIONS[name], re.M | re.S)
    told = figures(SECTIONS[name])
    (tmp_path / "actions.csv").write_text(next(block for block in blocks if block.startswith(HEAD)))
    landed = read_file(KINDS["actions"], tmp_path / "actions.csv")
    assert landed.rejected.is_empty(), landed.rejected
    components = next((block for block in blocks if not block.startswith(HEAD)), COMPONENTS)
    days = told["date"].to_list()
    closes = told.drop(FIGURES).unpivot(index="date", variable_name="symbol", value_name="close").drop_nulls()
    market = Market(closes, actions=landed.rows.select(cast_to(COLUMNS)))
    definition = Definition.model_validate(
        {
            "code": "X",
            "name": "X",
            "currency": "USD",
            "base": {"date": days[0], "value": 1000},
            "legs": [{"component": "X", "units": 1}],
            "policies": {"corporate_actions": convention},
        }
    )
    review = Review(str(days[0]), days[0], days[0], days[1])
    weights = review_weights(definition, review, {"X": pl.read_csv(io.StringIO(components))}, market)
    found = run(definition, market, weights, days).levels
    shown = FIGURES if convention == "market_cap" else dict(list(FIGURES.items())[:2])
    until = len(days) if convention == "market_cap" else 2
    for figure, column in shown.items():
        assert found[column].to_list()[:until] == pytest.approx(told[figure].to_list()[:until], abs=5e-7), figure

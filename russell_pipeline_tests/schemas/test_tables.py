"""Protects the declarations of tables: each is complete, follows from tables that exist, and versions its columns."""

from __future__ import annotations

import dataframely as dy
import pytest

from russell_pipeline.index.levels import LEDGER, LEVELS, STALE_PRICES
from russell_pipeline.index.restatement import UNCORRECTED_LEVELS
from russell_pipeline.schemas import columns as column
from russell_pipeline.schemas.table import Origin, Table, TableSchema
from russell_pipeline.schemas.tables import GROUPS, TABLES

# What people, addresses and landing files give, and what gathers all of it: their rows follow from no code alone.
_UNVERSIONED = {"sources", "fetched_documents", "market_blocks", "market_corrections", "findings"}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_table_is_declared_completely(table: Table) -> None:
    columns = table.schema.columns()
    assert table.description
    assert table.group in GROUPS
    assert all(one.description for one in columns.values())
    assert {*table.sort_by, *table.identity} <= columns.keys()
    assert table.partition_by is None or table.partition_by in columns
    assert table.security_on is None or (table.partition_by == "month" and table.security_on in columns)
    assert (table.version is None) == (table.name in _UNVERSIONED)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_upstream_tables_exist_and_no_table_follows_from_itself(table: Table) -> None:
    def above(name: str) -> set[str]:
        return {name}.union(*(above(one) for one in TABLES[name].upstream))

    assert len(set(table.upstream)) == len(table.upstream)
    assert table.name not in {name for one in table.upstream for name in above(one)}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_origins_of_columns_are_columns_of_upstream_tables(table: Table) -> None:
    for name, origins in table.origins.items():
        assert len(set(origins)) == len(origins), name
        for origin in origins:
            assert origin.table in table.upstream, name
            assert origin.column in TABLES[origin.table].descriptions, name


@pytest.mark.parametrize(
    ("table", "name", "unit"),
    [
        ("index_levels", "price_index", "index points"),
        ("weights", "shares", "shares"),
        ("weights", "free_float", "fraction"),
        ("index_restatements", "basis_points", "basis points"),
    ],
)
def test_figures_have_units(table: str, name: str, unit: str) -> None:
    assert (TABLES[table].schema.columns()[name].metadata or {})["unit"] == unit


# The columns of the first release.
_FIRST = {
    "index_levels": (
        "year", "index_code", "date", "price_index", "total_return_index", "price_index_8dp", "total_return_index_8dp", "divisor",
        "market_value", "dividend_points", "names", "names_at_last_price", "simulated",
    ),
    "divisor_events": (
        "year", "index_code", "date", "moment", "event", "symbol", "market_value_before", "market_value_after", "divisor_before",
        "divisor_after", "turnover", "gross_before", "gross_after", "ordinal",
    ),
    "stale_prices": ("year", "index_code", "date", "symbol", "close", "price_on", "reason"),
}  # fmt: skip


@pytest.mark.parametrize("table", _FIRST)
def test_column_added_to_levels_is_kept_and_may_be_null(table: str) -> None:
    """Levels that stay as published since before the column was there have no value of it, and are made from nothing else."""
    added = {name: one for name, one in TABLES[table].schema.columns().items() if name not in _FIRST[table]}
    assert [name for name, one in added.items() if not one.nullable] == []


def test_uncorrected_levels_keep_what_the_calculation_gives() -> None:
    assert dict(TABLES["uncorrected_levels"].empty.schema) == UNCORRECTED_LEVELS
    for table, calculated in (("index_levels", LEVELS), ("divisor_events", LEDGER), ("stale_prices", STALE_PRICES)):
        assert {name: TABLES[table].empty.schema[name] for name in calculated} == calculated


def _declared(*, version: int = 1, **columns: dy.Column) -> Table:
    class Example(TableSchema, group="findings", sort_by=("a",), version=version):
        """Rows of an example."""

        a = column.text("A text")

    for name, one in columns.items():
        Example = type("Example", (Example,), {name: one})  # noqa: N806
    return Table("example", Example, "findings", ("a",), version=version)


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        (_declared(), False),
        (_declared(version=2), True),
        (_declared(b=column.number("A number")), True),
        (_declared(a=column.text("Another description", made_from="closes.symbol")), False),
        (_declared(a=column.number("A number")), True),
    ],
    ids=["the same", "version", "a column more", "description and origin", "type"],
)
def test_code_version_changes_with_version_and_columns(changed: Table, differs: bool) -> None:
    assert (changed.code_version != _declared().code_version) == differs


def test_origins_are_read_from_their_short_form() -> None:
    table = _declared(b=column.number("A number", copied="closes.close", made_from="fx.rate,quote actions.new"))
    assert table.copied == {"b": [Origin("closes", "close")]}
    assert table.origins["b"] == [
        Origin("closes", "close"),
        Origin("fx", "rate"),
        Origin("fx", "quote"),
        Origin("actions", "new"),
    ]

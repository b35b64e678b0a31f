"""Protects what the UI says of tables: groups and owners, where columns come from, and the numbers that it plots."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.graph import build_graph
from russell_pipeline.orchestration.jobs import lake_instance
from russell_pipeline.orchestration.metadata import table_schema
from russell_pipeline.schemas.tables import GROUPS, TABLES
from russell_pipeline.settings import Settings


def test_columns_come_from_columns_of_tables_that_the_asset_follows(tmp_path: Path) -> None:
    graph = build_graph(Settings(tmp_path)).resolve_asset_graph()
    made_from = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    derived = 0
    for table in TABLES:
        upstream = {parent.to_user_string() for parent in made_from[table].parent_keys}
        for column, sources in TABLES[table].origins.items():
            assert column in TABLES[table].descriptions, f"{table}.{column}"
            assert len(set(sources)) == len(sources), f"{table}.{column}"
            for source in sources:
                assert source.table in upstream, f"{table}.{column} from {source}"
                assert source.column in TABLES[source.table].descriptions, f"{table}.{column} from {source}"
        derived += bool(TABLES[table].origins)
    assert derived == 24


@pytest.mark.slow
def test_what_is_carried_over_stands_where_it_comes_from(finished: Path, shown: Path) -> None:
    compared = set()
    for lake in (Lake(finished), Lake(shown)):
        for table in TABLES:
            rows, computed = lake.read(table), TABLES[table].origins
            for column, sources in TABLES[table].copied.items():
                if sources == computed[column]:
                    values = set(rows[column].drop_nulls())
                    there = (lake.read(source.table)[source.column].drop_nulls() for source in sources)
                    assert values <= set().union(*there), f"{table}.{column} from {sources}"
                    compared |= {table} if values else set()
    assert compared >= {"membership_lists", "membership_changes", "calendar", "securities", "constituents"}
    assert compared >= {"weights", "index_levels", "index_states", "findings"}


def test_columns_show_their_unit_and_what_they_are_made_from() -> None:
    columns = {column.name: column.description for column in table_schema("weights").columns}
    assert columns["currency"] == "Currency of the security. From `components`: currency"
    assert columns["shares"] == (
        "Shares in issue after implementation (shares). From `components`: shares; `actions`: new, old, amount, price"
    )


def test_groups_sort_in_the_order_of_the_flow_and_have_owners(tmp_path: Path) -> None:
    specs = build_graph(Settings(tmp_path)).resolve_all_asset_specs()
    assert [name.partition("_")[2] for name in sorted({spec.group_name or "" for spec in specs})] == list(GROUPS)
    assert list(dict.fromkeys(table.group for table in TABLES.values())) == list(GROUPS)[:-1]
    assert all(spec.owners and spec.kinds and spec.description for spec in specs)


def test_numbers_are_counts_of_rows_and_the_last_figures_of_indexes(shown: Path) -> None:
    lake = Lake(shown)
    with lake_instance(Settings(shown)) as instance:

        def told(table: str, partition: str | None = None) -> dict[str, object]:
            found = instance.fetch_materializations(
                dg.AssetRecordsFilter(dg.AssetKey(table), asset_partitions=[partition] if partition else None), limit=1
            )
            [record] = found.records
            made = record.asset_materialization
            assert made
            return {name: value.value for name, value in made.metadata.items()}

        documents, findings = told("documents"), told("findings")
        changes, levels = told("membership_changes", "2025"), told("index_levels")
    assert (documents["accepted"], documents["quarantined"]) == (1, 0)
    by_severity = dict(lake.read("findings")["severity"].value_counts().iter_rows())
    for severity in ("error", "warning", "info"):
        assert findings[severity] == by_severity.get(severity, 0)
    assert (changes["addition"], changes["deletion"], changes["dagster/partition_row_count"]) == (3, 0, 3)
    last = lake.read("index_levels").sort("date").row(-1, named=True)
    assert last["index_code"] == "RSCC9010"
    for figure in ("price_index", "divisor", "names"):
        assert levels[f"RSCC9010 {figure}"] == last[figure]

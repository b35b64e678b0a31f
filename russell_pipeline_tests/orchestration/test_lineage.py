"""Protects what the UI says of where columns come from: it is there, the graph knows of it, and the values are its."""

from __future__ import annotations

from pathlib import Path

from russell_pipeline.lake.lineage import carried, origins
from russell_pipeline.lake.store import Lake
from russell_pipeline.lake.tables import TABLES
from russell_pipeline.orchestration.graph import build_graph
from russell_pipeline.settings import Settings


def test_columns_come_from_columns_of_tables_that_the_asset_follows(tmp_path: Path) -> None:
    graph = build_graph(Settings(tmp_path)).resolve_asset_graph()
    made_from = {key.to_user_string(): graph.get(key) for key in graph.get_all_asset_keys()}
    derived = 0
    for table in TABLES:
        upstream = {parent.to_user_string() for parent in made_from[table].parent_keys}
        for column, sources in origins(table).items():
            assert column in TABLES[table].descriptions, f"{table}.{column}"
            assert len(set(sources)) == len(sources), f"{table}.{column}"
            for source in sources:
                assert source.table in upstream, f"{table}.{column} from {source}"
                assert source.column in TABLES[source.table].descriptions, f"{table}.{column} from {source}"
        derived += bool(origins(table))
    assert derived == 21


def test_what_is_carried_over_stands_where_it_comes_from(finished: Path, shown: Path) -> None:
    compared = set()
    for lake in (Lake(finished), Lake(shown)):
        for table in TABLES:
            rows, computed = lake.read(table), origins(table)
            for column, sources in carried(table).items():
                if sources == computed[column]:
                    values = set(rows[column].drop_nulls())
                    there = (lake.read(source.table)[source.column].drop_nulls() for source in sources)
                    assert values <= set().union(*there), f"{table}.{column} from {sources}"
                    compared |= {table} if values else set()
    assert compared >= {"membership_lists", "membership_changes", "calendar", "securities", "constituents"}
    assert compared >= {"weights", "index_levels", "index_states", "findings"}

"""The catalog carries over what did not change since the catalog before it, and holds what one made anew would hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from russell_pipeline.lake import catalog
from russell_pipeline.lake.store import Lake
from russell_pipeline.market.files.identifiers import IDENTIFIERS
from russell_pipeline.schemas.tables import TABLES
from russell_pipeline.steps.catalog import BuildCatalog, build_catalog
from russell_pipeline.steps.step import Asked


def _write(lake: Lake, month: str, *closes: tuple[int, str, float]) -> None:
    rows = [
        {"month": month, "date": date.fromisoformat(f"{month}-{day:02d}"), "symbol": symbol, "close": close,
         "currency": "USD", "simulated": False, "file": "closes.csv", "row": row}
        for row, (day, symbol, close) in enumerate(closes, 2)
    ]  # fmt: skip
    lake.write("closes", pl.DataFrame(rows), month)


def _held(lake: Lake) -> list[tuple[object, ...]]:
    with duckdb.connect(str(lake.catalog), read_only=True) as connection:
        return connection.sql("SELECT date, symbol, close FROM closes ORDER BY date, symbol").fetchall()


@contextmanager
def _copied(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, object]]]:
    """The tables that are read meanwhile to be copied, with the keys asked for."""
    copied: list[tuple[str, object]] = []

    def read(self: Lake, table: str, keys: object = None, read=Lake.read) -> pl.DataFrame:  # type: ignore[no-untyped-def]
        # What says whether the market is simulated, and which security a symbol is.
        if table not in ("landing_files", "symbols") and not (table == "symbol_changes" and keys is None):
            copied.append((table, keys))
        return read(self, table, keys)  # type: ignore[no-any-return]

    with monkeypatch.context() as patched:
        patched.setattr(Lake, "read", read)
        yield copied


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path)
    _write(lake, "2024-01", (2, "AAA", 1.0), (3, "AAA", 2.0))
    _write(lake, "2024-02", (1, "AAA", 3.0))
    build_catalog(lake)
    return lake


def test_only_months_that_changed_are_copied_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(lake, "2024-02", (1, "AAA", 3.5), (2, "AAA", 4.0))
    _write(lake, "2024-03", (1, "AAA", 5.0))
    with _copied(monkeypatch) as copied:
        assert build_catalog(lake)["closes"] == 5
    assert copied == [("closes", ["2024-02", "2024-03"])]
    assert [row[2] for row in _held(lake)] == [1.0, 2.0, 3.5, 4.0, 5.0]
    assert not BuildCatalog(lake, Asked()).stale()


def test_only_tables_that_changed_are_copied_again(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    day = pl.DataFrame({"date": [date(2024, 1, 2)], "is_session": True, "closes_early": False})
    none = pl.lit(None)
    lake.write("sessions", day.with_columns(previous_session=none, next_session=none, holiday=none))
    with _copied(monkeypatch) as copied:
        assert build_catalog(lake)["sessions"] == 1
    assert copied == [("sessions", None)]
    lake.path("sessions").unlink()
    assert build_catalog(lake)["sessions"] == 0, "a table whose file is gone is empty"


def test_a_month_that_is_gone_leaves_the_catalog(lake: Lake) -> None:
    lake.remove("closes", "2024-01")
    assert BuildCatalog(lake, Asked()).stale()
    build_catalog(lake)
    assert [row[2] for row in _held(lake)] == [3.0]


@pytest.mark.parametrize("damage", ["garbage", "version", "columns", "descriptions", "gone"])
def test_a_catalog_that_cannot_be_carried_over_is_made_anew(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    expected = _held(lake)
    if damage == "garbage":
        lake.catalog.write_bytes(b"no catalog" * 1000)
    elif damage == "version":
        with duckdb.connect(str(lake.catalog)) as connection:
            connection.execute("UPDATE closes SET close = 99")
        monkeypatch.setattr(catalog, "__version__", "99.0")
    elif damage == "columns":
        with duckdb.connect(str(lake.catalog)) as connection:
            connection.execute("ALTER TABLE closes DROP COLUMN currency")
    elif damage == "descriptions":
        with duckdb.connect(str(lake.catalog)) as connection:
            connection.execute("COMMENT ON COLUMN closes.symbol IS 'what it was'; UPDATE closes SET close = 99")
    else:
        lake.catalog.unlink()
    assert build_catalog(lake)["closes"] == 3
    assert _held(lake) == expected


def test_a_reader_who_holds_the_catalog_open_keeps_its_state(lake: Lake) -> None:
    with duckdb.connect(str(lake.catalog), read_only=True) as reader:
        _write(lake, "2024-02", (1, "AAA", 9.0))
        build_catalog(lake)
        assert reader.sql("SELECT max(close) FROM closes").fetchall() == [(3.0,)]
    assert [row[2] for row in _held(lake)] == [1.0, 2.0, 9.0]


def _securities(lake: Lake) -> list[tuple[object, ...]]:
    with duckdb.connect(str(lake.catalog), read_only=True) as connection:
        rows = "SELECT strftime(date, '%Y-%m-%d'), symbol, security_id FROM closes ORDER BY date, symbol"
        return connection.sql(rows).fetchall()


def _rename(lake: Lake, *changes: tuple[str, str, str]) -> None:
    rows = [
        {"year": int(day[:4]), "date": date.fromisoformat(day), "old_symbol": old, "new_symbol": new, "simulated": False,
         "file": "symbol_changes.csv", "row": row, **dict.fromkeys(IDENTIFIERS)}
        for row, (day, old, new) in enumerate(changes, 2)
    ]  # fmt: skip
    lake.write(
        "symbol_changes", pl.DataFrame(rows, schema_overrides=dict.fromkeys(IDENTIFIERS, pl.String)), changes[0][0][:4]
    )


def test_closes_are_joined_by_company_across_a_rename(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the months that a change of symbol concerns are copied again, and a catalog made anew holds the same."""
    _write(lake, "2024-03", (1, "BBB", 5.0), (4, "BBB", 6.0), (4, "BRK-B", 7.0))
    build_catalog(lake)
    _rename(lake, ("2024-03-01", "AAA", "BBB"))
    with _copied(monkeypatch) as copied:
        build_catalog(lake)
    assert ("closes", ["2024-03"]) in copied
    assert not [keys for table, keys in copied if table == "closes" and "2024-02" in (keys or [])]  # type: ignore[operator]
    expected = [
        ("2024-01-02", "AAA", "AAA"), ("2024-01-03", "AAA", "AAA"), ("2024-02-01", "AAA", "AAA"),
        ("2024-03-01", "BBB", "AAA"), ("2024-03-04", "BBB", "AAA"), ("2024-03-04", "BRK-B", "BRKB"),
    ]  # fmt: skip
    assert _securities(lake) == expected
    lake.catalog.unlink()
    build_catalog(lake)
    assert _securities(lake) == expected


def test_spellings_side_by_side_on_a_day_are_two_securities(lake: Lake) -> None:
    _write(lake, "2024-03", (1, "BFA", 5.0), (1, "BF.A", 6.0), (4, "BF.A", 6.5))
    build_catalog(lake)
    assert [row[2] for row in _securities(lake)[-3:]] == ["BF.A", "BFA", "BF.A"]


def test_a_table_that_is_declared_anew_comes_to_a_lake_in_which_nothing_else_is_new(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(catalog, "TABLES", {name: table for name, table in TABLES.items() if name != "universe"})
        lake.catalog.unlink()
        build_catalog(lake)
        assert not BuildCatalog(lake, Asked()).stale()
    assert BuildCatalog(lake, Asked()).stale()
    with _copied(monkeypatch) as copied:
        assert build_catalog(lake)["universe"] == 0
    assert not copied
    assert not BuildCatalog(lake, Asked()).stale()


def test_a_catalog_of_the_release_before_gains_the_securities_of_its_closes(lake: Lake) -> None:
    with duckdb.connect(str(lake.catalog)) as connection:
        connection.execute("ALTER TABLE closes DROP COLUMN security_id; UPDATE lake_info SET tables_sha256 = 'before'")
    build_catalog(lake)
    assert [row[2] for row in _securities(lake)] == ["AAA"] * 3

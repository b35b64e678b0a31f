"""A person's own SQL reads the catalog and nothing else, within limits, and Ctrl-C ends it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import duckdb
import polars as pl
import pytest

from russell_pipeline import open_lake
from russell_pipeline.errors import NoCatalog, StatementRefused, StatementStopped
from russell_pipeline.lake.store import Lake
from russell_pipeline.queries.catalog import connect
from russell_pipeline.queries.statements import Limits, frame_of, run_statement

# What tries to write, to read other files, to change settings or to reach outside. LAKE and OUTSIDE are put in.
HOSTILE = [
    *(
        f"{explain}COPY (SELECT 'hello') TO '{target}' (FORMAT csv, USE_TMP_FILE false)"
        for explain in ("", "EXPLAIN ANALYZE ")
        for target in (
            "LAKE/russell.duckdb", "LAKE/russell.duckdb.wal", "LAKE/russell.duckdb.tmp/x", "LAKE/russell.duckdb.wal.checkpoint",
            "LAKE/tables/index_levels/x.parquet", "OUTSIDE/x.csv",
        )
    ),
    "COPY levels TO 'LAKE/russell.duckdb' (FORMAT parquet)",
    "COPY levels FROM 'OUTSIDE/secret.csv'",
    "COPY (FROM read_text('OUTSIDE/secret.csv')) TO '/dev/stdout'",
    "EXPORT DATABASE 'LAKE/russell.duckdb.tmp'",
    "EXPORT DATABASE 'OUTSIDE/exported'",
    "IMPORT DATABASE 'OUTSIDE'",
    "ATTACH 'OUTSIDE/other.duckdb'",
    "ATTACH 'LAKE/russell.duckdb' AS again (READ_WRITE)",
    "ATTACH ':memory:' AS scratch",
    "DETACH russell",
    "USE memory",
    "CREATE TABLE x AS SELECT 1",
    "CREATE OR REPLACE TABLE levels AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "CREATE MACRO f(x) AS x + 1",
    "CREATE SECRET s (TYPE s3)",
    "CREATE SEQUENCE s",
    "CREATE TYPE t AS ENUM ('a')",
    "CREATE SCHEMA s",
    "INSERT INTO levels VALUES (1, 2)",
    "UPDATE levels SET level = 999999",
    "DELETE FROM levels",
    "TRUNCATE levels",
    "DROP TABLE levels",
    "ALTER TABLE levels ADD COLUMN x INTEGER",
    "COMMENT ON TABLE levels IS 'x'",
    "MERGE INTO levels USING levels AS l ON false WHEN NOT MATCHED THEN INSERT VALUES (1, 2)",
    "WITH gone AS (DELETE FROM levels RETURNING *) SELECT * FROM gone",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "BEGIN TRANSACTION",
    "COMMIT",
    "SET memory_limit = '100GB'",
    "SET disabled_filesystems = ''",
    "SET lock_configuration = false",
    "SET temp_directory = 'OUTSIDE'",
    "SET VARIABLE x = 1",
    "RESET disabled_filesystems",
    "PRAGMA enable_profiling",
    "PRAGMA enable_external_access = true",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD 'OUTSIDE/x.duckdb_extension'",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE levels",
    "FROM read_text('OUTSIDE/secret.csv')",
    "FROM read_blob('LAKE/russell.duckdb')",
    "FROM read_csv('OUTSIDE/secret.csv')",
    "FROM read_json('OUTSIDE/secret.csv')",
    "FROM read_parquet('LAKE/**/*.parquet')",
    "FROM glob('OUTSIDE/*')",
    "FROM 'OUTSIDE/secret.csv'",
    "FROM 'https://127.0.0.1/x.csv'",
    "FROM sniff_csv('OUTSIDE/secret.csv')",
    "FROM query('COPY levels TO ''OUTSIDE/x.csv''')",
    "FROM query_table('OUTSIDE/secret.csv')",
    "SELECT getenv('HOME')",
]  # fmt: skip


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake whose catalog has one table, beside a file that is nobody's business."""
    root = tmp_path / "lake"
    (root / "tables" / "index_levels").mkdir(parents=True)
    with duckdb.connect(str(root / "russell.duckdb")) as catalog:
        catalog.execute("CREATE TABLE levels AS SELECT 1 AS day, 1000.0::DOUBLE AS level UNION ALL SELECT 2, 1001.5")
        catalog.execute("CREATE TABLE many AS SELECT range AS n FROM range(100000)")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.csv").write_text("a\nsecret\n")
    return root


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("statement", HOSTILE)
def test_a_statement_that_does_more_than_read_changes_and_shows_nothing(lake: Path, statement: str) -> None:
    statement = statement.replace("LAKE", str(lake)).replace("OUTSIDE", str(lake.parent / "outside"))
    before = _files(lake.parent)
    with (
        pytest.raises((StatementRefused, duckdb.Error)) as refused,
        run_statement(lake / "russell.duckdb", statement) as answer,
    ):
        list(answer.rows)
    assert "secret\n" not in str(refused.value)
    with pytest.raises((StatementRefused, duckdb.Error)):
        open_lake(lake).sql(statement)
    assert _files(lake.parent) == before
    assert connect(lake / "russell.duckdb").execute("SELECT sum(level) FROM levels").fetchall() == [(2001.5,)]


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("SELECT level FROM levels ORDER BY day", (1000.0,)),
        ("FROM levels", (1, 1000.0)),
        ("WITH l AS (FROM levels) SELECT max(level) FROM l", (1001.5,)),
        ("VALUES (1)", (1,)),
        ("SHOW TABLES", ("levels",)),
        ("PIVOT (SELECT day % 2 AS odd FROM levels) ON odd", (1, 1)),
        ("FROM (SUMMARIZE levels) SELECT column_name", ("day",)),
        ("FROM (DESCRIBE levels) SELECT column_name", ("day",)),
        ("SELECT level FROM levels ORDER BY day -- ; a note", (1000.0,)),
    ],
)
def test_a_statement_that_reads_is_answered(lake: Path, statement: str, first: tuple[object, ...]) -> None:
    with run_statement(lake / "russell.duckdb", statement) as answer:
        assert next(answer.rows) == first


def test_explain_of_a_statement_that_writes_writes_nothing(lake: Path) -> None:
    before = _files(lake.parent)
    for target in (f"{lake}/russell.duckdb", f"{lake.parent}/outside/x.csv"):
        with (
            suppress(duckdb.Error),
            run_statement(lake / "russell.duckdb", f"EXPLAIN COPY levels TO '{target}'") as answer,
        ):
            list(answer.rows)
    assert _files(lake.parent) == before


def test_explain_of_a_query_is_answered(lake: Path) -> None:
    for explain in ("EXPLAIN", "EXPLAIN ANALYZE"):
        with run_statement(lake / "russell.duckdb", f"{explain} FROM levels") as answer:
            assert "levels" in str(list(answer.rows))


def test_a_log_beside_the_catalog_is_refused_until_a_run_removes_it(lake: Path, tmp_path: Path) -> None:
    """DuckDB would apply it, and every level would be another."""
    forged = tmp_path / "forged.duckdb"
    forged.write_bytes((lake / "russell.duckdb").read_bytes())
    writes = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); c.execute(\"SET wal_autocheckpoint = '1GB'\"); "
        "c.execute('UPDATE levels SET level = 999999'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", writes, str(forged)], check=True)
    log = lake / "russell.duckdb.wal"
    log.write_bytes((tmp_path / "forged.duckdb.wal").read_bytes())
    spilled = lake / "russell.duckdb.tmp"
    spilled.mkdir()
    with pytest.raises(NoCatalog, match=r"russell\.duckdb\.wal is not of this project"):
        connect(lake / "russell.duckdb")
    Lake(lake).sweep()
    assert not log.exists()
    assert not spilled.exists()
    assert open_lake(lake).sql("SELECT level FROM levels ORDER BY day")["level"].to_list() == [1000.0, 1001.5]


ENDLESS = "SELECT count(*) FROM many a, many b, many c, many d, many e WHERE (a.n + 2*b.n + 3*c.n + 5*d.n + 7*e.n) % 1000003 = 17"


def test_a_statement_past_its_time_is_stopped(lake: Path) -> None:
    began = time.monotonic()
    with (
        pytest.raises(StatementStopped, match=r"longer than 0\.5 seconds"),
        run_statement(lake / "russell.duckdb", ENDLESS, limits=Limits(0.5)) as answer,
    ):
        list(answer.rows)
    with pytest.raises(StatementStopped, match=r"longer than 0\.5 seconds"):
        frame_of(lake / "russell.duckdb", ENDLESS, limits=Limits(0.5))
    assert time.monotonic() - began < 30


def test_a_statement_past_its_memory_is_stopped(lake: Path) -> None:
    with (
        pytest.raises(StatementStopped, match=r"more than 0\.05 GB of memory"),
        run_statement(
            lake / "russell.duckdb", "SELECT list(n + m.x) FROM many, range(900) m(x)", limits=Limits(60, 50_000_000)
        ) as _,
    ):
        pytest.fail("it was answered")


@pytest.mark.faults
def test_ctrl_c_ends_a_statement_in_one_sentence(lake: Path) -> None:
    command = [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), "sql", ENDLESS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        time.sleep(2)
        os.kill(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=30)
    assert (running.returncode, out) == (130, "")
    assert err == "russell: stopped by Ctrl-C; nothing that was published is lost, and the same command begins again\n"


def _peak(lake: Path, statement: str, form: str, file: Path) -> int:
    """The memory that writing the rows of a statement to a file takes, in KiB."""
    code = (
        "import resource, sys; from russell_pipeline.cli import main\n"
        "main(sys.argv[1:], standalone_mode=False); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    words = ["--lake", str(lake), "sql", statement, "--format", form, "--output", str(file)]
    ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    return int(ran.stdout)


@pytest.mark.faults
@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_rows_are_written_as_they_come(lake: Path, tmp_path: Path, form: str) -> None:
    """All rows at once take 150 MiB more than a few."""
    file, statement = tmp_path / f"rows.{form}", "SELECT n, repeat('x', 900) AS text FROM many"
    few = _peak(lake, f"{statement} LIMIT 7000", form, file)
    assert _peak(lake, statement, form, file) - few < 75_000
    read = {
        "csv": pl.read_csv,
        "json": lambda path: pl.DataFrame(json.loads(path.read_text())),
        "parquet": pl.read_parquet,
    }
    rows = read[form](file)
    assert (rows.height, rows["n"].sum()) == (100_000, 99_999 * 100_000 // 2)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_table_of_too_many_rows_says_which_formats_take_them(lake: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), "sql", "FROM many, range(3)"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "--format csv, json and parquet take any number" in ran.stderr

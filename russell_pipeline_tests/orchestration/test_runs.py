"""The whole way from landing to the catalog, on temporary lakes: repeated, interrupted, with bad files and two at once."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from russell_pipeline.errors import LakeBusy
from russell_pipeline.lake import landing
from russell_pipeline.lake.lock import held
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.checks import check_spec
from russell_pipeline.orchestration.failures import RunFailed
from russell_pipeline.orchestration.graph import build_graph
from russell_pipeline.orchestration.partitions import review_years
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
from russell_pipeline.steps.checks import YEARS_ARE_CURRENT, checks_of
from russell_pipeline.steps.step import Asked
from russell_pipeline.steps.years import FIRST_RULED_YEAR
from russell_pipeline_tests.conftest import SHIPPED, call_russell, land, table_bytes
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.layouts import BAD_FILES

pytestmark = pytest.mark.usefixtures("without_history")


def _settings(root: Path) -> Settings:
    return Settings(root, processes=2)


def _findings(root: Path) -> pl.DataFrame:
    return Lake(root).read("findings")


def test_a_run_makes_every_table_and_a_catalog_that_agrees_with_them(finished: Path) -> None:
    lake = Lake(finished)
    with duckdb.connect(str(lake.catalog), read_only=True) as catalog:
        for table in ("documents", "document_lines", "membership_changes", "findings"):
            [count] = catalog.execute(f"SELECT count(*) FROM {table}").fetchone() or [None]
            assert count == lake.read(table).height > 0, table
        changes = catalog.execute(
            "SELECT review, change, status, taxonomy, count(*) FROM membership_changes GROUP BY ALL ORDER BY 1"
        ).fetchall()
        described = catalog.execute(
            "SELECT count(*) FROM duckdb_columns() WHERE table_name = 'documents' AND comment IS NULL"
        ).fetchone()
    assert changes == [("2020-06", "deletion", None, "RGS", 256), ("2023-06", "addition", "preliminary", "ICB", 161)]
    assert described == (0,)


def test_every_line_of_every_accepted_document_has_one_role(finished: Path) -> None:
    lines = Lake(finished).read("document_lines")
    accounted = lines.group_by("document_id").agg(
        pl.len().cast(pl.Int32).alias("lines_total"), pl.col("role").eq("rejected").sum()
    )
    documents = Lake(finished).read("documents").select("document_id", "lines_total")
    assert accounted.drop("role").sort("document_id").equals(documents.sort("document_id"))
    assert accounted["role"].sum() == 0


def test_a_second_run_changes_no_byte_and_says_so(lake: Path) -> None:
    before = table_bytes(lake)
    catalog = (lake / "russell.duckdb").stat().st_mtime_ns
    assert not run(_settings(lake)).anything
    assert table_bytes(lake) == before
    assert (lake / "russell.duckdb").stat().st_mtime_ns == catalog


@pytest.mark.faults
def test_documents_that_come_apart_and_in_another_order_end_in_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    files = sorted((SHIPPED / "documents").iterdir(), reverse=True)
    for some in (files[:3], files[3:]):
        for file in some:
            land(tmp_path, file.name, file.read_bytes())
        run(_settings(tmp_path))
    assert table_bytes(tmp_path) == table_bytes(finished)


def test_the_same_bytes_under_another_name_add_nothing_but_a_finding(lake: Path) -> None:
    before = table_bytes(lake)
    original = next((lake / "landing" / "documents").glob("*.pdf"))
    land(lake, "another name.PDF", original.read_bytes())
    run(_settings(lake))
    after = table_bytes(lake)
    assert {name for name in after if after[name] != before.get(name)} == {"tables/findings/data.parquet"}
    [message] = [message for message in _findings(lake)["message"] if "another name" in message]
    assert message == f"another name.PDF holds the same bytes as {original.name} and adds nothing"


def test_sidecar_of_a_copy_is_ignored_whatever_its_name(lake: Path) -> None:
    before = table_bytes(lake)
    known = lake / "landing" / "documents" / "microcap-deletions-2020.pdf"
    for name in ("a copy", "z copy"):
        land(lake, f"{name}.pdf", known.read_bytes())
        land(lake, f"{name}.yaml", b"index: R2000\n")
    run(_settings(lake))
    after = table_bytes(lake)
    assert {name for name in after if after[name] != before.get(name)} == {"tables/findings/data.parquet"}
    ignored = _findings(lake).filter(severity="warning").filter(pl.col("message").str.contains("is ignored"))
    assert ignored["subject"].to_list() == ["a copy.pdf", "z copy.pdf"]


def test_a_renamed_landing_file_is_told_and_changes_no_table(lake: Path) -> None:
    before = table_bytes(lake)
    known = lake / "landing" / "documents" / "microcap-deletions-2020.pdf"
    known.rename(known.with_name("renamed.pdf"))
    run(_settings(lake))
    after = table_bytes(lake)
    assert {name for name in after if after[name] != before.get(name)} == {"tables/findings/data.parquet"}
    [message] = _findings(lake).filter(subject="renamed.pdf")["message"]
    assert message == "microcap-deletions-2020.pdf is gone from landing, and its bytes lie there as renamed.pdf"


def test_a_file_in_the_place_of_the_landing_folder_is_told(lake: Path) -> None:
    shutil.rmtree(lake / "landing" / "documents")
    (lake / "landing" / "documents").write_text("not a folder")
    called = call_russell(lake, "run")
    [message] = _findings(lake).filter(subject="landing/documents")["message"]
    assert message in called.stderr
    assert message == "landing/documents cannot be opened: it is no folder, and must be one"


def test_a_removed_landing_file_loses_nothing_and_a_rebuild_keeps_it(lake: Path) -> None:
    before = table_bytes(lake)
    for file in (lake / "landing" / "documents").iterdir():
        file.unlink()
    run(_settings(lake))
    assert table_bytes(lake) == before
    (lake / "russell.duckdb").unlink()
    shutil.rmtree(lake / "tables" / "membership_changes")
    run(_settings(lake))
    assert table_bytes(lake) == before
    assert (lake / "russell.duckdb").exists()


@pytest.mark.slow
def test_a_sidecar_is_heard_when_it_comes_and_forgotten_when_it_goes(lake: Path) -> None:
    before = table_bytes(lake)
    sidecar = lake / "landing" / "documents" / "microcap-deletions-2020.yaml"
    sidecar.write_text("status: final\npublished_on: 2020-06-26\n")
    run(_settings(lake))
    changes = Lake(lake).read("membership_changes").filter(change="deletion")
    assert changes["status"].unique().to_list() == ["final"]
    sidecar.write_text("index: R3000\n")
    run(_settings(lake))
    assert Lake(lake).read("membership_changes").filter(change="deletion").is_empty()
    assert "but it prints RMICRO" in " ".join(_findings(lake).filter(severity="error")["message"])
    sidecar.unlink()
    run(_settings(lake))
    assert table_bytes(lake) == before


@pytest.mark.slow
def test_bad_files_are_quarantined_each_with_one_message_and_cost_nothing_else(lake: Path) -> None:
    before = {name: data for name, data in table_bytes(lake).items() if "findings" not in name}
    for name, bad_file in BAD_FILES.items():
        if name != "inflating_text.pdf":  # takes seconds; test_isolation has it
            land(lake, name, bad_file())
    land(lake, "notes.docx", b"PK")
    run(_settings(lake))
    after = table_bytes(lake)
    assert {name: after[name] for name in before} == before
    quarantined = Lake(lake).read("documents").filter(state="quarantined")
    assert quarantined.height == len({bad_file() for bad_file in BAD_FILES.values()}) - 1
    assert Lake(lake).read("document_lines").join(quarantined, on="document_id", how="semi").is_empty()
    findings = _findings(lake)
    assert findings.filter(severity="error").height == quarantined.height
    assert not any("\n" in message or "Traceback" in message for message in findings["message"])
    assert findings.filter(subject="notes.docx")["severity"].to_list() == ["warning"]


def test_a_file_that_cannot_be_opened_is_a_finding_and_stops_no_run(
    lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(lake, "locked.pdf", b"%PDF-1.4")
    original = landing.file_sha256

    def refuses(path: Path) -> str:
        if path.name == "locked.pdf":
            raise PermissionError(13, "Permission denied", str(path))
        return original(path)

    monkeypatch.setattr(landing, "file_sha256", refuses)
    run(_settings(lake))
    assert _findings(lake).filter(subject="locked.pdf")["message"].to_list() == [
        "locked.pdf cannot be opened: Permission denied"
    ]


def test_a_quarantined_document_is_forgotten_with_its_file_and_strict_counts_it_until_then(lake: Path) -> None:
    before = table_bytes(lake)
    bad = land(lake, "web_page.pdf", BAD_FILES["web_page.pdf"]())
    run(_settings(lake))
    assert call_russell(lake, "run").returncode == 0
    strict = call_russell(lake, "run", "--strict")
    assert strict.returncode == 1
    assert "in quarantine: web_page.pdf is an HTML page" in strict.stderr
    bad.unlink()
    run(_settings(lake))
    assert call_russell(lake, "run", "--strict").returncode == 0
    assert table_bytes(lake) == before


def test_a_backfill_reads_its_years_again_and_ends_in_the_same_bytes(lake: Path) -> None:
    before = table_bytes(lake)
    done = call_russell(lake, "backfill", "--from", "2019", "--to", "2023")
    assert done.returncode == 0, done.stderr
    assert "microcap-deletions-2020.pdf" in done.stderr
    assert table_bytes(lake) == before


@pytest.mark.faults
def test_years_made_one_by_one_are_the_bytes_of_one_run(finished: Path, tmp_path: Path) -> None:
    """As a backfill of several machines makes them: a run for each year, in whatever order they come."""
    lake = tmp_path / "lake"
    shutil.copytree(SHIPPED / "documents", lake / "landing" / "documents")
    make(Lake(lake), "documents", "sessions")
    years = review_years(Lake(lake)).get_partition_keys()
    for year in ["2023", "2016", *(year for year in years if year not in ("2023", "2016"))]:
        asked = Asked(years=[year], only_years=True)
        make(Lake(lake), "calendar", "membership_lists", "membership_changes", asked=asked)
    make(Lake(lake))
    assert table_bytes(lake) == table_bytes(finished)


@pytest.mark.faults
def test_a_year_that_cannot_be_made_fails_alone_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("microcap-additions-2023.txt", "microcap-deletions-2020.pdf"):
        land(tmp_path, name, (SHIPPED / "documents" / name).read_bytes())
    write = Lake.write

    def failing(self: Lake, table: str, rows: pl.DataFrame, key: str | None = None, inputs: str = "") -> bool:
        if (table, key) == ("membership_changes", "2020"):
            raise ValueError("this year is not to be made")
        return write(self, table, rows, key, inputs)

    with monkeypatch.context() as patch:
        patch.setattr(Lake, "write", failing)
        with pytest.raises(RunFailed) as raised:
            run(_settings(tmp_path))
    assert str(raised.value) == "membership_changes: 2020: this year is not to be made"
    assert f"failed: {raised.value}" in call_russell(tmp_path, "status").stderr
    asked = "SELECT review_year, count(*) FROM membership_changes GROUP BY ALL"
    with duckdb.connect(str(Lake(tmp_path).catalog), read_only=True) as catalog:
        assert catalog.execute(asked).fetchall() == [(2023, 161)]
    run(_settings(tmp_path))
    with duckdb.connect(str(Lake(tmp_path).catalog), read_only=True) as catalog:
        assert sorted(catalog.execute(asked).fetchall()) == [(2020, 256), (2023, 161)]
    assert re.search(r"last run: .*, done", call_russell(tmp_path, "status").stderr)


def test_years_that_go_on_from_each_other_are_never_divided(lake: Path) -> None:
    """Runs of a backfill share the years of tables that Dagster sees by year."""
    graph = build_graph(replace(_settings(lake), years_a_run=2)).resolve_asset_graph()
    by_year = {key.to_user_string() for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned}
    assert by_year == {"calendar", "membership_lists", "membership_changes", "constituents"}
    policy = dg.BackfillPolicy.multi_run(max_partitions_per_run=2)
    assert {graph.get(dg.AssetKey(name)).backfill_policy for name in by_year} == {policy}


def test_only_years_that_the_lake_knows_are_offered(lake: Path) -> None:
    """A year before the rules is there once a list is of it."""
    known = review_years(Lake(lake)).get_partition_keys()
    assert (known[0], known[1]) == ("undated", str(FIRST_RULED_YEAR))
    rows = Lake(lake).read("membership_changes", ["2020"]).with_columns(pl.lit(1998, pl.Int32).alias("review_year"))
    Lake(lake).write("membership_changes", rows, "1998")
    assert review_years(Lake(lake)).get_partition_keys() == ["undated", "1998", *known[1:]]


def test_a_table_is_made_with_its_own_checks_and_no_others(lake: Path) -> None:
    """As a backfill of some tables makes them: Dagster asks for the checks of these alone, while other runs make other years."""
    own = {check_spec(check).key for check in checks_of(["calendar"]) if check.name != YEARS_ARE_CURRENT}
    everything = build_graph(_settings(lake)).resolve_implicit_global_asset_job_def()
    result = everything.get_subset(
        asset_selection={dg.AssetKey("calendar")}, asset_check_selection=own
    ).execute_in_process(instance=dg.DagsterInstance.ephemeral(), partition_key="2019")
    assert {evaluation.asset_check_key for evaluation in result.get_asset_check_evaluations()} == own


def test_two_runs_at_once_are_refused_with_a_sentence_that_names_the_first(lake: Path) -> None:
    with held(lake):
        with pytest.raises(LakeBusy, match=rf"another run \(process {os.getpid()} on .*, for \d+ s\) is working on"):
            run(_settings(lake))
        called = call_russell(lake, "run")
    assert called.returncode == 1
    assert called.stderr.startswith("russell: another run (process")
    assert not run(_settings(lake)).anything


def test_the_lock_of_a_killed_run_holds_nobody_up(lake: Path) -> None:
    """Its owner's file is still there, and says nothing any more."""
    script = """
import os, sys, pathlib
from russell_pipeline.lake.lock import held
with held(pathlib.Path(sys.argv[1])):
    os.kill(os.getpid(), 9)
"""
    killed = subprocess.run([sys.executable, "-c", script, str(lake)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (lake / ".run.owner").exists()
    assert not run(_settings(lake)).anything


def test_a_clock_that_was_set_back_changes_nothing(lake: Path) -> None:
    before = table_bytes(lake)
    catalog = lake / "russell.duckdb"
    ahead = time.time() + 3 * 86400
    os.utime(catalog, (ahead, ahead))
    land(lake, "new.txt", b"Russell 3000\xc2\xae Index\n")
    called = call_russell(lake, "run")
    assert called.returncode == 1
    assert "the clock says" in called.stderr
    assert f"`touch {catalog}`" in called.stderr
    assert table_bytes(lake) == before
    catalog.touch()
    assert run(_settings(lake)).read


def test_a_file_that_is_being_written_is_left_for_the_next_run(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a list looks complete: only files that have not changed for a moment are read."""
    before = table_bytes(lake)
    monkeypatch.setattr(landing, "PATIENCE", 0.2)
    monkeypatch.setattr(landing, "SETTLED_AFTER", 30.0)
    past = time.time() - 60
    for old in (lake / "landing").rglob("*"):
        os.utime(old, (past, past))
    file = land(lake, "half.txt", (SHIPPED / "documents" / "microcap-additions-2023.txt").read_bytes()[:4000])
    report = run(_settings(lake))
    assert (report.read, report.unsettled) == ([], ["documents/half.txt"])
    assert table_bytes(lake) == before
    os.utime(file, (past, past))
    assert len(run(_settings(lake)).read) == 1


@pytest.mark.faults
def test_runs_killed_at_any_moment_end_in_the_same_bytes(finished: Path, tmp_path: Path) -> None:
    """Nothing is lost: whatever the moment, tables stay readable and the next run completes them."""
    rng = random.Random(11)
    lake = tmp_path / "killed"
    shutil.copytree(SHIPPED / "documents", lake / "landing" / "documents")
    command = [sys.executable, "-m", "russell_pipeline.cli", "--lake", str(lake), "run"]
    for longest in (2, 3, 5):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(rng.uniform(0.5, longest))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for file in (lake / "tables").rglob("data.parquet"):
            pl.read_parquet(file)
        if (lake / "russell.duckdb").exists():
            duckdb.connect(str(lake / "russell.duckdb"), read_only=True).close()
    last = call_russell(lake, "run")
    assert last.returncode == 0, last.stderr
    assert table_bytes(lake) == table_bytes(finished)
    assert not [*lake.rglob("*.tmp*")]

"""What a run says of files in landing on its own output: each bad row once, with file, row and reason, and no litter."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from russell_pipeline.lake.store import Lake
from russell_pipeline_tests.conftest import Once, call_russell, table_bytes

pytestmark = pytest.mark.usefixtures("without_history")

DAYS = [f"2025-06-{day:02d}" for day in (18, 20, 23, 24, 25, 26, 27, 30)]
REFERENCE = {
    "suspensions": (
        "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\n",
        "CCC,2025-06-30,,,\n", "CCC,2025-06-27,2025-06-30,,\n", "suspended_on",
    ),
    "symbol_changes": ("date,old_symbol,new_symbol\n", "2024-06-28,OLD,AAA\n", "2024-06-27,ODD,BBB\n", "date"),
    "offerings": (
        "symbol,discovered_on,announced_review,shares\n",
        "AAA,2025-05-01,2025-06,100\n", "BBB,2025-05-02,2025-06,7\n", "discovered_on",
    ),
    "overrides": (
        "subject,key,decision,reason\n",
        "other_security,AAA@2025-06-20,,mine\n", "other_security,BBB@2025-06-23,,mine\n", "key",
    ),
}  # fmt: skip


@pytest.fixture
def lake(once: Once, tmp_path: Path) -> Path:
    """A lake with an index of two names, published up to the last day."""

    def make(root: Path) -> None:
        landing = root / "landing"
        for folder in ("market", "components/L", "indexes", "reference"):
            (landing / folder).mkdir(parents=True)
        closes = "".join(f"{day},{symbol},{n + 10}\n" for n, day in enumerate(DAYS) for symbol in ("AAA", "BBB", "CCC"))
        (landing / "market/closes.csv").write_text(f"date,symbol,close\n{closes}")
        (landing / f"components/L/{DAYS[0]}.csv").write_text("symbol,shares,free_float\nAAA,10,1\nBBB,10,1\n")
        index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\n"
        (landing / "indexes/QX.yaml").write_text(f"{index}base: {{date: {DAYS[0]}, value: 1000}}\n")
        assert call_russell(root, "run").returncode == 0

    return Path(shutil.copytree(once("run_output", make), tmp_path / "lake"))


def _reference(lake: Path, kind: str, rows: str) -> None:
    (lake / "landing" / "reference" / f"{kind}.csv").write_text(REFERENCE[kind][0] + rows)


# Of kinds that are read alike, two in every suite.
KINDS = [
    pytest.param(kind, marks=() if kind in ("symbol_changes", "overrides") else (pytest.mark.nightly,))
    for kind in REFERENCE
]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_row_of_a_reference_file_is_named_and_blocks_nothing_that_was_published(lake: Path, kind: str) -> None:
    _, good, _, column = REFERENCE[kind]
    bad = good.replace("20", "later", 1)
    _reference(lake, kind, bad)
    called = call_russell(lake, "run")
    assert called.returncode == 0
    [said] = [line for line in called.stderr.splitlines() if line.startswith(f"{kind}.csv, row 2: {column}")]
    assert said in call_russell(lake, "status").stderr.replace("error: ", "")
    _reference(lake, kind, good)
    assert call_russell(lake, "run").returncode == 0
    _reference(lake, kind, bad)
    called = call_russell(lake, "run")
    assert called.returncode == 1
    assert f"{kind}.csv, row 2: {column}" in called.stderr
    assert "1 row of its last good version stays" in called.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_another_row_in_the_place_of_the_only_one_is_an_edit(lake: Path, kind: str) -> None:
    _, row, other, _ = REFERENCE[kind]
    _reference(lake, kind, row)
    assert call_russell(lake, "run").returncode == 0
    _reference(lake, kind, other)
    called = call_russell(lake, "run")
    assert called.returncode == 0, called.stderr
    rows = Lake(lake).read(kind)
    assert rows.height == 1
    assert other.split(",")[1] in rows.cast(str).row(0)


def test_other_reasons_for_which_rows_of_a_damaged_file_are_set_aside_are_named_too(lake: Path) -> None:
    closes = lake / "landing" / "market" / "closes.csv"
    lines = closes.read_text().splitlines(keepends=True)
    lines[1:4] = [f"{DAYS[0]},AAA,forty\n", f"{DAYS[0]},BBB,fifty\n", f"{DAYS[0]},CCC,-3\n"]
    closes.write_text("".join(lines))
    called = call_russell(lake, "run")
    assert called.returncode == 1
    [said] = [line for line in called.stderr.splitlines() if "last good version" in line]
    assert "row 2: close 'forty' " in said
    assert "(and 1 more row for this reason)" in said
    assert "row 4: close" in said


def test_files_that_are_not_read_are_named_once_and_litter_not_at_all(lake: Path) -> None:
    before = table_bytes(lake)
    for name in ("~$closes.xlsx", "Thumbs.db", "desktop.ini", ".DS_Store", ".~lock.closes.csv#"):
        for folder in ("market", "documents", "components/L", "indexes", "reference", "."):
            (lake / "landing" / folder).mkdir(exist_ok=True)
            (lake / "landing" / folder / name).write_bytes(b"litter")
    called = call_russell(lake, "run")
    assert "not read" not in called.stderr
    assert table_bytes(lake) == before
    (lake / "landing" / "market" / "prices.xlsx").write_bytes(b"PK")
    called = call_russell(lake, "run")
    assert called.stderr.count("prices.xlsx is not read") == 1

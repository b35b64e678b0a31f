"""`russell import` and `russell simulate`: files into landing/, everything left out listed, wrong calls told."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from russell_pipeline_tests.conftest import call_russell

HOLDINGS = """Some Fund
Fund Holdings as of,"Nov 22, 2023"

Ticker,Name,Sector,Asset Class,Market Value,Weight (%),Notional Value,Quantity,Price,Location,Exchange,Currency
AAA,ALPHA INC,Energy,Equity,"1,000.00",50.0,"1,000.00","1,234.00",10.00,United States,NYSE,USD
BRKB,BETA CLASS B,Financials,Equity,"1,000.00",50.0,"1,000.00",100.00,10.00,United States,NYSE,USD
USD,USD CASH,Cash and/or Derivatives,Cash,5.00,0.0,5.00,5.00,100.00,United States,--,USD
"""


def test_holdings_become_a_component_file_and_the_rest_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "holdings.csv"
    file.write_text(HOLDINGS)
    called = call_russell(tmp_path, "import", "ishares", str(file), "--index", "SP500", "--format", "csv")
    assert called.returncode == 0, called.stderr
    landed = pl.read_csv(tmp_path / "landing" / "components" / "SP500" / "2023-11-22.csv")
    assert landed.select("symbol", "shares", "free_float").rows() == [("AAA", 1234.0, 1.0), ("BRKB", 100.0, 1.0)]
    [left_out] = csv.DictReader(io.StringIO(called.stdout))
    assert (left_out["what"], left_out["file"], left_out["row"]) == ("skipped", "holdings.csv", "7")
    again = call_russell(tmp_path, "import", "ishares", str(file), "--index", "sp500")
    assert "as it was" in again.stderr
    file.write_text(HOLDINGS[: HOLDINGS.index("USD,USD CASH")])
    whole = call_russell(tmp_path, "import", "ishares", str(file), "--index", "SP500", "--format", "json")
    assert whole.stdout == "[]\n", "what was left out is asked for, and is nothing"


def test_the_real_files_become_an_index_without_hand_work(real_market: Path, dated: Path, tmp_path: Path) -> None:
    """Holdings and a price service's export as downloaded: imported, run, and every line that is no row listed."""
    lake = tmp_path / "lake"
    shutil.copytree(dated, lake)
    ishares, export = real_market / "ishares", real_market / "yahoo" / "long_20231120_20231208.csv"
    for name, index, skipped in (
        ("IVV_20231122", "SP500", 5), ("IWM_20251105", "R2000", 16),
        ("IWM_20260121", "R2000", 17), ("IWC_20260120", "RMICRO", 18),
    ):  # fmt: skip
        called = call_russell(
            lake, "import", "ishares", str(ishares / f"{name}.csv"), "--index", index, "--format", "csv"
        )
        assert called.returncode == 0, called.stderr
        assert [row["what"] for row in csv.DictReader(io.StringIO(called.stdout))] == ["skipped"] * skipped
    called = call_russell(lake, "import", "yahoo", str(export), str(ishares / "IVV_20231122.csv"), "--format", "csv")
    listed = list(csv.DictReader(io.StringIO(called.stdout)))
    total = len(export.read_text().splitlines()) - 1
    assert called.returncode == 1, "names without a price as traded are left out, and said"
    called = call_russell(lake, "run")
    assert called.returncode == 0, called.stderr
    with duckdb.connect(str(lake / "russell.duckdb"), read_only=True) as catalog:
        closes = catalog.sql("SELECT * FROM closes").pl()
        held = catalog.sql(
            "SELECT index_code || ' ' || effective_review, count(*) FROM components GROUP BY ALL"
        ).fetchall()
        [(missing,)] = catalog.sql(
            "SELECT message FROM findings WHERE subject = 'SP500' AND message LIKE '%2023-12%'"
        ).fetchall()
        files = catalog.sql("SELECT DISTINCT state, rejected FROM landing_files").fetchall()
    assert closes.height + 14 * len(listed) == total, "one line is listed for each symbol that is left out, of 14 days"
    assert dict(held) == {
        "SP500 2023-11-22": 503, "R2000 2025-11-05": 1952, "R2000 2026-01-21": 1941, "RMICRO 2026-01-20": 1301,
    }  # fmt: skip
    assert files == [("accepted", 0)]
    assert "closes of 15 members missing" in missing, "BRKB of the fund is BRK-B of the price service"
    at = closes.filter(pl.col("date") == date(2023, 11, 22), pl.col("symbol").is_in(["NVDA", "WMT", "BRK-B", "AAPL"]))
    assert dict(at.select("symbol", "close").iter_rows()) == {
        "NVDA": 487.16, "WMT": 154.67, "BRK-B": 361.80, "AAPL": 191.31,
    }  # fmt: skip


def test_a_wrong_call_says_what_is_missing_and_a_refused_file_exits_1(tmp_path: Path) -> None:
    file = tmp_path / "holdings.csv"
    file.write_text(HOLDINGS)
    missing = call_russell(tmp_path, "import", "ishares", str(file))
    assert missing.returncode == 2
    assert "needs index" in missing.stderr
    unknown = call_russell(tmp_path, "import", "yahoo", str(file), "--set", "colour=red")
    assert unknown.returncode == 2
    assert "as_traded" in unknown.stderr
    file.write_text("<html>sign in</html>")
    refused = call_russell(tmp_path, "import", "ishares", str(file), "--index", "SP500")
    assert refused.returncode == 1
    assert refused.stderr.startswith("refused: holdings.csv: ")
    assert not (tmp_path / "landing").exists()


def test_a_simulated_market_says_so_in_every_file_and_repeats(tmp_path: Path) -> None:
    arguments = ("simulate", "--from", "2024-01-02", "--to", "2024-03-28", "--names", "40", "--seed", "7")
    called = call_russell(tmp_path, *arguments)
    assert called.returncode == 0, called.stderr
    assert "a simulated market of 40 names" in called.stderr
    files = sorted(file for file in (tmp_path / "landing").rglob("*") if file.is_file())
    assert {file.parent.name for file in files} >= {"market", "R3000", "SP500", "RSCC", "R2000G"}
    for file in files:
        frame = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file)
        assert frame["simulated"].all(), file
    assert "(0 written)" in call_russell(tmp_path, *arguments).stderr


def test_a_simulation_that_cannot_be_is_a_wrong_call(tmp_path: Path) -> None:
    called = call_russell(tmp_path, "simulate", "--names", "3")
    assert called.returncode == 2
    assert "names" in called.stderr

"""Protects `russell report`: what its pages say of a lake, the same bytes again, one sentence where there is nothing."""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from click.testing import CliRunner, Result

from russell_pipeline.cli import main as russell
from russell_pipeline.queries import catalog as query
from russell_pipeline.queries import report as query_report
from russell_pipeline.reports import page
from russell_pipeline.reports.fact_sheet import fact_sheet
from russell_pipeline.reports.page import written
from russell_pipeline.reports.reconstitution import reconstitution
from russell_pipeline_tests.reports.conftest import ENDING, SCRIPT

Report = Callable[..., Result]


@pytest.fixture
def report(reported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """The command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(russell, ["--lake", str(reported), "report", *words])


def _sections(text: str) -> dict[str, str]:
    """The text of each section by its title, cells and lines with one space between."""
    found = re.findall(r"<section.*?<h2[^>]*>(.*?)</h2>(.*?)</section>", text, re.DOTALL)
    texts = {title: re.sub(r"<script.*?</script>|<[^>]+>", " ", body, flags=re.DOTALL) for title, body in found}
    return {html.unescape(title): " ".join(html.unescape(text).split()) for title, text in texts.items()}


def test_the_page_of_an_index_has_the_figures_of_the_catalog(pages: dict[str, str], reported: Path) -> None:
    said = _sections(pages["index"])
    assert list(said) == [
        "Level and total return",
        "Drawdown and months",
        "Net and gross exposure",
        "Heaviest names",
        "Sectors by leg",
        "Turnover and cost",
        "Divisor ledger",
        "Restatements",
        "Findings",
        "Policies",
        "Data provenance",
    ]
    with duckdb.connect(str(reported / "russell.duckdb"), read_only=True) as connection:
        price, total = connection.sql(
            "SELECT price_index, total_return_index FROM index_levels ORDER BY date DESC LIMIT 1"
        ).fetchall()[0]
        [(turnover,)] = connection.sql("SELECT turnover FROM divisor_events WHERE turnover IS NOT NULL").fetchall()
        [(document,)] = connection.sql(
            "SELECT document_id FROM documents WHERE file_name = 'russell-3000-2019.pdf'"
        ).fetchall()
        [(tables,)] = connection.sql("SELECT tables_sha256 FROM lake_info").fetchall()
    assert f"Price index {price:,.2f}" in said["Level and total return"]
    assert f"Since base 2025-03-21 {price / 1000 - 1:+.2%} {total / 1000 - 1:+.2%}" in said["Level and total return"]
    assert "2025-06 112.50% -12.50% 100.00% 125.00%" in said["Net and gross exposure"]
    cost = f"{turnover:.2%} {turnover * 7.5:.2f} {turnover * 15:.2f}"
    assert cost in said["Turnover and cost"]
    assert "7.5 basis points of the value traded (--cost-bps)" in said["Turnover and cost"]
    assert "review 2025-06" in said["Divisor ledger"]
    assert said["Restatements"].startswith("No published level was ever restated")
    assert "of a simulated market" in said["Findings"]
    assert "short_only_names net default 5.2, 4.2" in said["Policies"]
    assert f"32 3,012 accepted {document[:12]}" in said["Data provenance"]
    assert f"from tables {tables[:16]}." in pages["index"]


def test_thirty_years_with_all_that_can_be_long_are_a_small_page_too(
    reported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = query.frames(reported / "russell.duckdb", query_report.index_report("RSCC9010"))

    def many(name: str, count: int) -> pl.DataFrame:
        return pl.concat([facts[name]] * (count // facts[name].height + 1)).head(count)

    days = pl.Series([date(1995, 1, 2) + timedelta(days=int(1.45 * n)) for n in range(7600)])
    last = pl.Series([date(1995 + n // 4, 3 * (n % 4) + 3, 20) for n in range(120)])
    rows = query_report.REPORT_ROWS
    long_ones = {name: many(name, rows) for name in ("ledger", "files", "documents")}
    findings = many("findings", rows).with_columns(message=pl.lit("x" * 300))
    levels = many("levels", 7600).with_columns(date=days)
    for count in (1000, 5000, 7600):
        told = facts | long_ones | {"findings": findings, "levels": levels.tail(count)}
        told["reviews"] = many("reviews", 120).with_columns(implemented_on=last)
        with monkeypatch.context() as patch:
            patch.setattr(page, "library", lambda: "")
            without_the_library = page.render(fact_sheet(told, 10))
        # The library is 0.9 MB of the 1.5 MB.
        assert 100_000 < len(without_the_library.encode()) < 550_000


def test_a_reconstitution_of_many_long_lists_is_a_small_page_too(
    reported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = query.frames(reported / "russell.duckdb", query_report.review_report("2025-06"))
    name = facts["changes"].filter(document_id=facts["changes"]["document_id"][0]).head(1)
    lists = [
        pl.concat([name] * 250).with_columns(
            index_code=pl.lit(code),
            change=pl.lit(change),
            document_id=pl.lit(f"{code} {change} {version}"),
            **{name: pl.format("S{}", pl.int_range(pl.len()) + 40 * version) for name in ("symbol", "security_id")},
            company_name=pl.lit("A COMPANY WITH A LONG NAME"),
        )
        for code in ("R1000", "R2000", "R3000", "RMICRO")
        for change in ("addition", "deletion")
        for version in range(5)
    ]
    monkeypatch.setattr(page, "library", lambda: "")
    text = page.render(reconstitution("2025-06", facts | {"changes": pl.concat(lists)}))
    assert 100_000 < len(text.encode()) < 550_000
    assert "are shown: the first; russell changes R1000 --review 2025-06 has all." in text


def test_restatements_are_told_by_the_day_of_the_decision_and_session_by_session(
    reported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = Path(shutil.copyfile(reported / "russell.duckdb", tmp_path / "russell.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "INSERT INTO index_restatements BY NAME SELECT * EXCLUDE (year, market_value, dividend_points, names, "
            "names_at_last_price, simulated), DATE '2025-08-04' AS superseded_on, 'corrected: closes' AS reason, -1.25 AS "
            "basis_points, 2.5 AS total_return_basis_points FROM index_levels WHERE date >= DATE '2025-07-30'"
        )
    monkeypatch.setattr(page, "library", lambda: "")
    facts = query.frames(copy, query_report.index_report("RSCC9010"))
    said = _sections(page.render(fact_sheet(facts, 10)))["Restatements"]
    assert "2025-08-04 restated 2 2025-07-30 2025-07-31 1.25 2.50 corrected: closes" in said
    assert "Each session: 2" in said
    assert re.search(r"2025-07-31 restated [\d,.]+ -1\.25 2\.50 2025-08-04", said)


def test_companies_of_a_simulated_market_are_not_those_of_the_documents(pages: dict[str, str]) -> None:
    assert "is classified" in _sections(pages["index"])["Sectors by leg"]


def test_the_page_of_a_review_has_its_versions_side_by_side(pages: dict[str, str]) -> None:
    said = _sections(pages["review"])["RMICRO: who enters, who leaves"]
    assert (
        "Names that enter 3 preliminary of 23 May 2025: 3, updated of 30 May 2025: 2, final of 20 Jun 2025: 3" in said
    )
    assert "Names that leave – no list of deletions in the lake" in said
    assert "Additions that the versions differ in: 2" in said
    assert "BBBB BBBB COMPANY INC Utilities yes – – withdrawn 1:5" in said
    assert "DDDD DDDD COMPANY INC Utilities – – yes added later" in said
    assert f"EVIL {SCRIPT} Technology yes yes yes on every list" in said
    weights = _sections(pages["review"])["RSCC9010: weights of the review"]
    assert "Names that join" in weights
    assert "One-way turnover" in weights


def test_a_company_called_as_a_script_is_text(pages: dict[str, str]) -> None:
    assert ENDING in _sections(pages["index"])["Heaviest names"]
    for text in pages.values():
        assert SCRIPT not in text
        assert ENDING not in text


def test_a_report_is_small_and_the_same_lake_gives_the_same_bytes(report: Report) -> None:
    first, again = (
        report("RSCC9010", "--review", "2025-06"),
        report("rscc9010", "--review", "2025-06", "--output", "again.html"),
    )
    assert (first.exit_code, again.exit_code) == (0, 0), first.output
    assert "RSCC9010-2025-06.html, 0." in first.stderr
    assert first.stderr.strip().endswith("of a simulated market")
    assert not first.stdout
    assert Path("RSCC9010-2025-06.html").read_bytes() == Path("again.html").read_bytes()
    text = Path("again.html").read_text()
    assert "RMICRO" not in text


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ((), 2, "name an INDEX, a --review, or both"),
        (("R1000",), 1, "no index R1000 is computed in this lake; defined are RSCC9010"),
        (("NOPE",), 2, "there is no index 'NOPE'; known are "),
        (("RMICRO",), 1, "for its changes: russell report RMICRO --review 2025-06"),
        (
            ("--review", "1999-06"),
            1,
            "nothing is known of any index at the review 1999-06; there are: 2020-06 (RMICRO)",
        ),
        (
            ("RSCC9010", "--review", "2023-06"),
            1,
            "nothing is known of RSCC9010 at the review 2023-06; there are: 2025-03",
        ),
        (("RSCC9010", "--cost-bps", "-1"), 2, "--cost-bps"),
        (("RSCC9010", "--output", "nowhere/x.html"), 2, "there is no folder nowhere"),
    ],
)
def test_where_there_is_nothing_one_sentence_says_so(
    report: Report, words: tuple[str, ...], code: int, says: str
) -> None:
    called = report(*words)
    assert called.exit_code == code
    assert says in called.stderr
    assert "Traceback" not in called.output
    assert not list(Path().iterdir())


def test_an_index_that_waits_has_a_page_that_says_for_what(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    called = CliRunner().invoke(russell, ["--lake", str(finished), "report", "RSCC9010"])
    assert called.exit_code == 0, called.output
    said = _sections(Path("RSCC9010.html").read_text())
    assert "RSCC9010 waits for its inputs" in said["Level and total return"]
    assert "short_only_names" in said["Policies"]


def test_written_turnover_is_that_of_the_pro_forma(reported: Path, pages: dict[str, str]) -> None:
    """What the page says of the review is what the engine says of it on its day."""
    import russell_pipeline

    found = russell_pipeline.open_lake(reported).pro_forma("RSCC9010", "2025-06")
    assert (
        f"One-way turnover {written(found.turnover, 'percent')}"
        in _sections(pages["review"])["RSCC9010: weights of the review"]
    )

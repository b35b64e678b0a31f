"""Indexes through the graph: landed components and market files to weights, levels and divisor events, exact and explainable."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import russell_pipeline
from russell_pipeline.cli import main as russell
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.settings import Settings
from russell_pipeline.steps.index.step import ComputeIndexes
from russell_pipeline_tests.conftest import Once, call_russell, table_bytes
from russell_pipeline_tests.index.worked import WORKED
from russell_pipeline_tests.lakes import make

pytestmark = pytest.mark.usefixtures("without_history")
POLICIES = [
    ("net", "market_cap", "ex_open"),
    ("net", "fixed_weight", "reinvest_close"),
    ("literal", "market_cap", "ex_open"),
]


def _rows(name: str, **where: str) -> list[dict[str, str]]:
    with (WORKED / "expected" / f"{name}.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if all(row[key] == value for key, value in where.items())]


def _run(lake: Path) -> Lake:
    make(Lake(lake))
    return Lake(lake)


def _landed(dated: Path, root: Path) -> Path:
    """A lake with the landing files of the worked example; its calendar is made already."""
    shutil.copytree(dated, root)
    shutil.copytree(WORKED / "landing", root / "landing", dirs_exist_ok=True)
    return root


@pytest.fixture
def lake(dated: Path, tmp_path: Path) -> Path:
    """The worked example, not yet computed."""
    return _landed(dated, tmp_path / "lake")


@pytest.fixture(scope="module")
def made(dated: Path, once: Once) -> Path:
    """The worked example after one run."""
    return once("worked", lambda root: _run(_landed(dated, root)))


@pytest.fixture(scope="module")
def until_june(dated: Path, once: Once) -> Path:
    """The worked example as it was published up to 13 June, before the cut-off of the June review."""

    def make(root: Path) -> None:
        _closes_until(_landed(dated, root), "2025-06-13")
        _run(root)

    return once("worked_until_june", make)


@pytest.fixture(scope="module")
def under_policies(dated: Path, once: Once) -> Path:
    """The worked example under each set of policies, an index for each."""

    def make(root: Path) -> None:
        definition = _landed(dated, root) / "landing" / "indexes" / "RSCC9010.yaml"
        told = definition.read_text()
        for policies in POLICIES:
            code, text = _code(policies), told
            for name, now, option in zip(
                ("short_only_names", "corporate_actions", "total_return"), POLICIES[0], policies, strict=True
            ):
                assert f"{name}: {now}" in text
                text = text.replace(f"{name}: {now}", f"{name}: {option}")
            definition.with_name(f"{code}.yaml").write_text(text.replace("code: RSCC9010", f"code: {code}"))
        _run(root)

    return once("worked_under_policies", make)


def _code(policies: tuple[str, str, str]) -> str:
    return f"WORKED{POLICIES.index(policies)}"


def _close(one: float, other: str) -> bool:
    return one == pytest.approx(float(other), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("policies", POLICIES)
def test_the_worked_example_is_reproduced_from_landing_to_table(
    under_policies: Path, policies: tuple[str, str, str]
) -> None:
    """Every weight, factor, level and divisor to 1e-12, eight-decimal columns exactly, the ledger in its order."""
    names, actions, total_return = policies
    expected = _rows("levels", short_only_names=names, corporate_actions=actions)
    assert expected

    def made(table: str) -> pl.DataFrame:
        return Lake(under_policies).read(table).filter(index_code=_code(policies))

    levels = {str(row["date"]): row for row in made("index_levels").iter_rows(named=True)}
    for row in expected:
        level = levels[row["date"]]
        assert str(level["price_index_8dp"]) == row["price_index_8dp"]
        assert _close(level["total_return_index"], row[f"total_return_{total_return}"])
        for column in ("price_index", "divisor", "market_value", "dividend_points"):
            assert _close(level[column], row[column]), (row["date"], column)
    weights = {(row["review"], row["symbol"]): row for row in made("weights").iter_rows(named=True)}
    expected_weights = _rows("weights", short_only_names=names)
    assert len(weights) == len(expected_weights)
    for row in expected_weights:
        weight = weights[row["review"], row["symbol"]]
        assert [str(weight[day]) for day in ("cutoff_on", "implemented_on", "effective_on")] == [
            row["cutoff_on"], row["implemented_on"], row["effective_on"]
        ]  # fmt: skip
        for column in (
            "close",
            "fx",
            "shares",
            "free_float",
            "long_cap",
            "short_cap",
            "final_cap",
            "weight",
            "weighting_factor",
        ):
            assert _close(weight[column], row[column]), (row["symbol"], column)
    ledger = made("divisor_events").sort("date", "ordinal").iter_rows(named=True)
    for event, row in zip(
        ledger, _rows("divisor_events", short_only_names=names, corporate_actions=actions), strict=True
    ):
        assert (str(event["date"]), event["moment"], event["event"], event["symbol"] or "") == (
            row["date"], row["moment"], row["event"], row["symbol"]
        )  # fmt: skip
        for column in ("market_value_after", "divisor_before", "divisor_after"):
            assert (event[column] or 0) == pytest.approx(float(row[column] or 0), rel=1e-12)


def _closes_until(lake: Path, day: str) -> None:
    lines = (WORKED / "landing" / "market" / "closes.csv").read_text().splitlines(keepends=True)
    at = lines[0].strip().split(",").index("date")
    kept = [lines[0], *(line for line in lines[1:] if line.strip().split(",")[at] <= day)]
    (lake / "landing" / "market" / "closes.csv").write_text("".join(kept))


def test_night_after_night_gives_the_bytes_of_one_run(until_june: Path, made: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(until_june, lake)
    for day in ("2025-06-20", "2025-07-02"):
        _closes_until(lake, day)
        _run(lake)
    tables = ("weights", "index_levels", "divisor_events", "index_states")
    one, other = (
        {name: data for name, data in table_bytes(root).items() if name.split("/")[1] in tables}
        for root in (lake, made)
    )
    assert one == other
    assert not run(Settings(lake, processes=1)).anything


def test_a_corrected_close_is_a_restatement_and_what_was_said_is_kept(made: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(made, lake)
    before = Lake(lake).read("index_levels")
    file = lake / "landing" / "market" / "closes.csv"
    header = file.read_text().splitlines()[0].split(",")
    frame = pl.read_csv(file, infer_schema=False)
    wrong = (pl.col("date") == "2025-07-01") & (pl.col("symbol") == "AAA")
    assert frame.filter(wrong).height == 1
    frame.with_columns(close=pl.when(wrong).then(pl.lit("21.1")).otherwise("close")).select(header).write_csv(file)
    after = _run(lake)
    said = russell_pipeline.open_lake(lake).levels("RSCC9010", as_published=True)
    assert said["price_index"].to_list() == before["price_index"].to_list()
    restated = after.read("index_restatements")
    assert restated["date"].to_list() == [date(2025, 7, 1), date(2025, 7, 2)], (
        "the total return of the day after rests on it"
    )
    assert "closes 2025-07-01 AAA" in restated["reason"][0]
    assert abs(restated["basis_points"][0]) > 1
    assert restated["basis_points"][1] == 0
    now = russell_pipeline.open_lake(lake).levels("RSCC9010")
    assert (
        now.filter(pl.col("date") < date(2025, 7, 1))["price_index"].to_list()
        == before.filter(pl.col("date") < date(2025, 7, 1))["price_index"].to_list()
    )


def test_a_correction_below_the_threshold_leaves_levels_and_acts_from_the_next_session(
    until_june: Path, tmp_path: Path
) -> None:
    """Night by night the levels are those published; a rebuild and a second run change no byte; finding and report say so."""
    lake = tmp_path / "lake"
    shutil.copytree(until_june, lake)
    definition = lake / "landing" / "indexes" / "RSCC9010.yaml"
    definition.write_text(
        definition.read_text().replace("policies:", "policies:\n  corrections: material")
        + "correction_limits: {basis_points: 20}\n"
    )
    _run(lake)
    said = Lake(lake).read("index_levels")
    shares = lake / "landing" / "components" / "RSCC" / "2025-03.csv"
    shares.write_text(shares.read_text().replace("AAA,1000,", "AAA,1010,"))
    _closes_until(lake, "2025-06-16")
    _run(lake)
    kept, now = Lake(lake).read("uncorrected_levels"), Lake(lake).read("index_levels")
    assert now.head(said.height).equals(said)
    assert now.height == said.height + 1
    assert 0 < kept["basis_points"].abs().max() < 20
    assert kept["applied_after"].unique().to_list() == [date(2025, 6, 13)]
    assert Lake(lake).read("index_restatements").is_empty()
    events = Lake(lake).read("divisor_events").filter(event="correction")
    assert events.select("date", "moment", "ordinal").rows() == [(date(2025, 6, 16), "open", 1)]
    ((severity, message),) = (
        (Lake(lake).read("findings").filter(pl.col("message").str.contains("stay as published")))
        .select("severity", "message")
        .iter_rows()
    )
    assert severity == "info"
    assert f"{kept.height} levels from 2025-03-21 to 2025-06-13 stay as published" in message
    asked = russell_pipeline.open_lake(lake)
    report = asked.corrections("RSCC9010")
    assert report["what"].unique().to_list() == ["kept"]
    assert report["date"].to_list() == kept["date"].to_list()
    # The session after moves as it does where the corrected shares were there from the beginning.
    parts = asked.explain("RSCC9010", date(2025, 6, 16))
    assert parts.filter(pl.col("what") != "name")["what"].to_list() == ["correction"]
    moved = now["price_index"].to_list()[-1] - now["price_index"].to_list()[-2]
    assert parts["contribution"].sum() == pytest.approx(moved, abs=1e-9 * 1000)
    clean = tmp_path / "clean"
    shutil.copytree(lake, clean)
    for name in ComputeIndexes.tables:
        shutil.rmtree(clean / "tables" / name, ignore_errors=True)
    _run(clean)
    corrected = Lake(clean).read("index_levels")["price_index"].to_list()
    assert now["price_index"].to_list()[-1] / now["price_index"].to_list()[-2] == pytest.approx(
        corrected[-1] / corrected[-2], rel=1e-12
    )
    before = {name: data for name, data in table_bytes(lake).items() if "/index_" in name or "/divisor" in name}
    for name in ("index_levels", "divisor_events", "index_states", "index_runs", "stale_prices"):
        shutil.rmtree(lake / "tables" / name, ignore_errors=True)
    _run(lake)
    after = {name: data for name, data in table_bytes(lake).items() if "/index_" in name or "/divisor" in name}
    assert after == before, "what stayed is enough to make the rest again"


def test_other_weightings_of_an_index_are_computed_together(made: Path) -> None:
    """The factors of the review give the published levels; a name without a factor is not held, as in an index of the others."""
    asked = russell_pipeline.open_lake(made)
    weights = asked.sql("SELECT * FROM weights WHERE index_code = 'RSCC9010'")
    tried = weights.filter(pl.col("weighting_factor") > 0).select(
        "review",
        "symbol",
        published="weighting_factor",
        twice=2 * pl.col("weighting_factor"),
        other=pl.col("free_float"),
    )
    short = weights.filter(pl.col("weighting_factor") <= 0).select("review", "symbol", published="weighting_factor")
    found = asked.together(
        "rscc9010", pl.concat([tried, short], how="diagonal").sample(fraction=1, shuffle=True, seed=1)
    )
    levels = asked.levels("RSCC9010")
    by_weighting = found.partition_by("weighting", as_dict=True)
    for column in ("price_index", "total_return_index", "divisor"):
        published = by_weighting["published",][column].to_list()
        assert published == pytest.approx(levels[column].to_list(), rel=1e-12)
    assert found["date"].to_list() == 3 * levels["date"].to_list()
    assert found["simulated"].any() == levels["simulated"].any()
    long_only, twice = by_weighting["other",]["price_index"], by_weighting["twice",]["price_index"]
    assert twice[0] == long_only[0] == levels["price_index"][0]
    assert twice[-1] != pytest.approx(levels["price_index"][-1], rel=1e-9)
    with pytest.raises(IndexRefusal, match="no index NONE is defined"):
        asked.together("NONE", tried)


def test_the_coming_review_is_shown_pro_forma(made: Path) -> None:
    """Between cut-off and implementation: what is held has drifted, trades add up to nothing, and turnover to half of them."""
    asked = russell_pipeline.open_lake(made)
    found = asked.pro_forma("rscc9010", "2025-06", date(2025, 6, 24), 1_000_000)
    assert (found.on, found.implemented_on) == (date(2025, 6, 24), date(2025, 6, 27))
    assert found.trades["weight_held"].sum() == pytest.approx(1)
    assert found.trades["weight"].sum() == pytest.approx(1)
    assert found.trades["trade_value"].sum() == pytest.approx(0, abs=1e-6)
    assert found.trades["trade_value"].abs().sum() / 2 == pytest.approx(found.turnover * 1_000_000)
    called = call_russell(
        made,
        "weights",
        "RSCC9010",
        "2025-06",
        "--pro-forma",
        "--on",
        "2025-06-24",
        "--notional",
        "1e6",
        "--format",
        "csv",
    )
    rows = list(csv.DictReader(called.stdout.splitlines()))
    assert [row["symbol"] for row in rows] == found.trades["symbol"].to_list()
    assert [float(row["trade_shares"].lstrip("'")) for row in rows] == found.trades["trade_shares"].to_list()
    assert f"one-way turnover {found.turnover:.2%}" in called.stderr


def test_before_its_price_cutoff_a_review_is_weighed_at_the_closes_of_the_day(made: Path) -> None:
    asked = russell_pipeline.open_lake(made)
    early, late = (asked.pro_forma("RSCC9010", "2025-06", date(2025, 6, day)) for day in (17, 18))
    assert (early.provisional, early.priced_on, early.cutoff_on) == (True, date(2025, 6, 17), date(2025, 6, 18))
    assert (late.provisional, late.priced_on, late.cutoff_on) == (False, date(2025, 6, 18), date(2025, 6, 18))
    assert early.trades["priced_on"].unique().to_list() == [date(2025, 6, 17)]
    assert early.trades["weight"].sum() == pytest.approx(1)
    called = call_russell(made, "weights", "RSCC9010", "2025-06", "--pro-forma", "--on", "2025-06-17")
    assert "priced_on" in called.stdout
    assert called.stderr.startswith(
        "provisional: weighed at the closes of 2025-06-17, because the price cut-off is 2025-06-18; "
    )


@pytest.fixture(scope="module")
def awaited(once: Once, until_june: Path) -> Path:
    """The lake before the cut-off of the June review, with one of the two component files of that review."""

    def make(root: Path) -> None:
        shutil.copytree(until_june, root)
        (root / "landing" / "components" / "R2000G" / "2025-06.csv").unlink()
        _run(root)

    return once("worked_awaited", make)


@pytest.mark.parametrize("command", [["status"], ["run"], ["weights", "rscc9010", "2025-06"]])
def test_a_coming_review_says_what_is_ready_and_what_is_missing_by_date(awaited: Path, command: list[str]) -> None:
    called = call_russell(awaited, *command)
    assert called.returncode == 0
    lines = called.stderr.splitlines()
    days = "price cut-off 2025-06-18, implementation 2025-06-27, effective 2025-06-30"
    (at,) = (n for n, line in enumerate(lines) if days in line)
    assert "RSCC9010 2025-06" in lines[at]
    assert lines[at + 1 : at + 5] == [
        "  ready: component RSCC (4 names)",
        "  missing: component R2000G: landing/components/R2000G/2025-06.csv",
        "  missing: closes of the price cut-off 2025-06-18: the last are of 2025-06-13",
        "  missing: closes of the implementation 2025-06-27: the last are of 2025-06-13",
    ]


def test_the_report_of_a_coming_review_says_what_is_known(
    awaited: Path, until_june: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    assert call_russell(awaited, "report", "--review", "2025-06", "--output", str(page)).returncode == 0
    told = page.read_text()
    for says in (
        "What is ready, what is missing",
        "landing/components/R2000G/2025-06.csv",
        "There is no pro forma yet: a component file is missing.",
        "no such list is in the lake",
        "Dates of the review to go by",
    ):
        assert says in told
    assert call_russell(until_june, "report", "rscc9010", "--review", "2025-06", "-o", str(page)).returncode == 0
    told = page.read_text()
    assert "Provisional: weighed at the closes of 13 Jun 2025, because the price cut-off is 18 Jun 2025." in told
    assert "no such list" not in told, "no lists are published of an index that is made from components"
    # A lake without any of it has the dates, as long as they are to come.
    monkeypatch.setattr("russell_pipeline.cli.report.today", lambda: date(2025, 6, 1))
    assert call_russell(awaited, "report", "R1000", "--review", "2025-06", "-o", str(page)).returncode == 0
    told = page.read_text()
    assert "Dates of the review to go by" in told
    assert "not published yet" in told
    assert "no such list is in the lake" in told


def test_inputs_of_days_to_come_are_due_and_not_missing(awaited: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("russell_pipeline.cli.coming.today", lambda: date(2025, 6, 20))
    lines = call_russell(awaited, "status").stderr.splitlines()
    assert "  missing: closes of the price cut-off 2025-06-18: the last are of 2025-06-13" in lines
    assert "  due: closes of the implementation 2025-06-27: the last are of 2025-06-13" in lines


def test_a_review_of_a_day_has_a_report_before_and_after_it(awaited: Path, tmp_path: Path) -> None:
    lake, page = Path(shutil.copytree(awaited, tmp_path / "lake")), tmp_path / "page.html"
    folder = lake / "landing" / "components" / "MYX"
    folder.mkdir()
    with (lake / "landing" / "market" / "closes.csv").open(newline="") as file:
        name = next(row["symbol"] for row in csv.DictReader(file) if row["date"] == "2025-06-13")
    for day in ("2025-03-26", "2025-06-25"):
        (folder / f"{day}.csv").write_text(f"symbol,shares,free_float\n{name},100,1\nNEVER,1,1\n")
    (lake / "landing" / "indexes" / "MYX.yaml").write_text(
        """
        {code: MYX, name: my own, currency: USD, base: {date: 2025-03-27, value: 1000},
         legs: [{component: MYX, units: 1}], policies: {missing_price: drop}}
        """
    )
    _run(lake)
    for day in ("2025-03-26", "2025-06-25"):
        called = call_russell(lake, "report", "myx", "--review", day, "-o", str(page))
        assert called.returncode == 0, called.stderr
    assert "no close of NEVER" in page.read_text()


def test_before_its_cutoff_closes_a_coming_review_is_weighed_at_the_last_ones(until_june: Path) -> None:
    called = call_russell(until_june, "weights", "rscc9010", "2025-06", "--pro-forma", "--format", "csv")
    assert called.returncode == 0
    assert called.stderr.startswith(
        "provisional: weighed at the closes of 2025-06-13, because the price cut-off is 2025-06-18; "
    )
    rows = list(csv.DictReader(called.stdout.splitlines()))
    assert {row["priced_on"] for row in rows} == {"2025-06-13"}
    # From the landing files: nine units of what is long to one of what is short.
    with (until_june / "landing" / "market" / "closes.csv").open(newline="") as file:
        closes = {row["symbol"]: float(row["close"]) for row in csv.DictReader(file) if row["date"] == "2025-06-13"}
    caps: dict[str, dict[str, float]] = {}
    for code in ("RSCC", "R2000G"):
        with (until_june / "landing" / "components" / code / "2025-06.csv").open(newline="") as file:
            caps[code] = {
                row["symbol"]: closes[row["symbol"]]
                * float(row["shares"])
                * float(row["free_float"])
                * float(row["style_weight"])
                for row in csv.DictReader(file)
            }
    long, short = (sum(caps[code].values()) for code in ("RSCC", "R2000G"))
    for row in rows:
        symbol, weight = row["symbol"], float(row["weight"].lstrip("'"))
        a, b = caps["RSCC"].get(symbol, 0.0), caps["R2000G"].get(symbol, 0.0)
        assert weight == pytest.approx((9 * a / long - b / short) / 8, abs=1e-12)


def test_a_pro_forma_without_a_component_file_names_it(awaited: Path) -> None:
    called = call_russell(awaited, "weights", "RSCC9010", "2025-06", "--pro-forma")
    assert called.returncode == 1
    assert "the lake has no landing/components/R2000G/2025-06.csv" in called.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (
            ("2025-06", "--pro-forma", "--on", "2025-06-30"),
            1,
            "2025-06-30 is not between its price cut-off, 2025-06-18, and implementation, 2025-06-27",
        ),
        (("2025-06", "--pro-forma", "--on", "2025-06-14"), 1, "2025-06-14 is no session: ask for 2025-06-13"),
        (("2025-03", "--pro-forma"), 1, "nothing is held before it"),
        (("2026-06", "--pro-forma"), 1, "RSCC9010 has no weights of a review 2026-06"),
        (("2025-06", "--pro-forma", "--notional", "-1"), 2, "--notional"),
        (("2025-06", "--notional", "5"), 2, "go with --pro-forma"),
    ],
)
def test_a_pro_forma_that_cannot_be_is_one_sentence(
    made: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    called = CliRunner().invoke(russell, ["--lake", str(made), "weights", "RSCC9010", *arguments])
    assert called.exit_code == code
    assert says in called.stderr
    assert isinstance(called.exception, SystemExit)


def test_carried_prices_are_a_table(lake: Path) -> None:
    """A name without a close under `missing_price: carry` is listed with the day of the price that stands for it."""
    definition = lake / "landing" / "indexes" / "RSCC9010.yaml"
    definition.write_text(definition.read_text().replace("missing_price: error", "missing_price: carry"))
    _rewrite(lake / "landing" / "market" / "closes.csv", lambda frame: frame.filter(~_of("2025-06-17", "BBB")))
    _run(lake)
    carried = russell_pipeline.open_lake(lake).sql("SELECT * FROM stale_prices WHERE date = '2025-06-17'")
    ((symbol, price_on, reason),) = carried.select("symbol", "price_on", "reason").iter_rows()
    assert (symbol, price_on, reason) == ("BBB", date(2025, 6, 16), "missing")
    level = russell_pipeline.open_lake(lake).levels("RSCC9010", date(2025, 6, 17), date(2025, 6, 17))
    assert level["names_at_last_price"].to_list() == [1]


def _rewrite(file: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    change(pl.read_csv(file, infer_schema=False)).write_csv(file)


def _of(day: str, symbol: str) -> pl.Expr:
    return (pl.col("date") == day) & (pl.col("symbol") == symbol)


# What may be wrong with an index, and what is said of it; `{code}` and `{mark}` tell the indexes below apart.
# By what is wrong: the last level, None where the index goes on, and what is said. The lake had levels up to 13 June before.
SPOILED = {
    "no close at the cut-off": ("06-17", "from 2025-06-18 on there are none: no close of BBB{mark}"),
    "no close on a session": ("06-16", "from 2025-06-17 on there are none: no close of BBB{mark}"),
    "a value below zero": ("06-16", "on there are none: the market value at the close is "),
    "an action without terms": ("06-27", "on there are none: actions.csv, row 114: split takes new above 0"),
    "an action without terms of a symbol spelled otherwise": (
        "06-27",
        "none: actions.csv, row 115: split takes new above 0",
    ),
    "an action without terms of the symbol that a name changes to": (
        "06-27",
        "actions.csv, row 116: split takes new above",
    ),
    "a leg without a file": (
        "06-26",
        "from 2025-06-27 on there are none: 2025-06: the lake has no file of R2000G{mark} for",
    ),
    "an empty leg": (
        None,
        "R2000G{mark}/2025-06.csv has a header but no rows; 4 rows of its last good version stay: ",
    ),
    "a leg worth nothing": (
        None,
        "RSCC{mark}/2025-06.csv has lost 3 of 4 rows; 4 rows of its last good version stay: ",
    ),
    "a short leg above the long one": ("06-13", "former inputs: 2025-03: the final capitalisations add up to -"),
    "a review that no calendar has": ("06-13", "former inputs: 2003-03: the calendar does not have this review"),
    "no base": (None, "{code}.yaml: `base` is missing"),
    "a base before every review": (
        "06-13",
        "former inputs: no review is implemented on or before its base, 2025-03-20",
    ),
    "a definition with a wrong key": (None, "{code}.yaml: `polices` is no key of a definition"),
}
# Of these no refusal is said.
DAMAGED = ("an empty leg", "a leg worth nothing")
MARKS = dict(zip(SPOILED, "ABCDEFGHIJKLMN", strict=True))


def _marked(file: Path, marks: Iterable[str]) -> pl.DataFrame:
    """Rows of the worked example with a mark behind each symbol, once for each mark."""
    rows = pl.read_csv(file, infer_schema=False)
    symbols = [name for name in rows.columns if name in ("symbol", "to_symbol")]
    return pl.concat(rows.with_columns(pl.col(symbols) + mark) for mark in marks)


def _land_marked(landing: Path) -> None:
    """The worked example as many times as there is something to spoil: indexes that share no name."""
    told = (WORKED / "landing" / "indexes" / "RSCC9010.yaml").read_text()
    for folder in ("indexes", "market"):
        (landing / folder).mkdir(parents=True)
    for kind in ("closes", "actions"):
        rows = _marked(WORKED / "landing" / "market" / f"{kind}.csv", MARKS.values())
        rows.write_csv(landing / "market" / f"{kind}.csv")
    for mark in MARKS.values():
        for file in sorted((WORKED / "landing" / "components").glob("*/*.csv")):
            folder = landing / "components" / f"{file.parent.name}{mark}"
            folder.mkdir(parents=True, exist_ok=True)
            _marked(file, mark).write_csv(folder / file.name)
        text = re.sub(r"(code: RSCC9010|component: \w+)", rf"\1{mark}", told)
        (landing / "indexes" / f"RSCC9010{mark}.yaml").write_text(text)


def _spoil(landing: Path, spoil: str) -> None:
    """Make one thing of an index wrong."""
    mark = MARKS[spoil]
    closes, actions = landing / "market" / "closes.csv", landing / "market" / "actions.csv"
    definition = landing / "indexes" / f"RSCC9010{mark}.yaml"
    legs = [landing / "components" / f"{leg}{mark}" for leg in ("RSCC", "R2000G")]
    told = definition.read_text()
    match spoil:
        case "no close at the cut-off":
            _rewrite(closes, lambda frame: frame.filter(~_of("2025-06-18", f"BBB{mark}")))
        case "no close on a session":
            _rewrite(closes, lambda frame: frame.filter(~_of("2025-06-17", f"BBB{mark}")))
        case "a value below zero":
            dear = pl.when(_of("2025-06-17", f"EEE{mark}")).then(pl.lit("1e7")).otherwise("close")
            _rewrite(closes, lambda frame: frame.with_columns(close=dear))
        case (
            "an action without terms"
            | "an action without terms of a symbol spelled otherwise"
            | "an action without terms of the symbol that a name changes to"
        ):
            symbol = f"AAX{mark}" if "changes" in spoil else f"AA-A{mark}" if "spelled" in spoil else f"AAA{mark}"
            if "changes" in spoil:
                (landing / "reference").mkdir(exist_ok=True)
                (landing / "reference" / "symbol_changes.csv").write_text(
                    f"date,old_symbol,new_symbol\n2025-06-30,AAA{mark},{symbol}\n"
                )
            split = {"symbol": symbol, "date": "2025-06-30", "action": "split"}
            _rewrite(actions, lambda frame: pl.concat([frame, pl.DataFrame([split])], how="diagonal"))
        case "a leg without a file":
            (legs[1] / "2025-06.csv").unlink()
        case "an empty leg":
            (legs[1] / "2025-06.csv").write_text("symbol,shares,free_float\n")
        case "a leg worth nothing":
            for leg in legs:
                (leg / "2025-06.csv").write_text(f"symbol,shares,free_float\nBBB{mark},2000,0\n")
        case "a short leg above the long one":
            definition.write_text(told.replace("units: -1}", "units: -10}"))
        case "a review that no calendar has":
            for leg in legs:
                shutil.copy(leg / "2025-03.csv", leg / "2003-03.csv")
        case "no base":
            definition.write_text(told.replace("base: {date: 2025-03-21, value: 1000}\n", ""))
        case "a base before every review":
            definition.write_text(told.replace("date: 2025-03-21", "date: 2025-03-20"))
        case "a definition with a wrong key":
            definition.write_text(told.replace("policies:", "polices:"))
        case _:
            raise AssertionError(spoil)


@pytest.mark.slow
def test_refusals_are_one_sentence_each_and_leave_what_was_published(dated: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    shutil.copytree(dated, lake)
    _land_marked(lake / "landing")
    closes = lake / "landing" / "market" / "closes.csv"
    all_closes = closes.read_bytes()
    _rewrite(closes, lambda frame: frame.filter(pl.col("date") <= "2025-06-13"))
    _run(lake)
    tables = ("index_levels", "divisor_events", "stale_prices", "weights", "index_restatements")
    before = {name: Lake(lake).read(name) for name in tables}
    assert before["index_levels"].group_by("index_code").len()["len"].to_list() == [59] * len(SPOILED)
    closes.write_bytes(all_closes)
    for spoil in SPOILED:
        _spoil(lake / "landing", spoil)
    called = CliRunner().invoke(russell, ["--lake", str(lake), "run"])
    assert called.exit_code == 1, called.output
    assert isinstance(called.exception, SystemExit), "a refusal is no traceback"
    refused = [line.removeprefix("refused: ") for line in called.stderr.splitlines() if line.startswith("refused: ")]
    said = {
        spoil: (ends, says.format(code=f"RSCC9010{MARKS[spoil]}", mark=MARKS[spoil]))
        for spoil, (ends, says) in SPOILED.items()
    }
    for spoil in DAMAGED:
        assert said.pop(spoil)[1] in called.stderr, spoil
    assert len(refused) == len(said), called.stderr
    last = dict(Lake(lake).read("index_levels").group_by("index_code").agg(pl.col("date").max()).iter_rows())
    for (spoil, (_, says)), found in zip(said.items(), sorted(refused), strict=True):
        assert found.startswith(f"RSCC9010{MARKS[spoil]}"), spoil
        assert says in found, spoil
    for spoil, (ends, _) in SPOILED.items():
        code = f"RSCC9010{MARKS[spoil]}"
        assert last[code] == (max(last.values()) if ends is None else date.fromisoformat(f"2025-{ends}")), spoil
    for name, frame in before.items():
        assert frame.join(Lake(lake).read(name), on=frame.columns, how="anti", nulls_equal=True).is_empty(), name
    again = CliRunner().invoke(russell, ["--lake", str(lake), "run"])
    assert "nothing new" in again.stderr, "a refusal is settled until its inputs change"


def test_an_ordinary_index_of_one_dated_file_needs_no_review(lake: Path) -> None:
    folder = lake / "landing" / "components" / "MINE"
    folder.mkdir()
    (folder / "2025-03-21.csv").write_text("symbol,shares,free_float\nAAA,1,1\nBBB,1,1\nCCC,1,1\n")
    (lake / "landing" / "indexes" / "MINE.yaml").write_text(
        "code: MINE\nname: Mine\ncurrency: USD\nbase: {date: 2025-03-21, value: 100}\nlegs: [{component: MINE, units: 1}]\n"
    )
    levels = _run(lake).read("index_levels").filter(index_code="MINE")
    closes = pl.read_csv(WORKED / "landing" / "market" / "closes.csv").filter(
        pl.col("symbol").is_in(["AAA", "BBB", "CCC"])
    )
    prices = dict(closes.group_by("date").agg(pl.col("close").sum()).iter_rows())
    day = date(2025, 3, 24)
    assert levels.filter(date=day)["price_index"][0] == pytest.approx(
        100 * prices[str(day)] / prices["2025-03-21"], rel=1e-12
    )
    split = levels.filter(pl.col("date") == date(2025, 3, 25))
    assert split["divisor"][0] != pytest.approx(levels["divisor"][0]) or split["price_index"][0] > 0


def test_houses_that_spell_a_class_differently_are_one_market(lake: Path) -> None:
    """Holdings have BRKB, prices BRK-B and actions BRK.B: the levels are those of one spelling."""
    landing = lake / "landing"
    for file, spelled in (("market/closes.csv", "AAA-B"), ("market/actions.csv", "AAA.B"), *(
        (f"components/{leg}/{review}.csv", "AAAB") for leg in ("RSCC", "R2000G") for review in ("2025-03", "2025-06")
    )):  # fmt: skip
        path = landing / file
        path.write_text(path.read_text().replace("AAA", spelled))
    levels = {str(row["date"]): row for row in _run(lake).read("index_levels").iter_rows(named=True)}
    for row in _rows("levels", short_only_names="net", corporate_actions="market_cap"):
        assert str(levels[row["date"]]["price_index_8dp"]) == row["price_index_8dp"]


def test_classes_that_are_quoted_side_by_side_are_two_names(lake: Path) -> None:
    """Prices have AAA and AA.A, and the index holds AA.A alone: neither closes nor actions of the other reach it."""
    market = lake / "landing" / "market"
    closes = pl.read_csv(market / "closes.csv", infer_schema=False)
    other = closes.filter(symbol="AAA").with_columns(close=pl.lit("7"))
    split = pl.DataFrame([{"symbol": "AAA", "date": "2025-06-02", "action": "split", "new": "3", "old": "1"}])
    for file in (lake / "landing").glob("[cm]*/**/*.csv"):
        file.write_text(file.read_text().replace("AAA", "AA.A"))
    for kind, more in (("closes", other), ("actions", split)):
        _rewrite(market / f"{kind}.csv", lambda frame, more=more: pl.concat([more, frame], how="diagonal"))
    levels = {str(row["date"]): row for row in _run(lake).read("index_levels").iter_rows(named=True)}
    for row in _rows("levels", short_only_names="net", corporate_actions="market_cap"):
        assert str(levels[row["date"]]["price_index_8dp"]) == row["price_index_8dp"]


def test_commands_show_weights_levels_and_why(made: Path) -> None:
    lake = made
    weights = call_russell(lake, "weights", "RSCC9010", "2025-03", "--format", "csv")
    assert sum(float(row["weight"]) for row in csv.DictReader(weights.stdout.splitlines())) == pytest.approx(1)
    levels = call_russell(lake, "levels", "RSCC9010", "--from", "2025-07-01", "--to", "2025-07-02", "--format", "csv")
    moved = [float(row["price_index"]) for row in csv.DictReader(levels.stdout.splitlines())]
    explained = call_russell(lake, "explain", "RSCC9010", "2025-07-02", "--format", "csv")
    parts = [float(row["contribution"]) for row in csv.DictReader(explained.stdout.splitlines())]
    assert sum(parts) == pytest.approx(moved[1] - moved[0], abs=1e-9 * moved[0])
    assert "RSCC9010 on 2025-07-02: " in explained.stderr
    assert call_russell(lake, "explain", "RSCC9010", "2025-07-04").returncode == 1
    assert "there is no index 'NONE'" in call_russell(lake, "levels", "NONE").stderr

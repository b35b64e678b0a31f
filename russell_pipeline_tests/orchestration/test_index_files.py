"""Small indexes from landing files: the order in which actions apply, prices that are carried, questions without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from russell_pipeline.cli import main as russell
from russell_pipeline.lake.store import Lake
from russell_pipeline.queries.index import IndexQuestions
from russell_pipeline.steps.catalog import build_catalog
from russell_pipeline.steps.index.step import ComputeIndexes
from russell_pipeline.steps.market import accept
from russell_pipeline.steps.step import Asked
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.orchestration.markets import (
    ACTIONS,
    CLOSES,
    COMPONENTS,
    land_market,
    market_lake,
    messages,
    publish_indexes,
    refresh_market,
)

SESSIONS = [f"2025-06-{day:02d}" for day in (18, 20, 23, 24, 25, 26, 27, 30)]
SUSPENSIONS = "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\n"


def computed(root: Path, files: Mapping[str, str], base: str = SESSIONS[0], closes: str = "") -> Lake:
    """A lake with one index over these files; without closes AAA stands at 100 and BBB at 50 on all sessions."""
    lake = market_lake(root)
    every = "".join(f"{day},AAA,100\n{day},BBB,50\n" for day in SESSIONS)
    land_market(lake, "market/closes.csv", CLOSES + (closes or every))
    for path, lines in files.items():
        header = {"market": ACTIONS, "components": COMPONENTS, "reference": SUSPENSIONS}[path.split("/")[0]]
        land_market(lake, path, header + lines)
    index = "code: QX\nname: Q\ncurrency: USD\nlegs: [{component: L, units: 1}]\n"
    land_market(lake, "indexes/QX.yaml", f"{index}base: {{date: {base}, value: 1000}}\n")
    refresh_market(lake)
    publish_indexes(lake, date(2025, 7, 1))
    return lake


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with an index of two reviews, and another one whose definition is faulty: tests ask it."""
    members = "AAA,100,1\nBBB,100,1\n"
    files = {f"components/L/{name}.csv": members for name in ("2025-06-18", "2025-06", "2025-06-25")}
    lake = computed(tmp_path_factory.mktemp("asked"), files)
    land_market(lake, "indexes/BAD.yaml", "code: BAD\n")
    build_catalog(lake)
    return lake


@pytest.mark.parametrize(
    ("index", "day", "says"),
    [
        ("QX", "2025-06-18", "QX begins on 2025-06-18 at 1000 with no level before it: ask for 2025-06-20 or a later session"),
        ("qx", "2025-06-17", "QX has no level of 2025-06-17: it begins on 2025-06-18, ask for a later session"),
        ("QX", "2025-06-19", "QX has no level of 2025-06-19, which is no session: ask for 2025-06-18 or 2025-06-20"),
        ("QX", "2025-07-01", "QX has no level of 2025-07-01: its last is of 2025-06-30 (`russell run` goes on with later"),
        ("BAD", "2025-06-20", "BAD is not computed: BAD.yaml: `name` is missing"),
        ("RSCC9010", "2025-06-20", "RSCC9010 waits for its inputs: the lake has no component files of one review or day"),
    ],
)  # fmt: skip
def test_a_day_that_cannot_be_explained_says_what_to_ask(asked: Lake, index: str, day: str, says: str) -> None:
    result = CliRunner().invoke(russell, ["--lake", str(asked.root), "explain", index, day])
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert result.stderr.startswith(f"russell: {says}")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "says"),
    [
        (("levels", "NO"), 2, "there is no index 'NO'; known are BAD, L, QX, R1000,"),
        (("explain", "NO", "2025-06-20"), 2, "there is no index 'NO'"),
        (("levels", "BAD"), 0, "no levels of BAD: `russell run` computes what BAD.yaml defines, or says what is wrong with it"),
        (("levels", "QX", "--from", "2026-01-01"), 0, "up to 2025-06-30 and the reviews 2025-06-18, 2025-06-25, 2025-06"),
        (("weights", "NO", "2025-06"), 2, "there is no index 'NO'"),
        (("members", "NO"), 2, "there is no index 'NO'"),
        (("changes", "NO"), 2, "there is no index 'NO'"),
        (("weights", "QX", "2025-09", "--pro-forma"), 1, "weighed are 2025-06-18, 2025-06-25, 2025-06"),
        (("members", "R1000"), 0, "more come from lists in landing/documents and `russell run`"),
        (("changes", "R1000"), 0, "more come from lists in landing/documents and `russell run`"),
        (("levels", "QX", "--from", "2025-06-25", "--to", "2025-06-20"), 2, "--from 2025-06-25 is after --to 2025-06-20"),
        (("simulate", "--from", "2025-06-25", "--to", "2025-06-20"), 2, "--from 2025-06-25 is after --to 2025-06-20"),
        (("backfill", "--from", "2025", "--to", "2024"), 2, "--from 2025 is after --to 2024"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_says_what_there_is(
    asked: Lake, arguments: tuple[str, ...], exit_code: int, says: str
) -> None:
    result = CliRunner().invoke(russell, ["--lake", str(asked.root), *arguments])
    assert (result.exit_code, says in result.stderr) == (exit_code, True), result.stderr


def test_of_many_reviews_the_first_and_the_last_are_named(tmp_path: Path) -> None:
    lake = computed(tmp_path, {f"components/L/{day}.csv": "AAA,100,1\nBBB,100,1\n" for day in SESSIONS})
    build_catalog(lake)
    result = CliRunner().invoke(russell, ["--lake", str(tmp_path), "levels", "QX", "--from", "2026-01-01"])
    assert result.stderr.endswith("up to 2025-06-30 and the reviews 2025-06-18 to 2025-06-30, 8 in all\n")


def test_an_index_of_an_empty_lake_is_computed_by_a_run(tmp_path: Path) -> None:
    result = CliRunner().invoke(russell, ["--lake", str(tmp_path), "explain", "RSCC9010", "2025-04-15"])
    assert result.stderr == "russell: RSCC9010 is not computed yet: `russell run` computes it\n"


def _ledger(lake: Lake) -> list[tuple[object, ...]]:
    events = lake.read("divisor_events").filter(pl.col("event") != "base")
    return events.select("event", "symbol", "market_value_before", "market_value_after").rows()


def test_the_events_of_an_open_apply_in_the_order_of_the_files(tmp_path: Path) -> None:
    """Of files by name, then of their rows, whatever the symbols are; deletions after the close likewise."""
    lake = computed(
        tmp_path,
        {
            "components/L/2025-06-18.csv": "AAA,100,1\nBBB,100,1\nCCC,100,1\n",
            "market/actions-2.csv": "AAA,2025-06-23,special_dividend,,,10,,\n",
            "market/actions-1.csv": (
                "BBB,2025-06-23,special_dividend,,,5,,\nAAA,2025-06-23,shares,,,200,,\n"
                "CCC,2025-06-24,delete,,,,30,\nBBB,2025-06-24,delete,,,,50,\n"
            ),
        },
        closes="".join(f"{day},AAA,100\n{day},BBB,50\n{day},CCC,30\n" for day in SESSIONS),
    )
    assert _ledger(lake) == [
        ("special_dividend", "BBB", 18_000, 17_500),
        ("shares", "AAA", 17_500, 27_500),
        ("special_dividend", "AAA", 27_500, 25_500),
        ("delete", "CCC", 28_000, 25_000),
        ("delete", "BBB", 25_000, 20_000),
    ]
    assert lake.read("actions").select("file", "row").rows() == [
        ("actions-1.csv", 2), ("actions-1.csv", 3), ("actions-2.csv", 2), ("actions-1.csv", 4), ("actions-1.csv", 5)
    ]  # fmt: skip


def test_several_actions_of_a_kind_on_one_name_all_count(tmp_path: Path) -> None:
    """A second dividend of a day adds to the first; one that the file repeats does not, and is told of."""
    lake = computed(
        tmp_path,
        {
            "components/L/2025-06-18.csv": "AAA,100,1\nBBB,100,1\n",
            "market/actions.csv": (
                "AAA,2025-06-23,ordinary_dividend,,,1,,\nAAA,2025-06-23,ordinary_dividend,,,2,,\n"
                "AAA,2025-06-23,ordinary_dividend,,,1,,\n"
                "AAA,2025-06-24,rights,1,4,,50,\nAAA,2025-06-24,rights,1,1,,40,\n"
            ),
        },
    )
    levels = {str(day): points for day, points in lake.read("index_levels").select("date", "dividend_points").rows()}
    assert levels["2025-06-23"] == pytest.approx(300 / 15)
    assert [event for event, *_ in _ledger(lake)] == ["rights", "rights"]
    assert _ledger(lake)[-1][-1] == pytest.approx(125 * 2 * (90 + 40) / 2 + 5000)
    assert messages(lake, "warning")[0].startswith("actions.csv row 4 says what row 2 says")


def test_a_corrected_action_among_several_is_one_correction(tmp_path: Path) -> None:
    files = {
        "components/L/2025-06-18.csv": "AAA,100,1\nBBB,100,1\n",
        "market/actions.csv": "AAA,2025-06-23,shares,,,1,,\nAAA,2025-06-23,shares,,,2,,\n",
    }
    lake = computed(tmp_path, files)
    land_market(lake, "market/actions.csv", ACTIONS + files["market/actions.csv"].replace(",1,,", ",3,,"))
    refresh_market(lake)
    [(former, new)] = lake.read("market_corrections").select("former", "new").rows()
    assert ("amount 1.0" in former, "amount 3.0" in new) == (True, True)


def test_a_name_that_is_suspended_at_the_base_stands_at_its_last_price_since_the_cutoff(tmp_path: Path) -> None:
    """The base review is weighed at its cut-off, before the first session of the index: 18 June for 27 June 2025."""
    closes = (
        "".join(f"{day},BBB,50\n" for day in SESSIONS) + "2025-06-18,AAA,100\n2025-06-20,AAA,90\n2025-06-30,AAA,60\n"
    )
    lake = computed(
        tmp_path,
        {
            "components/L/2025-06.csv": "AAA,100,1\nBBB,100,1\n",
            "reference/suspensions.csv": "AAA,2025-06-23,2025-06-30,,\n",
            "market/actions.csv": "AAA,2025-06-24,special_dividend,,,40,,\n",
        },
        base="2025-06-27",
        closes=closes,
    )
    assert lake.read("weights")["close"].to_list() == [100, 50]
    levels = lake.read("index_levels").select("market_value", "price_index").rows()
    assert levels == [(10_000, 1000), (11_000, 1100)]
    assert IndexQuestions(lake).explain("QX", date(2025, 6, 30)).level == 1100


def test_an_index_whose_base_is_to_come_waits_for_it(tmp_path: Path) -> None:
    """A published one is not taken back where closes of its base and since are lost, nor where a person takes them out."""
    held = {"components/L/2025-06-27.csv": "AAA,100,1\nBBB,100,1\n"}
    before = "".join(f"{day},AAA,100\n{day},BBB,50\n" for day in SESSIONS if day < "2025-06-27")
    lake = computed(tmp_path, held, base="2025-06-27", closes=before)
    ours = pl.col("index_code") == "QX"
    [run_] = lake.read("index_runs").filter(ours).to_dicts()
    assert run_["reason"] == "QX waits for its inputs: the lake has no closes of its base, 2025-06-27, yet"
    lake = computed(tmp_path, held, base="2025-06-27")
    assert lake.read("index_runs").filter(ours)["state"].to_list() == ["computed"]
    lake = computed(tmp_path, held, base="2025-06-27", closes=before)
    assert lake.read("index_runs").filter(ours)["state"].to_list() == ["computed"]
    assert accept(lake, "market/closes.csv") is None
    lake = computed(tmp_path, held, base="2025-06-27", closes=before)
    assert lake.read("index_runs").filter(ours)["state"].to_list() == ["refused"]
    assert lake.read("index_levels").height == 2


ENDED = (
    "suspensions.csv, row 2: AAA is suspended from 2010-04-12 on, no resumed_on says until when, and it has a close on "
    "2025-06-18: it counts as trading from that day on"
)


def test_a_symbol_of_a_company_that_went_while_suspended_is_another_s_years_later(tmp_path: Path) -> None:
    """The suspension that nobody ended is the former company's; its deletion may come from a file that lands later."""
    held = {"components/L/2025-06-18.csv": "AAA,100,1\nBBB,100,1\n", "reference/suspensions.csv": "AAA,2010-04-12,,,\n"}
    lake = computed(tmp_path, held)
    assert ENDED in messages(lake, "warning")
    levels = lake.read("index_levels")
    assert lake.read("stale_prices").is_empty()
    # A deletion of the other company is no end of the suspension.
    land_market(lake, "market/actions_2025.csv", ACTIONS + f"AAA,{SESSIONS[-1]},delete,,,,0,\n")
    refresh_market(lake)
    assert ENDED in messages(lake, "warning")
    (lake.landing / "market/actions_2025.csv").unlink()
    land_market(lake, "market/actions_2010.csv", ACTIONS + "AAA,2010-06-15,delete,,,,0,\n")
    refresh_market(lake)
    publish_indexes(lake, date(2025, 7, 1))
    assert ENDED not in messages(lake, "warning")
    assert lake.read("index_levels").equals(levels)


@pytest.mark.slow
def test_levels_of_a_suspension_that_a_close_ends_do_not_depend_on_the_day_of_the_run(tmp_path: Path) -> None:
    """AAA is suspended from 30 December on; its vendor repeats the last close until it trades on 6 January."""
    days = {
        "2024-12-27": 100,
        "2024-12-30": 100,
        "2024-12-31": 100,
        "2025-01-02": 100,
        "2025-01-03": 100,
        "2025-01-06": 60,
    }
    files = {
        "components/L/2024-12-27.csv": "AA.A,1,1\nBBB,1,1\n",
        "reference/suspensions.csv": "AA/A,2024-12-30,,,\n",
    }

    def closes(until: str) -> str:
        return "".join(f"{day},AA-A,{close}\n{day},BBB,100\n" for day, close in days.items() if day <= until)

    for until in days:
        nightly = computed(tmp_path / "nightly", files, "2024-12-27", closes(until))
        at_once = computed(tmp_path / until, files, "2024-12-27", closes(until))
        for table in ("index_levels", "stale_prices", "index_states"):
            assert nightly.read(table).equals(at_once.read(table)), (table, until)
    assert nightly.read("index_levels")["market_value"].to_list() == [200] * 5 + [160]
    assert nightly.read("stale_prices")["date"].cast(str).to_list() == [*days][1:5]


def test_a_component_that_is_spelled_otherwise_later_is_the_same_name(tmp_path: Path) -> None:
    """BRKB of a fund's holdings, next year BRK.B of the index; its spin-off is known by actions and by closes of three houses."""
    days = ["2024-12-27", "2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03"]
    spelled = zip(days, ("KID-A", "KID-A", "KIDA", "KID/A", "KID-A"), strict=True)
    closes = "".join(f"{day},BRK-B,100\n{day},{kid},10\n" for day, kid in spelled)
    files = {
        "components/L/2024-12-27.csv": "BRKB,1,1\n",
        "market/actions.csv": "BRK/B,2024-12-30,spin_off,1,1,,10,KIDA\n",
    }
    lake = computed(tmp_path, files, base="2024-12-27", closes=closes)
    said = lake.read("index_levels").select("date", "price_index").rows()
    assert [level for _, level in said] == [1000, 1100, 1100, 1100, 1100]
    lake = computed(tmp_path, {"components/L/2025-01-02.csv": "BRK.B,1,1\nKID.A,1,1\n"}, "2024-12-27", closes)
    assert lake.read("index_runs").filter(index_code="QX")["state"].to_list() == ["computed", "computed"]
    assert lake.read("index_levels").select("date", "price_index").rows() == said
    for day in days[1:]:
        move = IndexQuestions(lake).explain("QX", date.fromisoformat(day))
        assert "BRKB" in move.names["symbol"].to_list()
    # A file of long ago, which lands late, is the first to spell it.
    lake = computed(tmp_path, {"components/L/2010-06-30.csv": "BRK-B,1,1\n"}, "2024-12-27", closes)
    assert set(lake.read("weights")["symbol"]) == {"BRK-B", "KID.A"}
    assert lake.read("index_levels").select("date", "price_index").rows() == said


def test_an_index_begins_as_far_back_as_sessions_are_known(tmp_path: Path) -> None:
    """Through the graph, which has a partition for each of its years; an earlier one is refused by its base."""
    land_market(Lake(tmp_path), "market/closes.csv", CLOSES + "1990-01-02,AAA,10\n1990-01-03,AAA,11\n")
    land_market(Lake(tmp_path), "components/L/1990-01-02.csv", COMPONENTS + "AAA,1,1\n")
    for code, base in (("OLD", "1990-01-02"), ("OLDER", "1989-12-29")):
        text = f"code: {code}\nname: Q\ncurrency: USD\nlegs: [{{component: L, units: 1}}]\nbase: {{date: {base}, value: 1000}}\n"
        land_market(Lake(tmp_path), f"indexes/{code}.yaml", text)
    make(Lake(tmp_path))
    lake = Lake(tmp_path)
    assert lake.read("index_levels").select("index_code", "price_index").rows() == [("OLD", 1000), ("OLD", 1100)]
    [refused] = lake.read("findings").filter(area="index", severity="error")["message"]
    assert refused == "OLDER.yaml: base: 1989-12-29 is before 1990, when sessions are first known"


def test_the_weights_of_a_review_are_those_of_every_index_that_has_it(tmp_path: Path) -> None:
    """Whichever definition lands first, also where one begins in the year after; one that moves or goes takes only its own."""
    lake, days = (
        market_lake(tmp_path),
        ("2024-12-11", "2024-12-20", "2024-12-23", "2025-01-06", "2025-01-07", "2025-07-01"),
    )
    land_market(lake, "market/closes.csv", CLOSES + "".join(f"{day},AAA,100\n{day},BBB,50\n" for day in days))
    land_market(lake, "components/L/2024-12.csv", COMPONENTS + "AAA,100,1\nBBB,100,1\n")

    def with_bases(**bases: str | None) -> list[str]:
        for code, base in bases.items():
            head = f"code: {code}\nname: {code}\ncurrency: USD\nlegs: [{{component: L, units: 1}}]\n"
            path = f"indexes/{code}.yaml"
            if base is None:
                (lake.landing / path).unlink()
            else:
                land_market(
                    lake, path, f"{head}base: {{date: {base}, value: 1000}}\npolicies: {{missing_price: carry}}\n"
                )
        refresh_market(lake)
        publish_indexes(lake, date(2025, 8, 1))
        held = lake.read("weights", ["2024-12"]).group_by("index_code").len().sort("index_code")
        return [f"{code}: {names}" for code, names in held.iter_rows()]

    assert with_bases(QX="2024-12-20", QY="2025-01-06") == ["QX: 2", "QY: 2"]
    assert with_bases(QZ="2025-01-07") == ["QX: 2", "QY: 2", "QZ: 2"]
    assert with_bases(QX="2025-01-07") == ["QX: 2", "QY: 2", "QZ: 2"]
    assert with_bases(QY=None, QZ="2025-07-01") == ["QX: 2", "QZ: 2"]
    assert with_bases(QX=None, QZ=None) == []


@pytest.mark.parametrize("table", ["index_levels", "index_states", "stale_prices", "divisor_events", "weights"])
def test_a_year_of_which_a_file_is_gone_is_computed_again(table: str, tmp_path: Path) -> None:
    files = {
        **{f"components/L/{name}.csv": "AAA,100,1\nBBB,100,1\n" for name in ("2025-06-18", "2025-06-25")},
        "reference/suspensions.csv": "AAA,2025-06-24,2025-06-26,2025-06-25,\n",
        "market/actions.csv": "BBB,2025-06-23,special_dividend,,,1,,\n",
    }
    lake = computed(tmp_path, files)
    assert ComputeIndexes(lake, Asked()).stale() == []
    before = lake.hashes()
    lake.path(table, lake.keys(table)[-1]).unlink()
    assert ComputeIndexes(lake, Asked()).stale() == ["2025"]
    publish_indexes(lake, date(2025, 7, 1))
    assert lake.hashes() == before

"""Membership through the graph: landed lists, changes and reference files to constituents, asked by command, SQL and Python."""

from __future__ import annotations

import csv
import io
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

import russell_pipeline
from russell_pipeline.lake.store import Lake
from russell_pipeline.orchestration.runs import run
from russell_pipeline.queries.answers import AnswerWarning
from russell_pipeline.settings import Settings
from russell_pipeline.steps.checks import overlapping_states
from russell_pipeline_tests.conftest import Once, call_russell, land, real_documents, table_bytes
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.typeset.layout import Row, TextLayout
from russell_pipeline_tests.typeset.lists import make_list

BASE, NEXT = date(2018, 6, 25), date(2019, 7, 1)
DEFERRED = date(2019, 7, 3)


def _rows(symbols: str, classification: str | None = None) -> list[Row]:
    return [Row(f"{symbol} COMPANY INC", symbol, classification) for symbol in symbols.split()]


# Lists of years that are over answer for later days, and say so; that is tested elsewhere.
pytestmark = [
    pytest.mark.usefixtures("without_history"),
    pytest.mark.filterwarnings("ignore::russell_pipeline.queries.answers.AnswerWarning"),
]


def _list(symbols: str, as_of: date = BASE, index: str = "R2000") -> bytes:
    return make_list(_layout(as_of, index), _rows(symbols))


def _layout(as_of: date, index: str = "R2000") -> TextLayout:
    return TextLayout(index_code=index, as_of=as_of, separator="tab", registered="none", footers=("{date}",))


def _changes(symbols: str, change: str, year: int = 2019, status: str | None = "final") -> bytes:
    layout = TextLayout(
        index_code="R2000",
        change=change,
        status=status,
        review_year=year,
        taxonomy="RGS",
        separator="tab",
        registered="none",
        head=("Company", "Symbol", "Sector"),
        titles=("{index} Index {changes} {year}",),
        footers=("{status} index {adds}",),
    )  # type: ignore[arg-type]
    return make_list(layout, _rows(symbols, "Energy"))


def _reference(lake: Path, name: str, text: str) -> None:
    folder = lake / "landing" / "reference"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)


def _run(lake: Path) -> Lake:
    make(Lake(lake))
    return Lake(lake)


def _members(lake: Path, on: date, known_on: date | None = None, index: str = "R2000") -> set[str]:
    return set(russell_pipeline.open_lake(lake).members(index, on, known_on)["symbol"])


@pytest.fixture
def small(dated: Path, tmp_path: Path) -> Path:
    """A lake with a small index, not yet read: a list of 2018 and changes of 2019."""
    lake = tmp_path / "lake"
    shutil.copytree(dated, lake)
    land(lake, "base.txt", _list("ZQA ZQB ZQC ZQD"))
    land(lake, "gone.txt", _changes("ZQA ZQB", "deletion"))
    land(lake, "new.txt", _changes("ZQE ZQF", "addition"))
    return lake


def test_a_list_and_changes_are_the_members_of_every_day(small: Path) -> None:
    _run(small)
    with pytest.warns(AnswerWarning, match="no membership is known"):
        assert _members(small, date(2018, 6, 24)) == set()
    assert _members(small, BASE) == {"ZQA", "ZQB", "ZQC", "ZQD"}
    assert _members(small, date(2019, 6, 30)) == {"ZQA", "ZQB", "ZQC", "ZQD"}
    assert _members(small, NEXT) == {"ZQC", "ZQD", "ZQE", "ZQF"}
    new = russell_pipeline.open_lake(small).members("R2000", NEXT).filter(pl.col("symbol") == "ZQE")
    assert new.select("document", "page", "line").row(0)[0] == "new.txt"


def test_a_suspension_shifts_a_change_and_says_by_which_rule(small: Path) -> None:
    """Suspended over the day two weeks before, resumed without announcement: on resumption, not before T+2."""
    _reference(
        small,
        "suspensions.csv",
        "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\nZQB,2019-06-10,2019-06-20,,\nZQE,2019-06-12,,,\n",
    )
    lake = _run(small)
    assert _members(small, date(2019, 7, 2)) == {"ZQB", "ZQC", "ZQD", "ZQF"}
    assert _members(small, DEFERRED) == {"ZQC", "ZQD", "ZQF"}
    rows = {row["symbol"]: row for row in lake.read("membership_changes", ["2019"]).iter_rows(named=True)}
    assert [rows[symbol]["effective_on"] for symbol in ("ZQA", "ZQB", "ZQE", "ZQF")] == [NEXT, DEFERRED, None, NEXT]
    assert [rows[symbol]["dated_by"] for symbol in ("ZQA", "ZQB", "ZQE")] == [
        None,
        "suspended_deferred",
        "suspended_deferred",
    ]
    said = lake.read("findings").filter(pl.col("subject").is_in(["ZQB", "ZQE"]))
    assert said.select("subject", "severity").sort("subject").rows() == [("ZQB", "info"), ("ZQE", "warning")]


def test_a_corrected_list_adds_knowledge(small: Path) -> None:
    _run(small)
    land(small, "corrected.txt", _list("ZQA ZQB ZQC ZQX"))
    (small / "landing" / "documents" / "corrected.yaml").write_text("published_on: 2018-09-03\n")
    _run(small)
    assert _members(small, BASE) == {"ZQA", "ZQB", "ZQC", "ZQX"}
    assert _members(small, BASE, date(2018, 9, 2)) == {"ZQA", "ZQB", "ZQC", "ZQD"}
    assert _members(small, BASE, date(2018, 9, 3)) == {"ZQA", "ZQB", "ZQC", "ZQX"}
    with pytest.warns(AnswerWarning, match="published by 2018-06-25"):
        assert _members(small, BASE, date(2018, 6, 24)) == set()


def test_versions_stand_side_by_side_and_the_best_acts(small: Path) -> None:
    land(small, "early.txt", _changes("ZQE ZQG", "addition", status="preliminary"))
    lake = _run(small)
    assert _members(small, NEXT) == {"ZQC", "ZQD", "ZQE", "ZQF"}
    with pytest.warns(AnswerWarning, match="the reconstitution of 2019-07-01 is not in the lake, or not whole"):
        early = _members(small, NEXT, date(2019, 6, 10))
    assert early == {"ZQA", "ZQB", "ZQC", "ZQD", "ZQE", "ZQG"}
    [message] = lake.read("findings").filter(subject="R2000 2019-06 additions")["message"]
    assert message.endswith("1 new (ZQF), 1 dropped (ZQG)")


def test_a_change_of_symbol_is_followed_and_a_decision_taken(small: Path) -> None:
    _reference(small, "symbol_changes.csv", "date,old_symbol,new_symbol\n2018-11-01,ZQC,ZQN\n")
    renamed = [Row("NEW NAME PLC", "ZQN"), Row("QUITE ANOTHER FIRM", "ZQA")]
    land(small, "later.txt", make_list(_layout(date(2020, 6, 29)), renamed))
    lake = _run(small)
    assert "ZQC" in _members(small, date(2018, 10, 31))
    assert "ZQN" in _members(small, date(2018, 11, 1))
    ids = {
        row["symbol"]: row["security_id"]
        for row in lake.read("symbols").filter(pl.col("valid_to").is_null()).iter_rows(named=True)
    }
    assert (ids["ZQN"], ids["ZQA"]) == ("ZQC", "ZQA-2020")
    assert lake.read("rename_candidates")["key"].to_list() == ["ZQA>ZQA@2020-06-29"]
    assert not lake.read("findings").filter(subject="renames", severity="warning").is_empty()
    _reference(
        small, "overrides.csv", "subject,key,decision,reason\nsame_security,ZQA@2020-06-29,,renamed in May 2020\n"
    )
    lake = _run(small)
    assert lake.read("findings").filter(subject="ZQA", severity="warning").is_empty()
    assert "ZQA-2020" not in set(lake.read("securities")["security_id"])


def test_a_trace_is_of_the_companies_that_had_a_symbol_and_of_no_others(small: Path) -> None:
    """ZQC became ZQN, and another company took ZQC: who asks for ZQN is told nothing of that."""
    _reference(small, "symbol_changes.csv", "date,old_symbol,new_symbol\n2018-11-01,ZQC,ZQN\n")
    land(
        small,
        "later.txt",
        make_list(_layout(date(2020, 6, 29)), [Row("NEW NAME PLC", "ZQN"), Row("QUITE ANOTHER FIRM", "ZQC")]),
    )
    _run(small)

    def traced(symbol: str) -> list[tuple[str, str, str]]:
        told = csv.DictReader(io.StringIO(call_russell(small, "trace", symbol, "--format", "csv").stdout))
        return [(row["symbol"], row["company_name"], row["security_id"]) for row in told]

    renamed = [("ZQC", "ZQC COMPANY INC", "ZQC"), ("ZQN", "NEW NAME PLC", "ZQC")]
    assert traced("ZQN") == renamed
    assert sorted(traced("zqc")) == sorted([*renamed, ("ZQC", "QUITE ANOTHER FIRM", "ZQC-2020")])
    assert traced("ZQC-2020") == traced("zqc-2020") == [("ZQC", "QUITE ANOTHER FIRM", "ZQC-2020")]
    for symbol in ("ZQN", "ZQC", "ZQC-2020"):
        assert "security_id" in call_russell(small, "trace", symbol).stdout.splitlines()[0]


def test_bad_rows_of_reference_files_are_findings_and_cost_nothing(small: Path) -> None:
    _reference(
        small,
        "suspensions.csv",
        "symbol,suspended_on,resumed_on,resumption_announced_on,replicable_market\nZQB,2019-06-31,,,\n",
    )
    _reference(small, "symbol_changes.csv", "date,old_symbol\n2019-01-02,ZQA\n")
    answer = call_russell(small, "run")
    assert answer.returncode == 0, answer.stderr
    assert "Traceback" not in answer.stderr
    found = Lake(small).read("findings").filter(area="membership", severity="error")["message"].to_list()
    assert any("suspensions.csv" in message and "2019-06-31" in message for message in found)
    assert any("symbol_changes.csv" in message and "new_symbol" in message for message in found)
    assert _members(small, NEXT) == {"ZQC", "ZQD", "ZQE", "ZQF"}


@pytest.mark.faults
def test_the_same_documents_in_any_order_give_the_same_bytes(dated: Path, tmp_path: Path) -> None:
    documents = {
        "base.txt": _list("ZQA ZQB ZQC ZQD"),
        "gone.txt": _changes("ZQA ZQB", "deletion"),
        "later.txt": _list("ZQC ZQD ZQE", date(2020, 6, 29)),
    }
    results = []
    for names in (["gone.txt", "later.txt", "base.txt"], ["later.txt", "base.txt", "gone.txt"]):
        lake = tmp_path / "-".join(names)
        shutil.copytree(dated, lake)
        for some in (names[:2], names[2:]):
            for name in some:
                land(lake, name, documents[name])
            _run(lake)
        results.append(table_bytes(lake))
    assert results[0] == results[1]


def test_states_that_overlap_are_found(finished: Path, tmp_path: Path) -> None:
    """The check of the graph fails where two states of an index hold on one day as known on one."""
    assert overlapping_states(Lake(finished)).is_empty()
    shutil.copytree(finished, tmp_path / "lake")
    lake = Lake(tmp_path / "lake")
    states = lake.read("membership_states")
    ended = (pl.col("valid_from") == date(2016, 6, 27)) & pl.col("known_to").is_null()
    lake.write(
        "membership_states", states.with_columns(valid_to=pl.when(ended).then(date(2019, 7, 2)).otherwise("valid_to"))
    )
    assert overlapping_states(lake).height == 1


def test_a_new_list_makes_again_only_the_years_that_it_changes(small: Path) -> None:
    _run(small)
    land(small, "later.txt", _list("ZQC ZQD ZQE", date(2020, 6, 29)))
    report = run(Settings(small, processes=1))
    assert report.years == ["2019", "2020"], "the state of 2019 ends now"
    assert not run(Settings(small, processes=1)).anything


# --- the real documents -----------------------------------------------------------------------------------------------

LISTS = {
    ("R3000", date(2010, 6, 28)): "ru3000_membershiplist_20100628",
    ("R3000", date(2014, 6, 30)): "ru3000_membershiplist_20140627",
    ("R3000", date(2016, 6, 27)): "ru3000_membershiplist_20160627",
    ("R3000", NEXT): "RU3000_MembershipList_20190701",
    ("R2000", date(2017, 6, 26)): "ru2000_membershiplist_20170626",
}


def _published(name: str) -> list[tuple[str, str]]:
    with (real_documents() / "expected" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return sorted((row["symbol"], row["company_name"]) for row in csv.DictReader(file))


@pytest.fixture(scope="module")
def real(once: Once) -> Path:
    """A lake of the real lists and changes instead of the shipped ones."""

    def fill(root: Path) -> None:
        for file in [*(real_documents() / "pdf").iterdir(), *(real_documents() / "seeds").iterdir()]:
            land(root, file.name, file.read_bytes())
        make(Lake(root))

    return once("real", fill)


@pytest.mark.parametrize(("index", "day"), LISTS)
def test_members_on_effective_days_are_the_published_lists(real: Path, index: str, day: date) -> None:
    members = russell_pipeline.open_lake(real).members(index, day)
    assert sorted(members.select("symbol", "company_name").rows()) == _published(LISTS[index, day])


def test_nothing_is_known_before_the_first_list_and_r2000_is_only_itself(real: Path) -> None:
    with pytest.warns(AnswerWarning, match="R3000 on 2010-06-27: no membership is known"):
        assert _members(real, date(2010, 6, 27), index="R3000") == set()
    with pytest.warns(AnswerWarning, match="R2000 on 2017-06-25: no membership is known"):
        assert _members(real, date(2017, 6, 25)) == set()
    held = Lake(real).read("constituents")
    document = Lake(real).read("documents").filter(index_code="R2000")["document_id"][0]
    assert set(held.filter(document_id=document)["index_code"]) == {"R2000"}
    assert set(held["index_code"]) == {"R2000", "R3000"}, "R3000 of 2016 less R2000 of 2017 is no R1000"


def test_knowledge_a_day_before_publication_is_the_list_before(real: Path) -> None:
    with pytest.warns(AnswerWarning, match="the reconstitution of 2017-06-26 is not in the lake"):
        before = russell_pipeline.open_lake(real).members("R3000", NEXT, date(2019, 6, 30))
    assert sorted(before.select("symbol", "company_name").rows()) == _published(LISTS["R3000", date(2016, 6, 27)])


def test_changes_of_2023_stay_changes_and_strange_deletions_are_named(real: Path) -> None:
    with pytest.warns(AnswerWarning, match="the reconstitution of 2020-06-29 is not in the lake"):
        later = _members(real, date(2023, 7, 3), index="R3000")
    assert later == _members(real, NEXT, index="R3000")
    assert russell_pipeline.open_lake(real).changes("R3000", "2023-06").height == 281 + 173
    known = {symbol for (index, _), name in LISTS.items() if index == "R3000" for symbol, _ in _published(name)}
    deleted = {symbol for symbol, _ in _published("ru3000-deletions-final-20230623")}
    found = Lake(real).read("findings").filter(subject="R3000 2023-06", area="membership")["message"].to_list()
    assert sum("changes only" in message for message in found) == 2
    [unknown] = [message for message in found if "no list" in message and "deletions are of companies" in message]
    assert set(unknown.split(": ")[-1].split(", ")) >= deleted - known


def test_command_sql_and_python_give_the_same_answer(real: Path) -> None:
    answer = call_russell(real, "members", "R3000", "--on", "2019-07-01", "--format", "csv")
    by_command = [row["symbol"] for row in csv.DictReader(io.StringIO(answer.stdout))]
    assert len(by_command) == 3012
    lake = russell_pipeline.open_lake(real)
    assert lake.members("R3000", NEXT)["symbol"].to_list() == by_command
    by_sql = lake.sql(
        """SELECT symbol FROM constituents WHERE index_code = 'R3000' AND valid_from <= DATE '2019-07-01'
           AND (valid_to IS NULL OR valid_to > DATE '2019-07-01') AND known_to IS NULL ORDER BY symbol, security_id"""
    )
    assert by_sql["symbol"].to_list() == by_command
    assert "3,012 members" in answer.stderr


def test_the_company_that_was_renamed_and_the_one_with_its_former_symbol_are_two(tmp_path: Path, dated: Path) -> None:
    """AA became ARNC in 2016, and the list of 2019 prints both: ALCOA CORPORATION is another company, ARCONIC the same."""
    lake = tmp_path / "lake"
    shutil.copytree(dated, lake)
    for name in ("ru3000_membershiplist_20160627.pdf", "RU3000_MembershipList_20190701.pdf"):
        land(lake, name, (real_documents() / "pdf" / name).read_bytes())
    _reference(lake, "symbol_changes.csv", "date,old_symbol,new_symbol\n2016-11-01,AA,ARNC\n")
    _run(lake)
    opened = russell_pipeline.open_lake(lake)
    after = opened.members("R3000", NEXT)
    assert after.height == after["security_id"].n_unique() == 3012
    assert sorted(after.select("symbol", "company_name").rows()) == _published("RU3000_MembershipList_20190701")
    ids = {
        day.year: dict(opened.members("R3000", day).select("symbol", "security_id").rows())
        for day in (date(2016, 6, 27), NEXT)
    }
    assert ids[2016]["AA"] == ids[2019]["ARNC"] != ids[2019]["AA"]
    assert "ARNC" not in ids[2016]

"""What members and other answers say of themselves: knowledge, basis, doubts, and decisions on renamed companies."""

from __future__ import annotations

import csv
import io
import shutil
import warnings
from datetime import date
from pathlib import Path

import pytest

import russell_pipeline
from russell_pipeline.errors import UnknownIndex
from russell_pipeline.lake.store import Lake
from russell_pipeline.queries.answers import AnswerWarning
from russell_pipeline_tests.conftest import call_russell, land, table_bytes
from russell_pipeline_tests.lakes import make
from russell_pipeline_tests.typeset.layout import Row, TextLayout
from russell_pipeline_tests.typeset.lists import make_list

FIRST, SECOND = date(2016, 6, 27), date(2019, 7, 1)


def _list(as_of: date, companies: dict[str, str], index: str = "R2000") -> bytes:
    layout = TextLayout(index_code=index, as_of=as_of, separator="tab", registered="none", footers=("{date}",))
    return make_list(layout, [Row(name, symbol) for symbol, name in sorted(companies.items(), key=lambda one: one[1])])


COMPANIES = {
    "ZQA": "ALPINE DAIRY INC",
    "ZQB": "BOREAL LUMBER INC",
    "ZQC": "CORAL SHIPPING INC",
    "ZQD": "DELTA GLASS INC",
}
# ZQB is renamed ZQX; ZQD stands for another company; ZQE is new.
LATER = {"ZQA": "ALPINE DAIRY INC", "ZQX": "BOREAL LUMBER INC", "ZQC": "CORAL SHIPPING INC", "ZQD": "OAKEN BARRELS PLC"}


@pytest.fixture(scope="module")
def told(dated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with lists of two years, and files of what a fund held later."""
    lake = tmp_path_factory.mktemp("answers") / "lake"
    shutil.copytree(dated, lake)
    land(lake, "2016.txt", _list(FIRST, COMPANIES))
    land(lake, "2019.txt", _list(SECOND, LATER))
    folder = lake / "landing" / "components" / "R2000"
    folder.mkdir(parents=True)
    (folder / "2025-11-05.csv").write_text("symbol,shares,free_float\nZQA,10,1\nZQC,5,1\nZQZ,2,1\n")
    (folder / "2018-03-01.csv").write_text("symbol,shares,free_float\nZQA,10,1\n")
    make(Lake(lake))
    return lake


@pytest.fixture
def open_to_change(told: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(told, tmp_path / "lake"))


def _csv(lake: Path, *arguments: str) -> tuple[list[dict[str, str]], str]:
    called = call_russell(lake, *arguments, "--format", "csv")
    assert called.returncode == 0, called.stderr
    return list(csv.DictReader(io.StringIO(called.stdout))), called.stderr


def test_members_are_known_since_their_list_was_published_and_their_end_since_the_next(told: Path) -> None:
    rows, said = _csv(told, "members", "R2000", "--on", "2016-06-27")
    assert "known since 2016-06-27; replaced on 2019-07-01\n" in said
    assert {(row["known_from"], row["end_known_from"]) for row in rows} == {("2016-06-27", "2019-07-01")}
    rows, said = _csv(told, "members", "R2000", "--on", "2019-07-01")
    assert {(row["known_from"], row["end_known_from"]) for row in rows} == {("2019-07-01", "")}
    assert "known since 2019-07-01\n" in said


def test_the_spans_of_knowledge_of_constituents_stay_apart_from_publication(told: Path) -> None:
    """A row is superseded when its end becomes known; both rows are of the list published before."""
    held = Lake(told).read("constituents").filter(symbol="ZQA", document_id=_document(told, "2016.txt"))
    spans = held.select("known_from", "known_to", "valid_to", "published_on", "basis").sort("known_from").rows()
    assert spans == [(FIRST, SECOND, None, FIRST, "list"), (SECOND, None, SECOND, FIRST, "list")]


def _document(lake: Path, name: str) -> str:
    return str(Lake(lake).read("documents").filter(file_name=name)["document_id"][0])


@pytest.mark.parametrize(
    ("asked", "basis", "symbols"),
    [
        (("--on", "2025-11-05"), "holdings", {"ZQA", "ZQC", "ZQZ"}),
        (("--on", "2026-01-05"), "holdings", {"ZQA", "ZQC", "ZQZ"}),
        (("--on", "2025-11-04"), "list", set(LATER)),
        (("--on", "2018-03-01"), "holdings", {"ZQA"}),
        (("--on", "2018-02-28"), "list", set(COMPANIES)),
        (("--on", "2019-07-01"), "list", set(LATER)),
        (("--on", "2025-11-05", "--basis", "list"), "list", set(LATER)),
        (("--on", "2025-11-04", "--basis", "holdings"), "holdings", {"ZQA"}),
        (("--on", "2025-11-05", "--known-on", "2025-11-05"), "list", set(LATER)),
        (("--on", "2025-11-05", "--known-on", "2025-11-06"), "holdings", {"ZQA", "ZQC", "ZQZ"}),
        (("--on", "2017-03-01", "--basis", "holdings"), None, set()),
    ],
)
def test_members_are_of_the_later_of_lists_and_holdings_and_never_of_both(
    told: Path, asked: tuple[str, ...], basis: str | None, symbols: set[str]
) -> None:
    rows, _ = _csv(told, "members", "r2000", *asked)
    assert {row["symbol"] for row in rows} == symbols
    assert {row["basis"] for row in rows} == ({basis} if basis else set())


def test_holdings_have_the_security_of_documents_their_file_and_row(told: Path) -> None:
    rows, said = _csv(told, "members", "R2000", "--on", "2025-11-05")
    by_symbol = {row["symbol"]: row for row in rows}
    assert by_symbol["ZQA"]["security_id"] == "ZQA"
    assert by_symbol["ZQA"]["company_name"] == "ALPINE DAIRY INC"
    assert (by_symbol["ZQC"]["document"], by_symbol["ZQC"]["line"]) == ("components/R2000/2025-11-05.csv", "3")
    assert "3 holdings" in said
    assert "known since 2025-11-06" in said
    assert call_russell(told, "members", "R2000", "--on", "2025-11-05").stdout.count("2025-11-05.csv:3") == 1


def test_a_simulated_file_takes_the_place_of_no_list(open_to_change: Path) -> None:
    file = open_to_change / "landing" / "components" / "R2000" / "2026-01-05.csv"
    file.write_text("symbol,shares,free_float,simulated\nZQA,10,1,true\n")
    make(Lake(open_to_change))
    day = ("members", "R2000", "--on", "2026-01-05")
    assert {row["document"] for row in _csv(open_to_change, *day)[0]} == {"components/R2000/2025-11-05.csv"}
    rows, said = _csv(open_to_change, *day, "--basis", "holdings")
    assert [row["symbol"] for row in rows] == ["ZQA"]
    assert "a file of a simulated market" in said
    assert ("holding", "simulated") in {(row["fact"], row["status"]) for row in _csv(open_to_change, "trace", "ZQA")[0]}


def test_trace_has_holdings(told: Path) -> None:
    rows, _ = _csv(told, "trace", "ZQA")
    assert [(row["fact"], row["said_of"]) for row in rows] == [
        ("member", "2016-06-27"), ("holding", "2018-03-01"), ("member", "2019-07-01"), ("holding", "2025-11-05"),
    ]  # fmt: skip


def test_a_doubtful_answer_warns_once_and_says_what_is_missing(told: Path) -> None:
    lake = russell_pipeline.open_lake(told)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        for day in range(3, 6):
            lake.members("R2000", date(2023, 1, day), basis="list")
    [warning] = said
    assert issubclass(warning.category, AnswerWarning)
    assert warning.filename == __file__
    assert "not that of 2023-01-03; the list of R2000 of 2020 or later" in str(warning.message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lake.members("r2000", SECOND)


def test_a_doubt_about_another_list_or_review_is_told_too(told: Path) -> None:
    lake = russell_pipeline.open_lake(told)
    with pytest.warns(AnswerWarning, match="the list of R2000 of 2020 or later"):
        lake.members("R2000", date(2023, 1, 3), basis="list")
    with pytest.warns(AnswerWarning, match="the list of R2000 of 2017 or later"):
        lake.members("R2000", date(2018, 1, 3), basis="list")
    with pytest.warns(AnswerWarning, match="no weights of R2000 for 2019-06"):
        lake.weights("R2000", "2019-06")
    with pytest.warns(AnswerWarning, match="no weights of R2000 for 2019-09"):
        lake.weights("R2000", "2019-09")


def test_a_day_may_be_a_text(told: Path) -> None:
    lake = russell_pipeline.open_lake(told)
    assert lake.members("R2000", "2019-07-01").equals(lake.members("R2000", SECOND))


@pytest.mark.parametrize(
    ("method", "arguments", "says"),
    [
        ("members", ("R2000", "01.07.2019"), "'01.07.2019' is no date: write YYYY-MM-DD, here 2019-07-01"),
        ("members", ("R2000", SECOND, "2019-7-2"), "'2019-7-2' is no date: write YYYY-MM-DD, here 2019-07-02"),
        ("members", ("R2000", 20190701), "20190701 is no date"),
        ("weights", ("R2000", "2025-6"), "'2025-6' is no review: .* here 2025-06"),
        ("changes", ("R2000", "June 2025"), "'June 2025' is no review: .* here 2025-06"),
        ("levels", ("R2000", "2025/06/30"), "'2025/06/30' is no date: .* here 2025-06-30"),
        ("explain", ("R2000", "today"), "'today' is no date"),
        ("pro_forma", ("R2000", "2025Q2"), "'2025Q2' is no review: .* here 2025-06"),
    ],
)
def test_what_is_no_day_or_review_is_refused_with_what_was_meant(
    told: Path, method: str, arguments: tuple[object, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        getattr(russell_pipeline.open_lake(told), method)(*arguments)


@pytest.mark.parametrize(
    ("method", "arguments", "says"),
    [
        ("calendar", (1950,), "no date of 1950 is published or computed; the calendar has "),
        ("trace", ("ALPINA DAIRI",), "nothing in the lake has .* ALPINA DAIRI; did you mean ALPINE DAIRY INC"),
        ("members", ("SP500", SECOND), "no membership is known"),
        ("changes", ("R2000", "2019-06"), "no additions or deletions of R2000 in 2019-06"),
        ("weights", ("R2000", "2019-06"), "no weights of R2000 for 2019-06"),
        ("levels", ("R2000",), "no levels of R2000"),
    ],
)
def test_an_empty_answer_warns(told: Path, method: str, arguments: tuple[object, ...], says: str) -> None:
    lake = russell_pipeline.open_lake(told)
    with pytest.warns(AnswerWarning, match=says):
        assert getattr(lake, method)(*arguments).is_empty()


@pytest.mark.parametrize("method", ["members", "changes", "weights", "levels", "corrections"])
def test_an_unknown_code_is_refused_with_the_near_ones(told: Path, method: str) -> None:
    more = {"members": (SECOND,), "weights": ("2019-06",)}.get(method, ())
    with pytest.raises(UnknownIndex, match=r"there is no index 'R200'; near to it: R2000.*known are .*SP500"):
        getattr(russell_pipeline.open_lake(told), method)("R200", *more)
    assert issubclass(UnknownIndex, ValueError)


def test_one_finding_counts_the_rename_candidates_and_the_command_lists_them(told: Path) -> None:
    rows, said = _csv(told, "renames", "--undecided")
    assert [(row["key"], row["evidence"], row["taken_as"]) for row in rows] == [
        ("ZQB>ZQX@2019-07-01", "same name, same day, both adjacent rows", "other"),
        ("ZQD>ZQD@2019-07-01", "same symbol", "other"),
    ]
    assert "2 rename candidates, 2 undecided" in said
    found = Lake(told).read("findings").filter(area="membership", subject="renames")
    assert found["severity"].to_list() == ["warning"]
    assert "`russell renames --undecided`" in found["message"][0]


def test_the_printed_candidates_decide_when_they_are_put_into_reference(open_to_change: Path) -> None:
    lake = open_to_change
    file = lake / "landing" / "reference" / "overrides-renames.csv"
    file.parent.mkdir(exist_ok=True)
    assert call_russell(lake, "renames", "--format", "csv", "--output", str(file)).returncode == 0
    rows = list(csv.DictReader(file.open()))
    before = table_bytes(lake)
    make(Lake(lake))
    candidates = "tables/rename_candidates"
    assert {name: data for name, data in table_bytes(lake).items() if name.startswith(candidates)}.keys() == {
        name for name in before if name.startswith(candidates)
    }
    assert Lake(lake).read("rename_candidates")["decision"].to_list() == [None, None], (
        "without decisions nothing is decided"
    )

    for row, decision in zip(rows, ("same", "other"), strict=True):
        row |= {"decision": decision, "reason": "as announced"}
    with file.open("w", newline="") as written:
        writer = csv.DictWriter(written, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    make(Lake(lake))
    decided = Lake(lake).read("rename_candidates").select("key", "taken_as", "decision", "reason").rows()
    assert decided == [
        ("ZQB>ZQX@2019-07-01", "same", "same", "as announced"),
        ("ZQD>ZQD@2019-07-01", "other", "other", "as announced"),
    ]
    ids = dict(russell_pipeline.open_lake(lake).members("R2000", SECOND).select("symbol", "security_id").rows())
    assert ids == {"ZQA": "ZQA", "ZQC": "ZQC", "ZQX": "ZQB", "ZQD": "ZQD-2019"}
    assert _csv(lake, "renames", "--undecided")[0] == []
    assert Lake(lake).read("findings").filter(subject="renames").is_empty()


def test_an_override_that_matches_nothing_is_a_finding_with_file_and_row(open_to_change: Path) -> None:
    lake = open_to_change
    file = lake / "landing" / "reference" / "overrides.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text(
        "subject,key,decision,reason\nother_security,ZQA@2021-01-04,,a slip\nrename,ZQQ>ZQC@2019-07-01,same,a slip\n"
        "rename,ZQB>ZQX@2019-07-01,perhaps,a slip\n"
    )
    make(Lake(lake))
    said = Lake(lake).read("findings").filter(area="membership")["message"].to_list()
    assert any(one.startswith("overrides.csv, row 2: ") and "ZQA is last printed on 2019-07-01" in one for one in said)
    assert any(one.startswith("overrides.csv, row 3: ") and "no document prints ZQQ" in one for one in said)
    assert any(one.startswith("overrides.csv, row 4: decision must be same, other, or empty") for one in said)

"""The `russell` command as people and programs call it: rows to stdout, words to stderr, exit codes, no heavy import."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from russell_pipeline.arguments import meant_day, meant_review
from russell_pipeline.cli import main
from russell_pipeline.output import table
from russell_pipeline.queries.catalog import Answer
from russell_pipeline_tests.conftest import PROJECT, call_russell
from russell_pipeline_tests.layouts import BAD_FILES

LANDED = PROJECT / "data_lake" / "landing" / "documents"


@pytest.fixture
def lake(finished: Path) -> Path:
    """The finished lake itself: nothing here writes to it."""
    return finished


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_parse_prints_rows_in_document_order_and_the_account_apart(tmp_path: Path) -> None:
    called = call_russell(tmp_path, "parse", str(LANDED / "microcap-additions-2023.txt"), "--format", "csv")
    rows = _rows(called.stdout)
    assert (called.returncode, len(rows)) == (0, 161)
    assert [int(row["ordinal"]) for row in rows] == list(range(1, 162))
    assert rows[0]["company_name"] == "2U INC"
    assert (rows[0]["taxonomy"], rows[0]["classification"]) == ("ICB", "Consumer Discretionary")
    assert "membership_changes, RMICRO, addition, preliminary, ICB" in called.stderr
    assert "161 row" in called.stderr
    assert not (tmp_path / "tables").exists()


def test_parse_says_why_it_refuses_and_exits_1(tmp_path: Path) -> None:
    bad = tmp_path / "page.pdf"
    bad.write_bytes(BAD_FILES["web_page.pdf"]())
    called = call_russell(tmp_path, "parse", str(bad))
    assert (called.returncode, called.stdout) == (1, "")
    assert re.fullmatch(r"page\.pdf is an HTML page, .*\n", called.stderr), "one sentence"


def test_parse_hears_the_sidecar_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes((LANDED / "microcap-additions-2023.txt").read_bytes())
    (tmp_path / "list.yaml").write_text("status: final")
    called = call_russell(tmp_path, "parse", str(tmp_path / "list.txt"))
    assert called.returncode == 1
    assert "but it prints preliminary" in called.stderr


@pytest.mark.parametrize(
    ("arguments", "count", "says"),
    [
        (("R3000", "--on", "2019-07-01"), 3012, "3,012 members, as of 2019-07-01 by russell-3000-2019.pdf"),
        (("r3000", "--on", "2019-06-30"), 3005, "the reconstitution of 2017-06-26 is not in the lake"),
        (("R3000", "--on", "2019-07-01", "--known-on", "2019-06-30"), 3005, "as of 2016-06-27 by russell-3000-2016.pdf"),
        (("R3000", "--on", "2016-06-26"), 0, "the first list of it in the lake holds from 2016-06-27"),
        (("R3000", "--on", "2017-01-01", "--known-on", "2016-06-26"), 0, "published by 2016-06-27"),
        (("R1000", "--on", "2019-07-01"), 0, "it is R3000 less R2000, of one reconstitution"),
        (("RMICRO", "--on", "2023-07-03"), 0, "256 deletions but no list, and changes alone are no membership"),
        (("SP500", "--on", "2019-07-01"), 0, "indexes with documents: R3000, RMICRO"),
    ],
)  # fmt: skip
def test_members_are_those_of_the_day_as_known_on_a_day(
    lake: Path, arguments: tuple[str, ...], count: int, says: str
) -> None:
    """Where none are known the answer says why; where a reconstitution is missing it says which."""
    called = call_russell(lake, "members", *arguments, "--format", "csv")
    assert called.returncode == 0
    assert says in called.stderr
    rows = _rows(called.stdout)
    assert len(rows) == count
    assert all(row["document"] and row["page"] and row["line"] for row in rows)


def test_members_on_what_is_no_day_is_a_wrong_call(lake: Path) -> None:
    called = call_russell(lake, "members", "R3000", "--on", "2019-06-31")
    assert called.returncode == 2
    assert "'2019-06-31' is no date: write YYYY-MM-DD" in called.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("changes", "RMICRO", "--review", "2023"), "'2023' is no review: write YYYY-MM"),
        (("changes", "RMICRO", "--review", "2023-13"), "'2023-13' is no review: write YYYY-MM"),
        (("members", "R3000", "--output", "no/such/folder/x.csv"), "there is no folder no/such/folder to write it into"),
        (("calendar", "2026", "--format", "ics", "--output", "no/such/folder/x.ics"), "there is no folder"),
        (("sql", " "), "there is no statement"),
        (("sql", "SELECT 1; SELECT 2"), "there are 2 statements"),
        (("weights", "RSCC9010", "garbage"), "'garbage' is no review: write YYYY-MM"),
        (("weights", "RSCC9010", "2025-06-31"), "'2025-06-31' is no date: write YYYY-MM-DD"),
        (("backfill", "--from", "-5", "--to", "2020"), "'-5' is no year from 1900 to 2200: write YYYY"),
        (("backfill", "--from", "2010-06", "--to", "2020"), "'2010-06' is no year from 1900 to 2200: write YYYY"),
        (("calendar", "2026-12"), "'2026-12' is no year from 1900 to 2200: write YYYY"),
        (("members", "R3000", "--on", "19.11.2026"), "write YYYY-MM-DD, here 2026-11-19"),
        (("levels", "R3000", "--output", "x.xlsx"), "no format is known by .xlsx: name a file .csv, .json, .parquet or .txt"),
        (("levels", "R3000", "--output", "x.ics"), "no format is known by .ics"),
        (("levels", "R3000", "--output", "."), ". is a folder: name a file in it"),
        (("levels", "R3000", "--output", "no-such/"), "no-such/ is a folder: name a file in it"),
        (("report", "RSCC9010", "--output", "sheet.pdf"), "a report is HTML, which a browser prints as PDF: name it sheet.html"),
        (("status", "--lake", "elsewhere"), "--lake is given twice: "),
        (("wieghts", "RSCC9010"), "No such command 'wieghts'"),
        (("levels", "RSCC9010", "--formt", "csv"), "No such option '--formt'"),
        (("ui", "--port", "99999"), "99999 is not in the range"),
        (("sql", "SELECT"), "Parser Error"),
        (("sql", "FROM no_such_table"), "Table with name no_such_table does not exist"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_one_sentence_and_exit_2(lake: Path, arguments: tuple[str, ...], says: str) -> None:
    called = call_russell(lake, *arguments)
    assert (called.returncode, called.stdout) == (2, "")
    assert says in called.stderr
    assert "Traceback" not in called.stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2025-6", "2025-06"),
        ("6/2025", "2025-06"),
        ("202506", "2025-06"),
        ("June 2025", "2025-06"),
        ("2025 Sept", "2025-09"),
        ("2025Q2", "2025-06"),
        ("2Q2025", "2025-06"),
        ("Q4 2025", "2025-12"),
        ("2025-06-27", "2025-06"),
        ("27.06.2025", "2025-06"),
        ("2025", None),
        ("2025-13", None),
        ("2025Q5", None),
        ("next", None),
        ("", None),
    ],
)
def test_a_review_in_other_words_is_said_as_it_is_written(typed: str, meant: str | None) -> None:
    assert meant_review(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2025/6/3", "2025-06-03"),
        ("03.06.2025", "2025-06-03"),
        ("06/30/2025", "2025-06-30"),
        ("30/06/2025", "2025-06-30"),
        ("06/03/2025", None),  # of June in America, of March elsewhere
        ("5/5/2025", "2025-05-05"),
        ("2025-02-30", None),
        ("6.3.25", None),
        ("today", None),
    ],
)
def test_a_day_in_another_order_is_said_as_it_is_written(typed: str, meant: str | None) -> None:
    assert meant_day(typed) == meant


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_takes_the_lake_after_its_name(name: str, lake: Path, tmp_path: Path) -> None:
    """A lake that is a file shows that it was heard, whatever else the command would do."""
    file = tmp_path / "file"
    file.touch()
    for before, after in ((["--lake", str(file)], []), ([], ["--lake", str(file)])):
        called = CliRunner().invoke(main, [*before, name, *after])
        assert (called.exit_code, called.stdout) == (2, "")
        assert f"a lake is a folder, and {file} is a file" in called.stderr
    for arguments in (["status", "--lake", str(lake)], ["trace", "CERS", "--lake", str(lake)]):
        assert CliRunner().invoke(main, arguments).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "form"),
    [
        (("--output", "rows.parquet"), "parquet"),
        (("--output", "rows.CSV"), "csv"),
        (("-o", "rows.json"), "json"),
        (("-o", "rows.txt"), "table"),
        (("-o", "rows"), "table"),
        (("--output", "rows.csv", "--format", "JSON"), "json"),
        (("--format", "csv", "--output", "rows.xlsx"), "csv"),
    ],
)
def test_the_extension_gives_the_format_where_none_is_said(
    lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    question = ("sql", "SELECT 1 AS a, 'x' AS b")
    called = call_russell(lake, *question, *arguments)
    assert (called.returncode, called.stdout) == (0, "")
    [file] = tmp_path.glob("rows*")
    as_said = call_russell(lake, *question, "--format", form, "--output", "other.bin")
    assert as_said.returncode == 0
    assert file.read_bytes() == Path("other.bin").read_bytes()
    assert (f"{file.name} holds json, as --format says" in called.stderr) == (arguments[-1] == "JSON")


def test_a_dash_is_standard_output(lake: Path) -> None:
    called = call_russell(lake, "sql", "SELECT 1 AS a", "-o", "-", "--format", "csv")
    assert (called.returncode, called.stdout) == (0, "a\n1\n")


@pytest.mark.parametrize("spelled", ["rscc9010", "Rscc9010"])
def test_an_index_is_known_in_any_case(lake: Path, spelled: str) -> None:
    assert "no levels of RSCC9010: RSCC9010 waits for its inputs" in call_russell(lake, "levels", spelled).stderr


def test_a_reader_that_has_seen_enough_ends_it_quietly(lake: Path) -> None:
    rows = "SELECT * FROM range(200000)"
    command = [sys.executable, "-m", "russell_pipeline.cli", "sql", rows, "--format", "csv", "--lake", str(lake)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as called:
        assert called.stdout is not None
        assert called.stderr is not None
        assert called.stdout.readline() == "range\n"
        called.stdout.close()
        assert called.stderr.read() == ""


@pytest.mark.parametrize("spelled", ["BRK.B", "brkb", "BRK-B"])
def test_trace_knows_every_spelling_of_a_class(lake: Path, spelled: str) -> None:
    rows = _rows(call_russell(lake, "trace", spelled, "--format", "csv").stdout)
    assert [(row["symbol"], row["document"]) for row in rows] == [
        ("BRK.B", "russell-3000-2016.pdf"),
        ("BRK.B", "russell-3000-2019.pdf"),
    ]


def test_trace_goes_back_to_document_page_line_and_printed_text(lake: Path) -> None:
    rows = json.loads(call_russell(lake, "trace", "cers", "--format", "json").stdout)
    assert [(row["fact"], row["status"], row["document"]) for row in rows] == [
        ("member", None, "russell-3000-2016.pdf"),
        ("member", None, "russell-3000-2019.pdf"),
        ("deletion", None, "microcap-deletions-2020.pdf"),
        ("addition", "preliminary", "microcap-additions-2023.txt"),
    ]
    for row in rows:
        assert "CERS" in row["printed"].split()
        assert row["page"] >= 1
        assert row["line"] >= 1


def test_trace_writes_a_picture_of_each_line_of_a_pdf(lake: Path, tmp_path: Path) -> None:
    called = call_russell(lake, "trace", "CERS", "--pictures", str(tmp_path / "lines"), "--format", "csv")
    assert [(row["document"], row["picture"]) for row in _rows(called.stdout)] == [
        ("russell-3000-2016.pdf", "russell-3000-2016-page-6-line-31.png"),
        ("russell-3000-2019.pdf", "russell-3000-2019-page-7-line-6.png"),
        ("microcap-deletions-2020.pdf", "microcap-deletions-2020-page-2-line-6.png"),
        ("microcap-additions-2023.txt", ""),
    ]
    written = {path.name: path.read_bytes() for path in (tmp_path / "lines").iterdir()}
    assert {*written} == {row["picture"] for row in _rows(called.stdout)} - {""}
    assert all(data.startswith(b"\x89PNG") for data in written.values())


def test_changes_are_told_by_review_and_without_any_the_indexes_with_documents_are_named(lake: Path) -> None:
    assert len(_rows(call_russell(lake, "changes", "RMICRO", "--format", "csv").stdout)) == 417
    assert len(_rows(call_russell(lake, "changes", "RMICRO", "--review", "2023-06", "--format", "csv").stdout)) == 161
    none = call_russell(lake, "changes", "SP500", "--format", "csv")
    assert none.returncode == 0
    assert "indexes with documents: R3000, RMICRO" in none.stderr


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "table"])
def test_every_format_holds_the_same_rows(lake: Path, tmp_path: Path, form: str) -> None:
    file = tmp_path / f"rows.{form}"
    question = "SELECT symbol, company_name, effective_on FROM membership_changes ORDER BY document_id, ordinal LIMIT 7"
    assert call_russell(lake, "sql", question, "--format", form, "--output", str(file)).returncode == 0
    if form == "parquet":
        symbols = pl.read_parquet(file)["symbol"].to_list()
    elif form == "json":
        symbols = [row["symbol"] for row in json.loads(file.read_text())]
    elif form == "csv":
        symbols = [row["symbol"] for row in _rows(file.read_text())]
    else:
        symbols = [line.split()[0] for line in file.read_text().splitlines()[2:] if line.strip()]
    asked = json.loads(call_russell(lake, "sql", question, "--format", "json").stdout)
    assert symbols == [row["symbol"] for row in asked]


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE documents",
        "CREATE TABLE x AS SELECT 1",
        "INSERT INTO findings SELECT * FROM findings",
        "ATTACH '/tmp/other.duckdb'",
        "COPY documents TO '/tmp/stolen.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ],
)
def test_sql_can_only_read_the_catalog(lake: Path, statement: str) -> None:
    called = call_russell(lake, "sql", statement)
    assert called.returncode in (1, 2)
    assert "Error: " in called.stderr
    assert "Traceback" not in called.stderr


@pytest.mark.parametrize("command", [["trace", "CERS"], ["changes", "RMICRO"], ["status"], ["sql", "SELECT 1"], []])
def test_query_commands_import_neither_dagster_nor_polars_nor_what_stores_take(lake: Path, command: list[str]) -> None:
    call = f"main(['--lake', {str(lake)!r}, *{command}], standalone_mode=False)"
    code = f"import sys; from russell_pipeline.cli import main; {call}; print(*sys.modules, file=sys.stderr)"
    called = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"dagster", "polars", "pandas", "dataframely", "pyarrow", "fsspec", "upath", "filelock"} & set(
        called.stderr.split()
    )


def test_json_keeps_every_column_and_is_valid(lake: Path) -> None:
    """Two columns of a name are two, and what is no number is null."""
    question = (
        "SELECT 1 AS a, 2 AS a, 'nan'::DOUBLE AS b, ['inf'::DOUBLE, 1] AS c, TIMESTAMP '2024-01-02 03:04:05' AS d"
    )
    called = call_russell(lake, "sql", question, "--format", "json")
    assert json.loads(called.stdout, parse_constant=pytest.fail) == [
        {"a": 1, "a_2": 2, "b": None, "c": [None, 1.0], "d": "2024-01-02T03:04:05"}
    ]


def test_parquet_has_the_types_of_the_tables_whether_or_not_there_are_rows(lake: Path, tmp_path: Path) -> None:
    """Files of several days or indexes fit together, an empty one and a column of nulls included."""
    question = "SELECT symbol, effective_on, class_marker, ordinal, NULL::DECIMAL(24,8) AS level, [page] AS pages"
    types = [pl.String(), pl.Date(), pl.String(), pl.Int32(), pl.Decimal(24, 8), pl.List(pl.Int32())]
    for where in ("true", "false"):
        file = tmp_path / f"{where}.parquet"
        statement = f"{question} FROM membership_changes WHERE {where}"
        call_russell(lake, "sql", statement, "--format", "parquet", "--output", str(file))
        assert pl.read_parquet(file).dtypes == types, where
    for command in (["members", "SP500"], ["levels", "SP500"], ["weights", "SP500", "2025-03"], ["changes", "SP500"]):
        called = call_russell(lake, *command, "--format", "parquet", "--output", str(file))
        assert called.returncode == 0
        assert pl.Null() not in pl.read_parquet(file).dtypes, command


def test_what_is_counted_by_day_is_told_by_day(lake: Path) -> None:
    question = "SELECT histogram(day) AS counts FROM (VALUES (DATE '2024-01-02'), (DATE '2024-01-02')) AS days(day)"
    called = call_russell(lake, "sql", question, "--format", "json")
    assert json.loads(called.stdout) == [{"counts": {"2024-01-02": 2}}]
    called = call_russell(lake, "sql", question, "--format", "csv")
    assert called.stdout == 'counts\n"{""2024-01-02"": 2}"\n'


@pytest.mark.parametrize("value", ["170141183460469231731687303715884105727::HUGEINT", "MAP {DATE '2024-01-02': 2}"])
def test_a_value_that_parquet_cannot_hold_is_one_sentence(value: str, lake: Path) -> None:
    called = call_russell(lake, "sql", f"SELECT {value} AS a", "--format", "parquet")
    assert called.returncode == 1
    assert called.stderr.startswith("russell: these rows cannot be written as parquet: ")


def test_an_index_that_nobody_defines_is_not_said_to_have_no_corrections(lake: Path) -> None:
    assert "it is not defined" in call_russell(lake, "levels", "SP500", "--corrections").stderr


@pytest.mark.parametrize(
    "command",
    [
        ["members", "R20000"], ["changes", "r20000"], ["levels", "R20000"], ["weights", "R20000", "2025-03"],
        ["explain", "R20000", "2025-03-03"], ["report", "R20000"], ["report", "R20000", "--review", "2025-06"],
    ],
)  # fmt: skip
def test_a_code_that_no_index_has_is_a_wrong_call_that_names_those_near_to_it(command: list[str], lake: Path) -> None:
    called = call_russell(lake, *command)
    assert called.returncode == 2
    assert "near to it: R2000" in called.stderr
    assert not called.stdout


def test_a_document_without_rows_is_an_empty_answer(tmp_path: Path) -> None:
    """What stood in the file before is of another document."""
    document, file = tmp_path / "notes.txt", tmp_path / "rows.json"
    document.write_text("nothing that is known\n")
    file.write_text("stale")
    assert call_russell(tmp_path, "parse", str(document), "--format", "json", "--output", str(file)).returncode == 1
    assert json.loads(file.read_text()) == []
    assert json.loads(call_russell(tmp_path, "parse", str(document), "--format", "json").stdout) == []


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_a_file_that_cannot_be_written_is_one_sentence(lake: Path, tmp_path: Path, form: str) -> None:
    """And it is not deleted. A link stands for the device: what deletes it must not reach the machine's own."""
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    called = call_russell(lake, "sql", "SELECT 1 AS a", "--format", form, "--output", str(full))
    assert (called.returncode, called.stderr.splitlines()) == (
        1, [f"russell: {full} cannot be written: No space left on device"]
    )  # fmt: skip
    assert full.is_symlink()


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_standard_output_that_is_full_is_one_sentence(lake: Path, form: str) -> None:
    command = [
        sys.executable,
        "-m",
        "russell_pipeline.cli",
        "--lake",
        str(lake),
        "sql",
        "SELECT 1 AS a",
        "--format",
        form,
    ]
    with Path("/dev/full").open("wb") as full:
        called = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (called.returncode, called.stderr) == (
        1, "russell: standard output cannot be written: No space left on device\n"
    )  # fmt: skip


@pytest.mark.parametrize("home", ["relative", "/no/such/folder"])
@pytest.mark.parametrize("command", [["ui"], ["backfill", "--from", "2020", "--to", "2020"]])
def test_a_home_of_dagster_that_is_no_folder_is_one_sentence(
    dated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, command: list[str]
) -> None:
    shutil.copytree(dated, tmp_path / "lake")
    monkeypatch.setenv("DAGSTER_HOME", home)
    monkeypatch.setattr(
        "russell_pipeline.orchestration.jobs.lake_instance", lambda settings, _: settings.set_dagster_home()
    )
    called = call_russell(tmp_path / "lake", *command)
    assert (called.returncode, called.stderr) == (
        1, f"russell: DAGSTER_HOME must name a folder that is there, from the root on: {home}\n"
    )  # fmt: skip


def test_a_lake_without_a_catalog_says_what_to_do(tmp_path: Path) -> None:
    called = call_russell(tmp_path, "status")
    assert called.returncode == 1
    assert called.stderr == (
        f"russell: there is no catalog in {tmp_path} yet: `russell run` makes it; "
        "another lake is named by --lake or RUSSELL_DATA_LAKE\n"
    )


@pytest.mark.slow
def test_a_run_without_anything_says_where_files_go(tmp_path: Path) -> None:
    """A wrong --lake, or another folder to run in, makes an empty lake: where it is shows."""
    called = call_russell(tmp_path / "lake", "run")
    assert called.returncode == 0
    assert called.stderr.splitlines()[-1] == f"next: put files into {tmp_path}/lake/landing and run again"


def test_without_a_command_the_lake_is_shown_with_three_commands_that_it_answers(lake: Path) -> None:
    called = call_russell(lake)
    assert called.returncode == 0
    assert "russell-3000-2019.pdf" in called.stdout
    *_, told = called.stderr.splitlines()
    commands = told.removeprefix("next: ").split(" · ")
    assert [command.split()[1] for command in commands] == ["trace", "members", "changes"]
    for command in commands:
        assert call_russell(lake, *command.split()[1:]).stdout.count("\n") > 3, command


def test_without_a_command_and_a_catalog_it_says_how_to_begin(tmp_path: Path) -> None:
    called = call_russell(tmp_path)
    assert called.returncode == 0
    assert called.stderr == (
        f"there is no catalog in {tmp_path} yet: put lists into {tmp_path}/landing/documents\n"
        "next: russell run · russell parse FILE.pdf · russell --help\n"
    )


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_says_what_it_is_for_and_shows_an_example(name: str) -> None:
    command = main.commands[name]
    assert re.search(rf"Examples?:\s+russell {name}\b", command.help or "")
    assert not command.get_short_help_str(limit=64).endswith("..."), "the list of commands has it whole at 80 columns"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["trace"],
        ["changes", "RMICRO", "--format", "xml"],
        ["backfill", "--from", "2023", "--to", "2019"],
        ["parse", "no-such-file.pdf"],
    ],
)
def test_a_wrong_call_exits_2(tmp_path: Path, arguments: list[str]) -> None:
    called = call_russell(tmp_path, *arguments)
    assert called.returncode == 2
    assert called.stdout == ""


def test_control_sequences_and_formulas_of_a_document_reach_neither_terminal_nor_spreadsheet(lake: Path) -> None:
    question = "SELECT chr(27) || '[31mRED' AS name, chr(8238) || 'gpj.exe' AS turned, '=cmd()' AS formula"
    for form in ("table", "csv"):
        printed = call_russell(lake, "sql", question, "--format", form).stdout
        assert "\x1b" not in printed
        assert "\u202e" not in printed
    assert "'=cmd()" in printed
    pivot = "PIVOT (SELECT '=cmd()' AS head, chr(27) || 'x' AS other, 1 AS n) ON head USING sum(n)"
    assert call_russell(lake, "sql", pivot, "--format", "csv").stdout.splitlines() == ["other,'=cmd()", "\ufffdx,1"]


def test_what_is_unknown_is_an_empty_cell_on_the_terminal() -> None:
    assert [line.split() for line in table(Answer(["a", "b"], [(None, "x"), (1, None)])).splitlines()[2:]] == [
        ["x"],
        ["1"],
    ]


def test_zero_has_no_sign_on_the_terminal() -> None:
    """A trade of a small notional is rounded to nothing, from either side."""
    assert table(Answer(["shares"], [(-0.0,), (-1.5,)])).split()[2:] == ["0", "-1.5"]


@pytest.mark.parametrize(
    ("typed", "begun", "offered"),
    [
        ([], "tr", ["trace"]),
        (["trace"], "--fo", ["--format"]),
        (["members"], "r", ["R3000", "RMICRO"]),
        (["levels"], "RS", ["RSCC9010"]),
    ],
)
def test_a_shell_completes_commands_options_and_the_indexes_of_the_lake(
    lake: Path, monkeypatch: pytest.MonkeyPatch, typed: list[str], begun: str, offered: list[str]
) -> None:
    monkeypatch.setenv("RUSSELL_DATA_LAKE", str(lake))
    found = [
        item.value for item in BashComplete(main, {}, "russell", "_RUSSELL_COMPLETE").get_completions(typed, begun)
    ]
    assert set(offered) <= set(found)
    assert all(value.lower().startswith(begun.lower()) for value in found)


def test_a_shell_has_nothing_to_complete_where_there_is_no_catalog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSSELL_DATA_LAKE", str(tmp_path))
    assert BashComplete(main, {}, "russell", "_RUSSELL_COMPLETE").get_completions(["members"], "R") == []

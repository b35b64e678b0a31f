"""Several files of one kind: what agrees is one row, what differs blocks its key until someone decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from russell_pipeline.market.files.conflicts import Settled, settle
from russell_pipeline.market.files.kinds import KINDS
from russell_pipeline_tests.market.files.supplying import HEADERS, supply

CLOSES = "date,symbol,close\n"


def frames(folder: Path, kind: str, **files: str) -> list[pl.DataFrame]:
    """The rows of files, each given as its lines after the header; `__` in a name is a folder."""
    read = [
        supply(folder, kind, HEADERS[kind] + lines, f"{name.replace('__', '/')}.csv") for name, lines in files.items()
    ]
    assert all(one.rejected.is_empty() for one in read)
    return [one.rows for one in read]


def overrides(folder: Path, *rows: str) -> pl.DataFrame:
    lines = "".join(f"value,{row},a reason\n" for row in rows)
    return supply(folder, "overrides", f"subject,key,decision,reason\n{lines}").rows


def places(settled: Settled) -> list[tuple[str, int]]:
    return settled.rows.select("file", "row").rows()


def test_equal_rows_are_one_that_of_the_first_file(tmp_path: Path) -> None:
    a, b = frames(
        tmp_path, "closes", a="2024-01-02,A,1,USD\n2024-01-02,A,1.0,\n", b="2024-01-02,A,1,USD\n2024-01-03,A,2,USD\n"
    )
    settled = settle(KINDS["closes"], [b, a])
    assert places(settled) == [("a.csv", 2), ("b.csv", 3)]
    assert settled.repeated == 2
    assert settled.conflicts.is_empty()


def test_different_values_block_their_key_and_show_both_sides(tmp_path: Path) -> None:
    a, b = frames(tmp_path, "closes", a="2024-01-02,A,1,USD\n2024-01-02,B,2,USD\n", b="2024-01-02,A,1.5,USD\n")
    settled = settle(KINDS["closes"], [a, b])
    assert places(settled) == [("a.csv", 3)]
    assert settled.conflicts.select("key", "file", "row", "blocks", "subjects").rows() == [
        ("closes 2024-01-02 A", "a.csv", 2, "symbol_and_day", ["A"]),
        ("closes 2024-01-02 A", "b.csv", 2, "symbol_and_day", ["A"]),
    ]
    assert settled.conflicts["sentence"][0] == (
        "closes 2024-01-02 A: a.csv row 2 has date 2024-01-02, symbol A, close 1.0, currency USD; "
        "b.csv row 2 has date 2024-01-02, symbol A, close 1.5, currency USD; "
        "remove one or decide in overrides with this key"
    )


@pytest.mark.parametrize(
    ("decision", "kept"), [("a.csv", ("a.csv", 2)), ("b.csv", ("b.csv", 2)), ("b.csv:2", ("b.csv", 2))]
)
def test_an_override_decides(decision: str, kept: tuple[str, int], tmp_path: Path) -> None:
    a, b = frames(tmp_path, "closes", a="2024-01-02,A,1,USD\n", b="2024-01-02,A,1.5,USD\n")
    settled = settle(KINDS["closes"], [a, b], overrides(tmp_path, f"closes 2024-01-02 A,{decision}"))
    assert places(settled) == [kept]
    assert settled.conflicts.is_empty()
    assert not settled.notes


def test_a_file_that_contradicts_itself_needs_a_row(tmp_path: Path) -> None:
    rows = frames(tmp_path, "closes", a="2024-01-02,A,1,USD\n2024-01-02,A,2,USD\n")
    undecided = settle(KINDS["closes"], rows, overrides(tmp_path, "closes 2024-01-02 A,a.csv"))
    assert undecided.rows.is_empty()
    assert undecided.conflicts["row"].to_list() == [2, 3]
    assert [note.severity for note in undecided.notes] == ["warning"]
    assert places(settle(KINDS["closes"], rows, overrides(tmp_path, "closes 2024-01-02 A,a.csv:3"))) == [("a.csv", 3)]


def test_overrides_that_decide_nothing_are_told_of(tmp_path: Path) -> None:
    a, b = frames(tmp_path, "closes", a="2024-01-02,A,1,USD\n", b="2024-01-02,A,2,USD\n")
    decided = overrides(tmp_path, "closes 2024-01-02 A,c.csv", "closes 2024-01-02 Z,a.csv", "fx 2024-01-02 EUR,a.csv")
    settled = settle(KINDS["closes"], [a, b], decided)
    assert [(note.severity, note.subject) for note in settled.notes] == [
        ("warning", "closes 2024-01-02 A"),
        ("info", "closes 2024-01-02 Z"),
    ]
    assert settled.conflicts.height == 2


def test_a_member_that_only_one_of_two_files_has_is_a_conflict(tmp_path: Path) -> None:
    """Two files for one review must hold the same members; files for other reviews do not meet them."""
    csv, parquet, later = frames(
        tmp_path,
        "components",
        R__2024_03="A,1,1,1,,USD\nB,1,1,1,,USD\n",
        x="A,1,1,1,,USD\n",
        R__2024_06="A,2,1,1,,USD\n",
    )
    parquet = parquet.with_columns(file=pl.lit("R/2024_03.parquet"))
    settled = settle(KINDS["components"], [csv, parquet, later])
    assert places(settled) == [("R/2024_03.csv", 2), ("R/2024_06.csv", 2)]
    assert settled.conflicts.select("key", "file", "row", "blocks").rows() == [
        ("components R/2024_03 B", "R/2024_03.csv", 3, "file"),
        ("components R/2024_03 B", "R/2024_03.parquet", None, "file"),
    ]
    for file, members in (("R/2024_03.csv", ["A", "B"]), ("R/2024_03.parquet", ["A"])):
        decided = settle(KINDS["components"], [csv, parquet], overrides(tmp_path, f"components R/2024_03 B,{file}"))
        assert decided.conflicts.is_empty()
        assert decided.rows["symbol"].to_list() == members


def test_two_children_are_two_actions_and_two_conversions_a_contradiction(tmp_path: Path) -> None:
    rows = (
        "A,2024-01-02,spin_off,1,2,,5,B\nA,2024-01-02,spin_off,1,3,,6,C\n"
        "D,2024-01-02,conversion,1,2,,,E\nD,2024-01-02,conversion,1,2,,,F\n"
    )
    settled = settle(KINDS["actions"], frames(tmp_path, "actions", a=rows))
    assert settled.rows["to_symbol"].to_list() == ["B", "C"]
    assert settled.conflicts["key"].unique().to_list() == ["actions 2024-01-02 D conversion"]


DIVIDEND = "A,2024-01-02,ordinary_dividend,,,{},,\n".format


def test_several_actions_of_a_kind_in_one_file_all_hold_in_its_order(tmp_path: Path) -> None:
    """CONTRACT: several of one name on one day apply in file order. Across files the same row is the same fact."""
    rows = DIVIDEND(2) + DIVIDEND(1) + "A,2024-01-02,shares,,,500,,\nA,2024-01-02,shares,,,400,,\n"
    a, b, c = frames(tmp_path, "actions", a=DIVIDEND(1), b=rows, c=DIVIDEND(1) + DIVIDEND(2))
    alone = settle(KINDS["actions"], [b])
    assert (places(alone), alone.repeated) == ([("b.csv", 2), ("b.csv", 3), ("b.csv", 4), ("b.csv", 5)], 0)
    together = settle(KINDS["actions"], [c, b, a])
    assert places(together) == [("a.csv", 2), ("b.csv", 2), ("b.csv", 4), ("b.csv", 5)]
    assert together.conflicts.is_empty()
    assert together.doubled.is_empty()


def test_files_of_which_none_has_every_action_of_a_kind_contradict_each_other(tmp_path: Path) -> None:
    a, b = frames(tmp_path, "actions", a=DIVIDEND(1) + DIVIDEND(2), b=DIVIDEND(1) + DIVIDEND(3))
    settled = settle(KINDS["actions"], [a, b])
    assert settled.rows.is_empty()
    assert settled.conflicts.select("file", "row").rows() == [("a.csv", 2), ("a.csv", 3), ("b.csv", 2), ("b.csv", 3)]
    key = "actions 2024-01-02 A ordinary_dividend"
    for decision, kept in (("a.csv", [1, 2]), ("b.csv:3", [3])):
        decided = settle(KINDS["actions"], [a, b], overrides(tmp_path, f"{key},{decision}"))
        assert (decided.rows["amount"].to_list(), decided.conflicts.height) == (kept, 0)


def test_an_action_that_a_file_repeats_counts_once_and_is_told_of(tmp_path: Path) -> None:
    a, b = frames(tmp_path, "actions", a=DIVIDEND(1) + DIVIDEND(2) + DIVIDEND("1.0"), b=DIVIDEND(2) * 2)
    settled = settle(KINDS["actions"], [a, b])
    assert places(settled) == [("a.csv", 2), ("a.csv", 3)]
    assert settled.doubled.select("file", "row").rows() == [("a.csv", 4), ("b.csv", 3)]
    assert settled.doubled["sentence"][0] == (
        "a.csv row 4 says what row 2 says (actions 2024-01-02 A ordinary_dividend) and counts once; "
        "if both are meant, say them in one row"
    )


def test_two_symbols_cannot_become_one(tmp_path: Path) -> None:
    settled = settle(
        KINDS["symbol_changes"],
        frames(tmp_path, "symbol_changes", s="2024-01-02,A,C\n2024-01-02,B,C\n2024-01-03,C,D\n"),
    )
    assert places(settled) == [("s.csv", 4)]
    assert settled.conflicts["key"].unique().to_list() == ["symbol_changes 2024-01-02 C"]


ENTRIES = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("XYZ"), st.sampled_from([1.0, 2.0])), max_size=14)


@settings(max_examples=100)
@given(ENTRIES, st.randoms())
def test_a_key_has_one_row_or_a_conflict_or_was_never_there(entries: list[tuple[str, str, float]], random: Any) -> None:
    """Against the rule spelled out, in whatever order the files come."""
    rows = [
        {"file": file, "row": 2 + place, "symbol": symbol, "close": close}
        for place, (file, symbol, close) in enumerate(entries)
    ]
    frame = pl.DataFrame(
        rows, schema={"file": pl.String, "row": pl.Int64, "symbol": pl.String, "close": pl.Float64}
    ).with_columns(pl.date(2024, 1, 2).alias("date"), pl.lit("USD").alias("currency"))
    given_files = [frame.filter(file=name).select(KINDS["closes"].schema.column_names()) for name in "ab"]
    random.shuffle(given_files)
    settled = settle(KINDS["closes"], given_files)
    said: dict[str, set[float]] = {}
    for _, symbol, close in entries:
        said.setdefault(symbol, set()).add(close)
    assert dict(settled.rows.select("symbol", "close").rows()) == {
        s: next(iter(c)) for s, c in said.items() if len(c) == 1
    }
    assert set(settled.conflicts["key"]) == {f"closes 2024-01-02 {s}" for s, c in said.items() if len(c) > 1}
    assert settled.conflicts.height == sum(len(said[symbol]) > 1 for _, symbol, _ in entries)
    assert settled.rows.height + settled.repeated + settled.conflicts.height == len(entries)

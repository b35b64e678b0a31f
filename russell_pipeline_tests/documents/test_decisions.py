"""What a person decides of a line holds while the line reads as it did, is told wherever its rows are, and cannot lose a row."""

from __future__ import annotations

import hashlib
import pickle
import random
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.documents.decisions import LAPSED, LineDecision, plain
from russell_pipeline.documents.explanation import explain
from russell_pipeline.documents.model import Document, Line, Role
from russell_pipeline.documents.parse import document_rows, parse_document
from russell_pipeline_tests.conftest import SHIPPED
from russell_pipeline_tests.documents.test_readers import _RULES
from russell_pipeline_tests.layouts import PUBLISHED, Row, make_list, random_rows
from russell_pipeline_tests.typeset.layout import Layout, cells_of

_LIST = """Russell 3000 Index
As of June 27, 2014
Company\tTicker
AES CORP\tAES
AFLAC INC\tAFL\tx
some note
AGCO CORP\tAGCO
"""
_SIGNED: dict[str, Any] = {"by": "J. Doe", "why": "seen on the page"}
_MENDED = {"page": 1, "line": 5, "text": "AFLAC INC AFL x", "cells": ["AFLAC INC", "AFL"]}
_NOTE = {"page": 1, "line": 6, "text": "some note", "role": "prose"}


def _decided(text: str | bytes, *lines: dict[str, Any], **facts: object) -> Document:
    sidecar = yaml.safe_dump({**facts, "lines": [_SIGNED | line for line in lines]}, allow_unicode=True)
    return parse_document(text if isinstance(text, bytes) else text.encode(), sidecar.encode(), "list.yaml")


def _rows(document: Document) -> list[tuple[object, ...]]:
    return [(row["company_name"], row["symbol"], row["reading"]) for row in document_rows(document)]


def test_refused_list_goes_in_when_its_lines_are_decided_and_rows_say_so() -> None:
    refused = parse_document(_LIST.encode())
    assert (refused.reason or "").startswith("holds 2 unrecognised lines")
    document = _decided(_LIST, _MENDED, _NOTE)
    assert document.reason is None
    assert _rows(document) == [
        ("AES CORP", "AES", "printed"),
        ("AFLAC INC", "AFL", "decided"),
        ("AGCO CORP", "AGCO", "printed"),
    ]
    assert document.reason_without_decisions == refused.reason
    assert (document.rows_parsed, document.lines_decided, document.lines_rejected) == (3, 2, 0)
    told = [note for note in document.notes if (note.page, note.line) == (1, 5)]
    assert [note.severity for note in told] == ["info"]
    for said in ("J. Doe", "seen on the page", "AFLAC INC, AFL", "is not recognised"):
        assert said in told[0].message


def test_each_line_that_is_left_undecided_still_refuses_the_list() -> None:
    for line in (_MENDED, _NOTE):
        assert (_decided(_LIST, line).reason or "").startswith("holds 1 unrecognised line: page 1")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": "AFLAC INC AFL y"}, "page 1, line 5 reads 'AFLAC INC AFL x', not 'AFLAC INC AFL y'; list.yaml"),
        ({"text": "aflac inc afl x"}, "page 1, line 5 reads 'AFLAC INC AFL x'"),
        ({"text": None, "sha256": "0" * 8}, "page 1, line 5 reads 'AFLAC INC AFL x', not what was decided"),
        ({"line": 4}, "page 1, line 4 reads 'AES CORP AES'"),
        ({"line": 70}, "page 1, line 70 is not there"),
        ({"page": 2}, "page 2, line 5 is not there"),
    ],
)
def test_decision_lapses_when_its_line_is_another(change: dict[str, Any], says: str) -> None:
    lapsed = {name: value for name, value in (_MENDED | change).items() if value is not None}
    document = _decided(_LIST, lapsed, _NOTE)
    reason = document.reason or ""
    assert reason.startswith("holds 1 unrecognised line: page 1, line 5")
    assert f"{LAPSED}{says}" in reason
    assert document.lines_decided == 1


def test_lapsed_decision_on_an_accepted_list_is_a_warning_and_the_list_is_as_without_it() -> None:
    whole = _LIST.replace("\tx", "").replace("some note\n", "")
    document = _decided(whole, _MENDED)
    assert document.reason is None
    assert [row[-1] for row in _rows(document)] == ["printed"] * 3
    assert [note.severity for note in document.notes if note.message.startswith(LAPSED)] == ["warning"]


@pytest.mark.parametrize(
    ("text", "printed", "fits"),
    [
        ("AES CORP  AES", "AES\tCORP   AES ", True),
        ("AES CORP AES", "AES CORPAES", False),
        ("AES", "AES AES", False),
    ],
)
def test_decision_is_compared_with_its_line_by_words(text: str, printed: str, fits: bool) -> None:
    by_text = LineDecision(page=1, line=1, text=text, role="prose", **_SIGNED)
    digest = hashlib.sha256(plain(text).encode()).hexdigest()
    by_digest = LineDecision(page=1, line=1, sha256=digest[:8], role="prose", **_SIGNED)
    assert (by_text.fits(printed), by_digest.fits(printed)) == (fits, fits)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("lines: 3", "`lines` must hold a list"),
        ("lines: [3]", "entry 1 of `lines`: it must hold keys and values"),
        ("lines: [{page: 1, line: 5, role: prose, by: J, why: W}]", "entry 1 of `lines`: it must have either `text` or `sha256`"),
        ("lines: [{page: 1, line: 5, text: A, sha256: 00000000, role: prose, by: J, why: W}]", "sha256: '0' is not the SHA-256"),
        ("lines: [{page: 1, line: 5, text: A, by: J, why: W}]", "it must say what the line is: `role`, or `cells` for a row"),
        ("lines: [{page: 1, line: 5, text: A, role: row, by: J, why: W}]", "a row has them"),
        ("lines: [{page: 1, line: 5, text: A, role: prose, cells: [A], by: J, why: W}]", "`cells` are those of a row"),
        ("lines: [{page: 1, line: 5, text: A, role: rejected, by: J, why: W}]", "role: 'rejected' is not header, title"),
        ("lines: [{page: 1, line: 5, text: A, cells: [ON SEMI, ON], by: J, why: W}]", "cells: 'True' is not a list of texts"),
        ("lines: [{page: 0, line: 5, text: A, role: prose, by: J, why: W}]", "page: '0' is not the number of a page"),
        ("lines: [{page: 1, line: 5, text: A, role: prose, by: '', why: W}]", "by: '' is not a name"),
        ("lines: [{page: 1, line: 5, text: A, role: prose, by: J}]", "the key 'why' is missing"),
        ("lines: [{page: 1, line: 5, text: A, role: prose, by: J, why: W, who: X}]", "the key 'who' is not one of page, line"),
        (
            "lines: [{page: 1, line: 5, text: A, role: prose, by: J, why: W}, "
            "{page: 1, line: 5, text: B, role: legal, by: K, why: X}]",
            "decides page 1, line 5 twice",
        ),
    ],
)  # fmt: skip
def test_wrong_decision_is_refused_by_entry_and_key(lines: str, says: str) -> None:
    reason = parse_document(_LIST.encode(), lines.encode(), "list.yaml").reason or ""
    assert reason.startswith("its sidecar list.yaml")
    assert says in reason


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (["AFLAC INC"], "the symbol column is empty"),
        ([None, "AFL"], "the company column is empty"),
        (["AFLAC INC", "afl"], "'afl' is not a symbol"),
        (["AFLAC INC", "AFL", "Energy"], "3 cells, where lines have 2"),
    ],
)
def test_decided_cells_that_are_no_whole_row_refuse_the_list(cells: list[str | None], says: str) -> None:
    reason = _decided(_LIST, _MENDED | {"cells": cells}, _NOTE).reason or ""
    assert "page 1, line 5" in reason
    assert says in reason


def test_decision_cannot_take_the_heads_of_columns_away() -> None:
    heads = {"page": 1, "line": 3, "text": "Company Ticker", "role": "title"}
    assert "no line left that heads its columns" in (_decided(_LIST, heads, _MENDED, _NOTE).reason or "")


def test_row_that_is_none_is_taken_out_by_a_decision() -> None:
    whole = _LIST.replace("\tx", "").replace("some note\n", "")
    document = _decided(whole, {"page": 1, "line": 5, "text": "AFLAC INC AFL", "role": "footer"})
    assert [row[1] for row in _rows(document)] == ["AES", "AGCO"]
    assert document.rows_parsed == 2
    assert document.reason_without_decisions is None


def test_facts_that_contradict_each_other_are_settled_by_the_line_that_states_none() -> None:
    text = _LIST.replace("\tx", "").replace("some note", "As of June 25, 2010")
    assert "contradicts itself on its date" in (parse_document(text.encode()).reason or "")
    document = _decided(text, {"page": 1, "line": 6, "text": "As of June 25, 2010", "role": "prose"})
    assert document.reason is None
    assert str(document.as_of) == "2014-06-27"


def test_decisions_hold_for_schedules_and_ground_rules() -> None:
    schedule = (SHIPPED / "documents" / "reconstitution-2019.txt").read_bytes()
    read = parse_document(schedule)
    first = next(row for row in document_rows(read))
    line = next(line for line in read.lines if (line.page, line.number) == (first["page"], first["line"]))
    settled = _decided(schedule, {"page": line.page, "line": line.number, "text": plain(line.text), "role": "footer"})
    assert settled.reason is None
    assert 0 < settled.rows_parsed < read.rows_parsed
    kept = _decided(
        schedule,
        {"page": line.page, "line": line.number, "text": plain(line.text), "cells": line.cells},
        review_year=2019,
    )
    assert [row["reading"] for row in document_rows(kept) if row["line"] == line.number] == ["decided"]
    vain = _decided(
        schedule, {"page": line.page, "line": line.number, "text": plain(line.text), "cells": ["no date", "here"]}
    )
    assert [note.line for note in vain.notes if "give none" in note.message and note.severity == "warning"] == [
        line.number
    ]
    rules = _decided(_RULES, {"page": 1, "line": 7, "text": "2. Eligibility", "role": "footer"})
    assert "2" not in [row["clause"] for row in document_rows(rules)]
    assert rules.reason is None


# --- any list ---------------------------------------------------------------------------------------------------------


def _true_cells(layout: Layout, printed: Sequence[Row], true: Sequence[Row]) -> dict[str, list[str | None]]:
    """The true cells of each line of rows, by the text that the line prints."""
    width, found = len(layout.head), dict[str, list[str | None]]()
    for page in layout.paginate(len(printed)):
        for at in range(max(map(len, page))):
            pairs = [pair[at] if at < len(pair) else None for pair in page]
            text = " ".join(" ".join(cells_of(printed[one], width)) for one in pairs if one is not None)
            cells: list[str | None] = []
            for one in pairs:
                cells += [None] * width if one is None else cells_of(true[one], width)
            found[plain(text)] = cells
    return found


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("seed", range(3))
def test_list_with_damaged_symbols_reads_as_the_whole_one_once_each_is_decided(name: str, seed: int) -> None:
    layout, rng = PUBLISHED[name], random.Random(f"{name} {seed}")
    true = random_rows(rng, 130, layout.taxonomy)
    damaged = {*rng.sample(range(130), 4)}
    printed = [row._replace(symbol="#REF!") if at in damaged else row for at, row in enumerate(true)]
    data = make_list(layout, printed)
    refused = parse_document(data)
    cells = _true_cells(layout, printed, true)
    rejected = [line for line in refused.lines if line.role is Role.REJECTED]
    assert 0 < len(rejected) <= 4
    lines = [
        {"page": line.page, "line": line.number, "text": plain(line.text), "cells": cells[plain(line.text)]}
        for line in rejected
    ]
    document = _decided(data, *lines)
    assert document.reason is None
    found = list(document_rows(document))
    assert [(row["company_name"], row["class_marker"], row["symbol"]) for row in found] == [
        (row.company_name, row.class_marker, row.symbol) for row in true
    ]
    decided = {(row["page"], row["line"]) for row in found if row["reading"] == "decided"}
    assert decided == {(line.page, line.number) for line in rejected}


# --- explaining -------------------------------------------------------------------------------------------------------


def _filled(told: str) -> list[dict[str, Any]]:
    """The entries of an explanation, each decided to be prose."""
    entries = yaml.safe_load(told)["lines"]
    assert all(entry["role"] is entry["by"] is entry["why"] is None for entry in entries)
    return [entry | _SIGNED | {"role": "prose"} for entry in entries]


_TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Zl", "Zp", "Cc"])
    | st.sampled_from("'\"#:{}[]&*|>%@`-?,\t"),
    max_size=40,
).filter(str.strip)


@given(st.lists(_TEXTS, min_size=1, max_size=3))
def test_explanation_is_a_sidecar_that_settles_what_it_shows_once_it_is_filled_in(notes: list[str]) -> None:
    text = "Russell 3000 Index\nCompany\tTicker\nAES CORP\tAES\n" + "".join(
        f"{note} note\nAGCO CORP\tAGCO\n" for note in notes
    )
    document = parse_document(text.encode())
    rejected = [line for line in document.lines if line.role is Role.REJECTED]
    told = "\n".join(explain(document, "list.txt", "list.yaml"))
    if not rejected:
        return
    entries = _filled(told)
    places = [(entry["page"], entry["line"]) for entry in entries]
    assert {(line.page, line.number) for line in rejected} <= {*places}
    settled = _decided(text, *entries)
    assert settled.lines_decided == len(entries)
    assert not settled.lines_rejected


def test_explanation_shows_a_line_in_doubt_between_its_neighbours_with_reason_and_columns() -> None:
    told = list(explain(parse_document(_LIST.encode()), "list.txt", "list.yaml"))
    at = next(n for n, line in enumerate(told) if line.startswith("# >     5  rejected  AFLAC INC  AFL"))
    assert told[at - 1] == "#       4  row       AES CORP  AES"
    assert "is not recognised" in told[at + 1]
    assert any(line.startswith("#       7  row       AGCO CORP") for line in told[at:])
    assert "  role:  # of a row instead: cells: [company, symbol]" in told
    assert "list.yaml" in " ".join(told)


def test_explanation_of_what_is_not_in_doubt_or_no_document_asks_for_nothing() -> None:
    whole = parse_document(_LIST.replace("\tx", "").replace("some note\n", "").encode())
    assert [line for line in explain(whole, "list.txt", "list.yaml") if not line.startswith("#")] == []
    assert "No line of it could be read" in "".join(explain(parse_document(b"\x00\x01"), "list.txt", "list.yaml"))
    assert "lines:" not in list(explain(parse_document(b"Dear Sirs,\n"), "list.txt", "list.yaml"))


def test_line_keeps_its_decision_and_its_box_when_a_reader_hands_it_over() -> None:
    layout = PUBLISHED["R3000 additions 2023"]
    document = parse_document(make_list(layout, random_rows(random.Random(1), 20, layout.taxonomy)))
    row = next(line for line in document.lines if line.role is Role.ROW)
    decided = _decided(
        make_list(layout, random_rows(random.Random(1), 20, layout.taxonomy)),
        {"page": row.page, "line": row.number, "text": plain(row.text), "cells": row.cells},
    )
    handed: list[Line] = pickle.loads(pickle.dumps(decided.lines))
    line = next(line for line in handed if line.decision)
    assert (line.decision and line.decision.by, line.box) == ("J. Doe", row.box)

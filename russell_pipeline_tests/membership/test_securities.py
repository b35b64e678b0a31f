"""Securities: what one symbol stands for over time, and what a person has to decide."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta

import polars as pl
import pytest

from russell_pipeline.membership.build import Membership, symbols_between
from russell_pipeline.membership.model import Decision, SymbolChange
from russell_pipeline.membership.names import alike
from russell_pipeline.membership.overrides import security_decisions
from russell_pipeline.membership.symbols import Spellings, preferred_spelling, symbol_key
from russell_pipeline_tests.membership.histories import Documents, june, members_on, names, renaming_history


@pytest.mark.parametrize("spelled", ["BRK.B", "BRKB", "BRK-B", "BRK/B", "brk.b", "BRK B"])
def test_symbol_key_is_one_for_the_spellings_of_all_sources(spelled: str) -> None:
    assert symbol_key(spelled) == "BRKB"


def test_spellings_side_by_side_in_a_list_are_separate() -> None:
    spellings = Spellings([["BF.A", "BFA", "BRK.B"], ["BRK-B"]])
    assert spellings.key("BF.A") != spellings.key("BFA")
    assert spellings.key("BRK.B") == spellings.key("BRK-B") == "BRKB"
    assert preferred_spelling({"BRKB", "BRK-B", "BRK.B"}) == "BRK.B"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("FLOTEK INDS INC DEL", "FLOTEK INDUSTRIES INC"),
        ("HUNT J B TRANS SVCS", "JB HUNT TRANS SVCS INC"),
        ("ENDO PHARMACEUTICALS", "ENDO INTERNATIONAL PLC"),
        ("BARD C R INC", "CR BARD INC"),
        ("LUMBER LIQUIDATORS HLDGS", "LUMBER LIQUIDATORS HOLDI"),
        ("GREEN PLAINS RENEWABLE E", "GREEN PLAINS RENEWABLE ENERGY INC"),
    ],
)  # fmt: skip
def test_alike_accepts_drifting_and_cut_names(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ALTERA CORP", "ALTAIR ENGINEERING INC"),
        ("NATIONAL SEMICONDUCTOR", "NATIONSTAR MTG HLDGS IN"),
        ("HOME FEDERAL BANCORP", "AT HOME GROUP INC"),
        ("GEN-PROBE INC", "GOPRO INC"),
        ("HCC INSURANCE HLDGS IN", "WARRIOR MET COAL INC"),
        ("FIRST SOLAR INC", "FIRST MERCHANTS CORP"),
        ("IHS INC", "IMS INC"),
    ],
)  # fmt: skip
def test_alike_rejects_names_of_different_companies(one: str, other: str) -> None:
    assert not alike(one, other)
    assert not alike(other, one)


def _two_lists(first: str, second: str, gap: int = 2) -> Documents:
    documents = Documents()
    documents.add_list("before", june(2010), {"SE": first, "X": "X CORP"})
    documents.add_list("after", june(2010 + gap), {"SE": second, "X": "X CORP"})
    return documents


def _renamed(membership: Membership) -> list[tuple[str, bool]]:
    return [(one.key, one.same) for one in membership.candidates]


def test_identify_separates_a_symbol_that_returns_with_another_name_and_proposes_a_rename() -> None:
    membership = _two_lists("SPECTRA ENERGY CORP", "SEA LTD").build()
    assert [s.security_id for s in membership.securities.securities] == ["SE", "X", "SE-2012"]
    assert membership.securities.findings == []
    [candidate] = membership.candidates
    assert (candidate.key, candidate.same, candidate.decided) == ("SE>SE@2012-06-25", False, None)
    assert (candidate.before.document_id, candidate.after.document_id, candidate.after.line) == ("before", "after", 1)


def test_identify_keeps_a_symbol_that_was_never_absent() -> None:
    membership = _two_lists("GOOGLE INC", "ALPHABET INC", gap=1).build()
    assert [s.security_id for s in membership.securities.securities] == ["SE", "X"]
    assert _renamed(membership) == [("SE>SE@2011-06-27", True)]


def test_identify_separates_a_symbol_after_a_deletion() -> None:
    """A company that was deleted and one that enters a year later under its symbol are two."""
    documents = Documents()
    documents.add_list("before", june(2010), {"SE": "SPECTRA ENERGY CORP"})
    documents.add_changes("gone", 2011, "deletion", {"SE": "SPECTRA ENERGY CORP"})
    documents.add_changes("new", 2012, "addition", {"SE": "SEA LTD"})
    membership = documents.build()
    assert [s.security_id for s in membership.securities.securities] == ["SE", "SE-2012"]


@pytest.mark.parametrize(("same", "ids"), [(True, ["SE", "X"]), (False, ["SE", "X", "SE-2012"])])
def test_decision_settles_a_rename_either_way(same: bool, ids: list[str]) -> None:
    """The decision counts for names that are alike and for names that are not, and leaves no finding."""
    for names_ in (("SPECTRA ENERGY CORP", "SEA LTD"), ("SEA LTD", "SEA LIMITED")):
        decided = [Decision("SE", june(2012), same, "as announced")]
        membership = _two_lists(*names_).build(decisions=decided)
        assert [s.security_id for s in membership.securities.securities] == ids
        assert not membership.securities.findings


def test_overrides_decide_that_a_security_is_the_same_or_another_from_a_day_on() -> None:
    rows = [("other_security", "BRK.B@2012-06-25", "a"), ("value", "x", "b"), ("same_security", "SE@2011-06-27", "c")]
    assert security_decisions(pl.DataFrame(rows, ["subject", "key", "reason"], orient="row")) == [
        Decision("BRK.B", june(2012), False, "a"),
        Decision("SE", june(2011), True, "c"),
    ]


def test_symbol_change_is_followed() -> None:
    changed_on = date(2011, 2, 1)
    documents = Documents()
    documents.add_list("before", june(2010), {"FB": "FACEBOOK INC", "A": "A CORP"})
    documents.add_list("after", june(2011), {"META": "META PLATFORMS", "A": "A CORP"})
    membership = documents.build([SymbolChange(changed_on, "FB", "META")])
    [security] = [s for s in membership.securities.securities if s.security_id == "FB"]
    assert [(p.symbol, p.valid_from, p.valid_to) for p in security.periods] == [
        ("FB", june(2010), changed_on),
        ("META", changed_on, None),
    ]
    assert not membership.securities.findings
    assert list(symbols_between(security, "FB", june(2010), june(2011))) == [
        ("FB", june(2010), changed_on),
        ("META", changed_on, june(2011)),
    ]
    assert list(symbols_between(security, "FB", june(2010), None)) == [
        ("FB", june(2010), changed_on),
        ("META", changed_on, None),
    ]
    assert list(symbols_between(security, "META", june(2011), None)) == [("META", june(2011), None)]


def test_security_shows_the_symbol_with_a_dot_if_any_document_prints_it() -> None:
    documents = Documents()
    documents.add_list("before", june(2010), {"BRKB": "BERKSHIRE HATHAWAY"})
    documents.add_list("after", june(2011), {"BRK.B": "BERKSHIRE HATHAWAY"})
    [security] = documents.build().securities.securities
    assert (security.security_id, [period.symbol for period in security.periods]) == ("BRKB", ["BRK.B"])
    assert list(symbols_between(security, "BRKB", june(2010), None)) == [("BRKB", june(2010), None)]
    assert list(symbols_between(security, "BRK-B", june(2010), None)) == [("BRK.B", june(2010), None)]


def test_former_symbol_may_go_to_another_company() -> None:
    documents = Documents()
    documents.add_list("before", june(2010), {"FB": "FACEBOOK INC"})
    documents.add_list("after", june(2012), {"META": "META PLATFORMS", "FB": "FALCON BRIDGE"})
    membership = documents.build([SymbolChange(date(2011, 2, 1), "FB", "META")])
    assert members_on(membership, june(2012)) == {"META", "FB"}
    assert {s.security_id for s in membership.securities.securities} == {"FB", "FB-2012"}


def test_former_symbol_on_a_later_list_is_the_same_security_with_a_finding() -> None:
    documents = Documents()
    documents.add_list("before", june(2010), {"FB": "FACEBOOK INC"})
    documents.add_list("after", june(2011), {"FB": "FACEBOOK INC"})
    membership = documents.build([SymbolChange(date(2011, 2, 1), "FB", "META")])
    assert [s.security_id for s in membership.securities.securities] == ["FB"]
    assert [(f.severity, f.document_id) for f in membership.securities.findings] == [("warning", "after")]


def test_symbol_change_between_publication_and_effect_makes_no_other_company() -> None:
    """Preliminary lists print the symbol of their day; the index then holds the new one."""
    changed_on = june(2011) - timedelta(5)
    documents = Documents()
    documents.add_list("base", june(2010), names("A"))
    documents.add_changes("new", 2011, "addition", {"OLD": "OLD NAME CORP"}, june(2011) - timedelta(20))
    membership = documents.build([SymbolChange(changed_on, "OLD", "NEW")])
    [security] = [s for s in membership.securities.securities if s.security_id == "OLD"]
    assert list(symbols_between(security, "OLD", june(2011), None)) == [("NEW", june(2011), None)]


@pytest.mark.parametrize("after", ["BC", "BA"], ids=["a chain", "a swap"])
def test_symbol_changes_of_one_day_hold_at_once(after: str) -> None:
    """Two companies are two before and after, and nothing is guessed, whoever's symbol another takes."""
    documents = Documents()
    documents.add_list("before", june(2010), {"A": "ALFA CORP", "B": "BOLOMI INC"})
    documents.add_list("after", june(2011), {after[0]: "ALFA CORP", after[1]: "BOLOMI INC"})
    day = june(2011) - timedelta(100)
    changes = [SymbolChange(day, old, new) for old, new in zip("AB", after, strict=True)]
    for given in (changes, changes[::-1]):
        securities = documents.build(given).securities
        assert [one.security_id for one in securities.securities] == ["A", "B"]
        assert [{row.company_name for row in one.seen} for one in securities.securities] == [
            {"ALFA CORP"},
            {"BOLOMI INC"},
        ]
        assert [[(span.symbol, span.valid_to) for span in one.periods] for one in securities.securities] == [
            [("A", day), (after[0], None)],
            [("B", day), (after[1], None)],
        ]
        assert securities.findings == []


def test_symbol_printed_twice_by_one_document_is_a_finding() -> None:
    """No join is on names, so both rows are one member; that one is missing from the count is said, with its place."""
    documents = Documents()
    documents.add_list("list", june(2010), names("AB"))
    documents.rows.append(documents.rows[-1]._replace(company_name="BOLOMI INC", ordinal=3, line=7))
    documents.add_list("small", june(2010), names("B"), index="R2000")
    [finding] = documents.build().securities.findings
    assert (finding.severity, finding.subject, finding.document_id, finding.line) == ("warning", "B", "list", 7)
    assert "twice in one document, for B COMPANY OF B and BOLOMI INC" in finding.message


ALCOA = SymbolChange(date(2011, 11, 1), "AA", "ARNC", "symbol_changes.csv", 2)


def _alcoa(*after: dict[str, str]) -> Documents:
    """A company that took another symbol, and another that then had its old one; lists of the years after 2011."""
    documents = Documents()
    documents.add_list("2011", june(2011), {"AA": "ALCOA INC", "X": "X CORP"})
    for year, members in enumerate(after, 2012):
        documents.add_list(str(year), june(year), {**members, "X": "X CORP"})
    return documents


def _ids(membership: Membership, document: str) -> dict[str, str]:
    return {one.symbol: membership.security(one) for one in membership.document(document)}


BOTH = {"AA": "ALCOA CORPORATION", "ARNC": "ARCONIC INC"}


def test_two_symbols_on_one_list_are_two_securities_despite_a_symbol_change() -> None:
    membership = _alcoa(BOTH).build([ALCOA])
    assert _ids(membership, "2011")["AA"] == _ids(membership, "2012")["ARNC"] == "AA"
    assert _ids(membership, "2012")["AA"] == "AA-2012"
    assert members_on(membership, june(2012)) == {"AA", "ARNC", "X"}
    [finding] = membership.securities.findings
    assert (finding.severity, finding.subject, finding.document_id) == ("info", "AA", "2012")


def test_decision_on_a_former_symbol_is_followed() -> None:
    decided = Decision("AA", june(2012), False, "two companies", file="overrides.csv", row=2)
    membership = _alcoa({"AA": "ALCOA CORPORATION"}, BOTH).build([ALCOA], [decided])
    assert _ids(membership, "2012")["AA"] == _ids(membership, "2013")["AA"] == "AA-2012"
    assert _ids(membership, "2013")["ARNC"] == "AA"
    assert not any("decides nothing" in one.message for one in membership.securities.findings)


def test_decision_contradicted_by_a_list_is_ignored_with_a_finding() -> None:
    decided = Decision("AA", june(2012), True, "one company", file="overrides.csv", row=2)
    membership = _alcoa(BOTH).build([ALCOA], [decided])
    assert members_on(membership, june(2012)) == {"AA", "ARNC", "X"}
    assert any(
        one.message.startswith(
            "overrides.csv, row 2: the decision same on AA@2012-06-25 is not followed, because AA is printed beside "
        )
        for one in membership.securities.findings
    )


def _shown(membership: Membership, document: str, day: date) -> list[str]:
    """The symbols that the members of a list have on its day, in its order."""
    rows = membership.document(document)
    securities = [membership.securities.by_row[row.row] for row in rows]
    return [
        next(symbols_between(security, row.symbol, day, None))[0]
        for row, security in zip(rows, securities, strict=True)
    ]


@pytest.mark.parametrize("day", [date(2011, 11, 1), june(2012)], ids=["change before the list", "change on its day"])
def test_company_that_loses_its_new_symbol_by_decision_has_the_printed_one(day: date) -> None:
    decisions = [Decision("AA", june(2012), True, "r"), Decision("ARNC", june(2012), False, "r")]
    membership = _alcoa(BOTH, BOTH).build([ALCOA._replace(day=day)], decisions)
    for year in (2012, 2013):
        assert _ids(membership, str(year)) == {"AA": "AA", "ARNC": "ARNC", "X": "X"}
        assert _shown(membership, str(year), june(year)) == ["AA", "ARNC", "X"]


def test_decisions_that_contradict_a_symbol_change_are_findings_with_file_and_row() -> None:
    decisions = [
        Decision("AA", june(2012), True, "r", file="overrides.csv", row=2),
        Decision("ARNC", june(2012), False, "r", file="overrides.csv", row=3),
    ]
    [finding] = _alcoa(BOTH).build([ALCOA], decisions).securities.findings
    assert finding.severity == "warning"
    assert finding.message == (
        "overrides.csv, row 2: the decision same on AA@2012-06-25 contradicts the change of AA into ARNC on 2011-11-01, and "
        "another company has ARNC from 2012-06-25 on: this one has AA again"
    )


def test_company_that_loses_its_new_symbol_has_its_former_one_if_lists_print_it() -> None:
    """Nobody decided anything: the names say it."""
    membership = _alcoa({"ARNC": "ZEBRA TECHNOLOGIES"}, {"ARNC": "ZEBRA TECHNOLOGIES", "AA": "ALCOA INC"}).build(
        [ALCOA], [Decision("ARNC", june(2012), False, "r")]
    )
    assert _ids(membership, "2013") == {"ARNC": "ARNC", "AA": "AA", "X": "X"}
    assert _shown(membership, "2013", june(2013)) == ["ARNC", "AA", "X"]


@pytest.mark.parametrize("seed", range(150))
def test_lists_have_one_member_per_symbol_for_any_changes_and_decisions(seed: int) -> None:
    chance = random.Random(seed)
    companies, lists, changes = renaming_history(seed)
    documents = Documents()
    rows = []
    for year, held in lists.items():
        documents.add_list(str(year), june(year), {symbol: companies[company] for symbol, company in held.items()})
        rows += [(symbol, june(year)) for symbol in held]
    wrong = [
        SymbolChange(date(2010, 1, 1) + timedelta(chance.randrange(3600)), *chance.sample(sorted({*dict(rows)}), 2))
        for _ in range(6)
    ]
    decisions = [
        Decision(*row, chance.random() < 0.5, "r", file="o.csv", row=at)
        for at, row in enumerate(chance.sample(rows, min(8, len(rows))), 2)
    ]
    membership = documents.build([*changes, *wrong], decisions)
    for year, held in lists.items():
        assert len(set(_shown(membership, str(year), june(year)))) == len(held)
        assert len(set(_ids(membership, str(year)).values())) == len(held)
    spans = sorted(
        (period.key, period.valid_from, period.valid_to or date.max)
        for one in membership.securities.securities
        for period in one.periods
    )
    for (key, _, until), (following, since, _) in itertools.pairwise(spans):
        assert key != following or until <= since, f"two securities have {key} on {since}"


def test_row_between_symbol_change_and_list_with_both_goes_by_its_name() -> None:
    """Preliminary additions print the symbol alone; the list that follows prints both."""
    documents = _alcoa(BOTH)
    documents.add_changes("new", 2012, "addition", {"AA": "ALCOA CORPORATION"}, june(2012) - timedelta(20))
    membership = documents.build([ALCOA])
    assert _ids(membership, "new")["AA"] == _ids(membership, "2012")["AA"] == "AA-2012"


@pytest.mark.parametrize(
    "change",
    [("AA", "X"), ("X", "AA"), ("AA", "ZZZ"), ("ARNC", "AA"), ("AA", "AAA"), ("X", "ARNC")],
    ids=">".join,
)
@pytest.mark.parametrize("day", [date(2011, 11, 1), june(2012), date(2012, 11, 1)])
def test_mistyped_symbol_change_takes_no_member_from_a_list(change: tuple[str, str], day: date) -> None:
    membership = _alcoa(BOTH, BOTH).build([SymbolChange(day, *change)])
    for year in (2012, 2013):
        assert members_on(membership, june(year)) == {"AA", "ARNC", "X"}
        assert len(set(_ids(membership, str(year)).values())) == 3


def test_symbol_change_into_a_symbol_in_use_is_ignored_with_a_finding() -> None:
    """Both stand side by side afterwards as before: the file is wrong, and says where."""
    membership = _alcoa({"AA": "ALCOA INC"}).build(
        [SymbolChange(date(2011, 11, 1), "AA", "X", "symbol_changes.csv", 7)]
    )
    assert _ids(membership, "2012") == {"AA": "AA", "X": "X"}
    [finding] = membership.securities.findings
    assert finding.message.startswith(
        "symbol_changes.csv, row 7: the change of AA into X on 2011-11-01 is not followed"
    )


def test_symbol_change_into_the_symbol_of_a_leaving_company_is_followed() -> None:
    """As when SBC took the name and the symbol of AT&T, which it had bought."""
    documents = Documents()
    documents.add_list("2011", june(2011), {"SBC": "SBC COMMUNICATIONS", "T": "AT&T CORP"})
    documents.add_list("2012", june(2012), {"T": "AT&T INC"})
    assert _ids(documents.build([SymbolChange(date(2011, 11, 21), "SBC", "T")]), "2012") == {"T": "SBC"}


def test_contradicting_symbol_changes_of_one_day_are_ignored() -> None:
    """Spelled apart, so that reading the file does not find them: one symbol cannot become two."""
    documents = Documents()
    documents.add_list("2011", june(2011), {"BF.B": "BROWN FORMAN"})
    documents.add_list("2012", june(2012), {"BF.B": "BROWN FORMAN"})
    day = date(2011, 11, 1)
    membership = documents.build([SymbolChange(day, "BF.B", "Q"), SymbolChange(day, "BFB", "R")])
    assert [one.severity for one in membership.securities.findings] == ["error", "error"]
    assert _ids(membership, "2012") == {"BF.B": "BFB"}


@pytest.mark.parametrize(
    ("decision", "why"),
    [
        (Decision("AA", june(2014), False, "r"), "AA is last printed on 2012-06-25"),
        (Decision("QQ", june(2012), True, "r"), "no document prints QQ"),
        (Decision("X", june(2011), True, "r"), "no company had X before 2011-06-27"),
        (Decision("ARNC", june(2012), True, "r", "QQ"), "no document prints QQ before 2012-06-25"),
    ],
    ids=["after the last row", "an unknown symbol", "the first row", "an unknown former symbol"],
)
def test_decision_about_no_row_is_a_finding_with_file_and_row(decision: Decision, why: str) -> None:
    membership = _alcoa(BOTH).build([ALCOA], [decision._replace(file="overrides.csv", row=5)])
    assert [
        (one.severity, one.message.split(": ", 2)[0], one.message.rpartition(": ")[2])
        for one in membership.securities.findings
        if "decides nothing" in one.message
    ] == [("warning", "overrides.csv, row 5", why)]


def test_decision_may_name_the_day_from_which_a_list_holds() -> None:
    """The list is published days before; a person sees the day that it names."""
    documents = Documents()
    documents.add_list("before", june(2010), {"SE": "SPECTRA ENERGY CORP"})
    documents.add_list("after", june(2011), {"SE": "SEA LTD"}, june(2011) - timedelta(10))
    membership = documents.build(decisions=[Decision("SE", june(2011), False, "another company")])
    assert _ids(membership, "after") == {"SE": "SE-2011"}
    assert membership.securities.findings == []


@pytest.mark.parametrize("seed", range(150))
def test_members_on_the_day_of_a_list_are_its_rows_each_its_own_security(seed: int) -> None:
    """Random histories: companies take, swap and hand on symbols, come and go, and some years have no list."""
    companies, lists, changes = renaming_history(seed)
    documents = Documents()
    for year, held in lists.items():
        documents.add_list(str(year), june(year), {symbol: companies[company] for symbol, company in held.items()})
    membership = documents.build(changes)
    of_company: dict[int, set[str]] = {}
    for year, held in lists.items():
        assert members_on(membership, june(year)) == set(held)
        found = _ids(membership, str(year))
        assert len(set(found.values())) == len(held)
        for symbol, company in held.items():
            of_company.setdefault(company, set()).add(found[symbol])
    assert all(len(ids) == 1 for ids in of_company.values()), "one company is one security, whatever its symbol"


@pytest.mark.parametrize("seed", range(150))
def test_random_symbol_changes_take_no_member_from_a_list(seed: int) -> None:
    """The file of changes is full of mistakes: days and symbols at random."""
    chance = random.Random(seed)
    companies, lists, changes = renaming_history(seed)
    symbols = sorted({symbol for held in lists.values() for symbol in held} | {"Q1", "Q2"})
    wrong = [
        SymbolChange(date(2010, 1, 1) + timedelta(chance.randrange(3600)), *chance.sample(symbols, 2))
        for _ in range(12)
    ] + [change._replace(day=change.day + timedelta(chance.randrange(-500, 500))) for change in changes]
    documents = Documents()
    for year, held in lists.items():
        documents.add_list(str(year), june(year), {symbol: companies[company] for symbol, company in held.items()})
    membership = documents.build(wrong)
    for year, held in lists.items():
        rows = membership.document(str(year))
        assert {row.symbol for row in rows} == set(held) == members_on(membership, june(year))
        assert len({membership.security(row) for row in rows}) == len(held)
    spans = [(period.key, period.valid_from) for one in membership.securities.securities for period in one.periods]
    assert len(spans) == len(set(spans)), "the table of symbols has no symbol twice from one day"

"""Securities: what one symbol stands for over time, and what a person has to decide."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from russell_pipeline.membership.build import symbols_between
from russell_pipeline.membership.decisions import security_decisions
from russell_pipeline.membership.model import Decision, SymbolChange
from russell_pipeline.membership.names import alike
from russell_pipeline.membership.symbols import Spellings, preferred_spelling, symbol_key
from russell_pipeline_tests.membership.histories import Documents, june, members_on, names


@pytest.mark.parametrize("spelled", ["BRK.B", "BRKB", "BRK-B", "BRK/B", "brk.b", "BRK B"])
def test_the_spellings_of_all_houses_have_one_key(spelled: str) -> None:
    assert symbol_key(spelled) == "BRKB"


def test_symbols_that_stand_side_by_side_are_never_one() -> None:
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
def test_drifting_and_cut_names_are_alike(one: str, other: str) -> None:
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
def test_names_of_different_companies_are_not(one: str, other: str) -> None:
    assert not alike(one, other)
    assert not alike(other, one)


def _two_lists(first: str, second: str, gap: int = 2) -> Documents:
    documents = Documents()
    documents.add_list("before", june(2010), {"SE": first, "X": "X CORP"})
    documents.add_list("after", june(2010 + gap), {"SE": second, "X": "X CORP"})
    return documents


def test_a_symbol_that_returns_with_another_name_is_another_security_and_a_finding() -> None:
    membership = _two_lists("SPECTRA ENERGY CORP", "SEA LTD").build()
    assert [s.security_id for s in membership.securities.securities] == ["SE", "X", "SE-2012"]
    [finding] = membership.securities.findings
    assert (finding.severity, finding.subject, finding.document_id, finding.page, finding.line) == (
        "warning", "SE", "after", 1, 1
    )  # fmt: skip
    assert "SE@2012-06-25" in finding.message


def test_one_that_was_never_away_is_renamed() -> None:
    membership = _two_lists("GOOGLE INC", "ALPHABET INC", gap=1).build()
    assert [s.security_id for s in membership.securities.securities] == ["SE", "X"]
    assert [finding.severity for finding in membership.securities.findings] == ["info"]


def test_a_deletion_ends_that() -> None:
    """A company that was deleted and one that enters a year later under its symbol are two."""
    documents = Documents()
    documents.add_list("before", june(2010), {"SE": "SPECTRA ENERGY CORP"})
    documents.add_changes("gone", 2011, "deletion", {"SE": "SPECTRA ENERGY CORP"})
    documents.add_changes("new", 2012, "addition", {"SE": "SEA LTD"})
    membership = documents.build()
    assert [s.security_id for s in membership.securities.securities] == ["SE", "SE-2012"]


@pytest.mark.parametrize(("same", "ids"), [(True, ["SE", "X"]), (False, ["SE", "X", "SE-2012"])])
def test_a_decision_settles_it_either_way(same: bool, ids: list[str]) -> None:
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


def test_a_change_of_symbol_is_followed() -> None:
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


def test_a_security_has_the_symbol_with_a_dot_if_any_document_prints_it_so() -> None:
    documents = Documents()
    documents.add_list("before", june(2010), {"BRKB": "BERKSHIRE HATHAWAY"})
    documents.add_list("after", june(2011), {"BRK.B": "BERKSHIRE HATHAWAY"})
    [security] = documents.build().securities.securities
    assert (security.security_id, [period.symbol for period in security.periods]) == ("BRKB", ["BRK.B"])
    assert list(symbols_between(security, "BRKB", june(2010), None)) == [("BRKB", june(2010), None)]
    assert list(symbols_between(security, "BRK-B", june(2010), None)) == [("BRK.B", june(2010), None)]


def test_a_symbol_that_was_given_up_may_go_to_another_company() -> None:
    documents = Documents()
    documents.add_list("before", june(2010), {"FB": "FACEBOOK INC"})
    documents.add_list("after", june(2012), {"META": "META PLATFORMS", "FB": "FALCON BRIDGE"})
    membership = documents.build([SymbolChange(date(2011, 2, 1), "FB", "META")])
    assert members_on(membership, june(2012)) == {"META", "FB"}
    assert {s.security_id for s in membership.securities.securities} == {"FB", "FB-2012"}


def test_a_list_that_still_prints_the_former_symbol_is_of_the_same_security_and_a_finding() -> None:
    documents = Documents()
    documents.add_list("before", june(2010), {"FB": "FACEBOOK INC"})
    documents.add_list("after", june(2011), {"FB": "FACEBOOK INC"})
    membership = documents.build([SymbolChange(date(2011, 2, 1), "FB", "META")])
    assert [s.security_id for s in membership.securities.securities] == ["FB"]
    assert [(f.severity, f.document_id) for f in membership.securities.findings] == [("warning", "after")]


def test_a_symbol_change_between_publication_and_effect_is_no_other_company() -> None:
    """Preliminary lists print the symbol of their day; the index then holds the new one."""
    changed_on = june(2011) - timedelta(5)
    documents = Documents()
    documents.add_list("base", june(2010), names("A"))
    documents.add_changes("new", 2011, "addition", {"OLD": "OLD NAME CORP"}, june(2011) - timedelta(20))
    membership = documents.build([SymbolChange(changed_on, "OLD", "NEW")])
    [security] = [s for s in membership.securities.securities if s.security_id == "OLD"]
    assert list(symbols_between(security, "OLD", june(2011), None)) == [("NEW", june(2011), None)]


@pytest.mark.parametrize("after", ["BC", "BA"], ids=["a chain", "a swap"])
def test_changes_of_symbol_on_one_day_hold_all_at_once(after: str) -> None:
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


def test_a_symbol_that_one_document_prints_twice_is_named() -> None:
    """No join is on names, so both rows are one member; that one is missing from the count is said, with its place."""
    documents = Documents()
    documents.add_list("list", june(2010), names("AB"))
    documents.rows.append(documents.rows[-1]._replace(company_name="BOLOMI INC", ordinal=3, line=7))
    documents.add_list("small", june(2010), names("B"), index="R2000")
    [finding] = documents.build().securities.findings
    assert (finding.severity, finding.subject, finding.document_id, finding.line) == ("warning", "B", "list", 7)
    assert "twice in one document, for B COMPANY OF B and BOLOMI INC" in finding.message

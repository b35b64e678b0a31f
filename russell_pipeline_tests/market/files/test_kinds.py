"""Declarations of supplied files: the promised columns, a sentence for each rule, the terms of each action."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from russell_pipeline.errors import Refusal
from russell_pipeline.market.files.actions import ACTIONS, TERMS
from russell_pipeline.market.files.columns import must
from russell_pipeline.market.files.kinds import KINDS, component_of, kind_of
from russell_pipeline_tests.market.files.supplying import HEADERS, supply
from russell_pipeline_tests.orchestration.markets import (
    land_market,
    market_lake,
    messages,
    publish_indexes,
    refresh_market,
)

CONTRACT = {
    "components": ("symbol shares free_float", "style_weight company_name currency cusip isin figi permno"),
    "closes": ("date symbol close", "currency"),
    "fx": ("date currency rate", "quote"),
    "actions": ("symbol date action new old amount price to_symbol", ""),
    "universe": (
        "symbol company_name exchange close",
        "shares total_market_cap company_id share_type structure nationality incorporated_in headquartered_in free_float "
        "voting_rights n_share ubti adtv volume ipo_on ipo_year ipo_kind average_close currency sector industry",
    ),
    "suspensions": ("symbol suspended_on resumed_on resumption_announced_on replicable_market", ""),
    "offerings": ("symbol discovered_on announced_review shares", ""),
    "symbol_changes": ("date old_symbol new_symbol", "cusip isin figi permno"),
    "overrides": ("subject key decision reason", ""),
}


@pytest.mark.parametrize("name", KINDS)
def test_columns_are_those_of_the_contract(name: str) -> None:
    required, optional = CONTRACT[name]
    kind = KINDS[name]
    assert set(kind.required) == set(required.split())
    assert set(kind.columns) - set(kind.required) == set(optional.split())


# Of each kind a file, a row that is good and one that is not, what the latter breaks, and what the table has of the former.
EXAMPLES = {
    "closes": ("market/closes-2024.csv", "2024-01-02,AAA,10.5,", "2024-01-02,BBB,0,", "close", {"month": "2024-01"}),
    "fx": ("market/fx.csv", "2024-01-02,EUR,1.1,", "2024-01-02,EUR,0.9,EUR", "rate_of_itself", {"quote": "USD"}),
    "actions": (
        "market/actions.csv",
        "AAA,2024-01-02,split,2,1,,,",
        "BBB,2024-01-02,split,2,,,,",
        "terms",
        {"month": "2024-01", "new": 2.0},
    ),
    "components": (
        "components/QX/2024-06.csv",
        "AAA,100,1,,,",
        "BBB,100,1.5,,,",
        "free_float",
        {"year": 2024, "index_code": "QX", "effective_review": "2024-06", "style_weight": 1.0},
    ),
    "universe": (
        "universe/2024-04-30.csv",
        "AAA,Alpha Inc. Class A,NYSE,10.5,,1050000000,,,,,,,,,,,,,,2019,,,,,",
        "BBB,Beta Inc.,NYSE,0,,70000000,,,,,,,,,,,,,,,,,,,",
        "close",
        {"as_of": date(2024, 4, 30), "month": "2024-04", "total_market_cap": 1.05e9, "shares": None, "ipo_year": 2019},
    ),
    "suspensions": (
        "reference/suspensions.csv",
        "AAA,2024-01-02,,,",
        "BBB,2024-01-02,2024-01-01,,",
        "resumed_after_suspended",
        {"year": 2024, "resumed_on": None},
    ),
    "symbol_changes": (
        "reference/symbol_changes.csv",
        "2024-01-02,AAA,AAB",
        "2024-01-02,BBB,BBB",
        "symbols_differ",
        {"year": 2024},
    ),
    "offerings": (
        "reference/offerings.csv",
        "AAA,2024-01-02,2024-03,5",
        "BBB,2024-01-02,2024-02,5",
        "announced_review",
        {"year": 2024, "shares": 5.0},
    ),
    "overrides": (
        "reference/overrides.csv",
        "rename,A>B@2024-01-02,same,seen",
        "rename,A>C@2024-01-02,yes,seen",
        "decision_on_a_rename",
        {"key": "A>B@2024-01-02"},
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_file_in_landing_becomes_rows_of_its_table_and_a_bad_row_is_set_aside(name: str, tmp_path: Path) -> None:
    path, good, bad, broken, values = EXAMPLES[name]
    lake = market_lake(tmp_path)
    land_market(lake, path, f"{HEADERS[name]}{good}\n{bad}\n")
    refresh_market(lake)
    [row] = lake.read(name).iter_rows(named=True)
    place = {"file": path.partition("/")[2], "row": 2, "simulated": False}
    assert row == row | place | values
    [aside] = lake.read("market_blocks").iter_rows(named=True)
    assert (aside["kind"], aside["row"], aside["rule"].partition("|")[0]) == (name, 3, broken)
    assert aside["sentence"].startswith(f"{place['file']}, row 3: ")


def test_a_universe_is_named_by_its_rank_day_and_has_shares_or_capitalisations(tmp_path: Path) -> None:
    lake = market_lake(tmp_path)
    land_market(lake, "universe/2024.csv", f"{HEADERS['universe']}AAA{',' * 24}\n")
    land_market(lake, "universe/2024-04-30.csv", "symbol,company_name,exchange,close\nAAA,Alpha,NYSE,1\n")
    refresh_market(lake)
    assert lake.read("universe").is_empty()
    assert messages(lake) == [
        "2024-04-30.csv has neither the column shares nor total_market_cap; its header has symbol, company_name, exchange, "
        "close; it is not read",
        "2024.csv needs another name: '2024' is no date such as 2022-05-06; it is not read",
    ]


def test_a_universe_that_changes_moves_no_level(tmp_path: Path) -> None:
    """Also not of an index that holds its names: what follows from a universe is projected, not published."""
    lake = market_lake(tmp_path)
    land_market(lake, "components/C/2024-06-26.csv", "symbol,shares,free_float\nAAA,100,1\n")
    land_market(lake, "market/closes.csv", "date,symbol,close\n2024-06-26,AAA,10\n2024-06-27,AAA,11\n")
    definition = "code: X\nname: X\ncurrency: USD\nbase: {date: 2024-06-26, value: 1000}\n"
    land_market(lake, "indexes/X.yaml", f"{definition}legs: [{{component: C, units: 1}}]\n")
    universe = "symbol,company_name,exchange,close,shares\nAAA,Alpha,NYSE,10,"
    land_market(lake, "universe/2024-04-30.csv", f"{universe}100\n")
    refresh_market(lake)
    publish_indexes(lake)
    before = lake.read("index_levels")
    assert before.height == 2
    land_market(lake, "universe/2024-04-30.csv", f"{universe}200\n")
    refresh_market(lake)
    publish_indexes(lake)
    assert lake.read("universe")["shares"].to_list() == [200.0]
    assert lake.read("market_corrections")["kind"].to_list() == ["universe"]
    assert lake.read("index_levels").equals(before)


@pytest.mark.parametrize("name", KINDS)
def test_every_rule_has_one_plain_sentence(name: str) -> None:
    schema = KINDS[name].schema
    for rule in schema._validation_rules(with_cast=False):
        column, _, part = rule.rpartition("|")
        sentence = must(schema.columns()[column], part) if column else getattr(schema, rule).validation_fn.__doc__
        assert sentence.strip(), rule
        assert "\n" not in sentence.strip(), rule


GOOD = {"new": "2", "old": "1", "amount": "0.5", "price": "3", "to_symbol": "CHILD"}


def action(folder: Path, name: str, terms: dict[str, str]) -> list[str]:
    """The sentences on one action with these terms."""
    line = ",".join(["AAA", "2024-01-02", name, *(terms.get(term, "") for term in TERMS)])
    return supply(folder, "actions", f"{HEADERS['actions']}{line}\n").rejected["sentence"].to_list()


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_takes_its_terms_and_no_others(name: str, tmp_path: Path) -> None:
    terms = {term: GOOD[term] for term in ACTIONS[name]}
    assert action(tmp_path, name, terms) == []
    for term in TERMS:
        changed = {**terms, term: ""} if term in terms else {**terms, term: GOOD[term]}
        if term in terms and ACTIONS[name][term].optional:
            assert action(tmp_path, name, changed) == []
            continue
        (sentence,) = action(tmp_path, name, changed)
        assert sentence.startswith(f"actions.csv, row 2: {name} takes ")


@pytest.mark.parametrize(
    ("name", "term", "taken", "refused"),
    [
        ("split", "new", "0.5", "0"),
        ("split", "old", "20", "-1"),
        ("ordinary_dividend", "amount", "0.0001", "0"),
        ("special_dividend", "amount", "1e3", "-2"),
        ("rights", "price", "0.01", "0"),
        ("spin_off", "to_symbol", "AAB", "AAA"),
        ("conversion", "to_symbol", "A.B", "AAA"),
        ("shares", "amount", "0", "-1"),
        ("free_float", "amount", "1", "1.0001"),
        ("free_float", "amount", "0", "-0.1"),
        ("delete", "price", "0", "-0.01"),
    ],
)
def test_ranges_of_terms(name: str, term: str, taken: str, refused: str, tmp_path: Path) -> None:
    terms = {term: GOOD[term] for term in ACTIONS[name]}
    assert action(tmp_path, name, {**terms, term: taken}) == []
    assert len(action(tmp_path, name, {**terms, term: refused})) == 1


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("market/closes.csv", "closes"),
        ("market/closes-2024.parquet", "closes"),
        ("market/fx.CSV", "fx"),
        ("reference/symbol_changes_old.csv", "symbol_changes"),
        ("reference/overrides.csv", "overrides"),
        ("components/RSCC/2025-03.csv", "components"),
        ("universe/2022-05-06.csv", "universe"),
        ("universe/2022/05.csv", None),
        ("market/notes.txt", None),
        ("market/closes_old/notes.csv", None),
        ("reference/market/closes.csv", None),
        ("market/closes.xlsx", None),
        ("market/levels.csv", None),
    ],
)
def test_the_place_of_a_file_tells_its_kind(path: str, kind: str | None) -> None:
    found = kind_of(path)
    assert (found.name if found else None) == kind


def test_components_are_named_by_index_and_review_or_day() -> None:
    assert component_of("RSCC/2025-03.csv") == ("RSCC", "2025-03")
    assert component_of("components/SP500/2023-11-22.parquet") == ("SP500", "2023-11-22")
    for wrong in ("2025-03.csv", "RSCC/2025-04.csv", "RSCC/2023-02-30.csv", "R S/2025-03.csv", "RSCC/20250321.csv"):
        with pytest.raises(Refusal):
            component_of(wrong)

"""One call converts every kind, and a wrong call says what would be right."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.market.adapters import registry
from russell_pipeline.market.adapters.registry import NAMES, adapter, convert


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("bloomberg", {}, f"no kind of file 'bloomberg': {', '.join(NAMES)}"),
        ("ishares", {}, "ishares needs index"),
        ("ishares", {"index": ""}, "ishares needs index"),
        ("ishares", {"index": "../R2000"}, "index must be a code"),
        ("ishares", {"index": "R2000", "date": "20.1.2026"}, "date must be written YYYY-MM-DD"),
        ("ishares", {"index": "R2000", "colour": "red"}, "ishares takes no colour; it takes index, date"),
        ("yahoo", {"as_traded": "maybe"}, "as_traded must be yes or no"),
        ("yahoo", {"currency": "dollars"}, "currency must be three capitals"),
        ("total-and-float-shares", {"index": "R3000E", "year": "19"}, "year must be four figures"),
        ("total-and-float-shares", {"index": "R3000E", "review": "2019-13"}, "review must be written YYYY-MM"),
        ("total-and-float-shares", {"index": "R3000E", "columns": "A=shares"}, "columns must be HEADER=FIELD"),
    ],
)
def test_a_wrong_call_is_a_sentence(kind: str, options: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("(", r"\(")):
        convert(kind, [], options)


HOLDINGS = b"""Fund Holdings as of,"Jan 20, 2026"

Ticker,Name,Asset Class,Shares
AAA,ALPHA INC,Equity,"1,234.00"
"""


def test_files_packed_by_gzip_are_taken_as_they_were_before() -> None:
    plain = convert("ishares", [("FUND_20260120.csv", HOLDINGS)], {"index": "X"})
    packed = convert("ishares", [("FUND_20260120.csv.gz", gzip.compress(HOLDINGS))], {"index": "X"})
    assert packed.files.keys() == plain.files.keys() == {"components/X/2026-01-20.csv"}
    assert all(table.equals(plain.files[path]) for path, table in packed.files.items())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (gzip.compress(HOLDINGS)[:-9], "is packed by gzip and damaged: it cannot be unpacked"),
        (gzip.compress(HOLDINGS)[:40] + b"\xff" * 40, "is packed by gzip and damaged: it cannot be unpacked"),
        (gzip.compress(b"," * 2001), "is packed by gzip and has more than 2,000 bytes"),
    ],
    ids=["cut off", "garbage", "too large"],  # the bytes hold the time of packing
)
def test_a_packed_file_that_cannot_be_unpacked_is_refused_alone(
    data: bytes, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_LARGEST", 2000)
    result = convert("ishares", [("a.csv.gz", data), ("b.csv.gz", gzip.compress(HOLDINGS))], {"index": "X"})
    assert [*result.refused] == [("a.csv.gz", says)]
    assert [*result.files] == ["components/X/2026-01-20.csv"]


@pytest.mark.parametrize("name", NAMES)
def test_an_adapter_explains_each_option_and_requires_none_that_it_does_not_take(name: str) -> None:
    chosen = adapter(name)
    assert all(chosen.options.values())
    assert chosen.required <= chosen.options.keys()


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(
            st.sampled_from(
                ["Ticker", "Date", "Close", "Asset Class", "Shares", "Total Shares", "Float Shares", ",", "\n", '"', ";", "AAA",
                 "2020-01-06", "5", "Equity", "nan", "Stock Splits", "Dividends", "4:1", "Fund Holdings as of", "\ufeff", "\x00"]
            ),
            max_size=40,
        ).map(lambda parts: "".join(parts).encode()),
    )
)  # fmt: skip
def test_no_bytes_end_in_anything_but_files_and_sentences(data: bytes) -> None:
    for kind in NAMES:
        given = {"index": "R2000", "as_traded": "yes"}
        options = {option: value for option, value in given.items() if option in adapter(kind).options}
        result = convert(kind, [("AAA_20200106.csv", data)], options)
        assert result.files or result.refused or result.skipped or result.unreadable or kind == "yahoo"
        for table in result.files.values():
            assert table.height > 0

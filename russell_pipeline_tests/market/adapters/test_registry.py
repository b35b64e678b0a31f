"""One call converts every kind, and a wrong call says what would be right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.market.adapters.registry import NAMES, adapter, convert


@pytest.mark.parametrize(
    ("kind", "options", "says"),
    [
        ("bloomberg", {}, "no kind of file 'bloomberg': ishares, yahoo, total-and-float-shares"),
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
        options = {"index": "R2000"} if "index" in adapter(kind).required else {"as_traded": "yes"}
        result = convert(kind, [("AAA_20200106.csv", data)], options)
        assert result.files or result.refused or result.skipped or result.unreadable or kind == "yahoo"
        for table in result.files.values():
            assert table.height > 0

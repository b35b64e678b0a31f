"""What the bytes of a file say as text, and whether a PDF is whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from russell_pipeline.errors import Refusal
from russell_pipeline.file_content import decode, require_whole_pdf, restored_signs


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_decode_keeps_registered_signs_of_every_encoding(encoding: str) -> None:
    text = "Russell Microcap® Index - Additions\n© 2023 publisher\nACME – “B” CORP ACM Energy\n"
    assert decode(text.encode(encoding))[0] == text


def test_decode_refuses_control_characters() -> None:
    with pytest.raises(Refusal, match="is not text: it holds control characters"):
        decode(b"ACME\tACM\n" + b"\x00\x01\x02\x03" * 100)


def test_decode_names_a_format_that_is_not_text() -> None:
    with pytest.raises(Refusal, match=r"is rich text \(RTF\), not text"):
        decode(b"{\\rtf1\\ansi Company\\tab Ticker}")


@pytest.mark.parametrize(
    ("saved", "meant"),
    [
        ("Russell MicrocapÂ® Index", "Russell Microcap® Index"),
        ("Russell MicrocapÃ‚Â® Index", "Russell Microcap® Index"),
        ("Â© 2023", "© 2023"),
        ("May 12 â€“ â€œrank dayâ€\x9d", "May 12 – “rank day”"),
        ("Russell 3000â„¢", "Russell 3000™"),
        ("SOCIÃ‰TÃ‰ GÃ©nÃ©rale", "SOCIÉTÉ Générale"),
        ("NESCAFÉ® CHÂTEAU âgé É™ MENÜ” SÃO", "NESCAFÉ® CHÂTEAU âgé É™ MENÜ” SÃO"),
        ("â€ without its end", "â€ without its end"),
    ],
)
def test_restored_signs_are_those_that_were_meant(saved: str, meant: str) -> None:
    assert restored_signs(saved) == meant


def _misread(text: str) -> str:
    """The text as a program writes it that takes UTF-8 for Windows-1252."""
    return "".join(
        bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode()
    )  # undefined bytes pass as they are


@given(st.text("aA \t\n®™©–—’“”•é\u00a0", max_size=40), st.integers(0, 3))
def test_restored_signs_undo_any_number_of_misreadings(text: str, times: int) -> None:
    saved = text
    for _ in range(times):
        saved = _misread(saved)
    assert restored_signs(saved) == text


def test_require_whole_pdf_refuses_one_without_its_end() -> None:
    require_whole_pdf(b"%PDF-1.4\n...\n%%EOF\n")
    with pytest.raises(Refusal, match="was cut short"):
        require_whole_pdf(b"%PDF-1.4\n...\n")

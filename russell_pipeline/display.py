"""Text from outside as it may be shown: nothing in it controls a terminal or puts other text out of its order."""

from __future__ import annotations

import re
from typing import Any

# A terminal or an editor acts on these or shows text in another order by them, so none may reach it from a file.
_ACTS = "\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[\x00-\x1f{_ACTS}]")
# What text of several lines may hold besides: tabs and the ends of lines.
_CONTROL_WITHIN_LINES = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f{_ACTS}]")
_ACTING = re.compile(f"[{_ACTS}]")


def safe(value: Any) -> str:
    """A value as text on one line: empty for null, control characters replaced."""
    text = "" if value is None else str(value)
    return text if text.isprintable() else _CONTROL.sub("\ufffd", text.replace("\t", "  "))


def safe_lines(text: str) -> str:
    """Text with control characters replaced; tabs and the ends of its lines stay."""
    return text if text.isprintable() else _CONTROL_WITHIN_LINES.sub("\ufffd", text)


def safe_json(text: str) -> str:
    """JSON that holds the same values, with control characters spelled as `\\\\uXXXX`."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

"""Invented ground rules as text: parts that a test may leave out, repeat, move or change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

# Each part with the lines that it stands on: sections with their clauses on up to three levels, and appendices. A sentence of
# 2.1.2 ends on a line that is only "Appendix B."; 2.2.1 has a list that is numbered as sections are; a table of Appendix A has
# figures that look like numbers of clauses; the title of Appendix B takes two lines; the publisher has no Appendix C.
PARTS: Mapping[str, Sequence[str]] = {
    "Section 1": ("Section 1", "", "Scope", ""),
    "1": ("1. Scope", ""),
    "1.1": ("1.1 These Ground Rules set out how the Quay Index is put together.", ""),
    "1.2": ("1.2 The index takes companies of one country, and is reviewed in June.", ""),
    "1.3": ("1.3 Its level is shown with two decimals.", ""),
    "Section 2": ("Section 2", "", "Who may be in it", ""),
    "2": ("2. Who may be in it", ""),
    "2.1": ("2.1 Home", ""),
    "2.1.1": ("2.1.1 A company is at home where it is listed and where its office is.", ""),
    "2.1.2": (
        "2.1.2 Where these two differ, its home is the country of most of its assets, as in",
        "Appendix B.",
        "",
    ),
    "2.2": ("2.2 Tests", ""),
    "2.2.1": (
        "2.2.1 A company must pass these tests:",
        "",
        "  1. A price of one coin or more;",
        "  2. A listing;",
        "  3. An audited account.",
        "",
    ),
    "2.3": ("2.3 Votes", ""),
    "2.3.1": ("2.3.1 One vote in twenty must be in free hands.", ""),
    "Section 3": ("Section 3", "", "Reviews", ""),
    "3": ("3. Reviews", ""),
    "3.1.1": ("3.1.1 The review takes effect on the Monday after the last Friday in June.", ""),
    "3.1.2": ("3.1.2 Between reviews nothing is added. See Section 2", "and Appendix D for what is taken out.", ""),
    "Appendix A": (
        "Appendix A", "", "Names and codes", "", "QUAY    4.1 Main index     100", "QUAYT   4.2 Total return   100", "",
    ),
    "Appendix B": (
        "Appendix B", "", "How the home of a company", "is determined", "", "Assets are those of the last account.", "",
    ),
    "Appendix D": ("Appendix D: Removals", "", "A company that is bought leaves the index on that day.", ""),
}  # fmt: skip

_CONTENTS = (
    "Quay Index Ground Rules", "", "v1.0", "", "Contents", "",
    "Section 1 Scope ........ 3", "Section 2 Who may be in it ........ 4", "Section 3 Reviews ........ 6",
    "Appendix A Names and codes ........ 7", "Appendix B How the home of a company is determined ........ 8",
    "Appendix D Removals ........ 9", "",
)  # fmt: skip

CLAUSES = [part for part in PARTS if not part.startswith("Section")]


def within(part: str) -> list[str]:
    """The names of a part and of those in it."""
    number = part.removeprefix("Section ")
    return [one for one in PARTS if one in (part, number) or one.startswith(f"{number}.")]


def rulebook(parts: Sequence[str] = (*PARTS,), changed: Mapping[str, str] | None = None, contents: bool = True) -> str:
    """Ground rules of the parts in this order; `changed` are other lines for some, as one text."""
    lines = [*(_CONTENTS if contents else _CONTENTS[:4])]
    for part in parts:
        lines += (changed or {}).get(part, "\n".join(PARTS[part])).split("\n")
    return "\n".join(lines)

"""Lists set with a loose hand, and files of lists that met with something; `python -m ... [COUNT]` counts how they are read."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from russell_pipeline.documents.lists.rows import list_rows
from russell_pipeline.documents.parse import parse_document
from russell_pipeline_tests.layouts import (
    Layout,
    PdfLayout,
    Row,
    TextLayout,
    make_sections,
    random_layout,
    random_rows,
)

_Sections = list[tuple[Layout, list[Row]]]


class Reading(NamedTuple):
    """How a list was read: `right`, `refused` or `wrong`, and the reason or the first rows that differ (read, printed)."""

    outcome: Literal["right", "refused", "wrong"]
    why: object = None


def irregular_list(rng: random.Random) -> tuple[str, _Sections]:
    """A list that is irregular in one way, the name of which comes first: its layouts, each with its rows."""
    kind = rng.choice(list(_WAYS))
    return kind, _WAYS[kind](rng)


def read_back(sections: _Sections) -> Reading:
    """Typeset a list, read it, and compare its rows with those that are in the file."""
    printed = [
        rows[at]
        for layout, rows in sections
        for at in (layout.kept(len(rows)) if isinstance(layout, TextLayout) else range(len(rows)))
    ]
    document = parse_document(make_sections(sections))
    if document.reason:
        return Reading("refused", document.reason)
    found = [(row.company_name, row.class_marker, row.symbol, row.classification) for row in list_rows(document.lines)]
    expected = [(row.company_name, row.class_marker, row.symbol, row.classification) for row in printed]
    if not all(map(_shows_pages, sections)):
        found, expected = sorted(found, key=str), sorted(expected, key=str)
    differing = [pair for pair in zip(found, expected, strict=False) if len(set(pair)) > 1]
    return Reading("right") if found == expected else Reading("wrong", (len(found), len(expected), differing[:2]))


def _shows_pages(section: tuple[Layout, list[Row]]) -> bool:
    """Whether anything shows where a page ends: two pairs of columns in a text that runs on can be read in two orders."""
    layout, _ = section
    return not isinstance(layout, TextLayout) or layout.pair_count == 1 or layout.head_on == "every"


def _pdf(rng: random.Random) -> PdfLayout:
    layout = random_layout(rng, "pdf")
    assert isinstance(layout, PdfLayout)
    return replace(layout, overlap=None, extra_rows=0, title_on="every", last_page="fill")


def _text(rng: random.Random) -> TextLayout:
    layout = random_layout(rng, "text")
    assert isinstance(layout, TextLayout)
    return replace(layout, title_on="every", last_page="fill")


def _with_rows(rng: random.Random, layout: Layout, number: int | None = None) -> _Sections:
    return [(layout, random_rows(rng, number or rng.randint(3, 260), layout.taxonomy))]


def _set_otherwise(**options: Callable[[random.Random], Any]) -> Callable[[random.Random], _Sections]:
    """A PDF whose layout has these options, each drawn anew."""

    def make(rng: random.Random) -> _Sections:
        layout = _pdf(rng)
        return _with_rows(rng, replace(layout, **{name: draw(rng) for name, draw in options.items()}))

    return make


def _short_last_page(rng: random.Random) -> _Sections:
    """A few rows on the last page, all but the first with their symbols centred or right-aligned."""
    layout = replace(_pdf(rng), symbol_align="left", last_page_align=rng.choice(("centre", "right")))
    few = min(rng.randint(2, 8), layout.rows_per_column)
    return _with_rows(rng, layout, layout.rows_per_column * layout.pair_count + few)


def _pressed_together(rng: random.Random) -> _Sections:
    """Long names that touch or reach into their symbols, below heads that do not stand over their columns."""
    layout = _pdf(rng)
    while layout.symbol_align != "left" or layout.spaces in ("padded", "glyphs"):
        layout = _pdf(rng)
    off = (rng.uniform(0, 20), rng.uniform(-20, 12), rng.uniform(-12, 25))
    return _with_rows(rng, replace(layout, overlap=rng.choice((0.0, 1.5, 3.0)), head_off=off))


def _two_generations(rng: random.Random) -> _Sections:
    """One list in two layouts, one behind the other, which say the same of it."""
    make: Callable[[random.Random], Layout] = rng.choice((_pdf, _text))
    first, second = make(rng), make(rng)
    while len(second.head) != len(first.head):
        second = make(rng)
    facts = ("index_code", "change", "status", "as_of", "review_year", "taxonomy")
    said = (*facts, "date_form", "titles", "running_head", "footers")
    second = replace(second, **{name: getattr(first, name) for name in said})
    [(_, rows)] = _with_rows(rng, first)
    cut = rng.randint(1, len(rows) - 1)
    return [(replace(first, legal=()), rows[:cut]), (replace(second, legal=()), rows[cut:])]


def _glued(rng: random.Random) -> _Sections:
    """A text with the running head and the footer of each page on the end of its last row."""
    layout = replace(_text(rng), glued=True, legal=())
    if not layout.running_head:
        layout = replace(layout, footers=layout.footers or ("ftserussell.com",))
    return _with_rows(rng, layout)


def _clipped(rng: random.Random) -> _Sections:
    """A text of at least three pages that begins within the first, below its heads."""
    layout = replace(_text(rng), clipped=rng.randint(0, 5), head_on="every", rows_per_column=rng.randint(12, 50))
    return _with_rows(rng, layout, 2 * layout.pair_count * layout.rows_per_column + rng.randint(1, 60))


_WAYS: dict[str, Callable[[random.Random], _Sections]] = {
    "centred": _set_otherwise(symbol_align=lambda _: "centre"),
    "right-aligned": _set_otherwise(symbol_align=lambda _: "right"),
    "jittered": _set_otherwise(jitter=lambda rng: rng.uniform(0.5, 6)),
    "drifting": _set_otherwise(drift=lambda rng: rng.uniform(1, 20)),
    "jittered and drifting": _set_otherwise(
        symbol_align=lambda rng: rng.choice(("left", "centre", "right")),
        jitter=lambda rng: rng.uniform(0.5, 6),
        drift=lambda rng: rng.uniform(1, 20),
    ),
    "heads elsewhere": _set_otherwise(
        symbol_align=lambda rng: rng.choice(("left", "centre", "right")),
        head_off=lambda rng: (rng.uniform(0, 40), rng.uniform(-20, 12), rng.uniform(-12, 25)),
    ),
    "pressed together": _pressed_together,
    "short last page": _short_last_page,
    "two generations": _two_generations,
    "glued": _glued,
    "clipped": _clipped,
}


def readings(seeds: range) -> Iterator[tuple[int, str, Reading]]:
    """The lists of these seeds: seed, in which way irregular, how read."""
    for seed in seeds:
        kind, sections = irregular_list(random.Random(seed))
        yield seed, kind, read_back(sections)


def main(count: int) -> None:
    """Print each list that is not read right, and how many are right, refused and wrong, by kind and in all."""
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in [*_WAYS, "all"]}
    for seed, kind, reading in readings(range(count)):
        for counted in (kind, "all"):
            counts[counted][reading.outcome] += 1
        if reading.outcome != "right":
            print(f"{seed} {kind}: {reading.outcome}, {str(reading.why)[:300]}")
    for kind, outcomes in counts.items():
        print(f"{kind:24}", *(f"{outcomes[outcome]:6,} {outcome}" for outcome in ("right", "refused", "wrong")))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)

"""What is printed over the lines of a PDF page: text at an angle to them, and large type across other words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from statistics import median

from russell_pipeline.documents.pdf.pdfium_places import Places
from russell_pipeline.documents.pdf.spacing import Span

# Type is large if it is so many times as high as is usual on the page; a few words show what is usual.
_LARGE, _SAMPLES = 1.6, 8
# The part of large letters, in shares of their height from the baseline, in which the baseline of another word shows that
# they are printed over it.
_CORE = (-0.1, 0.45)
# So many words must be printed over.
_WORDS = 2

# The positions of words that PDFium has on one line.
Run = list[int]


def overprinted(
    places: Places,
    text: str,
    spans: Sequence[Span],
    origins: Sequence[tuple[float, float]],
    suspects: Sequence[int],
) -> list[Run]:
    """The runs of words that are printed over the lines of a page.

    `origins` are the x and the depth of each word. `suspects` are the words that may be at an angle: if none is, no word is.
    """
    runs = _sloping_runs(places, text, spans) if any(places.sloping([spans[at][0] for at in suspects])) else []
    known = {at for run in runs for at in run}
    large = [run for run in _outermost(text, spans) if run[0] not in known and _is_large(places, spans, origins, run)]
    return runs + large


def _sloping_runs(places: Places, text: str, spans: Sequence[Span]) -> list[Run]:
    """The words at an angle to the lines, as those of a watermark are."""
    runs: list[Run] = []
    for at, slants in enumerate(places.sloping([start for start, _ in spans])):
        if slants and runs and runs[-1][-1] == at - 1 and "\n" not in text[spans[at - 1][1] : spans[at][0]]:
            runs[-1].append(at)
        elif slants:
            runs.append([at])
    return runs


def _outermost(text: str, spans: Sequence[Span]) -> list[Run]:
    """The first and the last of several lines: what is printed over a page is drawn before or after it."""
    if not spans:
        return []
    begins = bisect_left(spans, (text.rfind("\n", 0, spans[-1][0]), 0))
    ends = bisect_left(spans, (text.find("\n", spans[0][1]), 0))
    return [list(range(ends)), list(range(begins, len(spans)))] if 0 < ends <= begins else []


def _is_large(places: Places, spans: Sequence[Span], origins: Sequence[tuple[float, float]], run: Run) -> bool:
    """Whether a run is in large type, and other words begin within its letters."""
    left, top, _, bottom, *_, right, _ = places.edges([spans[run[0]][0], spans[run[-1]][1] - 1])
    height = top - bottom
    usual = median(places.heights([start for start, _ in spans[:: max(1, len(spans) // _SAMPLES)]]))
    if height <= _LARGE * usual:
        return False
    low, high = (origins[run[0]][1] - share * height for share in _CORE)
    within = [at for at, (x, depth) in enumerate(origins) if high < depth < low and left < x < right]
    return sum(at not in run for at in within) >= _WORDS

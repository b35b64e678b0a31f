"""Compares printed names of companies. A name is evidence, never a key."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import yaml
from rapidfuzz import fuzz

# Names at least this alike (0..100) are of one company. Published names of one company drift (INDS, INDUSTRIES) and are cut at
# 23 to 40 characters; those of two companies that used one symbol are seldom above 70.
ALIKE = 80.0
# A first word of this many letters, shared by two holders of one symbol, is enough: ENDO PHARMACEUTICALS, ENDO INTERNATIONAL.
_TELLING_WORD = 4
_NOT_A_WORD = re.compile(r"[^A-Z0-9 ]+")


def likeness(one: str, other: str) -> float:
    """How alike two printed names are, 0..100, as `whole_likeness`; 100 if they share a telling first word."""
    words, others = _words(one), _words(other)
    if words[0] == others[0] and len(words[0]) >= _TELLING_WORD and words[0] not in _words_of("common_beginnings"):
        return 100.0
    return _of_words(words, others)


def whole_likeness(one: str, other: str) -> float:
    """How alike two printed names are as wholes, 0..100, without legal forms and cut to the length of the shorter."""
    return _of_words(_words(one), _words(other))


def _of_words(words: Sequence[str], others: Sequence[str]) -> float:
    first, second = "".join(words), "".join(others)
    length = min(len(first), len(second))
    return max(
        fuzz.ratio(first, second),
        fuzz.ratio(first[:length], second[:length]),
        fuzz.token_sort_ratio(" ".join(words), " ".join(others)),
    )


def alike(one: str, other: str) -> bool:
    """Whether two printed names are evidence of one company."""
    return one == other or likeness(one, other) >= ALIKE


def bare_name(name: str) -> str:
    """A printed name without legal forms and punctuation: two that are equal are one name."""
    return " ".join(_words(name))


def _words(name: str) -> list[str]:
    """The words of a name without legal forms; all words if nothing else is left."""
    words = _NOT_A_WORD.sub(" ", name.upper().replace("'", "").replace("&", " AND ")).split()
    forms = _words_of("legal_forms")
    return [word for word in words if word not in forms] or words or [""]


@cache
def _words_of(kind: str) -> frozenset[str]:
    text = files("russell_pipeline.membership").joinpath("names.yaml").read_text(encoding="utf-8")
    told: dict[str, Sequence[str]] = yaml.safe_load(text)
    return frozenset(told[kind])

"""The words of published lists, read from vocabulary.yaml: index names, column heads, classifications, furniture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import yaml

_SIGNS = re.compile(r"[®™©]|\(R\)|\(TM\)")
_SPACES = re.compile(r"\s+")


@cache
def vocabulary() -> Mapping[str, Any]:
    """The whole of vocabulary.yaml."""
    text = files("russell_pipeline.documents").joinpath("vocabulary.yaml").read_text("utf-8")
    words: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return words


def plain(text: str) -> str:
    """Text without registered and trademark signs, in lower case, with runs of spaces as one."""
    return _SPACES.sub(" ", _SIGNS.sub("", text)).strip().lower()


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in vocabulary()[name])


@lru_cache(maxsize=1024)  # titles stand on every page
def furniture(text: str) -> str | None:
    """Whether a line is a `title` or a `footer` that lists are known to carry, None where it is neither."""
    said = plain(text)
    if any(pattern.search(said) for pattern in _patterns("footers")):
        return "footer"
    if not said or any(pattern.search(said) for pattern in _patterns("titles")):
        return "title"
    return None


def begins_legal(text: str) -> bool:
    """Whether legal text begins with this line, given as printed."""
    lowered = text.lower()
    return any(pattern.search(lowered) for pattern in _patterns("legal"))


def spoken(kind: str, text: str) -> str | None:
    """Which of the vocabulary's `changes` or `statuses` a plain line speaks of, None where it speaks of none."""
    for name, pattern in vocabulary()[kind].items():
        if re.search(pattern, text):
            return str(name)
    return None


@cache
def header_words() -> Mapping[str, str]:
    """Each word of a column head, as it may be written, and the kind of column that it heads or accompanies."""
    return {
        written: kind
        for kind, words in vocabulary()["headers"].items()
        for word in words
        for written in (word, word.title(), word.upper())
    }


@cache
def taxonomies() -> Mapping[str, frozenset[str]]:
    """The strings of each taxonomy."""
    return {name: frozenset(entry["classes"]) for name, entry in vocabulary()["taxonomies"].items()}


@cache
def taxonomy_of_header(word: str) -> str | None:
    """The taxonomy that a column head stands for: `sector` or `rgs` RGS, `industry` or `icb` ICB."""
    for name, entry in vocabulary()["taxonomies"].items():
        if word in (entry["header"], name.lower()):
            return str(name)
    return None


@cache
def classifications() -> frozenset[str]:
    """The strings of all taxonomies."""
    return frozenset().union(*taxonomies().values())


@cache
def legal_forms() -> frozenset[str]:
    """Words that end a company's name where nothing was cut from it."""
    return frozenset(vocabulary()["legal_forms"])


@cache
def _index_names() -> Mapping[str, str]:
    return {plain(name): code for code, names in vocabulary()["indexes"].items() for name in names}


_INDEX_TITLE = re.compile(r"((?:ftse )?(?:russell|s&p)(?: [\w&/.-]+)+?) (?:index|indices)\b")
_NOT_ONE_INDEX = re.compile(r"^(?:ftse )?russell(?: us| u\.s\.| equity)*$")


@cache
def index_codes() -> frozenset[str]:
    """The codes of the known indexes."""
    return frozenset(vocabulary()["indexes"])


def index_named(text: str) -> str | None:
    """The code of the index that a plain title names, None where no single index is named.

    The code of an unknown index is a slug of its title, never a guess.
    """
    match = _INDEX_TITLE.search(text)
    if match is None:
        return None
    name = match.group(1)
    known = _index_names().get(name) or _index_names().get(name.removeprefix("ftse "))
    if known:
        return known
    if _NOT_ONE_INDEX.match(name):
        return None
    return re.sub(r"[^a-z0-9]+", "-", f"{name} index").strip("-")

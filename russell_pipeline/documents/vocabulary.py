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
_LONGEST_EDGE = 120


@cache
def vocabulary() -> Mapping[str, Any]:
    """The whole of vocabulary.yaml."""
    text = files("russell_pipeline.documents").joinpath("vocabulary.yaml").read_text("utf-8")
    words: Mapping[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return words


def plain(text: str) -> str:
    """The text in lower case, without registered and trademark signs, and with single spaces."""
    return _SPACES.sub(" ", _SIGNS.sub("", text)).strip().lower()


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in vocabulary()[name])


@lru_cache(maxsize=1024)  # titles stand on every page
def furniture(text: str) -> str | None:
    """`title` or `footer` for a line that lists are known to carry, `edge` for one that may be either, else None.

    An `edge` consists only of pieces such as dates and page numbers: it is a title above the table and a footer below it.
    """
    said = plain(text)
    if any(pattern.search(said) for pattern in _patterns("footers")):
        return "footer"
    if not said or any(pattern.search(said) for pattern in _patterns("titles")):
        return "title"
    return "edge" if len(said) <= _LONGEST_EDGE and _pieces().fullmatch(said) else None


@cache
def _pieces() -> re.Pattern[str]:
    alternatives = "|".join(f"(?:{piece})" for piece in vocabulary()["pieces"])
    return re.compile(rf"(?:(?:{alternatives})(?![a-z0-9])[\s|,.;:•·–—()*-]*)+")


def begins_legal_text(text: str) -> bool:
    """Whether legal text begins with this line, given as printed."""
    lowered = text.lower()
    return any(pattern.search(lowered) for pattern in _patterns("legal"))


def terms_in(kind: str, text: str) -> list[str]:
    """Which of the vocabulary's `changes` or `statuses` a plain line names, in the order of the vocabulary."""
    return [str(name) for name, pattern in vocabulary()[kind].items() if re.search(pattern, text)]


def states_file_date(text: str) -> bool:
    """Whether the date in a plain line says when the file was made."""
    return any(pattern.search(text) for pattern in _patterns("made_on"))


@cache
def header_words() -> Mapping[str, str]:
    """The words of column heads in lower case, title case and capitals, each with its key under `headers`."""
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
def plain_classifications() -> frozenset[str]:
    """The strings of all taxonomies, as `plain` writes them."""
    return frozenset(map(plain, classifications()))


@cache
def legal_forms() -> frozenset[str]:
    """Words that end a company's full name, such as INC."""
    return frozenset(vocabulary()["legal_forms"])


@cache
def class_words() -> frozenset[str]:
    """Words before the class of a share in a company's name, such as CLASS."""
    return frozenset(vocabulary()["class_words"])


@cache
def _index_names() -> Mapping[str, str]:
    return {plain(name): code for code, names in vocabulary()["indexes"].items() for name in names}


# Text that may begin with the name of an index: from the publisher's name to the next "Russell" or other sign.
_INDEX_TITLE = re.compile(r"\b(?:russell|s&p)\b(?:(?!\brussell\b)[\w&/. -])*")
_NAME_PART = re.compile(r"[\w&/.-]*\w")
_NOT_ONE_INDEX = re.compile(r"^russell(?: us| u\.s\.| equity)*$")
_PROSE = re.compile(r"\b(?:trademarks?|registered|is|are|was|were)\b")


@cache
def index_codes() -> frozenset[str]:
    """The codes of the known indexes."""
    return frozenset(vocabulary()["indexes"])


def index_code(written: str) -> str:
    """The index code that a user wrote: a known code in upper or lower case, else a slug of it, never a guess."""
    return next((code for code in index_codes() if code == written.upper()), slug(written))


def slug(text: str) -> str:
    """The text in lower case, its words and numbers joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def index_named(text: str) -> str | None:
    """The code of the index that a plain title names; None unless it names exactly one.

    The code of an unknown index is a slug of its title, never a guess.
    """
    named = indexes_named(text)
    return named[0] if len(named) == 1 else None


def indexes_named(text: str) -> list[str]:
    """The codes of the indexes that a plain title is about: the first that it names, and any joined to it by "and" or a comma."""
    codes: list[str] = []
    end = 0
    for match in _INDEX_TITLE.finditer(text):
        if codes and text[end : match.start()].strip() not in _JOINED:
            break
        if found := _index_in(match.group(), text):
            code, length = found
            codes.append(code)
            end = match.start() + length
    return list(dict.fromkeys(codes))


_JOINED = ("and", "&", ",", "/", "and the", "and ftse", "ftse")


def _index_in(title: str, text: str) -> tuple[str, int] | None:
    """The code of the index whose name begins `title`, and the length of that name; None if it begins with no index name.

    `text` is the whole line that the title is from.
    """
    words = [(match.group(), match.end()) for match in _NAME_PART.finditer(title)]
    names = [word for word, _ in words]
    known = _index_names()
    at = next((at for at, name in enumerate(names) if name in ("index", "indices")), None)
    if at is not None and not any(_follows_index(name) and not name[0].isdigit() for name in names[:at]):
        end = words[at][1]
    else:
        # Without the word "Index", the name must begin with a known one; further words make it another index's name.
        at = next((at for at in range(len(names), 0, -1) if " ".join(names[:at]) in known), None)
        if at is None or _PROSE.search(text):
            return None
        while at < len(names) and not _follows_index(names[at]):
            at += 1
        end = words[at - 1][1]
    name = " ".join(names[:at])
    if name in known:
        return known[name], end
    return None if _NOT_ONE_INDEX.match(name) else (slug(f"{name} index"), end)


def _follows_index(word: str) -> bool:
    return any(pattern.fullmatch(word) for pattern in _patterns("after_index"))


def may_continue(text: str) -> bool:
    """Whether a plain title ends in the name of an index, which may continue on the next line."""
    return any(text.endswith(name) for name in _index_names())

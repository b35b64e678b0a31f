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
    """Text without registered and trademark signs, in lower case, with runs of spaces as one."""
    return _SPACES.sub(" ", _SIGNS.sub("", text)).strip().lower()


@cache
def _patterns(name: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in vocabulary()[name])


@lru_cache(maxsize=1024)  # titles stand on every page
def furniture(text: str) -> str | None:
    """Whether a line is a `title` or a `footer` that lists are known to carry, None where it is neither.

    An `edge` is put together from what stands at the edges of a page: above the table it is a title, below it a footer.
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


def begins_legal(text: str) -> bool:
    """Whether legal text begins with this line, given as printed."""
    lowered = text.lower()
    return any(pattern.search(lowered) for pattern in _patterns("legal"))


def spoken(kind: str, text: str) -> list[str]:
    """Which of the vocabulary's `changes` or `statuses` a plain line speaks of, in the order of the vocabulary."""
    return [str(name) for name, pattern in vocabulary()[kind].items() if re.search(pattern, text)]


def tells_when_made(text: str) -> bool:
    """Whether the date in a plain line is that of the making of the file."""
    return any(pattern.search(text) for pattern in _patterns("made_on"))


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
def plain_classifications() -> frozenset[str]:
    """The strings of all taxonomies, plain."""
    return frozenset(map(plain, classifications()))


@cache
def legal_forms() -> frozenset[str]:
    """Words that end a company's name where nothing was cut from it."""
    return frozenset(vocabulary()["legal_forms"])


@cache
def class_words() -> frozenset[str]:
    """Words that a share's class follows in a company's name."""
    return frozenset(vocabulary()["class_words"])


@cache
def _index_names() -> Mapping[str, str]:
    return {plain(name): code for code, names in vocabulary()["indexes"].items() for name in names}


# What an index is called: from the publisher's name to the word "Index", or up to what follows a name without that word.
_INDEX_TITLE = re.compile(r"\b(?:russell|s&p)\b(?:(?!\brussell\b)[\w&/. -])*")
_NAME_PART = re.compile(r"[\w&/.-]*\w")
_NOT_ONE_INDEX = re.compile(r"^russell(?: us| u\.s\.| equity)*$")
_PROSE = re.compile(r"\b(?:trademarks?|registered|is|are|was|were)\b")


@cache
def index_codes() -> frozenset[str]:
    """The codes of the known indexes."""
    return frozenset(vocabulary()["indexes"])


def index_code(written: str) -> str:
    """The code that someone wrote: a known one however it is spelt, else a slug of it, never a guess."""
    return next((code for code in index_codes() if code == written.upper()), slug(written))


def slug(text: str) -> str:
    """A text in lower case, its words and figures joined by hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def index_named(text: str) -> str | None:
    """The code of the index that a plain title names, None where no single index is named.

    The code of an unknown index is a slug of its title, never a guess.
    """
    named = indexes_named(text)
    return named[0] if len(named) == 1 else None


def indexes_named(text: str) -> list[str]:
    """The codes of the indexes that a plain title is of: the first that it names, and those joined to it by "and"."""
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
    """The code of the index that a title begins to name, and how much of the title names it."""
    words = [(match.group(), match.end()) for match in _NAME_PART.finditer(title)]
    names = [word for word, _ in words]
    known = _index_names()
    at = next((at for at, name in enumerate(names) if name in ("index", "indices")), None)
    if at is not None and not any(_follows_index(name) and not name[0].isdigit() for name in names[:at]):
        end = words[at][1]
    else:
        # Without the word, only a known name that nothing goes on with is one; what a name goes on with makes it another.
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


def may_go_on(text: str) -> bool:
    """Whether the name of an index that a plain title ends in may go on in the next line."""
    return any(text.endswith(name) for name in _index_names())

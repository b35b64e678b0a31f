"""A report as one self-contained HTML file: figures, tables, charts and the library that draws them."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import polars as pl

from russell_pipeline.display import safe_lines
from russell_pipeline.reports.charts import Spec

NOTHING = "–"
_VEGA_LITE = "6.4"


def _digits(form: str) -> Callable[[Any], str]:
    """A number format in which a value that rounds to zero has no sign."""

    def told(value: Any) -> str:
        text = format(value, form)
        return text if text.strip("+-0.,%") else text.lstrip("+-")

    return told


# How values are written. Numbers are right-aligned in tabular figures; codes and dates are never broken.
_WORDS = ("text", "code", "prose", "hash", "severity", "date")
FORMS: Mapping[str, Callable[[Any], str]] = {
    "text": str,
    "code": str,
    "prose": str,
    "severity": str,
    "hash": lambda value: str(value)[:12],
    "date": lambda value: f"{value:%Y-%m-%d}",
    "count": lambda value: f"{value:,}",
    "level": _digits(",.2f"),
    "exact": _digits(",.8f"),
    "percent": _digits(".2%"),
    "signed": _digits("+.2%"),
    "fine": _digits(".4%"),
    "change": _digits("+.4%"),
    "points": _digits(".2f"),
    "factor": _digits(".6f"),
}


def written(value: Any, form: str) -> str:
    """A value in one of `FORMS`; a dash for None."""
    return NOTHING if value is None else FORMS[form](value)


@dataclass(frozen=True)
class Column:
    """A column of a table: its name in the frame, its head, and its form (one of `FORMS`)."""

    name: str
    head: str
    form: str = "text"

    @property
    def style(self) -> str:
        """The class of its cells in the page: `number`, or the form of one with words."""
        return self.form if self.form in _WORDS else "number"


@dataclass(frozen=True, eq=False)
class Table:
    """A table: rows of a frame with a caption above and a note below; with `fold` it is closed until somebody opens it."""

    rows: pl.DataFrame
    columns: Sequence[Column]
    caption: str
    note: str = ""
    fold: bool = False

    @property
    def cells(self) -> list[list[str]]:
        """What each cell says, row by row, each written in the form of its column."""
        return [
            [written(row[column.name], column.form) for column in self.columns]
            for row in self.rows.iter_rows(named=True)
        ]


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart: its own id, a title, a sentence on what it shows, its specification, and a table of its figures with its place."""

    id: str
    title: str
    about: str
    spec: Spec
    table: Table
    place: Literal["folded", "below", "beside"] = "folded"


@dataclass(frozen=True)
class Figure:
    """One key figure: its name, its value, and a note."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Figures:
    """Key figures, side by side."""

    figures: Sequence[Figure]


@dataclass(frozen=True)
class Passage:
    """A text in two versions: a heading, a note, and its runs of words, each `same`, `removed` or `added`."""

    heading: str
    note: str
    runs: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Picture:
    """A picture (PNG) with the words that say what it shows."""

    png: bytes = field(repr=False)
    caption: str

    @property
    def address(self) -> str:
        """The picture itself, as the address of an image."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"


Block = str | Figures | Table | Chart | Passage | Picture


@dataclass(frozen=True, eq=False)
class Section:
    """A part of a report: an id, a title, and blocks. A block of text is a paragraph."""

    id: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, eq=False)
class Page:
    """A report: `kind` is what it is, `facts` what identifies it, `made_from` the version and the tables behind it."""

    kind: str
    title: str
    facts: Mapping[str, str]
    sections: Sequence[Section]
    made_from: str
    simulated: bool
    notes: Sequence[str] = field(default=())


def render(page: Page) -> str:
    """The HTML of a page. The same page gives the same text.

    Everything from data is escaped for its place: HTML by the template, specifications as JSON without characters that could end
    their element. Beyond that, the page's security policy lets nothing run but its own scripts, and nothing be fetched.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("russell_pipeline.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: safe_lines(value) if type(value) is str else value,  # not what is marked as HTML already
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["text"] = lambda block: isinstance(block, str)
    for kind in (Figures, Table, Chart, Passage, Picture):
        environment.tests[kind.__name__.lower()] = lambda block, kind=kind: isinstance(block, kind)
    environment.filters["json"] = lambda spec: as_json(shown(spec))
    charts = any(isinstance(block, Chart) for section in page.sections for block in section.blocks)
    scripts = [library()] if charts else []
    return environment.get_template("page.html.j2").render(
        page=page, style=_file("style.css"), scripts=scripts, hashes=[_hash(script) for script in scripts]
    )


def as_json(value: object) -> str:
    """JSON that is safe inside a `script` element: nothing in it is markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_UNSAFE)


def shown(value: object) -> object:
    """A value of JSON whose texts may be shown."""
    if isinstance(value, dict):
        return {key: shown(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [shown(one) for one in value]
    return safe_lines(value) if isinstance(value, str) else value


_UNSAFE = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


@cache
def library() -> str:
    """The library that draws charts, Vega with Vega-Lite, and the code that calls it: one script, safe inside its element."""
    import vl_convert

    bundle = vl_convert.javascript_bundle(_file("draw.js"), _VEGA_LITE)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _file(name: str) -> str:
    return files("russell_pipeline.reports").joinpath("templates", name).read_text("utf-8")


def _hash(script: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

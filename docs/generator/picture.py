"""The picture of the architecture, drawn from the graph of assets: `python -m docs.generator.picture > FILE.svg`.

Groups of tables stand side by side in the order of the data flow. An arc joins two groups if a table of one is made from a table
of the other: above the boxes with the flow, below them against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path

from russell_pipeline.schemas.tables import TABLES

_WIDTH, _GAP, _LINE, _HEAD = 148, 22, 16, 30
_TOP = 90  # of the boxes, below the arcs
_STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #1f2933 }
.head { font-weight: 600; font-size: 13px }
.box { fill: #ffffff; stroke: #9aa5b1 } .own { fill: #e6f0fa; stroke: #2b6cb0 } .paper { fill: #f5f7fa }
.arc { fill: none; stroke: #2b6cb0; stroke-width: 1.4; marker-end: url(#tip) }
.back { stroke-dasharray: 4 3 }"""
# What people put into landing, by the group that reads it, and who queries the catalog.
_LANDING = {
    "sources": "sources.yaml",
    "documents": "documents/",
    "membership": "reference/",
    "market": "components/ market/",
    "index": "indexes/",
}
_ASKED_BY = ("russell, the command", "open_lake, in Python", "SQL, notebooks", "reports")
_BELOW = (
    "One declaration for each table gives the Parquet schema, the checks before each write, the catalog's comments and the data"
    " dictionary.",
    "Each table is an asset of the Dagster graph, of the same name; assets read, call one pure function, and hand its rows to"
    " the lake.",
)
_TOGETHER = ("findings", "catalog")  # made from all others


def group_edges() -> set[tuple[str, str]]:
    """The pairs of groups in which a table of the second is made from a table of the first."""
    from russell_pipeline.orchestration.graph import build_graph
    from russell_pipeline.settings import Settings

    graph = build_graph(Settings(Path("data_lake"))).resolve_asset_graph()
    made_from = {key.to_user_string(): graph.get(key).parent_keys for key in graph.get_all_asset_keys()}
    edges = {
        (TABLES[parent.to_user_string()].group, table.group)
        for table in TABLES.values()
        for parent in made_from[table.name]
    }
    return {(one, other) for one, other in edges if one != other}


def architecture(groups: Mapping[str, list[str]], edges: Iterable[tuple[str, str]]) -> str:
    """The picture as SVG: `groups` of tables in the order of the flow, `edges` from group to group."""
    left = {group: 20 + at * (_WIDTH + _GAP) for at, group in enumerate(groups)}
    height = _HEAD + _LINE * max(map(len, groups.values())) + 10
    below = _TOP + height
    whole = 20 + (len(groups) + 1) * (_WIDTH + _GAP)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole} {below + 190}" role="img">',
        "<title>How data flows: from landing through the groups of tables to the catalog</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#2b6cb0"/></marker></defs>',
        f'<rect width="{whole}" height="{below + 190}" fill="#ffffff"/>',
    ]
    for group, tables in groups.items():
        lines += _box(left[group], _TOP, height, group, tables, "own")
    for one, other in sorted(edges):
        if one in left and other in left:
            lines.append(_arc(left[one], left[other], below))
    for group, file in _LANDING.items():
        lines += _box(left[group], below + 70, 44, "landing", [file], "paper")
        middle = left[group] + _WIDTH / 2
        lines.append(f'<path class="arc" d="M{middle} {below + 70} V{below + 3}"/>')
    asked = ["russell.duckdb:", "every table, copied", "", "asked by", *_ASKED_BY]
    lines += _box(whole - _WIDTH - _GAP, _TOP, height, "findings, catalog", asked, "own")
    bar = below + 132
    lines += [
        f'<rect class="box paper" x="20" y="{bar}" width="{whole - 20 - _GAP}" height="42" rx="5"/>',
        *(_text(30, bar + 18 + _LINE * at, words) for at, words in enumerate(_BELOW)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _box(x: float, y: float, height: float, head: str, lines: Iterable[str], kind: str) -> Iterator[str]:  # noqa: PLR0917
    yield f'<rect class="box {kind}" x="{x}" y="{y}" width="{_WIDTH}" height="{height}" rx="5"/>'
    yield f'<text class="head" x="{x + 10}" y="{y + 19}">{escape(head)}</text>'
    yield from (_text(x + 10, y + _HEAD + 6 + _LINE * at, line) for at, line in enumerate(lines) if line)


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x}" y="{y}">{escape(words)}</text>'


def _arc(one: float, other: float, below: float) -> str:
    """An arc from box to box, higher for a longer way; one against the flow runs below the boxes."""
    if back := other < one:
        start, end, y, tip, rise = one + _WIDTH * 0.35, other + _WIDTH * 0.65, below, below + 3, 30.0
    else:
        start, end, y, tip = one + _WIDTH * 0.65, other + _WIDTH * 0.35, _TOP, _TOP - 3
        rise = -24 - 22 * (other - one) / (_WIDTH + _GAP)
    path = f"M{start:g} {y} C{start:g} {y + rise:g} {end:g} {y + rise:g} {end:g} {tip}"
    return f'<path class="arc{" back" if back else ""}" d="{path}"/>'


def picture() -> str:
    """The picture of the pipeline as it is."""
    groups: dict[str, list[str]] = {}
    for table in TABLES.values():
        if table.group not in _TOGETHER:
            groups.setdefault(table.group, []).append(table.name)
    return architecture(groups, group_edges())


if __name__ == "__main__":
    print(picture(), end="")

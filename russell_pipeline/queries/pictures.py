"""Pictures of the lines that facts stand on: of the PDF in landing, at the place that the catalog has for each line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from russell_pipeline.documents.isolation import DrawingOrder, draw_lines
from russell_pipeline.documents.model import Box
from russell_pipeline.lake.landing import scan_documents
from russell_pipeline.queries.catalog import Answer, Question

# A document, the page and the line.
Place = tuple[str, int, int]


class Picture(NamedTuple):
    """The picture of a line of a document, a PNG, or why there is none."""

    document: str
    page: int
    line: int
    png: bytes | None
    reason: str | None = None


def lines_at(places: Sequence[Place]) -> Question:
    """The box of each of these lines, null in text files, with the name of its document."""
    documents, pages, lines = zip(*places, strict=True)
    return Question(
        f"""
        WITH asked AS (SELECT DISTINCT unnest($1::VARCHAR[]) AS document_id, unnest($2::INT[]) AS page, unnest($3::INT[]) AS line)
        SELECT document_id, page, line, d.file_name, {", ".join(Box._fields)}
        FROM asked JOIN document_lines USING (document_id, page, line) JOIN documents d USING (document_id)
        ORDER BY d.file_name, document_id, page, line
        """,
        [list(documents), list(pages), list(lines)],
    )


def line_pictures(ask: Callable[[Question], Answer], landing: Path, places: Sequence[Place]) -> dict[Place, Picture]:
    """The pictures of these lines by their places. A page is drawn once for all its lines, in a process of its own."""
    found: dict[Place, Picture] = {}
    rows = ask(lines_at(places)).rows if places else []
    landed = scan_documents(landing).documents if rows else {}
    orders: list[DrawingOrder] = []
    on_page: list[list[tuple[Place, str]]] = []
    for (document_id, page, name), group in groupby(rows, lambda row: (row[0], row[1], row[3])):
        lines = {(document_id, page, row[2]): Box(*row[4:]) for row in group if row[4] is not None}
        if lines and document_id in landed:
            orders.append(DrawingOrder(document_id, landed[document_id].path, page, list(lines.values())))
            on_page.append([(place, name) for place in lines])
        for place in lines if document_id not in landed else ():
            found[place] = Picture(name, page, place[2], None, f"{name} is gone from landing/documents")
    for lines_drawn, drawn in zip(on_page, draw_lines(orders), strict=True):
        for at, (place, name) in enumerate(lines_drawn):
            png, reason = (None, f"{name} {drawn}") if isinstance(drawn, str) else (drawn[at], None)
            found[place] = Picture(name, place[1], place[2], png, reason)
    return found

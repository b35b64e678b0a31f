"""The generated part of docs/glossary.md: the terms, from the glossary."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generator.parts import Parts
from russell_pipeline.glossary import Glossary, Term


def parts(glossary: Glossary) -> Parts:
    """`glossary`: a section for each term with its definition, its source and links to the terms beside it."""
    return {"glossary": (line for name, term in glossary.terms.items() for line in _section(name, term, glossary))}


def _section(name: str, term: Term, glossary: Glossary) -> Iterator[str]:
    yield from ("", f"## {name}", "", term.definition)
    if term.source is not None:
        yield from ("", f"Source: {glossary.documents[term.source.document]}, {_place(term.source.clause)}.")
    if term.see:
        yield from ("", f"See {', '.join(f'[{other}](#{_anchor(other)})' for other in term.see)}.")


def _place(clause: str) -> str:
    return f"clause {clause}" if clause[0].isdigit() else f"“{clause}”"


def _anchor(name: str) -> str:
    """The anchor that code hosts and the site give a heading."""
    return name.lower().replace(" ", "-")

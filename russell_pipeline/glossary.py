"""The glossary (glossary.yaml): the terms of the field as tables, pages and the UI use them, each with what defines it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Source(BaseModel):
    """The place that defines a term: a document, by its key in `Glossary.documents`, and the clause in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: str
    clause: str


class Term(BaseModel):
    """What a term means, in one or two sentences; where a document defines it; the names of terms to read beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    definition: str = Field(min_length=1)
    source: Source | None = None
    see: tuple[str, ...] = ()


class Glossary(BaseModel):
    """The titles of the documents that define terms, by key, and the terms by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documents: Mapping[str, str]
    terms: Mapping[str, Term]


@cache
def glossary() -> Glossary:
    """The glossary that ships with the package."""
    text = files("russell_pipeline").joinpath("glossary.yaml").read_text("utf-8")
    return Glossary.model_validate(yaml.safe_load(text))


def terms() -> Mapping[str, Term]:
    """The terms by name, in alphabetical order."""
    return glossary().terms

"""Facts about each index: its nominal size and, for a derived one, the two indexes it is the difference of (indexes.yaml)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Index(BaseModel):
    """An index by its rules; `nominal` members, a `difference` of two others, held `within` another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    nominal: int | None = None
    tolerance: float = 0.0
    difference: tuple[str, str] | None = None
    within: str | None = None
    reconstituted: bool = True
    source: str


@cache
def indexes() -> dict[str, Index]:
    """The indexes by code."""
    text = files("russell_pipeline.membership").joinpath("indexes.yaml").read_text(encoding="utf-8")
    return {code: Index.model_validate(told) for code, told in yaml.safe_load(text).items()}


def is_reconstituted(code: str) -> bool:
    """Whether an index is reconstituted with the Russell US indexes; one that is not known is."""
    index = indexes().get(code)
    return index is None or index.reconstituted


def derived_from(code: str) -> tuple[str, str] | None:
    """The two indexes that one is the difference of, None for an index that is not derived."""
    index = indexes().get(code)
    return index.difference if index else None

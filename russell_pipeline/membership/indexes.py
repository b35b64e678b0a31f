"""Facts about each index (indexes.yaml): its nominal size and, if it is derived, the two indexes it is the difference of."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class Index(BaseModel):
    """An index by its rules: its `nominal` size, the two others it is the `difference` of, the one it is `within`."""

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
    """Whether an index is reconstituted with the Russell US indexes, as an unknown one is taken to be."""
    index = indexes().get(code)
    return index is None or index.reconstituted


def derived_from(code: str) -> tuple[str, str] | None:
    """The two indexes that an index is the difference of, None if it is not derived."""
    index = indexes().get(code)
    return index.difference if index else None

"""The thresholds of market checks, as data with their reasons (thresholds.yaml)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Thresholds(BaseModel):
    """The thresholds of all checks; `move` and `material_action` are fractions of 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_currency: str = Field(pattern="^[A-Z]{3}$")
    move: float = Field(gt=0, lt=1)
    stale_sessions: int = Field(ge=2, le=15)  # checks look back one month at most
    material_action: float = Field(gt=0, lt=1)
    examples: int = Field(ge=1)

    def first_few(self, names: Sequence[str]) -> str:
        """The first `examples` names, and how many more there are."""
        more = len(names) - self.examples
        return ", ".join(names[: self.examples]) + (f" and {more:,} more" if more > 0 else "")


def log_of_fall(part: float) -> float:
    """The size of the logarithm of a fall by this fraction; the rise that undoes it has the same."""
    return -math.log(1 - part)


@cache
def thresholds() -> Thresholds:
    """The project's thresholds. Raises ValueError if one has no source."""
    entries: dict[str, dict[str, Any]] = yaml.safe_load(_text())
    if without := [name for name, one in entries.items() if not one.get("source")]:
        raise ValueError(f"thresholds without a source: {', '.join(without)}")
    return Thresholds.model_validate({name: one["value"] for name, one in entries.items()})


@cache
def thresholds_sha256() -> str:
    """SHA-256 of the thresholds' text: when it changes, every month is checked again."""
    return hashlib.sha256(_text().encode()).hexdigest()


def _text() -> str:
    return files("russell_pipeline.market.checks").joinpath("thresholds.yaml").read_text(encoding="utf-8")

"""The register of versions of the calculation (calculations.yaml): how each changed the levels of the same inputs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Calculation(BaseModel):
    """A version of the calculation: its number, the day since which it is used, and its changes, a sentence each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(ge=1)
    since: date
    changes: tuple[str, ...]


@cache
def calculations() -> Sequence[Calculation]:
    """The versions, from the first that lakes record to the present one."""
    text = files("russell_pipeline.index").joinpath("calculations.yaml").read_text("utf-8")
    return tuple(Calculation.model_validate(entry) for entry in yaml.safe_load(text))


def changed_since(version: int | None) -> str | None:
    """The changes of the calculation since a version, as a reason; None if there are none. Without a version, since the first.

    >>> changed_since(calculations()[-1].version) is None
    True
    """
    first = calculations()[0]
    newer = [one for one in calculations() if one.version > (version or first.version)]
    if not newer:
        return None
    return f"the calculation changed ({'; '.join(f'{one.version}: ' + '; '.join(one.changes) for one in newer)})"

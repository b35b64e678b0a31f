"""The register of policies (policies.yaml): what a definition may decide, the options, and the clause behind each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Limit(BaseModel):
    """A figure that an option of a policy depends on, and its default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    default: int | float


class Policy(BaseModel):
    """A decision that ground rules leave open: the clause, others that bear on it, and what each option changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    clause: str
    also: tuple[str, ...] = ()
    about: str
    options: Mapping[str, str] = Field(min_length=1)
    limits: Mapping[str, Limit] = Field(default_factory=dict)

    @property
    def default(self) -> str:
        """The first option."""
        return next(iter(self.options))


@cache
def policies() -> Mapping[str, Policy]:
    """The policies by name, in the order of the register."""
    text = files("russell_pipeline.index").joinpath("policies.yaml").read_text("utf-8")
    return {name: Policy.model_validate(told) for name, told in yaml.safe_load(text).items()}


def resting_on(clause: str) -> list[str]:
    """The policies that rest on a clause or on a subclause of it."""
    return [
        name
        for name, policy in policies().items()
        if any(f"{own}.".startswith(f"{clause}.") for own in (policy.clause, *policy.also))
    ]

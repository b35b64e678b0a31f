"""The register of policies (policies.yaml): each decision that a definition takes, its options, and the clause behind it."""

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
    """A decision that ground rules leave open: the clause, other clauses that bear on it, and the effect of each option."""

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
    return {name: Policy.model_validate(entry) for name, entry in yaml.safe_load(text).items()}


def policies_on_clause(clause: str) -> list[str]:
    """The names of the policies that rest on a clause, such as 5.2, or on a subclause of it."""
    return [
        name
        for name, policy in policies().items()
        if any(f"{of_policy}.".startswith(f"{clause}.") for of_policy in (policy.clause, *policy.also))
    ]

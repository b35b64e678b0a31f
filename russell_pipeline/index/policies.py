"""The register of policies (policies.yaml): each decision that a definition takes, its options, and the clause behind it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class Limit(BaseModel):
    """A figure that an option of a policy depends on, and its default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    default: int | float


class Option(BaseModel):
    """An option of a policy: what it does and changes in one sentence, and the figures that it stands for, with their source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    does: str
    figures: Mapping[str, float] = Field(default_factory=dict)
    source: str | None = None


def _sentence_alone(value: object) -> object:
    return {"does": value} if isinstance(value, str) else value


class Policy(BaseModel):
    """A decision that ground rules leave open: the clause, other clauses that bear on it, and the effect of each option.

    All options of a policy stand for the same figures. `since` is the release that brought the policy, None for those of the
    first: a lake made before it has the default without saying so.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    clause: str
    also: tuple[str, ...] = ()
    since: str | None = None
    about: str
    options: Mapping[str, Annotated[Option, BeforeValidator(_sentence_alone)]] = Field(min_length=1)
    limits: Mapping[str, Limit] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _same_figures(self) -> Self:
        if len({frozenset(option.figures) for option in self.options.values()}) > 1:
            raise ValueError("all options of a policy have the same figures")
        return self

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

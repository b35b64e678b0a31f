"""Index definitions: the keys of their YAML, the refusal of a faulty one, and the definitions that ship with the package."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import ErrorDetails

from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.index.policies import policies
from russell_pipeline.yaml_text import YamlRefused, plain_values

SHIPPED = ("rscc9010",)
_STEPS = 5  # of differences of differences
_REMEMBERED = 2**10  # definitions: a run reads the same files for each of its steps

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")]
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def _number(value: object) -> object:
    """A number, or a text that is one: in quotes, or such as 1e3, which YAML 1.1 reads as a text."""
    if not isinstance(value, str):
        return value
    if not _NUMBER.fullmatch(value.strip()):
        raise ValueError(f"{value[:80]!r} is no number, write digits with a decimal point, such as 1000 or 0.5")
    return float(value)


Number = Annotated[float, Field(strict=True, allow_inf_nan=False), BeforeValidator(_number)]


def _day(value: object) -> object:
    """A date, or a text that is one."""
    try:
        return dt.date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError(f"{value!r} is no day, write YYYY-MM-DD") from None


def _default(policy: str) -> Any:
    return Field(default=policies()[policy].default)


def _units(value: float) -> float:
    if value == 0:
        raise ValueError("0 units are no leg")
    if not 1e-6 <= abs(value) <= 1e6:
        raise ValueError("units are from 0.000001 to 1000000, of either sign")
    return value


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Base(_Data):
    """The base: the level at the close of a session."""

    date: Annotated[dt.date, Field(strict=True), BeforeValidator(_day)]
    value: Annotated[Number, Field(ge=1e-6, le=1e9)]


class Leg(_Data):
    """A component and its units, the ratio of its total to that of the other leg; negative if it is short."""

    component: Code
    units: Annotated[Number, AfterValidator(_units)]


class Derived(_Data):
    """A component that is the difference of two others."""

    difference: tuple[Code, Code]


class Policies(_Data):
    """The option chosen for each policy of the register (policies.yaml); the first option is the default."""

    short_only_names: str = _default("short_only_names")
    negative_factors: str = _default("negative_factors")
    corporate_actions: str = _default("corporate_actions")
    total_return: str = _default("total_return")
    dividend_tax: str = _default("dividend_tax")
    price_cutoff: str = _default("price_cutoff")
    cutoff_holiday: str = _default("cutoff_holiday")
    missing_price: str = _default("missing_price")
    leavers: str = _default("leavers")
    rounding: str = _default("rounding")
    corrections: str = _default("corrections")

    @field_validator("*", mode="before")
    @classmethod
    def _an_option(cls, value: object, field: ValidationInfo) -> object:
        options = policies()[str(field.field_name)].options
        if not isinstance(value, str) or value not in options:
            raise ValueError(f"{str(value)[:80]!r} is none of {', '.join(options)}")
        return value

    @model_serializer(mode="wrap")
    def _as_releases_before(self, written: SerializerFunctionWrapHandler) -> dict[str, str]:
        """The options by policy, without the default of one that lakes of earlier releases do not know."""
        chosen: dict[str, str] = written(self)
        return {
            name: option
            for name, option in chosen.items()
            if policies()[name].since is None or option != policies()[name].default
        }

    def figure(self, policy: str, name: str) -> float:
        """A figure that the option chosen for a policy stands for, as the register has it."""
        return policies()[policy].options[getattr(self, policy)].figures[name]


def _limit(name: str) -> Any:
    return Field(default=policies()["corrections"].limits[name].default, gt=0, le=1e6)


class CorrectionLimits(_Data):
    """The limits within which the policy on corrections lets published levels stand."""

    basis_points: Number = _limit("basis_points")
    sessions: Annotated[int, Field(strict=True)] = _limit("sessions")


class Rulebook(_Data):
    """The clauses that a definition implements, by number, with the SHA-256 of each text."""

    document: str = Field(max_length=1_000)
    clauses: Mapping[str, Annotated[str, Field(pattern="^[0-9a-f]{64}$")]]


class Definition(_Data):
    """An index: its base, its legs, and the policies for what ground rules leave open."""

    code: Code
    name: str = Field(min_length=1, max_length=500)
    currency: str = Field(pattern="^[A-Z]{3}$")
    base: Base
    legs: tuple[Leg, ...]
    components: Mapping[Code, Derived] = Field(default_factory=dict, max_length=100)
    policies: Policies = Field(default_factory=Policies)
    correction_limits: CorrectionLimits = Field(default_factory=CorrectionLimits)
    rulebook: Rulebook | None = None

    @model_validator(mode="after")
    def _one_long_leg(self) -> Self:
        """Refuse any legs but one long leg, alone or with one short leg."""
        names = [leg.component for leg in self.legs]
        if len(set(names)) < len(names):
            raise ValueError("`legs` name a component twice")
        if sorted(leg.units > 0 for leg in self.legs) not in ([True], [False, True]):
            raise ValueError("`legs` must be one long leg (units above 0), alone or with one short leg (units below 0)")
        return self

    @model_validator(mode="after")
    def _derived_in_few_steps(self) -> Self:
        """Refuse a component that is derived from itself, or in more than a few steps: each step may double the work."""
        for name in self.components:
            if self._rests_on_itself(name):
                raise ValueError(f"`components.{name}` is derived from itself")
        steps: dict[str, int] = {}
        for name in self.components:
            if self._steps(name, steps) > _STEPS:
                raise ValueError(f"`components.{name}` is derived in more than {_STEPS} steps")
        return self

    def _rests_on_itself(self, name: str) -> bool:
        reached: set[str] = set()
        ahead = [*self.components[name].difference]
        while ahead:
            part = ahead.pop()
            if part not in reached and part in self.components:
                ahead += self.components[part].difference
            reached.add(part)
        return name in reached

    def _steps(self, name: str, known: dict[str, int]) -> int:
        """The number of steps in which a component is derived; 0 if it has files."""
        if name not in known:
            parts = self.components[name].difference if name in self.components else ()
            known[name] = 1 + max((self._steps(part, known) for part in parts), default=-1)
        return known[name]

    @property
    def long(self) -> Leg:
        """The leg with positive units; a definition has exactly one."""
        return next(leg for leg in self.legs if leg.units > 0)

    @property
    def short(self) -> Leg | None:
        """The leg with negative units, which is subtracted; None in an index of one leg."""
        return next((leg for leg in self.legs if leg.units < 0), None)


@lru_cache(_REMEMBERED)
def load_definition(text: str | bytes, name: str) -> Definition:
    """Read the definition in a YAML text; the stem of its file `name` must be the code.

    Raises IndexRefusal with one sentence for each fault, which names the key.
    """
    try:
        data = plain_values(text)
    except YamlRefused as refused:
        place = f", line {refused.line}" if refused.line else ""
        raise IndexRefusal(f"{name}{place}: {refused.problem}") from None
    if not isinstance(data, dict):
        raise IndexRefusal(f"{name}: a definition has the keys {', '.join(Definition.model_fields)}; this has none")
    try:
        definition = Definition.model_validate(data)
    except ValidationError as invalid:
        raise IndexRefusal(*(f"{name}: {_sentence(error)}" for error in invalid.errors())) from None
    if definition.code != (stem := name.rpartition("/")[2].rpartition(".")[0] or name):
        raise IndexRefusal(f"{name}: `code` is {definition.code}, but the file is called {stem}")
    return definition


@cache
def shipped_definitions() -> Mapping[str, Definition]:
    """The definitions that ship with the package, by code."""
    folder = files("russell_pipeline.index")
    loaded = (
        load_definition(folder.joinpath(f"{name}.yaml").read_text("utf-8"), f"{name.upper()}.yaml") for name in SHIPPED
    )
    return {definition.code: definition for definition in loaded}


def _sentence(error: ErrorDetails) -> str:
    path = [str(part) for part in error["loc"] if part != "[key]"]
    key = ".".join(path)
    if "[key]" in error["loc"]:
        return f"`{key}`: write {path[-1]} in quotes, a key is a text"
    match error["type"]:
        case "missing":
            return f"`{key}` is missing"
        case "extra_forbidden":
            keys = _known_keys(path[:-1])
            return f"`{key}` is no key of a definition; {'.'.join(path[:-1]) or 'it'} has {', '.join(keys)}"
        case "value_error":
            problem = str(error["ctx"]["error"])
            return f"`{key}`: {problem}" if key else problem
    problem = error["msg"][:1].lower() + error["msg"][1:]
    return f"`{key}`: {problem}, not {str(error['input'])[:80]!r}"


_PARTS: Mapping[str, type[BaseModel]] = {
    "base": Base,
    "legs": Leg,
    "components": Derived,
    "policies": Policies,
    "correction_limits": CorrectionLimits,
    "rulebook": Rulebook,
}


def _known_keys(path: list[str]) -> list[str]:
    """The keys of the definition, or of one of its parts."""
    return list((_PARTS[path[0]] if path else Definition).model_fields)

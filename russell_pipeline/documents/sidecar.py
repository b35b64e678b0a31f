"""The sidecar NAME.yaml beside a document: facts that its text does not state, and decisions on lines that are in doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from russell_pipeline.documents import decisions
from russell_pipeline.documents.decisions import LineDecision
from russell_pipeline.errors import Refusal
from russell_pipeline.yaml_text import YamlRefused, plain_values

REVIEW = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"


class SuppliedFacts(BaseModel):
    """The facts of a sidecar, all optional; any other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,79}$")] | None = None
    change: Literal["addition", "deletion"] | None = None
    status: Literal["preliminary", "updated", "final"] | None = None
    as_of: date | None = None
    published_on: date | None = None
    review: Annotated[str, Field(pattern=REVIEW)] | None = None
    review_year: Annotated[int, Field(ge=1984, le=2100)] | None = None
    as_printed: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] | None = None


class Sidecar(SuppliedFacts):
    """A sidecar: facts, and what single lines are."""

    lines: tuple[LineDecision, ...] = ()

    @property
    def facts(self) -> dict[str, object]:
        """The facts that it has, by their names."""
        return self.model_dump(include=set(SuppliedFacts.model_fields), exclude_none=True)


EXPECTED = {
    "index": "an index code such as R3000",
    "change": "addition or deletion",
    "status": "preliminary, updated or final",
    "as_of": "a date such as 2023-06-23",
    "published_on": "a date such as 2023-06-23",
    "review": "a review such as 2023-06",
    "review_year": "a year from 1984 to 2100",
    "as_printed": 'a list of parts of ground rules, in quotes, such as ["5.7", "Appendix B", "page 14"]',
}


def read_sidecar(data: bytes, name: str) -> Sidecar:
    """Parse a sidecar; an empty file has no keys.

    Raises Refusal when it is not a valid sidecar, naming the file, the key and the expected value.
    """
    content = load_yaml(data, f"its sidecar {name}")
    if content is None:
        return Sidecar()
    if not isinstance(content, dict):
        raise Refusal(f"its sidecar {name} must hold keys and values, such as `index: R3000`")
    if "lines" in content:
        content = content | {"lines": _decisions(content["lines"], name)}
    try:
        sidecar = Sidecar.model_validate(content)
    except ValidationError as error:
        raise Refusal(f"its sidecar {name} is refused: {'; '.join(problems_of(error, Sidecar, EXPECTED))}") from None
    if sidecar.review and sidecar.review_year and int(sidecar.review[:4]) != sidecar.review_year:
        raise Refusal(
            f"its sidecar {name} contradicts itself: review {sidecar.review}, review_year {sidecar.review_year}"
        )
    return sidecar


def _decisions(entries: object, name: str) -> list[LineDecision]:
    """The decisions of a sidecar, one for a line. Raises Refusal for one that is wrong, naming it and what is wrong."""
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise Refusal(f"its sidecar {name} is refused: `lines` must hold a list, such as `- page: 1`")
    found: dict[tuple[int, int], LineDecision] = {}
    for place, entry in enumerate(entries, 1):
        try:
            decision = LineDecision.model_validate(entry)
        except ValidationError as error:
            wrong = "; ".join(problems_of(error, LineDecision, decisions.EXPECTED))
            raise Refusal(f"its sidecar {name} is refused: entry {place} of `lines`: {wrong}") from None
        if found.setdefault((decision.page, decision.line), decision) is not decision:
            raise Refusal(f"its sidecar {name} decides page {decision.page}, line {decision.line} twice")
    return list(found.values())


def load_yaml(data: bytes, name: str) -> object:
    """Parse YAML into plain types. Raises Refusal, naming the file and the problem, when it is not YAML or too much of it."""
    try:
        return plain_values(data)
    except YamlRefused as refused:
        place = f", line {refused.line}" if refused.line else ""
        raise Refusal(f"{name} {refused}{place}") from None


def problems_of(
    error: ValidationError, model: type[BaseModel], expected: Mapping[str, str], secret: str | None = None
) -> Iterator[str]:
    """A short description of each error in a mapping; the value of the key `secret` is not repeated."""
    for wrong in error.errors(include_url=False):
        key = ".".join(part for part in wrong["loc"] if isinstance(part, str))
        match wrong["type"]:
            case "extra_forbidden":
                yield f"the key {key!r} is not one of {', '.join(model.model_fields)}"
            case "missing":
                yield f"the key {key!r} is missing"
            case "value_error":
                yield str(wrong["ctx"]["error"])
            case "model_type":
                yield "it must hold keys and values"
            case _ if key == secret:
                yield f"{key}: is not {expected[key]}"
            case _:
                yield f"{key}: {_said(wrong['input'])} is not {expected.get(key, wrong['msg'])}"


def _said(value: object) -> str:
    """The first 80 characters of a value; a collection is not printed, as YAML aliases can make it endless."""
    return "a collection" if isinstance(value, list | dict | set) else repr(str(value)[:80])

"""The sidecar NAME.yaml beside a document: facts that its text does not state, under the keys of `Sidecar`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from russell_pipeline.errors import Refusal
from russell_pipeline.yaml_text import YamlRefused, plain_values

REVIEW = r"^(19|20)\d\d-(0[1-9]|1[0-2])$"


class Sidecar(BaseModel):
    """The keys of a sidecar, all optional; any other key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    index: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,79}$")] | None = None
    change: Literal["addition", "deletion"] | None = None
    status: Literal["preliminary", "updated", "final"] | None = None
    as_of: date | None = None
    published_on: date | None = None
    review: Annotated[str, Field(pattern=REVIEW)] | None = None
    review_year: Annotated[int, Field(ge=1984, le=2100)] | None = None
    as_printed: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] | None = None


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
    try:
        sidecar = Sidecar.model_validate(content)
    except ValidationError as error:
        raise Refusal(f"its sidecar {name} is refused: {'; '.join(problems_of(error, Sidecar, EXPECTED))}") from None
    if sidecar.review and sidecar.review_year and int(sidecar.review[:4]) != sidecar.review_year:
        raise Refusal(
            f"its sidecar {name} contradicts itself: review {sidecar.review}, review_year {sidecar.review_year}"
        )
    return sidecar


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
        key = ".".join(str(part) for part in wrong["loc"])
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

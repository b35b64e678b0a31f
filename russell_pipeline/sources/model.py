"""Sources: the address of a document and the facts that its text does not state, and the file that lists all of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, model_validator

from russell_pipeline.documents.sidecar import EXPECTED, SuppliedFacts, load_yaml, problems_of
from russell_pipeline.errors import Refusal

# The characters of RFC 3986, section 2; others must be percent-encoded. That excludes the backslash, on which clients disagree.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+", re.IGNORECASE)
_HIDDEN = "***"
_EXPECTED = {
    **EXPECTED,
    "address": "an address such as https://example.org/list.pdf, with other characters percent-encoded",
    "allow_http": "true or false",
}


class Source(SuppliedFacts):
    """The address of a document, and the facts for its sidecar. The address may hold credentials; `shown` does not."""

    address: Annotated[str, Field(repr=False)]
    allow_http: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _is_fetched_safely(self) -> Source:
        if not _is_address(self.address):
            raise ValueError(f"address: is not {_EXPECTED['address']}")
        if self.scheme == "http" and not self.allow_http:
            raise ValueError("address: is not https; `allow_http: true` beside it fetches it unprotected")
        return self

    @property
    def scheme(self) -> str:
        """The scheme of the address: https, http or file."""
        return urlsplit(self.address).scheme

    @cached_property
    def shown(self) -> str:
        """The address as it may be shown: without credentials."""
        return shown(self.address)

    @cached_property
    def source_id(self) -> str:
        """Tells sources apart, even those whose addresses are shown alike: a hash of the address without its credentials."""
        parts = urlsplit(self.address)
        bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
        return hashlib.sha256(bare.encode()).hexdigest()[:12]

    def sidecar(self, lines: object = None) -> dict[str, object]:
        """The content of the sidecar of its document: the source's facts, and these decisions on `lines`, if there are any."""
        facts = self.model_dump(include=set(SuppliedFacts.model_fields), exclude_none=True)
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in sorted(facts.items())}
        return plain | ({"lines": lines} if lines else {})


@dataclass(frozen=True, slots=True)
class Listed:
    """The content of a list of sources: those that can be asked, and a sentence for each that cannot."""

    sources: Sequence[Source] = ()
    problems: Sequence[str] = ()


def read_sources(data: bytes, name: str) -> Listed:
    """The sources in a YAML list: mappings with `address` and, as needed, `allow_http` and the keys of a sidecar.

    A wrong entry does not affect the others. Problems never show an address in full, because it may hold credentials.
    """
    try:
        content = load_yaml(data, name)
    except Refusal as refusal:
        return Listed(problems=[str(refusal)])
    if content is None:
        return Listed()
    if not isinstance(content, list):
        return Listed(problems=[f"{name} must hold a list, such as `- address: https://example.org/list.pdf`"])
    found: dict[str, Source] = {}
    problems: list[str] = []
    for place, entry in enumerate(content, 1):
        try:
            source = Source.model_validate(entry)
        except ValidationError as error:
            wrong = "; ".join(problems_of(error, Source, _EXPECTED, secret="address"))
            problems.append(f"source {place} of {name} is refused: {wrong}")
            continue
        if source.source_id in found:
            problems.append(f"source {place} of {name} is listed before: {source.shown}")
        found.setdefault(source.source_id, source)
    return Listed(list(found.values()), problems)


def shown(address: str) -> str:
    """An address that is safe to show: without user, password, path parameters, fragment and the values of its query."""
    try:
        parts = urlsplit(address)
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is none"
    query = "&".join(
        f"{name}={_HIDDEN}" if equals else _HIDDEN
        for name, equals, _ in (pair.partition("=") for pair in parts.query.split("&") if pair)
    )
    path = re.sub(r";[^/]*", "", parts.path)
    return f"{parts.scheme}://{host}{port}{path}{'?' if query else ''}{query}"


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(_ADDRESS.fullmatch(address) and parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False

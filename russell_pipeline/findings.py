"""A finding: something that a person should look at. The package of each area decides what counts as one."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One finding. `severity` is `info`, `warning` or `error`; an error means that something was kept out of the tables."""

    area: str
    severity: str
    subject: str
    message: str
    document_id: str | None = None
    page: int | None = None
    line: int | None = None

"""All generated parts, from the data that ships."""

from __future__ import annotations

from docs.generator import calendar, tables
from docs.generator import glossary as words
from docs.generator import policies as register
from docs.generator.parts import Parts
from russell_pipeline.calendar.rules import shipped_rules
from russell_pipeline.glossary import glossary
from russell_pipeline.index.policies import policies
from russell_pipeline.schemas.tables import TABLES


def all_parts() -> Parts:
    """The lines of each part by its name."""
    made: dict[str, list[str]] = {}
    every = (
        calendar.parts(shipped_rules()),
        register.parts(policies()),
        tables.parts(TABLES.values()),
        words.parts(glossary()),
    )
    for parts in every:
        made |= {name: list(lines) for name, lines in parts.items()}
    return made

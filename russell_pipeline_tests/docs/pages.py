"""The pages whose examples are run: those that make lakes first, the others after them, in the same folder."""

from __future__ import annotations

from pathlib import Path

from russell_pipeline_tests.conftest import PROJECT

# What a desk would have downloaded; made up, for the real ones belong to their publishers.
DOWNLOADS = Path(__file__).parent / "downloads"

_FIRST = ("docs/tutorial.md", "docs/own-data.md")
_ALL = {"README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in (PROJECT / "docs").glob("*.md"))}

PAGES = (*_FIRST, *sorted(_ALL - {*_FIRST}))

"""Every console, Python and YAML block of README and docs is true: the tutorial makes the lake that the others ask.

`make docs` runs them; they are no part of `make test`, for whose minutes they are too slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest import SkipTest

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from russell_pipeline.cli import main as russell
from russell_pipeline.index.definition import load_definition
from russell_pipeline.sources.model import read_sources
from russell_pipeline_tests.conftest import PROJECT
from russell_pipeline_tests.docs.console import Shell
from russell_pipeline_tests.docs.pages import DOWNLOADS, PAGES

pytestmark = pytest.mark.docs


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("docs"), DOWNLOADS)
    yield shell
    shell.close()


def _examples(page: Path, shell: Shell) -> Iterator[Example]:
    parsers = (
        SkipParser(),
        PythonCodeBlockParser(),
        CodeBlockParser("console", lambda example: shell.check(example.parsed)),
        CodeBlockParser("yaml", lambda example: _read(example.parsed)),
    )
    document = Sybil(parsers).parse(page)
    document.namespace["commands"] = russell.commands
    return document.examples()


def _read(text: str) -> None:
    """Read an example of a definition or of sources as the pipeline reads it."""
    first = text.splitlines()[0]
    if first.startswith("code: "):
        load_definition(text, f"{first.removeprefix('code: ')}.yaml")
    else:
        assert not read_sources(text.encode(), "sources.yaml").problems


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_are_true(page: str, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(shell.folder)
    for example in _examples(PROJECT / page, shell):
        with suppress(SkipTest):  # of one example, not of the page
            example.evaluate()

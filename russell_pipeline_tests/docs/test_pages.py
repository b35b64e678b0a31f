"""Protects readers from links that lead nowhere, and from commands and targets that there are not."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from russell_pipeline.cli import main as russell
from russell_pipeline_tests.conftest import PROJECT
from russell_pipeline_tests.docs.line_to_row import DOCUMENT, PICTURE, fields, row

AT_THE_TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")
DOCS = PROJECT / "docs"
PAGES = [PROJECT / name for name in AT_THE_TOP] + sorted([*DOCS.glob("*.md"), *DOCS.glob("decisions/*.md")])
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def _tokens(page: Path) -> Iterator[Token]:
    for block in MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8")):
        yield block
        yield from block.children or ()


def _commands(page: Path) -> Iterator[list[str]]:
    """What is typed on a page, in blocks and in the text, as words; not in a block that is not run yet."""
    skipped = False
    for token in _tokens(page):
        if token.type == "html_block":
            skipped = "<!-- skip: next" in token.content
        elif token.type == "fence" and skipped:
            skipped = False
        elif token.type == "code_inline":
            yield token.content.split()
        elif token.type == "fence" and token.info in ("console", "sh"):
            for line in token.content.splitlines():
                if token.info == "sh" or line.startswith("$ "):
                    yield line.removeprefix("$ ").split(" #")[0].split()


@every_page
def test_relative_links_lead_to_files_of_the_project(page: Path) -> None:
    for token in _tokens(page):
        target = token.attrs.get("href") or token.attrs.get("src")
        if target and not re.match(r"[a-z]+:|#", str(target)):
            assert (page.parent / str(target).partition("#")[0]).exists(), target


@every_page
def test_commands_and_their_options_exist(page: Path) -> None:
    for words in _commands(page):
        if words[:1] != ["russell"] or len(words) < 2 or not re.fullmatch(r"[a-z]+", words[1]):
            continue
        command = russell.commands[words[1]]
        known = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
        used = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert used <= known | {"--help"}, shlex.join(words)


@every_page
def test_targets_of_make_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for words in _commands(page):
        if words[:1] == ["make"]:
            assert set(words[1:]) <= set(targets), words


def test_the_picture_of_the_readme_shows_the_row_that_is_read() -> None:
    shown = PICTURE.read_text("utf-8")
    found = fields(row())
    assert (found["page"], found["line"]) == ("7", "6")
    assert DOCUMENT.name in found.values()
    for value in found.values():
        assert f">{value}</text>" in shown


def test_every_test_that_the_page_on_security_names_exists() -> None:
    named = re.findall(r"`(test_\w+)`", (PROJECT / "docs" / "security.md").read_text("utf-8"))
    tests = "".join(file.read_text("utf-8") for file in (PROJECT / "russell_pipeline_tests").rglob("test_*.py"))
    assert named
    assert [name for name in named if f"def {name}(" not in tests] == []

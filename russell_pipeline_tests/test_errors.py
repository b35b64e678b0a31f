"""The family of exceptions: who belongs to it, and what the command line makes of each kind."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from inspect import isclass
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import russell_pipeline
from russell_pipeline import errors
from russell_pipeline.cli.main import Commands
from russell_pipeline.errors import (
    LakeBusy,
    LakeError,
    NoCatalog,
    NothingKnown,
    Refusal,
    RussellError,
    StatementRefused,
    StatementStopped,
    StoreError,
    UnknownIndex,
    WorkStopped,
    WrongCall,
)
from russell_pipeline.index.model import IndexRefusal
from russell_pipeline.lake.store import DamagedFile
from russell_pipeline.orchestration.failures import CannotAccept, ClockBehind, RunFailed
from russell_pipeline.yaml_text import YamlRefused

KINDS = (WrongCall, Refusal, WorkStopped, LakeError)
# Warnings are answers all the same, and click's own exceptions are what the command line shows.
OTHERS = (Warning, click.ClickException)


def exceptions_defined() -> set[type[Exception]]:
    """The exception classes that the modules of the package define, those of `OTHERS` left out."""
    found: set[type[Exception]] = set()
    for module in pkgutil.walk_packages(russell_pipeline.__path__, "russell_pipeline."):
        if not module.name.endswith(".__main__"):
            found |= {
                one
                for one in vars(import_module(module.name)).values()
                if isclass(one) and issubclass(one, Exception) and one.__module__ == module.name
            }
    return {one for one in found if not issubclass(one, OTHERS)}


def test_every_exception_of_the_package_is_of_one_kind() -> None:
    found = exceptions_defined()
    assert {*KINDS, IndexRefusal, DamagedFile, RunFailed, YamlRefused} < found
    assert {one: kinds for one in found - {RussellError} if len(kinds := _kinds(one)) != 1} == {}


def _kinds(one: type[Exception]) -> list[type[RussellError]]:
    return [kind for kind in KINDS if issubclass(one, kind)]


def test_value_errors_of_the_family_are_wrong_calls_but_for_two() -> None:
    named = {
        one.__name__ for one in exceptions_defined() if issubclass(one, ValueError) and not issubclass(one, WrongCall)
    }
    assert named == {"RefusedError", "YamlRefused"}


def test_page_for_python_lists_the_family() -> None:
    page = (Path(__file__).parents[1] / "docs" / "api.md").read_text("utf-8")
    family = [one.__name__ for one in exceptions_defined() if one.__module__ == errors.__name__]
    assert [name for name in family if f".. autoexception:: {errors.__name__}.{name}()\n" not in page] == []


@pytest.mark.parametrize(
    ("error", "exit_code", "shown"),
    [
        (WrongCall("a is no b"), 2, "Error: a is no b"),
        (UnknownIndex("there is no index 'X'"), 2, "Error: there is no index 'X'"),
        (StatementRefused("DELETE is refused"), 2, "Error: DELETE is refused"),
        (CannotAccept("it is not there"), 2, "Error: it is not there"),
        (Refusal("is empty"), 1, "russell: is empty"),
        (IndexRefusal("X: no close", "X: no rate"), 1, "russell: X: no close; X: no rate"),
        (YamlRefused("a tab", 3, "is not YAML"), 1, "russell: is not YAML: a tab"),
        (WorkStopped("it took too long"), 1, "russell: it took too long"),
        (StatementStopped("the query was stopped"), 1, "russell: the query was stopped"),
        (ClockBehind("the clock is behind"), 1, "russell: the clock is behind"),
        (RunFailed("prices failed"), 1, "russell: prices failed"),
        (LakeError("the lake is no lake"), 1, "russell: the lake is no lake"),
        (NoCatalog("there is no catalog"), 1, "russell: there is no catalog"),
        (NothingKnown("nothing is known of X"), 1, "russell: nothing is known of X"),
        (LakeBusy("another run is working"), 1, "russell: another run is working"),
        (StoreError("s3://b cannot be read"), 1, "russell: s3://b cannot be read"),
        (RussellError("in any way"), 1, "russell: in any way"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("arguments", [["command"], []], ids=["a command", "no command"])
def test_command_line_shows_each_kind_as_one_sentence_with_its_exit_code(
    error: RussellError, exit_code: int, shown: str, arguments: list[str]
) -> None:
    def fail() -> None:
        raise error

    commands = Commands("russell", invoke_without_command=not arguments, callback=None if arguments else fail)
    commands.add_command(click.Command("command", callback=fail))
    result = CliRunner().invoke(commands, arguments)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert result.stderr.splitlines()[-1] == shown
    assert len(result.stderr.splitlines()) == 1 or exit_code == 2
    if exit_code == 2 and arguments:
        assert result.stderr.startswith("Usage: russell command")  # of the command, not of the group


def test_command_line_shows_no_sentence_for_a_plain_value_error() -> None:
    def fail() -> None:
        raise ValueError("not for a person")

    commands = Commands("russell")
    commands.add_command(click.Command("command", callback=fail))
    assert isinstance(CliRunner().invoke(commands, ["command"]).exception, ValueError)

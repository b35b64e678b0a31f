"""Console blocks of the docs: what stands after `$ ` is typed into one shell, what follows is what it must answer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from doctest import ELLIPSIS, Example, OutputChecker
from pathlib import Path
from typing import NamedTuple

from russell_pipeline_tests.conftest import PROJECT

PROMPT, CONTINUED = "$ ", ">"
_DONE = "-- answered with exit code"
_CHECKER = OutputChecker()


class Typed(NamedTuple):
    """A command, and the answer that the page shows; without one any will do."""

    command: str
    answer: str


def typed(block: str) -> Iterator[Typed]:
    """The commands of a block; lines after `>` belong to the command above. Raises ValueError for one that begins otherwise."""
    command, answer = "", ""
    for line in block.splitlines(keepends=True):
        if line.startswith(PROMPT):
            if command:
                yield Typed(command, answer)
            command, answer = line.removeprefix(PROMPT), ""
        elif line.startswith(CONTINUED) and command and not answer:
            command += line.removeprefix(CONTINUED).removeprefix(" ")
        elif command:
            answer += line
        else:
            raise ValueError(f"a console block begins with {PROMPT!r}, not with {line.strip()!r}")
    yield Typed(command, answer)


def transcript(command: str, answer: str) -> str:
    """A command with its answer as a block has them."""
    first, *more = command.splitlines()
    lines = [f"{PROMPT}{first}", *(f"{CONTINUED} {line}".rstrip() for line in more), *_trimmed(answer).splitlines()]
    return "".join(f"{line}\n" for line in lines)


def agree(shown: str, answer: str) -> bool:
    """Whether an answer is what is shown, where `...` stands for anything, also for several lines."""
    return _CHECKER.check_output(_trimmed(shown), _trimmed(answer), ELLIPSIS)


def _trimmed(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.strip("\n").splitlines())


class Shell:
    """One bash that keeps its folder and variables from command to command; answers and messages come as a terminal has them.

    It works in `root/work`, where the downloads are, with the project's clone at its home.
    """

    def __init__(self, root: Path, downloads: Path) -> None:
        self.folder, home = root / "work", root / "home"
        shutil.copytree(downloads, self.folder)
        home.mkdir()
        (home / "russell_pipeline").symlink_to(PROJECT)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("RUSSELL_", "DAGSTER_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._bash = subprocess.Popen(
            ["bash"],
            cwd=self.folder,
            env=inherited | {"HOME": str(home), "PATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def answer(self, command: str) -> tuple[str, int]:
        """What a command prints, and its exit code. Raises EOFError where it ends the shell."""
        to, fro = self._bash.stdin, self._bash.stdout
        assert to is not None
        assert fro is not None
        to.write(f"{{ {command.rstrip()}\n}} < /dev/null\nprintf '\\n{_DONE} %s\\n' $?\n")
        to.flush()
        lines = []
        for line in fro:
            if line.startswith(_DONE):
                return "".join(lines).removesuffix("\n"), int(line.removeprefix(_DONE))
            lines.append(line)
        raise EOFError(f"{command!r} ended the shell: {''.join(lines)}")

    def check(self, block: str) -> str:
        """What is amiss with a block; nothing where each command exits with 0 and answers as shown."""
        for command, shown in typed(block):
            answer, exit_code = self.answer(command)
            if exit_code:
                return f"{PROMPT}{command}exits with {exit_code}: {answer}"
            if shown and not agree(shown, answer):
                return f"{PROMPT}{command}" + _CHECKER.output_difference(Example("", _trimmed(shown)), answer, ELLIPSIS)
        return ""

    def close(self) -> None:
        """End the shell."""
        self._bash.communicate("exit\n")

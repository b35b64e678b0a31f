"""Progress of long work: who listens is told of every step, a terminal shows it with an estimate, and nobody else sees it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from russell_pipeline.cli.common import watched
from russell_pipeline.progress import listening, tracked


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_listener_is_told_of_each_item_that_is_done_and_only_while_it_listens() -> None:
    told: list[tuple[str, int, int]] = []
    with listening(lambda *step: told.append(step)):
        assert list(tracked("years", iter("ab"), 2)) == ["a", "b"]
    assert list(tracked("years", "cd", 2)) == ["c", "d"]
    assert told == [("years", 0, 2), ("years", 1, 2), ("years", 2, 2)]


def test_work_that_fails_counts_what_was_done() -> None:
    told: list[tuple[str, int, int]] = []

    def items() -> Iterator[int]:
        yield 1
        raise RuntimeError("the second one")

    with listening(lambda *step: told.append(step)), pytest.raises(RuntimeError, match="the second one"):
        list(tracked("files", items(), 2))
    assert told == [("files", 0, 2)]


def test_a_terminal_shows_what_is_done_of_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with watched():
        list(tracked("documents", range(3), 3))
    assert "documents" in terminal.getvalue()
    assert "3/3" in terminal.getvalue()


def test_a_pipe_sees_nothing_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    with watched():
        list(tracked("documents", range(3), 3))
    assert capsys.readouterr() == ("", "")

"""Notices reach the webhooks and mailboxes that RUSSELL_NOTIFY names, and give no secret away when they do not."""

from __future__ import annotations

import html
import json
import re

import pytest

from russell_pipeline.notices import tell
from russell_pipeline_tests.servers import mailbox, webhook


def test_a_webhook_and_a_mailbox_are_told_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    warnings: list[str] = []
    with webhook() as (hook, bodies), mailbox() as (mail, mails):
        monkeypatch.setenv("RUSSELL_NOTIFY", f"{hook} {mail}")
        assert tell("2 new findings", ["first.pdf is empty", "R2000: one\x1b[31m deletion"], warnings.append)
    assert warnings == []
    told = json.loads(bodies[0])
    assert told["title"] == "2 new findings"
    assert told["message"].splitlines() == ["first.pdf is empty", "R2000: one\ufffd[31m deletion"]
    [message] = mails
    assert message["Subject"] == "2 new findings"
    assert "first.pdf is empty" in str(message)


@pytest.mark.parametrize("form", ["", "&format=html", "&format=text", "&format=markdown"])
def test_names_from_documents_are_text_in_a_mail_and_lines_stay_lines(
    monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    name = "<img src=https://example.org/x><a href='https://example.org'>A & B</a> [x](https://example.org) *b*"
    with mailbox() as (mail, mails):
        monkeypatch.setenv("RUSSELL_NOTIFY", f"{mail}{form}")
        assert tell("findings of <b>lake</b>", [name, "the second line"], pytest.fail)
    [message] = mails
    assert "<b>" in message["Subject"]
    parts = [part for part in message.walk() if not part.is_multipart()]
    assert parts
    for part in parts:
        content = part.get_payload(decode=True).decode()
        if part.get_content_type() == "text/html":
            assert "<img" not in content
            assert "<a" not in content
            shown = html.unescape(re.sub(r"<br\s*/?>", "\n", content)).replace("\xa0", " ")
            assert [line.strip() for line in shown.splitlines()].count("the second line") == 1
        else:
            assert content.splitlines()[-2:] == [name, "the second line"]


def test_a_notice_that_cannot_be_sent_is_a_warning_without_the_address(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Addresses hold passwords."""
    warnings: list[str] = []
    with webhook(status=500) as (hook, _):
        monkeypatch.setenv("RUSSELL_NOTIFY", f"{hook} no-address:hunter2")
        assert not tell("failed", ["why"], warnings.append)
    assert warnings == ["2 of 2 notices could not be sent: look at RUSSELL_NOTIFY"]
    said = "".join([*warnings, caplog.text, *capfd.readouterr()])
    assert "hunter2" not in said


def test_nothing_is_sent_where_there_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as (hook, bodies):
        assert not tell("no address", ["a"], print)
        monkeypatch.setenv("RUSSELL_NOTIFY", hook)
        assert not tell("no message", [], print)
    assert bodies == []


def test_a_long_notice_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as (hook, bodies):
        monkeypatch.setenv("RUSSELL_NOTIFY", hook)
        assert tell("many", [f"finding {n}" for n in range(50)], print)
    lines = json.loads(bodies[0])["message"].splitlines()
    assert lines[0] == "finding 0"
    assert lines[-1] == "and 30 more: russell status"

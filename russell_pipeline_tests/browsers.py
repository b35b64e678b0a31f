"""A real browser for tests of pages: a headless Chromium, and what happens in a page that should not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium without a sandbox, which root may not have and pages of our own do not need."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=_installed(), args=["--no-sandbox"])
        yield opened
        opened.close()


def _installed() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    if "CI" in os.environ:
        raise FileNotFoundError("Chromium must be there in CI")
    pytest.skip("Chromium is not installed: no browser opens the pages")


def watched(page: Page, may_ask: Callable[[str], bool], quiet: frozenset[str] = frozenset()) -> list[str]:
    """What happens in a page from now on that should not: messages but those of `quiet` types, errors, requests elsewhere."""
    happened: list[str] = []

    def asked(url: str) -> None:
        if not may_ask(url):
            happened.append(f"request: {url}")

    def said(kind: str, text: str) -> None:
        if kind not in quiet:
            happened.append(f"console {kind}: {text}")

    page.on("console", lambda message: said(message.type, message.text))
    page.on("pageerror", lambda error: happened.append(f"error: {error}"))
    page.on("dialog", lambda dialog: happened.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: asked(request.url))
    page.on("websocket", lambda socket: asked(socket.url))
    return happened

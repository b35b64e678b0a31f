"""Protects reports in a real browser: charts drawn, no message, no request, light, dark, narrow and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from russell_pipeline_tests.browsers import watched
from russell_pipeline_tests.reports.conftest import ENDING, SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHARTS = {
    "index": [
        "chart-level",
        "chart-drawdown",
        "chart-exposure",
        "chart-long",
        "chart-short",
        "chart-turnover",
        "chart-divisor",
    ],
    "review": ["chart-rmicro"],
}
MARKS = "path, line, rect"


@pytest.fixture(params=list(CHARTS))
def opened(
    request: pytest.FixtureRequest, browser: Browser, files: dict[str, Path]
) -> Iterator[tuple[str, Page, list[str]]]:
    """A page, open and drawn, and all that happened in it that should not."""
    file = files[request.param]
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True, timezone_id="America/New_York")
    happened = watched(page, lambda url: url == file.as_uri())
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-drawn]", state="attached")
    yield request.param, page, happened
    page.close()


def _style(page: Page, selector: str, name: str) -> str:
    return str(page.eval_on_selector(selector, "(element, name) => getComputedStyle(element)[name]", name))


def test_a_report_in_a_browser(opened: tuple[str, Page, list[str]], tmp_path: Path) -> None:
    """One visit, for a browser takes its time: as opened, with the pointer on a chart, in the dark, on a telephone, on paper."""
    name, page, happened = opened
    charts = page.eval_on_selector_all(".chart", "all => all.map(one => one.id)")
    assert charts == CHARTS[name]
    for chart in charts:
        marks = page.locator(f"#{chart} .mark-line path, #{chart} .mark-area path, #{chart} .mark-rect path")
        boxes = [
            box for box in (mark.bounding_box() for mark in marks.all()) if box and box["width"] * box["height"] > 1
        ]
        assert boxes, f"{chart}: nothing is drawn"
    assert SCRIPT in page.inner_text("body") or ENDING in page.inner_text("body")
    assert "simulated" in page.inner_text(".banner").lower()
    assert "SIMULATED" in _style(page, ".watermark", "maskImage")
    page.screenshot(path=tmp_path / "light.png", full_page=True)
    light = _style(page, "body", "backgroundColor")

    if name == "index":
        level = page.locator("#chart-level svg")
        level.scroll_into_view_if_needed()
        box = level.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(box["x"] + box["width"] - 7, box["y"] + box["height"] / 2)
        page.wait_for_selector("#vg-tooltip-element.visible")
        assert page.inner_text("#vg-tooltip-element").split("\n")[0].split("\t") == ["Session", "Thu 31 Jul 2025"]
        drawn = _style(page, "#chart-level .mark-line path", "stroke")
        page.emulate_media(color_scheme="dark")
        assert _style(page, "#chart-level .mark-line path", "stroke") != drawn
    page.emulate_media(color_scheme="dark")
    assert _style(page, "body", "backgroundColor") != light
    page.screenshot(path=tmp_path / "dark.png")

    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(
        "[...document.querySelectorAll('.chart svg')].every(one => one.getBoundingClientRect().width <= 390)"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=tmp_path / "narrow.png")

    page.emulate_media(media="print", color_scheme="dark")
    assert _style(page, "body", "backgroundColor") == light
    assert page.inner_text(".watermark").upper().startswith("SIMULATED")
    page.emulate_media(media="screen", color_scheme="light")
    assert page.pdf(path=tmp_path / "paper.pdf", format="A4").startswith(b"%PDF")
    assert {file.name for file in tmp_path.iterdir()} == {"light.png", "dark.png", "narrow.png", "paper.pdf"}
    assert not happened


def test_reports_are_one_small_file(files: dict[str, Path]) -> None:
    for file in files.values():
        assert file.stat().st_size < 1_500_000

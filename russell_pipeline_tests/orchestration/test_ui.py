"""Protects the Dagster UI in a real browser: lineage and charts are drawn, documents stay text, nobody else is asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from russell_pipeline.schemas.tables import GROUPS, TABLES
from russell_pipeline_tests.browsers import watched
from russell_pipeline_tests.reports.conftest import SCRIPT
from russell_pipeline_tests.servers import dagster_ui

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

# What Dagster's own code says of the libraries that it is built of; errors are no part of it.
_QUIET = frozenset({"log", "info", "warning"})
_GROUPS = [f"{place}_{group}" for place, group in enumerate(GROUPS, start=1)]
# Names of groups in the list beside the graph, from above.
_LISTED = """[...document.querySelectorAll("*")]
    .filter(one => !one.children.length && !one.closest("svg") && /^[0-9]_/.test(one.textContent))
    .map(one => one.textContent)"""
_BACKGROUND = "getComputedStyle(document.body).backgroundColor"
_WAIT = 60_000  # ms; a busy machine is no failure


@pytest.fixture(scope="module")
def visit(browser: Browser, shown: Path) -> Iterator[tuple[BrowserContext, str]]:
    """One visit to the UI of the lake with a company that is called a script, for all tests, and the host that is visited."""
    with dagster_ui(shown) as address:
        context = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
        context.set_default_timeout(_WAIT)
        yield context, address.partition("://")[2]
        context.close()


@pytest.fixture
def page(visit: tuple[BrowserContext, str]) -> Iterator[Page]:
    """An empty page; its test fails where anything happens in it that should not."""
    context, host = visit
    page, own = context.new_page(), (f"http://{host}/", f"ws://{host}/", f"blob:http://{host}/")
    happened = watched(page, lambda url: url.startswith(own), _QUIET)
    yield page
    page.close()
    assert not happened


def test_the_lineage_is_drawn_group_by_group(page: Page, tmp_path: Path) -> None:
    page.goto("/asset-groups")
    nodes = page.locator("svg foreignObject")
    for group in _GROUPS:
        nodes.get_by_text(group, exact=True).wait_for()
    assert list(dict.fromkeys(page.evaluate(_LISTED))) == _GROUPS
    # Dagster draws only what is in view, and the graph is larger than a screen.
    page.set_viewport_size({"width": 4000, "height": 3000})
    nodes.filter(has_text="6_index").dblclick()
    for table in (table.name for table in TABLES.values() if table.group == "index"):
        nodes.get_by_text(table, exact=True).wait_for(state="attached")
    page.set_viewport_size({"width": 1280, "height": 720})
    page.screenshot(path=tmp_path / "light.png")

    light = page.evaluate(_BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"light => {_BACKGROUND} !== light", arg=light)
    page.screenshot(path=tmp_path / "dark.png")

    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_text("Hide navigation", exact=True).click()
    page.get_by_role("button", name="panel_show_right").click()
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    page.reload()  # The view of before lies on the tables of one group; this one shows the groups.
    nodes.get_by_text(re.compile(r"^\d_")).first.wait_for()
    page.screenshot(path=tmp_path / "narrow.png")


def test_a_company_that_is_called_a_script_is_text(page: Page) -> None:
    page.goto("/assets/membership_changes?view=partitions&partition=2025")
    page.get_by_role("cell", name=SCRIPT, exact=True).wait_for()
    assert page.locator("script", has_text="alert(1)").count() == 0


def test_the_level_of_an_index_is_plotted(page: Page) -> None:
    page.goto("/assets/index_levels")
    page.get_by_text("Plots", exact=True).click()
    chart = page.get_by_text("RSCC9010 price_index", exact=True).locator("xpath=following::canvas[1]")
    chart.wait_for()
    drawn = "one => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some(part => part)"
    page.wait_for_function(drawn, arg=chart.element_handle())

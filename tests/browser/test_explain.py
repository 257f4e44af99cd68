"""From a figure of the report down to the value that a machine sent, by clicking."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.test_pages import CUT, serious
from tests.browser.test_report import shown_oee


def to_an_interval(page: Page, time_class: str) -> None:
    """From the explained figure to the facts of the first interval of a class."""
    page.locator(f'.ex a.nm[href*="class={time_class}"]').click()
    page.locator('#intervals ~ .tw2 tbody th a[href*="at="]').first.click()
    page.wait_for_selector("#facts")


def test_clicks_lead_from_the_report_to_a_signal_value(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report?place=press-1&period=day")
    oee = shown_oee(page)
    page.locator(".oee .wy").click()
    page.wait_for_selector(".exf .val")
    assert page.locator(".exf .val").inner_text() == f"{oee} %"
    exact = float(page.locator(".exf .ratio").inner_text())
    assert f"{exact * 100:.1f}" == oee
    to_an_interval(page, "running")
    value = page.locator("tr.sv", has_text="press_plc/press1_state").first
    assert value.locator("td b").inner_text() == "2"
    assert re.search(r"[0-9a-f]{8}·\d+", value.inner_text())
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    assert value.locator("td b").inner_text() == "2"


def test_every_factor_of_the_report_says_why(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report?place=press-1")
    for number in range(1, 4):
        page.goto("/report?place=press-1")
        shown = page.locator(".fv").nth(number - 1).inner_text().replace("%", "").strip()
        page.locator(".fac .wy").nth(number - 1).click()
        assert page.locator(".exf .val").inner_text() == f"{shown} %"


def test_machines_of_a_line_and_hours_of_a_machine_lead_to_their_reasons(
    open_context: Open,
) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report?place=line-1")
    cell = page.locator(".units td a").first
    shown = cell.inner_text()
    cell.click()
    assert page.locator(".exf .val").inner_text() == f"{shown} %"
    page.goto("/report?place=press-1&period=day")
    page.locator(".hc b a").first.click()
    page.wait_for_selector(".exf .val")


def test_the_wall_and_the_terminal_lead_to_the_same_page(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    for address, link in (("/", ".tile a.tgt"), ("/terminal/press-1", ".pace a.whyl")):
        page.goto(address)
        page.locator(link).first.click()
        page.wait_for_selector(".exf .val")
        assert "version=" in page.url


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("size", [(1280, 800), (800, 1280)], ids=["desk", "tablet"])
def test_the_page_fits_and_is_accessible_with_the_facts_of_an_interval(
    open_context: Open, size: tuple[int, int], language: str
) -> None:
    page = open_context(*size, language=language).new_page()
    page.goto("/explain?work_unit=press-1")
    to_an_interval(page, "running")
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(CUT) == []
    assert serious(page) == []


def test_the_spreadsheet_comes_with_the_arguments_of_the_report(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report?place=press-1&period=day")
    with page.expect_download() as started:
        page.locator('a[href^="/report.xlsx"]').click()
    assert re.fullmatch(r"press-1-day-\d{4}-\d\d-\d\d\.xlsx", started.value.suggested_filename)

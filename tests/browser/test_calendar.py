"""The page of calendars: a day changes, a pattern is looked at, everything by touch."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.conftest import Open, Watch
from tests.browser.test_pages import serious

LEAST_PX = 40
SMALL = """(least) => [...document.querySelectorAll('mes-calendar button, mes-calendar input')]
  .filter((element) => element.getBoundingClientRect().height > 0)
  .filter((element) => element.getBoundingClientRect().height < least - 0.5)
  .map((element) => element.outerHTML.slice(0, 80))"""


def opened(open_context: Open, language: str = "en", theme: str = "light") -> Page:
    """The page a month ahead, where nothing is produced yet."""
    page = open_context(language=language, theme=theme).new_page()
    page.goto("/calendar")
    page.wait_for_selector("mes-calendar .day .sh")
    before = page.locator(".mon b").inner_text()
    page.locator(".mon .btn").nth(1).click()
    page.wait_for_function(
        "(before) => document.querySelector('.mon b').innerText !== before", arg=before
    )
    return page


def test_a_planned_stop_is_added_shown_and_removed(open_context: Open) -> None:
    page = opened(open_context)
    page.locator(".day:not(.other)", has=page.locator(".sh")).nth(9).tap()
    page.locator(".acts .btn", has_text="Planned stop").tap()
    page.fill("#c-start", "10:00")
    page.fill("#c-end", "12:00")
    page.locator(".addf .btn.primary").tap()
    page.wait_for_selector(".day[aria-pressed=true] .stp")
    assert "10:00–12:00" in page.locator(".dayp .ent", has_text="Planned stop").inner_text()
    assert serious(page) == []
    page.locator(".dayp .ent .btn", has_text="Remove").tap()
    page.wait_for_selector(".day[aria-pressed=true] .stp", state="detached")


def test_a_mistake_stands_at_its_field(open_context: Open, watch: Watch) -> None:
    watch.allow("422")
    page = opened(open_context, "ko")
    page.locator(".day:not(.other)", has=page.locator(".sh")).nth(9).tap()
    page.locator(".acts .btn").last.tap()
    page.fill("#c-start", "10:00")
    page.fill("#c-end", "09:00")
    page.locator(".addf .btn.primary").tap()
    page.wait_for_selector("#c-end[aria-invalid=true]")
    assert page.locator("#ce-end").inner_text() == "종료가 시작보다 앞섭니다."
    assert serious(page) == []


def test_a_pattern_is_looked_at_before_it_is_applied(open_context: Open) -> None:
    page = opened(open_context, theme="dark")
    page.locator(".bt .btn", has_text="Another pattern").tap()
    page.locator(".patp .chip", has_text="4 crews, 3 shifts").tap()
    page.wait_for_selector(".prev tbody tr")
    assert page.locator(".prev tbody tr").count() == 4
    assert page.locator(".prev thead th").count() == 15
    assert "Morning" in page.locator(".prev tbody tr").first.inner_text()
    assert serious(page) == []
    assert page.evaluate(SMALL, LEAST_PX) == []
    page.locator(".patp header .btn").tap()
    page.locator(".bt .btn", has_text="Public holidays").tap()
    page.wait_for_selector("#c-country")
    assert serious(page) == []


def test_a_line_is_given_another_calendar_from_a_day_on(open_context: Open) -> None:
    page = opened(open_context)
    page.locator(".bt .btn", has_text="Calendars of lines").tap()
    page.wait_for_selector(".linl li")
    assert serious(page) == []
    assert page.evaluate(SMALL, LEAST_PX) == []
    line = page.locator("#c-line option").last.get_attribute("value")
    name = page.locator("#c-line option").last.inner_text()
    page.select_option("#c-line", line)
    page.select_option("#c-calendar", label="Always scheduled")
    page.fill("#c-valid_from", "2031-05-01")
    page.locator("#c-valid_from").press("Tab")
    page.locator(".patp .frm .btn.primary").tap()
    row = page.locator(".linl li", has_text=name)
    row.locator("small", has_text="Always scheduled").wait_for()
    assert page.locator(".patp .msg.up").inner_text() == "Saved."

"""A supervisor signs a shift off on the report; the dialogs are accessible in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.test_pages import serious

BEFORE = {"ko": "이전", "en": "Before"}


def last_shift(page: Page, line: str, language: str) -> None:
    """The last shift of a line that is over."""
    page.goto(f"/report?place={line}")
    page.get_by_role("link", name=BEFORE[language]).click()
    page.wait_for_selector("mes-signoff [data-open]")


@pytest.mark.parametrize(("line", "language"), [("line-1", "ko"), ("line-2", "en")])
def test_a_shift_is_signed_off_and_its_history_is_shown(
    open_context: Open, line: str, language: str
) -> None:
    page = open_context(language=language).new_page()
    last_shift(page, line, language)
    page.locator("[data-open=sign]").click()
    page.wait_for_selector(".so table tbody tr")
    assert serious(page) == []
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    page.fill(".so-note", "seen with the team")
    page.locator(".so footer .primary").click()
    page.wait_for_selector(".mark.signed")
    page.locator("[data-open=history]").click()
    page.wait_for_selector(".so-fig li")
    assert "seen with the team" in page.locator(".so-list").inner_text()
    assert page.locator(".so-fig").count() == 4
    assert serious(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.so:not([open])", state="attached")
    assert page.locator("[data-open=sign]").count() == 0


def test_a_shift_that_runs_offers_no_sign_off(open_context: Open) -> None:
    page = open_context(800, 1280).new_page()
    page.goto("/report?place=line-1")
    page.wait_for_selector(".mk .mark")
    assert page.locator("[data-open=sign]").count() == 0
    assert page.locator(".mark.dashed").count() == 1

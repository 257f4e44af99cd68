"""Double tap, back button, an ended session, worst values: nothing is lost, nothing doubled."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Watch
from tests.browser.demo import Demo
from tests.browser.test_terminal import BADGE, enter_rejects, entries, scan, sign_in

WORST = (
    "<b>&amp;</b>",
    "😀 한글 ﷽ ́́́",
    "x" * 300,
    "'; DROP TABLE person; --",
    "0" * 40,
)
"""What fields are given that take a text."""

END_OF_SESSIONS = """() => fetch('/api/v1/terminal/sign-out?everybody=true', {
  method: 'POST',
  headers: {
    'Content-Type': 'application/json',
    'X-CSRFToken': document.querySelector('meta[name="csrf-token"]').content,
  },
  body: '{}',
})"""


def pin(page: Page, digits: str) -> None:
    """Type a PIN and sign in."""
    for digit in digits:
        page.locator(f".pad .key:text-is('{digit}')").click()
    page.locator("dialog.sheet footer .primary").click()


def test_a_double_tap_saves_calls_and_acts_once(tablet: Page, demo: Demo) -> None:
    sign_in(tablet, demo)
    before = entries(tablet)
    tablet.locator(".act:nth-child(2)").dblclick()
    tablet.wait_for_selector("dialog.sheet[open] .rt")
    tablet.locator(".pad .key:text-is('2')").click()
    tablet.locator(".right .scroll .rt").first.click()
    tablet.locator("dialog.sheet footer .primary").dblclick()
    tablet.wait_for_selector("dialog.sheet:not([open])", state="attached")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    assert entries(tablet) == before + 1
    tablet.locator(".act.call").click()
    tablet.locator("[data-kind=quality]").dblclick()
    tablet.wait_for_selector("dialog.sheet:not([open])", state="attached")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    expect(tablet.locator(".rec li.refused")).to_have_count(0)


def test_the_back_button_loses_nothing_half_typed(tablet: Page, demo: Demo) -> None:
    sign_in(tablet, demo)
    before = entries(tablet)
    tablet.goto("/jobs/press-1")
    tablet.wait_for_selector("mes-jobs .jobcard")
    tablet.goto("/terminal/press-1")
    tablet.locator(".act:nth-child(2)").click()
    tablet.locator(".pad .key:text-is('7')").click()
    tablet.go_back()
    tablet.wait_for_selector("mes-jobs .jobcard")
    tablet.go_forward()
    expect(tablet.locator(".disp[aria-pressed=true] output")).to_have_text("7")
    tablet.locator("dialog.sheet header button").last.click()
    tablet.locator(".act:nth-child(2)").click()
    expect(tablet.locator(".disp[aria-pressed=true] output")).to_have_text("7")
    assert entries(tablet) == before
    tablet.locator(".pad .key", has_text="지움").click()


def test_a_session_that_ends_in_the_middle_of_an_entry_loses_nothing(
    tablet: Page, demo: Demo, watch: Watch
) -> None:
    watch.allow("401")
    sign_in(tablet, demo)
    before = entries(tablet)
    tablet.locator(".act:nth-child(2)").click()
    tablet.locator(".pad .key:text-is('2')").click()
    # The idle time is over on the server; the tablet has not heard of it yet.
    tablet.evaluate(END_OF_SESSIONS)
    tablet.locator(".right .scroll .rt").first.click()
    tablet.locator("dialog.sheet footer .primary").click()
    tablet.wait_for_selector("dialog.sheet:not([open])", state="attached")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    assert entries(tablet) == before + 1, "typed while the tablet took the session as alive"
    # The tablet locks itself with a form half typed: it asks who works, then shows the form again.
    tablet.locator(".act:nth-child(2)").click()
    tablet.locator(".pad .key:text-is('3')").click()
    tablet.evaluate("() => document.querySelector('mes-terminal').hands.lock()")
    tablet.wait_for_selector("dialog.sheet[open] .pin")
    scan(tablet, BADGE)
    pin(tablet, demo.pins[BADGE])
    expect(tablet.locator(".disp[aria-pressed=true] output")).to_have_text("3")
    tablet.locator(".right .scroll .rt").first.click()
    tablet.locator("dialog.sheet footer .primary").click()
    tablet.wait_for_selector("dialog.sheet:not([open])", state="attached")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    expect(tablet.locator(".rec li.refused")).to_have_count(0)
    assert entries(tablet) == before + 2


def test_a_form_sent_in_a_session_that_has_ended_comes_back_filled(
    open_context: Open, watch: Watch, demo: Demo
) -> None:
    context = open_context(language="en")
    page = context.new_page()
    page.goto("/people")
    page.fill("[name=name]", "Nguyen Van An")
    page.fill("form.fb [name=badge]", "7 7")
    page.locator("[value=quality]").check()
    kept: Any = context.cookies()
    context.clear_cookies(name="mes-session")
    page.locator("form.fb button").click()
    page.wait_for_selector("#login")
    context.add_cookies(kept)
    page.goto("/people")
    expect(page.locator("[name=name]")).to_have_value("Nguyen Van An")
    expect(page.locator("form.fb [name=badge]")).to_have_value("7 7")
    expect(page.locator("[value=quality]")).to_be_checked()
    watch.allow("422")
    page.locator("form.fb button").click()
    expect(page.locator("[role=alert]")).to_contain_text("badge_invalid")
    expect(page.locator("[name=name]")).to_have_value("Nguyen Van An")


@pytest.mark.parametrize("worst", WORST)
def test_the_worst_values_are_refused_in_words_and_stay(
    open_context: Open, watch: Watch, worst: str
) -> None:
    watch.allow("401", "422", "429")
    page = open_context(language="en").new_page()
    page.goto("/people")
    for field in ("name", "badge"):
        page.locator(f"form.fb [name={field}]").evaluate("e => e.removeAttribute('maxlength')")
    page.fill("[name=name]", "Kim")
    page.fill("form.fb [name=badge]", worst)
    page.locator("form.fb button").click()
    expect(page.locator("[role=alert]")).to_contain_text("badge_invalid")
    expect(page.locator("[name=name]")).to_have_value("Kim")
    assert page.locator("main b").count() == 0
    page.goto("/enrol")
    page.locator("#code").evaluate("e => e.removeAttribute('maxlength')")
    page.fill("#code", worst)
    page.locator("main form button").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_name_nobody_has_and_a_wrong_pin_say_what_to_do(
    tablet: Page, demo: Demo, watch: Watch
) -> None:
    watch.allow("401", "422")
    tablet.locator(".ot button").first.click()
    tablet.locator(".btn.wide", has_text="다른 이름 찾기").click()
    for worst in WORST:
        tablet.fill(".dlg .in.tap", worst)
    pin(tablet, "000000")
    expect(tablet.locator(".hint[role=status]")).not_to_be_empty()
    expect(tablet.locator(".dlg .in.tap")).to_have_value(WORST[-1])
    tablet.locator("dialog.sheet header button").last.click()
    sign_in(tablet, demo)
    enter_rejects(tablet, 1)
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")

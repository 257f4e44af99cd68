"""Whole days of people, walked in every size, language and theme: shift, handover, manager."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open, Watch, signed_in_state
from tests.browser.demo import Demo
from tests.browser.looks import EVERY, Look, fits
from tests.browser.test_terminal import scan

MACHINE = "press-3"
ASKED_MS = 300
FIRST, SECOND = "1001", "1002"
SOME = {"1280x800-en-dark", "800x1280-ko-light", "1920x1080-ko-dark"}
"""Looks of every run; all of them belong to the proof."""
LOOKS = [
    pytest.param(look, id=look.name, marks=() if look.name in SOME else pytest.mark.proof)
    for look in EVERY
]
SEND = """async ([address, body]) => {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const answer = await fetch(address, {
    method: 'POST', headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
    body: JSON.stringify(body) });
  return [answer.status, await answer.json()];
}"""


def sent(page: Page, address: str, **body: Any) -> Any:
    """What the server answers to a command of whoever has the page open."""
    status, answer = page.evaluate(SEND, [address, {"command_id": str(uuid4()), **body}])
    assert status in (200, 201), answer
    return answer


def planned_job(office: Page) -> str:
    """An order for the machine, more urgent than all others; its number."""
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    asked = {"item": "BRKT-100", "quantity": 500, "priority": 9, "due": due}
    order = sent(office, "/api/v1/work-orders", **asked)
    number = str(order["order"])
    sent(office, f"/api/v1/work-orders/{number}/release")
    sent(office, f"/api/v1/work-orders/{number}/dispatch", work_unit=MACHINE)
    return number


def tablet_of(open_context: Open, look: Look) -> Page:
    """The enrolled tablet of the machine; nobody is signed in."""
    context = open_context(look.width, look.height, language=look.language, theme=look.theme)
    page = context.new_page()
    page.goto(f"/terminal/{MACHINE}/enrol")
    page.locator("main form button").first.click()
    page.wait_for_selector("mes-terminal .band")
    page.goto("about:blank")  # a page that is read into would ask without its cookies
    kept: Any = [one for one in context.cookies() if "session" not in one["name"]]
    context.clear_cookies()
    context.add_cookies(kept)
    page.goto(f"/terminal/{MACHINE}")
    page.wait_for_selector("mes-terminal .band")
    return page


def closed(page: Page) -> None:
    page.wait_for_selector("dialog.sheet:not([open])", state="attached")


def signed_in(page: Page, demo: Demo, badge: str) -> None:
    """By badge and PIN, whoever is active already."""
    scan(page, badge)
    page.wait_for_selector("dialog.sheet[open] .pin")
    for digit in demo.pins[badge]:
        page.locator(f".pad .key:text-is('{digit}')").tap()
    page.locator("dialog.sheet footer .primary").tap()
    closed(page)


def submitted(page: Page) -> None:
    """What the button says is done; more rejects than parts so far are asked for once more."""
    button = page.locator("dialog.sheet[open] footer .primary")
    button.tap()
    page.wait_for_timeout(ASKED_MS)
    if button.count():
        button.tap()
    closed(page)


def all_sent(page: Page) -> None:
    """Everything that was typed has arrived and was taken."""
    expect(page.locator(".lk .ob")).to_contain_text(re.compile(r"(미전송 0건|^\s*0 unsent)\s*$"))


@pytest.mark.parametrize("look", LOOKS)
def test_a_whole_shift_on_one_tablet(open_context: Open, demo: Demo, look: Look) -> None:
    office = open_context().new_page()
    office.goto("/orders")
    number = planned_job(office)
    page = tablet_of(open_context, look)
    signed_in(page, demo, FIRST)
    fits(page, look)

    if page.locator(".jb button:first-child").count():  # what the shift before left running
        page.locator(".jb button:first-child").tap()
        submitted(page)
    page.locator("a.act").tap()
    page.locator("mes-jobs .jobcard.next .btn.primary").tap()
    expect(page.locator("mes-jobs .jobcard.run")).to_contain_text(number)
    fits(page, look)
    page.locator("header.ot a").first.tap()
    page.wait_for_selector("mes-terminal .band")
    expect(page.locator("main")).to_contain_text(number)

    page.locator(".act:nth-child(1)").tap()
    page.locator(".pad .key:text-is('5')").tap()
    page.locator(".right .scroll .rt").first.tap()
    page.locator(".pad .key:text-is('2')").tap()
    fits(page, look)
    submitted(page)
    expect(page.locator(".rec li").filter(has_text="+2").first).to_be_visible()
    expect(page.locator(".rec li").filter(has_text="+5").first).to_be_visible()

    page.locator(".act:nth-child(2)").tap()
    page.locator(".pad .key:text-is('1')").tap()
    page.locator(".right .scroll .rt").first.tap()
    submitted(page)
    all_sent(page)
    page.locator(".toast .btn").first.tap()
    expect(page.locator(".rec li.void").first).to_contain_text("+1")

    page.locator(".act.call").tap()
    page.locator("[data-kind=quality]").tap()
    closed(page)
    expect(page.locator(".act.call-open")).to_be_visible()
    page.locator(".act.call-open").tap()
    page.locator("[data-kind=quality]").tap()
    page.locator(".rts.calls .rts.r2").last.locator(".rt").last.tap()
    closed(page)
    expect(page.locator(".act.call-open")).to_have_count(0)

    page.locator(".act:nth-child(4)").tap()
    page.locator(".list .rt").first.tap()
    submitted(page)
    pressed = page.locator(".act:nth-child(4)")
    expect(pressed).to_contain_text(re.compile("재개|Resume"))
    pressed.tap()
    expect(pressed).to_contain_text(re.compile("일시중지|Pause"))

    signed_in(page, demo, SECOND)
    page.locator(".ot button").first.tap()
    page.locator(".here .rt").first.tap()
    closed(page)
    fits(page, look)

    page.locator(".jb button:first-child").tap()
    submitted(page)
    all_sent(page)
    expect(page.locator("section.job")).not_to_contain_text(number)
    office.goto(f"/orders?order={number}")
    expect(office.locator("mes-orders")).to_contain_text(number)


def manager_of(demo: Demo, chromium: Browser, watch: Watch, look: Look) -> Page:
    """A page of the manager."""
    context = chromium.new_context(
        storage_state=signed_in_state(demo, chromium, "manager"), base_url=demo.url
    )
    cookies: Any = [
        {"name": "language", "value": look.language, "url": demo.url},
        {"name": "theme", "value": look.theme, "url": demo.url},
    ]
    context.add_cookies(cookies)
    manager = context.new_page()
    manager.set_viewport_size({"width": look.width, "height": look.height})
    watch.follow(manager)
    return manager


def opened_again(manager: Page, reason: str) -> None:
    """A handover that was taken over is opened again."""
    manager.fill("#reopen [name=reason]", reason)
    manager.locator("#reopen [type=submit]").click()
    expect(manager.locator("#reopen")).to_have_count(0)
    expect(manager.locator("#ho-reopened")).to_be_visible()
    expect(manager.locator(".box").nth(1)).not_to_contain_text("manager")


@pytest.mark.parametrize("look", LOOKS)
def test_a_handover_between_two_leads(
    open_context: Open, demo: Demo, chromium: Browser, watch: Watch, look: Look
) -> None:
    page = open_context(
        look.width, look.height, language=look.language, theme=look.theme
    ).new_page()
    page.goto("/lines/line-2/handover")
    manager = manager_of(demo, chromium, watch, look)
    manager.goto(page.url)
    if manager.locator("#reopen").count():  # somebody has handed this shift over already
        opened_again(manager, "walked once more")
        page.reload()
    fits(page, look)
    note = f"{look.name}: die 2 leaks"
    page.fill("#add-entry [name=text]", note)
    page.locator("#add-entry [type=submit]").click()
    expect(page.locator(".entries .txt").last).to_have_text(note)
    page.locator("#crew [type=submit]").click()
    page.locator("#hand-over [type=submit]").click()
    expect(page.locator(".box").first).to_contain_text("supervisor")
    fits(page, look)
    manager.goto(page.url)
    manager.locator("#take-over [type=submit]").click()
    expect(manager.locator(".box").nth(1)).to_contain_text("manager")
    fits(manager, look)
    printed = manager.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    opened_again(manager, f"{look.name}: scrap was missing")
    fits(manager, look)
    manager.context.close()


@pytest.mark.parametrize("look", LOOKS)
def test_a_manager_goes_from_the_plant_to_the_stop_in_four_taps(
    open_context: Open, look: Look
) -> None:
    page = open_context(
        look.width, look.height, language=look.language, theme=look.theme
    ).new_page()
    page.goto("/report?period=day")
    fits(page, look)
    for tap in (
        ".drill tbody th a",
        '.units tbody th a[href*="place=press-1"]',
        ".drill tbody th a",
        ".lng tbody th a",
    ):
        with page.expect_navigation():
            page.locator(tap).first.tap()
        fits(page, look)
    page.wait_for_selector("#facts")
    assert "at=" in page.url

"""Corrections in a real browser: a stop that somebody else has changed, entries, the audit log."""

from __future__ import annotations

import uuid
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Watch
from tests.browser.demo import Demo
from tests.browser.test_pages import serious

STOP_SHIFT = "/report?place=press-2&period=day"
STATE = """async ([unit, body]) => {
  const token = document.querySelector('meta[name="csrf-token"]').content;
  const answer = await fetch(`/api/v1/work-units/${unit}/stops/statements`, {
    method: 'POST', headers: {'Content-Type': 'application/json', 'X-CSRFToken': token},
    body: JSON.stringify(body)});
  return answer.status;
}"""


def opened(page: Page) -> dict[str, Any]:
    """The dialog of the first stop of a report; what it has seen."""
    page.goto(STOP_SHIFT)
    page.wait_for_selector("mes-stops tbody tr")
    page.locator("mes-stops tbody .btn").first.click()
    page.wait_for_selector("dialog.sheet[open] .splitrow")
    seen: dict[str, Any] = page.evaluate(
        "() => { const {start, end, statement} = document.querySelector('mes-stops').dialog.stop;"
        " return {seen_start: start, seen_end: end, seen_statement: statement}; }"
    )
    return seen


def test_who_saved_second_sees_what_changed_and_keeps_the_choice(
    open_context: Open, watch: Watch
) -> None:
    watch.allow("409")
    page = open_context().new_page()
    seen = opened(page)
    assert serious(page) == []
    body = {"command_id": str(uuid.uuid4()), "kind": "whole", **seen}
    codes = page.evaluate(
        "async () => (await (await fetch('/api/v1/reasons?domain=stop&work_unit=press-2')).json())"
        ".items.map((reason) => reason.code)"
    )
    body["reason"] = codes[0]
    assert page.evaluate(STATE, ["press-2", body]) == 201
    page.locator(".list .rt").nth(1).click()
    page.locator("dialog.sheet footer .primary").click()
    expect(page.locator(".offer.changed")).to_contain_text("그사이 다른 사람이")
    expect(page.locator(".list .rt[aria-pressed=true]")).to_have_count(1)
    page.locator("dialog.sheet footer .primary").click()
    page.wait_for_selector("dialog.sheet:not([open])", state="attached")


def test_entries_are_listed_with_their_dialog_of_moves(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/jobs/washer-1")
    page.wait_for_selector("mes-jobs .flt .btn")
    page.locator(".flt .btn", has_text="Entries and corrections").click()
    page.wait_for_selector("dialog.sheet[open] .ent")
    assert serious(page) == []
    page.locator("dialog.sheet header .btn", has_text="Move production").click()
    page.wait_for_selector("dialog.sheet[open] .two-lists .rt")
    assert serious(page) == []


def test_a_manager_reads_the_audit_log(open_context: Open, demo: Demo) -> None:
    page = open_context(signed_in=False).new_page()
    page.goto("/sign-in")
    page.fill("#login", "manager")
    page.fill("#password", demo.passwords["manager"])
    page.locator("main form button").click()
    page.wait_for_selector("mes-wall .tile")
    page.goto("/audit?action=quantity")
    expect(page.locator(".audit tbody tr").first).to_contain_text("수량 입력")
    expect(page.locator(".audit tbody tr").first).to_contain_text("quantity.enter")
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert serious(page) == []

"""Taps for each daily task at the terminal, counted; the operator guide has them in a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.demo import Demo
from tests.browser.test_terminal import scan, sign_in, take_a_reason_back

GUIDE = Path(__file__).parents[2] / "docs/guides/operator.md"
SECOND = "1002"


class Finger:
    """Touches the screen and counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    def tap(self, target: str | Locator) -> None:
        """One touch, as soon as the target is there."""
        (self.page.locator(target) if isinstance(target, str) else target).tap()
        self.taps += 1

    def closed(self) -> None:
        """Nothing more is asked."""
        self.page.wait_for_selector("dialog.sheet:not([open])", state="attached")


def rejects_with_a_reason(finger: Finger, demo: Demo) -> None:
    finger.tap(".act:nth-child(2)")
    finger.tap(".pad .key:text-is('3')")
    finger.tap(finger.page.locator(".right .scroll .rt").first)
    finger.tap("dialog.sheet footer .primary")
    finger.closed()
    expect(finger.page.locator(".rec li").first).to_contain_text("불량 +3")


def good_rejects_and_reason(finger: Finger, demo: Demo) -> None:
    finger.tap(".act:nth-child(1)")
    finger.tap(".pad .key:text-is('5')")
    finger.tap(finger.page.locator(".right .scroll .rt").first)
    finger.tap(".pad .key:text-is('2')")
    finger.tap("dialog.sheet footer .primary")
    finger.closed()
    rows = finger.page.locator(".rec li")
    expect(rows.filter(has_text="양품 +5").first).to_be_visible()
    expect(rows.filter(has_text="불량 +2").first).to_be_visible()


def reason_of_a_stop(finger: Finger, demo: Demo) -> None:
    flag = take_a_reason_back(finger.page)
    finger.tap(flag)
    finger.tap(finger.page.locator("dialog.sheet .list .rt").first)
    expect(flag).to_have_count(0)


def undo(finger: Finger, demo: Demo) -> None:
    rejects_with_a_reason(Finger(finger.page), demo)
    expect(finger.page.locator(".lk")).to_contain_text("미전송 0건")
    finger.tap(finger.page.locator(".toast .btn").first)
    expect(finger.page.locator(".rec li.void").first).to_contain_text("불량 +3")


def call_for_help(finger: Finger, demo: Demo) -> None:
    finger.tap(".act.call")
    finger.tap("[data-kind=material]")
    finger.closed()
    expect(finger.page.locator(".act.call-open")).to_be_visible()


def change_hands(finger: Finger, demo: Demo) -> None:
    scan(finger.page, SECOND)
    for digit in demo.pins[SECOND]:
        finger.page.locator(f".pad .key:text-is('{digit}')").click()
    finger.page.locator("dialog.sheet footer .primary").click()
    finger.closed()
    finger.tap(finger.page.locator(".ot button").first)
    finger.tap(finger.page.locator(".here .rt").first)
    finger.closed()
    expect(finger.page.locator(".ot button").first).to_contain_text("김민수")


def next_job(finger: Finger, demo: Demo) -> None:
    finger.page.goto("/terminal/press-3")
    finger.page.locator(".jb button:first-child").click()
    finger.page.locator("dialog.sheet footer .primary").click()
    finger.closed()
    finger.tap(finger.page.locator(".act", has_text="작업 시작"))
    finger.tap("mes-jobs .jobcard.next .btn.primary")
    expect(finger.page.locator("mes-jobs .jobcard.run")).to_have_count(1)


TASKS: dict[str, Callable[[Finger, Demo], None]] = {
    "불량과 사유": rejects_with_a_reason,
    "양품, 불량, 사유를 한 번에": good_rejects_and_reason,
    "비가동 사유": reason_of_a_stop,
    "방금 넣은 것 취소": undo,
    "도움 호출": call_for_help,
    "로그인된 작업자끼리 교대": change_hands,
    "다음 작업 시작": next_job,
}
MOST = {"양품, 불량, 사유를 한 번에": 5, "비가동 사유": 2, "다음 작업 시작": 2}
"""What is asked of the screens."""


@pytest.mark.parametrize("task", TASKS)
def test_a_daily_task_takes_as_many_taps_as_the_guide_says(
    tablet: Page, demo: Demo, task: str
) -> None:
    sign_in(tablet, demo)
    finger = Finger(tablet)
    TASKS[task](finger, demo)
    said = re.search(rf"^\| {task} \|[^|]*\| (\d+) \|", GUIDE.read_text("utf-8"), re.M)
    assert said, f"{task} is missing in the table of {GUIDE.name}"
    assert finger.taps == int(said[1]) <= MOST.get(task, finger.taps)

"""The Wi-Fi is cut, a page is reloaded, a battery dies: every entry arrives once, with its time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mes.core.instants import US_PER_S, parse_instant
from mes.features.verify.waiting import until
from tests.browser.demo import Demo, running_demo
from tests.browser.test_terminal import enter_rejects, scan
from tests.browser.wifi import KEPT, Tablet, Wifi, tablet

EACH = 10
"""Entries of a tablet before its reload or death, and as many after it."""
CUT_PLANT_S = 30 * 60
APART_US = 3 * US_PER_S
ARRIVED_S = 90.0

UNITS = {"press-1": "1001", "press-2": "1002"}
"""Machines with the badge of who works there."""

OUTBOX = """() => document.querySelector('mes-terminal').outbox.entries.map(
  (entry) => ({ id: entry.id, typed: entry.typed, scrap: entry.body.scrap ?? null }))"""
REASONS = "(machine) => Boolean(localStorage.getItem(`reasons:scrap:${machine}`))"


@pytest.fixture
def wifi(demo: Demo) -> Iterator[Wifi]:
    """The network between tablets and server."""
    relay = Wifi(demo.url)
    yield relay
    relay.close()


class Leader:
    """Somebody in the office with the network of the office: the server itself."""

    def __init__(self, demo: Demo) -> None:
        self.client = httpx.Client(base_url=demo.url, timeout=30)
        form = {"login": "supervisor", "password": demo.passwords["supervisor"]}
        answer = self.client.post("/sign-in", data={**form, "csrf_token": self._token("/sign-in")})
        assert answer.status_code == 303
        self.client.headers["X-CSRFToken"] = self._token("/orders")

    def close(self) -> None:
        """Leave the office."""
        self.client.close()

    def _token(self, page: str) -> str:
        text = self.client.get(page).text
        return text.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]

    def code_for(self, machine: str) -> str:
        """A one-time code for a terminal at a machine."""
        answer = self.client.post("/api/v1/terminals", json={"work_unit": machine})
        return str(answer.json()["code"])

    def entries(self, machine: str) -> list[dict[str, Any]]:
        """What was entered on a machine, first entered first."""
        answer = self.client.get(f"/api/v1/work-units/{machine}/entries?limit=200")
        found: list[dict[str, Any]] = answer.json()["items"]
        return found[::-1]

    def explain(self, machine: str, stop: dict[str, Any], reason: str) -> None:
        """State the reason of a stop."""
        address = f"/api/v1/work-units/{machine}/stops"
        present = next(
            one for one in self.client.get(address).json()["items"] if one["start"] == stop["start"]
        )
        answer = self.client.post(
            f"{address}/statements",
            json={
                "command_id": str(uuid4()),
                "kind": "whole",
                "reason": reason,
                "seen_start": present["start"],
                "seen_end": present["end"],
                "seen_statement": present["statement"],
            },
        )
        assert answer.status_code == 201, answer.text


def enrolled(one: Tablet, wifi: Wifi, leader: Leader, machine: str) -> None:
    """The tablet was enrolled by a code on another day: it has been switched off since."""
    one.page.goto(f"{wifi.url}/language/ko?next=/enrol")
    one.page.goto(f"{wifi.url}/enrol?code={leader.code_for(machine)}")
    one.page.locator("main form button").click()
    one.page.wait_for_url(f"**/terminal/{machine}")
    one.page.wait_for_selector("mes-terminal .band")
    until(lambda: one.page.evaluate(REASONS, machine), 30, "the reasons")
    one.switch_off()
    one.start_again()


def at_work(one: Tablet, wifi: Wifi, demo: Demo, machine: str) -> Page:
    """Somebody has signed in, the page is kept on the tablet."""
    page, badge = one.page, UNITS[machine]
    page.goto(f"{wifi.url}/terminal/{machine}")
    page.wait_for_selector("mes-terminal .band")
    scan(page, badge)
    for digit in demo.pins[badge]:
        page.locator(f".pad .key:text-is('{digit}')").click()
    page.locator("dialog.sheet footer .primary").click()
    page.wait_for_selector("dialog.sheet:not([open])", state="attached")
    until(lambda: page.evaluate(KEPT, f"/terminal/{machine}"), 30, "the kept page")
    return page


def type_in(page: Page, first: int, count: int) -> None:
    """Rejects of `first`, `first` + 1, ... pieces, one entry each."""
    for pieces in range(first, first + count):
        enter_rejects(page, pieces)


def forty_entries(
    demo: Demo, wifi: Wifi, chromium: Browser, folder: Path, cut_real_s: float
) -> None:
    kind = chromium.browser_type
    with (
        closing(Leader(demo)) as leader,
        tablet(kind, folder / "a") as first,
        tablet(kind, folder / "b") as second,
    ):
        for one, machine in ((second, "press-2"), (first, "press-1")):
            enrolled(one, wifi, leader, machine)
            at_work(one, wifi, demo, machine)
        before = {unit: {e["command_id"] for e in leader.entries(unit)} for unit in UNITS}
        stop = explained_stop(first.page)
        wifi.cut()
        expect(first.page.locator(".band.lost .w")).to_be_visible()
        type_in(first.page, 1, EACH)
        first.page.reload()
        first.page.wait_for_selector("mes-terminal .band.lost")
        expect(first.page.locator(".ot button").first).to_contain_text("김민수")
        type_in(second.page, 1, EACH)
        second.die()
        type_in(first.page, 1 + EACH, EACH)
        another_reason(first.page, stop)
        leader.explain("press-1", stop, "material-shortage")
        second.start_again()
        second.page.goto(f"{wifi.url}/terminal/press-2")
        second.page.wait_for_selector("mes-terminal .band.lost")
        type_in(second.page, 1 + EACH, EACH)
        first.page.wait_for_timeout(cut_real_s * 1000)
        typed = {
            "press-1": first.page.evaluate(OUTBOX),
            "press-2": second.page.evaluate(OUTBOX),
        }
        expect(first.page.locator(".ob")).to_contain_text(f"미전송 {2 * EACH + 1}건")
        expect(second.page.locator(".ob")).to_contain_text(f"미전송 {2 * EACH}건")
        wifi.restore()
        for one in (first, second):
            expect(one.page.locator(".ob")).to_contain_text("미전송 0건", timeout=ARRIVED_S * 1000)
        for unit in UNITS:
            fresh = [e for e in leader.entries(unit) if e["command_id"] not in before[unit]]
            check_applied_once(typed[unit], [e for e in fresh if e["kind"] == "quantity"], unit)
        refused = first.page.locator(".rec li.refused")
        expect(refused).to_have_count(1)
        expect(refused).to_contain_text("stop_changed")
        expect(second.page.locator(".rec li.refused")).to_have_count(0)


def check_applied_once(
    typed: list[dict[str, Any]], applied: list[dict[str, Any]], unit: str
) -> None:
    """All of them, once, in order, each with the time when it was typed and who typed it."""
    pieces = [one for one in typed if one["scrap"] is not None]
    assert [one["scrap"] for one in pieces] == list(range(1, 2 * EACH + 1))
    assert [one["command_id"] for one in applied] == [one["id"] for one in pieces]
    assert [int(one["scrap"]) for one in applied] == [one["scrap"] for one in pieces]
    assert {one["badge_no"] for one in applied} == {UNITS[unit]}
    times = [parse_instant(one["at"]) for one in applied]
    assert times == sorted(times)
    for at, one in zip(times, pieces, strict=True):
        assert abs(at - one["typed"] * 1000) < APART_US, one


def explained_stop(page: Page) -> dict[str, Any]:
    """A long stop of this shift that has a reason and is over."""
    found: dict[str, Any] = page.evaluate(
        """async () => (await (await fetch('/api/v1/work-units/press-1/stops')).json()).items
          .findLast((one) => one.statement && one.end && !one.minor)"""
    )
    return found


def another_reason(page: Page, stop: dict[str, Any]) -> None:
    """Choose a reason for a stop from the list of all stops."""
    page.evaluate(
        "(start) => document.querySelector('mes-terminal').openAnyStop(start)", stop["start"]
    )
    page.wait_for_selector("dialog.sheet[open] .splitrow")
    tiles = page.locator("dialog.sheet .list .rt[aria-pressed=false]")
    tiles.last.click()
    page.locator("dialog.sheet footer .primary").click()
    page.wait_for_selector("dialog.sheet:not([open])", state="attached")


def test_forty_entries_of_two_tablets_survive_a_cut_a_reload_and_a_dead_battery(
    demo: Demo, wifi: Wifi, chromium: Browser, tmp_path: Path
) -> None:
    forty_entries(demo, wifi, chromium, tmp_path, 0.0)


@pytest.mark.proof
def test_the_same_over_thirty_minutes_of_plant_time(chromium: Browser, tmp_path: Path) -> None:
    speed = 30  # the shift in which the test begins must not end in it
    plant = tmp_path / "plant"
    plant.mkdir()
    with running_demo(plant, speed=str(speed)) as demo:
        relay = Wifi(demo.url)
        try:
            forty_entries(demo, relay, chromium, tmp_path, CUT_PLANT_S / speed)
        finally:
            relay.close()

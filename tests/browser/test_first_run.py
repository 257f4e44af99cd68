"""From an empty data folder to the first part in a real browser, by hand and with a device."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mes.ports import free_port
from tests.browser.conftest import Watch
from tests.browser.looks import EVERY, Look
from tests.browser.test_pages import CUT, serious
from tests.browser.test_terminal import scan
from tests.features.demo.plants import Running, running
from tests.web.serving import ROOT

PASSWORD = "맑은 날 프레스 3호기 앞에서"
LEAST_PX = 40
SMALL = """(least) => [...document.querySelectorAll(
    'main button, main a.btn, main .in, main .tick')]
  .filter((element) => element.getBoundingClientRect().height > 0)
  .filter((element) => element.getBoundingClientRect().height < least - 0.5)
  .map((element) => element.outerHTML.slice(0, 80))"""
"""Ticks are touched at their words."""
CUT_OPEN = CUT.replace("'.sr,", "'details:not([open]) > :not(summary), .sr,")
"""What is cut off of what can be seen: not of a menu that is closed."""
SLOW_MS = 60_000
SOME = "1280x800-ko-light"
"""The look of every run; all of them belong to the proof."""
LOOKS = [
    pytest.param(look, id=look.name, marks=() if look.name == SOME else pytest.mark.proof)
    for look in EVERY
]
TALL = Look(width=800, height=1280, language="en", theme="light")
FIRST_PART_S = 15 * 60
"""What the first part may take; a script types faster than people, but waits for every page."""
WORDS = {
    "ko": {"done": "첫 부품이 기록", "taken": r"처음 부품까지 \d+분", "running": "가동"},
    "en": {
        "done": "first part is recorded",
        "taken": r"To the first part: \d+ min",
        "running": "Running",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """One browser that sets a plant up, and how its pages are looked at."""

    page: Page
    language: str
    run: Running

    def to(self, step: str) -> None:
        """Be on a step, and look at it."""
        self.page.wait_for_url(re.compile(f"/welcome/{step}"))
        self.look()

    def look(self) -> None:
        """The page fits, is accessible, and can be touched."""
        page = self.page
        assert page.locator("html").get_attribute("lang") == self.language
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{page.url} is {wide} px too wide"
        assert page.evaluate(CUT_OPEN) == [], page.url
        assert page.evaluate(SMALL, LEAST_PX) == [], page.url
        assert serious(page) == [], page.url

    def tap(self, target: str) -> None:
        """Tap what the selector names."""
        self.page.locator(target).tap()

    def onward(self) -> None:
        """The button of the step that leads on."""
        self.tap(".fr-ends .primary")


@contextmanager
def browser_of(chromium: Browser, run: Running, look: Look) -> Iterator[BrowserContext]:
    """A browser of its own whose console stays silent."""
    watch = Watch(run.url)
    context = chromium.new_context(
        base_url=run.url,
        viewport={"width": look.width, "height": look.height},
        has_touch=True,
        locale="ko-KR",
        timezone_id="America/New_York",
    )
    cookies: Any = [
        {"name": "language", "value": look.language, "url": run.url},
        {"name": "theme", "value": look.theme, "url": run.url},
    ]
    context.add_cookies(cookies)
    context.on("page", watch.follow)
    context.set_default_timeout(15_000)
    yield context
    context.close()
    assert watch.wrong == []


@contextmanager
def simulated_press(folder: Path) -> Iterator[int]:
    """The press of the simulators, in a process of its own; the port of its controller."""
    port = free_port()
    command = [sys.executable, "-m", "simulators", "run", "--scenario", "press", "--seed", "3"]
    command += ["--modbus-port", str(port), "--opcua-port", "0", "--data", str(folder)]
    with (folder / "simulators.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            yield port
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Running]:
    """`mes run` on an empty data folder."""
    with running(tmp_path / "data", ["run"]) as run:
        yield run


@pytest.mark.parametrize("look", LOOKS)
def test_first_run_by_hand_to_the_first_part(plant: Running, chromium: Browser, look: Look) -> None:
    begun = time.monotonic()
    with browser_of(chromium, plant, look) as context:
        walk = Walk(page=context.new_page(), language=look.language, run=plant)
        make_account(walk)
        found_plant(walk)
        choose_trade(walk, "press", "two-shift")
        add_machines(walk, "hand")
        add_item(walk, "BRKT-100", "10")
        walk.to("devices")
        walk.onward()
        add_operator(walk)
        with browser_of(chromium, plant, look) as other:
            tablet = other.new_page()
            enrol_tablet(walk, tablet)
            order(walk)
            report_on_tablet(tablet)
            taken = first_part(walk)
    assert time.monotonic() - begun < FIRST_PART_S
    print(f"by hand, {look.name}: {taken}, {time.monotonic() - begun:.0f} s of real time")  # noqa: T201


def test_first_run_with_a_device_to_the_first_part(
    plant: Running, chromium: Browser, tmp_path: Path
) -> None:
    begun = time.monotonic()
    with (
        simulated_press(tmp_path) as port,
        browser_of(chromium, plant, TALL) as context,
    ):
        walk = Walk(page=context.new_page(), language="en", run=plant)
        make_account(walk)
        found_plant(walk)
        choose_trade(walk, "press", "one-shift")
        add_machines(walk, "device")
        add_item(walk, "BRKT-100", "3.5")
        connect_press(walk, port)
        walk.to("people")
        walk.tap(".fr-ends .go-on")  # passed over: the machine reports by itself
        order(walk)
        walk.tap("[data-start]")
        taken = first_part(walk)
        walk.page.goto("/")
        walk.page.wait_for_selector("mes-wall .tile")
        assert walk.page.locator("[data-first-run]").count() == 0, "nothing reminds any more"
    assert time.monotonic() - begun < FIRST_PART_S
    print(f"device, en 800x1280: {taken}, {time.monotonic() - begun:.0f} s of real time")  # noqa: T201


def make_account(walk: Walk) -> None:
    """The link that the start printed leads to the first account."""
    link = next(line.strip() for line in walk.run.lines() if "/welcome?code=" in line)
    page = walk.page
    page.goto("/report")
    assert page.url.endswith("/welcome"), "everything leads to the first account"
    walk.look()
    page.goto(link)
    walk.look()
    page.fill("#login", "anna")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    walk.tap("main form button")
    walk.to("plant")


def found_plant(walk: Walk) -> None:
    page = walk.page
    page.fill("[name=name_ko]", "부산 시범공장")
    page.fill("[name=name_en]", "Busan pilot plant")
    walk.onward()
    walk.to("trade")


def choose_trade(walk: Walk, trade: str, shifts: str) -> None:
    """What would be added is shown before it is; a page that is left goes on where it was."""
    page = walk.page
    page.check(f"[name=trade][value={trade}]")
    page.check(f"[name=shifts][value={shifts}]")
    walk.tap("#choice-form [type=submit]")
    page.wait_for_selector(".fr-shown .fr-chips")
    walk.look()
    page.goto("/orders")
    walk.look()
    walk.tap("[data-first-run] .btn.primary")
    page.wait_for_url(re.compile("/welcome/trade"))
    page.go_back()
    page.go_back()
    page.wait_for_selector(".fr-shown .fr-chips")
    walk.onward()
    walk.to("machines")


def add_machines(walk: Walk, way: str) -> None:
    page = walk.page
    page.fill("[name=count]", "1")
    page.check(f"[name=way][value={way}]")
    walk.tap("#machines-form [type=submit]")
    page.wait_for_selector(".fr-table tbody tr")
    walk.look()
    walk.onward()
    walk.to("items")


def add_item(walk: Walk, code: str, cycle: str) -> None:
    page = walk.page
    page.fill("[name=item_code]", code)
    page.fill("[name=item_ko]", "브라켓")
    page.fill("[name=item_en]", "Bracket")
    page.fill("[name=cycle_s]", cycle)
    walk.tap("#items-form [type=submit]")
    page.wait_for_selector(".fr-table tbody tr")
    walk.look()
    walk.onward()
    walk.page.wait_for_url(re.compile("/welcome/devices"))


def connect_press(walk: Walk, port: int) -> None:
    """The flow that adds any device, then what its tags mean, then back to the guide."""
    page = walk.page
    walk.look()
    walk.tap("a[href='/sources/new']")
    page.locator(".way.hand", has_text="modbus").tap()
    page.fill("#f-id", "press_plc")
    page.select_option("#f-link-transport", "tcp")
    page.fill("#f-link-host", "127.0.0.1")
    page.locator("#f-link-host").press("Tab")
    page.fill("#f-link-port", str(port))
    page.fill("#f-unit", "1")
    page.locator("#f-unit").press("Tab")
    walk.tap(".next")
    for place, name in enumerate(("state", "strokes")):
        walk.tap(".addtag")
        page.fill(f"#t{place}-tags-name", name)
        page.select_option(f"#t{place}-tags-table", "holding")
        page.fill(f"#t{place}-tags-address", str(place))
        page.select_option(f"#t{place}-tags-type", "uint16")
    walk.tap(".next")
    page.wait_for_selector(".prev tbody tr", timeout=SLOW_MS)
    walk.tap(".next")
    walk.tap(".save")
    walk.tap("a.done")
    page.wait_for_url(re.compile("/sources/press_plc"))
    page.select_option("#g-unit", index=1)
    page.select_option("#g-state", "press_plc/state")
    page.fill("#g-map", "0 = off, 1 = stopped, 2 = running, 3 = down, 4 = setup, 5 = waiting")
    page.locator("#g-map").press("Tab")
    page.select_option("#g-total", "press_plc/strokes")
    walk.tap(".map")
    page.wait_for_selector("mes-source [role=status] >> text=revision")
    page.reload()
    expect(page.locator("[data-first-run] .fr-next")).to_contain_text("Operator")
    page.goto("/welcome/devices")
    expect(page.locator(".fr-table")).to_contain_text("press_plc")
    walk.look()
    walk.onward()


def add_operator(walk: Walk) -> None:
    walk.to("people")
    page = walk.page
    page.fill("[name=name]", "김민수")
    page.fill("[name=pin]", "271828")
    walk.tap("#person-form [type=submit]")
    expect(page.locator(".offer-code .code")).to_have_text("271828")
    walk.look()


def enrol_tablet(walk: Walk, tablet: Page) -> None:
    """A tablet with its one-time code; the guide notices it by itself."""
    page = walk.page
    page.select_option("[name=place]", index=1)
    walk.tap("#tablet-form [type=submit]")
    offered = page.locator(".offer-code .code")
    expect(offered).not_to_have_text("271828")  # the PIN, which the page before has shown
    code = offered.inner_text()
    walk.look()
    tablet.goto(f"/enrol?code={code}")
    tablet.locator("main form button").first.tap()
    tablet.wait_for_url(re.compile("/terminal/press"))
    expect(page.locator("[data-of=people]")).to_have_class("done")
    page.locator("[data-of=part] a").tap()


def order(walk: Walk) -> None:
    walk.to("part")
    walk.tap("#part-form [type=submit]")
    walk.page.wait_for_selector(".fr-job")
    walk.look()


def report_on_tablet(tablet: Page) -> None:
    """An operator signs in, starts the job and reports one good part."""
    tablet.reload()
    tablet.wait_for_selector("mes-terminal .act")
    scan(tablet, "1001")
    tablet.wait_for_selector("dialog.sheet[open] .pin")
    for digit in "271828":
        tablet.locator(f".pad .key:text-is('{digit}')").click()
    tablet.locator("dialog.sheet footer .primary").click()
    tablet.wait_for_selector("dialog.sheet:not([open])", state="attached")
    tablet.locator("a.act").tap()
    tablet.locator("mes-jobs .jobcard.next .btn.primary").tap()
    expect(tablet.locator("mes-jobs .jobcard.run")).to_have_count(1)
    tablet.goto("/terminal")
    tablet.locator(".act").first.tap()
    tablet.locator("dialog.sheet .pad .key:text-is('1')").click()
    tablet.locator("dialog.sheet footer .primary").click()


def first_part(walk: Walk) -> str:
    """The guide tells live that the machine runs, and how long it took; its text."""
    page, words = walk.page, WORDS[walk.language]
    finished = page.locator(".fr-finished")
    finished.wait_for(state="visible", timeout=SLOW_MS)
    expect(finished).to_contain_text(words["done"])
    expect(page.locator("[data-live=taken]")).to_have_text(re.compile(words["taken"]))
    expect(page.locator("[data-live=state]")).to_have_text(words["running"])
    walk.look()
    page.reload()
    expect(page.locator(".fr-finished")).to_be_visible()
    return page.locator("[data-live=taken]").inner_text()

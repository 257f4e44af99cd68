"""An integrator adds a device, looks into it and takes it away: touch, keyboard, both languages."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Open, Watch, signed_in_state
from tests.browser.demo import Demo
from tests.browser.looks import EVERY, Look
from tests.browser.test_pages import CUT, serious
from tests.connectors.modbus.device import Device, serving

SLOW_MS = 60_000
SOME = {"1280x800-en-light", "800x1280-ko-light", "1920x1080-en-light"}
"""Looks of every run; all of them belong to the proof."""
LOOKS = [
    pytest.param(look, id=look.name, marks=() if look.name in SOME else pytest.mark.proof)
    for look in EVERY
]
SILENT_UNIT = 9
LEAST_PX = 40
SMALL = """(least) => [...document.querySelectorAll(
    'main button, main input, main select, main summary')]
  .filter((element) => element.getBoundingClientRect().height > 0)
  .filter((element) => element.getBoundingClientRect().height < least - 0.5)
  .map((element) => element.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def integrator(demo: Demo, chromium: Browser) -> Any:
    """Cookies of a signed-in integrator."""
    cookies = signed_in_state(demo, chromium, "integrator")["cookies"]
    return [cookie for cookie in cookies if cookie["name"] not in ("language", "theme")]


@pytest.fixture(scope="module")
def device() -> Iterator[Device]:
    """A device of the integrator's, on an event loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made = Device(registers={1: 4711}, silent_units={SILENT_UNIT})
    served = serving(made)
    asyncio.run_coroutine_threadsafe(served.__aenter__(), loop).result(10)
    yield made
    asyncio.run_coroutine_threadsafe(served.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def opened(
    open_context: Open, integrator: Any, *size: int, language: str = "en", theme: str = "light"
) -> Page:
    context = open_context(*size, language=language, theme=theme, signed_in=False)
    context.add_cookies(integrator)
    return context.new_page()


def looked_at(page: Page) -> None:
    """The page fits, is accessible, and can be touched."""
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
    assert page.evaluate(CUT) == [], page.url
    assert serious(page) == [], page.url
    assert page.evaluate(SMALL, LEAST_PX) == [], page.url


def port_of_the_press(page: Page) -> int:
    answer = page.request.get("/api/v1/sources/press_plc/configuration").json()
    return int(answer["source"]["link"]["port"])


def walk_to_the_test(page: Page, port: int, unit: int, code: str, address: str = "1") -> None:
    """Fill in the flow as far as its test."""
    page.goto("/sources")
    page.locator("a.add").tap()
    page.locator(".way.hand", has_text="modbus").tap()
    page.fill("#f-id", code)
    page.select_option("#f-link-transport", "tcp")
    page.fill("#f-link-host", "127.0.0.1")
    page.locator("#f-link-host").press("Tab")
    page.fill("#f-link-port", str(port))
    page.fill("#f-unit", str(unit))
    page.locator("#f-unit").press("Tab")
    looked_at(page)
    page.locator(".next").tap()
    page.locator(".addtag").tap()
    page.fill("#t0-tags-name", "strokes")
    page.select_option("#t0-tags-table", "holding")
    page.fill("#t0-tags-address", address)
    page.select_option("#t0-tags-type", "uint16")
    looked_at(page)
    page.locator(".next").focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize("look", LOOKS)
def test_a_device_is_added_tested_read_and_removed(
    open_context: Open, integrator: Any, device: Device, look: Look
) -> None:
    language = look.language
    code = f"device_{look.width}_{language}_{look.theme}"
    size = (look.width, look.height)
    page = opened(open_context, integrator, *size, language=language, theme=look.theme)
    walk_to_the_test(page, device.port, SILENT_UNIT, code)
    page.wait_for_selector(".steps .st-failed", timeout=SLOW_MS)
    assert page.locator(".flow .note").inner_text(), "what to do is said"
    assert page.locator(".next").is_disabled(), "nothing goes on before the test has passed"
    accepted = {"ko": "포트가 연결을 받습니다.", "en": "The port accepts connections."}[language]
    assert accepted in page.locator(".steps .st-passed").nth(1).inner_text()
    looked_at(page)
    page.locator(".back").tap()
    page.locator(".back").tap()
    page.fill("#f-unit", "1")
    page.locator("#f-unit").press("Tab")
    page.locator(".next").tap()
    page.locator(".next").tap()
    page.wait_for_selector(".prev tbody tr", timeout=SLOW_MS)
    assert "4711" in page.locator(".prev tbody").inner_text()
    looked_at(page)
    page.locator(".next").tap()
    page.locator(".save").tap()
    page.locator("a.done").tap()
    page.wait_for_function(
        "() => document.querySelector('mes-source')?.innerText.includes('4,711')", timeout=SLOW_MS
    )
    looked_at(page)
    assert page.locator(".rev-fresh").count() == 1, "the edge runs the revision that was saved"
    assert page.input_value("#g-unit") == "", "no machine uses it, so none is shown as if it did"
    page.locator("details.card:has(.remove) summary").tap()
    page.locator(".remove").tap()
    page.wait_for_selector("mes-sources tbody tr")
    assert code not in page.locator("mes-sources table").first.inner_text()


def test_the_same_device_is_not_read_twice(
    open_context: Open, integrator: Any, watch: Watch
) -> None:
    watch.allow("409")
    page = opened(open_context, integrator)
    page.goto("/sources")
    walk_to_the_test(page, port_of_the_press(page), 1, "press_again")
    page.wait_for_selector(".prev tbody tr", timeout=SLOW_MS)
    page.locator(".next").tap()
    page.locator(".save").tap()
    page.wait_for_selector(".flow p.bad")
    assert "press_plc" in page.locator(".flow p.bad").first.inner_text()


def test_a_source_shows_registers_in_all_orders_frames_and_meanings(
    open_context: Open, integrator: Any
) -> None:
    page = opened(open_context, integrator)
    page.goto("/sources/press_plc")
    page.wait_for_selector("#r-at")
    page.locator(".btn", has_text="Read registers").tap()
    page.wait_for_selector(".regs tbody tr", timeout=SLOW_MS)
    page.wait_for_selector(".ords .cell.hit")
    page.locator(".btn", has_text="Show frames").tap()
    page.wait_for_selector(".frames tbody tr", timeout=SLOW_MS)
    page.locator(".btn[aria-pressed=true]", has_text="Pause").tap()
    page.wait_for_selector(".ba tbody tr")
    assert "→" in page.locator(".ba tbody").inner_text()
    page.locator(".addalarm").tap()
    page.wait_for_selector("#g-r0")
    page.fill("#g-a0", "17")
    page.locator("#g-a0").press("Tab")
    codes = page.locator(".alarms input").evaluate_all("all => all.map((each) => each.value)")
    assert "17" in codes
    looked_at(page)
    page.locator(".ords .cell.hit").first.tap()
    page.wait_for_selector(".tagl .tag")
    picked = page.locator(".tagl .tag").last.locator("input").first
    assert picked.input_value().startswith("holding_")


def test_others_only_read(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/sources/press_plc")
    page.wait_for_selector("mes-source .facts")
    assert page.locator(".map, .remove, #r-at").count() == 0
    page.goto("/sources")
    page.wait_for_selector("mes-sources tbody tr")
    assert page.locator("a.add").count() == 0


def test_a_template_is_filled_in_and_earlier_configurations_are_listed(
    open_context: Open, integrator: Any, device: Device
) -> None:
    page = opened(open_context, integrator)
    page.goto("/sources/new")
    page.locator(".tpl", has_text="E1210").first.tap()
    page.fill("#p-host", "127.0.0.1")
    page.locator("#p-host").press("Tab")
    page.fill("#p-port", str(device.port))
    page.locator("#p-port").press("Tab")
    looked_at(page)
    page.locator(".next").first.tap()
    page.wait_for_selector("#f-link-host")
    assert page.locator("#f-link-host").input_value() == "127.0.0.1"
    page.fill("#f-id", "of_template")
    page.locator("#f-id").press("Tab")
    page.locator(".next").tap()
    page.locator(".next").tap()
    page.wait_for_selector(".steps li", timeout=SLOW_MS)
    page.goto("/sources")
    page.locator(".revs summary").tap()
    page.wait_for_selector(".revs tbody tr")
    looked_at(page)


def test_a_list_becomes_a_template_after_its_mistakes_are_told_by_line(
    open_context: Open, integrator: Any
) -> None:
    page = opened(open_context, integrator, 800, 1280, language="ko")
    page.goto("/sources/templates")
    page.wait_for_selector(".tpls tbody tr")
    looked_at(page)
    page.set_input_files("#i-f", files=[list_file("a,holding,40017,uint16\nb,input,2,uint17\n")])
    page.fill("#i-id", "browser-oven")
    page.locator("#i-id").press("Tab")
    page.locator(".try").tap()
    page.wait_for_selector(".mis tbody tr")
    assert page.locator(".mis tbody td:first-child").all_inner_texts() == ["2", "3"]
    assert all(
        re.search("[가-힣]", told) for told in page.locator(".mis td:last-child").all_inner_texts()
    ), "each mistake is told in the language of the page"
    assert page.locator(".keep").is_disabled(), "what has mistakes is not stored"
    looked_at(page)
    page.set_input_files("#i-f", files=[list_file("a,holding,4x17,uint16\nb,input,2,uint16\n")])
    page.locator(".try").tap()
    page.wait_for_selector(".imp .note")
    page.locator(".keep").tap()
    page.wait_for_selector(".tpls tbody tr:has-text('browser-oven')")
    listed = page.request.get("/api/v1/device-templates/browser-oven/1/file?format=csv").text()
    assert "a,holding,0x0010,uint16" in listed
    source = page.request.get("/api/v1/sources/press_plc/template-file").text()
    assert "press1_strokes" in source
    assert "127.0.0.1" not in source


def list_file(rows: str) -> Any:
    """A register list as a person chooses it."""
    text = "name,table,address,type\n" + rows
    return {"name": "list.csv", "mimeType": "text/csv", "buffer": text.encode()}


def test_nodes_of_a_server_are_opened_and_its_frames_shown(
    open_context: Open, integrator: Any
) -> None:
    page = opened(open_context, integrator)
    page.goto("/sources/cnc_cell")
    page.wait_for_selector("#n-s")
    page.locator(".btn", has_text="Browse").tap()
    page.locator(".tree button", has_text="Cnc1").tap()
    page.wait_for_selector(".tree .var")
    state = page.locator(".tree .var", has_text="State").first.inner_text()
    assert "Good" in state, "type, value, quality and age stand beside the name"
    page.locator(".btn", has_text="Show frames").tap()
    page.wait_for_selector(".frames tbody tr", timeout=SLOW_MS)
    assert "Publish" in page.locator(".frames tbody").inner_text()
    page.wait_for_selector("#h-p")
    looked_at(page)

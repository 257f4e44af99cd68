"""A work instruction from the office to the terminal and back: written, read, measured, changed."""

from __future__ import annotations

import re
import struct
import zlib

from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Open, Watch
from tests.browser.demo import Demo
from tests.browser.test_pages import CUT, serious
from tests.browser.test_terminal import sign_in

SMALL = """() => [...document.querySelectorAll('dialog[open] button, dialog[open] a')]
  .map((element) => [element.getBoundingClientRect(), element.textContent.trim()])
  .filter(([box]) => box.width > 0 && (box.height < 63.5 || box.width < 63.5))
  .map(([, text]) => text)"""


def png() -> bytes:
    """A small grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60, 40, 8, 0, 0, 0, 0))
    rows = b"".join(b"\x00" + b"\x90" * 60 for _ in range(40))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def write_first_revision(page: Page) -> None:
    """One step with a picture and a number, and one that is only read."""
    page.locator(".wr-list > button").click()
    page.fill("#wr-steps-0-title-ko", "두께 측정")
    page.fill("#wr-steps-0-text-ko", "첫 제품의 두께를 잽니다.")
    picture: FilePayload = {"name": "part.png", "mimeType": "image/png", "buffer": png()}
    page.locator(".wr-files input[type=file]").first.set_input_files(picture)
    page.wait_for_selector(".wr-picture")
    page.locator(".wr-step > button").click()
    page.fill("#wr-steps-0-fields-0-label-ko", "두께")
    page.fill("#wr-steps-0-fields-0-min", "9.9")
    page.fill("#wr-steps-0-fields-0-max", "9.8")
    page.locator(".wr-field .tick input").check()
    page.locator(".wr-list > button").click()
    page.fill("#wr-steps-1-title-ko", "정리 정돈")
    page.locator(".wr-bar .btn.primary").click()
    expect(page.locator("#wr-steps-0-fields-0-max-bad")).to_be_visible()
    page.fill("#wr-steps-0-fields-0-max", "10.1")
    assert serious(page) == []
    assert page.evaluate(CUT) == []
    page.locator(".wr-bar .btn.primary").click()
    expect(page.locator(".msg[role=status]")).to_be_visible()
    page.locator(".wr-bar .btn.primary").click()
    expect(page.locator(".wr-bar select")).to_contain_text("1판 · 유효")


def press(page: Page, digits: str) -> None:
    for digit in digits:
        if digit == ".":
            page.locator(".wi .quick .key").first.click()
        else:
            page.locator(f".wi .pad .key:text-is('{digit}')").click()


def next_step(page: Page) -> None:
    page.locator(".wi footer .primary").click()


def test_an_instruction_is_written_read_measured_and_changed(
    tablet: Page, demo: Demo, open_context: Open, watch: Watch
) -> None:
    watch.allow("422", "ERR_", "WebSocket")
    office = open_context().new_page()
    office.goto("/instructions")
    office.fill("#f-code", "WI-BROWSER")
    office.fill("#f-ko", "프레스 두께")
    office.fill("#f-item", item_on_press(office))
    office.select_option("#f-work_unit", "press-1")
    office.locator("form[action='/instructions'] button").click()
    office.wait_for_selector(".wr-list")
    write_first_revision(office)

    tablet.reload()
    tablet.wait_for_selector("mes-terminal .band")
    sign_in(tablet, demo)
    button = tablet.locator(".wi-open")
    expect(button).to_contain_text("읽지 않음")
    button.click()
    tablet.wait_for_selector(".dlg.wi figure img")
    assert serious(tablet) == []
    assert tablet.evaluate(SMALL) == []
    tablet.context.set_offline(True)  # opened: from here on no network is needed
    next_step(tablet)
    expect(tablet.locator(".wi-field.missing")).to_be_visible()
    tablet.locator(".wi-field .disp").click()
    press(tablet, "10.0")
    ticked = tablet.locator(".wi-field .disp .lb svg")
    expect(ticked).to_have_count(1)
    tablet.locator(".wi .pad .key", has_text="지움").click()
    press(tablet, "12.5")
    expect(ticked).to_have_count(0)
    next_step(tablet)
    expect(tablet.locator(".wi footer .primary")).to_contain_text("그대로 저장")
    next_step(tablet)
    next_step(tablet)
    expect(tablet.locator(".wi-last")).to_be_visible()
    next_step(tablet)
    expect(tablet.locator("dialog.sheet[open]")).to_have_count(0)
    expect(tablet.locator(".lks.ob")).to_contain_text("2")
    tablet.context.set_offline(False)
    expect(button).to_contain_text(re.compile("읽음"), timeout=45000)
    expect(tablet.locator(".lks.ob")).to_contain_text("0", timeout=45000)

    office.goto("/instruction-records?kind=values&instruction=WI-BROWSER")
    expect(office.locator("tbody tr").first).to_contain_text("12.5")
    expect(office.locator("tbody tr").first).to_contain_text("이탈")
    office.goto("/instruction-records?instruction=WI-BROWSER")
    expect(office.locator("tbody tr").first).to_contain_text("김민수")
    assert serious(office) == []

    office.goto("/instructions/WI-BROWSER")
    office.locator(".wr-bar .btn.primary").click()
    office.fill("#wr-note", "정리 정돈을 두 번 합니다.")
    office.locator(".wr-pick").nth(1).click()
    office.fill("#wr-steps-1-title-ko", "정리 정돈 두 번")
    office.locator(".wr-bar .btn.primary").click()
    expect(office.locator(".msg[role=status]")).to_be_visible()
    office.locator(".wr-bar .btn.primary").click()
    expect(office.locator(".wr-bar select")).to_contain_text("2판 · 유효")
    button.click()  # what was released a moment ago is what opens, long before it is asked again
    expect(button).to_contain_text("변경됨")
    expect(tablet.locator(".wi .offer.changed")).to_contain_text("정리 정돈을 두 번 합니다.")
    expect(tablet.locator(".wi-tick em")).to_have_count(1)
    assert serious(tablet) == []
    office.goto("/instructions/WI-BROWSER")
    office.locator("form[action$='/retire'] button").click()


def item_on_press(page: Page) -> str:
    """Code of the item that runs on press 1, else any."""
    found = page.evaluate(
        "async () => (await (await fetch('/api/v1/work-units/press-1')).json()).job?.item"
    )
    return str(found or page.locator("#known-items option").first.get_attribute("value"))

"""Line view, handover, calls and wall as people use them; each page fits, is accessible, prints."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from mes.features.verify.waiting import until
from tests.browser.conftest import Open, Watch, signed_in_state
from tests.browser.demo import Demo
from tests.browser.test_pages import CUT, serious

PAGES = {
    "/lines/line-1": ".lv-hours tbody tr",
    "/lines/line-1/handover": ".ho table tbody tr",
    "/calls": "#cl-history table",
}
BESIDE = """() => [...document.querySelectorAll('.hc-form [type=submit]')].filter((button) =>
  button.getBoundingClientRect().right > button.closest('.tw').getBoundingClientRect().right + 1
).map((button) => button.getAttribute('aria-label'))"""
"""What is behind the edge of a table that scrolls sideways."""
PRINTED_PX = "(part) => parseFloat(getComputedStyle(part).fontSize) * part.currentCSSZoom"
SIZES = [(1280, 800, "ko", "light"), (800, 1280, "en", "light"), (1920, 1080, "ko", "dark")]


@pytest.mark.parametrize(("width", "height", "language", "theme"), SIZES)
def test_the_pages_of_the_floor_fit_and_are_accessible(
    open_context: Open, width: int, height: int, language: str, theme: str
) -> None:
    page = open_context(width, height, language=language, theme=theme).new_page()
    for address, ready in PAGES.items():
        page.goto(address)
        page.wait_for_selector(ready, state="attached")
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{address} is {wide} px too wide"
        assert page.evaluate(CUT) == [], address
        assert page.evaluate(BESIDE) == [], f"{address}: fields beside the screen"
        assert serious(page) == [], address


def test_an_hour_is_commented_by_a_tap_on_its_loss_and_corrected(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/lines/line-1")
    row = page.locator(".lv-hours tbody tr").filter(has=page.locator(".fill")).first
    hour = row.locator("th").inner_text()
    row.locator(".fill").first.click()
    row.locator("[type=submit]").click()
    again = page.locator(".lv-hours tbody tr").filter(has_text=hour)
    expect(again.locator(".who")).to_contain_text("supervisor")
    said = again.locator("[name=text]")
    said.fill("half typed")
    page.reload()
    said = page.locator(".lv-hours tbody tr").filter(has_text=hour).locator("[name=text]")
    expect(said).to_have_value("half typed")
    said.press("Enter")
    told = page.locator(".lv-hours tbody tr").filter(has_text=hour).locator(".who")
    expect(told).to_contain_text("이전 내용 1건")


def test_of_two_leads_who_tick_the_crew_the_second_reads_what_the_first_saved(
    demo: Demo, chromium: Browser, open_context: Open, watch: Watch
) -> None:
    watch.allow("409")
    page = open_context().new_page()
    page.goto("/lines/line-2/handover")
    manager = signed_in_page(demo, chromium, watch, "manager", page.url)
    ticks = manager.locator("#crew [name='people[]']")
    ticks.last.set_checked(not ticks.last.is_checked())
    mine = [one.is_checked() for one in ticks.all()]
    page.fill("#crew [name=others]", "박용역")
    with page.expect_response(re.compile("/handover/crew$")):
        page.locator("#crew [type=submit]").click()
    manager.reload()
    manager.locator("#crew [type=submit]").click()
    refused = manager.locator("#crew [role=alert]")
    expect(refused).to_contain_text("supervisor")
    expect(refused).to_contain_text("박용역")
    assert [one.is_checked() for one in ticks.all()] == mine, "nothing that was ticked is gone"
    with manager.expect_response(re.compile("/handover/crew$")) as again:
        manager.locator("#crew [type=submit]").click()
    assert again.value.status == 201
    expect(refused).to_be_hidden()


def test_a_shift_is_handed_over_taken_over_and_prints_on_one_page(
    demo: Demo, chromium: Browser, open_context: Open, watch: Watch
) -> None:
    watch.allow("409")
    page = open_context().new_page()
    stops = page.locator(".ho-stops li")
    for line in ("line-1", "line-2"):
        page.goto(f"/lines/{line}/handover")
        if before := stops.count():
            break
    assert before, "the night shift of the demo has stops without a reason"
    stops.first.locator("button[name=reason]").first.click()
    expect(stops).to_have_count(before - 1)
    page.fill("#add-entry [name=text]", "금형 2번 누유, 점검 요청")
    page.locator("#add-entry [type=submit]").click()
    expect(page.locator(".entries .txt")).to_have_text("금형 2번 누유, 점검 요청")
    page.locator("#crew [type=submit]").click()
    page.locator("#hand-over [type=submit]").click()
    expect(page.locator(".box").first).to_contain_text("supervisor")
    page.locator("#take-over [type=submit]").click()
    expect(page.locator("#take-over [role=alert]")).to_contain_text("인수")
    manager = signed_in_page(demo, chromium, watch, "manager", page.url)
    manager.locator("#take-over [type=submit]").click()
    expect(manager.locator(".box").nth(1)).to_contain_text("manager")
    manager.fill("#add-entry [name=text]", "인수 뒤 확인함")
    manager.locator("#add-entry [type=submit]").click()
    expect(manager.locator(".entries .addition .txt")).to_have_text("인수 뒤 확인함")
    printed = manager.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    manager.emulate_media(media="print")
    size = manager.locator(".entries").evaluate(PRINTED_PX)
    assert size >= 12, "a page with room is printed in large type"
    manager.emulate_media(media="null")
    manager.fill("#add-entry [name=text]", "금형 2번 누유, 점검 요청. " * 40)
    manager.locator("#add-entry [type=submit]").click()
    expect(manager.locator(".entries .addition")).to_have_count(2)
    for printed_line in ("line-1", "line-2"):
        manager.goto(f"{demo.url}/lines/{printed_line}/handover")
        ruled = manager.locator(".rules li").count()
        sheets = re.findall(rb"/Type\s*/Page\b", manager.pdf(prefer_css_page_size=True))
        assert len(sheets) == 1, f"{printed_line} with {ruled} ruled lines"
    manager.context.close()


def test_a_call_is_answered_from_the_wall_and_the_list(open_context: Open) -> None:
    page = open_context(1920, 1080, theme="dark").new_page()
    page.goto("/")
    page.wait_for_selector("mes-wall .tile .good")
    call(page, "press-3", "maintenance")
    page.wait_for_selector(".callmark.call-open")
    page.locator("[data-wall=order]").click()
    expect(page.locator(".tile h3").first).to_have_text("프레스 3호기")
    page.locator("[data-wall=sound]").click()
    expect(page.locator("[data-wall=sound]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-calls]").click()
    assert serious(page) == []
    page.locator(".wc li", has_text="프레스 3호기").locator(".acts button").first.click()
    expect(page.locator(".wc .call-acknowledged")).to_have_count(1)
    page.goto("/calls")
    waiting = page.locator("#cl-waiting .cl", has_text="프레스 3호기")
    expect(waiting).to_have_count(1)
    waiting.locator("[name=note]").fill("=호스 교체")
    waiting.locator("form").last.locator("[type=submit]").click()
    expect(waiting).to_have_count(0)
    expect(page.locator("#cl-history tbody tr").first).to_contain_text("호스 교체")
    with page.expect_download() as download:
        page.locator("a[href^='/calls.csv']").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "'=호스 교체" in text, "a spreadsheet does not take it for a formula"


def watching(page: Page, address: str, clients: str) -> None:
    """The list says how many watch; the server notices in a moment that one has left."""

    def said() -> bool:
        page.goto(address)
        return page.locator("tbody tr").first.locator("td").nth(4).inner_text() == clients

    until(said, 15.0, f"{clients} watching")


def test_a_display_shows_the_wall_without_menus_and_ends_when_revoked(
    demo: Demo, chromium: Browser, watch: Watch
) -> None:
    watch.allow("401", "WebSocket", "Failed to load")
    admin = signed_in_page(demo, chromium, watch, "admin", f"{demo.url}/displays")
    admin.fill("[name=label]", "1동 벽")
    admin.locator("main form.fb [type=submit]").click()
    address = admin.locator(".addr").inner_text()
    assert serious(admin) == []
    screen = chromium.new_context(viewport={"width": 1920, "height": 1080})
    wall = screen.new_page()
    watch.follow(wall)
    wall.goto(address)
    wall.wait_for_selector(".kiosk mes-wall .tile .good")
    expect(wall.locator(".ctl a")).to_have_count(0)
    wall.reload()
    wall.wait_for_selector(".kiosk mes-wall .tile .good")
    watching(admin, f"{demo.url}/displays", "1")
    admin.locator("tbody tr form button").first.click()
    wall.reload()
    wall.wait_for_selector("#login")
    screen.close()
    admin.context.close()


def signed_in_page(demo: Demo, chromium: Browser, watch: Watch, login: str, address: str) -> Page:
    """A page of somebody else."""
    state = signed_in_state(demo, chromium, login)
    context = chromium.new_context(storage_state=state, locale="ko-KR")
    page = context.new_page()
    watch.follow(page)
    page.goto(address)
    return page


def call(page: Page, unit: str, kind: str) -> None:
    """Somebody calls for help."""
    answer: Any = page.evaluate(
        """async ([unit, kind]) => (await fetch(`/api/v1/work-units/${unit}/calls`, {
          method: 'POST',
          headers: {'Content-Type': 'application/json',
            'X-CSRFToken': document.querySelector('meta[name=csrf-token]').content},
          body: JSON.stringify({command_id: `test-${kind}-${unit}`, kind}),
        })).status""",
        [unit, kind],
    )
    assert answer == 201

"""What an operator does at the terminal, with a real server behind it."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Open, Watch
from tests.browser.demo import Demo

BADGE = "1001"
SECONDS_LONG = len("2026-11-24T16:20:52")


def sign_in(page: Page, demo: Demo) -> None:
    """Scan a badge and type the PIN."""
    scan(page, BADGE)
    page.wait_for_selector("dialog.sheet[open] .pin")
    for digit in demo.pins[BADGE]:
        page.locator(f".pad .key:text-is('{digit}')").click()
    page.locator("dialog.sheet footer .primary").click()
    page.wait_for_selector("dialog.sheet:not([open])", state="attached")


def scan(page: Page, text: str) -> None:
    """A keyboard-wedge scanner: a burst of keys ended by Enter."""
    page.evaluate(
        """(text) => {
          const key = (code, value) =>
            dispatchEvent(new KeyboardEvent('keydown', {code, key: value, bubbles: true}));
          for (const character of text) {
            const kind = /[0-9]/.test(character) ? 'Digit' : 'Key';
            const code = character === '-' ? 'Minus' : kind + character;
            key(code, character);
          }
          key('Enter', 'Enter');
        }""",
        text,
    )


def enter_rejects(page: Page, pieces: int) -> None:
    """Two rejects of the first defect type, saved in one submit."""
    page.locator(".act:nth-child(2)").click()
    page.wait_for_selector("dialog.sheet[open] .rt")
    for digit in str(pieces):
        page.locator(f".pad .key:text-is('{digit}')").click()
    page.locator(".right .scroll .rt").first.click()
    page.locator("dialog.sheet footer .primary").click()
    page.wait_for_selector("dialog.sheet:not([open])", state="attached")


def entries(page: Page) -> int:
    """How many entries of pieces the server knows."""
    found = page.evaluate(
        "async () => (await (await fetch('/api/v1/work-units/press-1/entries')).json()).items"
        ".filter((entry) => entry.kind === 'quantity' && !entry.voids).length"
    )
    return int(found)


def test_an_operator_signs_in_with_badge_and_pin_and_out_again(tablet: Page, demo: Demo) -> None:
    sign_in(tablet, demo)
    expect(tablet.locator(".ot button").first).to_contain_text("김민수")
    tablet.locator(".ot button").first.click()
    tablet.locator("dialog.sheet header button").first.click()
    expect(tablet.locator(".ot button").first).to_contain_text("로그인")


def test_a_wrong_pin_is_refused_in_words(tablet: Page, demo: Demo, watch: Watch) -> None:
    watch.allow("401")
    wrong = "000001" if demo.pins[BADGE] != "000001" else "000002"
    scan(tablet, BADGE)
    for digit in wrong:
        tablet.locator(f".pad .key:text-is('{digit}')").click()
    tablet.locator("dialog.sheet footer .primary").click()
    expect(tablet.locator(".hint[role=status]")).to_contain_text("틀렸습니다")


LOCKED = {"code": "locked", "title": "locked", "status": 429, "retry_after_s": 240}


def test_a_lockout_says_for_how_long_and_names_are_whole(tablet: Page, watch: Watch) -> None:
    watch.allow("429")
    tablet.route("**/terminal/sign-in", lambda route: route.fulfill(status=429, json=LOCKED))
    tablet.locator(".ot button").first.click()
    names = tablet.locator("dialog.sheet[open] .rts.scroll")
    expect(names.locator(".rt")).to_have_count(6)
    assert names.evaluate("(box) => box.scrollHeight <= box.clientHeight")
    names.locator(".rt").first.click()
    submit = tablet.locator("dialog.sheet footer .primary, dialog.sheet footer .main").first
    expect(submit).to_contain_text("PIN 여섯 자리")
    for _ in range(6):
        tablet.locator(".pad .key:text-is('7')").click()
    submit.click()
    expect(tablet.locator(".hint.bad")).to_contain_text("4분 뒤에")


RING_OVER_STATE = """() => {
  const [state, ring] = [...document.querySelectorAll('.lk .lks > span')];
  const style = getComputedStyle(ring);
  const wide = parseFloat(style.outlineWidth) + parseFloat(style.outlineOffset);
  const text = document.createRange();
  text.selectNodeContents(state);
  return [style.outlineStyle, ring.getBoundingClientRect().top - wide,
    text.getBoundingClientRect().bottom];
}"""


def test_the_focus_ring_of_the_unsent_count_leaves_the_connection_legible(tablet: Page) -> None:
    tablet.locator(".ot .btn").first.focus()
    tablet.keyboard.press("Tab")
    expect(tablet.locator(".lk .ob")).to_be_focused()
    style, ring_top, state_bottom = tablet.evaluate(RING_OVER_STATE)
    assert style == "solid"
    assert ring_top >= state_bottom


def test_rejects_with_a_reason_are_entered_at_once_and_undone_by_a_new_fact(
    tablet: Page, demo: Demo
) -> None:
    sign_in(tablet, demo)
    before = entries(tablet)
    enter_rejects(tablet, 2)
    expect(tablet.locator(".toast")).to_contain_text("불량 +2")
    row = tablet.locator(".rec li").first
    expect(row).to_contain_text("불량 +2")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    assert entries(tablet) == before + 1
    tablet.locator(".toast .btn").first.click()
    expect(tablet.locator(".rec li.void").first).to_contain_text("불량 +2")
    assert entries(tablet) == before + 1


def test_entries_survive_a_cut_and_a_reload_and_arrive_once(
    tablet: Page, demo: Demo, watch: Watch
) -> None:
    watch.allow("net::ERR")
    sign_in(tablet, demo)
    before = entries(tablet)
    tablet.context.route("**/quantities", lambda route: route.abort())
    enter_rejects(tablet, 3)
    enter_rejects(tablet, 4)
    expect(tablet.locator(".lk")).to_contain_text("미전송 2건")
    expect(tablet.locator(".rec li").first).to_contain_text("미전송")
    tablet.reload()
    expect(tablet.locator(".lk")).to_contain_text("미전송 2건")
    tablet.context.unroute("**/quantities")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건", timeout=40000)
    assert entries(tablet) == before + 2


def with_a_reason_that_is_gone(route: Route) -> None:
    """What a tablet sends that has not heard of a retired reason."""
    body: dict[str, Any] = route.request.post_data_json or {}
    route.continue_(post_data={**body, "reason": "retired-reason"})


def test_more_rejects_than_parts_are_asked_for_once_more_and_then_kept(
    tablet: Page, demo: Demo
) -> None:
    sign_in(tablet, demo)
    before = entries(tablet)
    tablet.locator(".act:nth-child(2)").click()
    tablet.wait_for_selector("dialog.sheet[open] .rt")
    for _ in range(6):
        tablet.locator(".pad .key:text-is('9')").click()
    tablet.locator(".right .scroll .rt").first.click()
    tablet.locator("dialog.sheet footer .primary").click()
    expect(tablet.locator("dialog.sheet footer [role=alert]")).to_contain_text("집계된 양품은")
    assert entries(tablet) == before
    tablet.locator("dialog.sheet footer .primary").click()
    tablet.wait_for_selector("dialog.sheet:not([open])", state="attached")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    assert entries(tablet) == before + 1
    tablet.locator(".toast .btn").first.click()
    expect(tablet.locator(".rec li.void").first).to_contain_text("불량 +999,999")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")


def test_a_refused_entry_stays_with_its_code_and_can_be_mended(
    tablet: Page, demo: Demo, watch: Watch
) -> None:
    watch.allow("422", "409")
    sign_in(tablet, demo)
    before = entries(tablet)
    tablet.context.route("**/quantities", with_a_reason_that_is_gone)
    enter_rejects(tablet, 2)
    refused = tablet.locator(".rec li.refused").first
    expect(refused).to_contain_text("거부됨")
    assert re.search(r"[a-z]+_[a-z]+", refused.inner_text()), refused.inner_text()
    refused.locator("button", has_text="고치기").click()
    tablet.wait_for_selector("dialog.sheet[open] .pad")
    tablet.context.unroute("**/quantities")
    tablet.locator(".pad .key", has_text="지움").click()
    tablet.locator(".pad .key:text-is('1')").click()
    tablet.locator("dialog.sheet footer .primary").click()
    expect(tablet.locator(".rec li.refused")).to_have_count(0)
    expect(tablet.locator(".rec li").first).to_contain_text("불량 +1")
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    assert entries(tablet) == before + 1


def take_a_reason_back(page: Page) -> Locator:
    """The operator takes back all that was said of a long stop; the flag of that stop."""
    *answered, start = page.evaluate(
        """async () => {
          const address = '/api/v1/work-units/press-1/stops';
          const { items } = await (await fetch(address)).json();
          const standing = ['stopped', 'down', 'off'];
          let stop = items.findLast(
            (one) => one.statement && one.end && !one.minor && standing.includes(one.state));
          const token = document.querySelector('meta[name="csrf-token"]').content;
          let status = null;
          while (stop?.statement) {
            const answer = await fetch(`${address}/statements`, {
              method: 'POST',
              headers: { 'Content-Type': 'application/json', 'X-CSRFToken': token },
              body: JSON.stringify({
                command_id: crypto.randomUUID(),
                kind: 'revert', replaces: stop.statement,
                seen_start: stop.start, seen_end: stop.end, seen_statement: stop.statement,
              }),
            });
            status = answer.status;
            stop = (await answer.json()).stop;
          }
          return [status, stop?.needs_reason, stop?.start];
        }"""
    )
    assert answered == [201, True]
    flag = page.locator(f".flag[data-start^='{start[:SECONDS_LONG]}']")
    flag.wait_for()
    return flag


def test_a_stop_gets_its_reason_in_two_parts(tablet: Page, demo: Demo) -> None:
    sign_in(tablet, demo)
    flag = take_a_reason_back(tablet)
    flag.click()
    tablet.wait_for_selector("dialog.sheet[open] .splitrow")
    tablet.locator(".splitctl .btn").first.click()
    expect(tablet.locator(".part")).to_have_count(2)
    tablet.locator(".splitctl .btn").first.click()
    for part in (0, 1):
        expect(tablet.locator(".part").nth(part)).to_have_attribute("aria-pressed", "true")
        tablet.locator(".list .rt").nth(part).click()
        tablet.locator("dialog.sheet footer .primary").click()
    expect(flag).to_have_count(0)
    expect(tablet.locator(".lk")).to_contain_text("미전송 0건")
    expect(tablet.locator(".rec li.refused")).to_have_count(0)
    tablet.reload()
    tablet.wait_for_selector("mes-terminal .rec li")
    expect(flag).to_have_count(0)


def test_a_reason_is_found_by_typing_a_part_of_its_name(tablet: Page, demo: Demo) -> None:
    sign_in(tablet, demo)
    tablet.get_by_role("button", name="전체 비가동").click()
    tablet.locator(".stops .rt").first.click()
    tablet.get_by_role("button", name="이름으로 사유 찾기").click()
    expect(tablet.get_by_label("사유 이름")).to_be_focused()
    tablet.keyboard.insert_text("걸림")
    expect(tablet.locator(".list .rt")).to_have_text(re.compile("소재 걸림"))


def test_a_lost_network_is_named_and_the_last_state_is_not_shown_as_live(
    tablet: Page, watch: Watch
) -> None:
    watch.allow("net::ERR", "WebSocket")
    tablet.context.set_offline(True)
    expect(tablet.locator(".band.lost .w")).to_have_text("네트워크 없음")
    expect(tablet.locator(".band.lost .y")).to_contain_text("마지막 상태")
    tablet.context.set_offline(False)
    expect(tablet.locator(".band.lost")).to_have_count(0, timeout=20000)


def test_a_scanned_work_order_opens_the_job_list(tablet: Page) -> None:
    scan(tablet, "WO-261124-001")
    tablet.wait_for_url("**/jobs/press-1?order=WO-261124-001")


def test_a_work_order_scanned_on_an_office_page_is_opened(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/people")
    number = page.evaluate(
        "async () => (await (await fetch('/api/v1/work-orders')).json()).items[0].order"
    )
    page.locator("[name=name]").focus()
    scan(page, number)
    page.wait_for_url(f"**/orders?order={number}")
    expect(page.locator(".det h2 .num")).to_have_text(number)
    scan(page, "WO-991231-999")
    expect(page.locator("mes-orders [role=alert]")).to_contain_text("WO-991231-999")


def test_a_job_is_paused_with_a_reason_and_resumed(tablet: Page, demo: Demo) -> None:
    sign_in(tablet, demo)
    action = tablet.locator(".act:nth-child(4)")
    expect(action).to_contain_text("일시중지")
    action.click()
    tablet.locator(".list .rt").first.click()
    tablet.locator("dialog.sheet footer .primary").click()
    expect(action).to_contain_text("재개")
    action.click()
    expect(action).to_contain_text("일시중지")


def test_an_order_goes_from_the_form_to_the_machine(open_context: Open, watch: Watch) -> None:
    page = open_context().new_page()
    page.goto("/orders")
    page.wait_for_selector("mes-orders tbody tr")
    page.locator(".bt .btn.primary").click()
    page.locator("#o-item").select_option(index=1)
    page.fill("#o-quantity", "1200")
    page.fill("#o-due", "2030-01-02 18:00")
    page.reload()
    expect(page.locator("#o-quantity")).to_have_value("1200")
    page.locator(".det header .primary").click()
    expect(page.locator(".msg")).to_contain_text("저장")
    number = page.locator(".det h2 .num").inner_text()
    assert number.startswith("WO-")
    page.locator(".det header .btn", has_text="확정").click()
    page.wait_for_selector(".dsp select")
    page.locator(".dsp select").select_option("press-1")
    page.locator(".dsp .btn").click()
    expect(page.locator(".jobs li").first).to_contain_text(number)
    page.goto("/jobs/press-1")
    expect(page.locator(".joblist")).to_contain_text(f"{number}-10")


def test_an_impossible_order_is_refused_at_its_field(open_context: Open, watch: Watch) -> None:
    watch.allow("422")
    page = open_context(language="en").new_page()
    page.goto("/orders")
    page.wait_for_selector("mes-orders tbody tr")
    page.locator(".bt .btn.primary").click()
    page.locator("#o-item").select_option(index=1)
    page.fill("#o-quantity", "-5")
    page.locator(".det header .primary").click()
    expect(page.locator("#e-quantity")).not_to_be_empty()
    expect(page.locator(".msg .mono")).to_contain_text("impossible_quantity")
    expect(page.locator("#o-quantity")).to_have_value("-5")

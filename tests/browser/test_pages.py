"""What must be on the pages, and what belongs to all of them: languages, themes, sign-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

PAGES: Mapping[str, str] = {
    "/": "mes-wall .tile .strip rect.running",
    "/terminal/press-1": "mes-terminal .strip rect.running",
    "/jobs/press-1": "mes-jobs .jobcard",
    "/orders": "mes-orders tbody tr",
    "/report": ".units tbody tr",
    "/report?place=press-1": ".hcs .hc",
    "/report?place=line-1&period=week": ".units tbody tr",
    "/explain?work_unit=press-1": ".ex tbody tr",
    "/explain/group?place=press-1&by=shift&value=D&period=day": ".exf tbody tr",
    "/sources": "mes-sources tbody tr",
    "/calendar": "mes-calendar .day .sh",
    "/reasons": "main tbody tr",
    "/plant": "main tbody tr",
    "/plant?at=press-1": "#f-minor",
    "/items": "main tbody tr",
    "/items?item=BRKT-100": ".rates tbody tr",
    "/routings?item=BRKT-100": ".rates tbody tr",
    "/roles": ".rights tbody tr",
    "/quality": "main tbody tr",
    "/quality/plans": "main tbody tr",
    "/instructions": "main tbody tr",
    "/instructions/WI-PRESS-1": "mes-instruction .wr-list li",
    "/instruction-records": "main tbody tr",
    "/checks": "mes-checks .card.grid[aria-busy=false]",
    "/design": "mes-design-tiles",
}
"""Address -> what must be drawn on it; `test_every_page.py` looks at these and at all others."""
SIZES = [(1280, 800), (800, 1280), (1920, 1080)]
FITS_WITHOUT_SCROLLING = ("/", "/jobs/press-1")

CUT = """() => [...document.querySelectorAll('body *')].filter((element) => {
  const texts = [...element.childNodes].filter((n) => n.nodeType === 3 && n.textContent.trim());
  if (!texts.length || !element.checkVisibility()) return false;
  if (element.closest('.sr, .skip, .tw, .tw2, .why, option')) return false;
  const box = element.getBoundingClientRect();
  if (!box.width) return false;
  const hidden = getComputedStyle(element).overflow !== 'visible';
  const written = document.createRange();
  written.selectNodeContents(element);
  const right = written.getBoundingClientRect().right;
  for (let one = element.parentElement; !hidden && one; one = one.parentElement) {
    const across = getComputedStyle(one).overflowX;
    if (across === 'auto' || across === 'scroll') break;
    if (across !== 'visible' && right > one.getBoundingClientRect().right + 1) return true;
  }
  return (hidden && element.scrollWidth > element.clientWidth + 1) || box.right > innerWidth + 1;
}).map((element) => element.className + ': ' + element.textContent.trim().slice(0, 40))"""


def serious(page: Page) -> list[tuple[str, str]]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        (violation["id"], violation["nodes"][0]["html"][:200])
        for violation in found
        if violation["impact"] in {"serious", "critical"}
    ]


def test_dialogs_of_the_terminal_are_accessible(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/terminal/press-1")
    page.wait_for_selector("mes-terminal .strip rect.running", state="attached")
    for opener in (
        ".act:nth-child(2)",
        ".act:nth-child(3)",
        ".act:nth-child(4)",
        ".jb button:first-child",
    ):
        page.locator(opener).click()
        page.wait_for_selector("dialog.sheet[open] .dlg")
        assert serious(page) == [], opener
        page.locator("dialog.sheet header button").last.click()
        page.wait_for_selector("dialog.sheet:not([open])", state="attached")
    page.locator(".ot button").first.click()
    page.wait_for_selector("dialog.sheet[open] .pin")
    assert serious(page) == []


def test_the_overview_moves_within_five_seconds(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/")
    page.wait_for_selector("mes-wall .tile .good")
    before = page.locator(".tile .good").all_inner_texts()
    page.wait_for_function(
        "(before) => [...document.querySelectorAll('.tile .good')]"
        ".some((element, index) => element.innerText !== before[index])",
        arg=before,
        timeout=5000,
    )


def test_times_are_those_of_the_plant_whatever_the_zone_of_the_tablet(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/")
    page.wait_for_selector("mes-wall .clock b")
    shown = page.locator(".clock b").inner_text()
    seoul = page.evaluate(
        "() => new Intl.DateTimeFormat('en-GB', {timeZone: 'Asia/Seoul', hour: '2-digit',"
        " minute: '2-digit'}).format(Number(document.documentElement.dataset.clock) / 1000)"
    )
    minutes = [int(text[:2]) * 60 + int(text[3:]) for text in (shown, seoul)]
    apart = (minutes[0] - minutes[1]) % 1440
    assert min(apart, 1440 - apart) <= 2, "the page may have been made in the minute before"


def test_language_and_theme_stay(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/orders")
    page.locator(".top .seg a[lang=en]").click()
    page.wait_for_selector("html[lang=en]")
    assert "/orders" in page.url
    page.locator("[data-toggle-theme]").click()
    page.goto("/sources")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("html").get_attribute("data-theme") == "dark"
    ink = "() => getComputedStyle(document.body).color"
    assert page.evaluate(ink) == "rgb(242, 244, 246)"
    page.emulate_media(media="print")
    assert page.evaluate(ink) == "rgb(20, 24, 28)", "paper is always light"
    page.emulate_media(media="screen")
    page.locator("[data-toggle-theme]").click()
    page.goto("/design")
    assert page.locator("html").get_attribute("data-theme") == "contrast"
    expect(page.locator("mes-design-tiles .tile.is-stopped.t-a .word")).to_have_text("Stopped")


def test_whoever_is_not_known_is_sent_to_the_sign_in_page(open_context: Open) -> None:
    page = open_context(signed_in=False).new_page()
    page.goto("/report?place=press-1")
    page.wait_for_selector("#login")
    assert "next=" in page.url
    assert serious(page) == []


def test_groups_of_the_menu_open_by_touch_and_by_keys(open_context: Open) -> None:
    page = open_context(1280, 800).new_page()
    page.goto("/calendar")
    group = page.locator("details[data-menu]").first
    link = group.locator("a[href='/reasons']")
    group.locator("summary").tap()
    expect(link).to_be_visible()
    assert serious(page) == []
    page.touchscreen.tap(640, 780)
    expect(link).to_be_hidden()
    group.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(link).to_be_visible()
    page.keyboard.press("Escape")
    expect(link).to_be_hidden()
    expect(group.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.locator("details[data-menu] summary").last.click()
    expect(link).to_be_hidden()

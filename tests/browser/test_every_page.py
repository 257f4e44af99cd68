"""Every page that the routes name, in every theme and language: it fits, anybody can use it."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from mes.features.screens.language import THEMES
from tests.browser.conftest import Open, signed_in_state
from tests.browser.demo import Demo
from tests.browser.dialogs import DIALOGS, IN_OTHERS, Dialog, drawn
from tests.browser.site import Site, find_site
from tests.browser.states import Quiet
from tests.browser.test_pages import CUT, FITS_WITHOUT_SCROLLING, PAGES, SIZES

PAGES_LEAST = 30
OPERATOR_TARGET_PX = 64
OFFICE_TARGET_PX = 40
OPERATOR_TEXT_PX = 16
AXIS_TEXT_PX = 14
LOADED_AT = (1280, 800)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OF_THEME = ["color-contrast", "link-in-text-block"]
"""What a theme can change; everything else is the same in all of them."""

RUN_AXE = """async (only) => (await axe.run(document, {resultTypes: ['violations'], runOnly: only}))
  .violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`)"""
SET_THEME = "(theme) => { document.documentElement.dataset.theme = theme; }"
TYPED_CUT = """() => [...document.querySelectorAll('input:not([type=range])')]
  .filter((field) => field.value && field.value.length <= 32 && field.offsetWidth)
  .filter((field) => field.scrollWidth > field.clientWidth + 1)
  .map((field) => `typed ${field.name || field.id}: ${field.value.slice(0, 40)}`)"""
CHOSEN_CUT = """() => [...document.querySelectorAll('select:not([multiple])')]
  .filter((field) => field.checkVisibility() && field.selectedOptions.length)
  .filter((field) => {
    const whole = field.cloneNode();
    whole.append(new Option(field.selectedOptions[0].text));
    whole.removeAttribute('id');
    field.after(whole);
    const style = 'width: auto; min-width: 0; max-width: none; position: absolute; flex: none';
    whole.setAttribute('style', style);
    const needed = whole.offsetWidth;
    whole.remove();
    return needed > field.offsetWidth + 1;
  })
  .map((field) => `chosen ${field.name || field.id}: ${field.selectedOptions[0].text}`)"""
SMALL = """(least) => [...document.querySelectorAll(
    'button:not(.linklike), summary, select, a.btn,'
    + 'input:not([type=checkbox], [type=radio], [type=hidden])')]
  .filter((element) => element.getBoundingClientRect().height > 0 && !element.closest('.sr'))
  .map((element) => [element, element.getBoundingClientRect()])
  .filter(([element, box]) => box.height < least - 0.5 || (least > 50 && box.width < least - 0.5))
  .map(([element, box]) => `${Math.round(box.width)}x${Math.round(box.height)} `
    + element.outerHTML.slice(0, 80))"""
SMALL_TEXT = """([least, axis]) => [...document.querySelectorAll('body *')].filter((element) => {
  if (![...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) return false;
  if (!element.getBoundingClientRect().width || element.closest('.sr, .skip')) return false;
  const size = parseFloat(getComputedStyle(element).fontSize);
  return size < (element.closest('.strip, .axis, .tl') ? axis : least) - 0.1;
}).map((element) => element.className + ': ' + element.textContent.trim().slice(0, 40))"""
IS_OPERATOR = "() => document.querySelector('mes-terminal, mes-jobs') !== null"


@pytest.fixture(scope="module")
def site(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The pages of the demo plant."""
    return find_site(demo.url, demo.passwords["admin"], tmp_path_factory.mktemp("routes"))


@pytest.fixture(scope="module")
def administrator(demo: Demo, chromium: Browser) -> Any:
    """Cookies of a signed-in administrator, without language and theme."""
    cookies = signed_in_state(demo, chromium, "admin")["cookies"]
    return [cookie for cookie in cookies if cookie["name"] not in ("language", "theme")]


def test_every_address_that_people_open_is_found(site: Site) -> None:
    assert site.missing == ()
    assert len(site.pages) >= PAGES_LEAST


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_fits_and_is_accessible(
    open_context: Open, administrator: Any, site: Site, language: str
) -> None:
    page = opened(open_context, administrator, language)
    wrong: dict[str, list[str]] = {}
    for address in addresses(site):
        wrong[address] = shown(page, address, language)
        wrong[address] += accessible(page, THEMES[0], RULES)
        if language == "ko":
            for theme in THEMES[1:]:
                wrong[address] += accessible(page, theme, OF_THEME)
        page.evaluate(SET_THEME, THEMES[0])
        wrong[address] += targets(page)
        for size in SIZES:
            wrong[address] += fitting(page, address, size)
    assert {address: mistakes for address, mistakes in wrong.items() if mistakes} == {}


@pytest.mark.proof
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_in_every_size_theme_and_language(
    open_context: Open,
    administrator: Any,
    site: Site,
    language: str,
    size: tuple[int, int],
    theme: str,
) -> None:
    page = opened(open_context, administrator, language, size=size, theme=theme)
    wrong: dict[str, list[str]] = {}
    for address in addresses(site):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        wrong[address] = shown(page, address, language)
        wrong[address] += accessible(page, theme, RULES) + fitting(page, address, size)
    assert {address: mistakes for address, mistakes in wrong.items() if mistakes} == {}


def opened(
    open_context: Open,
    administrator: Any,
    language: str,
    *,
    size: tuple[int, int] = LOADED_AT,
    theme: str = THEMES[0],
) -> Page:
    """A page of the administrator."""
    context = open_context(*size, language=language, theme=theme, signed_in=False)
    context.add_cookies(administrator)
    return context.new_page()


def addresses(site: Site) -> list[str]:
    """Every page by its routes, and the same pages asked for something else."""
    return sorted({found.address for found in site.pages} | set(PAGES))


def shown(page: Page, address: str, language: str) -> list[str]:
    """Load a page until it is drawn."""
    page.set_viewport_size({"width": LOADED_AT[0], "height": LOADED_AT[1]})
    quiet = Quiet(page)
    page.goto(address)
    quiet.wait()
    if address in PAGES:
        page.wait_for_selector(PAGES[address], state="attached")
    page.evaluate(Axe().axe_script)
    return [] if page.locator("html").get_attribute("lang") == language else ["language"]


def accessible(page: Page, theme: str, rules: list[str]) -> list[str]:
    """What axe finds against a page in a theme."""
    page.evaluate(SET_THEME, theme)
    only = {"type": "tag" if rules is RULES else "rule", "values": rules}
    return [f"{theme}: {mistake}" for mistake in page.evaluate(RUN_AXE, only)]


def fitting(page: Page, address: str, size: tuple[int, int]) -> list[str]:
    """What does not fit: scrolling, text cut off, typed text that cannot be read whole."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    high = page.evaluate("() => document.documentElement.scrollHeight - innerHeight")
    found = [f"{wide} px too wide"] if wide > 0 else []
    if address in FITS_WITHOUT_SCROLLING and high > 0:
        found.append(f"{high} px too high")
    found += [*page.evaluate(CUT), *page.evaluate(TYPED_CUT), *page.evaluate(CHOSEN_CUT)]
    return [f"{size[0]} px: {mistake}" for mistake in found]


def targets(page: Page) -> list[str]:
    """Targets and texts that are too small for hands and eyes."""
    if not page.evaluate(IS_OPERATOR):
        return [f"small: {one}" for one in page.evaluate(SMALL, OFFICE_TARGET_PX)]
    small = page.evaluate(SMALL, OPERATOR_TARGET_PX)
    small += page.evaluate(SMALL_TEXT, [OPERATOR_TEXT_PX, AXIS_TEXT_PX])
    return [f"small: {one}" for one in small]


def test_every_dialog_of_the_scripts_is_in_the_list() -> None:
    assert drawn() - IN_OTHERS == {dialog.script for dialog in DIALOGS}


FOCUSED = """() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 3;
  const label = at.closest('label');
  const tile = at.closest('.tile, .rt');
  const around = [label, tile].some((one) => one && getComputedStyle(one).outlineStyle !== 'none');
  return {
    body: at === document.body, inside: at.closest('dialog[open]') !== null, ring: ring || around,
    what: at.outerHTML.slice(0, 120), number: (at.dataset.tabbed ??= String(Math.random())),
  };
}"""
CONTROLS = """(within) => [...document.querySelectorAll(
    within + ' :is(a[href], button, input, select, textarea, summary, [tabindex])')]
  .filter((one) => !one.disabled && one.tabIndex >= 0 && one.type !== 'hidden')
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width)
  .filter((one) => one.type !== 'radio' || one.checked)
  .map((one) => (one.dataset.wanted = 'yes', one.outerHTML.slice(0, 120)))"""
MISSED = """() => [...document.querySelectorAll('[data-wanted]:not([data-tabbed])')]
  .map((one) => one.outerHTML.slice(0, 120))"""
MOST_TABS = 60


def tabbed(page: Page, most: int) -> list[str]:
    """Press Tab until the focus comes back to where it was; what is wrong on the way."""
    wrong: list[str] = []
    seen: set[str] = set()
    for _ in range(most):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["number"] in seen and not focused["body"]:
            break
        seen.add(focused["number"])
        if not focused["body"] and not focused["ring"]:
            wrong.append(f"no ring: {focused['what']}")
    return wrong


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
def test_a_dialog_works_by_keyboard(open_context: Open, dialog: Dialog) -> None:
    page = open_context(language="en").new_page()
    page.goto(dialog.address)
    *before, last = dialog.presses
    for selector in before:
        page.locator(selector).first.click()
    page.wait_for_selector(last)
    opener = page.locator(last).first
    opener.evaluate("(element) => { element.dataset.opener = 'yes'; }")
    opener.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] button")
    page.wait_for_timeout(150)
    wanted = page.evaluate(CONTROLS, "dialog[open]")
    wrong = tabbed(page, min(len(wanted) + 5, MOST_TABS))
    if len(wanted) < MOST_TABS:
        wrong += [f"not reached: {what}" for what in page.evaluate(MISSED)]
    focused = page.evaluate(FOCUSED)
    assert focused["inside"] or focused["body"], f"the focus left the dialog: {focused['what']}"
    assert wrong == []
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached" if last == "[data-calls]" else "hidden")
    came_back = "() => document.activeElement.dataset.opener === 'yes'"
    assert page.evaluate(came_back) or before, page.evaluate(
        "() => document.activeElement.outerHTML"
    )


@pytest.mark.proof
def test_tab_reaches_what_a_page_offers(open_context: Open, administrator: Any, site: Site) -> None:
    page = opened(open_context, administrator, "en")
    wrong: dict[str, list[str]] = {}
    for address in addresses(site):
        shown(page, address, "en")
        wanted = page.evaluate(CONTROLS, "body")
        mistakes = tabbed(page, min(len(wanted) + 5, MOST_TABS))
        missed = page.evaluate(MISSED) if len(wanted) < MOST_TABS else []
        wrong[address] = mistakes + [f"not reached: {what}" for what in missed]
    assert {address: mistakes for address, mistakes in wrong.items() if mistakes} == {}

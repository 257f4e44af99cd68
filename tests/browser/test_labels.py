"""A lot scanned at the terminal becomes an entry, a label and a PDF, and is found again."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from mes.features.verify.waiting import until
from tests.browser.conftest import Open
from tests.browser.demo import Demo
from tests.browser.test_terminal import scan, sign_in
from tests.features.labels.labels import pages_of, text_of

LOT = "LOT-WALK-1"
WIDTH = "document.querySelector('img.label-view').naturalWidth"
NO_DIALOG = "dialog.sheet:not([open])"


def type_with_hangul(page: Page, text: str) -> None:
    """A scanner while a Hangul input method is active: key codes with jamo or no text."""
    page.evaluate(
        """(text) => {
          const tell = (code) => dispatchEvent(
            new KeyboardEvent('keydown', {code, key: 'Process', bubbles: true}));
          for (const one of text) {
            tell(one === '-' ? 'Minus' : (/[0-9]/.test(one) ? 'Digit' : 'Key') + one);
          }
          tell('Enter');
        }""",
        text,
    )


def test_a_scanned_lot_is_entered_and_becomes_a_label(tablet: Page, demo: Demo) -> None:
    sign_in(tablet, demo)
    type_with_hangul(tablet, LOT)
    lot = tablet.locator("dialog.sheet[open] .lot input")
    expect(lot).to_have_value(LOT)
    scan(tablet, "LOT-WALK-2")
    expect(lot).to_have_value("LOT-WALK-2")
    scan(tablet, LOT)
    expect(lot).to_have_value(LOT)
    tablet.locator(".disp").nth(1).click()
    tablet.locator(".pad .key:text-is('2')").click()
    tablet.locator(".right .scroll .rt").first.click()
    assert Axe().run(tablet).response["violations"] == []
    tablet.locator("dialog.sheet footer .primary").click()
    tablet.wait_for_selector(NO_DIALOG, state="attached")
    row = tablet.locator(".rec li", has_text=LOT).filter(has=tablet.locator("[href='#i-print']"))
    row.first.locator("button:has([href='#i-print'])").click()
    preview = tablet.locator("dialog.sheet[open] img.label-view")
    expect(preview).to_be_visible()
    until(lambda: tablet.evaluate(WIDTH) > 400, 15, "the preview")
    tablet.locator(".labels .disp").nth(1).click()
    for digit in "500":
        tablet.locator(f".pad .key:text-is('{digit}')").click()
    assert Axe().run(tablet).response["violations"] == []
    address = tablet.locator("dialog.sheet footer a.primary").get_attribute("href")
    assert address is not None
    pdf = tablet.request.get(address)
    assert pdf.ok, pdf.text()
    pages = pages_of(pdf.body())
    assert LOT in text_of(pages[0])
    assert demo.url in tablet.url


def test_a_lot_scanned_on_an_office_page_opens_it(
    tablet: Page, demo: Demo, open_context: Open
) -> None:
    sign_in(tablet, demo)
    answer = tablet.evaluate(
        """async (lot) => {
          const token = document.querySelector('meta[name="csrf-token"]').content;
          const answer = await fetch('/api/v1/work-units/press-1/quantities', {
            method: 'POST',
            headers: {'Content-Type': 'application/json', 'X-CSRFToken': token},
            body: JSON.stringify({command_id: 'walk-' + Date.now() + '-lot', scrap: 1,
              reason: 'burr', lot}),
          });
          return [answer.status, await answer.text()];
        }""",
        "LOT-WALK-3",
    )
    assert answer[0] == 201, answer
    page = open_context().new_page()
    page.goto("/orders")
    page.wait_for_selector("mes-orders tbody tr")
    scan(page, "LOT-WALK-3")
    page.wait_for_url(re.compile("/lots/LOT-WALK-3$"))
    expect(page.locator("h1")).to_have_text("LOT-WALK-3")
    assert Axe().run(page).response["violations"] == []
    page.locator("a.btn.primary").click()
    expect(page.locator("img.label-view")).to_be_visible()
    assert Axe().run(page).response["violations"] == []

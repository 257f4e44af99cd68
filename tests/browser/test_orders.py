"""The list of work orders: conditions are the server's, the address keeps them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Open

ROWS = "mes-orders tbody tr"
NUMBERS = "mes-orders tbody button.linklike"


def test_conditions_are_in_the_address_and_in_the_files(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/orders")
    page.wait_for_selector(NUMBERS)
    some = page.locator(NUMBERS).count()
    page.locator("mes-orders input[type=search]").fill("브라켓")
    expect(page).to_have_url(re.compile(r"text=%EB%B8%8C"))
    expect(page.locator(ROWS).filter(has_not_text="브라켓")).to_have_count(0)
    fewer = page.locator(NUMBERS).count()
    assert 0 < fewer < some
    page.get_by_role("button", name="마감").click()
    expect(page.locator(".ost.o-closed").first).to_be_visible()
    expect(page.locator(NUMBERS)).not_to_have_count(fewer)
    more = page.locator(NUMBERS).count()
    page.reload()
    expect(page.locator(NUMBERS)).to_have_count(more)
    file = page.locator("mes-orders a[href^='/orders.csv']").get_attribute("href")
    text = page.context.request.get(file or "").body().decode("utf-8-sig")
    numbers = re.findall(r"^(WO-[\d-]+)", text, re.MULTILINE)
    assert numbers[:more] == page.locator(NUMBERS).all_inner_texts()


def test_more_orders_than_are_listed_are_counted_and_come_when_asked_for(
    open_context: Open,
) -> None:
    page = open_context(language="en").new_page()
    page.goto("/orders?state=created,released,running,completed,closed,cancelled")
    expect(page.locator(NUMBERS)).to_have_count(100)
    note = page.locator(".more-rows")
    expect(note).to_contain_text("100 of ")
    note.locator("button").click()
    expect(page.locator(NUMBERS)).not_to_have_count(100)


def test_a_day_that_is_none_is_told_at_its_field(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/orders")
    page.wait_for_selector(NUMBERS)
    first = page.get_by_label("Due from")
    first.fill("24.11.")
    first.press("Tab")
    expect(page.locator(".cond [role=alert]")).to_have_text("Write it as 2026-11-24.")
    expect(page.locator(NUMBERS)).to_have_count(0)
    first.fill("2026-11-24")
    first.press("Tab")
    expect(page.locator(NUMBERS)).not_to_have_count(0)


def test_a_job_that_is_scanned_opens_its_order(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/orders?order=WO-261124-001-10")
    expect(page.locator(".det h2 .num")).to_have_text("WO-261124-001")
    expect(page.locator("tr.sel button.linklike")).to_have_text("WO-261124-001")

"""Pages of reports in a browser: the way down to a stop, views, files, print, one figure on all."""

from __future__ import annotations

import io
import re
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.test_pages import CUT, serious
from tests.browser.test_report import shown_oee

PAGES = {
    "/timeline?period=day": ".tll .strip rect.running",
    "/timeline?place=press-1": ".tll.hour li:nth-child(12)",
    "/production?period=day": ".gsec .gt tbody tr",
    "/compare?what=item": ".gsec .gt tbody tr",
    "/progress": ".gsec .gt tbody tr",
    "/reports/schedules": "#files .gt tbody tr",
    "/trend?hours=1&unit=press-1&tag=press_plc/press1_strokes&low=1&high=": ".trend .val",
}
TAPS_MAX = 4
LOADS = """() => performance.getEntriesByType('resource').map((r) => r.encodedBodySize)
  .concat(performance.getEntriesByType('navigation').map((page) => page.encodedBodySize))
  .reduce((sum, size) => sum + size, 0)"""


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (1920, 1080)], ids=str)
def test_every_report_page_fits_and_is_accessible(
    open_context: Open, size: tuple[int, int], language: str
) -> None:
    theme = "dark" if size == (1920, 1080) else "light"
    page = open_context(*size, language=language, theme=theme).new_page()
    for address, ready in PAGES.items():
        page.goto(address)
        page.wait_for_selector(ready, state="attached")
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{address} is {wide} px too wide"
        assert page.evaluate(CUT) == [], address
        if language == "ko" or theme == "dark":
            assert serious(page) == [], address


def test_four_taps_lead_from_the_plant_to_the_stop_that_cost_most(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report?period=day")
    taps = (
        ".drill tbody th a",
        '.units tbody th a[href*="place=press-1"]',
        ".drill tbody th a",
        ".lng tbody th a",
    )
    assert len(taps) <= TAPS_MAX
    for tap in taps:
        page.locator(tap).first.click()
        page.wait_for_load_state()
    page.wait_for_selector("#facts")
    assert "at=" in page.url


def test_losses_by_count_keep_the_row_of_what_nobody_explained(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report?place=press-1&period=day")
    page.locator('.par .seg a[href*="measure=count"]').click()
    page.wait_for_selector('.par .seg a[aria-current][href*="measure=count"]')
    counts = page.locator(".par td:nth-child(5)").all_inner_texts()
    known = [float(text.replace(",", "")) for text in counts if text != "–"]
    assert known == sorted(known, reverse=True)
    assert page.locator(".par tr.td").count() == 1


def test_a_target_of_the_plant_stands_beside_the_figures_of_a_machine(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report")
    page.locator(".tgf summary").click()
    page.fill(".tgf input[name=oee]", "85")
    page.locator(".tgf button").click()
    page.goto("/report?place=press-1")
    assert "Target 85.0" in page.locator(".oee .tg").inner_text()
    page.goto("/report")
    page.locator(".tgf summary").click()
    page.fill(".tgf input[name=oee]", "")
    page.locator(".tgf button").click()
    page.wait_for_load_state()
    assert page.locator(".oee .tg u").count() == 0


def test_a_view_is_saved_by_name_and_forgotten(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/compare?what=item&period=week")
    page.locator(".views summary").click()
    page.fill(".views input[name=name]", "Items by week")
    page.locator(".views div > form button").click()
    page.goto("/timeline")
    page.locator(".views summary").click()
    page.locator(".views li a", has_text="Items by week").click()
    page.wait_for_selector("select[name=what] option[value=item][selected]", state="attached")
    assert "period=week" in page.url
    page.locator(".views summary").click()
    page.locator(".views li button").click()
    page.locator(".views summary").click()
    assert page.locator(".views li a").count() == 0


def test_page_explanation_api_spreadsheet_csv_and_print_show_one_figure(
    open_context: Open, tmp_path: Path
) -> None:
    context = open_context(language="en")
    page = context.new_page()
    query = f"place=press-1&period=shift&day={a_closed_day(page)}&shift=D"
    page.goto(f"/report?{query}")
    oee = shown_oee(page)
    page.emulate_media(media="print")
    assert shown_oee(page) == oee
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", printed)) == 1
    page.emulate_media(media="screen")
    day = query.partition("day=")[2].partition("&")[0]
    answer = context.request.get(f"/api/v1/work-units/press-1/oee?day={day}&shift=D").json()
    assert f"{answer['kpis']['oee'] * 100:.1f}" == oee
    book = openpyxl.load_workbook(io.BytesIO(context.request.get(f"/report.xlsx?{query}").body()))
    heads = [str(cell.value) for cell in book["Figures"][1]]
    column = next(n for n, head in enumerate(heads) if head.startswith("OEE"))
    assert book["Figures"][2][column].value == answer["kpis"]["oee"]
    text = context.request.get(f"/production.csv?{query}").body().decode("utf-8-sig")
    head, first = (line.split(",") for line in text.splitlines()[:2])
    assert float(first[head.index("OEE [1]")]) == answer["kpis"]["oee"]
    page.locator(".oee .wy").click()
    assert page.locator(".exf .val").inner_text() == f"{oee} %"


def a_closed_day(page: Page) -> str:
    """A production day of the history whose day shift has ended."""
    page.goto("/report?place=press-1&period=day")
    page.locator(".bcrow a.btn").first.click()
    page.wait_for_load_state()
    return page.locator("input[name=day]").input_value()


def test_a_report_page_stays_below_its_budget(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/report?place=press-1")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(LOADS) < 330_000


def test_dragging_over_a_trend_looks_closer_and_the_way_back_is_there(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/trend?hours=4&tag=press_plc/press1_spm&low=&high=")
    before = chosen_ms(page)
    box = page.locator(".trend .pl svg").first.bounding_box()
    assert box is not None
    left, wide, middle = box["x"], box["width"], box["y"] + box["height"] / 2
    page.mouse.move(left + wide * 0.25, middle)
    page.mouse.down()
    page.mouse.move(left + wide * 0.5, middle, steps=4)
    assert page.locator(".trend.choosing").count() == 1
    with page.expect_navigation():
        page.mouse.up()
    closer = chosen_ms(page)
    assert closer[1] - closer[0] == pytest.approx((before[1] - before[0]) / 4, abs=5000)
    assert closer[0] == pytest.approx(before[0] + (before[1] - before[0]) / 4, abs=5000)
    page.locator("[data-near=wider]").click()
    page.wait_for_selector(".trend")
    wider = chosen_ms(page)
    assert wider[1] - wider[0] == pytest.approx(2 * (closer[1] - closer[0]), abs=5000)
    page.locator("[data-near=earlier]").click()
    page.wait_for_selector("[data-near=later]")
    assert chosen_ms(page)[0] < wider[0]


def chosen_ms(page: Page) -> tuple[int, int]:
    """Start and end of the trend that is shown, in milliseconds."""
    start, end = (
        page.locator("[data-trend]").get_attribute(f"data-{edge}") for edge in ("start", "end")
    )
    return int(start or 0), int(end or 0)


HEIGHT = "() => document.querySelector('header.top').offsetHeight"
ROWS = """(selector) => new Set([...document.querySelectorAll(selector)].map(
  (one) => Math.round(one.getBoundingClientRect().top))).size"""
FIGURE_TOP_MAX = 620
"""Where the figure of the page begins at most on an upright tablet of 1280 px."""


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_upright_screen_spends_one_row_on_the_menu_and_begins_with_the_figure(
    open_context: Open, language: str
) -> None:
    page = open_context(800, 1280, language=language).new_page()
    page.goto("/report?place=press-2")
    assert page.evaluate(ROWS, "header.top nav:not(.seg) > *") == 1
    assert page.evaluate(ROWS, "header.top .brand, header.top .who-form") <= 2, "one row above it"
    assert page.evaluate(HEIGHT) <= 120
    assert page.evaluate(ROWS, ".tabs nav a, .views summary") == 1
    assert page.evaluate(ROWS, ".bcrow .btn") == 1
    assert page.locator(".ov").bounding_box()["y"] < FIGURE_TOP_MAX  # type: ignore[index] # it is seen


def test_what_nobody_explained_is_explained_on_the_page_of_its_period(open_context: Open) -> None:
    page = open_context(language="en").new_page()
    page.goto("/report?place=press-1&period=day")
    page.wait_for_selector("mes-stops tbody tr")
    page.locator("#losses tr.td a").click()
    assert page.url.endswith("#stops")
    words = {text.strip() for text in page.locator("mes-stops tbody .btn").all_inner_texts()}
    assert words == {"Explain", "Change reason"}


def test_paper_has_no_buttons_and_the_losses_stand_before_the_items(
    open_context: Open,
) -> None:
    page = open_context(language="en").new_page()
    page.emulate_media(media="print")
    page.goto("/orders")
    page.wait_for_selector("mes-orders tbody tr")
    assert page.locator("main .btn:visible, main .cond:visible").count() == 0
    page.goto("/report")
    items, losses = (page.locator(one).bounding_box() for one in (".by-group", "#losses"))
    assert items is not None
    assert losses is not None
    assert losses["y"] < items["y"]


SIDEWAYS = """() => [...document.querySelectorAll('.tw2')]
  .filter((one) => one.scrollWidth > one.clientWidth)
  .map((one) => one.getAttribute('aria-label'))"""


@pytest.mark.parametrize("language", ["ko", "en"])
def test_tables_of_reports_need_no_scrolling_on_an_office_screen(
    open_context: Open, language: str
) -> None:
    page = open_context(language=language).new_page()
    for address in ("/production?period=day", "/compare", "/progress", "/report?period=day"):
        page.goto(address)
        page.wait_for_selector(".gt tbody tr, .units tbody tr")
        assert page.evaluate(SIDEWAYS) == [], address
    page.goto("/production?period=day")
    title, boxes = (page.locator(one).bounding_box() for one in (".rh h1", ".rh .sign"))
    assert title is not None
    assert boxes is not None
    assert boxes["y"] < title["y"] + title["height"], "the boxes of approval stand beside the title"

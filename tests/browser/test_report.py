"""The report shows the kernel's figures, and each figure leads to the case behind it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from mes.core.case import load_json, parse_case
from mes.core.oee import compute
from tests.browser.conftest import Open


def shown_oee(page: Page) -> str:
    """The large figure without its sign."""
    return page.locator(".ov").inner_text().replace("%", "").strip()


def test_the_case_file_behind_a_figure_gives_the_figure(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/report?place=press-1")
    oee, address = shown_oee(page), page.locator(".oee h2 a").get_attribute("href")
    assert address
    case = page.evaluate("async (address) => (await fetch(address)).text()", address)
    result = compute(parse_case(load_json(case))).kpis["oee"]
    assert result is not None
    assert f"{float(result * 100):.1f}" == oee


def test_board_and_report_agree(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/report?place=cnc-1")
    shown = float(shown_oee(page))
    tile = page.evaluate("async () => (await fetch('/api/v1/work-units/cnc-1')).json()")
    assert abs(tile["oee"] * 100 - shown) < 0.3


def test_losses_and_oee_fill_the_loading_time(open_context: Open) -> None:
    page = open_context().new_page()
    page.goto("/report?place=press-2&period=day&policy=tpm")
    points = page.locator(".par td:nth-child(7)").all_inner_texts()
    lost = [float(text.replace("\u2212", "-")) for text in points]
    assert abs(sum(lost) + float(shown_oee(page)) - 100) < 0.05 * (len(lost) + 1)


def test_the_report_prints_on_one_page(open_context: Open, tmp_path: Path) -> None:
    page = open_context().new_page()
    page.goto("/report?place=press-1")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    (tmp_path / "report.pdf").write_bytes(printed)
    assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") == 1


def test_unknown_places_and_days_are_refused_in_words(open_context: Open) -> None:
    context = open_context(language="en")
    for query, code in (("place=nowhere", "place_unknown"), ("day=yesterday", "day_invalid")):
        answer = context.request.get(f"/report?{query}")
        assert answer.status in {404, 422}
        assert code in answer.text()
        assert "Traceback" not in answer.text()

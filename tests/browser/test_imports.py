"""A template is downloaded, filled with mistakes, mended and imported, in both languages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

WORDS = {
    "ko": {
        "link": "엑셀 업로드",
        "template": "현재 자료 포함",
        "again": "고쳐서 다시 올리기",
        "import": "등록: 신규 2, 변경 0",
        "done": "저장되었습니다.",
        "why": ["이 코드의 품목이 없습니다.", "숫자가 아닙니다."],
        "item": "품번",
    },
    "en": {
        "link": "Import",
        "template": "With what is there now",
        "again": "Correct and send again",
        "import": "Import: 2 new, 0 changed",
        "done": "It is done.",
        "why": ["There is no item of this code.", "This is no number."],
        "item": "Item code",
    },
}


def problems(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [violation["id"] for violation in found if violation["impact"] != "minor"]


def fits(page: Page) -> bool:
    wide: int = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return wide <= 0


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_template_is_filled_mended_and_imported(
    open_context: Open, tmp_path: Path, language: str
) -> None:
    words: dict[str, Any] = WORDS[language]
    size = (1280, 800) if language == "ko" else (800, 1280)
    page = open_context(*size, language=language).new_page()
    page.goto("/orders")
    page.locator("mes-orders .bt a", has_text=words["link"]).last.click()
    page.wait_for_url("**/import/orders")
    assert (problems(page), fits(page)) == ([], True)
    with page.expect_download() as download:
        page.locator("a", has_text=words["template"]).click()
    file = tmp_path / "orders.xlsx"
    download.value.save_as(file)
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    places = {cell.value: cell.column for cell in sheet[2]}
    assert words["item"] in [cell.value for cell in sheet[1]]
    first = sheet.max_row + 1
    system = f"browser-{language}"
    for row, (number, item, quantity) in enumerate(
        [("1", "NOWHERE", 5), ("2", "BRKT-100", "many")], first
    ):
        sheet.cell(row, places["external_system"], system)
        sheet.cell(row, places["external_id"], number)
        sheet.cell(row, places["item"], item)
        sheet.cell(row, places["quantity"], quantity)
    sheet.cell(first + 1, places["priority"], 12)
    book.save(file)

    page.set_input_files("input[type=file]", file)
    page.locator(".imp-send button").click()
    rows = page.locator(".imp-t tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text(str(first))
    expect(rows.nth(0)).to_contain_text(f"D {words['item']}")
    expect(rows.nth(0)).to_contain_text(words["why"][0])
    expect(rows.nth(1)).to_contain_text(words["why"][1])
    expect(rows.nth(2)).to_contain_text("number_too_large")
    assert (problems(page), fits(page)) == ([], True)

    sheet.cell(first, places["item"], "BRKT-100")
    sheet.cell(first + 1, places["quantity"], "1,200")
    sheet.cell(first + 1, places["priority"], 2)
    book.save(file)
    page.locator("a", has_text=words["again"]).click()
    page.set_input_files("input[type=file]", file)
    page.locator(".imp-send button").click()
    page.get_by_role("button", name=words["import"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["done"])
    assert (problems(page), fits(page)) == ([], True)
    listed = page.request.get("/api/v1/work-orders?limit=2").json()["items"]
    assert [order["external_system"] for order in listed] == [system, system]
    assert {str(order["ordered"]) for order in listed} == {"5", "1200"}

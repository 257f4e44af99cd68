"""A quality check in a real browser: planned, due by count, out of range, seen by the office."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_pages import serious

WORDS = {
    "ko": ("Check-ko", "지금 검사", "규격 벗어남", "설비 조정", "재검사"),
    "en": ("Check-en", "Check now", "Out of range", "Machine adjusted", "Check again"),
}


def plan(page: Page, code: str, unit: str) -> None:
    """Make a plan by the form: a number and pass or fail, every piece, long grace."""
    page.goto("/quality/plans")
    page.fill("[name=code]", code)
    page.fill(".qc-form [name=ko]", code)
    page.fill(".qc-form [name=en]", code)
    page.select_option("[name=work_unit]", unit)
    page.fill("[name=every_pieces]", "1")
    page.fill("[name=grace_pieces]", "1000000")
    for column, value in (
        ("ko", "외경"),
        ("en", "Diameter"),
        ("unit", "mm"),
        ("target", "12.00"),
        ("lower", "11.95"),
        ("upper", "12.05"),
    ):
        page.locator(f"[name=c_{column}]").nth(0).fill(value)
    page.locator("[name=c_ko]").nth(1).fill("외관")
    page.locator("[name=c_en]").nth(1).fill("Looks")
    page.locator("[name=c_kind]").nth(1).select_option("pass_fail")
    page.locator(".qc-form button.primary").click()
    page.wait_for_selector(f"#plan-{code}")


def keys(page: Page, text: str) -> None:
    """Tap a number on the keypad of the check."""
    for key in text:
        page.locator(".qc-pad .key").filter(has_text=key).first.click()


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_check_is_planned_comes_due_and_out_of_range_is_never_silent(
    open_context: Open, language: str
) -> None:
    code, due, out, adjusted, again = WORDS[language]
    context = open_context(language=language)
    terminal, office = context.new_page(), context.new_page()
    terminal.goto("/terminal/press-2")
    terminal.wait_for_selector(".acts .act")
    plan(office, code, "press-2")
    assert serious(office) == []
    button = terminal.locator(".qc", has_text=code)
    expect(button).to_contain_text(due, timeout=30_000)
    assert serious(terminal) == []
    button.click()
    keys(terminal, "12.30")
    expect(terminal.locator(".qc-now")).to_contain_text(out)
    assert serious(terminal) == []
    terminal.locator(".qc-list .rt").nth(1).click()
    terminal.locator(".qc-entry .rt").first.click()
    terminal.locator("dialog footer .primary").click()
    expect(terminal.locator("dialog footer .primary")).to_be_disabled()
    assert serious(terminal) == []
    terminal.locator(".qc-ask .rt", has_text=adjusted).click()
    terminal.locator("dialog footer .primary").click()
    terminal.wait_for_selector("dialog.sheet:not([open])", state="attached")
    expect(terminal.locator(".rec li", has_text=code).first).to_contain_text(out)
    expect(button).to_contain_text(again, timeout=30_000)
    small = "buttons => buttons.filter(b => b.offsetHeight < 64).length"
    assert terminal.locator(".qc-bar button").evaluate_all(small) == 0
    office.goto(f"/quality?plan={code}")
    row = office.locator("#qc-list tbody tr").first
    expect(row).to_contain_text("12.30 mm")
    expect(row).to_contain_text(adjusted)
    expect(office.locator(".qc-run .pt.out")).to_have_count(1)
    assert serious(office) == []
    office.goto("/quality/plans")
    office.locator(f"#plan-{code} form button").click()
    expect(terminal.locator(".qc", has_text=code)).to_have_count(0, timeout=30_000)

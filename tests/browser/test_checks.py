"""The page of data checks with counts that wait: seen, tried out, decided, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from mes.clock import real_now_us
from mes.features.ingest.service import ingest
from tests.browser.conftest import Watch
from tests.web.serving import PASSWORD, Served, add_people, add_plant, serve

S = 1_000_000
SIZES = [(1280, 800, "ko"), (800, 1280, "en"), (1920, 1080, "en"), (1280, 800, "en")]


@pytest.fixture(scope="module")
def doubtful(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A plant whose stroke counter showed a value that it cannot have, and an unknown tag."""
    with serve(tmp_path_factory.mktemp("doubtful"), sqlite_template) as running:
        add_plant(running.database)
        add_people(running.database)
        begin = real_now_us() - 600 * S
        records: list[Any] = [[1, "v", "state", 2, 0, None, None, begin, None]]
        for n, value in enumerate((900, 902, 70_000, 7, 9)):
            records.append([n + 2, "v", "strokes", value, 0, None, None, begin + 30 * n * S, None])
        records.append([7, "v", "nowhere", 1, 0, None, None, begin, None])
        batch = {"source": "plc", "stream": "event", "epoch": "00ff", "records": records}
        request = {
            "edge": "edge-1",
            "config_revision": 1,
            "clock_offset_us": 0,
            "links": [],
            "batches": [{**batch, "covered_until": real_now_us()}],
        }
        assert ingest(running.database, "edge-1", request)["quarantined"] == 1
        yield running


def opened(
    chromium: Browser, plant: Served, width: int, height: int, language: str
) -> tuple[BrowserContext, Page, Watch]:
    context = chromium.new_context(
        base_url=plant.url, viewport={"width": width, "height": height}, has_touch=True
    )
    cookies: Any = [{"name": "language", "value": language, "url": plant.url}]
    context.add_cookies(cookies)
    watch = Watch(plant.url)
    context.on("page", watch.follow)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#login", "boss")
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_selector("mes-wall .tile .chk")
    page.goto("/checks")
    page.wait_for_selector("mes-checks tbody tr")
    return context, page, watch


def serious(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [one["id"] for one in found if one["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize(("width", "height", "language"), SIZES)
def test_checks_fit_and_are_accessible(
    chromium: Browser, doubtful: Served, width: int, height: int, language: str
) -> None:
    context, page, watch = opened(chromium, doubtful, width, height, language)
    page.locator("mes-checks tbody .btn").last.click()
    page.wait_for_selector(".effect table")
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert serious(page) == []
    for tab, ready in ((2, ".empty"), (3, ".rec"), (4, ".empty"), (5, ".empty")):
        chip = page.locator(".tabs .chip").nth(tab)
        chip.click()
        page.wait_for_selector(f".tabs .chip:nth-child({tab + 1})[aria-pressed=true]")
        page.wait_for_selector(f"mes-checks [aria-busy=false] {ready}")
        if tab == 3:
            page.locator("mes-checks tbody .btn").first.click()
            page.wait_for_selector(".decide input")
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
        assert serious(page) == []
    assert watch.wrong == []
    context.close()


def test_a_manager_decides_and_sees_both_figures(chromium: Browser, doubtful: Served) -> None:
    context, page, watch = opened(chromium, doubtful, 1280, 800, "en")
    waiting = page.locator("mes-checks tbody tr").count()
    assert page.locator("nav .badge").inner_text() == str(waiting) == "2"
    page.locator("mes-checks tbody .btn").first.click()
    page.wait_for_selector(".effect table")
    total = page.locator(".effect tbody tr").first
    assert total.locator("td").all_inner_texts() == ["4", "11"], "7 since the restart"
    page.locator(".opt", has_text="Another amount").click()
    page.locator(".amt input").fill("5")
    page.wait_for_function(
        "() => document.querySelector('.effect tbody td:last-child')?.innerText === '9'"
    )
    page.locator(".decide .field input").last.fill("wrong register")
    page.locator(".decide .primary").click()
    page.wait_for_selector(".msg.up")
    assert "4, now 9" in page.locator(".msg.up").inner_text()
    page.wait_for_function("() => document.querySelectorAll('mes-checks tbody tr').length === 1")
    page.locator(".tabs .chip").nth(1).click()
    page.wait_for_selector("mes-checks .said")
    assert "wrong register" in page.locator("mes-checks .said").inner_text()
    assert watch.wrong == []
    context.close()


def test_a_record_kept_aside_is_cleared_with_a_reason_and_stays_to_be_seen(
    chromium: Browser, doubtful: Served
) -> None:
    context, page, watch = opened(chromium, doubtful, 1280, 800, "en")
    page.locator(".tabs .chip").nth(3).click()
    page.wait_for_selector("mes-checks .rec")
    page.locator("mes-checks tbody .btn").first.click()
    assert page.locator(".decide .primary").is_disabled()
    page.locator(".decide input").fill("tag renamed")
    page.locator(".decide .primary").click()
    page.wait_for_selector(".msg.up")
    assert "1 record cleared" in page.locator(".msg.up").inner_text()
    page.wait_for_selector("mes-checks .empty")
    page.locator(".tabs .chip").nth(4).click()
    page.wait_for_selector("mes-checks .said")
    assert "tag renamed" in page.locator("mes-checks .said").inner_text()
    assert watch.wrong == []
    context.close()

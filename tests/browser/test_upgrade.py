"""After an upgrade of the server every screen loads the new front end by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from mes.ports import free_port
from tests.web.serving import PASSWORD, ROOT, Served, add_people, add_plant, serve

NEW = "0123456789ab"
BACK_MS = 60_000


def newer_version(folder: Path) -> Path:
    """The same program with another front end."""
    for package in ("mes", "connectors"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    (folder / "mes" / "static" / "dist" / "stamp").write_text(NEW)
    return folder


def signed_in(plant: Served, chromium: Browser) -> BrowserContext:
    """A browser of somebody who may see the wall and stands at a terminal."""
    context = chromium.new_context(locale="ko-KR")
    page = context.new_page()
    page.goto(f"{plant.url}/sign-in")
    page.fill("#login", "boss")
    page.fill("#password", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_selector("mes-wall .tile")
    page.close()
    return context


def opened(context: BrowserContext, address: str, ready: str) -> Page:
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(ready)
    return page


def build_of(page: Page) -> str:
    return str(page.evaluate("document.documentElement.dataset.build"))


def test_screens_load_the_new_front_end_and_never_under_somebodys_hands(
    tmp_path: Path, sqlite_template: Path, chromium: Browser
) -> None:
    data, port = tmp_path / "data", free_port()
    with serve(data, sqlite_template, port=port) as plant:
        add_plant(plant.database)
        add_people(plant.database)
        context = signed_in(plant, chromium)
        wall = opened(context, plant.url, "mes-wall .tile")
        busy = opened(context, f"{plant.url}/terminal/unit-12", "mes-terminal .band")
        busy.locator(".act.call").click()
        expect(busy.locator("[data-kind=material]")).to_be_visible()
        before = build_of(wall)
    with serve(data, sqlite_template, port=port, program=newer_version(tmp_path / "new")):
        changed = f"html[data-build='{NEW}']"
        wall.wait_for_selector(changed, state="attached", timeout=BACK_MS)
        wall.wait_for_selector("mes-wall .tile")
        assert build_of(busy) == before
        expect(busy.locator("[data-kind=material]")).to_be_visible()
        busy.keyboard.press("Escape")
        busy.wait_for_selector(changed, state="attached", timeout=BACK_MS)
    context.close()

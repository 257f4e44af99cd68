"""A real browser on a running demo plant; any error in its console fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright

from tests.browser.demo import Demo, running_demo

Open = Callable[..., BrowserContext]


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo plant with its week of history."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser of all tests."""
    with launched() as browser:
        yield browser


@contextmanager
def launched() -> Iterator[Browser]:
    """The browser that `tools/ensure-browser.sh` installs, started and ended."""
    with sync_playwright() as playwright, started(playwright.chromium) as browser:
        yield browser


@contextmanager
def started(kind: BrowserType, *, keeps_pages: bool = False) -> Iterator[Browser]:
    """A browser of a driver that runs already: a process has one driver at a time.

    Args:
        keeps_pages: "back" shows a page as it was left, as it does for people, where it may.
    """
    path = shutil.which("chromium")
    assert path, "chromium is missing: run tools/ensure-browser.sh"
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update"]
    if os.geteuid() == 0:
        quiet.append("--no-sandbox")
    browser = kind.launch(
        executable_path=path,
        args=quiet,
        ignore_default_args=["--disable-back-forward-cache"] if keeps_pages else None,
    )
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def supervisor(demo: Demo, chromium: Browser) -> Any:
    """Cookies of a signed-in supervisor."""
    return signed_in_state(demo, chromium, "supervisor")


def signed_in_state(demo: Demo, chromium: Browser, login: str) -> Any:
    """What a browser keeps of an account that has signed in through the form."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{demo.url}/sign-in")
    page.fill("#login", login)
    page.fill("#password", demo.passwords[login])
    page.locator("main form button").click()
    page.wait_for_selector("mes-wall .tile")
    state = context.storage_state()
    context.close()
    return state


class Watch:
    """What went wrong in the pages of a test: console errors, exceptions, outside requests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.wrong: list[str] = []
        self.expected: tuple[str, ...] = ()

    def follow(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: self._request(request.url))

    def allow(self, *texts: str) -> None:
        """Console errors with one of these texts belong to the test."""
        self.expected += texts

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" and not any(part in text for part in self.expected):
            self.wrong.append(text)

    def _request(self, address: str) -> None:
        own = (self.url, self.url.replace("http", "ws", 1), "data:", "blob:")
        if not address.startswith(own):
            self.wrong.append(f"request to {address}")


@pytest.fixture
def watch(demo: Demo) -> Iterator[Watch]:
    """Fails the test when a page of it went wrong."""
    watching = Watch(demo.url)
    yield watching
    assert watching.wrong == []


@pytest.fixture
def open_context(demo: Demo, chromium: Browser, supervisor: Any, watch: Watch) -> Iterator[Open]:
    """Makes contexts: size, language and theme as asked, in a foreign time zone."""
    made: list[BrowserContext] = []

    def make(
        width: int = 1280,
        height: int = 800,
        language: str = "ko",
        theme: str = "light",
        signed_in: bool = True,
    ) -> BrowserContext:
        context = chromium.new_context(
            base_url=demo.url,
            viewport={"width": width, "height": height},
            has_touch=True,
            locale="ko-KR",
            timezone_id="America/New_York",
            storage_state=supervisor if signed_in else None,
        )
        cookies: Any = [
            {"name": "language", "value": language, "url": demo.url},
            {"name": "theme", "value": theme, "url": demo.url},
        ]
        context.add_cookies(cookies)
        context.on("page", watch.follow)
        context.set_default_timeout(15000)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()


@pytest.fixture
def tablet(demo: Demo, open_context: Open) -> Page:
    """The terminal of press 1 on an enrolled tablet, nobody signed in yet."""
    context = open_context()
    page = context.new_page()
    page.goto("/terminal/press-1/enrol")
    page.locator("main form button").first.click()
    page.wait_for_selector("mes-terminal .band")
    page.goto("about:blank")  # a page that is read into would ask without its cookies
    kept = [c for c in context.cookies() if "session" not in c["name"]]
    context.clear_cookies()
    cookies: Any = kept
    context.add_cookies(cookies)
    page.goto("/terminal/press-1")
    page.wait_for_selector("mes-terminal .band")
    return page

"""Cold pages in a real browser: what comes over the network, and when a slow tablet can be used.

The processor of the browser is slowed four times (`Emulation.setCPUThrottlingRate`). Cold: a
context that has nothing of the product but its sign-in. A page is usable when what its user came
for is drawn and answers: the main actions of the terminal, the main figure of the report. What a
page fetches behind that, when nothing else waits, is told apart. The reference is an empty answer
of the same server, opened the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.figures import Figure
from tests.browser.conftest import launched, signed_in_state
from tests.browser.demo import running_demo

SLOWED = 4
SETTLE_MS = 2500
KB = 1000
EMPTY = "/healthz"
BEHIND = """performance.getEntriesByType('resource')
  .filter((one) => one.startTime > Number(document.documentElement.dataset.usable))
  .map((one) => one.name)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A page to open: name, address, what is there once it can be used, limits (None: shown only).

    Attributes:
        usable: selector of something drawn that answers.
        kb: limit in kilobytes (1,000 bytes) of all answers as sent, compressed, with their headers.
        seconds: limit from the navigation to usable.
    """

    name: str
    address: str
    usable: str
    kb: float | None = None
    seconds: float | None = None


PAGES = (
    Opened(
        name="terminal",
        address="/terminal/press-1",
        usable="mes-terminal .act:not([disabled])",
        kb=60,
        seconds=1,
    ),
    Opened(name="job list", address="/jobs/press-1", usable="mes-jobs .jobcard", kb=60),
    Opened(name="wall", address="/", usable="mes-wall .tile"),
    Opened(name="orders", address="/orders", usable="main"),
    Opened(name="report", address="/report", usable="main svg", kb=330),
)


@dataclass  # no slots: Playwright marks the object of a listener
class Traffic:
    """What a page fetched: bytes of each request, headers and compressed body together.

    Attributes:
        behind: addresses of what was asked for once the page could be used.
    """

    addresses: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    behind: frozenset[str] = frozenset()

    def follow(self, page: Page) -> Any:
        """Listen to the network of a page; the session that also slows its processor."""
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._asked)
        devtools.on("Network.loadingFinished", self._came)
        return devtools

    def _asked(self, told: dict[str, Any]) -> None:
        self.addresses[told["requestId"]] = told["request"]["url"]

    def _came(self, told: dict[str, Any]) -> None:
        address = self.addresses.get(told["requestId"], "")
        if "transport=polling" not in address:  # a reading that goes on as long as the page does
            self.sizes[told["requestId"]] = int(told["encodedDataLength"])

    def kb(self, *, behind: bool = False) -> float:
        """Kilobytes of the page, or of what came behind it."""
        named = {request: self.addresses[request] for request in self.sizes}
        return sum(self.sizes[one] for one in named if (named[one] in self.behind) is behind) / KB

    @property
    def requests(self) -> int:
        """How many requests belong to the page itself."""
        return sum(self.addresses[request] not in self.behind for request in self.sizes)


def measure(folder: Path, windows: int) -> list[Figure]:
    """Weight and time of each page; the median of the windows."""
    figures: list[Figure] = []
    with running_demo(folder) as demo, launched() as browser:
        kept = signed_in_state(demo, browser, "supervisor")
        nothing = Opened(name="empty", address=demo.url + EMPTY, usable="body")
        empty = [open_cold(browser, kept, nothing)[0] for _ in range(windows)]
        figures.append(Figure(name="empty page, usable", values=empty, unit="s"))
        for page in (replace(one, address=demo.url + one.address) for one in PAGES):
            seen = [open_cold(browser, kept, page) for _ in range(windows)]
            figures += [
                Figure(
                    name=f"{page.name}, cold",
                    values=[traffic.kb() for _, traffic in seen],
                    unit="KB",
                    target=page.kb,
                    note=f"{seen[0][1].requests} requests",
                ),
                Figure(
                    name=f"{page.name}, behind it",
                    values=[traffic.kb(behind=True) for _, traffic in seen],
                    unit="KB",
                ),
                Figure(
                    name=f"{page.name}, usable at {SLOWED} x slowed",
                    values=[seconds for seconds, _ in seen],
                    unit="s",
                    target=page.seconds,
                ),
            ]
    return figures


def open_cold(
    browser: Browser, kept: Any, opened: Opened, *, slowed: int = SLOWED
) -> tuple[float, Traffic]:
    """Open a page in a context that has only its sign-in: seconds to usable, and what came.

    Args:
        kept: cookies and storage of the sign-in.
        opened: what to open; its address with the host.
        slowed: how many times slower the processor is.
    """
    traffic = Traffic()
    with _cold(browser, kept) as page:
        devtools = traffic.follow(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        page.add_init_script(
            f"""addEventListener('DOMContentLoaded', () => {{
              const look = () => document.querySelector({opened.usable!r})
                ? (document.documentElement.dataset.usable = performance.now())
                : requestAnimationFrame(look)
              look()
            }})"""
        )
        page.goto(opened.address)
        page.wait_for_selector("html[data-usable]", state="attached")
        seconds = float(page.locator("html").get_attribute("data-usable") or 0) / 1000
        page.wait_for_timeout(SETTLE_MS)
        traffic.behind = frozenset(page.evaluate(BEHIND))
    return seconds, traffic


@contextmanager
def _cold(browser: Browser, kept: Any) -> Iterator[Page]:
    context = browser.new_context(
        storage_state=kept,
        viewport={"width": 1280, "height": 800},
        has_touch=True,
        service_workers="block",  # what it keeps for later is not needed to use the page
    )
    try:
        yield context.new_page()
    finally:
        context.close()

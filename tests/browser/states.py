"""States of pages that need a hand before they show: refusals, no server, paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, Request

from tests.browser.dialogs import DIALOGS, Dialog

SETTLED = """() => document.readyState === 'complete'
  && !document.querySelector('[aria-busy=true], :not(:defined)')"""
SETTLE_MS = 15000
STEP_MS = 100
ASKS = ("document", "fetch", "script")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A state of a page.

    Attributes:
        name: for files and reports.
        show: brings a page of a signed-in account to it.
        login: the account it is shown to; None: a stranger.
        mockup: stem of its picture among the mockups, empty: none.
        paper: shown as it is printed.
    """

    name: str
    show: Callable[[Page], None]
    login: str | None = "admin"
    mockup: str = ""
    paper: bool = False


class Quiet:
    """Follows a page from before its first request, to know when it has drawn what it asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._open: list[Request] = []
        page.on("request", lambda request: self._open.append(request))
        page.on("requestfinished", lambda request: self._done(request))
        page.on("requestfailed", lambda request: self._done(request))

    def _done(self, request: Request) -> None:
        if request in self._open:
            self._open.remove(request)

    def wait(self) -> None:
        """Until no element is busy and no answer is waited for."""
        self.page.wait_for_function(SETTLED, timeout=SETTLE_MS)
        for _ in range(SETTLE_MS // STEP_MS):
            self.page.wait_for_timeout(STEP_MS)
            if not any(request.resource_type in ASKS for request in self._open):
                return
        raise AssertionError(f"{self.page.url} asks and asks")


def at(address: str) -> Callable[[Page], None]:
    """Shows an address."""

    def show(page: Page) -> None:
        page.goto(address)

    return show


def opened(dialog: Dialog) -> Callable[[Page], None]:
    """Shows a dialog."""
    return dialog.open


def without_server(page: Page) -> None:
    """The terminal after the network went away."""
    page.goto("/terminal/press-1")
    page.wait_for_selector("mes-terminal .strip rect", state="attached")
    page.context.set_offline(True)
    page.wait_for_selector(".band.lost", timeout=SETTLE_MS)


def stop_without_reason(page: Page) -> None:
    """The terminal of a machine that stands and waits for a reason; the one that waits longest."""
    page.goto("/")
    page.wait_for_selector("mes-wall .tile")
    tiles = page.evaluate("() => document.querySelector('mes-wall').live.list")
    waiting = [tile for tile in tiles if tile["needs_reason"]] or tiles
    waiting.sort(key=lambda tile: (tile["state"] == "running", str(tile["state_since"])))
    page.goto(f"/terminal/{waiting[0]['work_unit']}")
    page.wait_for_selector("mes-terminal .band")


def refused_form(page: Page) -> None:
    """A form that came back with what was typed."""
    page.goto("/people")
    page.fill("[name=name]", "김민수")
    page.fill("form.fb [name=badge]", "7 7")
    page.locator("form.fb button").click()
    page.wait_for_selector("[role=alert]")


def refused_sign_in(page: Page) -> None:
    """A wrong password."""
    page.goto("/sign-in")
    page.fill("#login", "admin")
    page.fill("#password", "wrong")
    page.locator("main form button").click()
    page.wait_for_selector("[role=alert]")


def open_menu(page: Page) -> None:
    """A group of the menu, opened."""
    page.goto("/orders")
    page.locator("details[data-menu] summary").first.click()


def chosen_order(page: Page) -> None:
    """An order with its form."""
    page.goto("/orders")
    page.wait_for_selector("mes-orders tbody tr")
    page.locator("mes-orders tbody button").first.click()
    page.wait_for_selector("mes-orders .det")


def no_order(page: Page) -> None:
    """A question that no order answers."""
    page.goto("/orders")
    page.wait_for_selector("mes-orders tbody tr")
    page.locator("mes-orders input[type=search], mes-orders .fb input").first.fill("none-such")
    page.keyboard.press("Enter")


STATES = (
    *(
        State(name=f"dialog-{one.name}", show=opened(one), login="supervisor", mockup=one.mockup)
        for one in DIALOGS
    ),
    State(name="terminal-without-server", show=without_server, mockup="operator-offline"),
    State(name="terminal-stop-without-reason", show=stop_without_reason, mockup="operator"),
    State(name="sign-in-asked", show=at("/report?place=press-1"), login=None),
    State(name="sign-in-refused", show=refused_sign_in, login=None),
    State(name="form-refused", show=refused_form),
    State(name="not-allowed", show=at("/audit"), login="supervisor"),
    State(name="not-found", show=at("/nowhere")),
    State(name="menu-open", show=open_menu),
    State(name="orders-chosen", show=chosen_order, mockup="orders"),
    State(name="orders-none", show=no_order),
    State(name="report-machine", show=at("/report?place=press-1"), mockup="report"),
    State(name="report-week", show=at("/report?place=line-1&period=week"), mockup="report"),
    State(
        name="report-paper",
        show=at("/report?place=press-1&period=day"),
        mockup="report-print",
        paper=True,
    ),
    State(name="handover-paper", show=at("/lines/line-1/handover"), paper=True),
    State(name="production-paper", show=at("/production"), paper=True),
)

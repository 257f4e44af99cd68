"""Every dialog of the product and how it opens: by its page and what is pressed there in order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

FRONTEND = Path(__file__).parents[2] / "mes/frontend"
STOPS = "/report?place=press-2&period=day"
OVER = "/report?place=line-1"
ENTRIES = ".flt > button:not(.f)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """A dialog.

    Attributes:
        name: for files and reports.
        script: class that draws it, or the class of its `<dialog>` element.
        address: page on which it opens.
        presses: selectors of what is pressed, one after the other.
        mockup: stem of its picture among the mockups, empty: none.
    """

    name: str
    script: str
    address: str
    presses: tuple[str, ...]
    mockup: str = ""

    def open(self, page: Page) -> None:
        """Press until it is there; the page of the last press has the focus on its opener."""
        page.goto(self.address)
        for selector in self.presses:
            page.wait_for_selector(selector)
            page.locator(selector).first.click()
        page.wait_for_selector("dialog[open]")


def _terminal(name: str, script: str, *presses: str, mockup: str = "") -> Dialog:
    address = "/terminal/press-1"
    return Dialog(name=name, script=script, address=address, presses=presses, mockup=mockup)


DIALOGS = (
    _terminal("good", "QuantityDialog", ".act:nth-child(1)", mockup="dialogs"),
    _terminal("reject", "QuantityDialog", ".act:nth-child(2)", mockup="dialogs"),
    _terminal("stop-reason", "StopDialog", ".act:nth-child(3)", mockup="dialogs"),
    _terminal("pause", "PauseDialog", ".act:nth-child(4)"),
    _terminal("call", "CallDialog", ".act.call"),
    _terminal("complete", "CompleteDialog", ".jb button:has([href='#i-check'])"),
    _terminal("quality-check", "CheckDialog", ".qc-bar .qc"),
    _terminal("label", "LabelDialog", ".jb button:has([href='#i-print'])"),
    _terminal("sign-in", "SignInDialog", ".ot button", mockup="dialogs"),
    _terminal("outbox", "OutboxDialog", ".lk .ob"),
    Dialog(name="entries", script="EntriesDialog", address="/jobs/press-1", presses=(ENTRIES,)),
    Dialog(
        name="move",
        script="MoveDialog",
        address="/jobs/press-1",
        presses=(ENTRIES, "dialog.sheet header .btn:not(:last-child)"),
    ),
    Dialog(
        name="stop-of-report",
        script="StopDialog",
        address=STOPS,
        presses=("mes-stops tbody .btn",),
    ),
    Dialog(name="calls-of-wall", script="wc", address="/", presses=("[data-calls]",)),
    Dialog(
        name="sign-off",
        script="so",
        address=OVER,
        presses=("a.btn:has(.flip)", "mes-signoff [data-open]"),
    ),
)

IN_OTHERS = {"StopListDialog", "DeclareDialog", "CameraDialog", "InstructionDialog"}
"""Dialogs that another one leads to, that need a camera or a work instruction of the job."""


def drawn() -> set[str]:
    """Classes of dialogs in the scripts, and classes of `<dialog>` elements of their own."""
    found: set[str] = set()
    for path in FRONTEND.rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"export class (\w+Dialog)\b", text))
        found |= set(re.findall(r'<dialog class="(\w+)"', text)) - {"sheet"}
    return found

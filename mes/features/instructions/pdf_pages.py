"""Pages of a PDF as pictures: a tablet shows pictures everywhere, a PDF only with a viewer."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass

from mes.core.refusal import Refusal

SECONDS_MAX = 30
WAIT_S = 30
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDrawn:
    """A page as a picture (WebP), and how many pages the PDF has."""

    picture: bytes
    pages: int


def draw_page(pdf: bytes, number: int) -> PageDrawn:
    """A page of a PDF as a picture; drawn in a process with limits, one at a time.

    Args:
        number: of the page, from 1.

    Raises:
        Refusal: `instruction_pdf_unreadable`, `instruction_pdf_page_unknown` (422, with `pages`),
            `instruction_pdf_busy` (503).
    """
    if not _one_at_a_time.acquire(timeout=WAIT_S):
        raise Refusal("instruction_pdf_busy", "other pages are being drawn; try again", status=503)
    try:
        done = subprocess.run(  # noqa: S603 - our own module and a number
            [sys.executable, "-m", "mes.features.instructions.draw_page", str(number)],
            input=pdf,
            capture_output=True,
            timeout=SECONDS_MAX,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        raise _unreadable() from None
    finally:
        _one_at_a_time.release()
    head, _, picture = done.stdout.partition(b"\n")
    said = json.loads(head)
    if said["unreadable"]:
        raise _unreadable()
    if not picture:
        raise Refusal(
            "instruction_pdf_page_unknown",
            f"the PDF has {said['pages']} pages",
            status=422,
            details={"pages": said["pages"]},
        )
    return PageDrawn(picture=picture, pages=said["pages"])


def _unreadable() -> Refusal:
    return Refusal(
        "instruction_pdf_unreadable",
        "the PDF cannot be drawn: damaged, protected by a password, or too large",
        status=422,
    )

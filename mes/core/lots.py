"""What a lot code is: text that every scanner gives as it is printed, told apart from other codes.

A lot code begins with `LOT-`; a work order with `WO-`; anything else that is scanned is a badge.
"""

from __future__ import annotations

import re
import unicodedata

PREFIX = "LOT-"
CODE_MAX = 60
"""Characters of a code."""
_CODE = re.compile(r"LOT-[A-Z0-9]+(-[A-Z0-9]+)*")


def lot_code(text: str) -> str | None:
    """The code that a scanned or typed text means; None: it cannot be a lot.

    Lower case and full-width characters become what a scanner reads, and a text without the prefix
    gets it, so that one lot has one code however it was entered.
    """
    code = unicodedata.normalize("NFKC", text[: 2 * CODE_MAX]).strip().upper()
    if not code.startswith(PREFIX):
        code = PREFIX + code
    if len(text) > 2 * CODE_MAX or len(code) > CODE_MAX or not _CODE.fullmatch(code):
        return None
    return code

"""From a file to tables: spreadsheets in a process of their own, texts here."""

from __future__ import annotations

import json
import subprocess
import sys
from threading import BoundedSemaphore
from typing import Any

from mes.core.refusal import Refusal
from mes.features.imports.limits import (
    BYTES_MAX,
    CHARACTERS_MAX,
    COLUMNS_MAX,
    LINES_MAX,
    PARTS_MAX,
    READ_S_MAX,
    SHEETS_MAX,
    UNZIPPED_MAX,
)
from mes.features.imports.table import Table, from_json
from mes.features.imports.text_files import read_text_file, too_large, unreadable

READERS_MAX = 2
"""Spreadsheets that are read at once; each may take the memory of its own process."""
WAIT_S = 10
_READERS = BoundedSemaphore(READERS_MAX)
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".xlsb", ".ods")
_SIZES = {
    "rows": LINES_MAX,
    "columns": COLUMNS_MAX,
    "unzipped": UNZIPPED_MAX,
    "parts": PARTS_MAX,
    "sheets": SHEETS_MAX,
    "characters": CHARACTERS_MAX,
}


def read_file(name: str, content: bytes) -> list[Table]:
    """The sheets of a file that people see; a text file is one.

    Args:
        name: of the file; what it holds counts more than its ending.

    Raises:
        Refusal: `file_not_readable`, `import_too_large` (422), `import_busy` (503).
    """
    if len(content) > BYTES_MAX:
        raise too_large("bytes", BYTES_MAX)
    if not content.strip():
        raise unreadable("empty")
    if content.startswith((ZIP, OLE)) or name.lower().endswith(SPREADSHEETS):
        return _sheets(content)
    return [read_text_file(content)]


def _sheets(content: bytes) -> list[Table]:
    """The sheets of a spreadsheet.

    Raises:
        Refusal: `file_not_readable`, `import_too_large` (422), `import_busy` (503).
    """
    if not _READERS.acquire(timeout=WAIT_S):
        raise Refusal(
            "import_busy",
            f"{READERS_MAX} other spreadsheets are being read; try again in a moment",
            status=503,
            details={"retry_after_s": WAIT_S},
        )
    try:
        answer = _read_by_child(content)
    finally:
        _READERS.release()
    if "refused" in answer:
        raise _refusal(answer["refused"])
    return [from_json(sheet) for sheet in answer["sheets"]]


def _read_by_child(content: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "mes.features.imports.workbook_child"],
            input=content,
            capture_output=True,
            timeout=2 * READ_S_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise unreadable("broken") from None
    if done.returncode != 0 or not done.stdout:
        raise unreadable("broken")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _refusal(why: str) -> Refusal:
    return too_large(why, _SIZES[why]) if why in _SIZES else unreadable(why)

"""Reading text files: CSV in the encodings that spreadsheets write, and what is pasted. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from mes.core.refusal import Refusal
from mes.features.imports.limits import CHARACTERS_MAX, COLUMNS_MAX, LINES_MAX
from mes.features.imports.table import Table, text_lines

ENCODINGS = ("utf-8-sig", "cp949")
"""Korean Excel writes CP949 (a superset of EUC-KR) unless it is asked for UTF-8."""
DELIMITERS = ("\t", ",", ";")


def read_text_file(content: bytes) -> Table:
    """The rows of a CSV or tab-separated file.

    Raises:
        Refusal: `file_not_readable`, `import_too_large` (422).
    """
    return read_text(_decoded(content))


def read_text(text: str) -> Table:
    """The rows of a text; tabs, commas or semicolons stand between its cells.

    Raises:
        Refusal: `file_not_readable`, `import_too_large` (422).
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    if "\0" in text:
        raise unreadable("not_text")
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            _within_limits(len(rows), row)
            rows.append(row)
    except csv.Error as mistake:
        if "field limit" in str(mistake):
            raise too_large("characters", CHARACTERS_MAX) from None
        raise unreadable("not_text") from None
    return Table(sheet="", lines=text_lines(rows))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")  # "Unicode text" of Excel
        except UnicodeDecodeError:
            raise unreadable("not_text") from None
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise unreadable("not_text")


def _within_limits(rows: int, row: Sequence[str]) -> None:
    if rows >= LINES_MAX:
        raise too_large("rows", LINES_MAX)
    if len(row) > COLUMNS_MAX:
        raise too_large("columns", COLUMNS_MAX)
    if any(len(text) > CHARACTERS_MAX for text in row):
        raise too_large("characters", CHARACTERS_MAX)


def unreadable(why: str) -> Refusal:
    """The file cannot be read.

    Args:
        why: a key of `words.UNREADABLE`.
    """
    return Refusal(
        "file_not_readable",
        "the file cannot be read; save it as .xlsx or as CSV and try again",
        status=422,
        field="file",
        details={"why": why},
    )


def too_large(what: str, most: int) -> Refusal:
    """The file has too much of something.

    Args:
        what: a key of `words.TOO_LARGE`.
    """
    return Refusal(
        "import_too_large",
        f"the file has more {what} than an import takes: {most:,}",
        status=422,
        field="file",
        details={"what": what, "most": most},
    )

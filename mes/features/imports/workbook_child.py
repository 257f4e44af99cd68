"""The process that reads one spreadsheet: what is wrong with the file harms nobody but it.

Reads the file from its input, writes JSON to its output: `{"sheets": [table, ...]}` of the sheets
that people see, or `{"refused": why}`. It bounds its own memory and time.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

from mes.features.imports.limits import (
    CHARACTERS_MAX,
    COLUMNS_MAX,
    LINES_MAX,
    MEMORY_MAX,
    PARTS_MAX,
    RATIO_MAX,
    READ_S_MAX,
    SHEETS_MAX,
    UNZIPPED_MAX,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How old spreadsheets (.xls) begin, and encrypted ones."""
_DOCTYPE = (b"<!DOCTYPE", b"<\0!\0D\0O\0C\0T\0Y\0P\0E", b"\0<\0!\0D\0O\0C\0T\0Y\0P\0E")
_MERGED = re.compile(rb'<mergeCell\s[^>]*?ref="([A-Z]+[0-9]+:[A-Z]+[0-9]+)"')
_ROW = re.compile(rb"<row\s[^>]*>")
_HIDDEN = re.compile(rb'\shidden="(?:1|true)"')
_NUMBER = re.compile(rb'\sr="([0-9]+)"')
_FORMULA = re.compile(rb"<f[\s>/]")
_CHUNK = 1 << 20


class Refused(Exception):
    """The file is not read; the argument is a key of `words.UNREADABLE` or `words.TOO_LARGE`."""


def main() -> None:
    """Read the spreadsheet of the standard input."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (READ_S_MAX, READ_S_MAX))
    try:
        answer = {"sheets": list(sheets(sys.stdin.buffer.read()))}
    except Refused as refused:
        answer = {"refused": str(refused)}  # type: ignore[dict-item]
    except MemoryError:
        answer = {"refused": "unzipped"}  # type: ignore[dict-item]
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode())


def sheets(content: bytes) -> Iterator[dict[str, Any]]:
    """The sheets that people see, in their order.

    Raises:
        Refused: the file is damaged, protected, of another kind or too large.
    """
    _refuse_other_kinds(content)
    archive = _checked_archive(content)
    import openpyxl

    try:
        values = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
    except MemoryError:
        raise
    except Exception as broken:
        raise Refused("broken") from broken
    if len(values.sheetnames) > SHEETS_MAX:
        raise Refused("sheets")
    if not any(sheet.sheet_state == "visible" for sheet in values.worksheets):
        raise Refused("broken")
    formulas: Any = None
    for sheet in values.worksheets:
        if sheet.sheet_state != "visible":
            continue
        part = archive.read(sheet._worksheet_path.lstrip("/"))  # the reader hides merged cells
        if _FORMULA.search(part) and formulas is None:
            formulas = openpyxl.load_workbook(BytesIO(content), read_only=True)
        written = formulas[sheet.title] if _FORMULA.search(part) else None
        try:
            lines = list(_lines(sheet, written))
        except (MemoryError, Refused):
            raise
        except Exception as broken:
            raise Refused("broken") from broken
        yield {
            "sheet": sheet.title,
            "merged": [ref.decode() for ref in _MERGED.findall(part)],
            "hidden": list(_hidden(part)),
            "lines": lines,
        }


def _refuse_other_kinds(content: bytes) -> None:
    if content.startswith(OLE):
        name = "EncryptedPackage".encode("utf-16-le")
        raise Refused("protected" if name in content else "old_format")
    if not content.startswith(b"PK"):
        raise Refused("broken")


def _checked_archive(content: bytes) -> zipfile.ZipFile:
    """The archive, its parts unzipped once in small pieces and counted; nothing is believed."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        parts = archive.infolist()
        if len(parts) > PARTS_MAX:
            raise Refused("parts")
        names = {part.filename for part in parts}
        if "xl/vbaProject.bin" in names:
            raise Refused("macros")
        if "xl/workbook.xml" not in names:
            raise Refused("other_archive")
        total = 0
        for part in parts:
            total = _counted(archive, part, total)
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError) as broken:
        raise Refused("broken") from broken
    except RuntimeError as protected:  # zipfile: password required
        raise Refused("protected") from protected
    except zipfile.error as broken:  # pragma: no cover - the module's other name
        raise Refused("broken") from broken
    return archive


def _counted(archive: zipfile.ZipFile, part: zipfile.ZipInfo, total: int) -> int:
    own, last = 0, b""
    with archive.open(part) as opened:
        while chunk := opened.read(_CHUNK):
            own += len(chunk)
            total += len(chunk)
            if total > UNZIPPED_MAX:
                raise Refused("unzipped")
            if own > _CHUNK and own > RATIO_MAX * max(part.compress_size, 1):
                raise Refused("unzipped")
            text = last + chunk
            if part.filename.endswith((".xml", ".rels")) and any(d in text for d in _DOCTYPE):
                raise Refused("entities")
            last = chunk[-64:]
    return total


def _hidden(part: bytes) -> Iterator[int]:
    for row in _ROW.findall(part):
        number = _NUMBER.search(row)
        if number is not None and _HIDDEN.search(row):
            yield int(number[1])


def _lines(sheet: Any, written: Any) -> Iterator[list[Any]]:
    """Rows that are not empty as [number, cells]."""
    formulas = iter(()) if written is None else written.iter_rows(max_col=COLUMNS_MAX + 1)
    for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX + 1), 1):
        beside = next(formulas, ())
        cells = [
            _cell(cell, beside[place] if place < len(beside) else None)
            for place, cell in enumerate(row)
        ]
        while cells and cells[-1] is None:
            cells.pop()
        if not cells:
            continue
        if number > LINES_MAX:
            raise Refused("rows")
        if len(cells) > COLUMNS_MAX:
            raise Refused("columns")
        yield [number, cells]


def _cell(cell: Any, written: Any) -> list[str] | None:
    value = cell.value
    if value is None:
        if written is not None and written.data_type == "f":
            return ["f", str(written.value)[:200]]
        return None
    if isinstance(value, bool):
        return ["b", "1" if value else "0"]
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    if isinstance(value, datetime):
        moment = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
        whole_day = moment.time() == time() and "h" not in str(cell.number_format).lower()
        return ["d", moment.date().isoformat() if whole_day else moment.isoformat()]
    if isinstance(value, date):
        return ["d", value.isoformat()]
    if isinstance(value, time):
        return ["h", value.isoformat("seconds")]
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return ["h", f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"]
    text = str(value)
    if len(text) > CHARACTERS_MAX:
        raise Refused("characters")
    if not text.strip():
        return None
    return ["e" if cell.data_type == "e" else "t", text]


def _number(value: float, shape: object) -> list[str]:
    """A number with the 15 digits that a spreadsheet shows; `00000` shows zeros before it."""
    exact = Decimal(value) if isinstance(value, int) else Decimal(format(value, ".15g"))
    if not exact.is_finite():
        return ["e", str(value)]
    text = format(exact, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    zeros = re.fullmatch(r"0{2,}", str(shape))
    if zeros and text.isdigit():
        return ["t", text.zfill(len(zeros[0]))]
    return ["n", text or "0"]


if __name__ == "__main__":
    main()

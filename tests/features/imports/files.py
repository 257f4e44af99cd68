"""Files for tests as people and programs make them, and what an import says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl

from mes.features.commands.context import Context
from mes.features.imports.files import read_file
from mes.features.imports.kind import Kind
from mes.features.imports.registry import find_kind
from mes.features.imports.service import check_upload, import_upload, make_upload, read_upload
from mes.features.imports.shown import shown_check
from mes.features.imports.template import csv_template, references, xlsx_template
from tests.features.commands.floor import Floor

Rows = Sequence[Sequence[object]]
Shown = dict[str, Any]


def xlsx(rows: Rows, *, sheet: str = "Sheet1", others: Mapping[str, Rows] | None = None) -> bytes:
    """A spreadsheet as another program writes it."""
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = sheet
    for row in rows:
        first.append(list(row))
    for name, further in (others or {}).items():
        added = book.create_sheet(name)
        for row in further:
            added.append(list(row))
    return saved(book)


def saved(book: Any) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def csv(rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """A text file as a spreadsheet writes it."""
    lines = [delimiter.join("" if cell is None else str(cell) for cell in row) for row in rows]
    return "\r\n".join(lines).encode(encoding)


def checked(
    floor: Floor, kind: str, content: bytes, name: str = "rows.xlsx", language: str = "en"
) -> Shown:
    """What a check of a file shows, at the beginning of the day."""
    found = find_kind(kind)
    upload = make_upload(found, name, content, read_file(name, content))
    now = floor.context(0).now
    return shown_check(
        floor.ask(lambda session: check_upload(session, now, found, upload)), language, None
    )


def imported(
    floor: Floor, kind: str, content: bytes, name: str = "rows.xlsx", *, skip_bad: bool = False
) -> Shown:
    """Import a file; what was done."""
    found = find_kind(kind)
    upload = make_upload(found, name, content, read_file(name, content))

    def act(session: Any, context: Context) -> Shown:
        return import_upload(
            session, context, upload, read_upload(found, upload), skip_bad=skip_bad
        )

    return floor.do(0, act)


def done(answer: Shown) -> tuple[int, int, int, int]:
    """New, changed, unchanged and skipped rows."""
    return answer["new"], answer["changed"], answer["unchanged"], answer["skipped"]


def told(answer: Shown) -> list[tuple[int | None, str | None, str]]:
    """Row, letters of the column and code of each mistake."""
    return [(one["row"], one["letter"], one["code"]) for one in answer["mistakes"]]


def template(floor: Floor, kind: Kind, tmp_path: Any, language: str, form: str) -> bytes:
    """The template with what is there now."""
    now = floor.context(0).now
    rows = floor.ask(lambda session: list(kind.current(session, now)))
    if form == "csv":
        return csv_template(kind, rows, language).encode()
    codes = floor.ask(lambda session: references(session, kind))
    path = tmp_path / f"{kind.key}.xlsx"
    xlsx_template(path, kind, rows, codes, language)
    return bytes(path.read_bytes())


__all__ = [
    "Rows",
    "Shown",
    "checked",
    "csv",
    "date",
    "datetime",
    "done",
    "imported",
    "told",
    "xlsx",
]

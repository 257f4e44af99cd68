"""Templates to fill in: a spreadsheet with a sheet that explains it, or CSV; with present data."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter
from sqlalchemy.orm import Session

from mes.features.explain.workbook import ExactFloat, safe_text
from mes.features.imports.columns import Column, Look, Needed
from mes.features.imports.kind import Kind, Value
from mes.features.imports.words import _, say
from mes.features.plant.export import exported

BYTE_ORDER_MARK = "\ufeff"
REFERENCES_MAX = 5_000
"""Codes that a template offers of one kind."""
EXACT_DIGITS = 15
"""Digits of a number that a spreadsheet keeps; longer ones are written as text."""
_FORMATS = {
    Look.TEXT: "@",
    Look.NUMBER: "General",
    Look.DATE: "yyyy-mm-dd",
    Look.MOMENT: "yyyy-mm-dd hh:mm:ss",
}
Rows = Iterable[Mapping[str, Value]]


def references(session: Session, kind: Kind) -> dict[str, list[str]]:
    """Codes that columns of the kind may name, by what they are of."""
    wanted = {column.refers_to for column in kind.columns if column.refers_to is not None}
    if not wanted:
        return {}
    plant = exported(session)
    lines = plant.get("lines", [])
    found = {
        "item": [row["code"] for row in plant.get("items", [])],
        "reason": [row["code"] for row in plant.get("reasons", [])],
        "line": [row["id"] for row in lines],
        "machine": [unit["id"] for line in lines for unit in line.get("work_units", [])],
        "area": [row["id"] for row in plant.get("areas", [])],
        "calendar": [row["id"] for row in plant.get("calendars", [])],
    }
    return {name: codes[:REFERENCES_MAX] for name, codes in found.items() if name in wanted}


def csv_template(kind: Kind, rows: Rows, language: str) -> str:
    """The template as CSV with a byte order mark, without which Korean Excel reads CP949."""
    out = io.StringIO()
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out)
    writer.writerow([title(column, language) for column in kind.columns])
    writer.writerow([column.key for column in kind.columns])
    for row in islice(rows, kind.rows_max):
        writer.writerow([_text(column, row.get(column.key), language) for column in kind.columns])
    return out.getvalue()


def xlsx_template(
    path: Path,
    kind: Kind,
    rows: Rows,
    codes: Mapping[str, Sequence[str]],
    language: str,
) -> None:
    """Write the template as a spreadsheet.

    The first row has the titles, the second, hidden one the stable keys; words of choices and
    codes are offered in the cells; a second sheet explains the columns with examples.
    """
    book = xlsxwriter.Workbook(
        str(path),
        {
            "tmpdir": tempfile.gettempdir(),
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": kind.key})
    sheet = book.add_worksheet(_sheet_name(say(kind.title, language)))
    guide = book.add_worksheet(_sheet_name(say(_("How to fill in"), language)))
    lists = _write_lists(book, codes)
    _write_frame(book, sheet, kind, language)
    for place, column in enumerate(kind.columns):
        _offer(sheet, place, column, kind, lists, language)
    number = 2
    looks = {look: book.add_format({"num_format": shape}) for look, shape in _FORMATS.items()}
    for number, row in enumerate(islice(rows, kind.rows_max), 2):
        for place, column in enumerate(kind.columns):
            _write_cell(sheet, number, place, column, row.get(column.key), looks, language)
    _write_guide(book, guide, kind, language)
    book.close()


def title(column: Column, language: str) -> str:
    """What stands above a column; a star: every row needs it."""
    star = " *" if column.needed is Needed.ALWAYS else ""
    return f"{say(column.label, language)}{star}"


def _sheet_name(text: str) -> str:
    return "".join(" " if sign in "[]:*?/\\'" else sign for sign in text)[:31]


def _write_frame(book: Any, sheet: Any, kind: Kind, language: str) -> None:
    head = book.add_format({"bold": True, "bg_color": "#E4E7EB", "bottom": 2, "valign": "top"})
    key = book.add_format({"font_color": "#79818A", "font_size": 9})
    sheet.freeze_panes(2, 1)
    for place, column in enumerate(kind.columns):
        shape = book.add_format({"num_format": _FORMATS[column.look]})
        sheet.set_column(place, place, column.width, shape)
        sheet.write_string(0, place, title(column, language), head)
        sheet.write_string(1, place, column.key, key)
    sheet.set_row(1, None, None, {"hidden": True})


def _write_lists(book: Any, codes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """A hidden sheet with codes; the range of each list."""
    filled = {name: values for name, values in codes.items() if values}
    if not filled:
        return {}
    sheet = book.add_worksheet("lists")
    sheet.hide()
    ranges = {}
    for place, (name, values) in enumerate(filled.items()):
        for number, value in enumerate(values):
            sheet.write_string(number, place, value)
        letter = chr(ord("A") + place)
        ranges[name] = f"=lists!${letter}$1:${letter}${len(values)}"
    return ranges


def _offer(
    sheet: Any,
    place: int,
    column: Column,
    kind: Kind,
    lists: Mapping[str, str],
    language: str,
) -> None:
    """The choices of a cell; codes may be typed all the same, as another import makes them."""
    source: Any = None
    if column.choices:
        source = [say(word, language) for word in column.choices.values()]
    elif column.refers_to in lists:
        source = lists[column.refers_to or ""]
    about = say(column.about, language)
    rule: dict[str, Any] = {"validate": "any"}
    if source is not None:
        rule = {"validate": "list", "source": source, "error_type": "warning"}
    rule |= {"input_title": title(column, language)[:32], "input_message": about[:255]}
    sheet.data_validation(2, place, kind.rows_max + 1, place, rule)


def _write_cell(
    sheet: Any,
    number: int,
    place: int,
    column: Column,
    value: Value,
    looks: Mapping[Look, Any],
    language: str,
) -> None:
    if value is None or value == ():
        return
    if isinstance(value, datetime):
        sheet.write_datetime(number, place, value, looks[Look.MOMENT])
    elif isinstance(value, date):
        sheet.write_datetime(number, place, value, looks[Look.DATE])
    elif column.look is Look.NUMBER and _is_short(str(value)):
        sheet.write_number(number, place, ExactFloat(str(value)))
    else:
        sheet.write_string(number, place, _text(column, value, language), looks[Look.TEXT])


def _is_short(number: str) -> bool:
    return len(number.replace(".", "").replace("-", "").strip("0")) <= EXACT_DIGITS


def _text(column: Column, value: Value, language: str) -> str:
    """A value as text; codes of choices as their words."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(say(column.choices[one], language) for one in value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, Decimal):
        return format(value, "f")
    text = str(value)
    return say(column.choices[text], language) if text in column.choices else guarded(text)


def guarded(text: str) -> str:
    """A text that no program takes for a formula; reading takes the apostrophe away again."""
    bare = text.lstrip("'")
    looks_guarded = text.startswith("'") and safe_text(bare) != bare
    return f"'{text}" if looks_guarded else safe_text(text)


def _write_guide(book: Any, sheet: Any, kind: Kind, language: str) -> None:
    """The sheet that explains the columns."""
    bold = book.add_format({"bold": True, "bg_color": "#E4E7EB"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 2, 18)
    sheet.set_column(3, 3, 60)
    sheet.set_column(4, 5, 28)
    lines = [
        say(kind.about, language),
        say(_("An empty cell leaves what is there, or takes the usual for a new row."), language),
        say(_("'-' takes a value away where that is possible."), language),
        say(_("Columns may be left out or moved; the first row names them."), language),
    ]
    for number, line in enumerate(lines):
        sheet.write_string(number, 0, line)
    heads = [_("Column"), _("Key"), _("Needed"), _("Meaning"), _("Choices"), _("Example")]
    first = len(lines) + 1
    for place, text in enumerate(heads):
        sheet.write_string(first, place, say(text, language), bold)
    needed = {
        Needed.ALWAYS: _("in every row"),
        Needed.NEW: _("in new rows"),
        Needed.NEVER: _("no"),
    }
    for number, column in enumerate(kind.columns, first + 1):
        example = column.choices.get(column.example)
        choices = ", ".join(say(word, language) for word in column.choices.values())
        cells = [
            say(column.label, language),
            column.key,
            say(needed[column.needed], language),
            say(column.about, language),
            choices,
            say(example, language) if example else column.example,
        ]
        for place, text in enumerate(cells):
            sheet.write_string(number, place, text, wrapped)

"""Spreadsheets as they come: what a cell holds, what else is told, and what is not read at all."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import numbers

from mes.core.refusal import Refusal
from mes.features.imports import files
from mes.features.imports.files import read_file
from mes.features.imports.limits import COLUMNS_MAX, LINES_MAX
from mes.features.imports.words import TOO_LARGE, UNREADABLE
from tests.features.commands.floor import Floor
from tests.features.imports.files import checked, csv, saved, told, xlsx


def cells_of(value: object, shape: str | None = None) -> tuple[str, str] | None:
    """How a cell is read."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet["A1"] = "x"
    sheet["B1"] = value
    if shape is not None:
        sheet["B1"].number_format = shape
    (line,) = read_file("a.xlsx", saved(book))[0].lines
    cell = line.cells[1] if len(line.cells) > 1 else None
    return None if cell is None else (cell.kind.value, cell.text)


@pytest.mark.parametrize(
    ("value", "shape", "read"),
    [
        (12, None, ("n", "12")),
        (0.1 + 0.2, None, ("n", "0.3")),
        (12.0, None, ("n", "12")),
        (123, "00000", ("t", "00123")),
        ("00123", None, ("t", "00123")),
        (True, None, ("b", "1")),
        (datetime(2026, 11, 25, 18, 0), None, ("d", "2026-11-25T18:00:00")),  # noqa: DTZ001
        (date(2026, 11, 25), None, ("d", "2026-11-25")),
        (time(8, 30), None, ("h", "08:30:00")),
        (timedelta(hours=25), numbers.FORMAT_DATE_TIMEDELTA, ("h", "25:00:00")),
        ("#N/A", None, ("e", "#N/A")),
        ("=1+1", None, ("f", "=1+1")),
        ("   ", None, None),
    ],
)
def test_cells_of_a_spreadsheet(value: object, shape: str | None, read: object) -> None:
    assert cells_of(value, shape) == read


def zipped(**parts: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """A spreadsheet with another part in it."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w", 8) as fresh:
        for one in old.infolist():
            if one.filename != name:
                fresh.writestr(one, old.read(one))
        fresh.writestr(name, part)
    return out.getvalue()


GOOD = xlsx([["code", "unit"], ["A", "pcs"]])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
LOCKED = OLE + "EncryptedPackage".encode("utf-16-le")
ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.xlsx", b"", "empty"),
        ("a.csv", b" \r\n ", "empty"),
        ("a.xlsx", b"hello", "broken"),
        ("a.xlsx", GOOD[: len(GOOD) // 2], "broken"),
        ("a.xlsx", GOOD[:200] + b"\xff" * 400 + GOOD[600:], "broken"),
        ("a.xls", OLE, "old_format"),
        ("a.xlsx", LOCKED, "protected"),
        ("a.xlsm", with_part(GOOD, "xl/vbaProject.bin", b"x"), "macros"),
        ("a.zip", zipped(readme=b"x"), "other_archive"),
        ("a.xlsx", with_part(GOOD, "xl/worksheets/sheet1.xml", b"<worksheet"), "broken"),
        ("a.xlsx", with_part(GOOD, "xl/workbook.xml", b"<x/>"), "broken"),
        ("a.xlsx", with_part(GOOD, "xl/x.xml", ENTITIES), "entities"),
        ("a.xlsx", with_part(GOOD, "xl/x.xml", ENTITIES.decode().encode("utf-16")), "entities"),
        ("a.csv", b"\xff\xfe\xff", "not_text"),
        ("a.csv", b"a\0b", "not_text"),
        ("a.png", b"\x89PNG\r\n\x1a\n\x81\xff", "not_text"),
    ],
)
def test_what_cannot_be_read_says_why(name: str, content: bytes, why: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_file(name, content)
    assert (caught.value.code, caught.value.details["why"]) == ("file_not_readable", why)
    assert why in UNREADABLE


def wide(rows: int, columns: int) -> bytes:
    return csv([["x"] * columns] * rows)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (with_part(GOOD, "xl/x.bin", b"\0" * (8 << 20)), "unzipped"),
        (zipped(xl__workbook_xml=b"x", **{f"p{n}": b"x" for n in range(201)}), "parts"),
        (xlsx([["x"] * (COLUMNS_MAX + 1)]), "columns"),
        (wide(1, COLUMNS_MAX + 1), "columns"),
        (wide(LINES_MAX + 1, 1), "rows"),
        (csv([["x" * 100_001]]), "characters"),
        (csv([["x" * 200_000]]), "characters"),
        (b"x" * (20 * 1024 * 1024 + 1), "bytes"),
    ],
)
def test_what_is_too_large_says_of_what(content: bytes, what: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_file("a", content)
    assert (caught.value.code, caught.value.details["what"]) == ("import_too_large", what)
    assert what in TOO_LARGE


def test_few_spreadsheets_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "WAIT_S", 0.01)
    for _ in range(files.READERS_MAX):
        assert files._READERS.acquire(blocking=False)
    try:
        with pytest.raises(Refusal) as caught:
            read_file("a.xlsx", GOOD)
        assert (caught.value.code, caught.value.status) == ("import_busy", 503)
    finally:
        for _ in range(files.READERS_MAX):
            files._READERS.release()
    assert read_file("a.xlsx", GOOD)


def test_the_sheet_of_the_kind_is_found_and_the_rest_is_told(sqlite_floor: Floor) -> None:
    floor = sqlite_floor
    book = openpyxl.load_workbook(
        BytesIO(xlsx([["notes"], ["x"]], others={"list": [["code", "unit"], ["A", "EA"]]}))
    )
    book.copy_worksheet(book["list"]).title = "copy"
    sheet = book["list"]
    sheet["C1"], sheet["C2"] = "Weight", 12
    sheet.row_dimensions[2].hidden = True
    answer = checked(floor, "items", saved(book))
    assert (answer["sheet"], answer["changed"]) == ("list", 1)
    assert answer["notes"] == [
        "Not read, because unknown: C Weight.",
        "Not in the file, left as it is: Korean name, English name.",
        "Hidden rows are read too: 2.",
        "Only the sheet list is read, not: copy.",
    ]


def test_merged_and_repeated_rows_and_formulas_are_named(sqlite_floor: Floor) -> None:
    rows: list[list[Any]] = [
        ["title over the table"],
        ["code", "name_ko"],
        ["A", "x"],
        [None, "y"],
        [],
        ["A", "z"],
    ]
    book = openpyxl.load_workbook(BytesIO(xlsx([*rows, ["B", "=1+1"], ["C", "#REF!"]])))
    sheet: Any = book.active
    sheet.merge_cells("A3:A4")
    answer = checked(sqlite_floor, "items", saved(book))
    assert told(answer) == [
        (3, "A", "merged_cells"),
        (4, "A", "merged_cells"),
        (4, "A", "value_missing"),
        (6, "A", "duplicate_row"),
        (7, "B", "formula_without_value"),
        (8, "B", "cell_error"),
    ]
    assert "A3:A4" in answer["mistakes"][0]["message"]


def test_a_formula_with_its_value_is_read(sqlite_floor: Floor) -> None:
    content = with_part(
        xlsx([["code", "unit"], ["A", "EA"]]),
        "xl/worksheets/sheet1.xml",
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>code</t></is></c>'
        b'<c r="B1" t="inlineStr"><is><t>unit</t></is></c></row>'
        b'<row r="2"><c r="A2" t="str"><f>"A"</f><v>A</v></c>'
        b'<c r="B2" t="str"><f>"E"&amp;"A"</f><v>EA</v></c></row></sheetData></worksheet>',
    )
    answer = checked(sqlite_floor, "items", content)
    assert (answer["mistakes"], answer["changed"]) == ([], 1)


def test_files_without_titles_or_of_another_kind_are_told(sqlite_floor: Floor) -> None:
    floor = sqlite_floor
    for content, code in (
        (xlsx([["A", "B"], ["1", "2"]]), "header_missing"),
        (xlsx([["code", "unit"]]), "no_rows"),
        (xlsx([["name_ko", "unit"], ["x", "y"]]), "column_missing"),
        (xlsx([["Badge number", "Name", "Roles"], ["1", "x", "operator"]]), "other_kind"),
    ):
        answer = checked(floor, "items", content)
        assert [one["code"] for one in answer["mistakes"]] == [code]
        assert answer["blocked"]
    missing = checked(floor, "items", xlsx([["name_ko", "unit"], ["x", "y"]]), language="ko")
    assert missing["mistakes"][0]["title"] == "품번"
    other = checked(
        floor, "items", xlsx([["Badge number", "Name", "Roles"], ["1", "x", "operator"]])
    )
    assert other["mistakes"][0]["message"] == "This is a file of another kind: People."


def test_titles_of_both_languages_and_keys_are_understood(sqlite_floor: Floor) -> None:
    for titles in (
        ["품번 *", "단위"],
        ["ITEM CODE", "Unit"],
        ["code", "unit"],
        [" 품 번", "UNIT "],
    ):
        answer = checked(sqlite_floor, "items", xlsx([titles, ["A", "EA"]]))
        assert (answer["mistakes"], answer["changed"]) == ([], 1), titles
    renamed: list[list[Any]] = [["우리 코드", "우리 단위"], ["code", "unit"], ["A", "EA"]]
    assert checked(sqlite_floor, "items", xlsx(renamed))["changed"] == 1, "the keys count more"

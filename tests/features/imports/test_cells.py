"""What cells mean, whichever way people and programs write them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.core.refusal import Refusal
from mes.features.imports import cells
from mes.features.imports.cells import CellMistake, Read
from mes.features.imports.registry import IMPORTS
from mes.features.imports.table import Cell, CellKind, Table, from_json, letters, text_lines
from mes.features.imports.template import guarded
from mes.features.imports.text_files import read_text, read_text_file

AMOUNT = cells.read_amount(zero=True)


def text(value: str) -> Cell:
    return Cell(CellKind.TEXT, value)


def refused(read: Read, cell: Cell) -> str:
    with pytest.raises(CellMistake) as caught:
        read(cell)
    return caught.value.code


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1,234,567", "1234567"),
        ("１２３．５", "123.5"),
        (" 1 200 ", "1200"),
        ("1e3", "1000"),
        (".5", "0.5"),
        ("+7", "7"),
        ("0007", "7"),
        ("\u00a012\u200b", "12"),
    ],
)
def test_numbers_are_understood(written: str, meant: str) -> None:
    assert AMOUNT(text(written)) == Decimal(meant)


@pytest.mark.parametrize(
    "written", ["1,5", "12,34,567", "1.2.3", "10개", "NaN", "Infinity", "0x10", "--1", "1e9999"]
)
def test_what_is_no_number_is_not_guessed(written: str) -> None:
    assert refused(AMOUNT, text(written)) in ("number_invalid", "number_too_large")


def test_amounts_have_limits() -> None:
    assert refused(AMOUNT, text("-1")) == "number_too_small"
    assert refused(cells.read_amount(zero=False), text("0")) == "number_too_small"
    assert refused(AMOUNT, text("1000000001")) == "number_too_large"
    assert refused(AMOUNT, text("0.0000001")) == "too_many_places"
    assert refused(cells.read_whole(0, 9), text("1.5")) == "not_whole"
    assert refused(AMOUNT, Cell(CellKind.DATE, "2026-11-25")) == "number_invalid"


@pytest.mark.parametrize(
    "written",
    ["2026-11-25", "2026.11.25", "2026. 11. 25.", "2026/11/25", "20261125", "2026년 11월 25일"],
)
def test_dates_are_written_year_first(written: str) -> None:
    assert cells.read_date(text(written)) == date(2026, 11, 25)
    assert cells.read_date(Cell(CellKind.DATE, "2026-11-25T10:00:00")) == date(2026, 11, 25)
    moment = datetime(2026, 11, 25, 15, 5)  # noqa: DTZ001 - wall time of the plant
    for clock in ("15:05", "오후 3:05", "3:05 PM", "15시 5분"):
        assert cells.read_moment(text(f"{written} {clock}")) == moment
    assert cells.read_moment(text(written)) == moment.replace(hour=23, minute=59)


@pytest.mark.parametrize("written", ["11/25/2026", "25.11.26", "2026-02-30", "내일", "1969-01-01"])
def test_what_is_no_date_is_not_guessed(written: str) -> None:
    assert refused(cells.read_date, text(written)) in ("date_invalid", "year_impossible")
    assert refused(cells.read_moment, text(written)) in ("moment_invalid", "year_impossible")


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        (text("8:00"), "08:00"),
        (text("0800"), "08:00"),
        (Cell(CellKind.NUMBER, "1730"), "17:30"),
        (Cell(CellKind.TIME, "17:30:00"), "17:30"),
        (Cell(CellKind.TIME, "24:00:00"), "00:00"),
        (text("오전 12:30"), "00:30"),
    ],
)
def test_times_of_day(cell: Cell, meant: str) -> None:
    assert cells.read_time(cell) == meant


def test_codes_keep_their_zeros_and_say_when_a_spreadsheet_lost_something() -> None:
    assert cells.read_code(text(" ００12 ")) == "0012"
    assert cells.read_code(Cell(CellKind.NUMBER, "12")) == "12"
    assert refused(cells.read_code, Cell(CellKind.NUMBER, "1234567890123456")) == "digits_lost"
    assert refused(cells.read_code, Cell(CellKind.DATE, "2026-03-01")) == "code_is_date"
    for wrong in ("a b", "가", "x" * 61, "-1", "a\nb", "<script>"):
        assert refused(cells.read_code, text(wrong)) == "code_invalid"
    assert refused(cells.read_code, Cell(CellKind.ERROR, "#N/A")) == "cell_error"
    assert refused(cells.read_code, Cell(CellKind.FORMULA, "=A1")) == "formula_without_value"


def test_names_stand_in_one_line() -> None:
    words = cells.read_words(10)
    assert words(text("  ㈜ 대한\u200b ")) == "㈜ 대한"
    assert refused(words, text("a\nb")) == "control_characters"
    assert refused(words, text("a\x00b")) == "control_characters"
    assert refused(words, text("x" * 11)) == "too_long"


@given(st.sampled_from(list(CellKind)), st.text(max_size=60))
def test_any_cell_is_read_or_named_wrong(kind: CellKind, written: str) -> None:
    if kind in (CellKind.NUMBER, CellKind.DATE, CellKind.TIME, CellKind.YES_NO):
        written = {"n": "3.5", "d": "2026-11-25", "h": "08:00:00", "b": "1"}[kind.value]
    for one in IMPORTS.values():
        for column in one.columns:
            with suppress(CellMistake):
                column.read(Cell(kind, written))


@given(st.text(alphabet="=+-@'\t\r\n1a가", max_size=12))
def test_a_guarded_text_is_no_formula_and_comes_back(written: str) -> None:
    shown = guarded(written)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cells.plain_text(text(shown)) == written.strip()


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), max_size=5))
def test_a_table_is_kept_as_it_was_read(rows: list[list[str]]) -> None:
    table = Table(sheet="가", lines=text_lines(rows), merged=("A1:B2",), hidden=(3,))
    assert from_json(table.to_json()) == table


@given(st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(content: bytes) -> None:
    with suppress(Refusal):
        read_text_file(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files_of_spreadsheets(encoding: str, delimiter: str) -> None:
    written = delimiter.join(['"품번"', "이름"]) + "\r\n" + delimiter.join(["0012", '"볼트, 큰"'])
    lines = read_text_file((written + "\r\n\r\n").encode(encoding)).lines
    assert [[cell.text for cell in line.cells if cell] for line in lines] == [
        ["품번", "이름"],
        ["0012", "볼트, 큰"],
    ]


def test_a_cell_of_a_paste_may_have_lines_and_empty_rows_count() -> None:
    lines = read_text('code\tname_ko\n\nA\t"두\n줄"\n').lines
    assert [(line.number, [cell.text for cell in line.cells if cell]) for line in lines] == [
        (1, ["code", "name_ko"]),
        (3, ["A", "두\n줄"]),
    ]


def test_letters_of_columns() -> None:
    assert [letters(n) for n in (0, 25, 26, 51, 701, 702)] == ["A", "Z", "AA", "AZ", "ZZ", "AAA"]

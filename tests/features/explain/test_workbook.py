"""The spreadsheet writer: exact numbers, no formulas, a limit, flat memory."""

from __future__ import annotations

import sys
import tracemalloc
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.refusal import Refusal
from mes.features.explain import workbook
from mes.features.explain.workbook import (
    Count,
    ExactFloat,
    Minutes,
    Ratio,
    Workbook,
    local_time,
    safe_text,
)


def written(path: Path, rows: list[list[float | str | datetime | None]]) -> list[list[object]]:
    with Workbook(path, {"One": ["A", "B", "C"]}) as book:
        for row in rows:
            book.add("One", row)
    sheet = openpyxl.load_workbook(path)["One"]
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]


def test_a_number_keeps_its_seventeenth_digit(tmp_path: Path) -> None:
    numbers: list[float | str | datetime | None] = [0.1 + 0.2, 1 / 3, sys.float_info.max]
    assert written(tmp_path / "a.xlsx", [numbers]) == [numbers]


@settings(max_examples=200, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_printed_so_that_it_reads_back_the_same(number: float) -> None:
    assert float(format(ExactFloat(number), ".16G")) == number


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    evil = ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "plain"]
    rows: list[list[float | str | datetime | None]] = [[text] for text in evil]
    found = written(tmp_path / "b.xlsx", rows)
    sheet = openpyxl.load_workbook(tmp_path / "b.xlsx")["One"]
    assert all(row[0].data_type in {"s", "inlineStr"} for row in sheet.iter_rows(min_row=2))
    assert [row[0] for row in found] == ["'=1+1", "'+cmd", "'-2", "'@SUM(A1)", "'\t=1", "plain"]
    assert safe_text("a=b") == "a=b"


def test_times_are_times_and_missing_values_are_empty(tmp_path: Path) -> None:
    moment = local_time(1_772_406_000_250_000, ZoneInfo("Asia/Seoul"))
    assert moment.isoformat() == "2026-03-02T08:00:00.250000"
    ((first, second, third),) = written(tmp_path / "c.xlsx", [[moment, None, 3]])
    assert (first, second, third) == (moment, None, 3)


def test_a_manager_reads_percent_minutes_and_pieces_and_prints_them_on_a4(tmp_path: Path) -> None:
    row: list[float | str | datetime | None] = [Ratio(2 / 3), Minutes(441.3772), Count(9713)]
    with Workbook(tmp_path / "e.xlsx", {"One": ["A", "B", "C"]}) as book:
        book.add("One", row)
        book.add("One", row)
    sheet = openpyxl.load_workbook(tmp_path / "e.xlsx")["One"]
    assert [cell.value for cell in sheet[2]] == [2 / 3, 441.3772, 9713]
    assert [cell.number_format for cell in sheet[2]] == ["0.0%", "#,##0.0", "#,##0"]
    assert sheet.auto_filter.ref == "A1:C3"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert sheet.print_title_rows == "$1:$1"


def test_more_rows_than_the_limit_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "ROWS_MAX", 3)
    with Workbook(tmp_path / "d.xlsx", {"One": ["A"]}) as book:
        for number in range(3):
            book.add("One", [number])
        with pytest.raises(Refusal) as caught:
            book.add("One", [4])
    assert caught.value.code == "too_many_rows"


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        with Workbook(tmp_path / f"{rows}.xlsx", {"One": ["A", "B"]}) as book:
            for number in range(rows):
                book.add("One", [f"text {number}", number / 7])
            held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    assert peak(4_000) < peak(400) + 300_000

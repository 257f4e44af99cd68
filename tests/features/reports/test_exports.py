"""Grids as CSV that Korean Excel opens, and as a spreadsheet with native charts."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from mes.core.refusal import Refusal
from mes.features.reports.exports import csv_answer, csv_text, sheet_name, write_xlsx
from mes.features.reports.grid import (
    Chart,
    ChartKind,
    Column,
    Grid,
    Kind,
    Row,
    shown_grid,
)

ZONE = "Asia/Seoul"
AT = 1_772_406_000_000_000
"""2026-03-02 08:00 in Seoul."""


def grid(*names: str) -> Grid:
    return Grid(
        key="machines",
        title="설비: 1/2",
        columns=[
            Column(key="name", label="설비"),
            Column(key="oee", label="OEE", kind=Kind.RATIO, bar=True),
            Column(key="lost", label="손실", kind=Kind.MINUTES),
            Column(key="made", label="양품", kind=Kind.PIECES),
            Column(key="at", label="시각", kind=Kind.TIME),
        ],
        rows=[
            *(Row(values=[name, Fraction(2, 3), 90_000_000, 1234, AT]) for name in names),
            Row(values=["합계", None, None, None, None], look="total"),
        ],
        chart=Chart(kind=ChartKind.PARETO, category="name", values=["lost", "oee"]),
    )


def test_csv_begins_with_a_byte_order_mark_and_keeps_every_digit() -> None:
    text = csv_text(grid("프레스, 1호기"), ZONE)
    assert text.encode()[:3] == b"\xef\xbb\xbf"
    assert text.endswith("\r\n")
    head, first, total = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert head == ["설비", "OEE [1]", "손실 [min]", "양품 [pcs]", "시각"]
    assert first == ["프레스, 1호기", repr(2 / 3), "1.5", "1234", "2026-03-02 08:00:00"]
    assert total == ["합계", "", "", "", ""]


@pytest.mark.parametrize("evil", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1"])
def test_a_name_that_looks_like_a_formula_stays_a_text(tmp_path: Path, evil: str) -> None:
    rows = list(csv.reader(io.StringIO(csv_text(grid(evil), ZONE))))
    assert rows[1][0] == f"'{evil}"
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [grid(evil)], ZONE)
    cell = openpyxl.load_workbook(path).worksheets[0]["A2"]
    assert (cell.data_type, cell.value) == ("s", f"'{evil}")


def test_the_spreadsheet_has_raw_values_and_a_native_chart_of_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [grid("A", "B")], ZONE)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert sheet.title == sheet_name("설비: 1/2") == "설비  1 2"
    assert [cell.value for cell in sheet[2]] == ["A", 2 / 3, 1.5, 1234, datetime(2026, 3, 2, 8)]  # noqa: DTZ001 - spreadsheets hold wall time
    assert sheet["B2"].number_format == "0.0%"
    (chart,) = (name for name in zipfile.ZipFile(path).namelist() if "charts/chart" in name)
    drawn = zipfile.ZipFile(path).read(chart).decode()
    assert "barChart" in drawn
    assert "lineChart" in drawn
    assert "$C$2:$C$3" in drawn, "the row of the sum is not drawn"


def test_the_page_shows_the_same_values_rounded_and_says_what_it_leaves_out() -> None:
    shown: Any = shown_grid(grid("A", "B", "C"), ZONE, rows_max=2)
    first, _second = shown["rows"]
    assert [cell.text for cell in first["cells"]] == ["A", "66.7", "1.5", "1,234", "03-02 08:00"]
    assert first["cells"][1].width == "66.667"
    assert shown["left_out"] == 2


def test_values_over_time_have_a_chart_for_each_thing(tmp_path: Path) -> None:
    values = Grid(
        key="values",
        title="Values",
        columns=[
            Column(key="at", label="Time", kind=Kind.TIME),
            Column(key="tag", label="Tag"),
            Column(key="value", label="Value", kind=Kind.NUMBER),
        ],
        rows=[
            Row(values=[AT + n, tag, n])
            for tag, many in (("load", 3), ("temp", 2))
            for n in range(many)
        ],
        chart=Chart(kind=ChartKind.TRACE, category="at", values=["value"], by="tag"),
    )
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [values], ZONE)
    drawn = openpyxl.load_workbook(path)["Values"]._charts
    series = [(chart.series[0].xVal.numRef.f, chart.series[0].yVal.numRef.f) for chart in drawn]
    assert series == [
        ("Values!$A$2:$A$4", "Values!$C$2:$C$4"),
        ("Values!$A$5:$A$6", "Values!$C$5:$C$6"),
    ]


def test_times_of_classes_stand_on_each_other_in_their_chart(tmp_path: Path) -> None:
    times = Grid(
        key="times",
        title="Times",
        columns=[
            Column(key="machine", label="Machine"),
            Column(key="ran", label="Running", kind=Kind.MINUTES),
            Column(key="stood", label="Stood", kind=Kind.MINUTES),
        ],
        rows=[Row(values=["Press 1", 60_000_000, 30_000_000])],
        chart=Chart(kind=ChartKind.STACKED, category="machine", values=["ran", "stood"]),
    )
    path = tmp_path / "a.xlsx"
    write_xlsx(path, [times], ZONE)
    (chart,) = openpyxl.load_workbook(path)["Times"]._charts
    assert (chart.grouping, len(chart.series)) == ("stacked", 2)


def test_a_gain_has_a_sign_and_the_look_of_better_or_worse() -> None:
    gains = Grid(
        key="gains",
        title="",
        columns=[Column(key="gain", label="±", kind=Kind.RATIO, gain=True)],
        rows=[Row(values=[value]) for value in (Fraction(83, 1000), Fraction(-2, 100), 0, None)],
    )
    shown: Any = shown_grid(gains, ZONE)
    cells = [row["cells"][0] for row in shown["rows"]]
    assert [cell.text for cell in cells] == ["+8.3", "−2.0", "±0.0", "–"]
    assert [cell.look for cell in cells] == ["up", "dn", "", ""]


def test_an_unknown_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refusal) as caught:
        csv_answer([grid("A")], "nowhere", ZONE, "name")
    assert (caught.value.code, "machines" in caught.value.message) == ("table_unknown", True)

"""A roll-up as CSV for spreadsheets: one line a figure, ratios as plain numbers."""

from __future__ import annotations

import csv
import io
from typing import Any

from mes.features.oee.rollup_answer import Answer
from mes.features.oee.rollup_query import Group

COLUMNS = (
    "level",
    "id",
    "period",
    "group",
    "oee",
    "availability",
    "effectiveness",
    "quality_ratio",
    "coverage",
    "planned_us",
    "run_us",
    "good",
    "scrap",
    "rework",
    "flags",
)


def csv_text(found: Answer) -> str:
    """The short form of an answer as CSV with a line of heads, lines ended by CRLF (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    levels = {place.code: place.level.value for place in found.question.places}
    for item in found.items:
        writer.writerow([_cell(found, levels, item, name) for name in COLUMNS])
    return out.getvalue()


def _cell(found: Answer, levels: dict[str, str], item: dict[str, Any], name: str) -> object:
    if name == "level":
        return levels[item["id"]]
    if name == "group":
        return "" if found.question.group is Group.NONE else _safe(item["group"] or "")
    if name == "flags":
        return " ".join(item["flags"])
    value = item[name]
    return "" if value is None else _safe(value)


def _safe(value: object) -> object:
    """A text that a spreadsheet would take for a formula is quoted by an apostrophe."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return value

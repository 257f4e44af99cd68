"""Calls as CSV for spreadsheets: one line a call, heads in the reader's language."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mes.features.explain.workbook import safe_text
from mes.features.screens.floor import words
from mes.features.screens.floor.choosing import Speaker
from mes.features.screens.report.words import _

Call = Mapping[str, Any]


def calls_csv(items: Iterable[Call], speaker: Speaker) -> str:
    """The lines of a file, ended by CRLF (RFC 4180); times are those of the plant, lengths min."""
    columns = _columns(speaker)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([head for head, _cell in columns])
    for item in items:
        writer.writerow([_safe(cell(item)) for _head, cell in columns])
    return out.getvalue()


def _columns(speaker: Speaker) -> list[tuple[str, Callable[[Call], object]]]:
    def at(name: str) -> Callable[[Call], object]:
        return lambda call: speaker.full(call[name]) if call[name] else ""

    def minutes(name: str) -> Callable[[Call], object]:
        return lambda call: "" if call[name] is None else round(call[name] / 60, 2)

    def text(name: str) -> Callable[[Call], object]:
        return lambda call: call[name] or ""

    return [
        (_("Call"), lambda call: words.call_word(call["kind"])),
        (_("State"), lambda call: words.call_state_word(call["state"])),
        (_("Line"), text("line")),
        (_("Machine"), lambda call: speaker.named(call["work_unit_name"], call["work_unit"])),
        (_("Called at"), at("raised_at")),
        (_("Called by"), text("raised_by")),
        (_("Note"), text("note")),
        (_("Acknowledged at"), at("acknowledged_at")),
        (_("Acknowledged by"), text("acknowledged_by")),
        (_("Ended at"), at("ended_at")),
        (_("Ended by"), text("ended_by")),
        (_("Remark"), text("remark")),
        (_("Until answered, min"), minutes("response_s")),
        (_("Until done, min"), minutes("repair_s")),
        (_("Levels reached"), lambda call: call["level"]),
    ]


def _safe(value: object) -> object:
    return safe_text(value) if isinstance(value, str) else value

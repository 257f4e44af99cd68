"""What people typed of the plant, areas, lines and machines, and its place in the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mes.features.plant.edits import Plant
from mes.features.plant.rows import (
    Fields,
    Row,
    TypedNames,
    invalid,
    machines_of,
    number_text,
    place_of,
    rows_of,
)

NAMES: Mapping[str, str] = {"name.ko": "ko", "name.en": "en"}
AREA, LINE, MACHINE = "area", "work_center", "work_unit"
"""Levels as the equipment table has them."""
SIGNALS, MANUAL, COUNTS, NO_STATE = "signals", "manual", "counts", "none"
"""Where the state of a machine comes from, as its form says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLevel:
    """Whom to tell of a call nobody acknowledges, as typed; `kinds` empty: of all calls."""

    after_min: str
    to: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft:
    """The plant as it was typed."""

    names: TypedNames
    zone: str
    day_starts: str
    terminal_idle_min: str
    levels: tuple[TypedLevel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDraft:
    """An area as it was typed."""

    names: TypedNames


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """A line as it was typed; `area` empty: the plant itself; `oee_rule` empty: its key machine."""

    names: TypedNames
    area: str
    oee_rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDraft:
    """A machine as it was typed.

    Attributes:
        line: code of its line.
        minor_stop_s: seconds up to which a stop is minor.
        default_item: what it makes while no order is loaded; empty: nothing.
        state: `signals` (as they are), `manual`, `counts` or `none`.
        idle_after_s: of `counts`: seconds without a piece until it counts as stopped.
    """

    names: TypedNames
    line: str
    minor_stop_s: str
    key_machine: bool
    default_item: str
    state: str
    idle_after_s: str


Draft = AreaDraft | LineDraft | MachineDraft


SITE_FIELDS = {
    "time_zone": "zone",
    "day_starts": "day_starts",
    "terminal_idle_min": "terminal_idle",
}


def site_row(site: Row, draft: SiteDraft) -> Row:
    row = {
        **site,
        "name": draft.names.row(),
        "time_zone": draft.zone,
        "day_starts": draft.day_starts,
    }
    row.pop("terminal_idle_min", None)
    row.pop("call_escalation", None)
    idle = whole(draft.terminal_idle_min)
    if idle != 10:
        row["terminal_idle_min"] = idle
    levels = [
        {
            "after_min": number_text(level.after_min),
            "to": level.to,
            **({"kinds": list(level.kinds)} if level.kinds else {}),
        }
        for level in draft.levels
    ]
    if levels:
        row["call_escalation"] = levels
    return row


def level_fields(levels: Sequence[TypedLevel]) -> dict[str, str]:
    found = {}
    for number, _ in enumerate(levels):
        found[f"call_escalation[{number}].after_min"] = f"after-{number}"
        found[f"call_escalation[{number}].to"] = f"to-{number}"
        found[f"call_escalation[{number}].kinds"] = f"to-{number}"
    return found


def day_of(site: Row) -> tuple[Any, Any]:
    return site.get("time_zone"), site.get("day_starts", "00:00")


def whole(typed: str) -> object:
    """A whole number as one; what is none stays as it was typed."""
    text = number_text(typed)
    return int(text) if text.isdecimal() and text.isascii() else typed


def put_draft(plant: Plant, code: str, draft: Draft, fields: Fields) -> None:
    if isinstance(draft, AreaDraft):
        _put_area(plant, code, draft, fields)
    elif isinstance(draft, LineDraft):
        _put_line(plant, code, draft, fields)
    else:
        _put_machine(plant, code, draft, fields)


def _put_area(plant: Plant, code: str, draft: AreaDraft, fields: Fields) -> None:
    rows = rows_of(plant, "areas")
    place = _placed(rows, code)
    rows[place] = {"id": code, "name": draft.names.row()}
    fields.put(f"areas[{place}]", {"id": "code", **NAMES})


def _put_line(plant: Plant, code: str, draft: LineDraft, fields: Fields) -> None:
    rows = rows_of(plant, "lines")
    place = _placed(rows, code)
    row = {**rows[place], "id": code, "name": draft.names.row()}
    row.setdefault("work_units", [])
    for name, value in (("area", draft.area), ("oee_rule", draft.oee_rule)):
        row.pop(name, None)
        if value:
            row[name] = value
    rows[place] = row
    parts = {"id": "code", **NAMES, "area": "area", "oee_rule": "oee_rule"}
    fields.put(f"lines[{place}]", parts)


def _put_machine(plant: Plant, code: str, draft: MachineDraft, fields: Fields) -> None:
    lines = rows_of(plant, "lines")
    target = place_of(lines, "id", draft.line)
    if target is None:
        raise invalid({"line": "choose a line"})
    new: Row = {"id": code}
    old = next((unit for _, _, unit in machines_of(plant) if unit["id"] == code), new)
    for _, line, unit in list(machines_of(plant)):
        if unit["id"] == code and line["id"] != draft.line:
            line["work_units"].remove(unit)
    units = lines[target].setdefault("work_units", [])
    place = _placed(units, code)
    row = {
        **old,
        "name": draft.names.row(),
        "minor_stop_limit_s": number_text(draft.minor_stop_s or "300"),
        "key_machine": draft.key_machine,
        "signals": _signals(old.get("signals", {}), draft),
    }
    row.pop("default_item", None)
    if draft.default_item:
        row["default_item"] = draft.default_item
    units[place] = row
    fields.put(
        f"lines[{target}].work_units[{place}]",
        {
            "id": "code",
            **NAMES,
            "minor_stop_limit_s": "minor",
            "default_item": "default_item",
            "signals.state.from_counts.idle_after_s": "idle",
            "signals.state": "state",
        },
    )


def _signals(signals: Row, draft: MachineDraft) -> Row:
    """The signals with the way in which the state is known; tags are bound on the source pages."""
    others = {name: part for name, part in signals.items() if name != "state"}
    if draft.state == MANUAL:
        return {**others, "state": {"manual": True}}
    if draft.state == COUNTS:
        idle = number_text(draft.idle_after_s or "60")
        return {**others, "state": {"from_counts": {"idle_after_s": idle}}}
    if draft.state == NO_STATE:
        return others
    return signals


def _placed(rows: list[Row], code: str) -> int:
    place = place_of(rows, "id", code)
    if place is None:
        rows.append({"id": code})
        place = len(rows) - 1
    return place

"""What plants of a trade usually need: reasons, shifts, minor-stop limit; data, one file each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mes.core.calendar_checks import crosses_day_boundary
from mes.core.calendar_model import Shift
from mes.core.calendar_presets import BREAK_NAMES
from mes.core.refusal import Refusal

HERE = Path(__file__).resolve().parent
TRADES = ("press", "moulding", "cnc", "assembly")
"""Codes of the trades, in the order in which they are offered."""
_DAY_MIN = 1440

Row = dict[str, Any]
"""An object as a plant file writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A trade.

    Attributes:
        minor_stop_limit_s: usual limit of a minor stop, whole seconds.
        line: names of a usual line, `machine` of a usual machine, without a number.
        reasons: as a plant file writes them, those of every trade last.
    """

    code: str
    names: Mapping[str, str]
    minor_stop_limit_s: int
    line: Mapping[str, str]
    machine: Mapping[str, str]
    reasons: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftPlan:
    """Shifts of a usual day; `calendar` as a plant file writes it, `start` of the first shift."""

    code: str
    shifts_a_day: int
    names: Mapping[str, str]
    start: str
    calendar: Row


@cache
def trade_of(code: str) -> Trade:
    """The trade of that code.

    Raises:
        Refusal: `trade_unknown` (404).
    """
    if code not in TRADES:
        message = f"there is no trade {code!r}; known: {', '.join(TRADES)}"
        raise Refusal("trade_unknown", message, status=404, field="trade")
    own, common = _data(code), _data("common")
    return Trade(
        code=own["code"],
        names=own["name"],
        minor_stop_limit_s=own["minor_stop_limit_s"],
        line=own["line"],
        machine=own["machine"],
        reasons=(*own["reasons"], *common["reasons"]),
    )


def trades() -> tuple[Trade, ...]:
    """All trades, in the order in which they are offered."""
    return tuple(map(trade_of, TRADES))


@cache
def shift_plans() -> tuple[ShiftPlan, ...]:
    """One, two and three shifts a day."""
    return tuple(
        ShiftPlan(
            code=row["id"],
            shifts_a_day=row["shifts_a_day"],
            names=row["name"],
            start=row["shifts"][0]["start"],
            calendar={name: part for name, part in row.items() if name != "shifts_a_day"},
        )
        for row in _data("shifts")
    )


def plan_of(code: str) -> ShiftPlan:
    """The shifts of that code.

    Raises:
        Refusal: `shifts_unknown` (404).
    """
    for plan in shift_plans():
        if plan.code == code:
            return plan
    known = ", ".join(plan.code for plan in shift_plans())
    message = f"there are no shifts {code!r}; known: {known}"
    raise Refusal("shifts_unknown", message, status=404, field="shifts")


def calendar_of(plan: ShiftPlan, *, day_starts: str, start: str | None = None) -> Row:
    """The calendar of a plan as a plant file writes it.

    Args:
        day_starts: where the production day begins, local "HH:MM"; a shift across it belongs to the
            day on which the first shift starts.
        start: of the first shift, local "HH:MM"; everything moves along. None: the usual one.
    """
    first = _minutes(plan.start)
    moved = 0 if start is None else _minutes(start) - first
    boundary = time.fromisoformat(day_starts)
    shifts = []
    for row in plan.calendar["shifts"]:
        shift = {**row, **_moved(row, moved)}
        shift["breaks"] = [{**pause, **_moved(pause, moved)} for pause in row["breaks"]]
        begins = first + (_minutes(row["start"]) - first) % _DAY_MIN + moved
        if _crosses(shift, boundary):
            shift["day_offset"] = -(begins // _DAY_MIN)
        shifts.append(shift)
    return {**plan.calendar, "shifts": shifts}


def break_reasons(calendar: Row) -> list[Row]:
    """The reasons that the breaks of such a calendar name, in their order, as a file has them."""
    codes = dict.fromkeys(
        pause["reason"] for shift in calendar["shifts"] for pause in shift["breaks"]
    )
    return [{"code": code, "name": dict(BREAK_NAMES[code]), "class": "break"} for code in codes]


def plant_of(trade: Trade, plan: ShiftPlan, *, zone: str, day_starts: str) -> Row:
    """A whole plant to begin with: one line with two machines that are known by hand."""
    calendar = calendar_of(plan, day_starts=day_starts)
    return {
        "schema": "plant/1",
        "site": {
            "id": "plant",
            "name": {"ko": "우리 공장", "en": "Our plant"},
            "time_zone": zone,
            "day_starts": day_starts,
        },
        "calendars": [calendar],
        "reasons": [*break_reasons(calendar), *trade.reasons],
        "items": [{"code": "ITEM-1", "name": {"ko": "첫 품목", "en": "First item"}, "unit": "EA"}],
        "lines": [
            {
                "id": "line-1",
                "name": dict(trade.line),
                "calendar": calendar["id"],
                "work_units": [_machine(trade, number) for number in (1, 2)],
            }
        ],
    }


def _machine(trade: Trade, number: int) -> Row:
    return {
        "id": f"{trade.code}-{number}",
        "name": {language: f"{name} {number}" for language, name in trade.machine.items()},
        "ideal_cycle_s": {"ITEM-1": 10},
        "minor_stop_limit_s": trade.minor_stop_limit_s,
        "signals": {"state": {"manual": True}},
    }


@cache
def _data(name: str) -> Any:
    return YAML(typ="safe").load(HERE / f"{name}.yaml")


def _moved(span: Row, minutes: int) -> Row:
    return {name: _wall(_minutes(span[name]) + minutes) for name in ("start", "end")}


def _minutes(wall: str) -> int:
    at = time.fromisoformat(wall)
    return at.hour * 60 + at.minute


def _wall(minutes: int) -> str:
    hours, minute = divmod(minutes % _DAY_MIN, 60)
    return f"{hours:02}:{minute:02}"


def _crosses(shift: Row, boundary: time) -> bool:
    start, end = time.fromisoformat(shift["start"]), time.fromisoformat(shift["end"])
    return crosses_day_boundary(Shift(code=shift["code"], start=start, end=end), boundary)

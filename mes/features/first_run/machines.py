"""The machines of the guide: added by kind, renamed, taken by hand for now."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import ActorJson
from mes.features.first_run.parts import Names, edit_step, invalid, unit_of
from mes.features.first_run.progress import Step
from mes.features.plant.edits import Edited, Plant
from mes.features.plant.masters import database_objects
from mes.models import Equipment

MACHINES_MAX = 50
"""Machines that one step adds at most."""
SLUG = re.compile(r"[^a-z0-9]+")
SLUG_MAX = 40
MANUAL = {"state": {"manual": True}}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMachines:
    """Machines of one kind on one line.

    Attributes:
        line: code of a line; empty: a new one of the name `line_names`.
        calendar: code of the calendar of a new line; empty: none, it is always scheduled.
        names: of one machine; numbers are added where there are several of the name.
        by_hand: state and pieces are entered by people; else a device shall tell them.
    """

    line: str
    line_names: Names
    calendar: str
    names: Names
    count: int
    by_hand: bool
    minor_stop_limit_s: int


def add_machines(
    session: Session, actor: ActorJson, now_us: int, new: NewMachines
) -> tuple[str, ...]:
    """Add machines, and their line where it is new; codes of the machines.

    Raises:
        Refusal: `first_run_invalid`, `plant_invalid` (422).
    """
    if not 1 <= new.count <= MACHINES_MAX:
        raise invalid("count", f"1 to {MACHINES_MAX} machines at once")
    names = new.names.row("machine")
    taken = _codes_of_equipment(session)
    made: list[str] = []

    def change(plant: Plant) -> None:
        line = _line_for(plant, new, taken)
        units = line.setdefault("work_units", [])
        known = {str(unit.get("name", {}).get("ko")) for unit in units}
        for code, number in _numbered(_slug(names["en"], "machine"), taken, known, names, new):
            units.append(
                {
                    "id": code,
                    "name": _with_number(names, number),
                    "minor_stop_limit_s": new.minor_stop_limit_s,
                    "signals": dict(MANUAL) if new.by_hand else {},
                }
            )
            made.append(code)

    edit_step(session, actor, now_us, Step.MACHINES, names["en"], change)
    return tuple(made)


def rename_machine(
    session: Session, actor: ActorJson, now_us: int, code: str, names: Names, seen: Names
) -> None:
    """Give a machine another name.

    Raises:
        Refusal: `first_run_invalid`, `plant_invalid` (422), `unknown_work_unit` (404),
            `first_run_changed` (409).
    """
    row = names.row("machine")

    def change(plant: Plant) -> None:
        unit = unit_of(plant, code)
        if unit.get("name") != {"ko": seen.ko, "en": seen.en}:
            raise Refusal(
                "first_run_changed",
                f"somebody changed {code} meanwhile; look at it and decide again",
            )
        unit["name"] = row

    edit_step(session, actor, now_us, Step.MACHINES, code, change)


def take_by_hand(session: Session, actor: ActorJson, now_us: int, codes: Collection[str]) -> Edited:
    """Let people enter the state of machines of which nothing else tells it.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """

    def change(plant: Plant) -> None:
        for code in codes:
            unit = unit_of(plant, code)
            signals = dict(unit.get("signals") or {})
            if "state" not in signals:
                unit["signals"] = {**MANUAL, **signals}

    return edit_step(session, actor, now_us, Step.DEVICES, "by hand", change)


def stored_machines(session: Session) -> list[dict[str, Any]]:
    """The machines in plant order: `code`, `name`, `line`, `signals`, `rates` (by item code)."""
    return [
        {
            "code": code,
            "name": value["name"],
            "line": value["line"],
            "signals": value["signals"],
            "rates": value["ideal_cycle_s"],
        }
        for (kind, code), value in database_objects(session).items()
        if kind == "work_unit"
    ]


def _codes_of_equipment(session: Session) -> set[str]:
    """Retired ones included: a code never belongs to another."""
    return set(session.scalars(select(Equipment.code)))


def _line_for(plant: Plant, new: NewMachines, taken: set[str]) -> dict[str, Any]:
    lines: list[dict[str, Any]] = plant.setdefault("lines", [])
    if new.line:
        for line in lines:
            if line["id"] == new.line:
                return line
        raise invalid("line", f"there is no line {new.line!r}")
    names = new.line_names.row("line_name")
    line = {"id": _free_code(_slug(names["en"], "line"), taken), "name": names}
    if new.calendar:
        line["calendar"] = new.calendar
    lines.append(line)
    return line


def _numbered(
    stem: str, taken: set[str], known: set[str], names: Mapping[str, str], new: NewMachines
) -> list[tuple[str, int | None]]:
    """Code and number of each new machine; one alone that nobody else is called has no number."""
    if new.count == 1 and names["ko"] not in known and f"{names['ko']} 1" not in known:
        return [(_free_code(stem, taken), None)]
    found: list[tuple[str, int | None]] = []
    number = 0
    while len(found) < new.count:
        number += 1
        code = f"{stem}-{number}"
        if code not in taken and f"{names['ko']} {number}" not in known:
            taken.add(code)
            found.append((code, number))
    return found


def _with_number(names: Mapping[str, str], number: int | None) -> dict[str, str]:
    added = "" if number is None else f" {number}"
    return {language: f"{name}{added}" for language, name in names.items()}


def _free_code(stem: str, taken: set[str]) -> str:
    code, number = stem, 1
    while code in taken:
        number += 1
        code = f"{stem}-{number}"
    taken.add(code)
    return code


def _slug(name: str, otherwise: str) -> str:
    """A code from an English name; Korean letters make none."""
    return SLUG.sub("-", name.lower()).strip("-")[:SLUG_MAX].strip("-") or otherwise

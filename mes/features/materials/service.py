"""People add, change and retire items with their rates, and use them again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.commands.context import ActorJson
from mes.features.plant.edits import Plant
from mes.features.plant.objects import decimal_text
from mes.features.plant.rows import (
    Fields,
    Row,
    TypedNames,
    changed_meanwhile,
    check_code,
    check_marks,
    edit_by_form,
    in_use,
    invalid,
    machines_of,
    mark_of,
    number_text,
    place_of,
    rows_of,
    taken,
    unknown,
)
from mes.features.work_orders.states import FINISHED_ORDERS
from mes.models import Equipment, MaterialDefinition, MaterialRate, WorkOrder

PARTS: Mapping[str, str] = {"code": "code", "name.ko": "ko", "name.en": "en", "unit": "unit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedRate:
    """What a machine makes of an item, as it was typed.

    Attributes:
        cycle_s: seconds of an ideal cycle; empty: the machine does not make it.
        pieces: pieces that one cycle makes; empty: 1.
        default: whether the machine makes it while no order is loaded.
    """

    cycle_s: str
    pieces: str
    default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDraft:
    """An item as it was typed; machines that are not named keep their rates."""

    names: TypedNames
    unit: str
    rates: Mapping[str, TypedRate]

    def mistakes(self) -> dict[str, str]:
        """What a plant file tells by its line."""
        found = self.names.mistakes()
        if not self.unit.isprintable():
            found["unit"] = "a unit is one word"
        return found


def add_item(
    session: Session, actor: ActorJson, *, now_us: int, code: str, draft: ItemDraft
) -> None:
    """Add an item; its rates hold from the beginning.

    Raises:
        Refusal: `master_invalid` (422), `master_code_taken` (409).
    """
    check_code(code)
    fields = Fields()

    def add(plant: Plant) -> None:
        before = item_mark(plant, code)
        if before is None and _row(session, code) is not None:
            raise taken(code)
        _put(plant, code, draft, fields)
        if before is not None and before != item_mark(plant, code):
            raise taken(code)

    edit_by_form(
        session,
        actor,
        now_us=now_us,
        action="item.added",
        subject=code,
        change=add,
        fields=fields,
    )


def change_item(
    session: Session, actor: ActorJson, code: str, *, now_us: int, draft: ItemDraft, seen: str
) -> None:
    """Change names, unit and rates of an item; rates hold from now on, the past keeps its own.

    Args:
        now_us: plant time, UTC microseconds.
        seen: `item_mark` of what the editor had before them.

    Raises:
        Refusal: `master_unknown` (404), `master_changed` (409), `master_invalid` (422).
    """
    fields = Fields()

    def change(plant: Plant) -> None:
        before = item_mark(plant, code)
        if before is None:
            raise unknown("item", code) if _row(session, code) is None else changed_meanwhile(code)
        _put(plant, code, draft, fields)
        check_marks(code, seen=seen, before=before, after=item_mark(plant, code) or "")

    edit_by_form(
        session,
        actor,
        now_us=now_us,
        action="item.changed",
        subject=code,
        change=change,
        fields=fields,
        details={"name": draft.names.row(), "unit": draft.unit, "rates": _rates_typed(draft)},
    )


def retire_item(session: Session, actor: ActorJson, code: str, *, now_us: int, seen: str) -> None:
    """Let nobody choose an item any more; its rates end, its past stays.

    Raises:
        Refusal: `master_unknown` (404), `master_changed` (409), `master_in_use` (409) while open
            orders, a machine without an order, or a value sent at the start of a job name it.
    """
    row = _row(session, code)
    if row is None:
        raise unknown("item", code)
    if row.retired_at is not None:
        return
    orders = session.scalars(
        select(WorkOrder.number).where(
            WorkOrder.material_id == row.id, WorkOrder.state.not_in(FINISHED_ORDERS)
        )
    ).all()
    if orders:
        raise in_use(code, "order", orders)

    def retire(plant: Plant) -> None:
        if item_mark(plant, code) != seen:
            raise changed_meanwhile(code)
        machines = [unit for _, _, unit in machines_of(plant)]
        idle = [unit["id"] for unit in machines if unit.get("default_item") == code]
        if idle:
            raise in_use(code, "machine", idle)
        for unit in machines:
            unit.get("ideal_cycle_s", {}).pop(code, None)
            unit.get("pieces_per_cycle", {}).pop(code, None)
        rows = rows_of(plant, "items")
        del rows[place_of(rows, "code", code) or 0]

    edit_by_form(session, actor, now_us=now_us, action="item.retired", subject=code, change=retire)


def restore_item(session: Session, actor: ActorJson, code: str, *, now_us: int) -> None:
    """Let a retired item be chosen again, with the rates that ended when it was retired.

    Raises:
        Refusal: `master_unknown` (404).
    """
    row = _row(session, code)
    if row is None:
        raise unknown("item", code)
    ended = {} if row.retired_at is None else _ended_rates(session, row.id, row.retired_at)

    def restore(plant: Plant) -> None:
        rows = rows_of(plant, "items")
        if place_of(rows, "code", code) is not None:
            return
        rows.append({"code": code, "name": dict(row.names), "unit": row.unit})
        for _, _, unit in machines_of(plant):
            rate = ended.get(unit["id"])
            if rate is not None and rate.ideal_cycle_s is not None:
                cycles = unit.setdefault("ideal_cycle_s", {})
                cycles[code] = decimal_text(rate.ideal_cycle_s)
                unit.setdefault("pieces_per_cycle", {})[code] = rate.pieces_per_cycle

    edit_by_form(
        session, actor, now_us=now_us, action="item.restored", subject=code, change=restore
    )


def item_mark(plant: Plant, code: str) -> str | None:
    """What an editor sees of an item, as a mark; None: the plant has no such item."""
    rows = plant.get("items", [])
    place = place_of(rows, "code", code)
    if place is None:
        return None
    rates = [
        [
            unit["id"],
            unit.get("ideal_cycle_s", {}).get(code),
            int_of(unit.get("pieces_per_cycle", {}).get(code, 1)),
            unit.get("default_item") == code,
        ]
        for _, _, unit in machines_of(plant)
    ]
    row = rows[place]
    return mark_of([row.get("name"), row.get("unit", "pcs"), rates])


def int_of(value: object) -> object:
    """A whole number, whether written as text or not."""
    text = str(value)
    return int(text) if text.isdecimal() else value


def _put(plant: Plant, code: str, draft: ItemDraft, fields: Fields) -> None:
    wrong = draft.mistakes()
    if wrong:
        raise invalid(wrong)
    rows = rows_of(plant, "items")
    place = place_of(rows, "code", code)
    row: Row = {"code": code, "name": draft.names.row(), "unit": draft.unit}
    if place is None:
        rows.append(row)
    else:
        rows[place] = row
    fields.put(f"items[{len(rows) - 1 if place is None else place}]", PARTS)
    machines = {unit["id"]: (path, unit) for path, _, unit in machines_of(plant)}
    for machine, rate in draft.rates.items():
        if machine not in machines:
            raise changed_meanwhile(machine)
        path, unit = machines[machine]
        _put_rate(unit, code, rate)
        fields.put(
            path,
            {
                f"ideal_cycle_s.{code}": f"cycle-{machine}",
                f"pieces_per_cycle.{code}": f"pieces-{machine}",
            },
        )


def _put_rate(unit: Row, code: str, rate: TypedRate) -> None:
    cycles = unit.setdefault("ideal_cycle_s", {})
    pieces = unit.setdefault("pieces_per_cycle", {})
    cycles.pop(code, None)
    pieces.pop(code, None)
    if rate.cycle_s:
        cycles[code] = number_text(rate.cycle_s)
        typed = int_of(number_text(rate.pieces or "1"))
        if typed != 1:
            pieces[code] = typed
    if rate.default:
        unit["default_item"] = code
    elif unit.get("default_item") == code:
        del unit["default_item"]


def _rates_typed(draft: ItemDraft) -> dict[str, Any]:
    return {
        machine: f"{rate.cycle_s} s x {rate.pieces or 1}"
        for machine, rate in draft.rates.items()
        if rate.cycle_s
    }


def _row(session: Session, code: str) -> MaterialDefinition | None:
    return session.scalar(select(MaterialDefinition).where(MaterialDefinition.code == code))


def _ended_rates(session: Session, material_id: int, at: int) -> dict[str, MaterialRate]:
    """The rates that ended at an instant, by machine."""
    rows = session.execute(
        select(Equipment.code, MaterialRate)
        .join(Equipment, Equipment.id == MaterialRate.work_unit_id)
        .where(MaterialRate.material_id == material_id, MaterialRate.valid_from <= at)
        .order_by(MaterialRate.valid_from)
    )
    found: dict[str, list[MaterialRate]] = {}
    for machine, rate in rows:
        found.setdefault(machine, []).append(rate)
    return {
        machine: rates[-2]
        for machine, rates in found.items()
        if len(rates) > 1 and rates[-1].valid_from == at and rates[-1].ideal_cycle_s is None
    }

"""What rows about orders do: as another system sends them, or as somebody changes an order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.instants import EPOCH, US_PER_S, parse_instant
from mes.db import in_parts
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.imports.cells import (
    CellMistake,
)
from mes.features.imports.kind import (
    CLEARED,
    Details,
    Plan,
    Row,
    RowState,
    needed_new,
)
from mes.features.imports.table import Mistake
from mes.features.imports.words import _
from mes.features.production.master_loading import masters
from mes.features.work_orders.bulk import CheckedOrder, change_imported, create_orders
from mes.features.work_orders.dispatch import dispatch_order
from mes.features.work_orders.service import (
    FREE_AFTER_RELEASE,
    change_order,
    release_order,
)
from mes.features.work_orders.states import FINISHED_ORDERS, JobState, OrderState
from mes.models import JobOrder, MaterialDefinition, WorkOrder

DISPATCHES_MAX = 500
"""Jobs of one import; each is made by itself."""
SYSTEM = "excel"
"""Where an order comes from that names no system."""
FIELDS = ("quantity", "tolerance_under", "tolerance_over", "due_at", "priority", "note")
COLUMN_OF = {"due_at": "due", "material_id": "item"}
STATES = {
    OrderState.CREATED: _("Created"),
    OrderState.RELEASED: _("Released"),
    OrderState.RUNNING: _("Running"),
    OrderState.COMPLETED: _("Completed"),
    OrderState.CLOSED: _("Closed"),
    OrderState.CANCELLED: _("Cancelled"),
}


@dataclass(slots=True)
class Known:
    """What rows are compared with."""

    zone: ZoneInfo
    items: Mapping[str, int]
    codes: Mapping[int, str]
    machines: Mapping[str, int]
    by_number: dict[str, WorkOrder] = field(default_factory=dict)
    by_id: dict[tuple[str, str], WorkOrder] = field(default_factory=dict)
    jobs: dict[int, list[JobOrder]] = field(default_factory=lambda: defaultdict(list))


@dataclass(slots=True)
class Work:
    """What is to be written."""

    made: list[tuple[Row, CheckedOrder]] = field(default_factory=list)
    imported: list[tuple[WorkOrder, CheckedOrder]] = field(default_factory=list)
    changed: list[tuple[WorkOrder, dict[str, Any]]] = field(default_factory=list)
    dispatched: list[tuple[Row, WorkOrder | None, str]] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)


def plan_orders(session: Session, now_us: int, rows: Sequence[Row]) -> Plan:
    known, work = _known(session, rows), Work()
    states: dict[int, RowState] = {}
    mistakes: list[Mistake] = []
    for row in rows:
        try:
            states[row.number] = _put(row, known, work)
        except CellMistake as mistake:
            mistakes.append(row.mistake(mistake))
    if len(work.dispatched) > DISPATCHES_MAX:
        details = {"most": str(DISPATCHES_MAX)}
        mistakes.append(
            Mistake(row=None, column=None, value="", code="too_many_dispatches", details=details)
        )

    def write(session: Session, context: Context, details: Details) -> None:
        _write(session, context, work, details)

    return Plan(states=states, mistakes=mistakes, write=write)


def _known(session: Session, rows: Sequence[Row]) -> Known:
    loaded = masters(session)
    materials = session.execute(
        select(MaterialDefinition.code, MaterialDefinition.id).where(
            MaterialDefinition.retired_at.is_(None)
        )
    )
    items = dict(materials.all())
    known = Known(
        zone=ZoneInfo(loaded.sites[0].time_zone if loaded.sites else "UTC"),
        items=items,
        codes={identity: material.code for identity, material in loaded.materials.items()},
        machines={unit.code: unit.id for unit in loaded.work_units.values() if not unit.retired},
    )
    numbers = [row.given["order"] for row in rows if "order" in row.given]
    found = list(_orders(session, WorkOrder.number, numbers))
    ids = [row.given["external_id"] for row in rows if "external_id" in row.given]
    found += _orders(session, WorkOrder.external_id, ids)
    for order in found:
        known.by_number[order.number] = order
        if order.external_system is not None and order.external_id is not None:
            known.by_id[order.external_system, order.external_id] = order
    wanted = [order.id for order in known.by_number.values()] if _dispatches(rows) else []
    for part in in_parts(wanted):
        for job in session.scalars(select(JobOrder).where(JobOrder.order_id.in_(part))):
            known.jobs[job.order_id].append(job)
    return known


def _orders(session: Session, column: Any, values: Sequence[str]) -> Iterable[WorkOrder]:
    for part in in_parts(values):
        yield from session.scalars(select(WorkOrder).where(column.in_(part)))


def _dispatches(rows: Sequence[Row]) -> bool:
    return any("machine" in row.given for row in rows)


def _put(row: Row, known: Known, work: Work) -> RowState:
    """What a row does.

    Raises:
        CellMistake: it cannot be done.
    """
    item = row.given.get("item")
    if item is not None and item not in known.items:
        raise CellMistake("item_unknown", column="item")
    machine = row.given.get("machine")
    if machine is not None and machine not in known.machines:
        raise CellMistake("machine_unknown", column="machine")
    order = _order_of(row, known)
    if order is not None:
        if order.id in work.touched:
            raise CellMistake("duplicate_row", column="order", row="…")
        work.touched.add(order.id)
    if "order" in row.given and order is not None:
        state = _by_hand(row, order, known, work)
    else:
        state = _from_system(row, order, known, work)
    if machine is not None and _needs_dispatch(order, known.machines[machine], known):
        work.dispatched.append((row, order, machine))
        state = RowState.CHANGED if state is RowState.UNCHANGED else state
    return state


def _order_of(row: Row, known: Known) -> WorkOrder | None:
    number, external = row.given.get("order"), row.given.get("external_id")
    system = row.given.get("external_system", SYSTEM)
    if number is None and external is None:
        raise CellMistake("order_id_missing", column="external_id")
    if number is None and external is not None:
        return known.by_id.get((system, external))
    order = known.by_number.get(number or "")
    if order is None:
        raise CellMistake("order_unknown", column="order")
    if external is not None and (order.external_system, order.external_id) != (system, external):
        raise CellMistake("order_other_id", column="external_id")
    return order


def _by_hand(row: Row, order: WorkOrder, known: Known, work: Work) -> RowState:
    """As somebody changes the order on its page."""
    wanted = _values(row, known, order)
    present = {name: getattr(order, name) for name in (*FIELDS, "material_id")}
    if wanted["due_at"] is not None and present["due_at"] is not None:
        present["due_at"] -= present["due_at"] % US_PER_S  # a cell holds whole seconds
    changed = [name for name, value in wanted.items() if present[name] != value]
    if not changed:
        return RowState.UNCHANGED
    state = OrderState(order.state)
    fixed = next((name for name in changed if name not in FREE_AFTER_RELEASE), None)
    if state in FINISHED_ORDERS or (state is not OrderState.CREATED and fixed is not None):
        code = "order_ended" if state in FINISHED_ORDERS else "order_released"
        name = fixed or changed[0]
        raise CellMistake(code, column=COLUMN_OF.get(name, name), state=STATES[state])
    changes = {
        ("item" if name == "material_id" else name): (
            row.given["item"] if name == "material_id" else wanted[name]
        )
        for name in changed
    }
    work.changed.append((order, changes))
    return RowState.CHANGED


def _from_system(row: Row, order: WorkOrder | None, known: Known, work: Work) -> RowState:
    """As the other system sends a row again and again."""
    if order is None:
        needed_new(row, "item", "quantity")
    checked = CheckedOrder(
        external_system=row.given.get("external_system", SYSTEM),
        external_id=row.given["external_id"],
        item=row.given.get("item") or (known.codes[order.material_id] if order else ""),
        values=_values(row, known, order, of_system=True),
    )
    if order is None:
        work.made.append((row, checked))
        return RowState.NEW
    if order.imported == checked.row:
        return RowState.UNCHANGED
    state = OrderState(order.state)
    if state is not OrderState.CREATED:
        before = order.imported or {}
        name = next(key for key, value in checked.row.items() if before.get(key) != value)
        raise CellMistake("order_released", column=COLUMN_OF.get(name, name), state=STATES[state])
    work.imported.append((order, checked))
    return RowState.CHANGED


def _values(
    row: Row, known: Known, order: WorkOrder | None, *, of_system: bool = False
) -> dict[str, Any]:
    """The columns of an order: what the row says, else what there was, else the usual."""
    old: dict[str, Any] = {"priority": 0, "due_at": None, "note": None}
    old |= {"tolerance_under": Decimal(0), "tolerance_over": Decimal(0)}
    if order is not None:
        old |= {name: getattr(order, name) for name in (*FIELDS, "material_id")}
        if of_system and order.imported:
            old |= _as_sent(order.imported)
    given = {name: row.given[name] for name in FIELDS if name in row.given}
    if "due" in row.given:
        due = row.given["due"]
        given["due_at"] = None if due is CLEARED else _instant(due, known.zone)
    if "item" in row.given:
        given["material_id"] = known.items[row.given["item"]]
    given = {name: None if value is CLEARED else value for name, value in given.items()}
    return {name: {**old, **given}[name] for name in ("material_id", *FIELDS)}


def _as_sent(imported: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as the other system last gave them, also where somebody changed them since."""
    due = imported.get("due_at")
    sent = {name: imported[name] for name in ("priority", "note") if name in imported}
    sent["due_at"] = None if due is None else parse_instant(due)
    for name in ("quantity", "tolerance_under", "tolerance_over"):
        if name in imported:
            sent[name] = Decimal(str(imported[name]))
    return sent


def _instant(moment: datetime, zone: ZoneInfo) -> int:
    since = moment.replace(tzinfo=zone) - EPOCH
    return (since.days * 86_400 + since.seconds) * US_PER_S + since.microseconds


def _needs_dispatch(order: WorkOrder | None, machine_id: int, known: Known) -> bool:
    """Whether the machine of a row still has to get a job.

    Raises:
        CellMistake: other machines have jobs of the order, or it has ended.
    """
    if order is None:
        return True
    jobs = [job for job in known.jobs[order.id] if job.state != JobState.CANCELLED]
    if any(job.work_unit_id == machine_id for job in jobs):
        return False
    if jobs:
        raise CellMistake("order_elsewhere", column="machine")
    state = OrderState(order.state)
    if state in FINISHED_ORDERS:
        raise CellMistake("order_ended", column="machine", state=STATES[state])
    return True


def _write(session: Session, context: Context, work: Work, details: Details) -> None:
    made = create_orders(session, context, [checked for _, checked in work.made])
    numbers = {row.number: number for (row, _), number in zip(work.made, made, strict=True)}
    for order, checked in work.imported:
        change_imported(session, context, order, checked)
    for order, changes in work.changed:
        change_order(session, context, order.number, changes, order.version)
    for row, known_order, machine in work.dispatched:
        number = numbers[row.number] if known_order is None else known_order.number
        if known_order is None or known_order.state == OrderState.CREATED:
            release_order(session, context, number)
        dispatch_order(session, context, number, work_unit=machine)
    told = {**details, "first": made[0], "last": made[-1]} if made else details
    record(session, context.actor, "work_orders.imported", str(details["file"]), told)

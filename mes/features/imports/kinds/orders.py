"""Work orders of another system, and changes of orders by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S
from mes.features.imports.cells import (
    read_amount,
    read_code,
    read_moment,
    read_note,
    read_whole,
    read_words,
)
from mes.features.imports.columns import Column, Look, Needed
from mes.features.imports.kind import (
    Kind,
    Value,
)
from mes.features.imports.kinds.order_rows import plan_orders
from mes.features.imports.words import _
from mes.features.production.master_loading import masters
from mes.features.work_orders.service import (
    PRIORITIES,
)
from mes.features.work_orders.states import FINISHED_ORDERS, OPEN
from mes.models import Equipment, JobOrder, WorkOrder
from mes.web.roles import Role

PLANNERS = (Role.SUPERVISOR, Role.MANAGER)
"""Who makes orders, as on their page."""
ROWS_MAX = 10_000
NOTE_MAX = 2000
IDENTITY_MAX = 60


def _current(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    loaded = masters(session)
    zone = ZoneInfo(loaded.sites[0].time_zone if loaded.sites else "UTC")
    machines = dict(
        session.execute(
            select(JobOrder.order_id, Equipment.code)
            .join(Equipment, Equipment.id == JobOrder.work_unit_id)
            .where(JobOrder.state.in_(OPEN))
            .order_by(JobOrder.id.desc())
        ).all()
    )
    orders = session.scalars(
        select(WorkOrder)
        .where(WorkOrder.state.not_in(FINISHED_ORDERS))
        .order_by(WorkOrder.id.desc())
        .limit(ROWS_MAX)
    )
    for order in orders:
        yield {
            "order": order.number,
            "external_system": order.external_system,
            "external_id": order.external_id,
            "item": loaded.materials[order.material_id].code,
            "quantity": order.quantity,
            "due": None if order.due_at is None else _local(order.due_at, zone),
            "priority": order.priority,
            "machine": machines.get(order.id),
            "note": order.note,
            "tolerance_under": order.tolerance_under,
            "tolerance_over": order.tolerance_over,
        }


def _local(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at // US_PER_S, zone).replace(tzinfo=None)


ORDERS = Kind(
    key="orders",
    title=_("Work orders"),
    about=_(
        "Orders of another system by their numbers there; the same file again changes nothing."
    ),
    columns=(
        Column(
            key="order",
            label=_("Order no."),
            about=_("Our number of an order that is to be changed; empty for a new one."),
            example="",
            read=read_words(IDENTITY_MAX),
        ),
        Column(
            key="external_system",
            label=_("Other system"),
            about=_("Where the order comes from, such as ERP; without it: excel."),
            example="ERP",
            read=read_words(IDENTITY_MAX),
        ),
        Column(
            key="external_id",
            label=_("Number there"),
            about=_("Number of the order in the other system; it is never used twice."),
            example="SO-26-0041",
            read=read_words(IDENTITY_MAX),
            width=20,
        ),
        Column(
            key="item",
            label=_("Item code"),
            about=_("Code of an item."),
            example="BRKT-100",
            read=read_code,
            needed=Needed.NEW,
            refers_to="item",
        ),
        Column(
            key="quantity",
            label=_("Quantity"),
            about=_("How many are wanted, above 0; at most six decimal places."),
            example="1200",
            read=read_amount(zero=False),
            needed=Needed.NEW,
            look=Look.NUMBER,
        ),
        Column(
            key="due",
            label=_("Due"),
            about=_("Date, or date and time, of the plant; a date alone is its last minute."),
            example="2026-11-30 18:00",
            read=read_moment,
            look=Look.MOMENT,
            clearable=True,
            width=20,
        ),
        Column(
            key="priority",
            label=_("Priority"),
            about=_("0 is normal, 9 most urgent."),
            example="0",
            read=read_whole(PRIORITIES[0], PRIORITIES[-1]),
            look=Look.NUMBER,
            width=10,
        ),
        Column(
            key="machine",
            label=_("Machine code"),
            about=_("Releases the order and dispatches all of it to this machine."),
            example="",
            read=read_code,
            refers_to="machine",
        ),
        Column(
            key="note",
            label=_("Note"),
            about=_("At most 2000 characters."),
            example="",
            read=read_note(NOTE_MAX),
            clearable=True,
            width=32,
        ),
        Column(
            key="tolerance_under",
            label=_("Tolerance below"),
            about=_("How many pieces may be missing."),
            example="0",
            read=read_amount(zero=True),
            look=Look.NUMBER,
        ),
        Column(
            key="tolerance_over",
            label=_("Tolerance above"),
            about=_("How many pieces more may be made."),
            example="0",
            read=read_amount(zero=True),
            look=Look.NUMBER,
        ),
    ),
    identity=("order", "external_system", "external_id"),
    editors=PLANNERS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/orders",
    current=_current,
    plan=plan_orders,
)

"""Which operations an order has: those of the routing that was released when the order was."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.models import Equipment, OperationsDefinition, OperationsSegment, OrderEvent, WorkOrder

DEFAULT_SEGMENT = 10
"""Number of the one operation of an item without a routing."""
FROZEN = "operations_definition"
"""Detail of the event of a release: id of the routing that the order follows, None: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation of an order; `line` is the code of the line that is meant for it."""

    number: int
    names: Mapping[str, str]
    line: str | None


def frozen_details(session: Session, order: WorkOrder) -> dict[str, Any]:
    """What the release of an order keeps of the routing of its item."""
    routing = released_routing(session, order.material_id)
    if routing is None:
        return {FROZEN: None}
    return {FROZEN: routing.id, "routing_revision": routing.revision}


def released_routing(session: Session, material_id: int) -> OperationsDefinition | None:
    """The latest released routing of an item that is not retired."""
    return session.scalar(
        select(OperationsDefinition)
        .where(
            OperationsDefinition.material_id == material_id,
            OperationsDefinition.released_at.is_not(None),
            OperationsDefinition.retired_at.is_(None),
        )
        .order_by(OperationsDefinition.revision.desc())
        .limit(1)
    )


def operations_of(session: Session, orders: Collection[int]) -> dict[int, list[Operation]]:
    """The operations of orders by their ids, in order; absent: no routing."""
    frozen: dict[int, int] = {}
    for event in session.scalars(
        select(OrderEvent)
        .where(OrderEvent.order_id.in_(orders), OrderEvent.kind == "released")
        .order_by(OrderEvent.id)
    ):
        identity = event.details.get(FROZEN)
        if identity is not None:
            frozen[event.order_id] = identity
    by_definition: dict[int, list[Operation]] = {}
    rows = session.execute(
        select(OperationsSegment, Equipment.code)
        .outerjoin(Equipment, Equipment.id == OperationsSegment.work_center_id)
        .where(OperationsSegment.definition_id.in_(set(frozen.values())))
        .order_by(OperationsSegment.number)
    )
    for row, line in rows:
        operation = Operation(number=row.number, names=row.names, line=line)
        by_definition.setdefault(row.definition_id, []).append(operation)
    return {
        order: by_definition[identity]
        for order, identity in frozen.items()
        if identity in by_definition
    }


def segments_of(session: Session, order: WorkOrder) -> list[int]:
    """Numbers of the operations of an order, in order; the one that every item has without any."""
    found = operations_of(session, [order.id]).get(order.id, [])
    return [operation.number for operation in found] or [DEFAULT_SEGMENT]

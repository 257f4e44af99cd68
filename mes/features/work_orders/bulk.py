"""Many orders of another system at once: few statements, however many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.work_orders import documents
from mes.features.work_orders.numbering import WORK_ORDER, next_numbers
from mes.features.work_orders.service import columns_json
from mes.features.work_orders.states import OrderState
from mes.models import OrderEvent, WorkOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOrder:
    """An order that may be made as it is.

    Attributes:
        values: columns of the order as `service.create_order` checks them.
        item: code of its item.
    """

    external_system: str
    external_id: str
    item: str
    values: Mapping[str, Any]

    @property
    def row(self) -> dict[str, Any]:
        """The row of the other system as the order keeps it."""
        return columns_json({**self.values, "item": self.item})


def create_orders(session: Session, context: Context, orders: Sequence[CheckedOrder]) -> list[str]:
    """New orders in the given order, each with its event; their numbers.

    The audit log gets no row of each: who calls says what all of them were.
    """
    if not orders:
        return []
    numbers = next_numbers(session, WORK_ORDER, context.now, len(orders))
    rows = [one.row for one in orders]
    made = [
        {
            "number": number,
            "state": OrderState.CREATED,
            "version": 1,
            "external_system": one.external_system,
            "external_id": one.external_id,
            "imported": row,
            "created_at": context.at,
            **one.values,
        }
        for number, one, row in zip(numbers, orders, rows, strict=True)
    ]
    returning = insert(WorkOrder).returning(WorkOrder.id, sort_by_parameter_order=True)
    ids = session.scalars(returning, made).all()
    event = {
        "command_id": context.command_id,
        "kind": "created",
        "at": context.at,
        "actor": dict(context.actor),
    }
    session.execute(
        insert(OrderEvent),
        [
            {"order_id": order_id, "details": row, **event}
            for order_id, row in zip(ids, rows, strict=True)
        ],
    )
    return numbers


def change_imported(
    session: Session, context: Context, order: WorkOrder, changed: CheckedOrder
) -> None:
    """Take in a changed row of an order that is not released yet.

    Raises:
        Refusal: `order_released` (409): somebody released it meanwhile.
    """
    order = documents.lock_order(session, order.number)
    documents.check_state(order, [OrderState.CREATED], "order_released", "changed by an import")
    for name, value in changed.values.items():
        setattr(order, name, value)
    order.imported = changed.row
    documents.note(session, context, order, "imported", changed.row)

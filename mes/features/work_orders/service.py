"""Creating, changing, releasing, closing and cancelling work orders, and importing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, parse_amount, parse_positive
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.commands.context import Context
from mes.features.commands.subjects import find_item
from mes.features.work_orders import documents
from mes.features.work_orders.closing import cancel_jobs, check_no_job_loaded, check_tolerance
from mes.features.work_orders.numbering import WORK_ORDER, next_number
from mes.features.work_orders.routing import frozen_details
from mes.features.work_orders.states import FINISHED_ORDERS, IN_WORK, OrderState
from mes.live.announce import announce
from mes.models import MaterialDefinition, WorkOrder

PRIORITIES = range(10)
"""0 is normal, larger is more urgent."""
FREE_AFTER_RELEASE = frozenset({"due_at", "priority", "note"})
"""What may still be changed by hand once an order is released."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """What an order asks for.

    Attributes:
        item: code of the item.
        quantity: number or decimal text; likewise the tolerances (pieces below and above).
        due_at: UTC microseconds; None: no date.
        priority: 0 is normal, up to 9.
        external_system: name of the system the order comes from, None: made here.
        external_id: its identity there, unique within the system.
    """

    item: str
    quantity: object
    tolerance_under: object = 0
    tolerance_over: object = 0
    due_at: int | None = None
    priority: int = 0
    note: str | None = None
    external_system: str | None = None
    external_id: str | None = None


def create_order(session: Session, context: Context, draft: OrderDraft) -> WorkOrder:
    """A new order with the next number.

    Raises:
        Refusal: `item_unknown`, `impossible_quantity`, `priority_invalid` (422),
            `external_id_taken` (409).
    """
    values = _checked(session, draft)
    if draft.external_id is not None and _imported(session, draft) is not None:
        raise Refusal(
            "external_id_taken",
            f"{draft.external_system} {draft.external_id} is an order already",
            field="external_id",
        )
    return _create(session, context, draft, values, None)


def import_order(session: Session, context: Context, draft: OrderDraft) -> tuple[WorkOrder, str]:
    """Take in a row of another system, as often as it likes to send it.

    The same row again changes nothing, also after somebody changed the order by hand.

    Returns:
        The order, and `created`, `changed` or `unchanged`.

    Raises:
        Refusal: as `create_order`; `external_id_required` (422); `order_released` (409): a changed
            row for an order that is released.
    """
    if not draft.external_id or not draft.external_system:
        raise Refusal(
            "external_id_required",
            "give external_system and external_id together",
            status=422,
            field="external_id" if not draft.external_id else "external_system",
        )
    values = _checked(session, draft)
    row = columns_json({**values, "item": draft.item})
    order = _imported(session, draft)
    if order is None:
        return _create(session, context, draft, values, row), "created"
    if order.imported == row:
        return order, "unchanged"
    if order.state != OrderState.CREATED:
        raise _released(order, "a changed row of the other system")
    _apply(order, values)
    order.imported = row
    documents.note(session, context, order, "imported", row)
    return order, "changed"


def change_order(
    session: Session,
    context: Context,
    number: str,
    changes: Mapping[str, Any],
    seen_version: int,
) -> WorkOrder:
    """Change an order by hand.

    Args:
        changes: fields of `OrderDraft` by name, those not named stay.
        seen_version: version that the person saw.

    Raises:
        Refusal: `order_unknown` (404), `order_changed`, `order_not_changeable`, `order_released`
            (409), and what `create_order` refuses.
    """
    order = documents.lock_order(session, number)
    documents.check_seen(order, seen_version)
    unfinished = [state for state in OrderState if state not in FINISHED_ORDERS]
    documents.check_state(order, unfinished, "order_not_changeable", "changed")
    draft = _draft_of(session, order, changes)
    values = _checked(session, draft)
    changed = {name: value for name, value in values.items() if getattr(order, name) != value}
    if not changed:
        return order
    if order.state != OrderState.CREATED and changed.keys() - FREE_AFTER_RELEASE:
        raise _released(order, "item, quantity and tolerance")
    before = {name: getattr(order, name) for name in changed}
    _apply(order, changed)
    documents.note(
        session,
        context,
        order,
        "changed",
        {"from": columns_json(before), "to": columns_json(changed)},
    )
    _announce_jobs(session, order)
    return order


def release_order(
    session: Session, context: Context, number: str, seen_version: int | None = None
) -> WorkOrder:
    """Let an order be dispatched; from here on item, quantity and operations are fixed.

    Raises:
        Refusal: `order_unknown` (404), `order_changed`, `order_not_releasable` (409).
    """
    order = documents.lock_order(session, number)
    documents.check_seen(order, seen_version)
    documents.check_state(order, [OrderState.CREATED], "order_not_releasable", "released")
    order.state = OrderState.RELEASED
    documents.note(session, context, order, "released", frozen_details(session, order))
    return order


def close_order(
    session: Session,
    context: Context,
    number: str,
    seen_version: int | None = None,
    accept_deviation: bool = False,
) -> WorkOrder:
    """End an order; jobs not started are cancelled.

    Args:
        accept_deviation: the person has seen that the quantity is outside the tolerance.

    Raises:
        Refusal: `order_unknown` (404), `order_changed`, `order_not_closable`, `jobs_open`,
            `outside_tolerance` (409).
    """
    order = documents.lock_order(session, number)
    documents.check_seen(order, seen_version)
    documents.check_state(order, IN_WORK, "order_not_closable", "closed")
    check_no_job_loaded(session, order)
    made = check_tolerance(session, order, accept_deviation)
    cancel_jobs(session, context, order)
    order.state = OrderState.CLOSED
    documents.note(
        session,
        context,
        order,
        "closed",
        {"good": amount_json(made.good), "accept_deviation": accept_deviation},
    )
    return order


def cancel_order(
    session: Session,
    context: Context,
    number: str,
    seen_version: int | None = None,
    reason: str | None = None,
) -> WorkOrder:
    """Give an order up before anything was made for it.

    Raises:
        Refusal: `order_unknown` (404), `order_changed`, `order_not_cancellable`, `jobs_open`,
            `order_has_production` (409).
    """
    order = documents.lock_order(session, number)
    documents.check_seen(order, seen_version)
    allowed = [OrderState.CREATED, *IN_WORK]
    documents.check_state(order, allowed, "order_not_cancellable", "cancelled")
    check_no_job_loaded(session, order)
    if any(job.started_at is not None for job in documents.jobs_of(session, order.id)):
        raise Refusal(
            "order_has_production",
            f"{order.number} has been worked on; close it instead of cancelling it",
            details={"order": order.number},
        )
    cancel_jobs(session, context, order)
    order.state = OrderState.CANCELLED
    documents.note(session, context, order, "cancelled", {"reason": reason} if reason else {})
    return order


def _create(
    session: Session,
    context: Context,
    draft: OrderDraft,
    values: dict[str, Any],
    imported: dict[str, Any] | None,
) -> WorkOrder:
    order = WorkOrder(
        number=next_number(session, WORK_ORDER, context.now),
        state=OrderState.CREATED,
        version=0,
        external_system=draft.external_system,
        external_id=draft.external_id,
        imported=imported,
        created_at=context.at,
        **values,
    )
    session.add(order)
    session.flush()
    documents.note(session, context, order, "created", columns_json({**values, "item": draft.item}))
    return order


def _checked(session: Session, draft: OrderDraft) -> dict[str, Any]:
    """The columns that a draft fills."""
    if draft.priority not in PRIORITIES:
        raise Refusal(
            "priority_invalid",
            f"priority is a whole number from 0 (normal) to {PRIORITIES[-1]}",
            status=422,
            field="priority",
        )
    return {
        "material_id": find_item(session, draft.item).id,
        "quantity": parse_positive(draft.quantity, "quantity"),
        "tolerance_under": parse_amount(draft.tolerance_under, "tolerance_under"),
        "tolerance_over": parse_amount(draft.tolerance_over, "tolerance_over"),
        "due_at": draft.due_at,
        "priority": draft.priority,
        "note": draft.note or None,
    }


def _imported(session: Session, draft: OrderDraft) -> WorkOrder | None:
    return session.scalar(
        select(WorkOrder)
        .where(
            WorkOrder.external_system == draft.external_system,
            WorkOrder.external_id == draft.external_id,
        )
        .with_for_update()
    )


def _draft_of(session: Session, order: WorkOrder, changes: Mapping[str, Any]) -> OrderDraft:
    present = {
        "item": session.scalar(
            select(MaterialDefinition.code).where(MaterialDefinition.id == order.material_id)
        ),
        "quantity": order.quantity,
        "tolerance_under": order.tolerance_under,
        "tolerance_over": order.tolerance_over,
        "due_at": order.due_at,
        "priority": order.priority,
        "note": order.note,
    }
    return OrderDraft(**{**present, **changes})


def _apply(order: WorkOrder, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(order, name, value)


def _released(order: WorkOrder, what: str) -> Refusal:
    return Refusal(
        "order_released",
        f"{order.number} is {order.state}; {what} cannot change it any more",
        details={"order": order.number, "state": order.state},
    )


def _announce_jobs(session: Session, order: WorkOrder) -> None:
    for work_unit_id in {job.work_unit_id for job in documents.jobs_of(session, order.id)}:
        announce(session, work_unit_id)


def columns_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of an order as an event keeps them."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if name == "material_id":
            continue
        if isinstance(value, Decimal):
            result[name] = amount_json(value)
        elif name == "due_at" and value is not None:
            result[name] = format_instant(value)
        else:
            result[name] = value
    return result

"""Work orders over REST: list, form, import, release, dispatch, close, cancel."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from sqlalchemy.orm import Session

from mes.features.commands.context import Context
from mes.features.commands.routing import answered
from mes.features.commands.service import Answer
from mes.features.work_orders import dispatch, service
from mes.features.work_orders.queries import (
    count_orders,
    job_views,
    list_orders,
    one_order,
    order_views,
)
from mes.features.work_orders.schemas import (
    CancelIn,
    CloseIn,
    DispatchIn,
    OrderChangeIn,
    OrderIn,
    OrdersQuery,
    OrderStepIn,
)
from mes.models import WorkOrder
from mes.web.roles import Role, require
from mes.web.wiring import reading

bp = APIBlueprint("work_orders", __name__, url_prefix="/api/v1", tag="Work orders")

PLANNERS = (Role.SUPERVISOR, Role.MANAGER)
"""Who may make, change and end orders, besides an administrator."""

Answered = tuple[dict[str, Any], int]


@bp.get("/work-orders")
@bp.input(OrdersQuery, location="query")
@require()
def orders(query_data: OrdersQuery) -> dict[str, Any]:
    """Work orders, latest made first; `total`: how many meet the conditions."""
    with reading() as session:
        wanted = query_data.wanted()
        found, following = list_orders(session, wanted)
        total = count_orders(session, wanted)
    return {"items": found, "next": following, "total": total}


@bp.get("/work-orders/<number>")
@require()
def order(number: str) -> dict[str, Any]:
    """A work order with its jobs and everything that happened to it."""
    with reading() as session:
        return one_order(session, number)


@bp.post("/work-orders")
@bp.input(OrderIn)
@require(*PLANNERS)
def create(json_data: OrderIn) -> Answered:
    """Make a work order; with an external identity, take in a row of another system."""

    def do(session: Session, context: Context) -> Answer:
        if not json_data.imported:
            return 201, _view(session, service.create_order(session, context, json_data.draft()))
        made, outcome = service.import_order(session, context, json_data.draft())
        return 201 if outcome == "created" else 200, {**_view(session, made), "import": outcome}

    return answered("work_order.create", "", json_data, do)


@bp.route("/work-orders/<number>", methods=["PATCH", "POST"])
@bp.input(OrderChangeIn)
@require(*PLANNERS)
def change(number: str, json_data: OrderChangeIn) -> Answered:
    """Change a work order as it was seen (POST is the same, for outboxes that only post)."""

    def do(session: Session, context: Context) -> Answer:
        changes, seen = json_data.changes(), json_data.seen_version
        return 200, _view(session, service.change_order(session, context, number, changes, seen))

    return answered("work_order.change", number, json_data, do)


@bp.post("/work-orders/<number>/release")
@bp.input(OrderStepIn)
@require(*PLANNERS)
def release(number: str, json_data: OrderStepIn) -> Answered:
    """Let a work order be dispatched."""

    def do(session: Session, context: Context) -> Answer:
        seen = json_data.seen_version
        return 200, _view(session, service.release_order(session, context, number, seen))

    return answered("work_order.release", number, json_data, do)


@bp.post("/work-orders/<number>/close")
@bp.input(CloseIn)
@require(*PLANNERS)
def close(number: str, json_data: CloseIn) -> Answered:
    """End a work order; a quantity outside its tolerance must be accepted."""

    def do(session: Session, context: Context) -> Answer:
        seen, accepted = json_data.seen_version, json_data.accept_deviation
        return 200, _view(session, service.close_order(session, context, number, seen, accepted))

    return answered("work_order.close", number, json_data, do)


@bp.post("/work-orders/<number>/cancel")
@bp.input(CancelIn)
@require(*PLANNERS)
def cancel(number: str, json_data: CancelIn) -> Answered:
    """Give a work order up before anything was made for it."""

    def do(session: Session, context: Context) -> Answer:
        seen, reason = json_data.seen_version, json_data.reason
        return 200, _view(session, service.cancel_order(session, context, number, seen, reason))

    return answered("work_order.cancel", number, json_data, do)


@bp.post("/work-orders/<number>/dispatch")
@bp.input(DispatchIn)
@require(*PLANNERS)
def dispatch_job(number: str, json_data: DispatchIn) -> Answered:
    """Dispatch a work order, or a part of it, to a work unit as a job order."""
    asked = json_data.model_dump(include={"work_unit", "quantity", "segment", "seen_version"})

    def do(session: Session, context: Context) -> Answer:
        job = dispatch.dispatch_order(session, context, number, **asked)
        return 201, job_views(session, [job])[0]

    return answered("work_order.dispatch", number, json_data, do)


def _view(session: Session, row: WorkOrder) -> dict[str, Any]:
    return order_views(session, [row])[0]

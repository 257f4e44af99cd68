"""Work orders and job orders as the API gives them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.commands.subjects import find_work_unit
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.work_orders.closing import deviation_of
from mes.features.work_orders.documents import Made, made_by_job, order_unknown, yielded
from mes.features.work_orders.routing import DEFAULT_SEGMENT, Operation, operations_of
from mes.features.work_orders.states import JobState, OrderState
from mes.features.writes.queries import writes_of_jobs
from mes.models import JobOrder, MaterialDefinition, OrderEvent, WorkOrder

LIMIT_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders; None or empty: no condition.

    Attributes:
        states: any of these.
        item: code of the item.
        text: part of number, external id, remark, or of code or a name of the item.
        due_from: UTC microseconds, included.
        due_to: UTC microseconds, not included.
        after: number of the last order of the page before.
    """

    states: Sequence[str] = ()
    item: str | None = None
    text: str | None = None
    due_from: int | None = None
    due_to: int | None = None
    after: str | None = None
    limit: int = 100


def list_orders(session: Session, wanted: OrderFilter) -> tuple[list[dict[str, Any]], str | None]:
    """Orders, latest made first, and the number to go on after (None: no more).

    Raises:
        Refusal: `state_unknown` (422), `order_unknown` (404) for an unknown `after`.
    """
    query = select(WorkOrder).join(
        MaterialDefinition, MaterialDefinition.id == WorkOrder.material_id
    )
    query = _filtered(session, query, wanted)
    limit = max(1, min(wanted.limit, LIMIT_MAX))
    rows = session.scalars(query.order_by(WorkOrder.id.desc()).limit(limit + 1)).all()
    page = rows[:limit]
    return order_views(session, page), page[-1].number if len(rows) > limit else None


def count_orders(session: Session, wanted: OrderFilter) -> int:
    """How many orders meet the conditions, whatever page is asked for.

    Raises:
        Refusal: `state_unknown` (422).
    """
    query = select(WorkOrder).join(
        MaterialDefinition, MaterialDefinition.id == WorkOrder.material_id
    )
    met = _filtered(session, query, replace(wanted, after=None)).subquery()
    return session.scalar(select(func.count()).select_from(met)) or 0


def one_order(session: Session, number: str) -> dict[str, Any]:
    """An order with its jobs and everything that happened to it.

    Raises:
        Refusal: `order_unknown` (404).
    """
    order = session.scalar(select(WorkOrder).where(WorkOrder.number == number))
    if order is None:
        raise order_unknown(number)
    events = session.scalars(
        select(OrderEvent).where(OrderEvent.order_id == order.id).order_by(OrderEvent.id)
    )
    return {
        **order_views(session, [order])[0],
        "events": [
            {
                "kind": event.kind,
                "at": format_instant(event.at),
                "person": (event.actor or {}).get("label"),
                "details": event.details,
            }
            for event in events
        ],
    }


def order_views(session: Session, orders: Collection[WorkOrder]) -> list[dict[str, Any]]:
    """Orders with what was made for them, their jobs and operations; five selects for all."""
    known = masters(session)
    jobs: dict[int, list[JobOrder]] = defaultdict(list)
    for job in session.scalars(
        select(JobOrder)
        .where(JobOrder.order_id.in_([order.id for order in orders]))
        .order_by(JobOrder.segment, JobOrder.split)
    ):
        jobs[job.order_id].append(job)
    made = made_by_job(session, [job.id for held in jobs.values() for job in held])
    operations = operations_of(session, [order.id for order in orders])
    return [
        _order_view(order, jobs[order.id], made, known, operations.get(order.id, []))
        for order in orders
    ]


def list_jobs(
    session: Session, work_unit: str | None, states: Sequence[str]
) -> list[dict[str, Any]]:
    """Jobs in the order in which they stand on the list: loaded, then by priority and due.

    Args:
        work_unit: code; None: all work units.
        states: any of these; none given: all that are not cancelled, the last 100 completed ones.

    Raises:
        Refusal: `unknown_work_unit` (404), `state_unknown` (422).
    """
    query = select(JobOrder)
    if work_unit is not None:
        unit = find_work_unit(session, work_unit)
        query = query.where(JobOrder.work_unit_id == unit.id)
    chosen = _known_states(states, JobState) or [
        state.value for state in JobState if state is not JobState.CANCELLED
    ]
    ended = [state for state in chosen if state in (JobState.COMPLETED, JobState.CANCELLED)]
    jobs = list(
        session.scalars(
            query.where(JobOrder.state.in_([s for s in chosen if s not in ended])).limit(LIMIT_MAX)
        )
    )
    if ended:
        done = query.where(JobOrder.state.in_(ended))
        jobs += session.scalars(done.order_by(JobOrder.ended_at.desc()).limit(100))
    return job_views(session, jobs)


def job_views(session: Session, jobs: Iterable[JobOrder]) -> list[dict[str, Any]]:
    """Jobs with what was made for them and written to machines, sorted as on the job list."""
    jobs = list(jobs)
    known = masters(session)
    orders = {
        order.id: order
        for order in session.scalars(
            select(WorkOrder).where(WorkOrder.id.in_({job.order_id for job in jobs}))
        )
    }
    made = made_by_job(session, [job.id for job in jobs])
    jobs.sort(key=lambda job: job_place(job, orders[job.order_id]))
    writes = writes_of_jobs(session, [job.id for job in jobs])
    return [
        {
            **_job_view(job, orders[job.order_id], made.get(job.id, Made()), known),
            "writes": writes.get(job.id, []),
        }
        for job in jobs
    ]


def job_place(job: JobOrder, order: WorkOrder) -> tuple[int, int, int, int, int]:
    """Sorts the jobs of a machine as on its list: loaded, then by priority and due."""
    ranks = list(JobState)
    rank = {JobState.RUNNING: 0, JobState.PAUSED: 1, JobState.DISPATCHED: 2}
    state = JobState(job.state)
    due = 2**62 if order.due_at is None else order.due_at
    if state in rank:
        return (rank[state], -order.priority, due, job.position, job.id)
    return (3 + ranks.index(state), -(job.ended_at or 0), 0, job.position, job.id)


def _order_view(
    order: WorkOrder,
    jobs: list[JobOrder],
    made: Mapping[int, Made],
    known: Masters,
    operations: Sequence[Operation],
) -> dict[str, Any]:
    material = known.materials[order.material_id]
    total = yielded(jobs, made, operations[-1].number if operations else DEFAULT_SEGMENT)
    deviation = deviation_of(order, order.quantity, total.good)
    finished = order.state in (OrderState.COMPLETED, OrderState.CLOSED)
    return {
        "id": order.id,
        "order": order.number,
        "number": order.number,
        "item": material.code,
        "item_name": dict(material.names),
        "unit": material.unit,
        "ordered": amount_json(order.quantity),
        "good": amount_json(total.good),
        "scrap": amount_json(total.scrap),
        "rework": amount_json(total.rework),
        "tolerance_under": amount_json(order.tolerance_under),
        "tolerance_over": amount_json(order.tolerance_over),
        "warnings": [deviation] if finished and deviation is not None else [],
        "due": None if order.due_at is None else format_instant(order.due_at),
        "priority": order.priority,
        "state": order.state,
        "note": order.note,
        "version": order.version,
        "external_system": order.external_system,
        "external_id": order.external_id,
        "created_at": format_instant(order.created_at),
        "operations": [
            {"segment": one.number, "name": dict(one.names), "line": one.line} for one in operations
        ],
        "job_orders": [
            {
                "job_order": job.number,
                "work_unit": known.work_units[job.work_unit_id].code,
                "segment": job.segment,
                "ordered": amount_json(job.quantity),
                "good": amount_json(made.get(job.id, Made()).good),
                "scrap": amount_json(made.get(job.id, Made()).scrap),
                "state": job.state,
                "started_at": None if job.started_at is None else format_instant(job.started_at),
                "ended_at": None if job.ended_at is None else format_instant(job.ended_at),
            }
            for job in jobs
        ],
    }


def _job_view(job: JobOrder, order: WorkOrder, made: Made, known: Masters) -> dict[str, Any]:
    material = known.materials[job.material_id]
    cycle = job.ideal_cycle_s
    return {
        "id": job.id,
        "job_order": job.number,
        "order": order.number,
        "work_unit": known.work_units[job.work_unit_id].code,
        "segment": job.segment,
        "item": material.code,
        "item_name": dict(material.names),
        "unit": material.unit,
        "ordered": amount_json(job.quantity),
        "good": amount_json(made.good),
        "scrap": amount_json(made.scrap),
        "rework": amount_json(made.rework),
        "due": None if order.due_at is None else format_instant(order.due_at),
        "priority": order.priority,
        "state": job.state,
        "version": job.version,
        "note": order.note,
        "ideal_cycle_s": None if cycle is None else amount_json(cycle),
        "pieces_per_cycle": job.pieces_per_cycle,
        "dispatched_at": format_instant(job.dispatched_at),
        "started_at": None if job.started_at is None else format_instant(job.started_at),
        "ended_at": None if job.ended_at is None else format_instant(job.ended_at),
        "blocked": None,
    }


def _filtered(session: Session, query: Select[WorkOrder], wanted: OrderFilter) -> Select[WorkOrder]:
    states = _known_states(wanted.states, OrderState)
    if states:
        query = query.where(WorkOrder.state.in_(states))
    if wanted.item:
        query = query.where(MaterialDefinition.code == wanted.item)
    if wanted.text:
        columns = (WorkOrder.number, WorkOrder.external_id, WorkOrder.note)
        named = [column.icontains(wanted.text, autoescape=True) for column in columns]
        named_items: BindParameter[list[int]] = bindparam(
            "named_items",
            _items_named(masters(session), wanted.text),
            expanding=True,
            literal_execute=True,  # there may be more items than a statement has parameters
        )
        items = WorkOrder.material_id.in_(named_items)
        query = query.where(or_(*named, items))
    if wanted.due_from is not None:
        query = query.where(WorkOrder.due_at >= wanted.due_from)
    if wanted.due_to is not None:
        query = query.where(WorkOrder.due_at < wanted.due_to)
    if wanted.after is not None:
        last = session.scalar(select(WorkOrder.id).where(WorkOrder.number == wanted.after))
        if last is None:
            raise order_unknown(wanted.after)
        query = query.where(WorkOrder.id < last)
    return query


def _items_named(known: Masters, text: str) -> list[int]:
    """Items with the text in their code or in a name of any language."""
    part = text.casefold()
    return [
        item_id
        for item_id, item in known.materials.items()
        if any(part in name.casefold() for name in (item.code, *dict(item.names).values()))
    ]


def _known_states(states: Sequence[str], known: type[OrderState] | type[JobState]) -> list[str]:
    allowed = [state.value for state in known]
    for state in states:
        if state not in allowed:
            raise Refusal(
                "state_unknown",
                f"state {state!r} is none of: {', '.join(allowed)}",
                status=422,
                field="state",
            )
    return list(states)

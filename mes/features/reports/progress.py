"""Progress of work orders: ordered, made, what is left, and which will be late."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from mes.core.exact import parse_number
from mes.core.instants import parse_instant
from mes.features.oee.windows import day_argument
from mes.features.production.plan import Plan
from mes.features.reports.grid import Chart, ChartKind, Column, Grid, Kind, Row
from mes.features.screens.report.words import _
from mes.features.work_orders.expected import Ends, expected_ends
from mes.features.work_orders.queries import LIMIT_MAX, OrderFilter, list_orders
from mes.features.work_orders.states import JobState, OrderState

Named = Callable[[Mapping[str, str]], str]
OPEN = tuple(
    state.value
    for state in OrderState
    if state not in (OrderState.CLOSED, OrderState.CANCELLED, OrderState.COMPLETED)
)
"""States of orders that are still to be made."""
_UNFINISHED = (JobState.DISPATCHED, JobState.RUNNING, JobState.PAUSED)


def order_filter(arguments: Mapping[str, str], states: list[str], plan: Plan) -> OrderFilter:
    """Which orders an address asks for; without a state those that are still open.

    Raises:
        Refusal: `window_malformed` (422).
    """

    def edge(name: str, *, end: bool) -> int | None:
        text = arguments.get(name, "").strip()[:10]
        if not text:
            return None
        day: date = day_argument(text, name)
        return plan.day_reach(day)[1 if end else 0]

    return OrderFilter(
        states=[state for state in states if state] or list(OPEN),
        text=arguments.get("text", "").strip()[:80] or None,
        due_from=edge("first", end=False),
        due_to=edge("last", end=True),
        limit=LIMIT_MAX,
    )


def order_grids(session: Session, wanted: OrderFilter, named: Named, now_us: int) -> list[Grid]:
    """The orders, those that are due first on top, and their jobs.

    Raises:
        Refusal: `state_unknown` (422).
    """
    orders, more = list_orders(session, wanted)
    ends = expected_ends(session, now_us)
    orders.sort(key=lambda order: (order["due"] is None, order["due"] or "", order["order"]))
    note = None if more is None else _("Only the latest %(n)s orders are shown.", n=LIMIT_MAX)
    return [
        Grid(
            key="orders",
            title=_("Order progress"),
            columns=[
                Column(key="order", label=_("Order")),
                Column(key="item", label=_("Item code")),
                Column(key="name", label=_("Item")),
                Column(key="state", label=_("Status")),
                Column(key="ordered", label=_("Ordered"), kind=Kind.PIECES),
                Column(key="good", label=_("Good"), kind=Kind.PIECES),
                Column(key="scrap", label=_("Reject"), kind=Kind.PIECES),
                Column(key="left", label=_("Left"), kind=Kind.PIECES),
                Column(key="progress", label=_("Progress"), kind=Kind.RATIO, bar=True),
                Column(key="due", label=_("Due"), kind=Kind.TIME),
                Column(key="expected", label=_("Expected end"), kind=Kind.TIME),
                Column(key="late", label=_("Remark")),
            ],
            rows=[_row(order, named, ends, now_us) for order in orders],
            chart=Chart(kind=ChartKind.COLUMN, category="order", values=["ordered", "good"]),
            note=" ".join(text for text in (note, _pace_note()) if text),
        ),
        Grid(
            key="jobs",
            title=_("Jobs"),
            columns=[
                Column(key="order", label=_("Order")),
                Column(key="job", label=_("Job")),
                Column(key="machine", label=_("Machine")),
                Column(key="state", label=_("Status")),
                Column(key="ordered", label=_("Ordered"), kind=Kind.PIECES),
                Column(key="good", label=_("Good"), kind=Kind.PIECES),
                Column(key="scrap", label=_("Reject"), kind=Kind.PIECES),
                Column(key="progress", label=_("Progress"), kind=Kind.RATIO, bar=True),
                Column(key="expected", label=_("Expected end"), kind=Kind.TIME),
            ],
            rows=[_job_row(order, job, ends) for order in orders for job in order["job_orders"]],
        ),
    ]


def state_word(state: str) -> str:
    """A state of an order or a job on screens."""
    return {
        "created": _("Created"),
        "released": _("Released"),
        "dispatched": _("Dispatched"),
        "running": _("Running"),
        "paused": _("Paused"),
        "completed": _("Completed"),
        "closed": _("Closed"),
        "cancelled": _("Cancelled"),
    }.get(state, state)


def order_end(order: Mapping[str, Any], ends: Ends) -> int | None:
    """When the last of its open jobs is expected to end; None: none is open, or not known."""
    found = [
        ends.get(job["job_order"]) for job in order["job_orders"] if job["state"] in _UNFINISHED
    ]
    known = [end for end in found if end is not None]
    return max(known) if known and len(known) == len(found) else None


def _pace_note() -> str:
    return _(
        "Expected end: at the present pace of each machine, in planned time without breaks and"
        " planned stops; waiting jobs one after another, without setting up."
    )


def _row(order: Mapping[str, Any], named: Named, ends: Ends, now_us: int) -> Row:
    ordered, good = (Fraction(parse_number(order[key])) for key in ("ordered", "good"))
    due = None if order["due"] is None else parse_instant(order["due"])
    late = due is not None and due < now_us and good < ordered
    end = order_end(order, ends)
    will_be = not late and due is not None and end is not None and end > due
    return Row(
        values=[
            order["order"],
            order["item"],
            named(order["item_name"]),
            state_word(order["state"]),
            ordered,
            good,
            parse_number(order["scrap"]),
            max(ordered - good, Fraction(0)),
            good / ordered if ordered else None,
            due,
            end,
            _("Late") if late else _("Will be late") if will_be else order["note"],
        ],
        look="todo" if late or will_be else "",
    )


def _job_row(order: Mapping[str, Any], job: Mapping[str, Any], ends: Ends) -> Row:
    ordered, good = (Fraction(parse_number(job[key])) for key in ("ordered", "good"))
    return Row(
        values=[
            order["order"],
            job["job_order"],
            job["work_unit"],
            state_word(job["state"]),
            ordered,
            good,
            parse_number(job["scrap"]),
            good / ordered if ordered else None,
            ends.get(job["job_order"]),
        ]
    )

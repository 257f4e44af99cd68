"""Progress of work orders: ordered, made, what is left, and which will be late."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from mes.core.exact import parse_number
from mes.core.instants import parse_instant
from mes.core.oee import result_of
from mes.core.refusal import Refusal
from mes.core.tally import EMPTY, Tally
from mes.features.explain.asked import WINDOW_MAX_US, explain_address
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, places
from mes.features.oee.rollup import Question, tallies
from mes.features.oee.rollup_query import Group
from mes.features.oee.service import job_names
from mes.features.oee.windows import day_argument
from mes.features.production.master_loading import masters
from mes.features.production.plan import Plan
from mes.features.reports.grid import COVERAGE, STATE, Chart, ChartKind, Column, Grid, Kind, Row
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
WORTH_OF = timedelta(days=92)
"""How far back the coverage of jobs is looked at."""
_TOLD = ("good", "scrap", "progress")
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
    worth = _worth(session, orders, now_us)
    known = masters(session)
    machines = {
        code: named(known.work_units[key].names) for code, key in known.work_unit_ids.items()
    }
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
                Column(key=STATE, label=_("State of the figure")),
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
                Column(key=COVERAGE, label=_("Coverage"), kind=Kind.RATIO),
                Column(key=STATE, label=_("State of the figure")),
            ],
            rows=[
                _job_row(order, job, machines, ends, worth, now_us)
                for order in orders
                for job in order["job_orders"]
            ],
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
            _state_of(order["state"] in OPEN),
        ],
        links={
            "order": f"/orders?{urlencode({'order': order['order']})}",
            **_order_links(order, now_us),
        },
        look="todo" if late or will_be else "",
    )


def _order_links(order: Mapping[str, Any], now_us: int) -> dict[str, str]:
    """Where the pieces of an order are explained: its only job that was begun, or all its jobs."""
    begun = [job for job in order["job_orders"] if job["started_at"] is not None]
    if len(begun) == 1:
        return _job_links(begun[0], now_us)
    return dict.fromkeys(_TOLD, "#jobs") if begun else {}


def _job_links(job: Mapping[str, Any], now_us: int) -> dict[str, str]:
    """Where the time in which the job was loaded is explained; not of very long jobs."""
    if job["started_at"] is None:
        return {}
    start = parse_instant(job["started_at"])
    end = now_us if job["ended_at"] is None else parse_instant(job["ended_at"])
    if not 0 < end - start <= WINDOW_MAX_US:
        return {}
    address = explain_address(job["work_unit"], start, end, as_of=now_us, kpi="quality_ratio")
    return dict.fromkeys(_TOLD, address)


def _state_of(is_open: bool) -> str:
    return _("Provisional · not closed") if is_open else _("Final · not signed off")


def _worth(
    session: Session, orders: Sequence[Mapping[str, Any]], now_us: int
) -> dict[str, Fraction | None]:
    """Coverage of the time in which each job was loaded, by its number, of the last days alone."""
    known = masters(session)
    site = known.sites[0] if known.sites else None
    begun = [
        parse_instant(job["started_at"])
        for order in orders
        for job in order["job_orders"]
        if job["started_at"] is not None
    ]
    if site is None or not begun:
        return {}
    found = places(known, Level.MACHINE, None, None)
    plan = found[0].units[0].plan
    today = plan.production_day(now_us)
    question = Question(
        places=found,
        kind=PeriodKind.YEAR,
        first=max(plan.production_day(min(begun)), today - WORTH_OF),
        last=today,
        group=Group.ORDER,
        policy=site.policy,
        now_us=now_us,
    )
    try:
        sums, _as_of = tallies(session, known, question)
    except Refusal as refusal:
        if refusal.code != "range_too_long":
            raise
        return {}
    jobs: dict[int, Tally] = {}
    for key, one in sums.items():
        if key.group:
            jobs[int(key.group)] = jobs.get(int(key.group), EMPTY) + one
    names = job_names(session, jobs)
    return {names[job]: result_of(one, site.policy).coverage for job, one in jobs.items()}


def _job_row(
    order: Mapping[str, Any],
    job: Mapping[str, Any],
    machines: Mapping[str, str],
    ends: Ends,
    worth: Mapping[str, Fraction | None],
    now_us: int,
) -> Row:
    ordered, good = (Fraction(parse_number(job[key])) for key in ("ordered", "good"))
    return Row(
        values=[
            order["order"],
            job["job_order"],
            machines.get(job["work_unit"], job["work_unit"]),
            state_word(job["state"]),
            ordered,
            good,
            parse_number(job["scrap"]),
            good / ordered if ordered else None,
            ends.get(job["job_order"]),
            worth.get(job["job_order"]),
            _state_of(job["state"] in _UNFINISHED),
        ],
        links=_job_links(job, now_us),
    )

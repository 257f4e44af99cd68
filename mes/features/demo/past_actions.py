"""What a person's line of the history does, by the services that a terminal calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from mes.core.derive.statements import StatementKind
from mes.features.commands.context import Context
from mes.features.downtime.service import StatementDraft, state_stop
from mes.features.execution.service import complete_job, pause_job, resume_job, start_job
from mes.features.quantities.service import Entry, enter_quantities
from mes.features.work_orders.dispatch import dispatch_order
from mes.features.work_orders.service import OrderDraft, close_order, create_order, release_order

EXTERNAL_SYSTEM = "demo"

Line = Mapping[str, Any]


@dataclass(slots=True)
class Orders:
    """Numbers that the MES gave, by the plant's own keys."""

    orders: dict[str, str] = field(default_factory=dict)
    jobs: dict[tuple[str, str], str] = field(default_factory=dict)

    def learn(self, line: Line, answer: Mapping[str, Any]) -> None:
        """Take the number out of the answer of a create or dispatch, a repeated one included."""
        if line["action"] == "order_create":
            self.orders[line["order"]] = answer["number"]
        elif line["action"] == "job_dispatch":
            self.jobs[line["order"], line["work_unit"]] = answer["number"]

    def job(self, line: Line) -> str:
        """Number of the job of a line."""
        return self.jobs[line["order"], line["work_unit"]]


Action = Callable[[Session, Context, Orders, Line], Mapping[str, Any] | None]


def perform(session: Session, context: Context, orders: Orders, line: Line) -> dict[str, Any]:
    """Do what a line says and return a JSON-able answer.

    Raises:
        Refusal: what the service refuses.
    """
    return dict(ACTIONS[line["action"]](session, context, orders, line) or {})


def _create(session: Session, context: Context, orders: Orders, line: Line) -> dict[str, Any]:
    draft = OrderDraft(
        item=line["item"],
        quantity=line["quantity"],
        tolerance_under=line["quantity"],
        tolerance_over=line["quantity"],
        due_at=line.get("due"),
        external_system=EXTERNAL_SYSTEM,
        external_id=line["order"],
    )
    return {"number": create_order(session, context, draft).number}


def _release(session: Session, context: Context, orders: Orders, line: Line) -> None:
    release_order(session, context, orders.orders[line["order"]])


def _dispatch(session: Session, context: Context, orders: Orders, line: Line) -> dict[str, Any]:
    job = dispatch_order(
        session,
        context,
        orders.orders[line["order"]],
        work_unit=line["work_unit"],
        quantity=line["quantity"],
    )
    return {"number": job.number}


def _start(session: Session, context: Context, orders: Orders, line: Line) -> None:
    start_job(session, context, orders.job(line))


def _pause(session: Session, context: Context, orders: Orders, line: Line) -> None:
    pause_job(session, context, orders.job(line), reason=line.get("reason"))


def _resume(session: Session, context: Context, orders: Orders, line: Line) -> None:
    resume_job(session, context, orders.job(line))


def _complete(session: Session, context: Context, orders: Orders, line: Line) -> None:
    complete_job(session, context, orders.job(line))


def _close(session: Session, context: Context, orders: Orders, line: Line) -> None:
    close_order(session, context, orders.orders[line["order"]], accept_deviation=True)


def _scrap(session: Session, context: Context, orders: Orders, line: Line) -> None:
    entry = Entry(
        scrap=line["quantity"],
        reason=line["reason"],
        job_order=orders.job(line),
        made_at=line["at"],
    )
    enter_quantities(session, context, line["work_unit"], entry)


def _stop_reason(session: Session, context: Context, orders: Orders, line: Line) -> None:
    draft = StatementDraft(
        kind=StatementKind.WHOLE,
        seen_start=line["start"],
        seen_end=line["end"],
        reason=line["reason"],
        note=line.get("note"),
    )
    state_stop(session, context, line["work_unit"], draft)


ACTIONS: Mapping[str, Action] = {
    "order_create": _create,
    "order_release": _release,
    "job_dispatch": _dispatch,
    "job_start": _start,
    "job_pause": _pause,
    "job_resume": _resume,
    "job_complete": _complete,
    "order_close": _close,
    "scrap": _scrap,
    "stop_reason": _stop_reason,
}

"""Entries of people on a work unit as the terminal lists them, latest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json
from mes.core.instants import format_instant
from mes.features.commands.subjects import find_work_unit
from mes.features.production.master_loading import masters
from mes.features.production.masters import Reason
from mes.features.quantities.balance import excess_of
from mes.features.quantities.in_force import Entry, not_in_force
from mes.models import (
    CheckPlan,
    CheckResult,
    JobEvent,
    JobOrder,
    Person,
    QuantityMove,
    QuantityStatement,
    StopStatement,
)

LIMIT = 50
LIMIT_MAX = 200
KINDS = ("quantity", "move", "stop", "job", "check")
"""Kinds of entries."""


def entries(
    session: Session,
    work_unit: str,
    *,
    kinds: Collection[str] = KINDS,
    before: int | None = None,
    limit: int = LIMIT,
) -> dict[str, Any]:
    """What people stated and did on a work unit, latest entered first.

    Args:
        kinds: only entries of these kinds; unknown ones find nothing.
        before: `next` of the page before, UTC microseconds of plant time; None: the latest.

    Returns:
        `items`, and `next` (None: no more).

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    unit = find_work_unit(session, work_unit)
    limit = max(1, min(limit, LIMIT_MAX))
    reasons = masters(session).reasons
    found: list[tuple[int, str, dict[str, Any]]] = []
    if "quantity" in kinds:
        found += _latest(session, QuantityStatement, unit.id, before, limit, _quantity, reasons)
    if "move" in kinds:
        found += _latest(session, QuantityMove, unit.id, before, limit, _move, reasons)
    if "stop" in kinds:
        found += _latest(session, StopStatement, unit.id, before, limit, _stop, reasons)
    if "job" in kinds:
        found += _latest(session, JobEvent, unit.id, before, limit, _job, reasons)
    if "check" in kinds:
        found += _latest(session, CheckResult, unit.id, before, limit, _check, reasons)
    found.sort(key=lambda one: one[:2], reverse=True)
    page = [item for _, _, item in found[:limit]]
    _complete(session, page)
    more = found[limit - 1][0] if len(found) > limit else None
    return {"items": page, "next": more}


FactT = TypeVar("FactT", QuantityStatement, StopStatement, QuantityMove, JobEvent, CheckResult)


def _latest(
    session: Session,
    model: type[FactT],
    work_unit_id: int,
    before: int | None,
    limit: int,
    view: Callable[[FactT, Mapping[str, Reason]], dict[str, Any]],
    reasons: Mapping[str, Reason],
) -> list[tuple[int, str, dict[str, Any]]]:
    query = select(model).where(model.work_unit_id == work_unit_id)
    if before is not None:
        query = query.where(model.recorded_at < before)
    rows = session.scalars(query.order_by(model.recorded_at.desc()).limit(limit + 1))
    return [(row.recorded_at, row.command_id, view(row, reasons)) for row in rows]


def quantity_view(session: Session, row: QuantityStatement) -> dict[str, Any]:
    """One quantity statement as the API gives it."""
    item = _quantity(row, masters(session).reasons)
    _complete(session, [item])
    return item


def entered_view(session: Session, row: QuantityStatement) -> dict[str, Any]:
    """What was just entered, with `excess`: amounts that are below 0 by it, None: none is."""
    unit = masters(session).work_units[row.work_unit_id]
    found = excess_of(session, unit, row)
    return {**quantity_view(session, row), "excess": None if found is None else found.to_json()}


def move_view(session: Session, row: QuantityMove) -> dict[str, Any]:
    """One move as the API gives it."""
    item = _move(row, masters(session).reasons)
    _complete(session, [item])
    return item


def _complete(session: Session, items: list[dict[str, Any]]) -> None:
    """What entries need from elsewhere: whether they hold, what they replaced, names."""
    _mark_voided(session, items)
    _tell_old(session, items)
    _name_plans(session, items)
    _name_jobs(session, items)
    _name_people(session, items)


def reason_view(code: str | None, reasons: Mapping[str, Reason]) -> dict[str, Any] | None:
    """A reason with its two names; None: there is none."""
    if code is None:
        return None
    known = reasons.get(code)
    return {"code": code, "name": dict(known.names) if known else {"ko": code, "en": code}}


def people_names(session: Session, badges: Collection[str]) -> dict[str, str]:
    """Names of people by badge number."""
    if not badges:
        return {}
    rows = session.scalars(select(Person).where(Person.badge_no.in_(list(badges))))
    return {person.badge_no: person.name for person in rows}


def actor_name(session: Session, actor: Mapping[str, Any]) -> str:
    """How a person is called, else the account or terminal."""
    badge = actor.get("person")
    names = people_names(session, [badge]) if badge else {}
    return names.get(badge or "") or str(actor.get("label") or "")


def _quantity(row: QuantityStatement, reasons: Mapping[str, Reason]) -> dict[str, Any]:
    return {
        **_common(row, "quantity", row.at, reasons),
        "good": amount_json(row.good),
        "scrap": amount_json(row.scrap),
        "rework": amount_json(row.rework),
        "startup_scrap": amount_json(row.startup_scrap),
        "adjustment": row.adjustment,
        "voids": row.voids,
        "voided": False,
        "was": None,
        "note": row.note,
        "lot": row.lot,
        "serial": row.serial,
        "job": row.job_order_id,
    }


def _stop(row: StopStatement, reasons: Mapping[str, Reason]) -> dict[str, Any]:
    start = row.seen_start if row.start is None else row.start
    end = row.seen_end if row.kind == "whole" else row.end
    return {
        **_common(row, "stop", row.stated_at, reasons),
        "statement": row.kind,
        "start": None if start is None else format_instant(start),
        "end": None if end is None else format_instant(end),
        "state": row.state,
        "voids": row.replaces,
        "voided": False,
        "note": row.note,
    }


def _move(row: QuantityMove, reasons: Mapping[str, Reason]) -> dict[str, Any]:
    del reasons
    amounts = None if row.good is None else [row.good, row.scrap or 0, row.rework or 0]
    return {
        **_who(row, "move", row.stated_at),
        "reason": None,
        "start": format_instant(row.start),
        "end": None if amounts else format_instant(row.end),
        "good": None if amounts is None else amount_json(amounts[0]),
        "scrap": None if amounts is None else amount_json(amounts[1]),
        "rework": None if amounts is None else amount_json(amounts[2]),
        "voids": row.voids,
        "voided": False,
        "note": row.note,
        "from": row.from_job_id,
        "job": row.to_job_id,
    }


def _job(row: JobEvent, reasons: Mapping[str, Reason]) -> dict[str, Any]:
    return {
        **_common(row, "job", row.at, reasons),
        "action": row.kind,
        "voided": False,
        "job": row.job_order_id,
    }


def _check(row: CheckResult, reasons: Mapping[str, Reason]) -> dict[str, Any]:
    del reasons
    return {
        **_who(row, "check", row.at),
        "reason": None,
        "plan": row.plan_id,
        "verdict": row.verdict,
        "voids": row.voids,
        "voided": False,
        "note": row.note,
        "job": row.job_order_id,
    }


def _common(
    row: QuantityStatement | StopStatement | JobEvent,
    kind: str,
    at: int,
    reasons: Mapping[str, Reason],
) -> dict[str, Any]:
    return {**_who(row, kind, at), "reason": reason_view(row.reason, reasons)}


def _who(
    row: QuantityStatement | StopStatement | JobEvent | QuantityMove | CheckResult,
    kind: str,
    at: int,
) -> dict[str, Any]:
    actor: Mapping[str, Any] = row.actor or {}
    return {
        "command_id": row.command_id,
        "kind": kind,
        "at": format_instant(at),
        "entered_at": format_instant(row.recorded_at),
        "person": actor.get("label"),
        "confirmed": actor.get("kind") != "terminal",
        "badge_no": actor.get("person"),
        "terminal": actor.get("terminal"),
    }


def _mark_voided(session: Session, items: Iterable[dict[str, Any]]) -> None:
    models: dict[str, Entry] = {
        "quantity": QuantityStatement,
        "move": QuantityMove,
        "stop": StopStatement,
        "check": CheckResult,
    }
    for kind, model in models.items():
        listed = {item["command_id"]: item for item in items if item["kind"] == kind}
        for command_id in not_in_force(session, model, listed):
            listed[command_id]["voided"] = True


def _tell_old(session: Session, items: Iterable[dict[str, Any]]) -> None:
    """What a correction took the place of."""
    corrections = {
        item["voids"]: item for item in items if item["kind"] == "quantity" and item["voids"]
    }
    rows = session.scalars(
        select(QuantityStatement).where(QuantityStatement.command_id.in_(list(corrections)))
    )
    for row in rows:
        corrections[row.command_id]["was"] = {
            "good": amount_json(row.good),
            "scrap": amount_json(row.scrap),
            "rework": amount_json(row.rework),
        }


def _name_plans(session: Session, items: Iterable[dict[str, Any]]) -> None:
    checks = [item for item in items if item["kind"] == "check"]
    ids = {item["plan"] for item in checks}
    plans = {row.id: row for row in session.scalars(select(CheckPlan).where(CheckPlan.id.in_(ids)))}
    for item in checks:
        plan = plans[item["plan"]]
        item |= {"plan": plan.code, "plan_name": dict(plan.names)}


def _name_jobs(session: Session, items: Iterable[dict[str, Any]]) -> None:
    ids = {item.get(key) for item in items for key in ("job", "from")} - {None}
    jobs = session.scalars(select(JobOrder).where(JobOrder.id.in_(ids)))
    numbers = {job.id: job.number for job in jobs}
    for item in items:
        if "job" in item:
            item["job_order"] = numbers.get(item.pop("job"))
        if "from" in item:
            item["from_job"] = numbers.get(item.pop("from"))


def _name_people(session: Session, items: Iterable[dict[str, Any]]) -> None:
    names = people_names(session, {item["badge_no"] for item in items if item["badge_no"]})
    for item in items:
        item["person"] = names.get(item["badge_no"], item["person"])

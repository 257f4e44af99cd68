"""Everything that is known of a lot, from the entries that name it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json
from mes.core.case_model import Span
from mes.core.explain import Interval, explain
from mes.core.instants import format_instant
from mes.core.lots import lot_code
from mes.core.refusal import Refusal
from mes.features.oee.service import CASE_DIRECT_US, known_unit, unit_case
from mes.features.production.master_loading import masters
from mes.features.production.masters import WorkUnit
from mes.features.quantities.in_force import not_in_force
from mes.features.quantities.queries import actor_name, quantity_view
from mes.models import JobOrder, MaterialDefinition, QuantityStatement, WorkOrder

ENTRIES_MAX = 2000
"""Entries of one lot that are looked at."""
LIMIT = 50
LIMIT_MAX = 200
BEFORE_US = 8 * 3_600_000_000
"""How long before its first entry a lot may have begun: entries are typed when a box is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a machine did while a lot was made on it.

    Attributes:
        span: from the entry before the first one of the lot, or the start of the job, to the last.
    """

    unit: WorkUnit
    span: Span
    intervals: tuple[Interval, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A lot.

    Attributes:
        entries: all that name it, in time order, as the API gives them, with `work_unit`.
        around: by work unit.
    """

    view: dict[str, Any]
    entries: list[dict[str, Any]]
    around: list[Around]

    def to_json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            **self.view,
            "entries": self.entries,
            "states": [_around_json(one) for one in self.around],
        }


def find_lot(session: Session, text: str, now_us: int) -> Lot:
    """A lot with its entries and the states around them.

    Args:
        text: its code, as scanned or typed.
        now_us: plant time, UTC microseconds.

    Raises:
        Refusal: `lot_unknown` (404).
    """
    code = lot_code(text)
    rows = [] if code is None else _rows(session, code)
    if code is None or not rows:
        raise Refusal("lot_unknown", f"there is no lot {text[:80]!r}", status=404, field="lot")
    known = masters(session)
    entries = []
    for row in rows:
        unit = known.work_units[row.work_unit_id]
        entries.append({**quantity_view(session, row), "work_unit": unit.code})
    gone = {one["command_id"] for one in entries if one["voided"]}
    held = [row for row in rows if row.command_id not in gone]
    return Lot(
        view=_view(session, code, rows, held),
        entries=entries,
        around=[
            _around(session, known.work_units[unit_id], rows, now_us)
            for unit_id in dict.fromkeys(row.work_unit_id for row in rows)
        ],
    )


def list_lots(session: Session, text: str = "", limit: int = LIMIT) -> list[dict[str, Any]]:
    """Lots whose code, item or order holds a text, the latest made first.

    Args:
        text: part of it; empty: all.
    """
    wanted = text.strip()[:80]
    query = (
        select(QuantityStatement.lot, func.max(QuantityStatement.at).label("last"))
        .outerjoin(JobOrder, JobOrder.id == QuantityStatement.job_order_id)
        .outerjoin(MaterialDefinition, MaterialDefinition.id == JobOrder.material_id)
        .where(QuantityStatement.lot.is_not(None))
        .group_by(QuantityStatement.lot)
        .order_by(func.max(QuantityStatement.at).desc(), QuantityStatement.lot)
        .limit(max(1, min(limit, LIMIT_MAX)))
    )
    if wanted:
        columns = (QuantityStatement.lot, MaterialDefinition.code, JobOrder.number)
        query = query.where(
            columns[0].icontains(wanted, autoescape=True)
            | columns[1].icontains(wanted, autoescape=True)
            | columns[2].icontains(wanted, autoescape=True)
        )
    codes = [row.lot for row in session.execute(query)]
    rows = list(
        session.scalars(
            select(QuantityStatement)
            .where(QuantityStatement.lot.in_(codes))
            .order_by(QuantityStatement.at, QuantityStatement.id)
            .limit(ENTRIES_MAX)
        )
    )
    gone = not_in_force(session, QuantityStatement, [row.command_id for row in rows])
    found = []
    for code in codes:
        named = [row for row in rows if row.lot == code]
        held = [row for row in named if row.command_id not in gone]
        found.append(_view(session, code, named, held))
    return found


def _rows(session: Session, code: str) -> list[QuantityStatement]:
    return list(
        session.scalars(
            select(QuantityStatement)
            .where(QuantityStatement.lot == code)
            .order_by(QuantityStatement.at, QuantityStatement.id)
            .limit(ENTRIES_MAX)
        )
    )


def _view(
    session: Session,
    code: str,
    rows: Sequence[QuantityStatement],
    held: Sequence[QuantityStatement],
) -> dict[str, Any]:
    """A lot in short; `rows` are all its entries, `held` those in force."""
    known = masters(session)
    shown = held or rows
    job_ids = [one for one in dict.fromkeys(row.job_order_id for row in shown) if one is not None]
    jobs = {
        job.id: job for job in session.scalars(select(JobOrder).where(JobOrder.id.in_(job_ids)))
    }
    order_ids = {job.order_id for job in jobs.values()}
    orders = dict(
        session.execute(
            select(WorkOrder.id, WorkOrder.number).where(WorkOrder.id.in_(order_ids))
        ).all()
    )
    materials = dict.fromkeys(jobs[one].material_id for one in job_ids)
    items = [known.materials[one] for one in materials]
    return {
        "lot": code,
        "items": [
            {"item": item.code, "item_name": dict(item.names), "unit": item.unit} for item in items
        ],
        "good": amount_json(_sum(row.good for row in held)),
        "scrap": amount_json(_sum(row.scrap for row in held)),
        "rework": amount_json(_sum(row.rework for row in held)),
        "first_at": format_instant(shown[0].at) if shown else None,
        "last_at": format_instant(shown[-1].at) if shown else None,
        "job_orders": [
            {
                "job_order": jobs[one].number,
                "order": orders[jobs[one].order_id],
                "work_unit": known.work_units[jobs[one].work_unit_id].code,
            }
            for one in job_ids
        ],
        "work_units": [
            {"work_unit": unit.code, "name": dict(unit.names)}
            for unit in (
                known.work_units[one] for one in dict.fromkeys(row.work_unit_id for row in shown)
            )
        ],
        "shifts": _shifts(known.work_units, shown),
        "people": sorted({actor_name(session, row.actor or {}) for row in shown} - {""}),
    }


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _shifts(units: Any, rows: Sequence[QuantityStatement]) -> list[dict[str, Any]]:
    """Production days and shifts in which it was made, in time order."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    for row in rows:
        unit = units[row.work_unit_id]
        shift = unit.plan.shift_at(row.at)
        day = unit.plan.production_day(row.at).isoformat()
        code = None if shift is None else shift.code
        names = {} if code is None else dict(unit.shift_names.get(code, {}))
        found.setdefault((day, code), {"production_day": day, "shift": code, "shift_name": names})
    return list(found.values())


def _around(
    session: Session, unit: WorkUnit, rows: Sequence[QuantityStatement], now_us: int
) -> Around:
    own = [row for row in rows if row.work_unit_id == unit.id]
    first, last = own[0], own[-1]
    before = session.scalar(
        select(func.max(QuantityStatement.at)).where(
            QuantityStatement.work_unit_id == unit.id,
            QuantityStatement.at < first.at,
            QuantityStatement.lot.is_distinct_from(first.lot),
        )
    )
    job = None if first.job_order_id is None else session.get(JobOrder, first.job_order_id)
    began = None if job is None else job.started_at
    starts = [at for at in (before, began) if at is not None and at < first.at]
    start = max([*starts, first.at - BEFORE_US])
    span = Span(max(start, last.at - CASE_DIRECT_US), last.at)
    given = known_unit(session, masters(session), unit, now_us)
    intervals = explain(unit_case(session, given, span)).intervals if span.end > span.start else ()
    return Around(unit=unit, span=span, intervals=tuple(intervals))


def _around_json(one: Around) -> dict[str, Any]:
    return {
        "work_unit": one.unit.code,
        "start": format_instant(one.span.start),
        "end": format_instant(one.span.end),
        "intervals": [
            {
                "start": format_instant(part.start),
                "end": format_instant(part.end),
                "state": part.state.value,
                "class": part.time_class.value,
                "reason": part.reason,
            }
            for part in one.intervals
        ],
    }

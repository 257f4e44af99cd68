"""More was entered as bad, or taken back, than was made: listed until it is mended or counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.tile import shift_json
from mes.features.quantities.balance import Excess, below_zero, excess_of
from mes.features.quantities.in_force import not_in_force
from mes.features.quantities.queries import quantity_view
from mes.features.work_orders.documents import made_by_job
from mes.models import JobOrder, QuantityStatement

DAY_US = 24 * 3600 * 1_000_000
DAYS = 31
"""How far back entries are looked at."""
ENTRIES_MAX = 5000
"""Most entries that are looked at, the latest ones."""
LISTED_MAX = 500
"""Most excesses of one answer; all that were found are counted."""


def excesses(session: Session, now: int) -> list[dict[str, Any]]:
    """Jobs, and shifts without one, in which an amount is below 0, the latest entry first.

    Each names its latest entry, which a person corrects or takes back; when late counts make up
    for it, it is gone by itself.

    Args:
        now: plant time, UTC microseconds.
    """
    known = masters(session)
    return [
        _view(session, known, found, entry)
        for found, entry in list(_found(session, known, now))[:LISTED_MAX]
    ]


def excess_count(session: Session, now: int) -> int:
    """How many jobs, and shifts without one, have an amount below 0."""
    return sum(1 for _ in _found(session, masters(session), now))


def _found(
    session: Session, known: Masters, now: int
) -> Iterator[tuple[Excess, QuantityStatement]]:
    seen: set[tuple[int, int | None, int]] = set()
    entries = list(_entries(session, now))
    jobs = {entry.job_order_id for entry in entries if entry.job_order_id is not None}
    below = {job for job, made in made_by_job(session, jobs).items() if below_zero(made)}
    for entry in entries:
        unit = known.work_units.get(entry.work_unit_id)
        if unit is None or (entry.job_order_id is not None and entry.job_order_id not in below):
            continue
        shift = 0 if entry.job_order_id is not None else unit.plan.period_at(entry.at).start_us
        key = (unit.id, entry.job_order_id, shift)
        if key in seen:
            continue
        seen.add(key)
        found = excess_of(session, unit, entry)
        if found is not None:
            yield found, entry


def _entries(session: Session, now: int) -> Iterable[QuantityStatement]:
    """The entries in force that can take pieces away, the latest first."""
    rows = session.scalars(
        select(QuantityStatement)
        .where(
            QuantityStatement.recorded_at > now - DAYS * DAY_US,
            (QuantityStatement.scrap != 0)
            | (QuantityStatement.rework != 0)
            | (QuantityStatement.good < 0),
        )
        .order_by(QuantityStatement.recorded_at.desc(), QuantityStatement.id.desc())
        .limit(ENTRIES_MAX)
    ).all()
    gone = not_in_force(session, QuantityStatement, {row.command_id for row in rows})
    return [row for row in rows if row.command_id not in gone]


def _view(
    session: Session, known: Masters, found: Excess, entry: QuantityStatement
) -> dict[str, Any]:
    unit = known.work_units[found.work_unit_id]
    job = None if found.job_order_id is None else session.get_one(JobOrder, found.job_order_id)
    return {
        "work_unit": unit.code,
        "name": dict(unit.names or {}),
        "line": unit.line_code,
        "job_order": None if job is None else job.number,
        "shift": shift_json(unit, unit.plan.period_at(entry.at)),
        **found.to_json(),
        "entry": quantity_view(session, entry),
    }

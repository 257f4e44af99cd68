"""Bookings after the moves between orders that people stated."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from mes.core.derive.counts import Pieces
from mes.core.derive.moves import Move, moves_in_force
from mes.core.derive.runs import Item
from mes.features.production.bookings import NO_JOB, Booking, RunIndex
from mes.features.production.facts import exact
from mes.features.production.statements import run, table
from mes.models import JobOrder, QuantityMove

_MOVES = table(QuantityMove)
_REACHING = select(_MOVES).where(
    _MOVES.c.work_unit_id == bindparam("unit"), _MOVES.c.end > bindparam("since")
)
_LAST = select(func.max(_MOVES.c.end)).where(_MOVES.c.work_unit_id == bindparam("unit"))
_JOBS = select(
    JobOrder.id, JobOrder.material_id, JobOrder.ideal_cycle_s, JobOrder.pieces_per_cycle
).where(JobOrder.id.in_(bindparam("jobs", expanding=True)))


def moved(
    session: Session, unit_id: int, bookings: list[Booking], index: RunIndex, since: int
) -> list[Booking]:
    """The bookings from `since` on as people moved them between orders, in order of time.

    Args:
        index: the runs loaded since then.
    """
    moves = moves_in_force(_moves(session, unit_id, since))
    if not moves:
        return bookings
    items = _items(session, {job for m in moves for job in (m.from_job, m.to_job) if job})
    result = bookings
    for move in moves:
        if move.pieces is None:
            result = _taken(result, move, items)
        else:
            result = [*result, *_given(move, index, items)]
    return sorted((one for one in result if one.at >= since), key=lambda one: one.at)


def moved_until(session: Session, unit_id: int) -> int | None:
    """The end of the last stretch that a move speaks about; None: nothing was moved.

    Counts read later for times before it do not simply belong to the run then loaded.
    """
    found: int | None = run(session, _LAST, {"unit": unit_id}).scalar()
    return found


def _taken(bookings: Iterable[Booking], move: Move, items: dict[int, Item | None]) -> list[Booking]:
    """All pieces of the stretch belong to the other job."""
    job = int(move.to_job)
    return [
        one._replace(job=job, item=items.get(job))
        if move.takes(one.at, None if one.job == NO_JOB else one.job)
        else one
        for one in bookings
    ]


def _given(move: Move, index: RunIndex, items: dict[int, Item | None]) -> list[Booking]:
    """So many pieces less there and more here, at one instant."""
    source, target = int(move.from_job or NO_JOB), int(move.to_job)
    item = items.get(source)
    if source == NO_JOB:
        item = next((r.item for r in index.at(move.start) if r.job is None), None)
    return [_booking(move, source, item, -1), _booking(move, target, items.get(target), 1)]


def _booking(move: Move, job: int, item: Item | None, sign: int) -> Booking:
    assert move.pieces is not None, "a move of amounts"
    return Booking(
        move.start,
        job,
        item,
        sign * move.pieces.good,
        sign * move.pieces.scrap,
        sign * move.pieces.rework,
        0,
        False,
    )


def _moves(session: Session, unit_id: int, since: int) -> list[Move]:
    return [
        Move(
            command_id=row.command_id,
            stated_at=row.stated_at,
            from_job=row.from_job_id,
            to_job=row.to_job_id,
            start=row.start,
            end=row.end,
            pieces=None
            if row.good is None
            else Pieces(good=exact(row.good), scrap=exact(row.scrap), rework=exact(row.rework)),
            voids=row.voids,
        )
        for row in run(session, _REACHING, {"unit": unit_id, "since": since})
    ]


def _items(session: Session, jobs: Iterable[int | str]) -> dict[int, Item | None]:
    """Items of jobs with the rates frozen into them at their start."""
    rows = run(session, _JOBS, {"jobs": sorted(int(job) for job in jobs)})
    return {
        job: Item(material=material, ideal_cycle_s=cycle, pieces_per_cycle=pieces or 1)
        for job, material, cycle, pieces in rows
    }

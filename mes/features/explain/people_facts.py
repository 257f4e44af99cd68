"""What people said about a stretch of time: stops, pieces, jobs and counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.derive.counts import quantities_in_force
from mes.core.derive.statements import StopStatement as Statement
from mes.core.derive.statements import statements_in_force
from mes.core.exact import Number
from mes.features.oee.service import job_names
from mes.features.production import facts
from mes.features.production.masters import Masters, WorkUnit
from mes.models import (
    CountDecision,
    JobEvent,
    JobOrder,
    QuantityMove,
    QuantityStatement,
    StopStatement,
)

FACTS_MAX = 100
"""Most facts of one kind that are shown for an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A statement about a stop.

    Attributes:
        start: first instant it speaks about; `end` None: it was open.
        replaces: command_id of the statement that it took the place of.
        in_force: no statement in force replaces it.
    """

    command_id: str
    kind: str
    person: str
    terminal: str | None
    stated_at: int
    start: int | None
    end: int | None
    state: str | None
    reason: str | None
    note: str | None
    replaces: str | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedPieces:
    """Pieces that a person stated; `voids` names the entry that it takes back."""

    command_id: str
    person: str
    at: int
    recorded_at: int
    good: Number
    scrap: Number
    rework: Number
    startup_scrap: Number
    adjustment: bool
    reason: str | None
    note: str | None
    job: str | None
    voids: str | None
    in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided about a suspect count."""

    tag: str
    reading_at: int
    decision: str
    person: str
    recorded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFact:
    """What happened to a job."""

    job: str
    kind: str
    at: int
    person: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Pieces that a person gave to another job; numbers None: all that were made in [start, end).

    Attributes:
        source: number of the job they were taken from; None: no job.
        in_force: nobody has taken it back.
    """

    command_id: str
    person: str
    stated_at: int
    start: int
    end: int
    source: str | None
    target: str
    good: Number | None
    scrap: Number | None
    rework: Number | None
    note: str | None
    in_force: bool


def statements_about(session: Session, unit: WorkUnit, start: int, end: int) -> list[Said]:
    """Statements that speak of [start, end), and those that replace or are replaced by one."""
    known = facts.stop_statements(session, unit.id, start)
    in_force = {one.command_id for one in statements_in_force(known)}
    wanted = _with_replaced(known, start, end)
    rows = session.scalars(
        select(StopStatement)
        .where(
            StopStatement.work_unit_id == unit.id,
            StopStatement.command_id.in_(sorted(wanted)[:FACTS_MAX]),
        )
        .order_by(StopStatement.stated_at, StopStatement.command_id)
    )
    return [_said(row, in_force) for row in rows]


def typed_in(session: Session, unit_id: int, start: int, end: int) -> list[TypedPieces]:
    """Pieces that people typed for [start, end), voided ones and their voids included."""
    inside = (QuantityStatement.at >= start) & (QuantityStatement.at < end)
    rows = session.execute(
        select(QuantityStatement, JobOrder.number)
        .outerjoin(JobOrder, JobOrder.id == QuantityStatement.job_order_id)
        .where(QuantityStatement.work_unit_id == unit_id, inside)
        .order_by(QuantityStatement.at, QuantityStatement.id)
        .limit(FACTS_MAX)
    ).all()
    if not rows:
        return []
    held = {
        one.command_id
        for one in quantities_in_force(facts.typed_quantities(session, unit_id, start))
    }
    return [_typed(row, number, held) for row, number in rows]


def decisions_in(
    session: Session, known: Masters, unit_id: int, start: int, end: int
) -> list[Decision]:
    """Decisions on suspect counts of [start, end)."""
    rows = session.scalars(
        select(CountDecision)
        .where(
            CountDecision.work_unit_id == unit_id,
            CountDecision.reading_at >= start,
            CountDecision.reading_at < end,
        )
        .order_by(CountDecision.reading_at, CountDecision.recorded_at)
        .limit(FACTS_MAX)
    )
    return [
        Decision(
            tag=known.tags[row.tag_id].name,
            reading_at=row.reading_at,
            decision=row.decision,
            person=_label(row.actor),
            recorded_at=row.recorded_at,
        )
        for row in rows
    ]


def job_facts_in(session: Session, unit_id: int, start: int, end: int) -> list[JobFact]:
    """What happened to jobs in [start, end], and the last event before it."""
    of_unit = (
        select(JobEvent, JobOrder.number)
        .join(JobOrder, JobOrder.id == JobEvent.job_order_id)
        .where(JobEvent.work_unit_id == unit_id)
    )
    before = session.execute(
        of_unit.where(JobEvent.at < start).order_by(JobEvent.at.desc(), JobEvent.id.desc()).limit(1)
    ).all()
    inside = session.execute(
        of_unit.where(JobEvent.at >= start, JobEvent.at <= end)
        .order_by(JobEvent.at, JobEvent.id)
        .limit(FACTS_MAX)
    ).all()
    return [
        JobFact(
            job=number,
            kind=event.kind,
            at=event.at,
            person=_label(event.actor),
            reason=event.reason,
        )
        for event, number in [*before, *inside]
    ]


def moves_in(session: Session, unit_id: int, start: int, end: int) -> list[Moved]:
    """Moves of pieces between jobs that speak of [start, end), taken back ones included."""
    rows = session.scalars(
        select(QuantityMove)
        .where(
            QuantityMove.work_unit_id == unit_id,
            QuantityMove.voids.is_(None),
            QuantityMove.start < end,
            QuantityMove.end >= start,
        )
        .order_by(QuantityMove.stated_at, QuantityMove.id)
        .limit(FACTS_MAX)
    ).all()
    if not rows:
        return []
    voided = set(
        session.scalars(
            select(QuantityMove.voids).where(
                QuantityMove.voids.in_([row.command_id for row in rows])
            )
        )
    )
    jobs = job_names(
        session, (job for row in rows for job in (row.from_job_id, row.to_job_id) if job)
    )
    return [
        Moved(
            command_id=row.command_id,
            person=_label(row.actor),
            stated_at=row.stated_at,
            start=row.start,
            end=row.end,
            source=None if row.from_job_id is None else jobs.get(row.from_job_id),
            target=jobs.get(row.to_job_id, str(row.to_job_id)),
            good=None if row.good is None else facts.exact(row.good),
            scrap=None if row.scrap is None else facts.exact(row.scrap),
            rework=None if row.rework is None else facts.exact(row.rework),
            note=row.note,
            in_force=row.command_id not in voided,
        )
        for row in rows
    ]


def people_of(session: Session, command_ids: Collection[str]) -> dict[str, str]:
    """Who made statements about stops, by command_id."""
    if not command_ids:
        return {}
    rows = session.execute(
        select(StopStatement.command_id, StopStatement.actor).where(
            StopStatement.command_id.in_(sorted(command_ids))
        )
    )
    return {command_id: _label(actor) for command_id, actor in rows}


def _with_replaced(known: Iterable[Statement], start: int, end: int) -> set[str]:
    by_id = {one.command_id: one for one in known}
    wanted = {
        one.command_id
        for one in by_id.values()
        if one.window_start < end and start < one.window_end
    }
    grown = True
    while grown:
        before = len(wanted)
        for one in by_id.values():
            if one.replaces in wanted:
                wanted.add(one.command_id)
            elif one.command_id in wanted and one.replaces in by_id:
                wanted.add(str(one.replaces))
        grown = len(wanted) > before
    return wanted


def _said(row: StopStatement, in_force: Collection[str]) -> Said:
    return Said(
        command_id=row.command_id,
        kind=row.kind,
        person=_label(row.actor),
        terminal=(row.actor or {}).get("terminal"),
        stated_at=row.stated_at,
        start=row.seen_start if row.start is None else row.start,
        end=row.seen_end if row.start is None else row.end,
        state=row.state,
        reason=row.reason,
        note=row.note,
        replaces=row.replaces,
        in_force=row.command_id in in_force,
    )


def _typed(row: QuantityStatement, job: str | None, held: Collection[str]) -> TypedPieces:
    return TypedPieces(
        command_id=row.command_id,
        person=_label(row.actor),
        at=row.at,
        recorded_at=row.recorded_at,
        good=facts.exact(row.good),
        scrap=facts.exact(row.scrap),
        rework=facts.exact(row.rework),
        startup_scrap=facts.exact(row.startup_scrap),
        adjustment=row.adjustment,
        reason=row.reason,
        note=row.note,
        job=job,
        voids=row.voids,
        in_force=row.command_id in held,
    )


def _label(actor: Mapping[str, Any] | None) -> str:
    return str((actor or {}).get("label") or "")

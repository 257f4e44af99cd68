"""Schedules and their files in the database."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.schedules.kinds import FileState
from mes.models import ReportFile, ReportSchedule

FILES_SHOWN = 200


def active_schedules(session: Session) -> Sequence[ReportSchedule]:
    """Those that make files."""
    return session.scalars(
        select(ReportSchedule).where(ReportSchedule.active).order_by(ReportSchedule.id)
    ).all()


def all_schedules(session: Session) -> Sequence[ReportSchedule]:
    """All, those that make files first."""
    return session.scalars(
        select(ReportSchedule).order_by(ReportSchedule.active.desc(), ReportSchedule.id)
    ).all()


def one_schedule(session: Session, identity: int) -> ReportSchedule:
    """A schedule.

    Raises:
        Refusal: `schedule_unknown` (404).
    """
    row = session.get(ReportSchedule, identity)
    if row is None:
        raise Refusal("schedule_unknown", f"there is no schedule {identity}", status=404)
    return row


def files(session: Session, schedule: int | None = None) -> Sequence[ReportFile]:
    """The last files, the latest period first."""
    query = select(ReportFile).order_by(ReportFile.end.desc(), ReportFile.id.desc())
    if schedule is not None:
        query = query.where(ReportFile.schedule_id == schedule)
    return session.scalars(query.limit(FILES_SHOWN)).all()


def one_file(session: Session, identity: int) -> ReportFile:
    """A file that is there.

    Raises:
        Refusal: `report_file_gone` (404).
    """
    row = session.get(ReportFile, identity)
    if row is None or row.name is None:
        raise Refusal("report_file_gone", "there is no such file", status=404)
    return row


def rows_since(session: Session, schedule: ReportSchedule) -> Sequence[ReportFile]:
    """What became of the periods of a schedule that it still looks at."""
    return session.scalars(
        select(ReportFile).where(
            ReportFile.schedule_id == schedule.id, ReportFile.end > schedule.since
        )
    ).all()


def surplus(session: Session, schedule: ReportSchedule) -> Sequence[ReportFile]:
    """Files of a schedule beyond those that it keeps, the oldest periods."""
    held = session.scalars(
        select(ReportFile)
        .where(ReportFile.schedule_id == schedule.id, ReportFile.state == FileState.MADE.value)
        .order_by(ReportFile.end.desc())
        .offset(schedule.kept)
    )
    return held.all()


def forget(session: Session, identity: int) -> None:
    """Forget what became of a period, so that it is made again.

    Raises:
        Refusal: `report_file_gone` (404).
    """
    row = session.get(ReportFile, identity)
    if row is None or row.state not in (FileState.FAILED.value, FileState.EXPIRED.value):
        raise Refusal("report_file_gone", "there is nothing to make again", status=404)
    session.execute(delete(ReportFile).where(ReportFile.id == identity))

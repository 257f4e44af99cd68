"""How far a plant is set up: told by what is in the database, so that nothing has to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.instants import US_PER_S
from mes.features.plant.objects import BUILT_IN_REASONS
from mes.models import (
    AuditLog,
    Credential,
    Equipment,
    JobOrder,
    MaterialRate,
    Person,
    QuantityRecord,
    Reason,
    ReasonClass,
    Terminal,
    WorkUnitSetting,
)

SUBJECT = "first-run"
"""Subject in the audit log of what is told about the guide itself."""
BEGIN, DISMISS = "first_run.begin", "first_run.dismiss"
BREAK = "break"
FIRST_JOBS = 20
"""Jobs of which one made the first part."""


class Step(StrEnum):
    """The steps of the guide, in their order."""

    PLANT = "plant"
    TRADE = "trade"
    MACHINES = "machines"
    ITEMS = "items"
    DEVICES = "devices"
    PEOPLE = "people"
    PART = "part"


STEPS = tuple(Step)
OPTIONAL = frozenset({Step.TRADE, Step.DEVICES, Step.PEOPLE})
"""Steps that may be passed over: a plant runs without them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the guide is.

    Attributes:
        done: steps whose outcome is in the database.
        begun_at: when the guide began, real time, UTC microseconds; None: it never did, the plant
            was set up without it.
        dismissed: whether somebody said that the guide is not needed any more.
    """

    done: frozenset[Step]
    begun_at: int | None
    dismissed: bool

    @property
    def finished(self) -> bool:
        """Whether the first part was made."""
        return Step.PART in self.done

    @property
    def is_shown(self) -> bool:
        """Whether pages remind of the guide."""
        return self.begun_at is not None and not self.dismissed and not self.finished

    @property
    def next_step(self) -> Step:
        """Where the guide goes on: an optional step is passed when a later one is done."""
        for place, step in enumerate(STEPS):
            passed = step in OPTIONAL and bool(self.done & set(STEPS[place + 1 :]))
            if step not in self.done and not passed:
                return step
        return Step.PART


def read_progress(session: Session) -> Progress:
    """How far the guide is, by few and short selects."""
    told = _told(session)
    return Progress(
        done=frozenset(step for step, exists in _EVIDENCE.items() if exists(session)),
        begun_at=told.get(BEGIN),
        dismissed=DISMISS in told,
    )


def read_reminder(session: Session) -> Progress | None:
    """The progress that pages remind of; None: nothing is to be reminded of."""
    told = _told(session)
    if BEGIN not in told or DISMISS in told or _part(session):
        return None
    return read_progress(session)


def minutes_to_first_part(session: Session, begun_at: int | None) -> int | None:
    """Minutes from the begin of the guide to the first part, at least 1.

    Args:
        begun_at: real time, UTC microseconds; a plant that is set up runs at its pace. None: it
            never began.

    Returns:
        None: there is no part, or the guide never began.
    """
    if begun_at is None:
        return None
    jobs = session.scalars(select(JobOrder.id).order_by(JobOrder.id).limit(FIRST_JOBS))
    firsts = [
        session.scalar(
            select(func.min(QuantityRecord.minute)).where(QuantityRecord.job_order_id == job)
        )
        for job in jobs.all()
    ]
    minutes = [minute for minute in firsts if minute is not None]
    if not minutes:
        return None
    minute_us = 60 * US_PER_S
    within = min(minutes) + minute_us // 2 - begun_at  # a record knows its minute only
    return max(1, round(within / minute_us))


def _told(session: Session) -> Mapping[str, int]:
    """What the audit log tells of the guide: first instant of each action."""
    rows = session.execute(
        select(AuditLog.action, func.min(AuditLog.at))
        .where(AuditLog.subject == SUBJECT, AuditLog.action.in_((BEGIN, DISMISS)))
        .group_by(AuditLog.action)
    )
    return dict(rows.all())


def has_plant(session: Session) -> bool:
    """Whether there is a site."""
    query = select(Equipment.id).where(Equipment.level == "site", Equipment.retired_at.is_(None))
    return session.scalar(query.limit(1)) is not None


def _trade(session: Session) -> bool:
    query = (
        select(Reason.id)
        .outerjoin(ReasonClass, ReasonClass.reason_id == Reason.id)
        .where(
            Reason.retired_at.is_(None),
            Reason.code.not_in(BUILT_IN_REASONS),
            func.coalesce(ReasonClass.time_class, "") != BREAK,
        )
    )
    return session.scalar(query.limit(1)) is not None


def _work_units(session: Session) -> Sequence[int]:
    return session.scalars(
        select(Equipment.id).where(Equipment.level == "work_unit", Equipment.retired_at.is_(None))
    ).all()


def _machines(session: Session) -> bool:
    return bool(_work_units(session))


def _items(session: Session) -> bool:
    query = select(MaterialRate.id).where(MaterialRate.ideal_cycle_s.is_not(None))
    return session.scalar(query.limit(1)) is not None


def _devices(session: Session) -> bool:
    """Whether of every machine it is known how its state is known."""
    units = _work_units(session)
    settings = select(WorkUnitSetting.work_unit_id, WorkUnitSetting.state_source)
    rows = session.execute(settings.order_by(WorkUnitSetting.valid_from))
    latest: dict[int, object] = dict(rows.all())
    return bool(units) and all(latest.get(unit) for unit in units)


def _people(session: Session) -> bool:
    """Whether somebody can sign in at a terminal, and there is one."""
    operator = (
        select(Person.id)
        .join(Credential, Credential.person_id == Person.id)
        .where(Person.retired_at.is_(None))
    )
    tablet = select(Terminal.id).where(
        Terminal.enrolled_at.is_not(None), Terminal.retired_at.is_(None)
    )
    return (
        session.scalar(operator.limit(1)) is not None
        and session.scalar(tablet.limit(1)) is not None
    )


def _part(session: Session) -> bool:
    """Whether a piece of a job was made; pieces of no job may come from any counter."""
    query = select(QuantityRecord.id).where(QuantityRecord.job_order_id > 0)
    return session.scalar(query.limit(1)) is not None


_EVIDENCE = {
    Step.PLANT: has_plant,
    Step.TRADE: _trade,
    Step.MACHINES: _machines,
    Step.ITEMS: _items,
    Step.DEVICES: _devices,
    Step.PEOPLE: _people,
    Step.PART: _part,
}

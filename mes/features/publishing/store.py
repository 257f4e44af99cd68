"""Reading and writing sign-offs, published figures and marks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.case_model import Case, Span
from mes.core.policies import Policy, parse_policy
from mes.features.publishing.figures import Basis
from mes.features.publishing.kept_cases import keep
from mes.models import PublicationMark, PublishedFigure, ShiftSignoff

SIGNOFF = "signoff"
REOPEN = "reopen"
WORK_UNIT = "work_unit"
LINE = "line"
NOT_FINAL = "not_final_when_signed"
WHILE_SIGNING = "arrived_while_signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A figure that is about to be published.

    Attributes:
        level: `WORK_UNIT` or `LINE`.
        cases: what it was computed from, by code of the work unit.
    """

    scope: str
    level: str
    equipment_id: int
    line_id: int
    day: str
    shift: str
    period: str
    span: Span
    policy: Policy
    basis: Basis
    revision: int
    result: dict[str, Any]
    fingerprint: str
    cause: dict[str, Any]
    actor: dict[str, Any] | None
    published_at: int
    cases: Mapping[str, Case]


def publish(session: Session, draft: Draft) -> PublishedFigure:
    """Write a figure; the same revision twice breaks a constraint of the table."""
    row = PublishedFigure(
        scope=draft.scope,
        period=draft.period,
        policy=draft.policy.name,
        revision=draft.revision,
        result=draft.result,
        published_at=draft.published_at,
        level=draft.level,
        equipment_id=draft.equipment_id,
        line_id=draft.line_id,
        production_day=draft.day,
        shift=draft.shift,
        start=draft.span.start,
        end=draft.span.end,
        policy_version=draft.policy.version,
        policy_definition=draft.policy.to_json(),
        basis=draft.basis.to_json(),
        fingerprint=draft.fingerprint,
        cause=draft.cause,
        actor=draft.actor or {},
        cases=keep(session, draft.cases),
    )
    session.add(row)
    session.flush()
    return row


def next_revision(
    row: PublishedFigure,
    *,
    span: Span,
    result: dict[str, Any],
    fingerprint: str,
    cause: dict[str, Any],
    published_at: int,
    cases: Mapping[str, Case],
) -> Draft:
    """The revision that follows a published figure."""
    return Draft(
        scope=row.scope,
        level=row.level,
        equipment_id=row.equipment_id,
        line_id=row.line_id,
        day=row.production_day,
        shift=row.shift,
        period=row.period,
        span=span,
        policy=policy_of(row),
        basis=Basis.from_json(row.basis),
        revision=row.revision + 1,
        result=result,
        fingerprint=fingerprint,
        cause=cause,
        actor=None,
        published_at=published_at,
        cases=cases,
    )


def policy_of(row: PublishedFigure) -> Policy:
    """The profile that a figure was published with, whatever its newest version says."""
    return replace(
        parse_policy(dict(row.policy_definition)), name=row.policy, version=row.policy_version
    )


def latest_figures(
    session: Session,
    *,
    equipment_ids: Collection[int] | None = None,
    start: int | None = None,
    end: int | None = None,
    periods: Collection[str] | None = None,
    lines: Collection[int] | None = None,
    level: str | None = None,
) -> Sequence[PublishedFigure]:
    """The last revision of each published figure that meets the conditions, by time and id.

    Args:
        start: figures that end after it.
        end: figures that start before it.
    """
    newest = (
        select(
            PublishedFigure.scope.label("scope"),
            PublishedFigure.period.label("period"),
            func.max(PublishedFigure.revision).label("revision"),
        )
        .where(*_conditions(equipment_ids, start, end, periods, lines, level))
        .group_by(PublishedFigure.scope, PublishedFigure.period)
        .subquery()
    )
    query = (
        select(PublishedFigure)
        .join(
            newest,
            and_(
                PublishedFigure.scope == newest.c.scope,
                PublishedFigure.period == newest.c.period,
                PublishedFigure.revision == newest.c.revision,
            ),
        )
        .order_by(PublishedFigure.start, PublishedFigure.id)
    )
    return session.scalars(query).all()


def _conditions(
    equipment_ids: Collection[int] | None,
    start: int | None,
    end: int | None,
    periods: Collection[str] | None,
    lines: Collection[int] | None,
    level: str | None,
) -> Iterable[Any]:
    if equipment_ids is not None:
        yield PublishedFigure.equipment_id.in_(sorted(equipment_ids))
    if start is not None:
        yield PublishedFigure.end > start
    if end is not None:
        yield PublishedFigure.start < end
    if periods is not None:
        yield PublishedFigure.period.in_(sorted(periods))
    if lines is not None:
        yield PublishedFigure.line_id.in_(sorted(lines))
    if level is not None:
        yield PublishedFigure.level == level


def revisions(session: Session, scope: str, period: str) -> Sequence[PublishedFigure]:
    """All revisions of a figure, the first one first."""
    return session.scalars(
        select(PublishedFigure)
        .where(PublishedFigure.scope == scope, PublishedFigure.period == period)
        .order_by(PublishedFigure.revision)
    ).all()


def signoffs(
    session: Session, line_ids: Collection[int], days: Collection[str]
) -> Sequence[ShiftSignoff]:
    """What was signed off and opened again of these lines and days, in order."""
    return session.scalars(
        select(ShiftSignoff)
        .where(
            ShiftSignoff.equipment_id.in_(sorted(line_ids)),
            ShiftSignoff.production_day.in_(sorted(days)),
        )
        .order_by(ShiftSignoff.id)
    ).all()


def signoffs_of(session: Session, line_id: int, day: str, shift: str) -> list[ShiftSignoff]:
    """What happened to one shift of a line, in order."""
    return [one for one in signoffs(session, [line_id], [day]) if one.shift == shift]


def mark(session: Session, work_unit_id: int, span: Span, *, watch: bool) -> None:
    """Have a figure compared once more, or (`watch`) until it is final.

    Once more, because facts that were on their way while it was signed did not know of it.
    """
    kind = NOT_FINAL if watch else WHILE_SIGNING
    session.add(
        PublicationMark(
            work_unit_id=work_unit_id,
            start=span.start,
            end=span.end,
            causes=[{"kind": kind, "count": 1, "from": span.start}],
            watch=watch,
            marked_at=real_now_us(),
        )
    )


def marks(
    session: Session,
    *,
    unit_ids: Collection[int] | None = None,
    watched: bool = True,
    limit: int,
) -> Sequence[PublicationMark]:
    """What waits to be compared, the oldest first.

    Args:
        watched: those too that wait for a figure to become final.
    """
    query = select(PublicationMark).order_by(PublicationMark.id).limit(limit)
    if not watched:
        query = query.where(PublicationMark.watch.is_(False))
    if unit_ids is not None:
        query = query.where(PublicationMark.work_unit_id.in_(sorted(unit_ids)))
    return session.scalars(query).all()


def revised_kpi(
    session: Session, row: PublishedFigure, key: str
) -> tuple[float | None, float | None]:
    """A KPI as it was published first, and as this revision says."""
    first = revisions(session, row.scope, row.period)[0]
    return first.result["kpis"][key], row.result["kpis"][key]

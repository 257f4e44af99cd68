"""Adding, changing and stopping schedules of report files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.production.master_loading import masters
from mes.features.schedules.kinds import (
    DELAY_MAX_MIN,
    KEPT_MAX,
    LANGUAGES,
    PERIODS,
    FileKind,
    folder_ok,
)
from mes.features.schedules.store import one_schedule
from mes.features.screens.report.places import units_at
from mes.models import ReportSchedule

ACTIVE_MAX = 50
"""Most schedules that make files at the same time."""
_ABOUT = ("kind", "place", "period")
"""What changes the periods or the content: only periods after the change are made."""
_FILES = (*_ABOUT, "policy", "language", "folder")
"""What two schedules have in common that make the same files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A schedule as people type it; all texts, None or empty policy: that of the site."""

    kind: str
    place: str
    period: str
    policy: str
    language: str
    folder: str
    delay_min: str
    kept: str


def add_schedule(
    session: Session, actor: Mapping[str, Any], draft: Draft, command_id: str, now_us: int
) -> ReportSchedule:
    """Add a schedule for the periods that end from now on; a repeated command adds nothing.

    Args:
        now_us: present plant time.

    Raises:
        Refusal: `schedule_invalid` (422, fields in details), `schedule_taken`, `schedules_full`
            (409).
    """
    known = session.scalar(select(ReportSchedule).where(ReportSchedule.command_id == command_id))
    if known is not None:
        return known
    values = _checked(session, draft)
    _check_new(session, values)
    _check_room(session)
    row = ReportSchedule(
        command_id=command_id,
        version=1,
        active=True,
        since=now_us,
        changed_at=real_now_us(),
        actor=dict(actor),
        **values,
    )
    session.add(row)
    session.flush()
    record(session, actor, "report_schedule.add", str(row.id), values)
    return row


def change_schedule(
    session: Session,
    actor: Mapping[str, Any],
    identity: int,
    seen: int,
    draft: Draft,
    now_us: int,
) -> ReportSchedule:
    """Change a schedule that stands as it was seen.

    Raises:
        Refusal: `schedule_unknown` (404), `schedule_changed` (409), `schedule_invalid` (422).
    """
    row = _seen(session, identity, seen)
    values = _checked(session, draft)
    old = {name: getattr(row, name) for name in values}
    changed = {name: value for name, value in values.items() if old[name] != value}
    if not changed:
        return row
    for name, value in changed.items():
        setattr(row, name, value)
    if any(name in changed for name in _ABOUT):
        row.since = now_us
    _written(row, actor)
    told = {"old": {name: old[name] for name in changed}, "new": changed}
    record(session, actor, "report_schedule.change", str(identity), told)
    return row


def stop_schedule(
    session: Session, actor: Mapping[str, Any], identity: int, seen: int
) -> ReportSchedule:
    """Make no more files; those that were made stay.

    Raises:
        Refusal: `schedule_unknown` (404), `schedule_changed` (409).
    """
    row = _seen(session, identity, seen)
    if row.active:
        row.active = False
        _written(row, actor)
        record(session, actor, "report_schedule.stop", str(identity))
    return row


def restart_schedule(
    session: Session, actor: Mapping[str, Any], identity: int, seen: int, now_us: int
) -> ReportSchedule:
    """Make files again, of the periods that end from now on.

    Raises:
        Refusal: `schedule_unknown` (404), `schedule_changed`, `schedules_full` (409).
    """
    row = _seen(session, identity, seen)
    if not row.active:
        _check_room(session)
        row.active, row.since = True, now_us
        _written(row, actor)
        record(session, actor, "report_schedule.start", str(identity))
    return row


def _written(row: ReportSchedule, actor: Mapping[str, Any]) -> None:
    row.version += 1
    row.changed_at = real_now_us()
    row.actor = dict(actor)


def _seen(session: Session, identity: int, seen: int) -> ReportSchedule:
    row = one_schedule(session, identity)
    if row.version != seen:
        raise Refusal("schedule_changed", "somebody changed this schedule meanwhile", status=409)
    return row


def _check_new(session: Session, values: Mapping[str, Any]) -> None:
    same = [getattr(ReportSchedule, name) == values[name] for name in _FILES]
    if session.scalar(select(ReportSchedule.id).where(ReportSchedule.active, *same).limit(1)):
        raise Refusal("schedule_taken", "a schedule makes these files already", status=409)


def _check_room(session: Session) -> None:
    count = session.scalar(select(func.count()).where(ReportSchedule.active)) or 0
    if count >= ACTIVE_MAX:
        raise Refusal(
            "schedules_full", f"at most {ACTIVE_MAX} schedules make files: stop one", status=409
        )


def _checked(session: Session, draft: Draft) -> dict[str, Any]:
    """The columns of a draft.

    Raises:
        Refusal: `schedule_invalid` (422).
    """
    known = masters(session)
    site = known.sites[0] if known.sites else None
    wrong: dict[str, str] = {}
    if draft.kind not in set(FileKind):
        wrong["kind"] = "unknown"
    if draft.period not in {one.value for one in PERIODS}:
        wrong["period"] = "unknown"
    if draft.language not in LANGUAGES:
        wrong["language"] = "unknown"
    if draft.policy and known.policy(draft.policy) is None:
        wrong["policy"] = "unknown"
    if site is None or not _has_units(known, site, draft.place):
        wrong["place"] = "unknown"
    if not folder_ok(draft.folder):
        wrong["folder"] = "one name, without / and .."
    numbers = {
        name: _whole(text, low, high)
        for name, text, low, high in (
            ("delay_min", draft.delay_min, 0, DELAY_MAX_MIN),
            ("kept", draft.kept, 1, KEPT_MAX),
        )
    }
    wrong.update({name: "out of range" for name, number in numbers.items() if number is None})
    if wrong:
        raise Refusal(
            "schedule_invalid",
            f"not valid: {', '.join(wrong)}",
            status=422,
            field=next(iter(wrong)),
            details=wrong,
        )
    return {**asdict(draft), **numbers, "policy": draft.policy or None}


def _has_units(known: Any, site: Any, place: str) -> bool:
    try:
        return bool(units_at(known, site, place))
    except Refusal:
        return False


def _whole(text: str, low: int, high: int) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        return None
    return int(text) if low <= int(text) <= high else None

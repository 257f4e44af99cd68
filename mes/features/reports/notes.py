"""Notes about moments of a trend: what somebody saw, who and when; withdrawn, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from mes.clock import real_now_us
from mes.core.case_model import Span
from mes.core.instants import US_PER_S
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.reports.grid import Column, Grid, Kind, Row
from mes.features.screens.report.words import _
from mes.models import MomentNote

TEXT_MAX = 500
NOTES_MAX = 200
"""Most notes of one trend, the latest."""
_FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note; `at` plant time, `recorded_at` real time, UTC microseconds; `void`: why, or None."""

    id: int
    at: int
    text: str
    person: str
    recorded_at: int
    void: str | None
    void_by: str | None


def notes_in(session: Session, span: Span) -> Sequence[Note]:
    """The notes about moments of a span in time order, withdrawn ones too."""
    gone = aliased(MomentNote)
    rows = session.execute(
        select(MomentNote, gone)
        .outerjoin(gone, gone.voids == MomentNote.id)
        .where(MomentNote.voids.is_(None), MomentNote.at >= span.start, MomentNote.at < span.end)
        .order_by(MomentNote.at.desc(), MomentNote.id.desc())
        .limit(NOTES_MAX)
    ).all()
    return [
        Note(
            id=note.id,
            at=note.at,
            text=note.text,
            person=str(note.actor.get("label") or ""),
            recorded_at=note.recorded_at,
            void=None if void is None else void.text,
            void_by=None if void is None else str(void.actor.get("label") or ""),
        )
        for note, void in reversed(rows)
    ]


def add_note(
    session: Session,
    actor: Mapping[str, Any],
    *,
    at: str,
    zone: str,
    text: str,
    command_id: str,
    now_us: int,
) -> int:
    """Write a note about a moment; a repeated command writes nothing.

    Args:
        at: local time YYYY-MM-DD HH:MM or with seconds.
        now_us: present plant time; a moment that is still to come is refused.

    Raises:
        Refusal: `note_invalid` (422).
    """
    moment = _moment(at, zone)
    if moment > now_us:
        raise _invalid("at", "a moment that is still to come cannot be noted")
    known = _repeated(session, command_id)
    return known or _put(session, actor, moment, _clean(text), command_id, None)


def void_note(
    session: Session, actor: Mapping[str, Any], identity: int, *, text: str, command_id: str
) -> int:
    """Withdraw a note with a reason; it stays to be seen.

    Raises:
        Refusal: `note_unknown` (404), `note_withdrawn` (409), `note_invalid` (422).
    """
    note = session.get(MomentNote, identity)
    if note is None or note.voids is not None:
        raise Refusal("note_unknown", f"there is no note {identity}", status=404)
    known = _repeated(session, command_id)
    if known:
        return known
    taken = session.scalar(select(MomentNote.id).where(MomentNote.voids == identity))
    if taken is not None:
        raise _withdrawn()
    try:
        return _put(session, actor, note.at, _clean(text), command_id, identity)
    except IntegrityError:
        raise _withdrawn() from None


def notes_grid(notes: Sequence[Note]) -> Grid:
    """The notes of a trend."""
    return Grid(
        key="notes",
        title=_("Notes"),
        columns=[
            Column(key="at", label=_("Time"), kind=Kind.TIME),
            Column(key="text", label=_("Note")),
            Column(key="person", label=_("Person")),
            Column(key="recorded", label=_("Written at"), kind=Kind.TIME),
            Column(key="void", label=_("Withdrawn because")),
            Column(key="by", label=_("Withdrawn by")),
        ],
        rows=[
            Row(values=[one.at, one.text, one.person, one.recorded_at, one.void, one.void_by])
            for one in notes
        ],
    )


def _put(
    session: Session,
    actor: Mapping[str, Any],
    at: int,
    text: str,
    command_id: str,
    voids: int | None,
) -> int:
    row = MomentNote(
        command_id=command_id,
        at=at,
        tag_id=None,
        text=text,
        voids=voids,
        actor=dict(actor),
        recorded_at=real_now_us(),
    )
    session.add(row)
    session.flush()
    action = "moment_note.add" if voids is None else "moment_note.void"
    record(session, actor, action, str(voids or row.id), {"text": text})
    return row.id


def _repeated(session: Session, command_id: str) -> int | None:
    return session.scalar(select(MomentNote.id).where(MomentNote.command_id == command_id))


def _clean(text: str) -> str:
    kept = " ".join("".join(sign for sign in text if sign.isprintable() or sign.isspace()).split())
    if not 0 < len(kept) <= TEXT_MAX:
        raise _invalid("text", f"a note has 1 to {TEXT_MAX} characters")
    return kept


def _moment(text: str, zone: str) -> int:
    for form in _FORMS:
        try:
            local = datetime.strptime(text.strip()[:19], form).replace(tzinfo=ZoneInfo(zone))
            return int(local.timestamp()) * US_PER_S
        except (ValueError, OverflowError):
            continue
    raise _invalid("at", "write the moment as 2026-11-24 18:00")


def _withdrawn() -> Refusal:
    return Refusal("note_withdrawn", "this note was withdrawn already", status=409)


def _invalid(field: str, message: str) -> Refusal:
    return Refusal("note_invalid", message, status=422, field=field)

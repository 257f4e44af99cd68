"""Writing a handover, handing it over, taking it over, opening it again; each is a new fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.handover import Handover, HandoverAction, HandoverState, Topic
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.commands.subjects import lock_work_unit
from mes.features.handover.figures import shift_figures
from mes.features.handover.queries import crew_item
from mes.features.handover.store import author_of, read_handover
from mes.features.production.master_loading import masters
from mes.features.production.masters import Line
from mes.features.publishing.periods import Period, find_line, find_period
from mes.features.quantities.queries import actor_name
from mes.models import HandoverEvent, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Which handover is meant: line (code), production day YYYY-MM-DD, shift (None: the only)."""

    line: str
    day: str
    shift: str | None = None


def write_entry(
    session: Session,
    context: Context,
    shift: Shift,
    *,
    topic: Topic,
    text: str,
    replaces: str | None = None,
) -> HandoverEvent:
    """Write an entry, or correct one's own; behind the take-over it is an addition.

    Args:
        text: empty in a correction: the entry is taken back.
        replaces: `id` of the entry to correct; None: a new one.

    Raises:
        Refusal: those of `_locked`, `handover_text_needed` (422), `handover_entry_unknown` (404),
            `handover_entry_not_yours` (403), `handover_closed` (409).
    """
    line, period, present = _locked(session, context, shift)
    written, old = text.strip(), None
    if replaces is None and not written:
        raise Refusal("handover_text_needed", "write something", status=422, field="text")
    if replaces is not None:
        old = present.entry(replaces)
        if old is None:
            raise Refusal("handover_entry_unknown", "there is no such entry", status=404)
        if old.author != author_of(context.actor):
            message = f"{old.who} wrote this entry; only they correct it"
            raise Refusal("handover_entry_not_yours", message, status=403)
        if present.state is HandoverState.CLOSED and not old.addition:
            raise _closed(present)
    body = {"topic": topic.value, "text": written}
    before = None if old is None else old.text
    return _keep(
        session,
        context,
        (line, period, present),
        HandoverAction.ENTRY,
        body,
        replaces=replaces,
        old=before,
    )


def tell_crew(
    session: Session,
    context: Context,
    shift: Shift,
    *,
    people: Sequence[str],
    others: str,
    replaces: str | None = None,
) -> HandoverEvent:
    """Say who worked, or put another crew in the place of the one that was seen.

    Args:
        people: badge numbers.
        others: names of people without a badge.
        replaces: `command_id` of the crew that was seen; None: there was none.

    Raises:
        Refusal: those of `_locked`, `person_unknown` (404), `handover_closed`,
            `handover_crew_changed` (409, with `crew`).
    """
    held = _locked(session, context, shift)
    if held[2].state is HandoverState.CLOSED:
        raise _closed(held[2])
    told = held[2].crew
    if replaces != (None if told is None else told.id):
        raise Refusal(
            "handover_crew_changed",
            "somebody has told who worked since you looked at it",
            details={"crew": crew_item(session, told)},
        )
    badges = sorted(set(people))
    known = set(session.scalars(select(Person.badge_no).where(Person.badge_no.in_(badges))))
    missing = [badge for badge in badges if badge not in known]
    if missing:
        message = f"there is nobody with the badge {missing[0][:80]!r}"
        raise Refusal("person_unknown", message, status=404, field="people")
    body = {"people": badges, "others": others.strip()}
    return _keep(session, context, held, HandoverAction.CREW, body, replaces=replaces)


def hand_over(
    session: Session, context: Context, shift: Shift, *, note: str | None = None
) -> HandoverEvent:
    """Hand the shift over as its lead; the figures of the moment are kept with it.

    Raises:
        Refusal: those of `_locked`, `handover_closed` (409).
    """
    line, period, present = _locked(session, context, shift)
    if present.state is HandoverState.CLOSED:
        raise _closed(present)
    figures = shift_figures(session, masters(session), line, period, context.now)
    body = {"note": (note or "").strip(), "figures": [one.kept() for one in figures]}
    return _keep(session, context, (line, period, present), HandoverAction.HAND_OVER, body)


def take_over(
    session: Session, context: Context, shift: Shift, *, note: str | None = None
) -> HandoverEvent:
    """Take the shift over as the incoming lead: the handover is closed.

    Raises:
        Refusal: those of `_locked`, `handover_closed`, `handover_not_written`,
            `handover_same_person` (409).
    """
    held = _locked(session, context, shift)
    present = held[2]
    if present.state is HandoverState.CLOSED:
        raise _closed(present)
    if present.handed_over is None:
        raise Refusal("handover_not_written", "the outgoing lead has not handed over yet")
    if present.handed_over.author == author_of(context.actor):
        raise Refusal(
            "handover_same_person",
            "whoever handed over does not take over; the incoming lead signs in",
        )
    return _keep(session, context, held, HandoverAction.TAKE_OVER, {"note": (note or "").strip()})


def open_again(session: Session, context: Context, shift: Shift, *, reason: str) -> HandoverEvent:
    """Open a closed handover again; both signatures are withdrawn and stay to be read.

    Raises:
        Refusal: those of `_locked`, `handover_not_closed` (409), `handover_text_needed` (422).
    """
    held = _locked(session, context, shift)
    if held[2].state is not HandoverState.CLOSED:
        raise Refusal("handover_not_closed", "nobody has taken this shift over yet")
    if not reason.strip():
        message = "say why the handover is opened again"
        raise Refusal("handover_text_needed", message, status=422, field="reason")
    return _keep(session, context, held, HandoverAction.REOPEN, {"note": reason.strip()})


def _locked(session: Session, context: Context, shift: Shift) -> tuple[Line, Period, Handover]:
    """The shift and its handover, for this writer alone until the commit.

    Raises:
        Refusal: `unknown_line`, `unknown_shift` (404), `window_malformed` (422),
            `shift_not_begun` (409).
    """
    line = find_line(masters(session), shift.line)
    period = find_period(line.plan, shift.day, shift.shift)
    if context.now < period.span.start:
        raise Refusal("shift_not_begun", "this shift has not begun yet")
    lock_work_unit(session, line.id)
    return line, period, read_handover(session, line.id, period)


def _closed(present: Handover) -> Refusal:
    taken = present.taken_over
    assert taken is not None, "a closed handover was taken over"
    return Refusal(
        "handover_closed",
        f"{taken.who} has taken the shift over; write an addition instead",
        details={"by": taken.who},
    )


def _keep(
    session: Session,
    context: Context,
    held: tuple[Line, Period, Handover],
    action: HandoverAction,
    body: dict[str, Any],
    *,
    replaces: str | None = None,
    old: str | None = None,
) -> HandoverEvent:
    line, period, present = held
    row = HandoverEvent(
        command_id=context.command_id,
        equipment_id=line.id,
        production_day=period.day.isoformat(),
        shift=period.shift,
        action=action.value,
        replaces=replaces,
        body=body,
        at=max(context.at, _earliest(present, action)),
        who=actor_name(session, context.actor),
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(row)
    session.flush()
    details: dict[str, Any] = {"command_id": context.command_id, "period": period.key}
    if action is HandoverAction.ENTRY:
        details |= {"old": old, "new": body["text"]}
    record(session, context.actor, f"handover.{action.value}", line.code, details)
    return row


def _earliest(present: Handover, action: HandoverAction) -> int:
    """What is said later is never told in front of a signature, nor a crew in front of another."""
    crew = present.crew if action is HandoverAction.CREW else None
    signed = (present.handed_over, present.taken_over, *(one.by for one in present.reopened))
    return max((one.at + 1 for one in (*signed, crew) if one is not None), default=0)

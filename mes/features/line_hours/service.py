"""Writing comments on the hours of a line; each wording is a new fact."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.commands.subjects import lock_work_unit
from mes.features.line_hours.queries import comment_item
from mes.features.production.master_loading import masters
from mes.features.production.tile import instant
from mes.features.publishing.periods import find_line
from mes.features.quantities.queries import actor_name
from mes.models import HourComment


def comment_hour(
    session: Session, context: Context, line: str, hour: int, text: str, replaces: str | None
) -> HourComment:
    """Say something about an hour, or put other words in the place of those that were seen.

    Args:
        line: its code.
        hour: first instant of the hour, UTC microseconds.
        text: empty: what was said is taken back.
        replaces: command_id of the comment that was seen; None: there was none.

    Raises:
        Refusal: `unknown_line` (404), `hour_unknown`, `comment_empty` (422), `hour_not_begun`,
            `comment_changed` (409, with `comment`).
    """
    found = find_line(masters(session), line)
    if found.plan.cell_at(hour).start != hour:
        raise Refusal(
            "hour_unknown",
            "no hour of the line begins there; take `start` of GET /lines/ID/hours",
            status=422,
            field="hour",
        )
    if hour > context.now:
        raise Refusal("hour_not_begun", "this hour has not begun yet", field="hour")
    lock_work_unit(session, found.id)
    rows = session.scalars(
        select(HourComment)
        .where(HourComment.equipment_id == found.id, HourComment.hour == hour)
        .order_by(HourComment.id)
    ).all()
    seen = rows[-1].command_id if rows else None
    if seen != replaces:
        raise Refusal(
            "comment_changed",
            "somebody has written about this hour since you looked at it",
            details={"comment": comment_item(rows)},
        )
    written = text.strip()
    if not written and not (rows and rows[-1].text):
        raise Refusal("comment_empty", "write what happened", status=422, field="text")
    row = HourComment(
        command_id=context.command_id,
        equipment_id=found.id,
        hour=hour,
        text=written,
        replaces=replaces,
        at=context.at,
        who=actor_name(session, context.actor),
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(row)
    session.flush()
    record(
        session,
        context.actor,
        "hour.comment",
        found.code,
        {
            "command_id": context.command_id,
            "hour": instant(hour),
            "old": rows[-1].text if rows else None,
            "new": written,
        },
    )
    return row

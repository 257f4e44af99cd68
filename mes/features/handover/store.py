"""Handover events as rows and as the core takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.handover import Handover, HandoverAction, HandoverEvent, handover_of
from mes.features.publishing.periods import Period
from mes.models import HandoverEvent as EventRow


def author_of(actor: Mapping[str, Any]) -> str:
    """Identity of who acts: the person wherever they signed in, else the account or token."""
    badge = actor.get("person")
    return f"person:{badge}" if badge else f"{actor.get('kind')}:{actor.get('id')}"


def read_handover(session: Session, line_id: int, period: Period) -> Handover:
    """The handover of a shift of a line as it stands."""
    rows = session.scalars(
        select(EventRow).where(
            EventRow.equipment_id == line_id,
            EventRow.production_day == period.day.isoformat(),
            EventRow.shift == period.shift,
        )
    )
    return handover_of(_event(row) for row in rows)


def _event(row: EventRow) -> HandoverEvent:
    return HandoverEvent(
        action=HandoverAction(row.action),
        command_id=row.command_id,
        at=row.at,
        who=row.who,
        author=author_of(row.actor),
        body=row.body or {},
        replaces=row.replaces,
    )

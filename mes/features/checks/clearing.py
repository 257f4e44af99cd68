"""Clearing records that ingest kept aside: a person has looked at them and says why they may go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.models import Quarantine

CLEARED_MAX = 200
"""Most records of one command."""


def clear_records(session: Session, context: Context, ids: Sequence[int], note: str) -> int:
    """Mark refused records as cleared; they stay as they came, with who cleared them and why.

    Returns:
        How many were cleared.

    Raises:
        Refusal: `clearing_needs_reason` (422), `record_unknown` (404), `record_cleared` (409).
    """
    if not note.strip():
        raise Refusal(
            "clearing_needs_reason", "say why these records may go", status=422, field="note"
        )
    wanted = sorted(set(ids))
    rows = session.scalars(
        select(Quarantine)
        .where(Quarantine.id.in_(wanted))
        .order_by(Quarantine.id)
        .with_for_update()
    ).all()
    missing = sorted(set(wanted) - {row.id for row in rows})
    if missing:
        raise Refusal(
            "record_unknown",
            f"there is no record {missing[0]} among those kept aside",
            status=404,
            field="ids",
        )
    cleared = [row for row in rows if row.cleared_at is not None]
    if cleared:
        raise Refusal(
            "record_cleared",
            f"record {cleared[0].id} was cleared already; look at the list again",
            field="ids",
            details={"ids": [row.id for row in cleared]},
        )
    for row in rows:
        row.cleared_at = context.now
        row.cleared_by = dict(context.actor)
        row.cleared_note = note
    sources = Counter(row.source for row in rows)
    record(
        session,
        context.actor,
        "quarantine.clear",
        ", ".join(sorted(sources))[:80],
        {"ids": wanted, "sources": dict(sources), "note": note},
    )
    return len(rows)

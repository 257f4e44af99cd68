"""What the MES noticed by itself in a verified stretch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.features.production.master_loading import masters
from mes.models import CountSuspect, GapFact, Quarantine, SignalFact


def suspects(session: Session, unit: str) -> int:
    """How many counts of a work unit wait for a decision."""
    waiting = select(func.count()).where(
        CountSuspect.work_unit_id == masters(session).work_unit_ids[unit],
        CountSuspect.decision.is_(None),
    )
    return session.scalar(waiting) or 0


def noticed(session: Session) -> dict[str, int]:
    """Counts of what it noticed, by what that is in words."""

    def count(query: Any) -> int:
        return int(session.scalar(query) or 0)

    return {
        "suspect counts left for a decision": count(select(func.count()).select_from(CountSuspect)),
        "gaps": count(select(func.count()).select_from(GapFact)),
        "readings with a clock that was off": count(
            select(func.count()).select_from(SignalFact).where(SignalFact.clock_skew)
        ),
        "records put aside": count(select(func.count()).select_from(Quarantine)),
    }

"""What the MES noticed by itself in a verified stretch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.models import CountSuspect, GapFact, Quarantine, SignalFact


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

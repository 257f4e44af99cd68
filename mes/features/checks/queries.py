"""Everything that waits for a look, counted and listed."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mes.features.checks.excesses import excess_count
from mes.features.checks.suspects import open_count
from mes.features.downtime.queries import orphans
from mes.features.ingest.queries import kept_aside_count
from mes.features.production.master_loading import masters

DAY_US = 24 * 3600 * 1_000_000
ORPHANS_MAX = 500
"""Most orphaned statements of one answer; all are counted."""


def summary(session: Session, now: int) -> dict[str, int]:
    """How many suspect counts, excesses of entries and refused records wait for a person."""
    return {
        "suspects": open_count(session),
        "excesses": excess_count(session, now),
        "quarantined": kept_aside_count(session),
    }


def orphaned(session: Session, days: int, now: int) -> tuple[list[dict[str, Any]], int]:
    """Statements of the last days that meet no stop, of all work units, the latest first.

    Returns:
        At most `ORPHANS_MAX` of them, and how many there are.
    """
    known = masters(session)
    found = [
        {"work_unit": unit.code, "name": dict(unit.names or {}), **one}
        for unit in known.active_work_units()
        for one in orphans(session, unit.code, now - days * DAY_US, now)
    ]
    found.sort(key=lambda one: str(one["start"]), reverse=True)
    return found[:ORPHANS_MAX], len(found)

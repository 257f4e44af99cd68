"""Schedules and their files as JSON data."""

from __future__ import annotations

from typing import Any

from mes.features.production.tile import instant
from mes.models import ReportFile, ReportSchedule


def schedule_json(row: ReportSchedule) -> dict[str, Any]:
    """A schedule; `since`: plant time from which on periods are made."""
    return {
        "id": row.id,
        "version": row.version,
        "kind": row.kind,
        "place": row.place,
        "period": row.period,
        "policy": row.policy,
        "language": row.language,
        "folder": row.folder,
        "delay_min": row.delay_min,
        "kept": row.kept,
        "active": row.active,
        "since": instant(row.since),
    }


def file_json(row: ReportFile) -> dict[str, Any]:
    """What became of a period; `name` None: there is no file."""
    return {
        "id": row.id,
        "schedule": row.schedule_id,
        "period": row.period_key,
        "start": instant(row.start),
        "end": instant(row.end),
        "state": row.state,
        "name": row.name,
        "size": row.size,
        "standing": row.standing,
        "reason": row.reason,
        "made_at": instant(row.made_at),
        "tried_again_at": None if row.next_at is None else instant(row.next_at),
    }

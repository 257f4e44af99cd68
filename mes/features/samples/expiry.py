"""Packed samples are not kept for ever: values, minutes and hours each for a time of their own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select

from mes.core.sample_values import HOUR_US
from mes.db import Database, in_parts
from mes.models import SampleChunk, SampleHour, SampleMinutes

DAY_US = 24 * HOUR_US
ROWS_MAX = 2_000
"""Most rows of a table that are taken out in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """For how many days values, minutes and hours are kept."""

    values: int
    minutes: int
    hours: int


def expire_some(database: Database, kept: Kept, now_us: int) -> int:
    """Take out the oldest rows whose time is over; returns how many, 0 when none is left."""
    gone = 0
    with database.transaction() as session:
        for model, days in (
            (SampleChunk, kept.values),
            (SampleMinutes, kept.minutes),
            (SampleHour, kept.hours),
        ):
            ended = model.hour < now_us - days * DAY_US - HOUR_US
            oldest = select(model.id).where(ended).order_by(model.hour).limit(ROWS_MAX)
            found = session.scalars(oldest).all()
            for part in in_parts(found):
                session.execute(delete(model).where(model.id.in_(part)))
            gone += len(found)
    return gone

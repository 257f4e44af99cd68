"""The reasons that every plant has by itself, for a plant that begins without a file."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.plant.objects import BUILT_IN_REASONS
from mes.features.plant.writer import Writer
from mes.models import Reason


def keep_built_in_reasons(session: Session, now_us: int) -> None:
    """Add the built-in reasons that the database does not have yet.

    Args:
        now_us: plant time, UTC microseconds.
    """
    known = set(session.scalars(select(Reason.code)))
    writer = Writer(session, now_us, {})
    for code, value in BUILT_IN_REASONS.items():
        if code not in known:
            writer.write(("reason", code), value)

"""Announcing a changed work unit inside the transaction that changes it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.db import ANNOUNCED
from mes.models import WorkUnitLive


def announce(session: Session, work_unit_id: int) -> None:
    """Raise the tile version of a work unit once per transaction; the hub sends it after commit."""
    announced: set[int] = session.info.setdefault(ANNOUNCED, set())
    if work_unit_id in announced:
        return
    announced.add(work_unit_id)
    live = session.scalar(
        select(WorkUnitLive).where(WorkUnitLive.work_unit_id == work_unit_id).with_for_update()
    )
    if live is None:
        session.add(WorkUnitLive(work_unit_id=work_unit_id, version=1, tile={}))
    else:
        live.version += 1

"""Sums of shifts written before lost time was kept by reason are made again by themselves.

After an upgrade these rows say nothing about reasons. A thread of the web process sums them again
from records and facts, one shift of a work unit in a transaction of its own, and ends when none is
left. What lies in the present shift waits until it is closed.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client import Counter, Gauge
from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from mes.db import Database
from mes.features.production.live_state import LiveState
from mes.features.production.master_loading import masters
from mes.features.production.mending import closed_until, sum_again
from mes.features.production.scope import Scope
from mes.models import RollupHour, RollupShift, WorkUnitLive

PAUSE_S = 0.05
"""Real time between two shifts, so that ingest and people never wait."""
ROUND_S = 60.0
"""Real time until shifts that had to wait are looked at again."""

WAITING = Gauge("mes_rollup_shifts_old", "Shift sums still written without reasons of lost time")
SUMMED = Counter("mes_rollup_shifts_summed_again", "Shift sums made again after an upgrade")

log = logging.getLogger("mes.healing")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Shift:
    """A shift of a work unit whose sums are old."""

    unit_id: int
    day: str
    code: str


def heal(database: Database, pause: Callable[[], bool]) -> int:
    """Sum every old shift again that is closed.

    Args:
        pause: called after each shift; True: leave the rest for later.

    Returns:
        How many are old still.
    """
    after: Shift | None = None
    while True:
        with database.reading() as session:
            found = _next_old(session, after)
        if found is None:
            break
        with database.transaction() as session:
            if _summed_again(session, found):
                SUMMED.inc()
        after = found
        if pause():
            break
    with database.reading() as session:
        left = old_shifts(session)
    WAITING.set(left)
    return left


def old_shifts(session: Session) -> int:
    """How many shift sums do not say which reasons lost time had."""
    query = select(func.count()).select_from(RollupShift).where(RollupShift.reasons.is_(None))
    return session.scalar(query) or 0


def _next_old(session: Session, after: Shift | None) -> Shift | None:
    key = (RollupShift.work_unit_id, RollupShift.production_day, RollupShift.shift)
    query = select(*key).where(RollupShift.reasons.is_(None)).order_by(*key).limit(1)
    if after is not None:
        query = query.where(tuple_(*key) > (after.unit_id, after.day, after.code))
    row = session.execute(query).first()
    return None if row is None else Shift(unit_id=row[0], day=row[1], code=row[2])


def _summed_again(session: Session, shift: Shift) -> bool:
    """Sum a shift again; False: it is not closed, or its calendar was changed under it."""
    lock = select(WorkUnitLive).where(WorkUnitLive.work_unit_id == shift.unit_id)
    row = session.scalar(lock.with_for_update())
    live = LiveState.from_json(row.tile if row else None)
    first, last = session.execute(
        select(func.min(RollupHour.start), func.max(RollupHour.end)).where(
            RollupHour.work_unit_id == shift.unit_id,
            RollupHour.production_day == shift.day,
            RollupHour.shift == shift.code,
        )
    ).one()
    if live is None or first is None:
        return False
    known = masters(session)
    unit = known.work_units[shift.unit_id]
    plan = unit.plan
    cut_as_now = plan.cell_at(first).start == first and plan.cell_at(last - 1).end == last
    if last > closed_until(live) or first < live.origin or not cut_as_now:
        return False
    scope = Scope(session=session, known=known, unit=unit, covered=None)
    sum_again(scope, live, first, last)
    return True


class Healer:
    """Sums old shifts again until none is left or it is stopped."""

    def __init__(self, database: Database, pause_s: float = PAUSE_S) -> None:
        self._database = database
        self._pause_s = pause_s
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin in a thread of its own."""
        threading.Thread(target=self._run, name="healer", daemon=True).start()

    def stop(self) -> None:
        """End after the present shift; the next start goes on."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                if heal(self._database, lambda: self._stopped.wait(self._pause_s)) == 0:
                    return
            except SQLAlchemyError:  # nothing of a shift is half done; the next round goes on
                log.exception("old sums of shifts could not be made again")
            self._stopped.wait(ROUND_S)

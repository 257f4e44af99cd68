"""Projections follow the facts: deriving again whatever new facts touch, inside the transaction.

Who writes fact rows (`JobEvent`, `QuantityStatement`, `StopStatement`, `CountDecision`) calls
`facts_changed` with the work unit and the earliest instant that they speak about; ingest hands over
a `Dirty`. Both announce the work unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes import clock
from mes.core.derive.restart import statement_dirty_from
from mes.db import ANNOUNCED
from mes.features.production import facts
from mes.features.production.coverage import covered_by_source, covered_until
from mes.features.production.derivation import derive_unit
from mes.features.production.dirty import Dirty, Touched
from mes.features.production.live_state import LiveState
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.scope import Scope, last_fact_of
from mes.models import WorkUnitLive

__all__ = ["Dirty", "deferring", "derive_again", "facts_changed", "statement_from"]

DEFERRED = "work_units_to_derive"
"""Key in `Session.info` of what `deferring` collects."""


def facts_changed(session: Session, work_unit_id: int, from_us: int) -> None:
    """Derive the projections of a work unit again after people's facts were written.

    Args:
        session: of the transaction that wrote the facts; it is flushed.
        work_unit_id: the work unit the facts speak about.
        from_us: earliest instant they speak about (UTC microseconds): of a job event or quantity
            its `at` (that of the voided one too), of a stop statement `statement_from`.
    """
    session.flush()
    waiting: dict[int, int] | None = session.info.get(DEFERRED)
    if waiting is not None:
        waiting[work_unit_id] = min(from_us, waiting.get(work_unit_id, from_us))
        return
    known = masters(session)
    unit = known.work_units[work_unit_id]
    dirty = Dirty(known)
    dirty.unit(work_unit_id).touch(
        states=from_us, pieces=from_us, runs=from_us, latest=last_fact_of(session, unit)
    )
    derive_again(session, dirty)


@contextmanager
def deferring(session: Session) -> Iterator[None]:
    """Derive each work unit once at the end instead of after each of many facts.

    For loading past days: meanwhile projections lag behind the facts of this transaction.
    """
    waiting: dict[int, int] = {}
    session.info[DEFERRED] = waiting
    try:
        yield
    finally:
        del session.info[DEFERRED]
    for work_unit_id, from_us in sorted(waiting.items()):
        facts_changed(session, work_unit_id, from_us)


def statement_from(session: Session, work_unit_id: int, command_id: str) -> int | None:
    """The first instant that a stop statement just written may change; None: it changes nothing."""
    session.flush()
    found = facts.stop_statements(session, work_unit_id)
    new = next((one for one in found if one.command_id == command_id), None)
    if new is None:
        return None
    setting = masters(session).work_units[work_unit_id].setting(2**62)
    return statement_dirty_from(new, found, setting.minor_stop_limit_us)


def derive_again(session: Session, dirty: Dirty) -> None:
    """Derive every touched work unit again and announce it; others are only announced."""
    if not dirty.units and not dirty.announced:
        return
    wanted = sorted({*dirty.units, *dirty.announced})
    held = _locked(session, wanted)
    covered: dict[int, int] = {}
    if dirty.units:
        sources = {
            binding.source_id
            for unit_id in dirty.units
            for binding in dirty.known.work_units[unit_id].bindings
        }
        covered = covered_by_source(session, sources) if sources else {}
    announced: set[int] = session.info.setdefault(ANNOUNCED, set())
    for unit_id in wanted:
        row = held[unit_id]
        touched = dirty.units.get(unit_id)
        if touched is not None:
            _derive(session, dirty.known, row, touched, covered)
        if unit_id not in announced:
            announced.add(unit_id)
            row.version += 1
    session.flush()


def _derive(
    session: Session,
    known: Masters,
    row: WorkUnitLive,
    touched: Touched,
    covered: dict[int, int],
) -> None:
    unit = known.work_units[row.work_unit_id]
    live = LiveState.from_json(row.tile)
    at = touched.latest or clock.plant_now_us()
    scope = Scope(
        session=session, known=known, unit=unit, covered=covered_until(unit, covered, at) or None
    )
    found = derive_unit(scope, live, touched)
    if found is not None and found is not live:
        row.tile = found.to_json()


def _locked(session: Session, unit_ids: list[int]) -> dict[int, WorkUnitLive]:
    """The live rows, locked in order of id, made where there was none."""
    rows = {
        row.work_unit_id: row
        for row in session.scalars(
            select(WorkUnitLive)
            .where(WorkUnitLive.work_unit_id.in_(unit_ids))
            .order_by(WorkUnitLive.work_unit_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    for unit_id in unit_ids:
        if unit_id not in rows:
            rows[unit_id] = WorkUnitLive(work_unit_id=unit_id, version=0, tile={})
            session.add(rows[unit_id])
    session.flush()
    return rows

"""Projections follow the facts: deriving again whatever new facts touch, inside the transaction.

Who writes fact rows calls `entries_changed` (`QuantityStatement`), `job_events_changed`
(`JobEvent`) or `facts_changed` (any) with the work unit and the instants that they speak about;
ingest hands over a `Dirty`. All announce the work unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from mes import clock
from mes.core.derive.restart import statement_dirty_from
from mes.db import ANNOUNCED
from mes.features.production import facts
from mes.features.production.coverage import covered_by_source, covered_until
from mes.features.production.derivation import derive_unit
from mes.features.production.dirty import Dirty, Touched
from mes.features.production.hot import Hot, Quick, hot_of, keep_hot, quickly
from mes.features.production.late import note_late
from mes.features.production.live_state import LiveState
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.scope import BRIDGE_US, Scope, last_fact_of
from mes.features.production.statements import run, run_many, table
from mes.features.production.sums import (
    insert_quantities,
    insert_row,
    update_quantities,
    update_row,
)
from mes.models import WorkUnitLive

__all__ = [
    "Dirty",
    "deferring",
    "derive_again",
    "entries_changed",
    "facts_changed",
    "job_events_changed",
    "masters_changed",
    "statement_from",
]

DEFERRED = "work_units_to_derive"
"""Key in `Session.info` of what `deferring` collects."""


def facts_changed(
    session: Session, work_unit_id: int, from_us: int, corrected_until: int | None = None
) -> None:
    """Derive the projections of a work unit again after people's facts were written.

    Args:
        session: of the transaction that wrote the facts; it is flushed.
        work_unit_id: the work unit the facts speak about.
        from_us: earliest instant they speak about (UTC microseconds); of a stop statement
            `statement_from`.
        corrected_until: only stop statements were written, and nothing behind this instant follows
            from them but the end of a stop; None: that is not known.
    """
    touched = Touched(
        states=from_us,
        pieces=from_us,
        runs=from_us,
        only_readings=False,
        corrected_until=corrected_until,
    )
    _people_changed(session, work_unit_id, from_us, touched)


def entries_changed(session: Session, work_unit_id: int, instants: Iterable[int]) -> None:
    """Derive again what typed pieces touch, after these facts were written: the hours they name.

    Args:
        instants: when the pieces were made (UTC microseconds), those of voided entries and of what
            holds again too.
    """
    for at in sorted(set(instants)):
        touched = Touched(pieces=at, booked_until=at + 1, only_readings=False)
        _people_changed(session, work_unit_id, at, touched)


def job_events_changed(session: Session, work_unit_id: int, from_us: int) -> None:
    """Derive again what job events from an instant on touch, after these facts were written."""
    touched = Touched(runs=from_us, only_readings=False)
    _people_changed(session, work_unit_id, from_us, touched)


def _people_changed(session: Session, work_unit_id: int, from_us: int, touched: Touched) -> None:
    session.flush()
    waiting: dict[int, int] | None = session.info.get(DEFERRED)
    if waiting is not None:
        waiting[work_unit_id] = min(from_us, waiting.get(work_unit_id, from_us))
        return
    known = masters(session)
    touched.touch(latest=last_fact_of(session, known.work_units[work_unit_id]))
    derive_again(session, Dirty(known, {work_unit_id: touched}))


def masters_changed(session: Session, from_us: int) -> None:
    """Derive all work units again from the production day in which master data changed.

    Settings, bindings, rates and calendars hold from an instant on; what was derived behind it
    before they were written must follow them.

    Args:
        from_us: from when on the changes hold, UTC microseconds.
    """
    session.flush()
    known = masters(session)
    for unit_id in session.scalars(select(WorkUnitLive.work_unit_id)).all():
        unit = known.work_units.get(unit_id)
        if unit is not None:
            facts_changed(session, unit_id, unit.plan.day_start(from_us))


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
    unit = masters(session).work_units[work_unit_id]
    return statement_dirty_from(new, found, unit.longest_limit_us)


def derive_again(session: Session, dirty: Dirty) -> None:
    """Derive every touched work unit again and announce it; others are only announced."""
    if not dirty.units and not dirty.announced:
        return
    session.flush()
    wanted = sorted({*dirty.units, *dirty.announced})
    versions = _locked(session, wanted)
    covered = _covered(session, dirty)
    announced: set[int] = session.info.setdefault(ANNOUNCED, set())
    written = _Written(session)
    written.load(dirty.known, versions, dirty.units)
    for unit_id in wanted:
        version = versions[unit_id] + (unit_id not in announced)
        announced.add(unit_id)
        touched = dirty.units.get(unit_id)
        if touched is None:
            written.version(unit_id, version)
            continue
        unit = dirty.known.work_units[unit_id]
        at = touched.latest or clock.plant_now_us()
        scope = Scope(
            session=session,
            known=dirty.known,
            unit=unit,
            covered=covered_until(unit, covered, at) or None,
        )
        written.derive(scope, version, touched)
        published = dirty.known.published_until.get(unit_id)
        if published is not None:
            note_late(session, unit_id, touched, published, BRIDGE_US + unit.longest_limit_us)
    written.store()


class _Written:
    """Derives work units and gathers their rows, so that each table is written once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._hot: dict[int, Hot] = {}
        self._tiles: dict[int, Any] = {}
        self._live: list[dict[str, Any]] = []
        self._versions: list[dict[str, Any]] = []
        self._updates: list[dict[str, Any]] = []
        self._inserts: list[dict[str, Any]] = []

    def load(self, known: Masters, versions: Mapping[int, int], units: Iterable[int]) -> None:
        """What the last derivations left: from memory, else from the stored rows."""
        missing = []
        for unit_id in units:
            hot = hot_of(self._session, known, unit_id, versions[unit_id])
            if hot is None:
                missing.append(unit_id)
            else:
                self._hot[unit_id] = hot
        if missing:
            rows = run(self._session, _TILES, {"units": sorted(missing)})
            self._tiles = {row.work_unit_id: row.tile for row in rows}

    def derive(self, scope: Scope, version: int, touched: Touched) -> None:
        """Derive one work unit, the quick way if that will do."""
        unit_id = scope.unit.id
        hot = self._hot.get(unit_id)
        if hot is not None and touched.only_readings and touched.readings:
            quick = quickly(self._session, scope.unit, hot, touched.readings, scope.covered)
            if quick is not None:
                self._take_quick(unit_id, version, quick)
                return
        live = hot.live if hot is not None else LiveState.from_json(self._tiles.get(unit_id))
        found = derive_unit(scope, live, touched)
        if found is None:
            self.version(unit_id, version)
            return
        data = hot.data if hot is not None and found is live else found.to_json()
        self._keep(unit_id, Hot(known=scope.known, version=version, live=found, data=data))

    def version(self, unit_id: int, version: int) -> None:
        """Raise the version alone."""
        self._versions.append({"unit": unit_id, "v": version})

    def store(self) -> None:
        """Write everything."""
        run_many(self._session, _LIVE_ROW, self._live)
        run_many(self._session, _VERSION, self._versions)
        update_quantities(self._session, self._updates)
        insert_quantities(self._session, self._inserts)

    def _take_quick(self, unit_id: int, version: int, quick: Quick) -> None:
        quick.hot.version = version
        self._keep(unit_id, quick.hot)
        assert quick.hot.warm is not None, "the quick way warms an entry up"
        minutes = quick.hot.warm.minutes
        self._updates += [update_row(unit_id, key, minutes[key]) for key in quick.changed]
        self._inserts += [insert_row(unit_id, key, minutes[key]) for key in quick.new]

    def _keep(self, unit_id: int, hot: Hot) -> None:
        keep_hot(self._session, unit_id, hot)
        self._live.append({"unit": unit_id, "v": hot.version, "data": hot.data})


_LIVE = table(WorkUnitLive)
_LOCK = (
    select(_LIVE.c.work_unit_id, _LIVE.c.version)
    .where(_LIVE.c.work_unit_id.in_(bindparam("units", expanding=True)))
    .order_by(_LIVE.c.work_unit_id)
    .with_for_update()
)
_TILES = select(_LIVE.c.work_unit_id, _LIVE.c.tile).where(
    _LIVE.c.work_unit_id.in_(bindparam("units", expanding=True))
)
_OF_UNIT = _LIVE.c.work_unit_id == bindparam("unit")
_LIVE_ROW = update(_LIVE).where(_OF_UNIT).values(version=bindparam("v"), tile=bindparam("data"))
_VERSION = update(_LIVE).where(_OF_UNIT).values(version=bindparam("v"))
_NEW_ROW = insert(_LIVE)


def _covered(session: Session, dirty: Dirty) -> dict[int, int]:
    units = (dirty.known.work_units[unit_id] for unit_id in dirty.units)
    sources = {binding.source_id for unit in units for binding in unit.bindings}
    return covered_by_source(session, sources) if sources else {}


def _locked(session: Session, unit_ids: list[int]) -> dict[int, int]:
    """Versions of the live rows, locked in order of id, made where there was none."""
    rows = run(session, _LOCK, {"units": unit_ids})
    versions = {row.work_unit_id: row.version for row in rows}
    missing = [unit_id for unit_id in unit_ids if unit_id not in versions]
    run_many(session, _NEW_ROW, [{"work_unit_id": u, "version": 0, "tile": {}} for u in missing])
    return {**versions, **dict.fromkeys(missing, 0)}

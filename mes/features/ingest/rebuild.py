"""Making the projections again from the facts, and proving them equal to what is kept.

What is compared is what follows from the facts: states (start, end, state, stop start, reason,
reason source, command id), runs, minute quantities, closed hours and the tile of one moment.
Versions and surrogate ids are bookkeeping.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mes.db import Database
from mes.features.calls.store import derive_calls
from mes.features.production import facts
from mes.features.production.coverage import covered_by_source, covered_until, fresh_limit_us
from mes.features.production.derivation import derive_unit
from mes.features.production.dirty import Touched
from mes.features.production.interpret import counter_tags
from mes.features.production.live_state import LiveState
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.rows import job_runs, state_records
from mes.features.production.scope import Scope, first_fact_of, last_fact_of
from mes.features.production.statements import FOREVER, table
from mes.features.production.tile import TileInput, tile_of
from mes.features.quality.store import derive_checks
from mes.live.announce import announce
from mes.models import (
    CountSuspect,
    JobRun,
    QuantityRecord,
    RollupHour,
    RollupShift,
    StateRecord,
    WorkUnitCalls,
    WorkUnitChecks,
    WorkUnitLive,
)

DAY_US = 86_400_000_000
DIFFERENCES_SHOWN_MAX = 20
"""Most differences of a projection that are reported; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that only the kept or only the rebuilt projection has."""

    work_unit: str
    projection: str
    side: str
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What came of a rebuild; `differences` is cut, `count` is not."""

    work_units: int
    rows: int
    count: int
    differences: tuple[Difference, ...]


class _OnlyChecked(Exception):
    """Takes the rebuilt rows back."""


def rebuild(
    database: Database, now_us: int, *, check: bool = False, codes: Iterable[str] | None = None
) -> Rebuilt:
    """Make the projections of all work units again, each in a transaction of its own.

    Args:
        now_us: plant time of the tile that is compared.
        check: leave everything as it is and only compare.
        codes: of the work units; None: all, retired ones too.
    """
    with database.reading() as session:
        known = masters(session)
    wanted = sorted(known.work_unit_ids) if codes is None else sorted(set(codes))
    found: list[Difference] = []
    rows = 0
    for code in wanted:
        unit = known.work_units[known.work_unit_ids[code]]
        differences, count = _rebuild_unit(database, unit, now_us, check=check)
        found += differences
        rows += count
    return Rebuilt(
        work_units=len(wanted),
        rows=rows,
        count=len(found),
        differences=tuple(found[:DIFFERENCES_SHOWN_MAX]),
    )


def _rebuild_unit(
    database: Database, unit: WorkUnit, now_us: int, *, check: bool
) -> tuple[list[Difference], int]:
    differences: list[Difference] = []
    rows = 0
    try:
        with database.transaction() as session:
            known = masters(session)
            unit = known.work_units[unit.id]
            announce(session, unit.id)
            session.flush()
            kept = _snapshot(session, known, unit, now_us)
            _clear(session, unit.id)
            derive_all(session, known, unit, now_us)
            derive_calls(session, unit.id)
            derive_checks(session, unit.id)
            made = _snapshot(session, known, unit, now_us)
            rows = sum(len(held) for held in made.values())
            differences = list(_compare(unit.code, kept, made))
            if check:
                raise _OnlyChecked
    except _OnlyChecked:
        pass
    return differences, rows


def derive_all(session: Session, known: Masters, unit: WorkUnit, now_us: int) -> None:
    """Derive a work unit whose projections are empty, day by day."""
    first, last = first_fact_of(session, unit), last_fact_of(session, unit)
    if first is None or last is None:
        return
    sources = {binding.source_id for binding in unit.bindings}
    covered = covered_by_source(session, sources) if sources else {}
    live: LiveState | None = None
    begin = first
    while begin <= last:
        until = begin + DAY_US if begin + 2 * DAY_US <= last else None
        scope = Scope(
            session=session,
            known=known,
            unit=unit,
            covered=covered_until(unit, covered, now_us) or None,
            until=until,
        )
        gaps = facts.facts_reaching_back(session, counter_tags(unit), begin)
        touched = Touched(
            states=begin,
            pieces=min([begin, *(row.gap_from for row in gaps if row.gap_from is not None)]),
            runs=begin,
            latest=last_fact_of(session, unit, until),
        )
        live = derive_unit(scope, live, touched)
        begin = last + 1 if until is None else until
    row = session.get(WorkUnitLive, unit.id)
    if row is not None:
        row.tile = {} if live is None else live.to_json()
    session.flush()


def _clear(session: Session, unit_id: int) -> None:
    for model in (StateRecord, JobRun, QuantityRecord, CountSuspect, RollupHour, RollupShift):
        rows = table(model)
        session.execute(delete(rows).where(rows.c.work_unit_id == unit_id))
    row = session.get(WorkUnitLive, unit_id)
    if row is not None:
        row.tile = {}
    calls = session.get(WorkUnitCalls, unit_id)
    if calls is not None:
        calls.calls = []
    checks = session.get(WorkUnitChecks, unit_id)
    if checks is not None:
        checks.jobs = {}
    session.flush()


Snapshot = dict[str, list[str]]


def _snapshot(session: Session, known: Masters, unit: WorkUnit, now_us: int) -> Snapshot:
    row = session.get(WorkUnitLive, unit.id)
    live = LiveState.from_json(row.tile if row else None)
    quantities, cells = table(QuantityRecord), table(RollupHour)
    suspects = table(CountSuspect)
    calls = session.get(WorkUnitCalls, unit.id)
    checks = session.get(WorkUnitChecks, unit.id)
    return {
        "work_unit_checks": [repr(one) for one in (checks.jobs if checks else {}).items()],
        "work_unit_calls": [repr(one) for one in (calls.calls if calls else ())],
        "state_record": [repr(one) for one in state_records(session, unit.id, -FOREVER)],
        "job_run": [repr(one) for one in job_runs(session, unit.id, -FOREVER)],
        "quantity_record": [
            repr(tuple(one[2:]))
            for one in session.execute(
                select(quantities)
                .where(quantities.c.work_unit_id == unit.id)
                .order_by(quantities.c.minute, quantities.c.job_order_id, quantities.c.material_id)
            )
        ],
        "rollup_hour": [
            repr(tuple(one[1:]))
            for one in session.execute(
                select(cells)
                .where(cells.c.work_unit_id == unit.id)
                .order_by(cells.c.start, cells.c.job_order_id, cells.c.material_id)
            )
        ],
        "count_suspect": [
            repr(tuple(one[2:]))
            for one in session.execute(
                select(suspects)
                .where(suspects.c.work_unit_id == unit.id)
                .order_by(suspects.c.at, suspects.c.tag_id, suspects.c.since)
            )
        ],
        "work_unit_live": _tile_lines(session, known, unit, live, now_us),
    }


def _tile_lines(
    session: Session, known: Masters, unit: WorkUnit, live: LiveState | None, now_us: int
) -> list[str]:
    sources = {binding.source_id for binding in unit.bindings}
    given = TileInput(
        unit=unit,
        version=0,
        live=live,
        covered=covered_until(unit, covered_by_source(session, sources) if sources else {}, now_us),
        now=now_us,
        fresh_limit_us=fresh_limit_us(),
        links=(),
        jobs={},
    )
    tile: dict[str, Any] = tile_of(given, known)
    jobs = None if live is None else sorted(live.jobs)
    return [f"{key}={value!r}" for key, value in sorted(tile.items())] + [f"jobs={jobs!r}"]


def _compare(unit: str, kept: Snapshot, made: Snapshot) -> Iterable[Difference]:
    for projection, rows in made.items():
        before = kept[projection]
        if projection == "rollup_hour":  # how far hours are closed is bookkeeping
            both = min(len(before), len(rows))
            before, rows = before[:both], rows[:both]
        held, rebuilt = set(before), set(rows)
        for side, only in (("kept", held - rebuilt), ("rebuilt", rebuilt - held)):
            for row in sorted(only):
                yield Difference(work_unit=unit, projection=projection, side=side, row=row[:500])

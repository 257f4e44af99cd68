"""Reading and writing projection rows: only what differs is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from mes.core.derive.records import StateRecord
from mes.core.derive.runs import Item, JobRun
from mes.core.exact import Number
from mes.core.tally import Tally
from mes.features.production.bookings import NO_JOB, Booking
from mes.features.production.cases import exact_rate
from mes.features.production.facts import exact
from mes.features.production.live_state import record_from_json
from mes.features.production.plan import Cell
from mes.features.production.standstill import MINUTE_US
from mes.models import JobRun as JobRunRow
from mes.models import QuantityRecord, RollupHour
from mes.models import StateRecord as StateRow

_STATE_COLUMNS = (
    StateRow.start,
    StateRow.end,
    StateRow.state,
    StateRow.stop_start,
    StateRow.reason,
    StateRow.reason_source,
    StateRow.command_id,
)


def table(model: Any) -> Table:
    """The table of a model, for statements without the ORM."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


def state_records(
    session: Session, unit_id: int, start: int, end: int | None = None
) -> list[StateRecord]:
    """The state records that overlap [start, end), in order; end None: all from `start` on."""
    query = (
        select(*_STATE_COLUMNS)
        .where(StateRow.work_unit_id == unit_id, or_(StateRow.end.is_(None), StateRow.end > start))
        .order_by(StateRow.start)
    )
    if end is not None:
        query = query.where(StateRow.start < end)
    return [record_from_json(row) for row in session.execute(query)]


def records_with_context(
    session: Session, unit_id: int, start: int, end: int | None = None
) -> list[StateRecord]:
    """The records that overlap [start, end) and the whole standstills at both ends of it."""
    first = session.scalar(
        select(func.max(StateRow.start)).where(
            StateRow.work_unit_id == unit_id,
            StateRow.start < start,
            StateRow.state.in_(("running", "unknown")),
        )
    )
    last = None
    if end is not None:
        last = session.scalar(
            select(func.min(StateRow.end)).where(
                StateRow.work_unit_id == unit_id,
                StateRow.end > end,
                StateRow.state.in_(("running", "unknown")),
            )
        )
    records = state_records(session, unit_id, start if first is None else first, last)
    if first is None:
        earlier = select(*_STATE_COLUMNS).where(
            StateRow.work_unit_id == unit_id, StateRow.end <= start
        )
        rows = session.execute(earlier.order_by(StateRow.start))
        records = [*(record_from_json(row) for row in rows), *records]
    return records


def records_from(session: Session, unit_id: int, before: int) -> tuple[list[StateRecord], bool]:
    """Enough records to derive again from `before`, and whether they begin with the first one."""
    row = session.execute(
        select(StateRow.start, StateRow.stop_start)
        .where(StateRow.work_unit_id == unit_id, StateRow.start < before)
        .order_by(StateRow.start.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return state_records(session, unit_id, -(2**62)), True
    begin = row.start if row.stop_start is None else row.stop_start
    query = (
        select(*_STATE_COLUMNS)
        .where(StateRow.work_unit_id == unit_id, StateRow.start >= begin)
        .order_by(StateRow.start)
    )
    return [record_from_json(found) for found in session.execute(query)], False


def replace_records(
    session: Session, unit_id: int, old: Sequence[StateRecord], new: Sequence[StateRecord]
) -> int | None:
    """Write the difference of two lists of records.

    Returns:
        The first instant at which they differ; None: they are equal.
    """
    common = 0
    while common < min(len(old), len(new)) and old[common] == new[common]:
        common += 1
    if common == len(old) == len(new):
        return None
    changed = _first_difference(old[common:], new[common:])
    states = table(StateRow)
    kept: dict[int, StateRecord] = {record.start: record for record in new[common:]}
    gone = [record.start for record in old[common:] if record.start not in kept]
    if gone:
        session.execute(
            delete(states).where(
                states.c.work_unit_id == unit_id, states.c.start == bindparam("at")
            ),
            [{"at": start} for start in gone],
        )
    before = {record.start: record for record in old[common:]}
    changes = [r for r in new[common:] if r.start in before and before[r.start] != r]
    if changes:
        session.execute(
            update(states)
            .where(states.c.work_unit_id == unit_id, states.c.start == bindparam("at"))
            .values({name: bindparam(f"b_{name}") for name in _VALUES}),
            [{"at": r.start, **{f"b_{k}": v for k, v in _values(r).items()}} for r in changes],
        )
    added = [r for r in new[common:] if r.start not in before]
    if added:
        session.execute(
            insert(states),
            [{"work_unit_id": unit_id, "start": r.start, **_values(r)} for r in added],
        )
    return changed


_VALUES = ("end", "state", "stop_start", "reason", "reason_source", "command_id")


def _values(record: StateRecord) -> dict[str, Any]:
    return {
        "end": record.end,
        "state": record.state.value,
        "stop_start": record.stop_start,
        "reason": record.reason,
        "reason_source": None if record.reason_source is None else record.reason_source.value,
        "command_id": record.command_id,
    }


def _first_difference(old: Sequence[StateRecord], new: Sequence[StateRecord]) -> int:
    starts = [records[0].start for records in (old, new) if records]
    if len(starts) == 2 and starts[0] == starts[1]:
        one, other = old[0], new[0]
        same = (one.state, one.reason, one.stop_start, one.reason_source, one.command_id) == (
            other.state,
            other.reason,
            other.stop_start,
            other.reason_source,
            other.command_id,
        )
        if same:
            return min(end for end in (one.end, other.end) if end is not None)
    return min(starts)


def job_runs(session: Session, unit_id: int, start: int, end: int | None = None) -> list[JobRun]:
    """The runs that overlap [start, end), in order; end None: all from `start` on."""
    query = (
        select(JobRunRow)
        .where(
            JobRunRow.work_unit_id == unit_id, or_(JobRunRow.end.is_(None), JobRunRow.end > start)
        )
        .order_by(JobRunRow.start, JobRunRow.id)
    )
    if end is not None:
        query = query.where(JobRunRow.start < end)
    return [
        JobRun(
            job=row.job_order_id,
            item=None
            if row.material_id is None
            else Item(
                material=row.material_id,
                ideal_cycle_s=row.ideal_cycle_s,
                pieces_per_cycle=row.pieces_per_cycle,
            ),
            start=row.start,
            end=row.end,
        )
        for row in session.scalars(query)
    ]


def replace_runs(
    session: Session, unit_id: int, old: Sequence[JobRun], new: Sequence[JobRun]
) -> int | None:
    """Write the difference of two lists of runs; returns the first instant at which they differ."""
    gone = [run for run in old if run not in new]
    added = [run for run in new if run not in old]
    if not gone and not added:
        return None
    runs = table(JobRunRow)
    for run in gone:
        session.execute(
            delete(runs).where(
                runs.c.work_unit_id == unit_id,
                runs.c.start == run.start,
                runs.c.job_order_id.is_(None)
                if run.job is None
                else runs.c.job_order_id == run.job,
            )
        )
    if added:
        session.execute(insert(runs), [_run_values(unit_id, run) for run in added])
    shared = {(run.job, run.start, run.item): run.end for run in gone}
    edges = [run.start for run in gone + added]
    for run in added:
        if (run.job, run.start, run.item) in shared:
            ends = [e for e in (run.end, shared[(run.job, run.start, run.item)]) if e is not None]
            edges = [edge for edge in edges if edge != run.start] + [min(ends)]
    return min(edges)


def _run_values(unit_id: int, run: JobRun) -> dict[str, Any]:
    item = run.item
    return {
        "work_unit_id": unit_id,
        "job_order_id": run.job,
        "material_id": None if item is None else item.material,
        "ideal_cycle_s": None if item is None else exact_rate(item.ideal_cycle_s),
        "pieces_per_cycle": 1 if item is None else int(item.pieces_per_cycle),
        "start": run.start,
        "end": run.end,
    }


QuantityKey = tuple[int, int, int]
QuantityValues = tuple[Decimal, Decimal, Decimal, Decimal, Decimal]


def replace_quantities(
    session: Session, unit_id: int, since: int, bookings: Iterable[Booking]
) -> None:
    """Make the minute rows from `since` (a whole minute) on say what the bookings say."""
    quantities = table(QuantityRecord)
    held = {
        (row.minute, row.job_order_id, row.material_id): (
            row.good,
            row.scrap,
            row.rework,
            row.startup_scrap,
            row.estimated,
        )
        for row in session.execute(
            select(
                quantities.c.minute,
                quantities.c.job_order_id,
                quantities.c.material_id,
                quantities.c.good,
                quantities.c.scrap,
                quantities.c.rework,
                quantities.c.startup_scrap,
                quantities.c.estimated,
            ).where(quantities.c.work_unit_id == unit_id, quantities.c.minute >= since)
        )
    }
    wanted = _minutes(bookings)
    names = ("good", "scrap", "rework", "startup_scrap", "estimated")
    key = (
        (quantities.c.work_unit_id == unit_id)
        & (quantities.c.minute == bindparam("k_minute"))
        & (quantities.c.job_order_id == bindparam("k_job"))
        & (quantities.c.material_id == bindparam("k_item"))
    )
    gone = [_key(found) for found in held if found not in wanted]
    if gone:
        session.execute(delete(quantities).where(key), gone)
    changes = [found for found in wanted if found in held and held[found] != wanted[found]]
    if changes:
        session.execute(
            update(quantities).where(key).values({name: bindparam(f"b_{name}") for name in names}),
            [
                {
                    **_key(found),
                    **{f"b_{n}": v for n, v in zip(names, wanted[found], strict=True)},
                }
                for found in changes
            ],
        )
    added = [found for found in wanted if found not in held]
    if added:
        session.execute(
            insert(quantities),
            [
                {
                    "work_unit_id": unit_id,
                    "minute": found[0],
                    "job_order_id": found[1],
                    "material_id": found[2],
                    **dict(zip(names, wanted[found], strict=True)),
                }
                for found in added
            ],
        )


def _key(found: QuantityKey) -> dict[str, int]:
    return {"k_minute": found[0], "k_job": found[1], "k_item": found[2]}


def _minutes(bookings: Iterable[Booking]) -> dict[QuantityKey, QuantityValues]:
    sums: dict[QuantityKey, list[Number]] = {}
    for one in bookings:
        key = (one.at - one.at % MINUTE_US, one.job, one.material_id)
        held = sums.setdefault(key, [0, 0, 0, 0, 0])
        held[0] += one.good
        held[1] += one.scrap
        held[2] += one.rework
        held[3] += one.startup_scrap
        if one.estimated:
            held[4] += one.good + one.scrap + one.rework
    return {
        key: (_stored(v[0]), _stored(v[1]), _stored(v[2]), _stored(v[3]), _stored(v[4]))
        for key, v in sums.items()
        if any(v)
    }


def _stored(value: Number) -> Decimal:
    """A quantity with at most six places, as the column keeps it."""
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(round(value * 1_000_000)) / 1_000_000


def job_sums(
    session: Session, unit_id: int, jobs: Iterable[int], before: int
) -> dict[int, tuple[Number, Number, Number]]:
    """Good, scrap and rework of jobs on a work unit before an instant (a whole minute)."""
    wanted = sorted(job for job in set(jobs) if job != NO_JOB)
    if not wanted:
        return {}
    result: dict[int, tuple[Number, Number, Number]] = dict.fromkeys(wanted, (0, 0, 0))
    rows = session.execute(
        select(
            QuantityRecord.job_order_id,
            func.sum(QuantityRecord.good),
            func.sum(QuantityRecord.scrap),
            func.sum(QuantityRecord.rework),
        )
        .where(
            QuantityRecord.work_unit_id == unit_id,
            QuantityRecord.job_order_id.in_(wanted),
            QuantityRecord.minute < before,
        )
        .group_by(QuantityRecord.job_order_id)
    )
    for job, good, scrap, rework in rows:
        result[job] = (exact(good), exact(scrap), exact(rework))
    return result


def rollup_sum(session: Session, unit_id: int, start: int, end: int) -> Tally:
    """The sum of the hour cells inside [start, end)."""
    total = Tally()
    for row in session.scalars(
        select(RollupHour.tally).where(
            RollupHour.work_unit_id == unit_id,
            RollupHour.start >= start,
            RollupHour.end <= end,
        )
    ):
        total += Tally.from_json(row)
    return total


def delete_rollups(session: Session, unit_id: int, since: int) -> None:
    """Take away the hour cells that end after an instant."""
    cells = table(RollupHour)
    session.execute(delete(cells).where(cells.c.work_unit_id == unit_id, cells.c.end > since))


def insert_rollups(session: Session, unit_id: int, sums: Sequence[tuple[Cell, Tally]]) -> None:
    """Write closed hour cells."""
    if sums:
        session.execute(
            insert(table(RollupHour)),
            [
                {
                    "work_unit_id": unit_id,
                    "start": cell.start,
                    "end": cell.end,
                    "production_day": cell.production_day.isoformat(),
                    "shift": cell.shift,
                    "tally": tally.to_json(),
                }
                for cell, tally in sums
            ],
        )

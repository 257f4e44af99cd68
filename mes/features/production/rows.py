"""Reading and writing state records and runs: only what differs is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from mes.core.derive.records import StateRecord
from mes.core.derive.runs import Item, JobRun
from mes.features.production.cases import exact_rate
from mes.features.production.live_state import record_from_json
from mes.features.production.statements import FOREVER, run, run_many, table
from mes.models import JobRun as JobRunRow
from mes.models import StateRecord as StateRow

_STATES = table(StateRow)
_STATE_COLUMNS = (
    _STATES.c.start,
    _STATES.c.end,
    _STATES.c.state,
    _STATES.c.stop_start,
    _STATES.c.reason,
    _STATES.c.reason_source,
    _STATES.c.command_id,
)
_OF_UNIT = _STATES.c.work_unit_id == bindparam("unit")
_MOVING = _STATES.c.state.in_(("running", "unknown")) & _STATES.c.stop_start.is_(None)
_RECORDS = (
    select(*_STATE_COLUMNS)
    .where(
        _OF_UNIT,
        or_(_STATES.c.end.is_(None), _STATES.c.end > bindparam("start")),
        _STATES.c.start < bindparam("end"),
    )
    .order_by(_STATES.c.start)
)
_RECORDS_FROM = (
    select(*_STATE_COLUMNS)
    .where(_OF_UNIT, _STATES.c.start >= bindparam("start"), _STATES.c.start < bindparam("end"))
    .order_by(_STATES.c.start)
)
_LAST_BEFORE = (
    select(_STATES.c.start, _STATES.c.stop_start)
    .where(_OF_UNIT, _STATES.c.start < bindparam("before"))
    .order_by(_STATES.c.start.desc())
    .limit(1)
)
_LAST_MOVING = (
    select(_STATES.c.start)
    .where(_OF_UNIT, _STATES.c.start < bindparam("before"), _MOVING)
    .order_by(_STATES.c.start.desc())
    .limit(1)
)
_NEXT_MOVING = (
    select(_STATES.c.start)
    .where(_OF_UNIT, _STATES.c.start >= bindparam("after"), _MOVING)
    .order_by(_STATES.c.start)
    .limit(1)
)
_VALUES = ("end", "state", "stop_start", "reason", "reason_source", "command_id")
_AT = _STATES.c.start == bindparam("at")
_DELETE_RECORD = delete(_STATES).where(_OF_UNIT, _AT)
_UPDATE_RECORD = (
    update(_STATES).where(_OF_UNIT, _AT).values({name: bindparam(f"b_{name}") for name in _VALUES})
)
_INSERT_RECORD = insert(_STATES)


def state_records(
    session: Session, unit_id: int, start: int, end: int | None = None
) -> list[StateRecord]:
    """The state records that overlap [start, end), in order; end None: all from `start` on."""
    given = {"unit": unit_id, "start": start, "end": FOREVER if end is None else end}
    return [record_from_json(row) for row in run(session, _RECORDS, given)]


def records_with_context(
    session: Session, unit_id: int, start: int, end: int | None = None
) -> list[StateRecord]:
    """The records that overlap [start, end) and the whole standstills at both ends of it."""
    first = run(session, _LAST_MOVING, {"unit": unit_id, "before": start}).scalar()
    last = FOREVER
    if end is not None:
        following = run(session, _NEXT_MOVING, {"unit": unit_id, "after": end}).scalar()
        last = FOREVER if following is None else following + 1
    given = {"unit": unit_id, "start": -FOREVER if first is None else first, "end": last}
    return [record_from_json(row) for row in run(session, _RECORDS_FROM, given)]


def records_from(
    session: Session, unit_id: int, before: int, end: int = FOREVER
) -> tuple[list[StateRecord], bool]:
    """Enough records to derive again from `before`, and whether they begin with the first one.

    Args:
        end: those that start from there on are left out.
    """
    row = run(session, _LAST_BEFORE, {"unit": unit_id, "before": before}).one_or_none()
    begin = -FOREVER
    if row is not None:
        begin = row.start if row.stop_start is None else row.stop_start
    given = {"unit": unit_id, "start": begin, "end": end}
    return [record_from_json(found) for found in run(session, _RECORDS_FROM, given)], row is None


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
    before = {record.start: record for record in old[common:]}
    after = {record.start: record for record in new[common:]}
    run_many(
        session,
        _DELETE_RECORD,
        [{"unit": unit_id, "at": start} for start in before if start not in after],
    )
    run_many(
        session,
        _UPDATE_RECORD,
        [
            {"unit": unit_id, "at": r.start, **{f"b_{k}": v for k, v in _values(r).items()}}
            for r in after.values()
            if r.start in before and before[r.start] != r
        ],
    )
    run_many(
        session,
        _INSERT_RECORD,
        [
            {"work_unit_id": unit_id, "start": r.start, **_values(r)}
            for r in after.values()
            if r.start not in before
        ],
    )
    return _first_difference(old[common:], new[common:])


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


_RUNS = table(JobRunRow)
_RUNS_IN = (
    select(_RUNS)
    .where(
        _RUNS.c.work_unit_id == bindparam("unit"),
        or_(_RUNS.c.end.is_(None), _RUNS.c.end > bindparam("start")),
        _RUNS.c.start < bindparam("end"),
    )
    .order_by(_RUNS.c.start, _RUNS.c.id)
)


_RUNS_OF_JOB = (
    select(_RUNS)
    .where(_RUNS.c.work_unit_id == bindparam("unit"), _RUNS.c.job_order_id == bindparam("job"))
    .order_by(_RUNS.c.start, _RUNS.c.id)
)


def job_runs(session: Session, unit_id: int, start: int, end: int | None = None) -> list[JobRun]:
    """The runs that overlap [start, end), in order; end None: all from `start` on."""
    given = {"unit": unit_id, "start": start, "end": FOREVER if end is None else end}
    return [_run(row) for row in run(session, _RUNS_IN, given)]


def runs_of_job(session: Session, unit_id: int, job: int) -> list[JobRun]:
    """All runs of a job on a work unit, in order."""
    return [_run(row) for row in run(session, _RUNS_OF_JOB, {"unit": unit_id, "job": job})]


def _run(row: Any) -> JobRun:
    return JobRun(
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


def replace_runs(
    session: Session, unit_id: int, old: Sequence[JobRun], new: Sequence[JobRun]
) -> None:
    """Write the difference of two lists of runs."""
    gone = [one for one in old if one not in new]
    added = [one for one in new if one not in old]
    for one in gone:
        of_job = (
            _RUNS.c.job_order_id.is_(None) if one.job is None else _RUNS.c.job_order_id == one.job
        )
        query = delete(_RUNS).where(
            _RUNS.c.work_unit_id == unit_id, _RUNS.c.start == one.start, of_job
        )
        run(session, query, {})
    run_many(session, insert(_RUNS), [_run_values(unit_id, one) for one in added])


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

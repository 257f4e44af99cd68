"""Reading and writing minute quantities: only what differs is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from mes.core.exact import Number
from mes.features.production.bookings import NO_JOB, Booking
from mes.features.production.facts import exact
from mes.features.production.standstill import MINUTE_US
from mes.features.production.statements import FOREVER, run, run_many, table
from mes.models import QuantityRecord

QuantityKey = tuple[int, int, int]

_NAMES = ("good", "scrap", "rework", "startup_scrap", "estimated")
_QUANTITIES = table(QuantityRecord)
_HELD = select(
    _QUANTITIES.c.minute,
    _QUANTITIES.c.job_order_id,
    _QUANTITIES.c.material_id,
    *(_QUANTITIES.c[name] for name in _NAMES),
).where(
    _QUANTITIES.c.work_unit_id == bindparam("unit"),
    _QUANTITIES.c.minute >= bindparam("since"),
    _QUANTITIES.c.minute < bindparam("until"),
)
_KEY = (
    (_QUANTITIES.c.work_unit_id == bindparam("k_unit"))
    & (_QUANTITIES.c.minute == bindparam("k_minute"))
    & (_QUANTITIES.c.job_order_id == bindparam("k_job"))
    & (_QUANTITIES.c.material_id == bindparam("k_item"))
)
_DELETE = delete(_QUANTITIES).where(_KEY)
_UPDATE = update(_QUANTITIES).where(_KEY).values({name: bindparam(f"b_{name}") for name in _NAMES})
_INSERT = insert(_QUANTITIES)


def replace_quantities(
    session: Session,
    unit_id: int,
    since: int,
    bookings: Iterable[Booking],
    until: int = FOREVER,
) -> None:
    """Make the minute rows of [since, until), both whole minutes, say what the bookings say."""
    held = {
        (row[0], row[1], row[2]): tuple(row[3:8])
        for row in run(session, _HELD, {"unit": unit_id, "since": since, "until": until})
    }
    sums: dict[QuantityKey, list[Number]] = {}
    add_to_minutes(sums, bookings)
    wanted = {key: _stored_all(values) for key, values in sums.items() if any(values)}
    delete_quantities(session, [_key(unit_id, key) for key in held if key not in wanted])
    update_quantities(
        session,
        [
            update_row(unit_id, key, sums[key])
            for key, values in wanted.items()
            if key in held and held[key] != values
        ],
    )
    insert_quantities(
        session, [insert_row(unit_id, key, sums[key]) for key in wanted if key not in held]
    )


def held_minutes(session: Session, unit_id: int, since: int) -> dict[QuantityKey, list[Number]]:
    """The minute rows from `since` on as exact numbers."""
    return {
        (row[0], row[1], row[2]): [exact(value) for value in row[3:8]]
        for row in run(session, _HELD, {"unit": unit_id, "since": since, "until": FOREVER})
    }


def add_to_minutes(
    sums: dict[QuantityKey, list[Number]], bookings: Iterable[Booking]
) -> set[QuantityKey]:
    """Add bookings to sums by minute, job and item; returns the keys that were touched."""
    touched = set()
    for one in bookings:
        key = (one.at - one.at % MINUTE_US, one.job, one.material_id)
        touched.add(key)
        held = sums.setdefault(key, [0, 0, 0, 0, 0])
        held[0] += one.good
        held[1] += one.scrap
        held[2] += one.rework
        held[3] += one.startup_scrap
        if one.estimated:
            held[4] += one.good + one.scrap + one.rework
    return touched


def delete_quantities(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Take minute rows away by their key."""
    run_many(session, _DELETE, rows)


def update_quantities(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows made by `update_row`."""
    run_many(session, _UPDATE, rows)


def insert_quantities(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows made by `insert_row`."""
    run_many(session, _INSERT, rows)


def update_row(unit_id: int, key: QuantityKey, values: Sequence[Number]) -> dict[str, Any]:
    """A minute row that is there already."""
    stored = _stored_all(values)
    return {
        **_key(unit_id, key),
        **{f"b_{name}": value for name, value in zip(_NAMES, stored, strict=True)},
    }


def insert_row(unit_id: int, key: QuantityKey, values: Sequence[Number]) -> dict[str, Any]:
    """A new minute row."""
    return {
        "work_unit_id": unit_id,
        "minute": key[0],
        "job_order_id": key[1],
        "material_id": key[2],
        **dict(zip(_NAMES, _stored_all(values), strict=True)),
    }


def _key(unit_id: int, key: QuantityKey) -> dict[str, int]:
    return {"k_unit": unit_id, "k_minute": key[0], "k_job": key[1], "k_item": key[2]}


def _stored_all(values: Sequence[Number]) -> tuple[Decimal, ...]:
    return tuple(_stored(value) for value in values)


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

"""Reading the live tiles: three selects for any number of work units."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.orm import Session

from mes.core.exact import Number, parse_number
from mes.features.production.coverage import covered_until, fresh_limit_us
from mes.features.production.hot import hot_of
from mes.features.production.live_state import LiveState
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.statements import run
from mes.features.production.tile import JobInfo, LinkInfo, TileInput, tile_of
from mes.features.production.tile_calls import calls_from
from mes.models import (
    JobOrder,
    QuantityRecord,
    SourceStatus,
    SourceStream,
    WorkOrder,
    WorkUnitCalls,
    WorkUnitLive,
)

_LOADED = ("running", "paused")


_LIVE_ROWS = (
    select(
        WorkUnitLive.work_unit_id,
        WorkUnitLive.version,
        cast(WorkUnitLive.tile, Text),
        JobOrder.id,
        JobOrder.number,
        JobOrder.state,
        JobOrder.quantity,
        JobOrder.material_id,
        WorkOrder.number,
        WorkOrder.due_at,
        WorkUnitCalls.calls,
    )
    .outerjoin(
        JobOrder,
        (JobOrder.work_unit_id == WorkUnitLive.work_unit_id) & JobOrder.state.in_(_LOADED),
    )
    .outerjoin(WorkOrder, WorkOrder.id == JobOrder.order_id)
    .outerjoin(WorkUnitCalls, WorkUnitCalls.work_unit_id == WorkUnitLive.work_unit_id)
    .where(WorkUnitLive.work_unit_id.in_(bindparam("units", expanding=True)))
)
_COVERED = (
    select(func.max(SourceStream.covered_until))
    .where(SourceStream.source_id == SourceStatus.source_id, SourceStream.stream == "event")
    .correlate(SourceStatus)
    .scalar_subquery()
)
_SOURCES = select(
    SourceStatus.source_id, SourceStatus.link, SourceStatus.last_data_at, _COVERED
).where(SourceStatus.source_id.in_(bindparam("sources", expanding=True)))


def tiles(session: Session, work_units: Sequence[int] | None, now_us: int) -> list[dict[str, Any]]:
    """The live tiles of work units at the present.

    Args:
        work_units: ids; None: all that are not retired.
        now_us: present plant time, UTC microseconds.

    Returns:
        Whole tiles in plant order; unknown ids are left out.
    """
    known = masters(session)
    return [tile_of(given, known) for given in tile_inputs(session, known, work_units, now_us)]


def tile_inputs(
    session: Session, known: Masters, work_units: Sequence[int] | None, now_us: int
) -> list[TileInput]:
    """What the tiles of work units are made of: two selects besides the master data."""
    ids = (
        known.work_units if work_units is None else [i for i in work_units if i in known.work_units]
    )
    units = known.active_work_units(ids)
    if not units:
        return []
    live, jobs = _live_rows(session, [unit.id for unit in units])
    sources = {binding.source_id for unit in units for binding in unit.bindings}
    covered, links = _sources(session, known, sources)
    limit = fresh_limit_us()
    result = []
    for unit in units:
        version, data, calls = live.get(unit.id, (0, None, None))
        hot = hot_of(session, known, unit.id, version)
        present_sources = sorted(unit.source_ids(now_us))
        result.append(
            TileInput(
                unit=unit,
                version=version,
                live=hot.live if hot else LiveState.from_json(json.loads(data) if data else None),
                covered=covered_until(unit, covered, now_us),
                now=now_us,
                fresh_limit_us=limit,
                links=[links[s] for s in present_sources],
                jobs=jobs.get(unit.id, {}),
                calls=calls_from(calls),
            )
        )
    return result


def _live_rows(
    session: Session, ids: Sequence[int]
) -> tuple[dict[int, tuple[int, Any, Any]], dict[int, dict[int, JobInfo]]]:
    rows = run(session, _LIVE_ROWS, {"units": list(ids)})
    live: dict[int, tuple[int, Any, Any]] = {}
    jobs: dict[int, dict[int, JobInfo]] = defaultdict(dict)
    for unit, version, data, job, number, state, quantity, material, order, due, calls in rows:
        live[unit] = (version, data, calls)
        if job is not None:
            jobs[unit][job] = JobInfo(
                order=order,
                job_order=number,
                material_id=material,
                ordered=parse_number(quantity),
                due=due,
                paused=state == "paused",
            )
    return live, jobs


def _sources(
    session: Session, known: Masters, ids: Iterable[int]
) -> tuple[dict[int, int], Mapping[int, LinkInfo]]:
    """What sources cover, and their links; one that never spoke has an empty link."""
    links = {
        s: LinkInfo(source=known.sources[s].code, link={}, last_data_at=None) for s in set(ids)
    }
    if not links:
        return {}, links
    covered: dict[int, int] = {}
    rows = run(session, _SOURCES, {"sources": sorted(links)})
    for source_id, link, last_data, until in rows:
        links[source_id] = LinkInfo(
            source=known.sources[source_id].code, link=link or {}, last_data_at=last_data
        )
        known_until = until if until is not None else last_data
        if known_until is not None:
            covered[source_id] = known_until
    return covered, links


def job_quantities(
    session: Session, jobs: Iterable[int]
) -> dict[int, tuple[Number, Number, Number]]:
    """Good, scrap and rework that belong to jobs, by job id; jobs without pieces have zeros."""
    wanted = sorted(set(jobs))
    result: dict[int, tuple[Number, Number, Number]] = dict.fromkeys(wanted, (0, 0, 0))
    rows = session.execute(
        select(
            QuantityRecord.job_order_id,
            func.sum(QuantityRecord.good),
            func.sum(QuantityRecord.scrap),
            func.sum(QuantityRecord.rework),
        )
        .where(QuantityRecord.job_order_id.in_(wanted))
        .group_by(QuantityRecord.job_order_id)
    )
    for job, good, scrap, rework in rows:
        result[job] = (parse_number(good), parse_number(scrap), parse_number(rework))
    return result

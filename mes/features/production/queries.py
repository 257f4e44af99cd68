"""Reading the live tiles: three selects for any number of work units."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
from mes.features.production.tile import TileInput, tile_of
from mes.features.production.tile_calls import calls_from
from mes.features.production.tile_jobs import JobInfo
from mes.features.production.tile_links import LinkInfo
from mes.models import (
    JobOrder,
    QuantityRecord,
    SourceStatus,
    SourceStream,
    StateRecord,
    WorkOrder,
    WorkUnitCalls,
    WorkUnitChecks,
    WorkUnitLive,
)

_LOADED = ("running", "paused")
_NEVER = 2**62
ENDED_US = 4 * 3600 * 1_000_000
"""How long a job that ended waits on the tile for the check of its last piece."""
RAN_US = 7 * 24 * 3600 * 1_000_000
"""How far back running time counts for a check by time."""
_RAN = (
    select(
        func.aggregate_strings(
            cast(StateRecord.start, Text).concat(":").concat(cast(StateRecord.end, Text)), ","
        )
    )
    .where(
        StateRecord.work_unit_id == JobOrder.work_unit_id,
        StateRecord.state == "running",
        StateRecord.end > bindparam("ran_since"),
        StateRecord.end > JobOrder.started_at,
    )
    .correlate(JobOrder)
    .scalar_subquery()
)


_LIVE_ROWS = (
    select(
        WorkUnitLive.work_unit_id,
        WorkUnitLive.version,
        cast(WorkUnitLive.tile, Text),
        WorkUnitCalls.calls,
        WorkUnitChecks.jobs,
        JobOrder.id,
        JobOrder.number,
        JobOrder.state,
        JobOrder.quantity,
        JobOrder.material_id,
        WorkOrder.number,
        WorkOrder.due_at,
        JobOrder.segment,
        JobOrder.started_at,
        JobOrder.ended_at,
        _RAN,
    )
    .outerjoin(
        JobOrder,
        (JobOrder.work_unit_id == WorkUnitLive.work_unit_id)
        & (
            JobOrder.state.in_(_LOADED)
            | ((JobOrder.state == "completed") & (JobOrder.ended_at > bindparam("ended_since")))
        ),
    )
    .outerjoin(WorkOrder, WorkOrder.id == JobOrder.order_id)
    .outerjoin(WorkUnitCalls, WorkUnitCalls.work_unit_id == WorkUnitLive.work_unit_id)
    .outerjoin(WorkUnitChecks, WorkUnitChecks.work_unit_id == WorkUnitLive.work_unit_id)
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
    rows = _live_rows(session, known, [unit.id for unit in units], now_us)
    sources = {binding.source_id for unit in units for binding in unit.bindings}
    covered, links = _sources(session, known, sources)
    limit = fresh_limit_us()
    result = []
    for unit in units:
        row = rows.get(unit.id) or _LiveRow()
        hot = hot_of(session, known, unit.id, row.version)
        present_sources = sorted(unit.source_ids(now_us))
        result.append(
            TileInput(
                unit=unit,
                version=row.version,
                live=hot.live if hot else LiveState.from_json(row.live),
                covered=covered_until(unit, covered, now_us),
                now=now_us,
                fresh_limit_us=limit,
                links=[links[s] for s in present_sources],
                jobs=row.loaded,
                calls=calls_from(row.calls),
                ended=row.ended,
                checked=row.checked or {},
                ran=row.ran,
            )
        )
    return result


@dataclass(slots=True)
class _LiveRow:
    """What the database has of the tile of a work unit; `data` is JSON text."""

    version: int = 0
    data: str | None = None
    calls: Any = None
    checked: Any = None
    loaded: dict[int, JobInfo] = field(default_factory=dict)
    ended: dict[int, JobInfo] = field(default_factory=dict)
    ran: list[tuple[int, int]] = field(default_factory=list)

    @property
    def live(self) -> Any:
        return json.loads(self.data) if self.data else None

    def take(
        self,
        job: int,
        number: str,
        state: str,
        quantity: Any,
        material: int,
        order: str,
        due: int | None,
        segment: int,
        started: int | None,
        ended: int | None,
        ran: str | None,
    ) -> None:
        """A job of it."""
        loaded = state in _LOADED
        (self.loaded if loaded else self.ended)[job] = JobInfo(
            order=order,
            job_order=number,
            material_id=material,
            ordered=parse_number(quantity),
            due=due,
            paused=state == "paused",
            segment=segment,
            started_at=started or 0,
            ended_at=None if loaded else ended,
        )
        if loaded and ran and not self.ran:
            self.ran = sorted(_stretch(text) for text in ran.split(","))


def _stretch(text: str) -> tuple[int, int]:
    start, _, end = text.partition(":")
    return int(start), int(end)


def _live_rows(
    session: Session, known: Masters, ids: Sequence[int], now_us: int
) -> dict[int, _LiveRow]:
    by_running = any(plan.when.every_us and plan.when.by_running for plan in known.check_plans)
    by_end = any(plan.when.last for plan in known.check_plans)
    asked = {
        "units": list(ids),
        "ran_since": now_us - RAN_US if by_running else _NEVER,
        "ended_since": now_us - ENDED_US if by_end else _NEVER,
    }
    found: dict[int, _LiveRow] = {}
    for unit, version, data, calls, checked, job, *of_job in run(session, _LIVE_ROWS, asked):
        row = found.setdefault(
            unit, _LiveRow(version=version, data=data, calls=calls, checked=checked)
        )
        if job is not None:
            row.take(job, *of_job)
    return found


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

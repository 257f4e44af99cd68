"""One live tile: closed sums plus the open tail, by the same kernel as every other figure. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from mes.core.calendar import ShiftInstance
from mes.core.calls import Call
from mes.core.case_model import Span
from mes.core.derive.reading import known_records
from mes.core.derive.records import StateRecord
from mes.core.derive.runs import Item, JobRun
from mes.core.derive.signals import State
from mes.core.exact import Number, number_to_json, parse_number
from mes.core.flags import Flag
from mes.core.instants import US_PER_S, format_instant
from mes.core.oee import OeeResult, result_of
from mes.core.tally import EMPTY, Tally
from mes.features.production.cases import build_case, limit_of, tally_of
from mes.features.production.coverage import known_until, present
from mes.features.production.expected import expected_end, pace_of
from mes.features.production.lines import counted_unit_ids
from mes.features.production.live_state import LiveState
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.tile_calls import call_view, next_level_at
from mes.features.production.tile_jobs import JobInfo, made_so_far
from mes.features.production.tile_links import LinkInfo, latest_data, worst_link
from mes.features.production.tile_quality import Checked, changes_of, quality_checks
from mes.features.production.tile_stops import asked_in, due_in

SHOWN_KPIS = ("oee", "availability", "effectiveness", "quality_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class TileInput:
    """Everything a tile is made of.

    Attributes:
        live: None: nothing has been derived yet.
        covered: up to where the state is known; None: it does not depend on a source.
        now: present plant time.
        fresh_limit_us: how far `covered` may lag and still be the present.
        jobs: of the loaded jobs, by id.
        calls: those that are not over.
        ended: jobs that ended lately, by id, where a plan asks for a check of the last piece.
        checked: what its jobs were checked for, by job id and code of the plan.
        ran: closed stretches in which it ran, where a plan asks for them.
    """

    unit: WorkUnit
    version: int
    live: LiveState | None
    covered: int | None
    now: int
    fresh_limit_us: int
    links: Sequence[LinkInfo]
    jobs: Mapping[int, JobInfo]
    calls: Sequence[Call] = ()
    ended: Mapping[int, JobInfo] = field(default_factory=dict)
    checked: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ran: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A work unit at the instant its tile speaks of, before it is put into words."""

    as_of: int
    period: ShiftInstance
    records: tuple[StateRecord, ...]
    sums: Tally
    result: OeeResult

    @property
    def record(self) -> StateRecord:
        """The state at `as_of`."""
        return self.records[-1]


def present_of(given: TileInput, known: Masters) -> Present:
    """States, sums and result of the current shift so far."""
    unit, live = given.unit, given.live
    as_of = present(given.covered, given.now, given.fresh_limit_us)
    if live is not None:
        as_of = max(as_of, live.sealed)
    period = unit.plan.period_at(as_of)
    end = min(as_of, period.end_us)
    begin = period.start_us
    closed = EMPTY
    if live is not None and live.sealed > begin:
        begin, closed = min(live.sealed, end), live.period
    records = _known(given, begin, as_of)
    case = build_case(
        unit,
        known,
        window=Span(begin, end),
        as_of=as_of,
        policy=unit.site.policy,
        records=records,
        runs=live.runs if live else (),
        bookings=live.bookings if live else (),
        marks=live.marks if live else (),
    )
    sums = closed + tally_of(case)
    return Present(
        as_of=as_of,
        period=period,
        records=records,
        sums=sums,
        result=result_of(sums, unit.site.policy, SHOWN_KPIS),
    )


def _known(given: TileInput, begin: int, as_of: int) -> tuple[StateRecord, ...]:
    """The records of the tail as they are known, at least one."""
    live = given.live
    held = live.records if live else ()
    start = min([begin, as_of - 1, *(r.start for r in held[:1])])
    return tuple(
        known_records(
            held,
            start,
            as_of,
            None if given.covered is None else known_until(given.covered),
            live.pulse if live else None,
        )
    ) or (StateRecord(start=start, end=as_of, state=State.UNKNOWN),)


def tile_of(given: TileInput, known: Masters) -> dict[str, Any]:
    """The whole tile as JSON data; instants are ISO 8601 in UTC."""
    unit, live = given.unit, given.live
    now = present_of(given, known)
    kpis = now.result.kpis
    limit = limit_of(unit, now.period.start_us)
    asked = asked_in(unit, live, now.records, now.period, now.as_of)
    loaded = [r for r in (live.runs if live else ()) if _holds(r, now.as_of)]
    total = _total(now.sums)
    cycle = _cycle(loaded)
    checked = Checked(
        unit_id=unit.id,
        jobs={**given.jobs, **given.ended},
        results=given.checked,
        ran=given.ran,
        records=now.records,
        as_of=now.as_of,
        now=given.now,
        live=live,
    )
    quality = quality_checks(checked, known)
    return {
        "work_unit": unit.code,
        "name": dict(unit.names or {}),
        "line": unit.line_code,
        "version": given.version,
        "as_of": instant(now.as_of),
        "state": now.record.state.value,
        "state_since": instant(_state_since(now.records)),
        "reason": reason_json(known, now.record.reason, now.record.start),
        "needs_reason": asked.now,
        "unexplained": {"count": asked.count, "us": asked.us},
        "job": _job(given, known, now, loaded),
        "good": number_to_json(total[0]),
        "scrap": number_to_json(total[1]),
        "target": _target(unit, live.runs if live else (), now),
        "oee": _float(kpis["oee"]),
        "availability": _float(kpis["availability"]),
        "effectiveness": _float(kpis["effectiveness"]),
        "quality_ratio": _float(kpis["quality_ratio"]),
        "planned_us": now.result.figures.pbt_us,
        "in_line_figure": unit.id in counted_unit_ids(known),
        "coverage": _float(now.result.coverage),
        "flags": [str(flag) for flag in now.result.flags],
        "provisional": Flag.PROVISIONAL_STOP in now.result.flags,
        "last_data_at": latest_data(given.links),
        "covered_until": None if not given.covered else instant(given.covered),
        "link": worst_link(given.links),
        "shift": shift_json(unit, now.period),
        "crew": _crew(unit, now.period, now.as_of),
        "counted": bool(unit.bound("total", "good")),
        "ideal_cycle_s": None if cycle is None else number_to_json(cycle),
        "minor_stop_limit_s": number_to_json(Fraction(limit, US_PER_S)),
        "unassigned": number_to_json(_unassigned(now.sums)),
        "checks": _checks(given, now, loaded),
        "calls": [call_view(call, given.now) for call in given.calls],
        "quality_checks": quality,
        "next_change_at": _next_change(given, now, limit, changes_of(quality, given.now)),
    }


@lru_cache(maxsize=8192)
def instant(at: int) -> str:
    """ISO 8601 in UTC with Z."""
    return format_instant(at).replace("+00:00", "Z")


def reason_json(known: Masters, code: str | None, at: int) -> dict[str, Any] | None:
    """A reason with its names and its class at an instant; None: there is none."""
    if code is None:
        return None
    reason = known.reasons.get(code)
    return {
        "code": code,
        "name": dict(reason.names) if reason else {"ko": code, "en": code},
        "class": reason.time_class(at) if reason else None,
    }


def shift_json(unit: WorkUnit, period: ShiftInstance) -> dict[str, Any]:
    """The shift or day that the figures speak of; without a calendar its code is empty."""
    return {
        "day": period.production_day.isoformat(),
        "code": period.code,
        "name": dict(unit.shift_names.get(period.code) or {"ko": period.code, "en": period.code}),
        "start": instant(period.start_us),
        "end": instant(period.end_us),
        "breaks": [
            {"start": instant(start), "end": instant(end), "reason": reason}
            for start, end, reason in period.breaks
        ],
    }


def _crew(unit: WorkUnit, period: ShiftInstance, at: int) -> dict[str, Any] | None:
    """Who is on shift at an instant; None: nobody is, or the calendar names no crews."""
    if not period.crew or not period.start_us <= at < period.end_us:
        return None
    names = unit.crew_names.get(period.crew) or {"ko": period.crew, "en": period.crew}
    return {"code": period.crew, "name": dict(names)}


def _job(
    given: TileInput, known: Masters, now: Present, loaded: Sequence[JobRun]
) -> dict[str, Any] | None:
    run = next((r for r in loaded if r.job is not None and int(r.job) in given.jobs), None)
    if run is None or run.job is None or given.live is None:
        return None
    job = int(run.job)
    info = given.jobs[job]
    good, scrap, _ = made_so_far(given.live, job, now.as_of)
    material = known.materials.get(info.material_id)
    ends = loaded_ends(given, now)[job]
    return {
        "order": info.order,
        "job_order": info.job_order,
        "item": material.code if material else None,
        "item_name": dict(material.names) if material else None,
        "good": number_to_json(good),
        "scrap": number_to_json(scrap),
        "ordered": number_to_json(info.ordered),
        "due": None if info.due is None else instant(info.due),
        "started_at": instant(run.start),
        "paused": info.paused,
        "expected_end": None if ends is None else instant(ends),
    }


def loaded_ends(given: TileInput, now: Present) -> dict[int, int | None]:
    """When each loaded job is expected to end, by its id; None: not known, or it is paused."""
    live, ends = given.live, dict[int, int | None]()
    pace = pace_of(now.result)
    for run in live.runs if live else ():
        if live is None or run.job is None or not _holds(run, now.as_of):
            continue
        info = given.jobs.get(int(run.job))
        if info is not None:
            left = info.ordered - made_so_far(live, int(run.job), now.as_of)[0]
            ends[int(run.job)] = (
                None
                if info.paused
                else expected_end(given.unit.plan, now.as_of, left, run.item, pace)
            )
    return ends


def _checks(given: TileInput, now: Present, loaded: Sequence[JobRun]) -> int:
    """Suspect counts that wait, and loaded jobs with more bad pieces than were made.

    The latter not while the source is silent: its counts may still come.
    """
    live = given.live
    if live is None:
        return 0
    if given.covered is not None and given.now - given.covered > given.fresh_limit_us:
        return live.open_checks
    jobs = {int(run.job) for run in loaded if run.job is not None}
    return live.open_checks + sum(min(made_so_far(live, job, now.as_of)) < 0 for job in jobs)


def _target(unit: WorkUnit, runs: Sequence[JobRun], now: Present) -> int | None:
    """Pieces that the planned time of the period so far makes at the ideal rate; None: no rate."""
    start, end = now.period.start_us, min(now.as_of, now.period.end_us)
    planned = unit.plan.planned(start, end)
    total: Fraction | int = 0
    rated = False
    for run in runs:
        rate = _rate(run.item)
        first, last = max(start, run.start), end if run.end is None else min(end, run.end)
        if rate is None or first >= last:
            continue
        rated = True
        length = last - first
        length -= sum(max(0, min(f, last) - max(b, first)) for b, f, _ in planned)
        total += rate * length
    return int(total // US_PER_S) if rated else None


def _rate(item: Item | None) -> Fraction | None:
    if item is None or item.ideal_cycle_s is None:
        return None
    return Fraction(item.pieces_per_cycle) / Fraction(item.ideal_cycle_s)


def _cycle(loaded: Sequence[JobRun]) -> Number | None:
    """Ideal seconds per cycle of what is loaded."""
    item = next((run.item for run in loaded if run.item is not None), None)
    if item is None or item.ideal_cycle_s is None:
        return None
    return parse_number(item.ideal_cycle_s)


def _total(sums: Tally) -> tuple[Number, Number]:
    """Good and scrap of the period, those that the policy leaves out included."""
    good: Number = 0
    scrap: Number = 0
    for pieces in sums.pieces.values():
        good += pieces.good
        scrap += pieces.scrap
    return good, scrap


def _unassigned(sums: Tally) -> Number:
    """Pieces of the period that belong to no item."""
    total: Number = 0
    for (_, material), pieces in sums.pieces.items():
        if material is None:
            total += pieces.total
    return total


def _state_since(records: Sequence[StateRecord]) -> int:
    index = len(records) - 1
    while index > 0 and records[index - 1].state is records[-1].state:
        index -= 1
    return records[index].start


def _holds(run: JobRun, at: int) -> bool:
    return run.start <= at and (run.end is None or at < run.end)


def _next_change(given: TileInput, now: Present, limit: int, quality: Sequence[str]) -> str | None:
    """When the tile changes by time alone: shift end, minor-stop limit, going stale or idle."""
    times = [now.period.end_us, *next_level_at(given.calls, given.now)]
    if now.record.stop_start is not None:
        times.append(now.record.stop_start + limit + 1)
        times.append(due_in(given.unit, given.live, now.records, now.period, now.as_of))
    if given.covered:
        times.append(given.covered + given.fresh_limit_us + 1)
    if given.live is not None and given.live.pulse is not None:
        times.append(given.live.pulse.at + given.live.pulse.idle_after_us + 1)
    later = [*(instant(at) for at in times if at > given.now), *quality]
    return min(later, default=None)


def _float(value: Fraction | None) -> float | None:
    return None if value is None else float(value)

"""States and figures of work units and lines as REST and reports read them."""

from __future__ import annotations

from bisect import bisect_right
from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.derive.records import StateRecord
from mes.core.derive.stops import head_statement, stops_in
from mes.core.oee import classify
from mes.core.refusal import Refusal
from mes.features.oee.places import key_machine, rule_of
from mes.features.oee.service import Known, known_unit, unit_case, unit_records
from mes.features.production import facts
from mes.features.production.master_loading import masters
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.production.rows import job_runs
from mes.features.production.tile import instant
from mes.features.production.unexplained import unexplained_stops

STATES_RANGE_MAX_US = 32 * 24 * 3_600_000_000


def unit_by_code(known: Masters, code: str) -> WorkUnit:
    """The work unit of that code.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    found = known.work_unit_ids.get(code)
    if found is None:
        raise Refusal("unknown_work_unit", f"no work unit {code[:80]!r}", status=404)
    return known.work_units[found]


def unit_at(session: Session, code: str, now_us: int) -> Known:
    """What is known of a work unit now.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    known = masters(session)
    return known_unit(session, known, unit_by_code(known, code), now_us)


def state_items(session: Session, given: Known, window: Span) -> list[dict[str, Any]]:
    """The states of a window in order, gapless up to the present, cut where the class changes.

    `end` None: still open. `stop_start` is the handle of the stop, `statement` the head statement
    that a correction must name as seen.

    Raises:
        Refusal: `range_too_long`.
    """
    if window.end - window.start > STATES_RANGE_MAX_US:
        raise Refusal("range_too_long", "states cover 32 days at most", status=422, field="to")
    end = min(window.end, given.as_of)
    if end <= window.start:
        return []
    unit = given.unit
    records = unit_records(session, given, window.start, end, given.as_of)
    heads = _heads(session, given, records, window.start, end)
    unexplained = _unexplained(session, given, records, window.start, end)
    starts = [record.start for record in records]
    policy = unit.site.policy
    items: list[dict[str, Any]] = []
    for segment in classify(unit_case(session, given, window)):
        index = bisect_right(starts, segment.start) - 1
        record = records[index] if index >= 0 and segment.start < _end(records[index]) else None
        stop = record.stop_start if record else None
        item = {
            "start": instant(segment.start),
            "end": None if segment.end == given.as_of else instant(segment.end),
            "state": segment.state.value,
            "class": segment.class_under(policy).value,
            "stop_start": None if stop is None else instant(stop),
            "reason": record.reason if record else None,
            "reason_source": record.reason_source.value
            if record and record.reason_source
            else None,
            "needs_reason": any(
                first < segment.end and segment.start < last for first, last in unexplained
            ),
            "statement": None if stop is None else heads.get(stop),
        }
        items.append(item)
    return items


def _end(record: StateRecord) -> int:
    return 2**62 if record.end is None else record.end


def _heads(
    session: Session, given: Known, records: list[StateRecord], start: int, end: int
) -> dict[int, str | None]:
    stops = stops_in(records, start, end)
    if not stops:
        return {}
    statements = facts.stop_statements(session, given.unit.id, stops[0].start)
    return {stop.start: head_statement(stop, statements) for stop in stops}


def _unexplained(
    session: Session, given: Known, records: list[StateRecord], start: int, end: int
) -> list[tuple[int, int]]:
    """The parts of [start, end) that need a reason."""
    runs = job_runs(session, given.unit.id, min([start, *(r.start for r in records[:1])]), end)
    found = unexplained_stops(given.unit, records, runs, start, end, as_of=given.as_of)
    return [part for one in found for part in one.parts]


def line_item(known: Masters, line: Line, now_us: int) -> dict[str, Any]:
    """A line as REST lists it; `calendar` is that of the present production day."""
    key = key_machine(known, line)
    return {
        "line": line.code,
        "name": dict(line.names or {}),
        "site": line.site.code,
        "area": next((area.code for area in known.areas if area.id == line.area_id), None),
        "calendar": line.calendar_on(line.plan.production_day(now_us)),
        "calendars": [
            {"valid_from": valid_from, "calendar": code} for valid_from, code in line.calendars
        ],
        "key_work_unit": key.code if key else None,
        "oee_rule": rule_of(line).value,
        "work_units": [unit.code for unit in known.active_work_units(line.work_unit_ids)],
    }

"""The facts of one interval as JSON: readings, statements, jobs and holes behind it."""

from __future__ import annotations

from typing import Any

from mes.core.exact import number_to_json
from mes.core.explain import Interval
from mes.core.instants import US_PER_S
from mes.features.explain.answer import (
    interval_json,
    optional_instant,
    optional_number,
    pieces_json,
)
from mes.features.explain.evidence import Evidence
from mes.features.explain.people_facts import Moved, Said, TypedPieces
from mes.features.explain.queries import Explained
from mes.features.explain.readings import Counted, Reading
from mes.features.production.masters import in_force
from mes.features.production.tile import instant

Json = dict[str, Any]
QUALITIES = {0: "good", 1: "uncertain", 2: "bad"}


def evidence_answer(found: Explained, one: Interval, facts: Evidence) -> Json:
    """Everything that decided about an interval."""
    return {
        "interval": interval_json(one),
        "rules": _rules(found, one),
        "states": {
            "items": [_reading(reading) for reading in facts.states.items],
            "next": optional_instant(facts.states.next),
        },
        "counts": {
            "items": [_counted(counted) for counted in facts.counted.items],
            "next": optional_instant(facts.counted.next),
        },
        "pieces": pieces_json(facts.sums.pieces, found.policy),
        "statements": [_said(said) for said in facts.said],
        "quantities": [_typed(typed) for typed in facts.typed],
        "count_decisions": [
            {
                "tag": decided.tag,
                "at": instant(decided.reading_at),
                "decision": decided.decision,
                "person": decided.person,
                "recorded_at": instant(decided.recorded_at),
            }
            for decided in facts.decided
        ],
        "job_events": [
            {
                "job_order": job.job,
                "kind": job.kind,
                "at": instant(job.at),
                "person": job.person,
                "reason": job.reason,
            }
            for job in facts.jobs
        ],
        "moves": [_moved(moved) for moved in facts.moved],
        "gaps": [
            {
                "source": hole.source,
                "start": instant(hole.start),
                "end": instant(hole.end),
                "reason": hole.reason,
            }
            for hole in facts.holes
        ],
        "known_until": optional_instant(facts.known_until),
    }


def _rules(found: Explained, one: Interval) -> Json:
    """Shift, calendar, rate, settings and profile in force at the start of the interval."""
    unit = found.given.unit
    line = found.given.masters.lines.get(unit.line_id or 0)
    shift = unit.plan.shift_at(one.start)
    setting = in_force(unit.settings, one.start)
    material = found.case.materials.get((one.run.material if one.run else None) or "")
    return {
        "calendar": line.calendar_on(unit.plan.production_day(one.start)) if line else None,
        "shift": None
        if shift is None
        else {
            "day": shift.production_day.isoformat(),
            "code": shift.code,
            "crew": shift.crew or None,
            "start": instant(shift.start_us),
            "end": instant(shift.end_us),
        },
        "ideal_cycle_s": None if material is None else optional_number(material.ideal_cycle_s),
        "pieces_per_cycle": None if material is None else number_to_json(material.pieces_per_cycle),
        "minor_stop_limit_s": found.case.minor_stop_limit_us / US_PER_S,
        "settings_since": None
        if setting is None or setting.valid_from <= 0
        else instant(setting.valid_from),
        "policy": found.policy.to_json(),
    }


def _reading(one: Reading) -> Json:
    return {
        "at": instant(one.event_time),
        "source": one.source,
        "tag": one.tag,
        "role": one.role,
        "value": one.value,
        "unit": one.unit,
        "meaning": one.meaning,
        "quality": QUALITIES.get(one.quality, str(one.quality)),
        "reason": one.reason,
        "source_time": optional_instant(one.source_time),
        "received_time": instant(one.received_time),
        "epoch": one.epoch,
        "seq": one.seq,
        "gap_from": optional_instant(one.gap_from),
        "clock_skew": one.clock_skew,
        "before": one.before,
    }


def _counted(one: Counted) -> Json:
    rule, made = one.rule, one.increment
    return {
        **_reading(one.reading),
        "mode": rule.mode.value,
        "modulus": optional_number(rule.modulus),
        "max_per_s": optional_number(rule.max_per_s),
        "old": one.old,
        "amount": None if made is None else number_to_json(made.amount),
        "pieces": None if made is None else number_to_json(one.pieces),
        "flags": [] if made is None else sorted(flag.value for flag in made.flags),
        "decision": None if one.decision is None else one.decision.choice.value,
    }


def _said(one: Said) -> Json:
    return {
        "command_id": one.command_id,
        "kind": one.kind,
        "person": one.person,
        "terminal": one.terminal,
        "stated_at": instant(one.stated_at),
        "start": optional_instant(one.start),
        "end": optional_instant(one.end),
        "state": one.state,
        "reason": one.reason,
        "note": one.note,
        "replaces": one.replaces,
        "in_force": one.in_force,
    }


def _typed(one: TypedPieces) -> Json:
    return {
        "command_id": one.command_id,
        "person": one.person,
        "at": instant(one.at),
        "recorded_at": instant(one.recorded_at),
        "good": number_to_json(one.good),
        "scrap": number_to_json(one.scrap),
        "rework": number_to_json(one.rework),
        "startup_scrap": number_to_json(one.startup_scrap),
        "adjustment": one.adjustment,
        "reason": one.reason,
        "note": one.note,
        "job_order": one.job,
        "voids": one.voids,
        "in_force": one.in_force,
    }


def _moved(one: Moved) -> Json:
    return {
        "command_id": one.command_id,
        "person": one.person,
        "stated_at": instant(one.stated_at),
        "start": instant(one.start),
        "end": instant(one.end),
        "from_job": one.source,
        "to_job": one.target,
        "good": optional_number(one.good),
        "scrap": optional_number(one.scrap),
        "rework": optional_number(one.rework),
        "note": one.note,
        "in_force": one.in_force,
    }

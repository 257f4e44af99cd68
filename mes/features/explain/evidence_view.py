"""The facts of one interval in words."""

from __future__ import annotations

from mes.core.case_model import Span
from mes.core.classes import TimeClass
from mes.core.explain import Interval
from mes.core.policies import PART_VALUES
from mes.features.explain import words as say
from mes.features.explain.evidence import Evidence
from mes.features.explain.people_facts import Moved, Said, TypedPieces
from mes.features.explain.readings import Counted, Reading
from mes.features.explain.view import LOOKS, Frame, Shown, shown_pieces
from mes.features.production.masters import in_force
from mes.features.production.tile import instant
from mes.features.screens.language import name_of
from mes.features.screens.report import words
from mes.features.screens.report.words import _


def shown_evidence(frame: Frame, one: Interval, facts: Evidence) -> Shown:
    """Everything about the chosen interval."""
    look, symbol = LOOKS[one.time_class]
    zone = frame.zone
    return {
        "title": _(
            "%(start)s – %(end)s, %(n)s min",
            start=say.moment(one.start, zone),
            end=say.moment(one.end, zone),
            n=words.minutes(one.length_us),
        ),
        "label": words.class_word(one.time_class),
        "look": look,
        "icon": symbol,
        "why": say.rule_word(one.rule),
        "seconds": say.seconds(one.length_us),
        "facts": _about(frame, one, facts),
        "states": [_state(frame, reading) for reading in facts.states.items],
        "states_more": facts.states.next is not None,
        "counted": [_counted(frame, item) for item in facts.counted.items],
        "counted_next": None
        if facts.counted.next is None
        else frame.address("#counts", after=instant(facts.counted.next)),
        "counted_first": frame.address("#counts", after=None)
        if "after" in frame.wanted.arguments
        else None,
        "pieces": shown_pieces(dict(facts.sums.pieces), frame.found.policy),
        "said": [_said(frame, said) for said in facts.said],
        "typed": [_typed(frame, typed) for typed in facts.typed],
        "decided": [
            {
                "tag": decided.tag,
                "at": say.moment(decided.reading_at, zone),
                "decision": decided.decision,
                "person": decided.person,
                "recorded": say.moment(decided.recorded_at, zone),
            }
            for decided in facts.decided
        ],
        "jobs": [
            {
                "job": job.job,
                "kind": say.kind_word(job.kind),
                "at": say.moment(job.at, zone),
                "person": job.person,
                "reason": frame.reason_name(job.reason),
            }
            for job in facts.jobs
        ],
        "moved": [_moved(frame, moved) for moved in facts.moved],
        "holes": [
            {
                "source": hole.source,
                "start": say.moment(hole.start, zone),
                "end": say.moment(hole.end, zone),
                "reason": hole.reason or say.NONE,
            }
            for hole in facts.holes
        ],
        "unseen": facts.known_until is not None and facts.known_until < one.end,
        "known_until": say.moment(facts.known_until, zone),
    }


def _about(frame: Frame, one: Interval, facts: Evidence) -> list[tuple[str, str]]:
    """Calendar, run, settings and profile in force at the start of the interval."""
    found, zone = frame.found, frame.zone
    rows: list[tuple[str, str]] = [
        (_("State"), say.state_word(one.state)),
        (_("State since"), say.moment(one.state_since, zone)),
    ]
    record = found.record_at(one.start)
    if one.reason is not None:
        rows.append((_("Reason"), _reason(frame, one)))
    if record is not None and record.reason_source is not None:
        by_machine = record.reason_source.value == "machine"
        rows.append((_("Said by"), _("the machine") if by_machine else _("a person")))
    if one.stop_start is not None:
        whole = (one.stop_end or one.end) - one.stop_start
        rows.append(
            (
                _("Whole stop"),
                f"{say.moment(one.stop_start, zone)} – {say.moment(one.stop_end, zone)}"
                f" ({say.seconds(whole)} {_('s')})",
            )
        )
    whole_span = found.around(one)
    if one.stop_start is None and whole_span != Span(one.start, one.end):
        rows.append(
            (
                _("With its neighbours of the same class"),
                f"{say.moment(whole_span.start, zone)} – {say.moment(whole_span.end, zone)}"
                f" ({words.minutes(whole_span.end - whole_span.start)} {_('min')})",
            )
        )
    return [*rows, *_calendar(frame, one), *_run(frame, one), *_versions(frame, one)]


def _reason(frame: Frame, one: Interval) -> str:
    text = f"{frame.reason_name(one.reason)} ({one.reason})"
    if one.reason_class is None:
        note = _("without a class")
    else:
        note = _("class %(name)s", name=words.class_word(TimeClass(one.reason_class.value)))
    return f"{text}, {note}"


def _calendar(frame: Frame, one: Interval) -> list[tuple[str, str]]:
    unit, zone, language = frame.found.given.unit, frame.zone, frame.language
    line = frame.found.given.masters.lines.get(unit.line_id or 0)
    rows: list[tuple[str, str]] = []
    shift = unit.plan.shift_at(one.start)
    if shift is not None:
        name = name_of(unit.shift_names.get(shift.code), language, shift.code) or _("whole day")
        rows.append(
            (
                _("Shift"),
                f"{shift.production_day.isoformat()} {name}"
                f" ({say.moment(shift.start_us, zone)} – {say.moment(shift.end_us, zone)})",
            )
        )
    else:
        rows.append((_("Shift"), _("none")))
    calendar = line.calendar_on(unit.plan.production_day(one.start)) if line else None
    if calendar is not None:
        rows.append((_("Calendar"), calendar))
    if one.planned is not None:
        rows.append(
            (
                _("Planned entry"),
                f"{frame.reason_name(one.planned.reason)}"
                f" ({say.moment(one.planned.start, zone)} – {say.moment(one.planned.end, zone)})",
            )
        )
    return rows


def _run(frame: Frame, one: Interval) -> list[tuple[str, str]]:
    if one.run is None:
        return [(_("Order"), _("No order loaded"))]
    rows = [(_("Order"), f"{one.run.order or say.NONE} · {one.run.material or say.NONE}")]
    material = frame.found.case.materials.get(one.run.material or "")
    if material is not None and material.ideal_cycle_s is not None:
        rows.append(
            (
                _("Rate of the run"),
                _(
                    "%(cycle)s s a cycle, %(pieces)s pieces a cycle",
                    cycle=say.number(material.ideal_cycle_s),
                    pieces=say.number(material.pieces_per_cycle),
                ),
            )
        )
    return rows


def _versions(frame: Frame, one: Interval) -> list[tuple[str, str]]:
    found, zone = frame.found, frame.zone
    unit = found.given.unit
    setting = in_force(unit.settings, one.start)
    policy = found.policy
    rows = [
        (
            _("Limit of minor stops"),
            f"{say.seconds(found.case.minor_stop_limit_us)} {_('s')}",
        )
    ]
    if setting is not None:
        rows.append((_("Settings of the machine since"), _since(setting.valid_from, zone)))
    keys = [f"{key}: {getattr(policy, key).value}" for key in PART_VALUES]
    keys.append(f"running_outside_plan: {policy.running_outside_plan.value}")
    rows.append((_("Profile"), f"{policy.name} v{policy.version} ({', '.join(keys)})"))
    return rows


def _since(valid_from: int, zone: str) -> str:
    return say.moment(valid_from, zone) if valid_from > 0 else _("the beginning")


def _state(frame: Frame, one: Reading) -> Shown:
    return {**_reading(frame, one), "meaning": one.meaning or _("says nothing")}


def _reading(frame: Frame, one: Reading) -> Shown:
    zone = frame.zone
    marks = []
    if one.before:
        marks.append(_("in force at the start"))
    if one.clock_skew:
        marks.append(_("clock of the source is off"))
    if one.gap_from is not None:
        marks.append(_("edge was down since %(time)s", time=say.moment(one.gap_from, zone)))
    return {
        "at": say.moment(one.event_time, zone),
        "tag": f"{one.source}/{one.tag}",
        "role": say.role_word(one.role),
        "value": say.NONE if one.value is None else f"{one.value} {one.unit or ''}".strip(),
        "quality": say.quality_word(one.quality) + (f" ({one.reason})" if one.reason else ""),
        "bad": one.quality != 0,
        "source_time": say.moment(one.source_time, zone),
        "received": say.moment(one.received_time, zone),
        "seq": f"{one.epoch[:8]}·{one.seq}",
        "marks": " · ".join(marks),
    }


def _counted(frame: Frame, one: Counted) -> Shown:
    flags = [] if one.increment is None else [words.flag_word(f) for f in one.increment.flags]
    if one.decision is not None:
        flags.append(_("decided: %(what)s", what=one.decision.choice.value))
    return {
        **_reading(frame, one.reading),
        "old": say.NONE if one.old is None else str(one.old),
        "amount": say.NONE if one.increment is None else say.number(one.increment.amount),
        "pieces": say.number(one.pieces) if one.increment is not None else say.NONE,
        "rule": say.mode_word(one.rule),
        "flags": " · ".join(flags),
    }


def _said(frame: Frame, one: Said) -> Shown:
    zone = frame.zone
    end = say.moment(one.end, zone) if one.end is not None else _("open")
    return {
        "kind": say.kind_word(one.kind),
        "person": one.person + (f" ({one.terminal})" if one.terminal else ""),
        "stated": say.moment(one.stated_at, zone),
        "about": say.NONE if one.start is None else f"{say.moment(one.start, zone)} – {end}",
        "what": frame.reason_name(one.reason) if one.reason else (one.state or say.NONE),
        "note": one.note or "",
        "id": one.command_id,
        "replaces": one.replaces or "",
        "in_force": one.in_force,
    }


def _typed(frame: Frame, one: TypedPieces) -> Shown:
    zone = frame.zone
    return {
        "at": say.moment(one.at, zone),
        "recorded": say.moment(one.recorded_at, zone),
        "person": one.person,
        "good": say.number(one.good),
        "scrap": say.number(one.scrap),
        "rework": say.number(one.rework),
        "startup": say.number(one.startup_scrap),
        "adjustment": one.adjustment,
        "reason": frame.reason_name(one.reason),
        "note": one.note or "",
        "job": one.job or say.NONE,
        "id": one.command_id,
        "voids": one.voids or "",
        "in_force": one.in_force,
    }


def _moved(frame: Frame, one: Moved) -> Shown:
    numbers = [n for n in (one.good, one.scrap, one.rework) if n is not None]
    return {
        "at": f"{say.moment(one.start, frame.zone)} – {say.moment(one.end, frame.zone)}",
        "source": one.source or _("no job"),
        "target": one.target,
        "amount": " / ".join(map(say.number, numbers)) or _("all pieces"),
        "person": one.person,
        "stated": say.moment(one.stated_at, frame.zone),
        "in_force": one.in_force,
    }

"""Stored calendar definitions (JSON in the words of the plant file) as core calendars."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any

from mes.core.calendar import (
    ALWAYS,
    NO_CREW,
    Break,
    Calendar,
    CalendarException,
    CrewRota,
    Cycle,
    ExceptionKind,
    Shift,
    ShiftPattern,
)
from mes.core.calendar_presets import Preset, preset_pattern

PatternRow = tuple[str, Mapping[str, Any]]
"""(valid_from YYYY-MM-DD, definition)."""
ExceptionRow = tuple[str, str, Mapping[str, Any]]
"""(date YYYY-MM-DD, kind, definition)."""
DatedCalendar = tuple[str, str | None]
"""(valid_from YYYY-MM-DD, code of a calendar): which one a line has; None: always scheduled."""
FIRST_DAY = "0001-01-01"
"""From when the first pattern of a calendar and the first calendar of a line hold."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN = 1440
OFF = "off"
"""Stands in a crew's rota where it does not work."""
OVERTIME_CODE = "OT"
"""Code of an overtime shift that names none."""


def core_calendar(
    time_zone: str,
    day_starts: str,
    patterns: Iterable[PatternRow],
    exceptions: Iterable[ExceptionRow],
) -> Calendar:
    """A core calendar from stored rows.

    Args:
        time_zone: IANA name of the site.
        day_starts: local wall time HH:MM.
        patterns: (valid_from YYYY-MM-DD, definition with `shifts`, `days` and `cycle`).
        exceptions: (date YYYY-MM-DD, kind, definition), withdrawn ones left out.
    """
    return Calendar(
        time_zone=time_zone,
        day_starts=time.fromisoformat(day_starts),
        patterns=tuple(
            core_pattern(date.fromisoformat(valid_from), definition)
            for valid_from, definition in sorted(patterns, key=lambda row: row[0])
        ),
        exceptions=tuple(core_exception(*row) for row in exceptions),
    )


def rows_of_line(
    dated: Sequence[DatedCalendar],
    patterns: Mapping[str, Sequence[PatternRow]],
    exceptions: Mapping[str, Sequence[ExceptionRow]],
    day_starts: str,
) -> tuple[list[PatternRow], list[ExceptionRow]]:
    """The patterns and exceptions of a line that may have had one calendar after another.

    Args:
        dated: the calendars of the line in time order.
        patterns: rows by calendar code.
        exceptions: rows by calendar code.
        day_starts: local wall time HH:MM; a time without a calendar is one shift a day.
    """
    if len(dated) < 2:
        code = (dated[0][1] if dated else None) or ""
        return list(patterns.get(code, ())), list(exceptions.get(code, ()))
    always = {"shifts": [{"code": ALWAYS, "start": day_starts, "end": day_starts}]}
    found: list[PatternRow] = []
    kept: list[ExceptionRow] = []
    for (since, held), until in zip(dated, [one[0] for one in dated[1:]] + [None], strict=True):
        rows = sorted(patterns.get(held or "", ()), key=lambda row: row[0])
        begun = [row for row in rows if row[0] <= since] or rows[:1]
        found.append((since, begun[-1][1] if begun else always))
        found += [r for r in rows if since < r[0] and (until is None or r[0] < until)]
        kept += [
            row
            for row in exceptions.get(held or "", ())
            if since <= row[0] and (until is None or row[0] < until)
        ]
    return found, kept


def core_pattern(valid_from: date, definition: Mapping[str, Any]) -> ShiftPattern:
    """A core pattern from its stored definition."""
    cycle = definition.get("cycle")
    return ShiftPattern(
        valid_from=valid_from,
        shifts=tuple(core_shift(shift) for shift in definition["shifts"]),
        days=_days(definition.get("days")),
        cycle=None if cycle is None else _cycle(cycle),
    )


def preset_definition(preset: Preset, **choices: Any) -> dict[str, Any]:
    """A preset in the words of the plant file, everything written out.

    Args:
        choices: what `preset_pattern` takes.

    Raises:
        ValueError: what `preset_pattern` says.
    """
    pattern = preset_pattern(preset, **choices)
    names = {shift.code: dict(shift.names) for shift in preset.shifts}
    definition: dict[str, Any] = {
        "shifts": [{**_stored_shift(one), "name": names[one.code]} for one in pattern.shifts],
        "days": [name for number, name in enumerate(WEEKDAYS) if number in pattern.days],
    }
    if pattern.cycle is not None:
        definition["cycle"] = {
            "anchor": pattern.cycle.anchor.isoformat(),
            "crews": [
                {
                    "code": rota.crew,
                    "name": crew_name(rota.crew),
                    "shifts": [code or OFF for code in rota.shifts],
                }
                for rota in pattern.cycle.crews
            ],
        }
    return definition


def overtime_definition(
    entry: Mapping[str, Any], on: date, pattern: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What is stored of overtime: all that it takes from the pattern written out.

    A shift without times is worked as the pattern has it; one with times of its own keeps those
    breaks of the pattern's shift that still lie in it. Its crew is the one that works that shift.

    Args:
        entry: `shift`, `start`, `end`, `breaks`, `day_offset`, `crew`, as far as given.
        on: production day.
        pattern: definition in force that day; None: the calendar has none.

    Raises:
        KeyError: a shift without times that the pattern does not have.
    """
    code = str(entry.get("shift") or OVERTIME_CODE)
    planned = core_pattern(on, pattern) if pattern is not None else None
    known = {one.code: one for one in planned.shifts} if planned is not None else {}
    base = known.get(code)
    working = {} if planned is None or planned.cycle is None else dict(planned.cycle.on(on))
    crew = entry.get("crew") or next((c for c, shift in working.items() if shift == code), None)
    if entry.get("start") is None:
        if base is None:
            raise KeyError(code)
        made = base
    else:
        made = core_shift({**entry, "code": code, "breaks": None})
        if base is not None:
            made = replace(made, breaks=tuple(one for one in base.breaks if _lies_in(one, made)))
            if made.day_offset is None:
                made = replace(made, day_offset=base.day_offset)
    if entry.get("breaks") is not None:
        made = replace(made, breaks=core_shift({**entry, "code": code, **_times(made)}).breaks)
    if entry.get("day_offset") is not None:
        made = replace(made, day_offset=entry["day_offset"])
    stored = _stored_shift(made)
    stored["shift"] = stored.pop("code")
    if crew or made.crew:
        stored["crew"] = str(crew or made.crew)
    return stored


def _times(shift: Shift) -> dict[str, str]:
    return {"start": f"{shift.start:%H:%M}", "end": f"{shift.end:%H:%M}"}


def _lies_in(pause: Break, shift: Shift) -> bool:
    """Whether a break lies in a shift, on the wall clock."""
    begin, end = _minutes(shift.start), _minutes(shift.end)
    first, last = _minutes(pause.start), _minutes(pause.end)
    end += _DAY_MIN if end <= begin else 0
    first += _DAY_MIN if first < begin else 0
    last += _DAY_MIN if last < begin or last <= first - _DAY_MIN else 0
    return begin <= first < last <= end


def _minutes(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def crew_name(code: str) -> dict[str, str]:
    """What a crew without a name is called."""
    return {"ko": f"{code}조", "en": f"Crew {code}"}


def shift_names(patterns: Iterable[PatternRow]) -> dict[str, Mapping[str, str]]:
    """Names of the shift codes of a calendar, the latest pattern wins."""
    return {
        str(shift["code"]): shift["name"]
        for _, definition in sorted(patterns, key=lambda row: row[0])
        for shift in definition["shifts"]
        if shift.get("name")
    }


def crew_names(patterns: Iterable[PatternRow]) -> dict[str, Mapping[str, str]]:
    """Names of the crew codes of a calendar, the latest pattern wins."""
    return {
        str(crew["code"]): crew.get("name") or crew_name(str(crew["code"]))
        for _, definition in sorted(patterns, key=lambda row: row[0])
        for crew in (definition.get("cycle") or {}).get("crews") or ()
    }


def _days(names: Sequence[str] | None) -> frozenset[int]:
    return frozenset(range(7)) if names is None else frozenset(WEEKDAYS.index(n) for n in names)


def _cycle(data: Mapping[str, Any]) -> Cycle:
    return Cycle(
        anchor=date.fromisoformat(data["anchor"]),
        crews=tuple(
            CrewRota(
                crew=str(crew["code"]),
                shifts=tuple(None if code == OFF else str(code) for code in crew["shifts"]),
            )
            for crew in data["crews"]
        ),
    )


def core_shift(data: Mapping[str, Any]) -> Shift:
    return Shift(
        code=str(data["code"]),
        start=time.fromisoformat(data["start"]),
        end=time.fromisoformat(data["end"]),
        day_offset=data.get("day_offset"),
        breaks=tuple(
            Break(
                start=time.fromisoformat(entry["start"]),
                end=time.fromisoformat(entry["end"]),
                reason=str(entry["reason"]),
            )
            for entry in data.get("breaks") or ()
        ),
        crew=str(data.get("crew") or NO_CREW),
    )


def _stored_shift(shift: Shift) -> dict[str, Any]:
    return {
        "code": shift.code,
        "start": f"{shift.start:%H:%M}",
        "end": f"{shift.end:%H:%M}",
        "breaks": [
            {"start": f"{one.start:%H:%M}", "end": f"{one.end:%H:%M}", "reason": one.reason}
            for one in shift.breaks
        ],
        "day_offset": shift.day_offset,
    }


def core_exception(on: str, kind: str, data: Mapping[str, Any]) -> CalendarException:
    """A core exception from a stored row: date YYYY-MM-DD, kind, definition."""
    overtime = ExceptionKind(kind) is ExceptionKind.OVERTIME
    return CalendarException(
        date=date.fromisoformat(on),
        kind=ExceptionKind(kind),
        shift=core_shift({**data, "code": data.get("shift") or OVERTIME_CODE})
        if overtime
        else None,
        start=_wall(data.get("start")) if not overtime else None,
        end=_wall(data.get("end")) if not overtime else None,
        reason=data.get("reason"),
    )


def _wall(text: str | None) -> time | None:
    return None if text is None else time.fromisoformat(text)

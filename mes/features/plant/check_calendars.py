"""What can be wrong with the calendars of a plant file beyond the shape of their parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mes.core.calendar import Calendar as CoreCalendar
from mes.core.calendar_checks import CalendarMistake, check_calendar
from mes.core.calendar_presets import BREAK_NAMES
from mes.features.plant.calendar_schema import Break, Calendar, ExceptionEntry, Shift
from mes.features.plant.repair import Path, Problem
from mes.features.plant.schema import PlantFile
from mes.features.production.calendars import core_calendar, overtime_definition

DAY_MIN = 1440
PLANNED = ("break", "planned_stop")
_OF_PATTERN = ("shifts", "days", "cycle")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a calendar depends on besides itself.

    Attributes:
        reasons: time class of each reason by code (None: it has none).
        unlisted: whether a break may name a reason that is not among them.
    """

    time_zone: str
    day_starts: str
    reasons: Mapping[str, str | None]
    unlisted: bool = True


def calendar_problems(plant: PlantFile) -> Iterator[Problem]:
    """Shifts, breaks and crews that contradict each other, and exceptions that do not fit them."""
    around = Surroundings(
        time_zone=plant.site.time_zone,
        day_starts=plant.site.day_starts,
        reasons={reason.code: reason.time_class for reason in reversed(plant.reasons)},
    )
    for index, calendar in enumerate(plant.calendars):
        path: Path = ("calendars", index)
        for place, code, message in problems_of(calendar, around):
            at = ("preset",) if calendar.preset and place[:1][0] in _OF_PATTERN else place
            yield (*path, *at), code, message


def problems_of(calendar: Calendar, around: Surroundings) -> Iterator[Problem]:
    """The mistakes of one calendar; paths begin inside it."""
    written = calendar.expanded()
    for place, day in enumerate(written.days):
        if day in written.days[:place]:
            yield ("days", place), "duplicate", f"{day!r} stands twice"
    for number, shift in enumerate(written.shifts):
        here: Path = ("shifts", number)
        if shift.code in [other.code for other in written.shifts[:number]]:
            yield (*here, "code"), "duplicate", f"shift {shift.code!r} stands twice"
        if shift.day_offset is None and _crosses(_minutes(around.day_starts), shift):
            yield (
                here,
                "shift_crosses_day",
                f"the shift runs across the day boundary {around.day_starts}; "
                "give day_offset: 0 or -1 to say which production day it belongs to",
            )
        yield from _breaks(here, (shift.start, shift.end), shift.breaks, around)
    yield from _of_the_kernel(written, around)
    yield from _exceptions(written, around)


def unlisted_break_reasons(plant: PlantFile) -> Iterator[Problem]:
    """Breaks whose reason is not listed: what stands under `breaks` is a break all the same."""
    listed = {reason.code for reason in plant.reasons}
    for index, calendar in enumerate(plant.calendars):
        for path, pause in _written_breaks(calendar):
            if pause.reason not in listed:
                yield (
                    ("calendars", index, *path, "reason"),
                    "reason_not_listed",
                    f"reason {pause.reason!r} is not listed under reasons; it is taken as a "
                    "reason of class break with this code as its name",
                )


def break_reasons(plant: PlantFile) -> Iterator[str]:
    """The reasons of all breaks, those of presets and exceptions included, in file order."""
    for calendar in plant.calendars:
        for _, pause in _written_breaks(calendar.expanded()):
            yield pause.reason


def break_reason_name(code: str) -> dict[str, str]:
    """What a break reason that nobody listed is called."""
    return dict(BREAK_NAMES.get(code) or {"ko": code, "en": code})


def _written_breaks(calendar: Calendar) -> Iterator[tuple[Path, Break]]:
    for number, shift in enumerate(calendar.shifts):
        for place, pause in enumerate(shift.breaks):
            yield ("shifts", number, "breaks", place), pause
    for number, entry in enumerate(calendar.exceptions):
        for place, pause in enumerate(entry.breaks or ()):
            yield ("exceptions", number, "breaks", place), pause


def _of_the_kernel(calendar: Calendar, around: Surroundings) -> Iterator[Problem]:
    """Asked of the calendar that computes the shifts, so that both mean the same."""
    for mistake in check_calendar(_core(calendar, around, [])):
        if mistake.code == "shifts_overlap":
            yield ("shifts", _last_shift(calendar, mistake.shift)), mistake.code, mistake.message
        elif mistake.code in ("crews_collide", "shift_unknown"):
            yield _in_cycle(calendar, mistake), mistake.code, mistake.message
        elif mistake.code == "crew_repeated":
            yield (*_in_cycle(calendar, mistake), "code"), "duplicate", mistake.message


def _last_shift(calendar: Calendar, code: str | None) -> int:
    codes = [shift.code for shift in calendar.shifts]
    return len(codes) - 1 - codes[::-1].index(code or "")


def _in_cycle(calendar: Calendar, mistake: CalendarMistake) -> Path:
    crews = [] if calendar.cycle is None else [crew.code for crew in calendar.cycle.crews]
    place = len(crews) - 1 - crews[::-1].index(mistake.crew or "")
    path: Path = ("cycle", "crews", place)
    return path if mistake.day is None else (*path, "shifts", mistake.day)


def _exceptions(calendar: Calendar, around: Surroundings) -> Iterator[Problem]:
    rows: list[tuple[str, str, dict[str, Any]]] = []
    places: dict[str, int] = {}
    holidays: set[str] = set()
    for number, entry in enumerate(calendar.exceptions):
        here: Path = ("exceptions", number)
        if entry.kind == "holiday":
            if entry.date in holidays:
                yield here, "duplicate", f"{entry.date} is a holiday already"
            holidays.add(entry.date)
        if entry.reason is not None:
            yield from _stop_reason((*here, "reason"), entry.reason, around)
        try:
            definition = exception_definition(entry, calendar)
        except KeyError:
            yield (*here, "shift"), "shift_unknown", f"there is no shift {entry.shift!r}"
            continue
        if entry.breaks is not None:
            times = (definition["start"], definition["end"])
            yield from _breaks(here, times, entry.breaks, around)
        rows.append((entry.date, entry.kind, definition))
        places[entry.date] = number
    for mistake in check_calendar(_core(calendar, around, rows)):
        if mistake.date is not None and mistake.code not in ("break_outside_shift",):
            number = _place(calendar, mistake, places)
            yield ("exceptions", number), mistake.code, mistake.message


def _place(calendar: Calendar, mistake: CalendarMistake, places: Mapping[str, int]) -> int:
    """The last exception of the day that the mistake is about."""
    on = str(mistake.date)
    kind = "stop" if mistake.shift is None else "overtime"
    for number in range(len(calendar.exceptions) - 1, -1, -1):
        entry = calendar.exceptions[number]
        if (entry.date, entry.kind) == (on, kind):
            return number
    return places[on]


def exception_definition(entry: ExceptionEntry, calendar: Calendar) -> dict[str, Any]:
    """What is stored of an exception, everything from the pattern written out.

    Raises:
        KeyError: overtime as a shift that the calendar does not have.
    """
    given = entry.model_dump(mode="json", exclude_none=True, exclude={"date", "kind", "name"})
    if entry.kind != "overtime":
        return given
    return overtime_definition(given, date.fromisoformat(entry.date), pattern_object(calendar))


def pattern_object(calendar: Calendar) -> dict[str, Any]:
    """The pattern of a calendar in the normal form: `shifts`, `days`, and `cycle` if it has one."""
    written = calendar.expanded()
    shifts = [shift.model_dump(mode="json", exclude_none=True) for shift in written.shifts]
    for shift in shifts:
        shift.setdefault("name", {"ko": shift["code"], "en": shift["code"]})
    pattern: dict[str, Any] = {"shifts": shifts, "days": list(written.days)}
    if written.cycle is not None:
        pattern["cycle"] = written.cycle.model_dump(mode="json", exclude_none=True)
    return pattern


def _core(
    calendar: Calendar, around: Surroundings, rows: Iterable[tuple[str, str, dict[str, Any]]]
) -> CoreCalendar:
    patterns = [(date.min.isoformat(), pattern_object(calendar))]
    return core_calendar(around.time_zone, around.day_starts, patterns, rows)


def _stop_reason(path: Path, code: str, around: Surroundings) -> Iterator[Problem]:
    if code not in around.reasons:
        yield path, "reason_unknown", f"there is no reason {code!r}"
    elif around.reasons[code] not in PLANNED:
        yield (
            path,
            "reason_not_planned",
            f"the reason of a stop has class planned_stop or break, not {around.reasons[code]}",
        )


def _breaks(
    path: Path, times: tuple[str, str], breaks: Iterable[Break], around: Surroundings
) -> Iterator[Problem]:
    start, end = _span(*times)
    spans: list[tuple[int, int]] = []
    for index, pause in enumerate(breaks):
        here: Path = (*path, "breaks", index)
        begin, finish = _span(pause.start, pause.end)
        if begin < start:
            begin, finish = begin + DAY_MIN, finish + DAY_MIN
        if not start <= begin < finish <= end:
            yield (
                here,
                "break_outside_shift",
                f"the break lies outside the shift {times[0]} to {times[1]}",
            )
        if any(begin < other_end and other_start < finish for other_start, other_end in spans):
            yield here, "breaks_overlap", "the break overlaps another break of the shift"
        spans.append((begin, finish))
        reason = around.reasons.get(pause.reason)
        if pause.reason not in around.reasons:
            if not around.unlisted:
                yield (*here, "reason"), "reason_unknown", f"there is no reason {pause.reason!r}"
        elif reason not in PLANNED:
            yield (
                (*here, "reason"),
                "reason_not_planned",
                f"the reason of a break has class break or planned_stop, not {reason}",
            )


def _crosses(boundary: int, shift: Shift) -> bool:
    start, end = _span(shift.start, shift.end)
    return any(start < edge < end for edge in (boundary, boundary + DAY_MIN))


def _span(start: str, end: str) -> tuple[int, int]:
    begin, finish = _minutes(start), _minutes(end)
    return begin, finish if finish > begin else finish + DAY_MIN


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])

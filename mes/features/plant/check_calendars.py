"""What can be wrong with the calendars of a plant file beyond the shape of their parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time

from mes.core.calendar import Calendar as CoreCalendar
from mes.core.calendar import Shift as CoreShift
from mes.core.calendar import ShiftPattern
from mes.core.calendar_checks import check_calendar
from mes.features.plant.repair import Path, Problem
from mes.features.plant.schema import WEEK, Calendar, PlantFile, Reason, Shift

DAY_MIN = 1440


def calendar_problems(plant: PlantFile) -> Iterator[Problem]:
    """Shifts across the day boundary, shifts and breaks that overlap, breaks of a wrong class."""
    reasons = {reason.code: reason for reason in reversed(plant.reasons)}
    for index, calendar in enumerate(plant.calendars):
        path: Path = ("calendars", index)
        yield from _repeated_days(path, calendar)
        for number, shift in enumerate(calendar.shifts):
            here = (*path, "shifts", number)
            if shift.day_offset is None and _crosses(_minutes(plant.site.day_starts), shift):
                yield (
                    here,
                    "shift_crosses_day",
                    f"the shift runs across the day boundary {plant.site.day_starts}; "
                    "give day_offset: 0 or -1 to say which production day it belongs to",
                )
            yield from _breaks(here, shift, reasons)
        yield from _overlaps(plant, path, calendar)


def unlisted_break_reasons(plant: PlantFile) -> Iterator[Problem]:
    """Breaks whose reason is not listed: what stands under `breaks` is a break all the same."""
    listed = {reason.code for reason in plant.reasons}
    for index, calendar in enumerate(plant.calendars):
        for number, shift in enumerate(calendar.shifts):
            for place, pause in enumerate(shift.breaks):
                if pause.reason not in listed:
                    path = ("calendars", index, "shifts", number, "breaks", place, "reason")
                    yield (
                        path,
                        "reason_not_listed",
                        f"reason {pause.reason!r} is not listed under reasons; it is taken as a "
                        "reason of class break with this code as its name",
                    )


def _repeated_days(path: Path, calendar: Calendar) -> Iterator[Problem]:
    for place, day in enumerate(calendar.days):
        if day in calendar.days[:place]:
            yield (*path, "days", place), "duplicate", f"{day!r} stands twice"


def _overlaps(plant: PlantFile, path: Path, calendar: Calendar) -> Iterator[Problem]:
    """Asked of the calendar that computes the shifts, so that both mean the same."""
    core = CoreCalendar(
        time_zone=plant.site.time_zone,
        day_starts=time.fromisoformat(plant.site.day_starts),
        patterns=(
            ShiftPattern(
                valid_from=date.min,
                shifts=tuple(_core_shift(shift) for shift in calendar.shifts),
                days=frozenset(WEEK.index(day) for day in calendar.days),
            ),
        ),
    )
    codes = [shift.code for shift in calendar.shifts]
    for mistake in check_calendar(core):
        if mistake.code == "shifts_overlap" and mistake.shift in codes:
            place = len(codes) - 1 - codes[::-1].index(mistake.shift)
            yield (*path, "shifts", place), mistake.code, mistake.message


def _core_shift(shift: Shift) -> CoreShift:
    return CoreShift(
        code=shift.code,
        start=time.fromisoformat(shift.start),
        end=time.fromisoformat(shift.end),
        day_offset=shift.day_offset,
    )


def _breaks(path: Path, shift: Shift, reasons: Mapping[str, Reason]) -> Iterator[Problem]:
    start, end = _span(shift.start, shift.end)
    spans: list[tuple[int, int]] = []
    for index, pause in enumerate(shift.breaks):
        here: Path = (*path, "breaks", index)
        begin, finish = _span(pause.start, pause.end)
        if begin < start:
            begin, finish = begin + DAY_MIN, finish + DAY_MIN
        if not start <= begin < finish <= end:
            yield (
                here,
                "break_outside_shift",
                f"the break lies outside the shift {shift.start} to {shift.end}",
            )
        if any(begin < other_end and other_start < finish for other_start, other_end in spans):
            yield here, "breaks_overlap", "the break overlaps another break of the shift"
        spans.append((begin, finish))
        reason = reasons.get(pause.reason)
        if reason is not None and reason.time_class not in ("break", "planned_stop"):
            yield (
                (*here, "reason"),
                "reason_not_planned",
                f"the reason of a break has class break or planned_stop, not {reason.time_class}",
            )


def _crosses(boundary: int, shift: Shift) -> bool:
    start, end = _span(shift.start, shift.end)
    return any(start < edge < end for edge in (boundary, boundary + DAY_MIN))


def _span(start: str, end: str) -> tuple[int, int]:
    begin, finish = _minutes(start), _minutes(end)
    return begin, finish if finish > begin else finish + DAY_MIN


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])

"""Shift patterns that plants use, by name: day shift, two or three shifts, two to four crews.

A preset is a list of blocks (a shift, or off) that each crew goes through in order, each block
lasting some days; every crew is one block ahead of the crew before it, so that each shift has one
crew every day. The length of a cycle is the number of blocks times the days of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time

from mes.core.calendar_model import Break, CrewRota, Cycle, Shift, ShiftPattern

A_MONDAY = date(2024, 1, 1)
"""First day of a cycle for which none was given."""
CREW_CODES = ("A", "B", "C", "D")
CONSECUTIVE_DAYS_MAX = 28
_DAY_MIN = 1440
_Pause = tuple[int, int, str]
"""(minutes from the start of the shift, length in minutes, reason)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresetShift:
    """A shift of a preset.

    Attributes:
        after_min: minutes from the start of the first shift.
        length_min: length in minutes.
        breaks: (minutes from its start, length in minutes, reason).
    """

    code: str
    names: Mapping[str, str]
    after_min: int
    length_min: int
    breaks: tuple[_Pause, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A pattern by name.

    Attributes:
        start: usual wall time of the first shift.
        blocks: what a crew goes through, None for days off; one block for each crew.
        consecutive_days: usual length of a block in days.
        days: weekdays worked, Monday is 0.
    """

    name: str
    names: Mapping[str, str]
    start: time
    shifts: tuple[PresetShift, ...]
    blocks: tuple[str | None, ...]
    consecutive_days: int
    days: frozenset[int] = frozenset(range(7))


_DAY = {"ko": "주간", "en": "Day"}
_NIGHT = {"ko": "야간", "en": "Night"}
_WORKDAYS = frozenset(range(5))
_TWELVE_HOURS: tuple[_Pause, ...] = (
    (120, 10, "rest"),
    (240, 60, "meal"),
    (420, 10, "rest"),
    (570, 30, "meal"),
)
_EIGHT_HOURS: tuple[_Pause, ...] = ((120, 10, "rest"), (240, 30, "meal"), (360, 10, "rest"))
_TWO_SHIFTS = (
    PresetShift(code="D", names=_DAY, after_min=0, length_min=720, breaks=_TWELVE_HOURS),
    PresetShift(code="N", names=_NIGHT, after_min=720, length_min=720, breaks=_TWELVE_HOURS),
)
_THREE_SHIFTS = (
    PresetShift(
        code="M",
        names={"ko": "오전", "en": "Morning"},
        after_min=0,
        length_min=480,
        breaks=_EIGHT_HOURS,
    ),
    PresetShift(
        code="E",
        names={"ko": "오후", "en": "Evening"},
        after_min=480,
        length_min=480,
        breaks=_EIGHT_HOURS,
    ),
    PresetShift(code="N", names=_NIGHT, after_min=960, length_min=480, breaks=_EIGHT_HOURS),
)

BREAK_NAMES: Mapping[str, Mapping[str, str]] = {
    "lunch": {"ko": "점심시간", "en": "Lunch"},
    "meal": {"ko": "식사시간", "en": "Meal break"},
    "rest": {"ko": "휴식시간", "en": "Rest break"},
}
"""Names of the break reasons of the presets."""

PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="day-shift",
            names={"ko": "주간 단일", "en": "Day shift only"},
            start=time(8, 30),
            shifts=(
                PresetShift(
                    code="D",
                    names=_DAY,
                    after_min=0,
                    length_min=540,
                    breaks=((90, 10, "rest"), (210, 60, "lunch"), (390, 10, "rest")),
                ),
            ),
            blocks=("D",),
            consecutive_days=1,
            days=_WORKDAYS,
        ),
        Preset(
            name="2-crew-2-shift",
            names={"ko": "2조 2교대", "en": "2 crews, 2 shifts"},
            start=time(8),
            shifts=_TWO_SHIFTS,
            blocks=("D", "N"),
            consecutive_days=7,
            days=_WORKDAYS,
        ),
        Preset(
            name="3-crew-2-shift",
            names={"ko": "3조 2교대", "en": "3 crews, 2 shifts"},
            start=time(8),
            shifts=_TWO_SHIFTS,
            blocks=("D", "N", None),
            consecutive_days=3,
        ),
        Preset(
            name="4-crew-2-shift",
            names={"ko": "4조 2교대", "en": "4 crews, 2 shifts"},
            start=time(8),
            shifts=_TWO_SHIFTS,
            blocks=("D", "N", None, None),
            consecutive_days=2,
        ),
        Preset(
            name="4-crew-3-shift",
            names={"ko": "4조 3교대", "en": "4 crews, 3 shifts"},
            start=time(6),
            shifts=_THREE_SHIFTS,
            blocks=("M", "E", "N", None),
            consecutive_days=2,
        ),
    )
}


def preset_pattern(
    preset: Preset,
    *,
    anchor: date = A_MONDAY,
    start: time | None = None,
    consecutive_days: int | None = None,
    crews: Sequence[str] | None = None,
    valid_from: date = date.min,
) -> ShiftPattern:
    """The shift pattern that a preset means.

    Args:
        anchor: first day of the cycle: the first crew begins its first block.
        start: wall time of the first shift; None: the usual one. Breaks move along.
        consecutive_days: length of a block in days; None: the usual one.
        crews: codes of the crews, as many as the preset has blocks; None: A, B, C, D.
        valid_from: production day from which the pattern holds.

    Raises:
        ValueError: the number of crews or days does not fit the preset.
    """
    run = preset.consecutive_days if consecutive_days is None else consecutive_days
    if not 1 <= run <= CONSECUTIVE_DAYS_MAX:
        raise ValueError(f"consecutive days go from 1 to {CONSECUTIVE_DAYS_MAX}")
    count = len(preset.blocks)
    names = CREW_CODES[:count] if crews is None else tuple(crews)
    if len(names) != count or len(set(names)) != count:
        raise ValueError(f"{preset.name} has {count} crews, each with its own code")
    sequence = [shift for shift in preset.blocks for _ in range(run)]
    return ShiftPattern(
        valid_from=valid_from,
        shifts=tuple(_shift(one, start or preset.start) for one in preset.shifts),
        days=preset.days,
        cycle=Cycle(
            anchor=anchor,
            crews=tuple(
                CrewRota(
                    crew=name,
                    shifts=tuple(sequence[place * run :] + sequence[: place * run]),
                )
                for place, name in enumerate(names)
            ),
        ),
    )


def _shift(preset: PresetShift, first: time) -> Shift:
    begins = first.hour * 60 + first.minute + preset.after_min
    return Shift(
        code=preset.code,
        start=_wall(begins),
        end=_wall(begins + preset.length_min),
        day_offset=-(begins // _DAY_MIN),
        breaks=tuple(
            Break(start=_wall(begins + after), end=_wall(begins + after + length), reason=reason)
            for after, length, reason in preset.breaks
        ),
    )


def _wall(minutes: int) -> time:
    hours, minute = divmod(minutes % _DAY_MIN, 60)
    return time(hours, minute)

"""The calendars of a plant file: shifts, crews in a cycle, presets, exceptions of single days.

Times of day are local wall time "HH:MM" of the site's zone, dates are production days.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mes.core.calendar_presets import A_MONDAY, CONSECUTIVE_DAYS_MAX, PRESETS
from mes.features.plant.parts import WEEK, Code, Day, Names, Part, TimeOfDay, Weekday
from mes.features.production.calendars import OFF, preset_definition

SHIFTS_MAX = 24
BREAKS_MAX = 24
CREWS_MAX = 26
CYCLE_DAYS_MAX = 366
EXCEPTIONS_MAX = 5000


def _preset(value: str) -> str:
    if value not in PRESETS:
        raise ValueError(f"there is no preset {value!r}; known: {', '.join(PRESETS)}")
    return value


def _named(value: object) -> object:
    """A preset may be written as its name alone."""
    return {"name": value} if isinstance(value, str) else value


PresetName = Annotated[str, AfterValidator(_preset)]


class Break(Part):
    """A planned pause inside a shift."""

    start: TimeOfDay
    end: TimeOfDay
    reason: Code


def _not_off(value: str) -> str:
    if value == OFF:
        raise ValueError(f"{OFF!r} means no shift; give the shift another code")
    return value


class Shift(Part):
    """A shift; `day_offset` moves its production day when it crosses the day boundary."""

    code: Annotated[Code, AfterValidator(_not_off)]
    name: Names | None = None
    start: TimeOfDay
    end: TimeOfDay
    breaks: list[Break] = Field(default_factory=list, max_length=BREAKS_MAX)
    day_offset: int | None = Field(default=None, ge=-1, le=1)
    crew: Code | None = None


class Crew(Part):
    """A crew and what it works on each day of the cycle: a shift code, or off."""

    code: Code
    name: Names | None = None
    shifts: list[Code] = Field(min_length=1, max_length=CYCLE_DAYS_MAX)


class Cycle(Part):
    """Crews that take turns; `anchor` is a production day that is the first of the cycle."""

    anchor: Day
    crews: list[Crew] = Field(min_length=1, max_length=CREWS_MAX)

    @model_validator(mode="after")
    def _crews_have_the_same_days(self) -> Cycle:
        if len({len(crew.shifts) for crew in self.crews}) > 1:
            found = ", ".join(f"{crew.code} {len(crew.shifts)}" for crew in self.crews)
            raise ValueError(f"all crews need the same number of days; they have {found}")
        return self


class PresetChoice(Part):
    """A pattern by name and what of it is the plant's own choice."""

    name: PresetName
    anchor: Day = A_MONDAY.isoformat()
    start: TimeOfDay | None = None
    consecutive_days: int | None = Field(default=None, ge=1, le=CONSECUTIVE_DAYS_MAX)
    crews: list[Code] | None = None

    @model_validator(mode="after")
    def _fits_the_preset(self) -> PresetChoice:
        self.definition()
        return self

    def definition(self) -> dict[str, Any]:
        """The pattern written out: `shifts`, `days`, `cycle`.

        Raises:
            ValueError: the crews do not fit the preset.
        """
        return preset_definition(
            PRESETS[self.name],
            anchor=date.fromisoformat(self.anchor),
            start=None if self.start is None else time.fromisoformat(self.start),
            consecutive_days=self.consecutive_days,
            crews=self.crews,
        )


class ExceptionEntry(Part):
    """A production day that differs from the pattern."""

    date: Day
    kind: Literal["holiday", "overtime", "stop"]
    name: Names | None = None
    shift: Annotated[Code, AfterValidator(_not_off)] | None = None
    start: TimeOfDay | None = None
    end: TimeOfDay | None = None
    breaks: list[Break] | None = Field(default=None, max_length=BREAKS_MAX)
    day_offset: int | None = Field(default=None, ge=-1, le=1)
    crew: Code | None = None
    reason: Code | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> ExceptionEntry:
        for field in _FOREIGN[self.kind]:
            if getattr(self, field) is not None:
                raise ValueError(f"a {self.kind} has no {field}")
        if self.kind == "overtime":
            if self.shift is None and self.start is None:
                raise ValueError("overtime needs a shift: the code of one, or start and end")
            if (self.start is None) != (self.end is None):
                raise ValueError("overtime needs both start and end, or neither")
        return self


_FOREIGN = {
    "holiday": ("shift", "start", "end", "breaks", "day_offset", "crew", "reason"),
    "overtime": ("reason",),
    "stop": ("shift", "breaks", "day_offset", "crew"),
}


class Calendar(Part):
    """Shifts on weekdays, in a cycle of crews, or by a preset; and days that differ."""

    id: Code
    name: Names | None = None
    preset: Annotated[PresetChoice | None, BeforeValidator(_named)] = None
    shifts: list[Shift] = Field(max_length=SHIFTS_MAX)
    days: list[Weekday] = Field(default_factory=lambda: list(WEEK))
    cycle: Cycle | None = None
    exceptions: list[ExceptionEntry] = Field(default_factory=list, max_length=EXCEPTIONS_MAX)

    @model_validator(mode="before")
    @classmethod
    def _a_preset_brings_its_shifts(cls, data: object) -> object:
        if isinstance(data, dict) and "preset" in data and "shifts" not in data:
            return {**data, "shifts": []}
        return data

    @model_validator(mode="after")
    def _a_preset_stands_alone(self) -> Calendar:
        if self.preset is not None and (self.shifts or self.cycle is not None):
            raise ValueError("give either a preset, or shifts and cycle")
        return self

    def expanded(self) -> Calendar:
        """The same calendar with its preset written out."""
        if self.preset is None:
            return self
        written = self.preset.definition()
        if "days" in self.model_fields_set:
            written["days"] = self.days
        return Calendar(
            id=self.id,
            name=self.name,
            shifts=[Shift.model_validate(one) for one in written["shifts"]],
            days=written["days"],
            cycle=Cycle.model_validate(written["cycle"]),
            exceptions=self.exceptions,
        )

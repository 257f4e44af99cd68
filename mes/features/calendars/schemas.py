"""What the routes of calendars take; parts are written as in the plant file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
    StringConstraints,
    ValidationError,
)

from mes.core.refusal import Refusal
from mes.features.commands.schemas import CommandIn, NoteText, Short
from mes.features.plant.calendar_schema import (
    BREAKS_MAX,
    SHIFTS_MAX,
    Break,
    Calendar,
    Cycle,
    ExceptionEntry,
    PresetChoice,
    Shift,
)
from mes.features.plant.document import field_name
from mes.features.plant.parts import Code, Day, Names, TimeOfDay, Weekday

DAYS_MAX = 400
"""Most days of one answer."""
PastReason = Annotated[StrictStr, StringConstraints(max_length=500)]


class DaysQuery(BaseModel):
    """From which production day to which, both included; default: the present month."""

    model_config = ConfigDict(populate_by_name=True)

    first: Day | None = Field(default=None, alias="from")
    last: Day | None = Field(default=None, alias="to")

    def bounds(self) -> tuple[date | None, date | None]:
        """First and last day.

        Raises:
            Refusal: `range_too_long`, `window_malformed` (422).
        """
        first = None if self.first is None else date.fromisoformat(self.first)
        last = None if self.last is None else date.fromisoformat(self.last)
        if last is not None and first is None:
            raise Refusal("window_malformed", "give from with to", status=422, field="from")
        if first is not None and last is not None:
            if last < first:
                raise Refusal("window_malformed", "to lies before from", status=422, field="to")
            if (last - first).days >= DAYS_MAX:
                raise Refusal(
                    "range_too_long", f"ask for at most {DAYS_MAX} days", status=422, field="to"
                )
        return first, last


class PastIn(BaseModel):
    """Why something that is over changes; a supervisor gives it."""

    past_reason: PastReason | None = Field(
        default=None,
        description="Needed for a production day that is over, by a supervisor: why it changes.",
    )


class ExceptionIn(CommandIn, PastIn):
    """A production day that differs from the pattern, as in the plant file.

    `overtime` takes a shift of the pattern by its code, or start and end.
    """

    date: Day
    kind: Literal["holiday", "overtime", "stop"]
    name: Names | None = None
    shift: Code | None = None
    start: TimeOfDay | None = None
    end: TimeOfDay | None = None
    breaks: list[Break] | None = Field(default=None, max_length=BREAKS_MAX)
    day_offset: int | None = Field(default=None, ge=-1, le=1)
    crew: Code | None = None
    reason: Code | None = None
    note: NoteText | None = None

    def entry(self) -> ExceptionEntry:
        """The exception, checked by itself.

        Raises:
            Refusal: `calendar_mistake` (422).
        """
        fields = self.model_dump(
            mode="json", include=set(ExceptionEntry.model_fields), exclude_none=True
        )
        try:
            return ExceptionEntry.model_validate(fields)
        except ValidationError as error:
            raise as_refusal(error, default=_missing(self)) from None


class WithdrawIn(CommandIn, PastIn):
    """Take an exception back."""

    note: NoteText | None = None


class AssignmentIn(CommandIn, PastIn):
    """Let a line have a calendar from a production day on."""

    calendar: Code | None = Field(description="Code of the calendar; null: always scheduled.")
    valid_from: Day
    note: NoteText | None = None


class PatternBody(BaseModel):
    """A pattern: a preset by name, or shifts with days and maybe a cycle of crews."""

    valid_from: Day
    preset: Annotated[
        PresetChoice | None,
        BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value),
    ] = None
    shifts: list[Shift] | None = Field(default=None, max_length=SHIFTS_MAX)
    days: list[Weekday] | None = None
    cycle: Cycle | None = None

    def draft(self, calendar: str) -> Calendar:
        """The pattern as a calendar of the plant file.

        Raises:
            Refusal: `calendar_mistake` (422).
        """
        fields: dict[str, Any] = self.model_dump(
            mode="json", include={"preset", "shifts", "days", "cycle"}, exclude_none=True
        )
        if self.preset is None and self.shifts is None:
            raise Refusal("calendar_mistake", "give a preset or shifts", status=422, field="shifts")
        try:
            return Calendar.model_validate({"id": calendar, **fields})
        except ValidationError as error:
            raise as_refusal(error, default="preset") from None


class PatternIn(CommandIn, PatternBody, PastIn):
    """Let a pattern hold from a production day on."""

    note: NoteText | None = None


class PreviewIn(PatternBody):
    """A pattern to look at; nothing is changed."""

    model_config = ConfigDict(extra="forbid")


class HolidaysIn(CommandIn, PastIn):
    """Public holidays of a country and year."""

    country: Short = Field(description="ISO 3166-1 alpha-2, such as KR.")
    year: int


def as_refusal(error: ValidationError, default: str) -> Refusal:
    """The mistakes of a model as one refusal that names the fields."""
    errors = [
        {
            "field": field_name(tuple(item["loc"])) or default,
            "message": str(item["msg"]).removeprefix("Value error, "),
        }
        for item in error.errors(include_url=False, include_input=False)
    ]
    return Refusal("calendar_mistake", errors[0]["message"], status=422, details={"errors": errors})


def _missing(body: ExceptionIn) -> str:
    """The field that a mistake about the whole exception is about."""
    if body.kind == "overtime":
        return "shift" if body.start is None and body.end is None else "end"
    given = [f for f in ("shift", "start", "end", "breaks", "crew", "reason") if getattr(body, f)]
    return given[0] if given else "kind"

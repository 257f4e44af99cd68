"""What stands in the way of a change of a calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from mes.core.calendar import Calendar as CoreCalendar
from mes.core.calendar_checks import check_calendar
from mes.core.refusal import Refusal
from mes.features.calendars.subjects import Subject, surroundings
from mes.features.plant.calendar_schema import Calendar as Draft
from mes.features.plant.calendar_schema import ExceptionEntry
from mes.features.plant.check_calendars import (
    exception_definition,
    pattern_object,
    problems_of,
)
from mes.features.plant.document import field_name

FIELDS = {
    "end_before_start": "end",
    "shifts_overlap": "start",
    "shift_crosses_day": "day_offset",
    "break_outside_shift": "breaks",
    "breaks_overlap": "breaks",
}
"""Field of a request for an exception by the kind of mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What entitles to change what is over.

    Attributes:
        reason: why, given explicitly; None: the past is not meant to change.
        allowed: whether who asks may do it at all.
    """

    reason: str | None = None
    allowed: bool = False


ONLY_AHEAD = Past()
"""The past is not meant to change."""


def checked_pattern(
    session: Session, subject: Subject, draft: Draft, now_us: int
) -> dict[str, Any]:
    """The definition that a draft means.

    Raises:
        Refusal: `calendar_mistake` with each field.
    """
    around = surroundings(session, subject, now_us)
    if draft.preset is not None:
        made = dict.fromkeys(break_reasons_of(pattern_object(draft)), "break")
        around = replace(around, reasons={**made, **around.reasons})
    problems = [
        (field_name(path), code, message) for path, code, message in problems_of(draft, around)
    ]
    if problems:
        raise _mistakes(problems)
    return pattern_object(draft)


def with_pattern(subject: Subject, valid_from: date, definition: Mapping[str, Any]) -> CoreCalendar:
    """The calendar with another pattern from a production day on."""
    first = valid_from.isoformat()
    others = [row for row in subject.patterns if row[0] != first]
    return subject.core_with(patterns=[*others, (first, definition)])


def checked_definition(
    session: Session, subject: Subject, entry: ExceptionEntry, now_us: int
) -> dict[str, Any]:
    """What is stored of an exception, everything that it takes from the pattern written out.

    Raises:
        Refusal: `calendar_mistake` with each field.
    """
    pattern = subject.pattern_on(date.fromisoformat(entry.date)) or {"shifts": []}
    draft = Draft.model_validate(
        {"id": subject.row.code, **pattern, "exceptions": [entry.model_dump(exclude_none=True)]}
    )
    own = [
        (field_name(path[2:]), code, message)
        for path, code, message in problems_of(draft, surroundings(session, subject, now_us))
        if path[:1] == ("exceptions",) and path[2:]
    ]
    if own:
        raise _mistakes(own)
    return exception_definition(entry, draft)


def refuse_repeats(subject: Subject, row: tuple[str, str, dict[str, Any]]) -> None:
    """A day has one holiday, and no overtime or stop twice.

    Raises:
        Refusal: `exception_exists`.
    """
    on, kind, definition = row
    marks = {"holiday": (), "overtime": ("shift",), "stop": ("start",)}[kind]
    for other_on, other_kind, other in subject.exceptions:
        same = all(other.get(mark) == definition.get(mark) for mark in marks)
        if (other_on, other_kind) == (on, kind) and same:
            raise Refusal(
                "exception_exists",
                f"{on} has this {kind} already; take that one back first",
                field="date",
            )


def check_past(today: date, on: date, past: Past, field: str) -> None:
    """That a production day is not over, or may be changed all the same.

    Args:
        today: the present production day.

    Raises:
        Refusal: `past_needs_supervisor` (403), `past_fixed`.
    """
    if on >= today:
        return
    if not past.allowed:
        raise Refusal(
            "past_needs_supervisor",
            f"{on} is over; only a supervisor changes what is over",
            status=403,
            field=field,
        )
    if not (past.reason or "").strip():
        raise Refusal(
            "past_fixed",
            f"{on} is over; to change its figures, give past_reason",
            field="past_reason",
        )


def refuse_mistakes(
    before: CoreCalendar, after: CoreCalendar, fields: Mapping[str, str] | None = None
) -> None:
    """Refuse what contradicts itself only through the change.

    Args:
        fields: field of the request by kind of mistake; None: the day of the exception is named.

    Raises:
        Refusal: `calendar_mistake`.
    """
    known = check_calendar(before)
    found = [one for one in check_calendar(after) if one not in known]
    if found:
        raise _mistakes(
            [
                (
                    f"exceptions[{one.date}]" if fields is None else fields.get(one.code, "date"),
                    one.code,
                    one.message,
                )
                for one in found
            ]
        )


def _mistakes(problems: list[tuple[str, str, str]]) -> Refusal:
    return Refusal(
        "calendar_mistake",
        problems[0][2],
        status=422,
        details={
            "errors": [
                {"field": field, "code": code, "message": message}
                for field, code, message in problems[:100]
            ]
        },
    )


def break_reasons_of(definition: Mapping[str, Any]) -> list[str]:
    return sorted(
        {pause["reason"] for shift in definition["shifts"] for pause in shift.get("breaks") or ()}
    )

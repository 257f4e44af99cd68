"""Days of calendars that differ from their pattern: holidays, overtime, stops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.calendar_checks import check_calendar
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.calendars.bulk import NewException, put_exceptions
from mes.features.calendars.checks import checked_definition
from mes.features.calendars.service import EXCEPTIONS_MAX
from mes.features.calendars.subjects import Subject, find_calendar
from mes.features.commands.context import Context
from mes.features.imports.cells import (
    CellMistake,
    read_choice,
    read_code,
    read_date,
    read_time,
)
from mes.features.imports.columns import Column, Look, Needed, choice_words, name_column
from mes.features.imports.kind import CLEARED, Details, Kind, Plan, Row, RowState, Value
from mes.features.imports.table import Mistake
from mes.features.imports.words import _
from mes.features.plant.calendar_rows import exceptions_in_force
from mes.features.plant.calendar_schema import ExceptionEntry
from mes.models import Calendar, CalendarException
from mes.web.roles import Role

EDITORS = (Role.MANAGER, Role.SUPERVISOR, Role.INTEGRATOR)
"""Who changes calendars, as on their page."""
ROWS_MAX = 2_000
KINDS = {"holiday": _("Holiday"), "overtime": _("Overtime"), "stop": _("Stop")}
MARKS = {"holiday": (), "overtime": ("shift",), "stop": ("start",)}
"""What tells two exceptions of one day and kind apart."""

Mark = tuple[str, str, tuple[Any, ...]]


@dataclass(slots=True)
class Held:
    """A calendar and what rows put into it."""

    subject: Subject
    stored: dict[Mark, CalendarException]
    fresh: list[tuple[Row, NewException]] = field(default_factory=list)
    seen: dict[Mark, int] = field(default_factory=dict)


def _plan(session: Session, now_us: int, rows: Sequence[Row]) -> Plan:
    held: dict[str, Held] = {}
    states: dict[int, RowState] = {}
    mistakes: list[Mistake] = []
    for row in rows:
        try:
            states[row.number] = _put(session, now_us, row, held)
        except CellMistake as mistake:
            mistakes.append(row.mistake(mistake))
    mistakes += [one for each in held.values() for one in _together(each)]
    for one in mistakes:
        states.pop(one.row or 0, None)

    def write(session: Session, context: Context, details: Details) -> None:
        for code, one in held.items():
            if one.fresh:
                put_exceptions(session, context, code, [fresh for _row, fresh in one.fresh])
        record(session, context.actor, "calendar.imported", str(details["file"]), details)

    return Plan(states=states, mistakes=mistakes, write=write)


def _put(session: Session, now_us: int, row: Row, held: dict[str, Held]) -> RowState:
    """What a row does.

    Raises:
        CellMistake: it does not fit.
    """
    code = row.given["calendar"]
    if code not in held:
        held[code] = _held(session, code, now_us)
    one = held[code]
    day, kind = row.given["date"].isoformat(), row.given["kind"]
    mark = _mark(day, kind, _given(row))
    if mark in one.seen:
        raise CellMistake("duplicate_row", column="date", row=str(one.seen[mark]))
    one.seen[mark] = row.number
    old = one.stored.get(mark)
    entry = _entry(row, old)
    if old is not None and _same(entry, old, row):
        return RowState.UNCHANGED
    if row.given["date"] < one.subject.today:
        raise CellMistake("past_fixed", column="date")
    try:
        definition = checked_definition(session, one.subject, entry, now_us)
    except Refusal as refusal:
        raise _as_mistake(refusal) from None
    if old is not None and old.definition == definition and _names(entry) == (old.names or {}):
        return RowState.UNCHANGED
    replaces = None if old is None else old.id
    fresh = NewException(entry=entry, definition=definition, replaces=replaces)
    one.fresh.append((row, fresh))
    return RowState.NEW if old is None else RowState.CHANGED


def _held(session: Session, code: str, now_us: int) -> Held:
    try:
        subject = find_calendar(session, code, now_us)
    except Refusal:
        raise CellMistake("calendar_unknown", column="calendar") from None
    stored = {
        _mark(row.date, row.kind, row.definition): row
        for row in exceptions_in_force(session, subject.row.id)
    }
    return Held(subject=subject, stored=stored)


def _mark(day: str, kind: str, definition: Mapping[str, Any]) -> Mark:
    return day, kind, tuple(definition.get(mark) for mark in MARKS[kind])


def _given(row: Row) -> dict[str, Any]:
    """Shift, start, end and reason that a row names."""
    return {
        name: row.given[name]
        for name in ("shift", "start", "end", "reason")
        if row.given.get(name) not in (None, CLEARED)
    }


def _entry(row: Row, old: CalendarException | None) -> ExceptionEntry:
    given = {"date": row.given["date"].isoformat(), "kind": row.given["kind"], **_given(row)}
    if old is not None:
        kept = {name: old.definition[name] for name in KEPT if name in old.definition}
        given = {**kept, **given}
    _fits_kind(given)
    old_names = {} if old is None else dict(old.names or {})
    ko = row.given.get("name_ko") or old_names.get("ko")
    en = row.given.get("name_en") or old_names.get("en")
    if ko or en:
        given["name"] = {"ko": ko or en, "en": en or ko}
    try:
        return ExceptionEntry.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        column = str(first["loc"][0]) if first["loc"] else "kind"
        why = first["msg"].removeprefix("Value error, ")
        raise _invalid(column, first["type"], why) from None


def _fits_kind(given: Mapping[str, Any]) -> None:
    """That a row has what its kind needs, and nothing else.

    Raises:
        CellMistake: it has too much, or too little.
    """
    kind = given["kind"]
    for column in FOREIGN[kind]:
        if column in given:
            raise CellMistake("not_for_kind", column=column, kind=KINDS[kind])
    if kind == "overtime" and not {"shift", "start", "end"} & set(given):
        raise CellMistake("overtime_without_shift", column="shift")
    if kind == "overtime" and ("start" in given) != ("end" in given):
        raise CellMistake("start_and_end", column="end" if "start" in given else "start")


def _invalid(column: str, problem: str, why: str) -> CellMistake:
    known = column if column in COLUMNS else "kind"
    return CellMistake("exception_invalid", column=known, problem=problem, why=why)


FOREIGN = {
    "holiday": ("shift", "start", "end", "reason"),
    "overtime": ("reason",),
    "stop": ("shift",),
}
"""Columns that stay empty, by kind of day."""


KEPT = ("shift", "start", "end", "breaks", "day_offset", "crew", "reason")
COLUMNS = ("calendar", "date", "kind", "shift", "start", "end", "reason", "name_ko", "name_en")


def _names(entry: ExceptionEntry) -> dict[str, str]:
    return {} if entry.name is None else entry.name.model_dump()


def _same(entry: ExceptionEntry, old: CalendarException, row: Row) -> bool:
    """Whether a row says nothing that is not there."""
    given = _given(row)
    return _names(entry) == (old.names or {}) and all(
        old.definition.get(name) == value for name, value in given.items()
    )


def _as_mistake(refusal: Refusal) -> CellMistake:
    errors = refusal.details.get("errors")
    first: Mapping[str, Any] = errors[0] if isinstance(errors, list) and errors else {}
    column = str(first.get("field", "kind")).partition(".")[0].partition("[")[0]
    if first.get("code") == "reason_unknown":
        return CellMistake("reason_unknown", column="reason")
    why = str(first.get("message", refusal.message))
    return _invalid(column, str(first.get("code", refusal.code)), why)


def _together(held: Held) -> Iterable[Mistake]:
    """What contradicts itself only beside the other rows."""
    replaced = {fresh.replaces for _row, fresh in held.fresh}
    kept = [
        (one.date, one.kind, one.definition)
        for one in held.stored.values()
        if one.id not in replaced
    ]
    rows = [(f.entry.date, f.entry.kind, f.definition) for _row, f in held.fresh]
    if not rows:
        return
    if len(kept) + len(rows) > EXCEPTIONS_MAX:
        too_many = CellMistake("too_many_exceptions", most=f"{EXCEPTIONS_MAX:,}")
        yield held.fresh[-1][0].mistake(too_many, "calendar")
        return
    known = check_calendar(held.subject.core)
    told: set[int] = set()
    for found in check_calendar(held.subject.core_with(exceptions=[*kept, *rows])):
        if found in known:
            continue
        on = str(found.date)
        fitting = [row for row, fresh in held.fresh if fresh.entry.date == on]
        if fitting and fitting[-1].number not in told:
            told.add(fitting[-1].number)
            yield fitting[-1].mistake(_invalid("date", found.code, found.message))


def _current(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    calendars = session.scalars(
        select(Calendar).where(Calendar.retired_at.is_(None)).order_by(Calendar.id)
    )
    for calendar in calendars:
        for row in exceptions_in_force(session, calendar.id):
            names, definition = row.names or {}, row.definition
            yield {
                "calendar": calendar.code,
                "date": date.fromisoformat(row.date),
                "kind": row.kind,
                "name_ko": names.get("ko"),
                "name_en": names.get("en"),
                **{name: definition.get(name) for name in ("shift", "start", "end", "reason")},
            }


CALENDAR_DAYS = Kind(
    key="calendar",
    title=_("Calendar days"),
    about=_("Holidays, overtime and planned stops of single days; the past stays as it is."),
    columns=(
        Column(
            key="calendar",
            label=_("Calendar"),
            about=_("Code of a work calendar."),
            example="two-shift",
            read=read_code,
            needed=Needed.ALWAYS,
            refers_to="calendar",
        ),
        Column(
            key="date",
            label=_("Production day"),
            about=_("A date such as 2026-12-25, today or later."),
            example="2026-12-25",
            read=read_date,
            needed=Needed.ALWAYS,
            look=Look.DATE,
        ),
        Column(
            key="kind",
            label=_("What the day is"),
            about=_("A holiday, overtime or a planned stop."),
            example="holiday",
            read=read_choice(lambda: choice_words(KINDS)),
            needed=Needed.ALWAYS,
            choices=KINDS,
        ),
        name_column("name_ko", _("Korean name"), _("What people call the day."), "창립기념일"),
        name_column("name_en", _("English name"), _("What people call the day."), "Founding day"),
        Column(
            key="shift",
            label=_("Shift"),
            about=_("Overtime only: code of the shift that is worked, or a code of its own."),
            example="",
            read=read_code,
        ),
        Column(
            key="start",
            label=_("Start"),
            about=_("Overtime and stops: time of day such as 08:00; a stop without it is all day."),
            example="",
            read=read_time,
        ),
        Column(
            key="end",
            label=_("End"),
            about=_("Overtime and stops: time of day such as 17:30."),
            example="",
            read=read_time,
        ),
        Column(
            key="reason",
            label=_("Reason code"),
            about=_("Stops only: code of a reason of class planned stop or break."),
            example="",
            read=read_code,
            refers_to="reason",
        ),
    ),
    identity=("calendar", "date", "kind", "shift", "start"),
    editors=EDITORS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/calendar",
    current=_current,
    plan=_plan,
)

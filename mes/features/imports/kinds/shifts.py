"""The shifts of calendars: when people work, with breaks, on which days of the week."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from mes.features.imports.cells import CellMistake, narrow, read_code, read_time
from mes.features.imports.columns import Column, Needed, name_column
from mes.features.imports.kind import CLEARED, Kind, Row, RowState, Value, names_given, needed_new
from mes.features.imports.kinds.plant import Desk, changed_from, copy_of, planned, section
from mes.features.imports.table import Cell
from mes.features.imports.words import _
from mes.features.plant.edits import Plant
from mes.features.plant.export import exported
from mes.features.plant.forms import EDITORS
from mes.features.plant.parts import WEEK
from mes.models import Calendar

ROWS_MAX = 500
DAYS_KO = "월화수목금토일"
_BREAK = re.compile(r"(\d{1,2}:\d{2})\s*[-~]\s*(\d{1,2}:\d{2})\s+([A-Za-z0-9._-]{1,60})")
_BETWEEN = re.compile(r"[,;\n]+")
_DAYS = re.compile(r"[\s,;/·]+")


def read_breaks(cell: Cell) -> tuple[tuple[str, str, str], ...]:
    """Breaks as (start, end, code of the reason), written `12:00-13:00 lunch, 15:00-15:10 rest`."""
    found: list[tuple[str, str, str]] = []
    for part in _BETWEEN.split(narrow(cell).replace("–", "-")):
        if not part.strip():
            continue
        written = _BREAK.fullmatch(part.strip())
        if written is None:
            raise CellMistake("breaks_invalid")
        start, end, reason = written.groups()
        found.append((_clock(start), _clock(end), reason))
    return tuple(found)


def read_days(cell: Cell) -> tuple[str, ...]:
    """Days of the week in order, written `mon-fri`, `mon, wed`, `월-금` or `월화수`."""
    text = narrow(cell).casefold().replace("요일", "").replace("–", "-").replace("~", "-")
    days: set[str] = set()
    for part in _DAYS.split(re.sub(r"\s*-\s*", "-", text)):
        if not part:
            continue
        first, dash, last = part.partition("-")
        if dash:
            start, end = _day(first), _day(last)
            days |= {WEEK[n % 7] for n in range(start, end + (1 if start <= end else 8))}
        elif set(part) <= set(DAYS_KO):
            days |= {WEEK[DAYS_KO.index(letter)] for letter in part}
        else:
            days.add(WEEK[_day(part)])
    if not days:
        raise CellMistake("days_invalid")
    return tuple(day for day in WEEK if day in days)


def _day(word: str) -> int:
    """Number of a day of the week, Monday is 0."""
    if len(word) == 1 and word in DAYS_KO:
        return DAYS_KO.index(word)
    found = [n for n, day in enumerate(WEEK) if len(word) > 2 and _DAY_NAMES[n].startswith(word)]
    if len(found) != 1:
        raise CellMistake("days_invalid")
    return found[0]


_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _clock(text: str) -> str:
    hour, minute = text.split(":")
    if int(hour) > 24 or int(minute) > 59 or (int(hour) == 24 and int(minute) > 0):
        raise CellMistake("breaks_invalid")
    return f"{int(hour) % 24:02d}:{minute}"


class ShiftDesk(Desk):
    """Shifts by their calendars; a calendar that is not there is made."""

    columns: ClassVar[Mapping[str, str]] = {
        "name.ko": "name_ko",
        "name.en": "name_en",
        "code": "shift",
    }

    def __init__(self, plant: Plant, retired: frozenset[str]) -> None:
        super().__init__(plant, retired)
        self.rows = section(plant, "calendars")
        self.places = {row["id"]: place for place, row in enumerate(self.rows)}
        self.days: dict[str, Row] = {}

    def put(self, row: Row) -> RowState:
        """Add or change a shift."""
        calendar = self._calendar(row)
        days_changed = self._set_days(row, calendar)
        code = row.given["shift"]
        shift = next((one for one in calendar["shifts"] if one["code"] == code), None)
        if shift is None:
            needed_new(row, "start", "end")
            fresh = {"code": code, "name": names_given(row, code, None)}
            calendar["shifts"].append(self._set(row, fresh))
            return RowState.NEW
        before = copy_of(shift)
        self._set(row, shift)
        return RowState.CHANGED if days_changed else changed_from(before, shift)

    def place(self, row: Row) -> str:
        """Where the shift stands."""
        number = self.places[row.given["calendar"]]
        codes = [shift["code"] for shift in self.rows[number]["shifts"]]
        return f"calendars[{number}].shifts[{codes.index(row.given['shift'])}]"

    def _calendar(self, row: Row) -> dict[str, Any]:
        code = row.given["calendar"]
        if code not in self.places:
            self.refuse_retired(code, "calendar")
            self.places[code] = len(self.rows)
            self.rows.append({"id": code, "name": {"ko": code, "en": code}, "shifts": []})
        calendar = self.rows[self.places[code]]
        if "preset" in calendar:
            raise CellMistake("calendar_preset", column="calendar")
        return calendar

    def _set_days(self, row: Row, calendar: dict[str, Any]) -> bool:
        """Whether the weekdays are other ones than before."""
        given = row.given.get("days")
        if given is None:
            return False
        first = self.days.setdefault(calendar["id"], row)
        if first.given["days"] != given:
            raise CellMistake("days_differ", column="days", row=str(first.number))
        before: list[str] = calendar.get("days", list(WEEK))
        calendar["days"] = list(given)
        return before != list(given)

    def _set(self, row: Row, shift: dict[str, Any]) -> dict[str, Any]:
        old = shift.get("name")
        if old is not None or {"name_ko", "name_en"} & set(row.given):
            shift["name"] = names_given(row, shift["code"], old)
        for key in ("start", "end"):
            if key in row.given:
                shift[key] = row.given[key]
        breaks = row.given.get("breaks")
        if breaks is CLEARED:
            shift.pop("breaks", None)
        elif breaks is not None:
            shift["breaks"] = [
                dict(zip(("start", "end", "reason"), b, strict=True)) for b in breaks
            ]
        return shift


def _shifts(session: Session, now_us: int) -> Iterable[Mapping[str, Value]]:
    for calendar in exported(session).get("calendars", []):
        for shift in calendar.get("shifts", []):
            names = shift.get("name") or {}
            breaks = [f"{b['start']}-{b['end']} {b['reason']}" for b in shift.get("breaks", [])]
            yield {
                "calendar": calendar["id"],
                "shift": shift["code"],
                "name_ko": names.get("ko"),
                "name_en": names.get("en"),
                "start": shift["start"],
                "end": shift["end"],
                "breaks": ", ".join(breaks) or None,
                "days": ", ".join(calendar.get("days", WEEK)),
            }


SHIFTS = Kind(
    key="shifts",
    title=_("Shifts"),
    about=_("Shifts of the calendars with their breaks and weekdays; they hold from today on."),
    columns=(
        Column(
            key="calendar",
            label=_("Calendar"),
            about=_("Code of a work calendar; one that is not there is made."),
            example="two-shift",
            read=read_code,
            needed=Needed.ALWAYS,
            refers_to="calendar",
        ),
        Column(
            key="shift",
            label=_("Shift"),
            about=_("Code of the shift, such as D and N."),
            example="D",
            read=read_code,
            needed=Needed.ALWAYS,
        ),
        name_column("name_ko", _("Korean name"), _("What people call the shift."), "주간"),
        name_column("name_en", _("English name"), _("What people call the shift."), "Day"),
        Column(
            key="start",
            label=_("Start"),
            about=_("Time of day such as 08:00."),
            example="08:00",
            read=read_time,
            needed=Needed.NEW,
        ),
        Column(
            key="end",
            label=_("End"),
            about=_("Time of day such as 20:00; not after the start: on the next day."),
            example="20:00",
            read=read_time,
            needed=Needed.NEW,
        ),
        Column(
            key="breaks",
            label=_("Breaks"),
            about=_("Each with the code of its reason, divided by commas; '-' takes them away."),
            example="12:00-13:00 lunch, 15:00-15:10 rest",
            read=read_breaks,
            clearable=True,
            width=36,
        ),
        Column(
            key="days",
            label=_("Weekdays"),
            about=_("Of the whole calendar: mon-fri, or mon, wed, fri."),
            example="mon-fri",
            read=read_days,
            width=20,
        ),
    ),
    identity=("calendar", "shift"),
    editors=EDITORS,
    tokens=True,
    rows_max=ROWS_MAX,
    page="/calendar",
    current=_shifts,
    plan=planned(ShiftDesk, Calendar, "shifts.imported"),
)

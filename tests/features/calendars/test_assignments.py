"""Giving a line another calendar from a day on; what was before stays as it was."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.db import Database
from mes.features.calendars import queries
from mes.features.calendars.assignments import assign_calendar
from mes.features.calendars.checks import ONLY_AHEAD, Past
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.queries import line_item, unit_at
from mes.features.oee.service import unit_result
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.service import apply
from mes.features.production.master_loading import masters
from mes.models import AuditLog, LineCalendar, WorkUnitLive
from tests.features.commands.floor import FLOOR_PLANT, Floor, make_floor, refused
from tests.features.production.plant import DAY_START, HOUR, apply_plant

DAY = 24 * HOUR
TODAY = date(2026, 3, 2)
SUPERVISOR = Past(reason="the line moved to days", allowed=True)
OFFICE = """calendars:
  - id: office
    name: {ko: 주간, en: Office}
    shifts:
      - {code: O, name: {ko: 주간, en: Office}, start: "09:00", end: "17:00"}
"""
TWO_CALENDARS = FLOOR_PLANT.replace("calendars:\n", OFFICE)


@pytest.fixture
def floor(database: Database) -> Floor:
    """The small plant with a second calendar that no line has."""
    made = make_floor(database)
    apply_plant(database, TWO_CALENDARS)
    return made


def on(days: int) -> str:
    """A production day, counted from the present one."""
    return (TODAY + timedelta(days=days)).isoformat()


def assign(
    floor: Floor,
    calendar: str | None,
    valid_from: str,
    at: int = HOUR,
    past: Past = ONLY_AHEAD,
    line: str = "line-1",
) -> None:
    day = date.fromisoformat(valid_from)
    floor.do(at, lambda s, c: assign_calendar(s, c, line, calendar, day, past=past))


def shifts(floor: Floor, *days: int) -> list[list[str]]:
    """Codes of the shifts of line 1 on some days."""

    def read(session: Session) -> list[list[str]]:
        known = masters(session)
        plan = known.lines[known.line_ids["line-1"]].plan
        return [[one.code for one in plan.of_day(date.fromisoformat(on(day)))] for day in days]

    return floor.ask(read)


def planned_us(floor: Floor, start: int, end: int, at: int) -> int:
    """Planned busy time of press 1 by the kernel."""

    def read(session: Session) -> int:
        given = unit_at(session, "press-1", DAY_START + at)
        answer: Any = unit_result(
            session, given, Span(DAY_START + start, DAY_START + end)
        ).to_json()
        return int(answer["iso_us"]["PBT"])

    return floor.ask(read)


def test_a_line_has_another_calendar_from_a_day_on_and_the_days_before_keep_theirs(
    floor: Floor,
) -> None:
    assign(floor, "office", on(3))
    assert shifts(floor, -30, 0, 2, 3, 30) == [["D", "N"]] * 3 + [["O"]] * 2
    log = floor.ask(lambda s: s.scalars(select(AuditLog).order_by(AuditLog.id.desc())).first())
    assert log is not None
    assert (log.action, log.subject) == ("line.calendar", "line-1")
    assert (log.details["calendar"], log.details["in_place_of"]) == ("office", "two-shift")


def test_what_is_planned_for_later_stays(floor: Floor) -> None:
    assign(floor, "office", on(5))
    assign(floor, None, on(3))
    assert shifts(floor, 2, 3, 4, 5) == [["D", "N"], [""], [""], ["O"]]
    assign(floor, "two-shift", on(5))
    assert shifts(floor, 3, 5) == [[""], ["D", "N"]]
    rows = floor.ask(
        lambda s: s.scalars(select(LineCalendar).where(LineCalendar.valid_from == on(5))).all()
    )
    assert [row.withdrawn_at is None for row in sorted(rows, key=lambda r: r.id)] == [False, True]


def test_a_line_that_has_the_calendar_already_and_unknown_names_are_refused(floor: Floor) -> None:
    refused("line_has_calendar", lambda: assign(floor, "two-shift", on(1)))
    refused("calendar_unknown", lambda: assign(floor, "nights", on(1)))
    refused("unknown_line", lambda: assign(floor, "office", on(1), line="line-9"))


def test_the_past_changes_only_by_a_supervisor_with_a_reason(floor: Floor) -> None:
    refused("past_needs_supervisor", lambda: assign(floor, "office", on(-1)))
    refused("past_fixed", lambda: assign(floor, "office", on(-1), past=Past(allowed=True)))
    assign(floor, "office", on(-1), past=SUPERVISOR)
    assert shifts(floor, -2, -1, 0) == [["D", "N"], ["O"], ["O"]]


def test_today_is_derived_again_at_once_and_yesterday_is_not_touched(sqlite_floor: Floor) -> None:
    floor = sqlite_floor
    apply_plant(floor.database, TWO_CALENDARS)
    floor.feed.value(0, "state", 2)
    floor.feed.send(DAY)
    floor.feed.value(DAY, "state", 1)
    floor.feed.send(DAY + 4 * HOUR)
    at = DAY + 4 * HOUR
    yesterday, version = planned_us(floor, 0, DAY, at), _version(floor)
    assert planned_us(floor, DAY, at, at) == 4 * HOUR
    assign(floor, "office", on(1), at=at)
    assert planned_us(floor, 0, DAY, at) == yesterday
    assert planned_us(floor, DAY, at, at) == 3 * HOUR
    assert _version(floor) > version
    assert rebuild(floor.database, DAY_START + at, check=True).count == 0


def test_the_list_of_lines_says_what_holds_today_and_what_is_planned(floor: Floor) -> None:
    assign(floor, "office", on(3))

    def listed(session: Session, days: int) -> dict[str, Any]:
        known = masters(session)
        line = known.lines[known.line_ids["line-1"]]
        return line_item(known, line, DAY_START + days * DAY)

    today, later = floor.ask(lambda s: (listed(s, 0), listed(s, 3)))
    assert (today["calendar"], later["calendar"]) == ("two-shift", "office")
    assert today["calendars"][1:] == [{"valid_from": on(3), "calendar": "office"}]
    items = floor.ask(lambda s: queries.calendars(s, DAY_START + 3 * DAY))
    assert {one["calendar"]: [line["line"] for line in one["lines"]] for one in items} == {
        "office": ["line-1"],
        "two-shift": [],
    }


def test_a_plant_file_that_says_nothing_new_leaves_an_assignment_and_a_new_one_beats_it(
    floor: Floor,
) -> None:
    assign(floor, "office", on(3))
    assert _applied(floor, TWO_CALENDARS).changed == ()
    assert shifts(floor, 2, 3) == [["D", "N"], ["O"]]
    assert "calendar: office" in floor.ask(export)
    assert _applied(floor, floor.ask(export)).changed == ()
    always = TWO_CALENDARS.replace("    calendar: two-shift\n", "", 1)
    assert _applied(floor, always).changed == ("line line-1",)
    assert shifts(floor, -2, 0, 3) == [["D", "N"], [""], [""]]


def _applied(floor: Floor, text: str) -> Any:
    plant = check(text).plant
    assert plant is not None
    with floor.database.transaction() as session:
        return apply(session, plant, actor="test", now_us=DAY_START + HOUR)


def _version(floor: Floor) -> int:
    identity = floor.ids["press-1"]
    return floor.ask(lambda s: s.get_one(WorkUnitLive, identity).version)

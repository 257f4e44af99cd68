"""Changing calendars: exceptions, patterns and holidays; the past stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.refusal import Refusal
from mes.features.calendars import queries, service
from mes.features.calendars.checks import Past
from mes.features.calendars.holiday_lookup import Holiday
from mes.features.commands.context import Context
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.queries import unit_at
from mes.features.oee.service import unit_result
from mes.features.plant.calendar_schema import Calendar, ExceptionEntry
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from mes.models import AuditLog, CalendarException, Reason, ShiftPattern, WorkUnitLive
from tests.features.commands.floor import MINUTE, Floor, S, refused
from tests.features.production.plant import DAY_START, HOUR

DAY = 24 * HOUR
TODAY = date(2026, 3, 2)
CALENDAR = "two-shift"
SUPERVISOR = Past(reason="the roster was wrong", allowed=True)
LABOUR_DAY = Holiday(date=date(2026, 5, 1), ko="노동절", en="Labor Day")
NEW_YEAR = Holiday(date=date(2026, 1, 1), ko="신정", en="New Year's Day")


def errors_of(problem: Refusal) -> Any:
    """The mistakes that a refusal names."""
    return problem.details["errors"]


def on(days: int) -> str:
    """A production day, counted from the present one."""
    return (TODAY + timedelta(days=days)).isoformat()


def add(floor: Floor, at: int = HOUR, past: Past | None = None, **entry: Any) -> CalendarException:
    made = ExceptionEntry.model_validate(entry)
    asked = Past() if past is None else past
    return floor.do(at, lambda s, c: service.add_exception(s, c, CALENDAR, made, past=asked))


def withdraw(floor: Floor, identity: int, at: int = HOUR, past: Past | None = None) -> None:
    asked = Past() if past is None else past
    floor.do(at, lambda s, c: service.withdraw_exception(s, c, CALENDAR, str(identity), past=asked))


def pattern(
    floor: Floor, valid_from: str, at: int = HOUR, past: Past | None = None, **parts: Any
) -> ShiftPattern:
    draft = Calendar.model_validate({"id": CALENDAR, **parts})
    asked = Past() if past is None else past
    first = date.fromisoformat(valid_from)
    return floor.do(
        at, lambda s, c: service.change_pattern(s, c, CALENDAR, first, draft, past=asked)
    )


def seed(
    floor: Floor, *holidays: Holiday, at: int = HOUR, past: Past | None = None
) -> service.Seeded:
    asked = Past() if past is None else past
    return floor.do(
        at, lambda s, c: service.seed_holidays(s, c, CALENDAR, "KR", holidays, past=asked)
    )


def shifts(floor: Floor, day: str, line: str = "line-1") -> list[tuple[str, str]]:
    """(code, crew) of the shifts of a day, as everything that computes sees them."""

    def read(session: Session) -> list[tuple[str, str]]:
        known = masters(session)
        found = known.lines[known.line_ids[line]].plan.of_day(date.fromisoformat(day))
        return [(shift.code, shift.crew) for shift in found]

    return floor.ask(read)


def shown(floor: Floor, day: str, at: int = HOUR) -> Any:
    first = date.fromisoformat(day)
    answer = floor.ask(lambda s: queries.days(s, CALENDAR, first, first, DAY_START + at))
    return answer["items"][0]


def audit(floor: Floor) -> list[tuple[str, str]]:
    rows = floor.ask(lambda s: s.scalars(select(AuditLog).order_by(AuditLog.id)).all())
    return [(row.action, row.subject) for row in rows if row.action.startswith("calendar")]


def planned_us(floor: Floor, start: int, end: int, at: int) -> int:
    """Planned busy time (PBT) of press 1 by the kernel."""

    def read(session: Session) -> int:
        given = unit_at(session, "press-1", DAY_START + at)
        answer: Any = unit_result(
            session, given, Span(DAY_START + start, DAY_START + end)
        ).to_json()
        return int(answer["iso_us"]["PBT"])

    return floor.ask(read)


def tile_planned_us(floor: Floor, at: int) -> int:
    """Planned time of the shift so far on the tile of press 1, from the stored sums."""
    unit = floor.ids["press-1"]
    tile: Any = floor.ask(lambda s: tiles(s, [unit], DAY_START + at))[0]
    return int(tile["planned_us"])


def stands(floor: Floor, until: int) -> int:
    """Press 1 stands still; the instant until which that is known."""
    floor.feed.value(0, "state", 1)
    floor.feed.send(until)
    return until


def version(floor: Floor, unit: str = "press-1") -> int:
    identity = floor.ids[unit]
    return floor.ask(lambda s: s.get_one(WorkUnitLive, identity).version)


def test_a_holiday_takes_the_shifts_and_holiday_work_brings_one_back(floor: Floor) -> None:
    add(floor, date=on(3), kind="holiday", name={"ko": "창립일", "en": "Founding day"})
    assert shifts(floor, on(3)) == []
    made = add(floor, date=on(3), kind="overtime", shift="D")
    assert shifts(floor, on(3)) == [("D", "")]
    day = shown(floor, on(3))
    assert day["holiday"]["name"]["ko"] == "창립일"
    assert [(one["code"], one["exception"]) for one in day["shifts"]] == [("D", made.id)]
    assert day["shifts"][0]["breaks"][0]["reason"]["name"]["en"] == "Lunch"
    assert day["usual"] == ["D", "N"]
    assert audit(floor) == [("calendar.exception.add", CALENDAR)] * 2


def test_overtime_lengthens_a_shift_and_keeps_its_breaks_and_crew(floor: Floor) -> None:
    pattern(floor, on(1), preset={"name": "day-shift", "crews": ["X"], "anchor": on(1)})
    made = add(floor, date=on(2), kind="overtime", shift="D", start="08:30", end="20:00")
    assert [one["start"] for one in made.definition["breaks"]] == ["10:00", "12:00", "15:00"]
    assert shifts(floor, on(2)) == [("D", "X")]
    assert shown(floor, on(2))["shifts"][0]["hours"] == 11.5
    shorter = add(floor, date=on(3), kind="overtime", shift="D", start="08:30", end="12:30")
    assert [one["start"] for one in shorter.definition["breaks"]] == ["10:00"]


def test_an_extra_shift_that_overlaps_is_refused_with_its_field(floor: Floor) -> None:
    clash: dict[str, Any] = {"date": on(1), "kind": "overtime", "start": "19:00", "end": "21:00"}
    problem = refused("calendar_mistake", lambda: add(floor, **clash))
    assert [(e["field"], e["code"]) for e in errors_of(problem)] == [("start", "shifts_overlap")]
    sunday = add(floor, date=on(6), kind="overtime", start="09:00", end="13:00")
    assert shifts(floor, on(6)) == [("OT", "")]
    later: dict[str, Any] = {
        "date": on(6),
        "kind": "overtime",
        "start": "12:00",
        "end": "14:00",
        "shift": "OT2",
    }
    refused("calendar_mistake", lambda: add(floor, **later))
    withdraw(floor, sunday.id)
    assert shifts(floor, on(6)) == []


def test_what_an_exception_needs_is_named(floor: Floor) -> None:
    def fields(**entry: Any) -> list[tuple[str, str]]:
        problem = refused("calendar_mistake", lambda: add(floor, date=on(1), **entry))
        return [(error["field"], error["code"]) for error in errors_of(problem)]

    assert fields(kind="overtime", shift="X") == [("shift", "shift_unknown")]
    assert fields(kind="stop", reason="nothing") == [("reason", "reason_unknown")]
    assert fields(kind="stop", reason="jam") == [("reason", "reason_not_planned")]
    assert fields(kind="stop", start="10:00", end="09:00") == [("end", "end_before_start")]
    pause: dict[str, Any] = {"start": "14:00", "end": "14:10", "reason": "lunch"}
    extra: dict[str, Any] = {"kind": "overtime", "shift": "OT", "start": "09:00", "end": "12:00"}
    assert fields(**extra, breaks=[pause])[0] == ("breaks[0]", "break_outside_shift")
    unknown: dict[str, Any] = {"start": "10:00", "end": "10:10", "reason": "tea"}
    assert fields(**extra, breaks=[unknown])[0] == ("breaks[0].reason", "reason_unknown")


def test_the_same_exception_twice_is_refused(floor: Floor) -> None:
    add(floor, date=on(1), kind="holiday")
    refused("exception_exists", lambda: add(floor, date=on(1), kind="holiday"))
    add(floor, date=on(2), kind="stop", start="10:00", end="11:00")
    refused("exception_exists", lambda: add(floor, date=on(2), kind="stop", start="10:00"))
    add(floor, date=on(2), kind="stop", start="14:00", end="15:00")


def test_taking_a_holiday_back_that_overtime_relies_on_is_refused(floor: Floor) -> None:
    holiday = add(floor, date=on(3), kind="holiday")
    add(floor, date=on(3), kind="overtime", start="09:00", end="13:00")
    problem = refused("calendar_mistake", lambda: withdraw(floor, holiday.id))
    assert errors_of(problem)[0]["field"] == f"exceptions[{on(3)}]"


def test_an_exception_is_taken_back_once(floor: Floor) -> None:
    holiday = add(floor, date=on(3), kind="holiday")
    withdraw(floor, holiday.id)
    refused("exception_withdrawn", lambda: withdraw(floor, holiday.id))
    refused("exception_unknown", lambda: withdraw(floor, 10_000))
    assert audit(floor)[-1] == ("calendar.exception.withdraw", CALENDAR)


def test_what_is_over_changes_only_by_a_supervisor_with_a_reason(floor: Floor) -> None:
    entry: dict[str, Any] = {"date": on(-1), "kind": "holiday"}
    refused("past_needs_supervisor", lambda: add(floor, **entry))
    named = Past(reason="please")
    refused("past_needs_supervisor", lambda: add(floor, past=named, **entry))
    refused("past_fixed", lambda: add(floor, past=Past(allowed=True), **entry))
    refused("past_fixed", lambda: add(floor, past=Past(allowed=True, reason=" "), **entry))
    made = add(floor, past=SUPERVISOR, **entry)
    refused("past_needs_supervisor", lambda: withdraw(floor, made.id))
    withdraw(floor, made.id, past=SUPERVISOR)
    row = floor.ask(lambda s: s.scalars(select(AuditLog).order_by(AuditLog.id.desc())).first())
    assert row is not None
    assert row.details["past_reason"] == "the roster was wrong"


def test_the_present_production_day_is_that_of_the_boundary_not_of_midnight(floor: Floor) -> None:
    at_three = 19 * HOUR
    add(floor, at=at_three, date=on(0), kind="stop", start="04:00", end="05:00")
    refused("past_needs_supervisor", lambda: add(floor, at=DAY, date=on(0), kind="holiday"))


def test_a_stop_of_today_changes_the_figures_of_today_at_once(floor: Floor) -> None:
    at = stands(floor, 3 * HOUR)
    assert planned_us(floor, 0, at, at) == 3 * HOUR
    before = version(floor)
    live = tile_planned_us(floor, at)
    made = add(floor, at=at, date=on(0), kind="stop", start="09:00", end="09:30")
    assert planned_us(floor, 0, at, at) == 3 * HOUR - 30 * MINUTE
    assert tile_planned_us(floor, at) == live - 30 * MINUTE
    assert version(floor) > before
    withdraw(floor, made.id, at=at)
    assert planned_us(floor, 0, at, at) == 3 * HOUR


def test_a_change_of_the_past_derives_its_figures_again_and_leaves_other_lines(
    floor: Floor,
) -> None:
    at = stands(floor, DAY + HOUR)
    assert planned_us(floor, 0, DAY, at) == 22 * HOUR
    own = version(floor)
    made = add(floor, at=at, date=on(0), kind="holiday", past=SUPERVISOR)
    assert planned_us(floor, 0, DAY, at) == 0
    assert version(floor) > own
    derived = floor.ask(lambda s: s.scalars(select(WorkUnitLive.work_unit_id)).all())
    assert floor.ids["bench-1"] not in derived
    withdraw(floor, made.id, at=at, past=SUPERVISOR)
    assert planned_us(floor, 0, DAY, at) == 22 * HOUR


def test_after_a_change_of_the_past_a_rebuild_finds_no_difference(sqlite_floor: Floor) -> None:
    floor = sqlite_floor
    floor.count(0, HOUR, every=MINUTE)
    for at in (2 * HOUR, DAY, 2 * DAY):
        floor.feed.value(at, "state", 1)
        floor.feed.value(at + HOUR, "state", 2)
        floor.feed.send(at + 2 * HOUR)
    now = 2 * DAY + 2 * HOUR
    changes: list[dict[str, Any]] = [
        {"date": on(1), "kind": "holiday"},
        {"date": on(2), "kind": "stop", "start": "08:10", "end": "08:50"},
    ]
    for entry in changes:
        add(floor, at=now, past=SUPERVISOR, **entry)
        assert rebuild(floor.database, DAY_START + now, check=True).count == 0


def test_a_pattern_holds_from_its_day_and_the_days_before_keep_theirs(floor: Floor) -> None:
    before = [shifts(floor, on(days)) for days in range(-5, 7)]
    pattern(floor, on(7), preset={"name": "4-crew-3-shift", "anchor": on(7)})
    assert [shifts(floor, on(days)) for days in range(-5, 7)] == before
    assert shifts(floor, on(7)) == [("M", "A"), ("E", "B"), ("N", "C")]
    assert shifts(floor, on(9)) == [("M", "D"), ("E", "A"), ("N", "B")]
    assert audit(floor) == [("calendar.pattern", CALENDAR)]


def test_a_pattern_of_yesterday_needs_a_supervisor_and_a_reason(floor: Floor) -> None:
    refused("past_needs_supervisor", lambda: pattern(floor, on(-1), preset="day-shift"))
    allowed = Past(allowed=True)
    refused("past_fixed", lambda: pattern(floor, on(-1), past=allowed, preset="day-shift"))
    pattern(floor, on(-1), past=SUPERVISOR, preset="day-shift")
    assert shifts(floor, on(0)) == [("D", "A")]


def test_a_pattern_put_twice_on_a_day_leaves_the_first_one_in_the_records(floor: Floor) -> None:
    pattern(floor, on(7), preset="day-shift")
    pattern(floor, on(7), preset="3-crew-2-shift")
    rows = floor.ask(lambda s: s.scalars(select(ShiftPattern).order_by(ShiftPattern.id)).all())
    assert [(r.valid_from, r.withdrawn_at is None) for r in rows] == [
        ("0001-01-01", True),
        (on(7), False),
        (on(7), True),
    ]
    log = floor.ask(lambda s: s.scalars(select(AuditLog).order_by(AuditLog.id.desc())).first())
    assert log is not None
    assert log.details["in_place_of"]["shifts"][0]["code"] == "D"


def test_the_reasons_of_a_preset_are_made_where_the_plant_has_none(floor: Floor) -> None:
    pattern(floor, on(7), preset="4-crew-2-shift")
    made = floor.ask(lambda s: s.scalars(select(Reason).where(Reason.code == "meal")).one())
    assert made.names["ko"] == "식사시간"
    known = floor.ask(lambda s: masters(s).reasons["rest"].time_class(DAY_START))
    assert known == "break"


def test_a_pattern_with_a_mistake_or_against_a_later_exception_is_refused(floor: Floor) -> None:
    two = [
        {"code": "D", "start": "08:00", "end": "20:00"},
        {"code": "N", "start": "19:00", "end": "07:00"},
    ]
    problem = refused("calendar_mistake", lambda: pattern(floor, on(7), shifts=two))
    assert errors_of(problem)[0]["field"] == "shifts[1]"
    tea = [{"start": "10:00", "end": "10:10", "reason": "tea"}]
    one = [{"code": "D", "start": "08:00", "end": "20:00", "breaks": tea}]
    problem = refused("calendar_mistake", lambda: pattern(floor, on(7), shifts=one))
    assert errors_of(problem)[0]["field"] == "shifts[0].breaks[0].reason"
    add(floor, date=on(13), kind="overtime", start="09:00", end="13:00")
    problem = refused("calendar_mistake", lambda: pattern(floor, on(7), preset="4-crew-3-shift"))
    assert errors_of(problem)[0]["field"] == f"exceptions[{on(13)}]"


def test_holidays_are_seeded_once_and_what_people_removed_stays_removed(floor: Floor) -> None:
    assert seed(floor, LABOUR_DAY).added == ("2026-05-01",)
    assert seed(floor, LABOUR_DAY) == service.Seeded(added=(), kept=("2026-05-01",), past=())
    row = floor.ask(lambda s: s.scalars(select(CalendarException)).one())
    assert (row.names, row.definition) == ({"ko": "노동절", "en": "Labor Day"}, {"country": "KR"})
    withdraw(floor, row.id)
    assert seed(floor, LABOUR_DAY).kept == ("2026-05-01",)
    assert shifts(floor, "2026-05-01") == [("D", ""), ("N", "")]


def test_a_holiday_that_people_entered_is_not_seeded_over(floor: Floor) -> None:
    add(floor, date="2026-05-01", kind="holiday", name={"ko": "근로자의 날", "en": "May Day"})
    assert seed(floor, LABOUR_DAY).kept == ("2026-05-01",)
    rows = floor.ask(lambda s: s.scalars(select(CalendarException)).all())
    assert [row.names["en"] for row in rows] == ["May Day"]


def test_seeding_leaves_out_what_is_over_unless_a_supervisor_says_so(floor: Floor) -> None:
    done = seed(floor, NEW_YEAR, LABOUR_DAY)
    assert (done.added, done.past) == (("2026-05-01",), ("2026-01-01",))
    named = Past(reason="please")
    refused("past_needs_supervisor", lambda: seed(floor, NEW_YEAR, past=named))
    assert seed(floor, NEW_YEAR, past=SUPERVISOR).added == ("2026-01-01",)
    assert shifts(floor, "2026-01-01") == []


def test_a_calendar_that_is_not_there_is_said_so(floor: Floor) -> None:
    entry = ExceptionEntry.model_validate({"date": on(1), "kind": "holiday"})
    act: Callable[[Session, Context], object] = lambda s, c: service.add_exception(  # noqa: E731
        s, c, "x", entry
    )
    refused("calendar_unknown", lambda: floor.do(S, act))


def test_a_month_is_read_with_crews_and_stops(floor: Floor) -> None:
    pattern(floor, on(7), preset={"name": "3-crew-2-shift", "anchor": on(7)})
    add(floor, date=on(8), kind="stop", name={"ko": "점검", "en": "Check"})
    answer = floor.ask(lambda s: queries.days(s, CALENDAR, None, None, DAY_START))
    assert [answer["items"][0]["day"], answer["items"][-1]["day"]] == ["2026-03-01", "2026-03-31"]
    day = answer["items"][8]
    assert [(one["code"], one["crew_name"]["en"]) for one in day["shifts"]] == [
        ("D", "Crew A"),
        ("N", "Crew B"),
    ]
    stop = answer["items"][9]["stops"][0]
    assert (stop["whole_day"], stop["start"][:16]) == (True, "2026-03-10T08:00")
    listed = floor.ask(lambda s: queries.calendars(s, DAY_START))
    assert [one["crew"] for one in listed[0]["crews"]] == ["A", "B", "C"]
    assert [line["line"] for line in listed[0]["lines"]] == ["line-1"]

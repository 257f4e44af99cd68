"""Calendars of a plant file: what is refused with field and line, presets, exceptions, the past."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from mes.core.calendar import shifts_of_day
from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.service import ApplyReport, apply
from mes.features.production.master_loading import masters
from mes.features.production.plan import Plan
from mes.models import CalendarException, Reason, ShiftPattern
from tests.features.commands.floor import refused
from tests.features.plant.plant_files import GOOD

NOW = int(datetime(2026, 11, 24, 3, tzinfo=UTC).timestamp()) * 1_000_000
"""Noon of Tuesday 2026-11-24 in Seoul."""
DAY_US = 86_400_000_000

HEAD = """\
schema: plant/1
site: {id: busan, time_zone: Asia/Seoul, day_starts: "08:00"}
reasons:
  - {code: audit, class: planned_stop}
  - {code: jam, class: unplanned_stop}
lines:
  - {id: line-1, calendar: turns}
calendars:
  - id: turns
"""
TURNS = """\
    shifts:
      - {code: D, start: "08:00", end: "20:00"}
      - {code: N, start: "20:00", end: "08:00"}
    cycle:
      anchor: 2026-11-02
      crews:
        - {code: A, shifts: [D, N, off]}
        - {code: B, shifts: [N, off, D]}
        - {code: C, shifts: [off, D, N]}
    exceptions:
      - {date: 2026-12-25, kind: holiday, name: {ko: 성탄절, en: Christmas Day}}
      - {date: 2026-12-25, kind: overtime, shift: D}
      - {date: 2026-12-26, kind: stop, start: "10:00", end: "12:00", reason: audit}
"""


ONE_CREW = "    cycle: {anchor: 2026-11-02, crews: [{code: A, shifts: [D]}]}"


def mistakes(text: str) -> list[tuple[int, str, str]]:
    return [(one.line, one.field, one.code) for one in check(text).mistakes]


def inside(text: str) -> list[tuple[int, str, str]]:
    """The mistakes with their fields as seen from inside the calendar."""
    return [
        (line, field.removeprefix("calendars[0]").removeprefix("."), code)
        for line, field, code in mistakes(text)
    ]


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def applied(
    database: Database, text: str, now_us: int = NOW, *, prune: bool = False
) -> ApplyReport:
    checked = check(text)
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        return apply(session, checked.plant, actor="test", now_us=now_us, prune=prune)


def plan_of(database: Database, line: str = "line-1") -> Plan:
    with database.reading() as session:
        known = masters(session)
        return known.lines[known.line_ids[line]].plan


def worked(database: Database, day: str) -> list[tuple[str, str]]:
    found = plan_of(database).of_day(date.fromisoformat(day))
    return [(shift.code, shift.crew) for shift in found]


def test_a_cycle_with_crews_and_exceptions_has_no_mistake() -> None:
    assert mistakes(HEAD + TURNS) == []


@pytest.mark.parametrize(
    ("old", "new", "field", "code"),
    [
        ("[off, D, N]}", "[D, D, N]}", "cycle.crews[2].shifts[0]", "crews_collide"),
        ("[off, D, N]}", "[off, X, N]}", "cycle.crews[2].shifts[1]", "shift_unknown"),
        ("{code: C, shifts", "{code: B, shifts", "cycle.crews[2].code", "duplicate"),
        ("[off, D, N]}", "[off, D]}", "cycle", "value_error"),
        ("anchor: 2026-11-02", "anchor: 2026-13-02", "cycle.anchor", "value_error"),
        ("anchor: 2026-11-02", "anchor: 9999-12-31", "cycle.anchor", "value_error"),
        ("{code: N, start", "{code: D, start", "shifts[1].code", "duplicate"),
        ("{code: N, start", "{code: 'off', start", "shifts[1].code", "value_error"),
        (
            '{code: N, start: "20:00", end: "08:00"}',
            '{code: N, start: "20:00", end: "09:00"}',
            "shifts[1]",
            "shift_crosses_day",
        ),
        (
            '{code: N, start: "20:00", end: "08:00"}',
            '{code: N, start: "19:00", end: "07:00"}',
            "cycle.crews[1].shifts[0]",
            "crews_collide",
        ),
        (
            'end: "08:00"}',
            'end: "08:00", breaks: [{start: "09:00", end: "09:10", reason: audit}]}',
            "shifts[1].breaks[0]",
            "break_outside_shift",
        ),
        (
            'end: "08:00"}',
            'end: "08:00", breaks: [{start: "22:00", end: "22:10", reason: jam}]}',
            "shifts[1].breaks[0].reason",
            "reason_not_planned",
        ),
        ("overtime, shift: D}", "overtime}", "exceptions[1]", "value_error"),
        ("overtime, shift: D}", "overtime, shift: X}", "exceptions[1].shift", "shift_unknown"),
        (
            "overtime, shift: D}",
            'overtime, start: "09:00"}',
            "exceptions[1]",
            "value_error",
        ),
        (
            "date: 2026-12-25, kind: overtime, shift: D}",
            'date: 2026-12-24, kind: overtime, start: "19:00", end: "21:00"}',
            "exceptions[1]",
            "shifts_overlap",
        ),
        (
            "overtime, shift: D}",
            'overtime, start: "06:00", end: "09:00"}',
            "exceptions[1]",
            "shift_crosses_day",
        ),
        (
            "overtime, shift: D}",
            'overtime, start: "09:00", end: "12:00", breaks: [{start: "12:30", end: "12:40", '
            "reason: audit}]}",
            "exceptions[1].breaks[0]",
            "break_outside_shift",
        ),
        ("kind: stop", "kind: pause", "exceptions[2].kind", "literal_error"),
        (
            'end: "12:00", reason: audit',
            'end: "09:00", reason: audit',
            "exceptions[2]",
            "end_before_start",
        ),
        ("reason: audit}\n", "reason: jam}\n", "exceptions[2].reason", "reason_not_planned"),
        ("reason: audit}\n", "reason: none}\n", "exceptions[2].reason", "reason_unknown"),
        ("stop, start", "stop, shift: D, start", "exceptions[2]", "value_error"),
        ("date: 2026-12-26", "date: 26.12.2026", "exceptions[2].date", "value_error"),
        ("time_zone: Asia/Seoul", "time_zone: Asia/Soul", "site.time_zone", "value_error"),
    ],
)
def test_what_contradicts_itself_is_named_with_field_and_line(
    old: str, new: str, field: str, code: str
) -> None:
    text = HEAD + TURNS
    place = text.rindex(old)
    text = text[:place] + new + text[place + len(old) :]
    found = inside(text)
    assert (field, code) in [(where, kind) for _, where, kind in found], found
    line = next(n for n, where, kind in found if (where, kind) == (field, code))
    mended = (text.splitlines()[line - 1], HEAD)
    assert new.strip() in mended[0] or field.endswith(("cycle", "shifts[0]")), mended


def test_a_holiday_twice_on_a_day_is_named() -> None:
    text = HEAD + TURNS + "      - {date: 2026-12-25, kind: holiday}\n"
    line = len(text.splitlines())
    assert mistakes(text) == [(line, "calendars[0].exceptions[3]", "duplicate")]


@pytest.mark.parametrize(
    ("preset", "field", "code"),
    [
        ("5-crew-9-shift", "preset", "value_error"),
        ("{name: 3-crew-2-shift, crews: [A, B]}", "preset", "value_error"),
        ("{name: day-shift, consecutive_days: 99}", "preset.consecutive_days", "less_than_equal"),
        ("{name: 3-crew-2-shift, colour: red}", "preset.colour", "extra_forbidden"),
        (f"3-crew-2-shift\n{ONE_CREW}", "", "value_error"),
    ],
)
def test_a_preset_that_cannot_be_is_named(preset: str, field: str, code: str) -> None:
    found = inside(HEAD + f"    preset: {preset}\n")
    assert (field, code) in [(where, kind) for _, where, kind in found], found


def test_without_shifts_and_preset_a_calendar_is_incomplete() -> None:
    assert ("calendars[0].shifts", "missing") in [
        (field, code) for _, field, code in mistakes(HEAD + "    days: [mon]\n")
    ]


def test_a_reason_of_another_class_is_found_in_a_preset_too() -> None:
    text = HEAD.replace("code: jam,", "code: rest,") + "    preset: 4-crew-3-shift\n"
    found = mistakes(text)
    assert {(field, code) for _, field, code in found} == {
        ("calendars[0].preset", "reason_not_planned")
    }
    assert found[0][0] == line_of(text, "preset")


def test_a_preset_in_one_line_is_written_out_by_export(sqlite_database: Database) -> None:
    applied(sqlite_database, HEAD + "    preset: 4-crew-3-shift\n")
    assert worked(sqlite_database, "2024-01-03") == [("M", "D"), ("E", "A"), ("N", "B")]
    with sqlite_database.reading() as session:
        text = export(session)
        made = session.scalars(select(Reason).where(Reason.code == "meal")).one()
    assert made.names == {"ko": "식사시간", "en": "Meal break"}
    assert "preset" not in text
    assert "cycle:" in text
    report = applied(sqlite_database, text)
    assert (report.added, report.changed, report.missing) == ((), (), ())


def test_a_preset_takes_weekdays_start_and_crews_of_the_plant(sqlite_database: Database) -> None:
    choices = '{name: 2-crew-2-shift, anchor: 2026-11-02, start: "07:00", crews: [X, Y]}'
    applied(sqlite_database, HEAD + f"    preset: {choices}\n    days: [mon, sat]\n")
    assert worked(sqlite_database, "2026-11-02") == [("D", "X"), ("N", "Y")]
    assert worked(sqlite_database, "2026-11-09") == [("D", "Y"), ("N", "X")]
    assert worked(sqlite_database, "2026-11-03") == []


def test_exceptions_are_applied_exported_and_applied_again_without_a_change(
    database: Database,
) -> None:
    applied(database, HEAD + TURNS)
    assert worked(database, "2026-12-25") == [("D", "B")]
    planned = plan_of(database).planned(NOW, NOW + 60 * DAY_US)
    assert [reason for _, _, reason in planned] == ["audit"]
    again = applied(database, HEAD + TURNS)
    assert (again.added, again.changed, again.missing) == ((), (), ())
    with database.reading() as session:
        text = export(session)
    report = applied(database, text)
    assert (report.added, report.changed, report.missing) == ((), (), ())


def test_an_exception_that_people_took_back_stays_so(database: Database) -> None:
    applied(database, HEAD + TURNS)
    with database.transaction() as session:
        row = session.scalars(select(CalendarException).filter_by(kind="holiday")).one()
        row.withdrawn_at = NOW
    report = applied(database, HEAD + TURNS)
    assert (report.added, report.changed) == ((), ())
    renamed = (HEAD + TURNS).replace("성탄절", "크리스마스")
    assert applied(database, renamed).added == ("calendar_exception turns/2026-12-25/holiday",)


def test_exceptions_of_people_are_no_part_of_a_file_and_survive_pruning(database: Database) -> None:
    applied(database, HEAD + TURNS)
    with database.transaction() as session:
        known = session.scalars(select(CalendarException)).first()
        assert known is not None
        session.add(
            CalendarException(
                calendar_id=known.calendar_id,
                date="2027-01-01",
                kind="holiday",
                names={},
                definition={"country": "KR"},
                recorded_at=NOW,
                withdrawn_at=None,
            )
        )
    assert applied(database, HEAD + TURNS).missing == ()
    shorter = HEAD + TURNS.replace(TURNS.splitlines()[-1] + "\n", "")
    assert applied(database, shorter).missing == ("calendar_exception turns/2026-12-26/stop/10:00",)
    applied(database, shorter, prune=True)
    with database.reading() as session:
        left = session.scalars(
            select(CalendarException.date).where(CalendarException.withdrawn_at.is_(None))
        ).all()
    assert sorted(left) == ["2026-12-25", "2026-12-25", "2027-01-01"]


def test_a_file_that_changes_a_day_that_is_over_is_refused(database: Database) -> None:
    applied(database, HEAD + TURNS)
    after = NOW + 40 * DAY_US
    moved = (HEAD + TURNS).replace("2026-12-26", "2026-12-27")
    refused("past_fixed", lambda: applied(database, moved, after))


def test_a_new_calendar_may_describe_its_past(sqlite_database: Database) -> None:
    applied(sqlite_database, HEAD + TURNS, NOW + 400 * DAY_US)
    assert worked(sqlite_database, "2026-12-25") == [("D", "B")]


def test_a_changed_pattern_holds_from_the_present_production_day(database: Database) -> None:
    applied(database, HEAD + TURNS, NOW - 30 * DAY_US)
    before = worked(database, "2026-11-23")
    applied(database, (HEAD + TURNS).replace("2026-11-02", "2026-11-03"))
    assert worked(database, "2026-11-23") == before
    assert worked(database, "2026-11-24") == before
    with database.reading() as session:
        rows = session.scalars(select(ShiftPattern).order_by(ShiftPattern.id)).all()
    assert [(row.valid_from, row.withdrawn_at) for row in rows] == [
        ("0001-01-01", None),
        ("2026-11-24", None),
    ]


def test_a_pattern_changed_twice_on_a_day_keeps_the_row_that_it_replaced(
    database: Database,
) -> None:
    applied(database, HEAD + TURNS)
    applied(database, (HEAD + TURNS).replace("2026-11-02", "2026-11-03"))
    applied(database, (HEAD + TURNS).replace("2026-11-02", "2026-11-04"), NOW + 1)
    with database.reading() as session:
        rows = session.scalars(select(ShiftPattern).order_by(ShiftPattern.id)).all()
    assert [row.withdrawn_at for row in rows] == [None, NOW + 1, None]
    assert worked(database, "2026-11-24") == [("D", "B"), ("N", "C")]


def test_another_calendar_of_a_line_holds_from_the_present_day_on(database: Database) -> None:
    two = HEAD + TURNS + "  - {id: days, preset: day-shift}\n"
    applied(database, two, NOW - 30 * DAY_US)
    applied(database, two.replace("calendar: turns", "calendar: days"))
    assert [code for code, _ in worked(database, "2026-11-23")] == ["D", "N"]
    assert worked(database, "2026-11-24") == [("D", "A")]
    assert worked(database, "2026-12-25") == [("D", "A")]
    applied(database, two.replace(", calendar: turns", ""), NOW + DAY_US)
    always = plan_of(database).of_day(date(2026, 11, 25))
    assert [(one.code, one.end_us - one.start_us) for one in always] == [("", DAY_US)]
    assert shifts_of_day(plan_of(database).calendar, date(2026, 12, 25))[0].code == ""
    again = applied(database, two.replace(", calendar: turns", ""), NOW + DAY_US)
    assert (again.added, again.changed) == ((), ())


def test_the_simple_form_still_means_what_it_meant() -> None:
    checked = check(GOOD)
    assert checked.plant is not None
    calendar = checked.plant.calendars[0]
    assert calendar.expanded() is calendar
    assert calendar.cycle is None
    assert [shift.code for shift in calendar.shifts] == ["D", "N"]

"""Every kind: templates come back unchanged, rows are found again, mistakes name their cell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mes.features.calendars.service import add_exception
from mes.features.imports.kinds.shifts import read_days
from mes.features.imports.registry import IMPORTS
from mes.features.imports.table import Cell, CellKind
from mes.features.people import service as people
from mes.features.plant.calendar_schema import ExceptionEntry
from mes.features.plant.export import exported
from mes.features.work_orders.service import OrderDraft, create_order, import_order, release_order
from mes.models import AuditLog, Credential, JobOrder, OrderEvent, Person, WorkOrder
from mes.web.roles import Role
from tests.features.commands.floor import KIM, Floor, refused
from tests.features.imports.files import checked, csv, done, imported, template, told, xlsx

ORDERS = ["Other system", "Number there", "Item code", "Quantity", "Due", "Priority"]


def furnish(floor: Floor) -> None:
    """Something of every kind, with the texts that break spreadsheets."""
    imported(
        floor,
        "items",
        csv([["code", "name_ko", "name_en"], ["0012", "''=1+1", "=1+1"], ["C", "㈜ 대한", "-x"]]),
        "x.csv",
    )

    def act(session: Any, context: Any) -> None:
        people.create_person(
            session,
            KIM,
            name="+김",
            badge_no="007",
            pin=None,
            roles=[Role.OPERATOR, Role.SUPERVISOR],
        )
        for number, due in enumerate((None, context.now + 3_600_000_123)):
            create_order(
                session, context, OrderDraft(item="A", quantity="0.125", due_at=due, note="@x\ny")
            )
            draft = OrderDraft(
                item="B", quantity=10, external_system="ERP", external_id=f"=00{number}", due_at=due
            )
            order, _ = import_order(session, context, draft)
        release_order(session, context, order.number)
        for entry in (
            {"date": "2026-05-05", "kind": "holiday", "name": {"ko": "어린이날", "en": "Children"}},
            {"date": "2026-05-10", "kind": "overtime", "shift": "D"},
            {"date": "2026-05-17", "kind": "overtime", "start": "09:00", "end": "12:00"},
            {"date": "2026-05-06", "kind": "stop", "start": "10:00", "end": "11:00"},
            {"date": "2026-05-07", "kind": "stop"},
        ):
            add_exception(session, context, "two-shift", ExceptionEntry.model_validate(entry))

    floor.do(0, act)


@pytest.mark.parametrize(("language", "form"), [("ko", "xlsx"), ("en", "csv")])
def test_a_template_with_what_is_there_changes_nothing(
    floor: Floor, tmp_path: Path, language: str, form: str
) -> None:
    furnish(floor)
    for kind in IMPORTS.values():
        content = template(floor, kind, tmp_path, language, form)
        answer = checked(floor, kind.key, content, f"x.{form}")
        assert answer["mistakes"] == [], kind.key
        assert answer["unchanged"] == answer["rows"] > 0, (kind.key, answer)
        assert done(imported(floor, kind.key, content, f"x.{form}"))[:2] == (0, 0), kind.key


def test_items_are_added_and_changed_in_one_revision(floor: Floor) -> None:
    rows: list[list[Any]] = [
        ["품번", "한글 이름", "단위"],
        ["A", "가나", "EA"],
        ["00123", "볼트", None],
    ]
    content = xlsx(rows)
    assert done(checked(floor, "items", content)) == (1, 1, 0, 0)
    assert done(imported(floor, "items", content)) == (1, 1, 0, 0)
    assert done(imported(floor, "items", content)) == (0, 0, 2, 0)
    items = {one["code"]: one for one in floor.ask(exported)["items"]}
    assert items["A"] == {"code": "A", "name": {"ko": "가나", "en": "Item A"}, "unit": "EA"}
    assert items["00123"]["name"] == {"ko": "볼트", "en": "볼트"}
    audit = floor.ask(lambda s: list(s.scalars(select(AuditLog).order_by(AuditLog.id))))[-1]
    assert (audit.action, audit.subject) == ("items.imported", "rows.xlsx")
    assert (audit.details["new"], audit.details["changed"]) == (1, 1)


def test_rates_are_found_by_machine_and_item(floor: Floor) -> None:
    rows: list[list[Any]] = [
        ["machine", "item", "ideal_cycle_s", "pieces_per_cycle"],
        ["press-1", "A", 2, None],
        ["press-1", "B", "1.25", 2],
        ["press-2", "B", "3,000", None],
        ["press-2", "A", "-", None],
    ]
    assert done(imported(floor, "rates", xlsx(rows))) == (1, 2, 1, 0)
    units = {
        unit["id"]: unit for line in floor.ask(exported)["lines"] for unit in line["work_units"]
    }
    assert units["press-1"]["ideal_cycle_s"] == {"A": "2", "B": "1.25"}
    assert units["press-1"]["pieces_per_cycle"] == {"B": 2}
    assert units["press-2"]["ideal_cycle_s"] == {"B": "3000"}
    wrong: list[list[Any]] = [
        rows[0],
        ["nowhere", "A", 1, 1],
        ["press-1", "Z", 1, 1],
        ["washer-1", "A", None, 1],
        ["press-1", "A", 0, 1.5],
    ]
    assert told(checked(floor, "rates", xlsx(wrong))) == [
        (2, "A", "machine_unknown"),
        (3, "B", "item_unknown"),
        (4, "C", "value_missing_new"),
        (5, "C", "number_too_small"),
        (5, "D", "not_whole"),
    ]


def test_reasons_keep_their_rules(floor: Floor) -> None:
    rows: list[list[Any]] = [
        ["code", "name_ko", "domain", "class", "failure", "parent"],
        ["die-1", "금형 파손", "정지", "비계획 정지", "예", None],
        ["jam", "걸림", "stop", "waiting", None, None],
    ]
    words: list[list[Any]] = [
        rows[0],
        ["die-1", "금형 파손", "stop", "unplanned_stop", "Y", None],
        rows[2],
    ]
    assert done(imported(floor, "reasons", xlsx(words))) == (1, 1, 0, 0)
    wrong: list[list[Any]] = [
        rows[0],
        ["d-2", "x", "stop", None, None, None],
        ["d-3", "x", "scrap", "setup", None, None],
        ["d-4", "x", "stop", "setup", "Y", None],
        ["d-5", "x", "nonsense", None, "?", None],
        ["blocked", "x", "stop", "setup", None, None],
        ["d-6", "x", "stop", "setup", None, "nowhere"],
        ["d-7", "x", None, None, None, None],
    ]
    answer = checked(floor, "reasons", xlsx(wrong))
    assert told(answer) == [
        (2, "D", "class_needed"),
        (3, "D", "class_only_stop"),
        (4, "E", "failure_only_unplanned"),
        (5, "C", "choice_unknown"),
        (5, "E", "yes_no_invalid"),
        (6, "A", "reason_built_in"),
        (7, "F", "plant_invalid"),
        (8, "C", "value_missing_new"),
    ]
    assert "Stop, Scrap" in answer["mistakes"][3]["message"]
    renamed: list[list[Any]] = [["code", "name_ko"], ["blocked", "막힘"]]
    assert done(imported(floor, "reasons", xlsx(renamed))) == (0, 1, 0, 0)


def test_what_the_whole_plant_says_is_told_at_its_row_in_the_language_of_the_reader(
    floor: Floor,
) -> None:
    taken: list[list[Any]] = [["code", "name_ko"], ["press-1", "프레스 라인"], ["line-9", "라인 9"]]
    answer = checked(floor, "lines", xlsx(taken), language="ko")
    assert told(answer) == [(2, "A", "plant_invalid")]
    assert "두 번" in answer["mistakes"][0]["message"]
    assert done(imported(floor, "lines", xlsx(taken), skip_bad=True)) == (1, 0, 0, 1)

    break_reason = "lunch"
    unplanned: list[list[Any]] = [
        ["code", "domain", "class"],
        [break_reason, "stop", "unplanned_stop"],
    ]
    for language, words in (("ko", "달력 two-shift"), ("en", "Calendar two-shift")):
        answer = checked(floor, "reasons", xlsx(unplanned), language=language)
        assert set(told(answer)) == {(2, "C", "plant_invalid")}
        assert words in answer["mistakes"][0]["message"]
        assert "must be" not in answer["mistakes"][0]["message"]


def test_lines_and_machines_are_made_moved_and_checked(floor: Floor) -> None:
    lines: list[list[Any]] = [
        ["code", "name_ko", "calendar"],
        ["line-3", "3라인", "two-shift"],
        ["line-9", "", "x"],
    ]
    assert told(checked(floor, "lines", xlsx(lines))) == [(3, "C", "calendar_unknown")]
    assert done(imported(floor, "lines", xlsx(lines), skip_bad=True)) == (1, 0, 0, 1)
    machines: list[list[Any]] = [
        ["code", "line", "default_item", "manual", "minor_stop_limit_s"],
        ["saw-1", "line-3", "A", "Y", 60],
        ["press-2", "line-3", None, None, None],
        ["press-1", None, None, "Y", None],
        ["line-2", "line-3", None, None, None],
        ["saw-2", "nowhere", None, None, None],
        ["saw-3", "line-3", "Z", None, None],
    ]
    answer = checked(floor, "machines", xlsx(machines))
    assert told(answer) == [
        (4, "D", "state_by_signal"),
        (5, "A", "plant_invalid"),
        (6, "B", "line_unknown"),
        (7, "C", "item_unknown"),
    ]
    assert done(imported(floor, "machines", xlsx(machines[:3]))) == (1, 1, 0, 0)
    plant = floor.ask(exported)
    line = next(one for one in plant["lines"] if one["id"] == "line-3")
    assert [unit["id"] for unit in line["work_units"]] == ["saw-1", "press-2"]
    assert line["work_units"][0]["signals"] == {"state": {"manual": True}}
    assert line["work_units"][1]["signals"]["total"]["tag"] == "plc/total2"


def test_people_come_without_pin_and_keep_other_roles(floor: Floor) -> None:
    rows: list[list[Any]] = [
        ["Badge number", "Name", "Roles", "Language"],
        ["0042", "응우옌", "작업자, quality", "en"],
        ["1 2", "x", "operator", None],
        ["43", "x", "administrator", None],
        ["44", None, "operator", None],
    ]
    answer = checked(floor, "people", xlsx(rows))
    assert told(answer) == [
        (3, "A", "badge_invalid"),
        (4, "C", "choice_unknown"),
        (5, "B", "value_missing_new"),
    ]
    assert done(imported(floor, "people", xlsx(rows), skip_bad=True)) == (1, 0, 0, 3)
    person = floor.ask(lambda s: s.scalars(select(Person).where(Person.badge_no == "0042")).one())
    assert (person.name, person.language) == ("응우옌", "en")
    assert floor.ask(lambda s: s.scalar(select(Credential.id))) is None
    changed: list[list[Any]] = [rows[0], ["0042", "응우옌 반", "maintenance", None]]
    assert done(imported(floor, "people", xlsx(changed))) == (0, 1, 0, 0)
    floor.do(0, lambda s, c: people.retire_person(s, KIM, "0042"))
    assert told(checked(floor, "people", xlsx(changed))) == [(2, "A", "badge_taken")]


def test_orders_of_another_system_are_made_once(floor: Floor) -> None:
    rows: list[list[Any]] = [
        ORDERS,
        ["ERP", "SO-1", "A", "1,200", "2026-03-09", 2],
        ["ERP", "SO-2", "B", 5, "2026. 3. 10. 오후 2:30", None],
        [None, "SO-1", "A", 7, None, None],
    ]
    assert done(imported(floor, "orders", xlsx(rows))) == (3, 0, 0, 0)
    assert done(imported(floor, "orders", xlsx(rows))) == (0, 0, 3, 0)
    orders = floor.ask(lambda s: list(s.scalars(select(WorkOrder).order_by(WorkOrder.id))))
    assert [order.number for order in orders] == [f"WO-260302-00{n}" for n in (1, 2, 3)]
    assert orders[1].due_at is not None
    assert orders[1].due_at - floor.context(0).now == ((8 * 24 + 6) * 60 + 30) * 60_000_000
    assert orders[2].external_system == "excel"
    events = floor.ask(lambda s: list(s.scalars(select(OrderEvent.kind))))
    assert events == ["created"] * 3
    draft = OrderDraft(
        item="A", quantity=1200, priority=2, due_at=orders[0].due_at,
        external_system="ERP", external_id="SO-1",
    )  # fmt: skip
    again = floor.do(0, lambda s, c: import_order(s, c, draft)[1])
    assert again == "unchanged", "a file and the API mean the same row"


def test_a_released_order_is_not_changed_by_a_row(floor: Floor) -> None:
    rows: list[list[Any]] = [
        ORDERS,
        ["ERP", "SO-1", "A", 10, None, None],
        ["ERP", "SO-2", "A", 10, None, None],
    ]
    imported(floor, "orders", xlsx(rows))
    floor.do(0, lambda s, c: release_order(s, c, "WO-260302-001"))
    rows[1][3], rows[2][3] = 11, 11
    answer = checked(floor, "orders", xlsx(rows))
    assert told(answer) == [(2, "D", "order_released")]
    assert answer["mistakes"][0]["message"].startswith("The order is Released")
    assert (answer["changed"], answer["mistakes"][0]["value"]) == (1, "11")
    refused("import_has_mistakes", lambda: imported(floor, "orders", xlsx(rows)))
    assert floor.find_order("WO-260302-002").quantity == 10, "all or nothing"
    assert done(imported(floor, "orders", xlsx(rows), skip_bad=True)) == (0, 1, 0, 1)
    assert floor.find_order("WO-260302-002").quantity == 11


def test_orders_are_changed_by_their_numbers_and_dispatched(floor: Floor) -> None:
    number = floor.order(10)
    rows: list[list[Any]] = [
        ["order", "external_id", "item", "quantity", "priority", "machine"],
        [number, None, None, None, 5, "press-1"],
        [None, "S-1", "B", 4, None, "press-2"],
    ]
    assert done(imported(floor, "orders", xlsx(rows))) == (1, 1, 0, 0)
    assert done(imported(floor, "orders", xlsx(rows))) == (0, 0, 2, 0)
    jobs = floor.ask(lambda s: list(s.scalars(select(JobOrder).order_by(JobOrder.id))))
    assert [(int(job.quantity), job.number) for job in jobs] == [
        (10, f"{number}-10"),
        (4, "WO-260302-002-10"),
    ]
    assert floor.find_order(number).priority == 5
    wrong: list[list[Any]] = [
        rows[0],
        [number, None, None, 99, None, None],
        ["WO-1", None, None, None, None, None],
        [None, None, "A", 1, None, None],
        [None, "S-1", None, None, None, "bench-1"],
        [None, "S-3", "A", None, 10, None],
        [None, "S-4", "Z", -1, None, "nowhere"],
        [None, "S-5", "Z", 1, None, None],
    ]
    assert told(checked(floor, "orders", xlsx(wrong))) == [
        (2, "D", "order_released"),
        (3, "A", "order_unknown"),
        (4, "B", "order_id_missing"),
        (5, "F", "order_elsewhere"),
        (6, "E", "number_too_large"),
        (7, "D", "number_too_small"),
        (8, "C", "item_unknown"),
    ]


def test_days_of_calendars_are_added_changed_and_the_past_stays(floor: Floor) -> None:
    rows: list[list[Any]] = [
        ["calendar", "date", "kind", "name_ko", "shift", "start", "end"],
        ["two-shift", "2026-03-09", "휴일", "창립일", None, None, None],
        ["two-shift", "2026/03/15", "overtime", None, "D", None, None],
        ["two-shift", "20260316", "stop", None, None, "9:00", "1030"],
    ]
    rows[1][2] = "holiday"
    assert done(imported(floor, "calendar", xlsx(rows))) == (3, 0, 0, 0)
    assert done(imported(floor, "calendar", xlsx(rows))) == (0, 0, 3, 0)
    rows[1][3] = "창립 기념일"
    assert done(imported(floor, "calendar", xlsx(rows))) == (0, 1, 2, 0)
    wrong: list[list[Any]] = [
        rows[0],
        ["two-shift", "2026-03-01", "holiday", None, None, None, None],
        ["nowhere", "2026-03-20", "holiday", None, None, None, None],
        ["two-shift", "2026-03-20", "overtime", None, "X", None, None],
        ["two-shift", "2026-03-21", "holiday", None, "D", None, None],
        ["two-shift", "2026-03-22", "overtime", None, None, "22:00", "10:00"],
        ["two-shift", "2026-02-30", "holiday", None, None, None, None],
        ["two-shift", "2026-03-23", "stop", None, None, "25:00", None],
        ["two-shift", "2026-03-24", "overtime", None, None, None, None],
        ["two-shift", "2026-03-25", "overtime", None, None, "09:00", None],
        ["two-shift", "2026-03-26", "stop", None, "D", None, None],
    ]
    assert told(checked(floor, "calendar", xlsx(wrong))) == [
        (2, "B", "past_fixed"),
        (3, "A", "calendar_unknown"),
        (4, "E", "exception_invalid"),
        (5, "E", "not_for_kind"),
        (6, "B", "exception_invalid"),
        (7, "B", "date_invalid"),
        (8, "F", "time_invalid"),
        (9, "E", "overtime_without_shift"),
        (10, "G", "start_and_end"),
        (11, "E", "not_for_kind"),
    ]
    messages = [
        one["message"] for one in checked(floor, "calendar", xlsx(wrong), language="ko")["mistakes"]
    ]
    assert all(re.search("[가-힣]", text) and not re.search("[a-z]{3}", text) for text in messages)


def test_a_code_that_was_retired_does_not_come_back(sqlite_floor: Floor) -> None:
    floor = sqlite_floor
    imported(floor, "items", csv([["code", "unit"], ["OLD", "pcs"]]), "x.csv")

    def retire(session: Any, context: Any) -> None:
        from mes.features.plant.edits import edit_plant

        def change(plant: dict[str, Any]) -> None:
            plant["items"] = [one for one in plant["items"] if one["code"] != "OLD"]

        edit_plant(session, KIM, now_us=context.now, action="x", subject="OLD", change=change)

    floor.do(0, retire)
    again = checked(floor, "items", csv([["code", "unit"], ["OLD", "pcs"]]), "x.csv")
    assert told(again) == [(2, "A", "retired")]


SHIFT_TITLES = ["calendar", "shift", "name_ko", "start", "end", "breaks", "days"]


def calendars(floor: Floor) -> dict[str, Any]:
    return {one["id"]: one for one in floor.ask(exported)["calendars"]}


def test_shifts_of_old_and_new_calendars_come_in_with_breaks_and_weekdays(floor: Floor) -> None:
    before = calendars(floor)["two-shift"]
    rows: list[list[Any]] = [
        SHIFT_TITLES,
        ["two-shift", "D", None, "8:30", None, None, "월-금"],
        ["day", "A", "상주", "08:30", "17:30", "12:00-13:00 lunch", "mon, tue, wed, thu, fri"],
    ]
    assert done(checked(floor, "shifts", xlsx(rows))) == (1, 1, 0, 0)
    assert done(imported(floor, "shifts", xlsx(rows))) == (1, 1, 0, 0)
    assert done(imported(floor, "shifts", xlsx(rows))) == (0, 0, 2, 0)
    found = calendars(floor)
    week = ["mon", "tue", "wed", "thu", "fri"]
    assert found["two-shift"]["days"] == found["day"]["days"] == week
    first, *others = found["two-shift"]["shifts"]
    assert first == {**before["shifts"][0], "start": "08:30"}
    assert others == before["shifts"][1:]
    assert found["day"]["shifts"] == [
        {
            "code": "A",
            "name": {"ko": "상주", "en": "상주"},
            "start": "08:30",
            "end": "17:30",
            "breaks": [{"start": "12:00", "end": "13:00", "reason": "lunch"}],
        }
    ]
    gone: list[list[Any]] = [SHIFT_TITLES, ["day", "A", None, None, None, "-", None]]
    assert done(imported(floor, "shifts", xlsx(gone))) == (0, 1, 0, 0)
    assert calendars(floor)["day"]["shifts"][0].get("breaks", []) == []


def test_shifts_that_fit_nothing_are_told_at_their_cells(floor: Floor) -> None:
    wrong: list[list[Any]] = [
        SHIFT_TITLES,
        ["day", "A", None, "08:00", None, None, None],
        ["day", "B", None, "08:00", "17:00", "noon", None],
        ["day", "C", None, "08:00", "25:00", None, "someday"],
        ["two-shift", "D", None, None, None, None, "mon-fri"],
        ["two-shift", "N", None, None, None, None, "sat-mon"],
    ]
    assert told(checked(floor, "shifts", xlsx(wrong))) == [
        (2, "E", "value_missing_new"),
        (3, "F", "breaks_invalid"),
        (4, "E", "time_invalid"),
        (4, "G", "days_invalid"),
        (6, "G", "days_differ"),
    ]
    overlapping: list[list[Any]] = [
        SHIFT_TITLES,
        ["day", "A", None, "08:00", "17:00", "18:00-19:00 lunch", None],
        ["day", "B", None, "16:00", "20:00", "17:00-17:10 nowhere", None],
    ]
    answer = checked(floor, "shifts", xlsx(overlapping))
    assert {(row, code) for row, _column, code in told(answer)} >= {(3, "plant_invalid")}
    assert "day" not in calendars(floor)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", 5),
        ("Monday ~ Saturday", 6),
        ("월화수목금", 5),
        ("월, 수, 금요일", 3),
        ("토-월", 3),
        ("sun-sat", 7),
    ],
)
def test_weekdays_are_read_as_people_write_them(text: str, days: int) -> None:
    assert len(read_days(Cell(CellKind.TEXT, text))) == days

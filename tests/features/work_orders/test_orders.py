"""Work orders from creation to close."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from mes.features.work_orders.queries import OrderFilter, count_orders, list_orders, one_order
from mes.features.work_orders.service import (
    OrderDraft,
    cancel_order,
    change_order,
    close_order,
    create_order,
    import_order,
    release_order,
)
from mes.models import AuditLog, NumberRule, OrderEvent
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused

ROW: dict[str, Any] = {
    "item": "A",
    "quantity": 100,
    "external_system": "erp",
    "external_id": "4711",
}


def create(floor: Floor, at: int = 0, **draft: Any) -> str:
    asked = OrderDraft(**{"item": "A", "quantity": 100, **draft})
    return floor.do(at, lambda s, c: create_order(s, c, asked)).number


def take_in(floor: Floor, **changed: Any) -> tuple[str, str]:
    order, outcome = floor.do(0, lambda s, c: import_order(s, c, OrderDraft(**{**ROW, **changed})))
    return order.number, outcome


def change(floor: Floor, number: str, seen: int, **changes: Any) -> None:
    floor.do(0, lambda s, c: change_order(s, c, number, changes, seen))


def test_numbers_count_up_by_the_date_at_the_plant(floor: Floor) -> None:
    assert [create(floor), create(floor)] == ["WO-260302-001", "WO-260302-002"]
    before_midnight, after_midnight = 15 * 60 * MINUTE, 16 * 60 * MINUTE
    assert create(floor, before_midnight) == "WO-260302-003"
    assert create(floor, after_midnight) == "WO-260303-001"


def test_the_rule_table_makes_the_number(floor: Floor) -> None:
    with floor.database.transaction() as session:
        rule = {"document": "work_order", "period": "*", "last_number": 0}
        session.add(NumberRule(**rule, pattern="A{yymmdd}/{n:05d}"))
    assert create(floor) == "A260302/00001"


def test_a_number_of_a_transaction_that_failed_is_given_again(floor: Floor) -> None:
    def fail(session: Any, context: Any) -> None:
        create_order(session, context, OrderDraft(item="A", quantity=1))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        floor.do(0, fail)
    assert create(floor) == "WO-260302-001"


def test_many_writers_at_once_never_get_the_same_number(floor: Floor) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: create(floor), range(24)))
    assert sorted(numbers) == [f"WO-260302-{n:03d}" for n in range(1, 25)]


@pytest.mark.parametrize(
    ("draft", "code", "field"),
    [
        ({"item": "Z"}, "item_unknown", "item"),
        ({"quantity": 0}, "impossible_quantity", "quantity"),
        ({"quantity": -5}, "impossible_quantity", "quantity"),
        ({"quantity": "1.0000001"}, "impossible_quantity", "quantity"),
        ({"quantity": "many"}, "impossible_quantity", "quantity"),
        ({"quantity": 10**12}, "impossible_quantity", "quantity"),
        ({"quantity": float("nan")}, "impossible_quantity", "quantity"),
        ({"quantity": True}, "impossible_quantity", "quantity"),
        ({"tolerance_over": -1}, "impossible_quantity", "tolerance_over"),
        ({"priority": 10}, "priority_invalid", "priority"),
    ],
)
def test_a_draft_with_a_mistake_is_refused_with_its_field(
    sqlite_floor: Floor, draft: dict[str, Any], code: str, field: str
) -> None:
    assert refused(code, lambda: create(sqlite_floor, **draft)).field == field


def test_the_same_row_again_changes_nothing(floor: Floor) -> None:
    number, outcome = take_in(floor)
    assert outcome == "created"
    change(floor, number, 1, note="by hand")
    assert take_in(floor) == (number, "unchanged")
    assert floor.find_order(number).note == "by hand"
    assert take_in(floor, quantity="100.0") == (number, "unchanged")


def test_a_changed_row_changes_an_order_that_is_not_released(floor: Floor) -> None:
    number, _ = take_in(floor)
    assert take_in(floor, quantity=120) == (number, "changed")
    assert floor.find_order(number).quantity == 120


def test_a_changed_row_for_a_released_order_is_refused(floor: Floor) -> None:
    number, _ = take_in(floor)
    floor.do(0, lambda s, c: release_order(s, c, number))
    assert take_in(floor) == (number, "unchanged")
    refused("order_released", lambda: take_in(floor, quantity=120))


def test_external_identities_are_unique_and_complete(floor: Floor) -> None:
    take_in(floor)
    refused("external_id_taken", lambda: create(floor, **ROW))
    refused("external_id_required", lambda: take_in(floor, external_id=None))
    assert take_in(floor, external_system="other")[1] == "created"


def test_rows_imported_at_once_make_one_order(floor: Floor) -> None:
    from sqlalchemy.exc import IntegrityError

    def once(_: int) -> str:
        for _ in range(3):
            try:
                return take_in(floor)[0]
            except IntegrityError:
                continue
        raise AssertionError("never got through")

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(once, range(4)))) == 1


def test_a_change_needs_the_version_that_was_seen(floor: Floor) -> None:
    number = create(floor)
    change(floor, number, 1, quantity=90, due_at=DAY_START)
    refusal = refused("order_changed", lambda: change(floor, number, 1, quantity=80))
    assert refusal.details["version"] == 2
    assert floor.find_order(number).quantity == 90


def test_a_change_that_changes_nothing_makes_no_version(floor: Floor) -> None:
    number = create(floor)
    change(floor, number, 1, quantity="100.000")
    assert floor.find_order(number).version == 1


def test_after_the_release_only_due_priority_and_note_change(floor: Floor) -> None:
    number = floor.order()
    refused("order_released", lambda: change(floor, number, 2, quantity=90))
    change(floor, number, 2, priority=5, note="urgent", due_at=DAY_START)
    assert floor.find_order(number).priority == 5


def test_each_step_needs_its_state(floor: Floor) -> None:
    number = create(floor)
    refused("order_not_closable", lambda: floor.do(0, lambda s, c: close_order(s, c, number)))
    floor.do(0, lambda s, c: release_order(s, c, number))
    refused("order_not_releasable", lambda: floor.do(0, lambda s, c: release_order(s, c, number)))
    floor.do(0, lambda s, c: cancel_order(s, c, number, reason="no material"))
    refused("order_not_cancellable", lambda: floor.do(0, lambda s, c: cancel_order(s, c, number)))
    refused("order_not_changeable", lambda: change(floor, number, 3, priority=1))
    refused("order_unknown", lambda: floor.do(0, lambda s, c: release_order(s, c, "WO-1")))


def test_an_order_outside_its_tolerance_closes_only_when_that_is_meant(floor: Floor) -> None:
    number = floor.order(100, tolerance_under=5)
    job = floor.dispatch(number, "bench-1")
    floor.start(job)
    floor.enter(MINUTE, good=94)
    refused("jobs_open", lambda: floor.do(0, lambda s, c: close_order(s, c, number)))
    floor.complete(job, 2 * MINUTE)
    refusal = refused(
        "outside_tolerance", lambda: floor.do(0, lambda s, c: close_order(s, c, number))
    )
    assert refusal.details["deviation"]["code"] == "under_tolerance"  # type: ignore[index]
    floor.do(0, lambda s, c: close_order(s, c, number, accept_deviation=True))
    assert floor.find_order(number).state == "closed"


def test_an_order_that_was_worked_on_is_closed_not_cancelled(floor: Floor) -> None:
    number = floor.order()
    job = floor.dispatch(number, "bench-1")
    floor.start(job)
    refused("jobs_open", lambda: floor.do(0, lambda s, c: cancel_order(s, c, number)))
    floor.complete(job, MINUTE)
    refused("order_has_production", lambda: floor.do(0, lambda s, c: cancel_order(s, c, number)))


def test_cancelling_takes_back_what_was_dispatched(floor: Floor) -> None:
    number = floor.order()
    job = floor.dispatch(number)
    floor.do(0, lambda s, c: cancel_order(s, c, number))
    assert floor.find_job(job).state == "cancelled"


def test_lists_are_filtered_and_paged(floor: Floor) -> None:
    numbers = [create(floor, item=item, note=f"for {item}") for item in "ABABA"]
    floor.do(0, lambda s, c: release_order(s, c, numbers[0]))
    listed = floor.ask(lambda s: list_orders(s, OrderFilter(limit=2)))
    assert [row["order"] for row in listed[0]] == numbers[:2:-1]
    rest = floor.ask(lambda s: list_orders(s, OrderFilter(after=listed[1])))
    assert [row["order"] for row in rest[0]] == numbers[2::-1]
    assert rest[1] is None

    def found(**wanted: Any) -> list[str]:
        rows, _ = floor.ask(lambda s: list_orders(s, OrderFilter(**wanted)))
        return [row["order"] for row in rows]

    assert found(states=["released"]) == [numbers[0]]
    assert found(item="B") == [numbers[3], numbers[1]]
    assert found(text="for b") == [numbers[3], numbers[1]]
    assert found(text="%") == []
    assert floor.ask(lambda s: count_orders(s, OrderFilter(item="B", limit=1))) == 2
    assert floor.ask(lambda s: count_orders(s, OrderFilter(text="for a", after=listed[1]))) == 3
    refused("state_unknown", lambda: found(states=["gone"]))


def test_everything_that_happens_is_an_event_and_an_audit_row(floor: Floor) -> None:
    number = floor.order()
    events = floor.ask(lambda s: one_order(s, number))["events"]
    assert [event["kind"] for event in events] == ["created", "released"]
    assert events[0]["person"] == "김민수"
    stored = floor.ask(lambda s: s.scalars(select(OrderEvent)).all())
    assert len({event.command_id for event in stored}) == 2
    actions = floor.ask(lambda s: list(s.scalars(select(AuditLog.action))))
    assert actions[-2:] == ["work_order.created", "work_order.released"]

"""Dispatching orders to work units, split and again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.features.work_orders.dispatch import dispatch_order
from mes.features.work_orders.queries import list_jobs, one_order
from mes.features.work_orders.service import OrderDraft, create_order
from mes.models import Equipment, MaterialDefinition, OperationsDefinition, OperationsSegment
from tests.features.commands.floor import MINUTE, Floor, refused


def test_jobs_are_numbered_by_order_operation_and_split(floor: Floor) -> None:
    order = floor.order(100)
    assert floor.dispatch(order, "press-1", 40) == f"{order}-10"
    assert floor.dispatch(order, "press-2", 30) == f"{order}-10-2"
    last = floor.dispatch(order, "bench-1")
    assert last == f"{order}-10-3"
    assert floor.find_job(last).quantity == 30


def test_no_more_is_dispatched_than_was_ordered_and_tolerated(floor: Floor) -> None:
    order = floor.order(100, tolerance_over=10)
    floor.dispatch(order, "press-1", 80)
    refusal = refused("quantity_exceeds_order", lambda: floor.dispatch(order, "press-2", 31))
    assert refusal.details == {"remaining": 20, "most": 30}
    floor.dispatch(order, "press-2", 30)
    refused("nothing_to_dispatch", lambda: floor.dispatch(order, "bench-1"))


def test_dispatchers_at_once_never_exceed_the_order(floor: Floor) -> None:
    order = floor.order(100)

    def once(_: int) -> str:
        try:
            return floor.dispatch(order, "bench-1", 30)
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(once, range(6)))
    assert answers[:3] == [f"{order}-10", f"{order}-10-2", f"{order}-10-3"]
    assert answers[3:] == ["quantity_exceeds_order"] * 3


def test_dispatching_is_refused_for_what_does_not_fit(floor: Floor) -> None:
    draft = floor.do(0, lambda s, c: create_order(s, c, OrderDraft(item="A", quantity=1))).number
    refused("order_not_dispatchable", lambda: floor.dispatch(draft))
    order = floor.order()
    refused("unknown_work_unit", lambda: floor.dispatch(order, "press-9"))
    refused("impossible_quantity", lambda: floor.dispatch(order, "press-1", 0))
    refused(
        "segment_unknown",
        lambda: floor.do(
            0, lambda s, c: dispatch_order(s, c, order, work_unit="press-1", segment=30)
        ),
    )
    with floor.database.transaction() as session:
        unit = session.scalars(select(Equipment).where(Equipment.code == "press-2")).one()
        unit.retired_at = 1
    from mes.features.production.master_loading import forget_masters

    with floor.database.reading() as session:
        forget_masters(session)
    refused("work_unit_retired", lambda: floor.dispatch(order, "press-2"))


def test_the_operations_of_a_routing_are_dispatched_each(floor: Floor) -> None:
    with floor.database.transaction() as session:
        item = session.scalars(
            select(MaterialDefinition.id).where(MaterialDefinition.code == "A")
        ).one()
        routing = OperationsDefinition(material_id=item, revision=1, released_at=1)
        session.add(routing)
        session.flush()
        for number in (10, 20):
            session.add(
                OperationsSegment(
                    definition_id=routing.id, number=number, names={}, work_center_id=None
                )
            )
    order = floor.order(10)
    first = floor.dispatch(order, "bench-1")
    second = floor.do(
        0, lambda s, c: dispatch_order(s, c, order, work_unit="bench-1", segment=20)
    ).number
    assert [first, second] == [f"{order}-10", f"{order}-20"]
    for at, job in ((MINUTE, first), (3 * MINUTE, second)):
        floor.start(job, at)
        floor.enter(at + 1, good=10)
        floor.complete(job, at + MINUTE)
    assert floor.find_order(order).state == "completed"


def release_routing(floor: Floor, revision: int, *numbers: int) -> None:
    with floor.database.transaction() as session:
        item = session.scalars(
            select(MaterialDefinition.id).where(MaterialDefinition.code == "A")
        ).one()
        routing = OperationsDefinition(material_id=item, revision=revision, released_at=1)
        session.add(routing)
        session.flush()
        session.add_all(
            OperationsSegment(
                definition_id=routing.id,
                number=number,
                names={"ko": f"공정 {number}", "en": f"Operation {number}"},
                work_center_id=None,
            )
            for number in numbers
        )


def test_an_order_keeps_the_operations_of_its_release_and_goes_through_them(floor: Floor) -> None:
    plain = floor.order(10)
    release_routing(floor, 1, 10, 20)
    routed = floor.order(10)
    release_routing(floor, 2, 30)

    def numbers(order: str) -> list[int]:
        view = floor.ask(lambda s: one_order(s, order))
        return [operation["segment"] for operation in view["operations"]]

    assert (numbers(plain), numbers(routed), numbers(floor.order(10))) == ([], [10, 20], [30])
    assert floor.dispatch(plain, "bench-1") == f"{plain}-10", "as ever without a routing"
    first = floor.dispatch(routed, "bench-1")
    floor.start(first)
    floor.enter(1, good=10)
    floor.complete(first, MINUTE)
    assert floor.find_order(routed).state == "running", "its last operation is still to come"
    second = floor.dispatch(routed, "bench-1")
    assert second == f"{routed}-20", "the next operation that has something left"
    floor.start(second, 2 * MINUTE)
    floor.enter(2 * MINUTE + 1, good=10)
    floor.complete(second, 3 * MINUTE)
    assert floor.find_order(routed).state == "completed"


def test_the_job_list_stands_in_the_order_of_work(floor: Floor) -> None:
    jobs = [floor.job("bench-1", priority=priority) for priority in (0, 5, 0, 0)]
    floor.start(jobs[3])
    floor.complete(jobs[3], MINUTE)
    floor.start(jobs[2], 2 * MINUTE)
    listed = floor.ask(lambda s: list_jobs(s, "bench-1", ()))
    assert [row["job_order"] for row in listed] == [jobs[2], jobs[1], jobs[0], jobs[3]]
    assert floor.ask(lambda s: list_jobs(s, "press-1", ())) == []
    open_ones = floor.ask(lambda s: list_jobs(s, None, ("dispatched",)))
    assert {row["job_order"] for row in open_ones} == {jobs[0], jobs[1]}

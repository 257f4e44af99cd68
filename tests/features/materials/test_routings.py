"""Routings are drafted and released by revision; what was released never changes."""

from __future__ import annotations

import pytest

from mes.core.refusal import Refusal
from mes.features.materials.routings import (
    Revision,
    TypedOperation,
    release_draft,
    retire_routing,
    revisions_of,
    routing_mark,
    save_draft,
)
from mes.features.plant.rows import TypedNames
from mes.features.work_orders.queries import one_order
from tests.features.commands.floor import Floor

ACTOR = {"kind": "account", "id": 1, "label": "office"}


def operation(number: str, name: str = "공정", line: str = "") -> TypedOperation:
    return TypedOperation(number=number, names=TypedNames(ko=name, en="Operation"), line=line)


def revisions(floor: Floor) -> list[Revision]:
    return floor.ask(lambda s: revisions_of(s, "A"))


def draft(floor: Floor, *operations: TypedOperation, seen: str | None = None) -> None:
    mark = routing_mark(revisions(floor)) if seen is None else seen
    with floor.database.transaction() as session:
        save_draft(session, ACTOR, "A", operations=operations, seen=mark)


def release(floor: Floor, seen: str | None = None) -> None:
    mark = routing_mark(revisions(floor)) if seen is None else seen
    with floor.database.transaction() as session:
        release_draft(session, ACTOR, "A", now_us=7, seen=mark)


def operations(floor: Floor, order: str) -> list[tuple[int, str | None]]:
    found = floor.ask(lambda s: one_order(s, order))["operations"]
    return [(one["segment"], one["line"]) for one in found]


def test_orders_follow_what_was_released_when_they_were(floor: Floor) -> None:
    before = floor.order(10)
    draft(floor, operation("20", "세척"), operation("１０", "프레스", "line-1"))
    with_draft = floor.order(10)
    release(floor)
    first = floor.order(10)
    draft(floor, operation("30", "포장"))
    assert [one.revision for one in revisions(floor)] == [2, 1], "a change is a new revision"
    assert operations(floor, floor.order(10)) == [(10, "line-1"), (20, None)]
    release(floor)
    second = floor.order(10)
    assert operations(floor, before) == operations(floor, with_draft) == []
    assert operations(floor, first) == [(10, "line-1"), (20, None)]
    assert operations(floor, second) == [(30, None)]
    mark = routing_mark(revisions(floor))
    for _ in range(2):  # sent twice
        with floor.database.transaction() as session:
            retire_routing(session, ACTOR, "A", now_us=9, seen=mark)
    assert operations(floor, floor.order(10)) == []
    assert operations(floor, second) == [(30, None)], "an order keeps its own"


def test_a_draft_can_change_and_a_second_editor_is_told(floor: Floor) -> None:
    draft(floor, operation("10"))
    seen = routing_mark(revisions(floor))
    draft(floor, operation("10"), operation("20"))
    draft(floor, operation("20"), operation("10"), seen=seen)  # the same as it stands: harmless
    with pytest.raises(Refusal) as told:
        draft(floor, operation("30"), seen=seen)
    assert told.value.code == "master_changed"
    with pytest.raises(Refusal) as told:
        release(floor, seen)
    assert told.value.code == "master_changed"
    release(floor)
    with pytest.raises(Refusal) as told:
        release(floor)
    assert told.value.code == "routing_released"
    latest = revisions(floor)[0]
    assert (latest.revision, latest.released_at, len(latest.operations)) == (1, 7, 2)


def test_mistakes_are_told_by_row(floor: Floor) -> None:
    with pytest.raises(Refusal) as told:
        draft(
            floor,
            operation("10"),
            operation("10"),
            operation("-1"),
            operation("1.5"),
            operation("10000"),
            operation("20", "x" * 201),
            operation("30", "a\x00"),
            operation("40", line="nowhere"),
        )
    assert set(told.value.details["fields"]) == {  # type: ignore[call-overload]
        "number-1",
        "number-2",
        "number-3",
        "number-4",
        "ko-5",
        "ko-6",
        "line-7",
    }
    with pytest.raises(Refusal) as told:
        draft(floor)
    assert set(told.value.details["fields"]) == {"segment"}  # type: ignore[call-overload]
    assert revisions(floor) == []

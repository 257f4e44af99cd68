"""People call for help and answer: facts, tile, list, and a rebuild that finds them equal."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.calls import Call, CallKind
from mes.core.refusal import Refusal
from mes.features.calls.queries import Asked, calls
from mes.features.calls.service import acknowledge_call, cancel_call, raise_call, resolve_call
from mes.features.commands.context import Context
from mes.features.ingest.rebuild import rebuild
from mes.features.production.queries import tiles
from mes.models import CallEvent
from tests.features.commands.floor import DAY_START, KIM, MINUTE, Floor, refused

LEE = {**KIM, "label": "이정비", "person": "1002", "terminal": "tablet-2"}


def call(floor: Floor, at: int, kind: CallKind = CallKind.MATERIAL) -> tuple[Call, bool]:
    return floor.do(at, lambda s, c: raise_call(s, c, "press-1", kind, "pallet empty"))


def as_lee(context: Context) -> Context:
    return Context(command_id=context.command_id, actor=LEE, at=context.at, now=context.now)


def shown(floor: Floor, at: int) -> list[dict[str, Any]]:
    """The calls on the tile of press-1."""
    (tile,) = floor.ask(lambda s: tiles(s, [floor.ids["press-1"]], DAY_START + at))
    found: list[dict[str, Any]] = tile["calls"]
    return found


def call_of(refusal: Refusal) -> dict[str, Any]:
    """The present call that a refusal tells of."""
    found = refusal.details["call"]
    assert isinstance(found, dict)
    return found


def listed(floor: Floor, at: int, **asked: Any) -> list[dict[str, Any]]:
    found = floor.ask(lambda s: calls(s, Asked(**asked), DAY_START + at))
    items: list[dict[str, Any]] = found["items"]
    return items


def facts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(CallEvent)) or 0


def test_a_call_goes_from_open_to_resolved_with_people_and_times(floor: Floor) -> None:
    raised, new = call(floor, MINUTE)
    assert new
    (open_one,) = shown(floor, 2 * MINUTE)
    assert (open_one["state"], open_one["raised_by"], open_one["note"]) == (
        "open",
        "김민수",
        "pallet empty",
    )
    floor.do(3 * MINUTE, lambda s, c: acknowledge_call(s, as_lee(c), raised.id, expected_min=10))
    (coming,) = shown(floor, 4 * MINUTE)
    assert (coming["state"], coming["acknowledged_by"]) == ("acknowledged", "이정비")
    assert coming["expected_at"] is not None
    second = refused(
        "call_acknowledged",
        lambda: floor.do(4 * MINUTE, lambda s, c: acknowledge_call(s, c, raised.id)),
    )
    assert call_of(second)["by"] == "이정비"
    floor.do(9 * MINUTE, lambda s, c: resolve_call(s, as_lee(c), raised.id, note="refilled"))
    assert shown(floor, 10 * MINUTE) == []
    (item,) = listed(floor, 10 * MINUTE)
    assert (item["state"], item["ended_by"], item["remark"]) == ("resolved", "이정비", "refilled")
    assert (item["response_s"], item["repair_s"]) == (120.0, 360.0)
    assert listed(floor, 10 * MINUTE, only_open=True) == []
    refused("call_over", lambda: floor.do(10 * MINUTE, lambda s, c: cancel_call(s, c, raised.id)))
    found = rebuild(floor.database, DAY_START + 10 * MINUTE, check=True)
    assert found.differences == ()


def test_a_waiting_call_is_not_raised_twice_but_another_kind_is(floor: Floor) -> None:
    first, _ = call(floor, MINUTE)
    again, new = call(floor, 2 * MINUTE)
    assert (again.id, new) == (first.id, False)
    assert floor.ask(facts) == 1
    call(floor, 2 * MINUTE, CallKind.QUALITY)
    assert [one["kind"] for one in shown(floor, 3 * MINUTE)] == ["material", "quality"]
    assert [one["kind"] for one in listed(floor, 3 * MINUTE, kind=CallKind.QUALITY)] == ["quality"]
    assert rebuild(floor.database, DAY_START + 3 * MINUTE, check=True).differences == ()


def test_only_who_raised_a_call_or_a_lead_takes_it_back(floor: Floor) -> None:
    raised, _ = call(floor, MINUTE)
    refused(
        "call_not_yours",
        lambda: floor.do(2 * MINUTE, lambda s, c: cancel_call(s, as_lee(c), raised.id)),
    )
    floor.do(3 * MINUTE, lambda s, c: cancel_call(s, as_lee(c), raised.id, leads=True))
    other, _ = call(floor, 4 * MINUTE)
    floor.do(5 * MINUTE, lambda s, c: cancel_call(s, c, other.id))
    assert {one["state"] for one in listed(floor, 6 * MINUTE)} == {"cancelled"}
    refused("call_unknown", lambda: floor.do(6 * MINUTE, lambda s, c: resolve_call(s, c, "none")))

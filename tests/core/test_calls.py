"""Calls follow from their events in any order, and their levels from the time alone."""

from __future__ import annotations

from itertools import permutations

from mes.core.calls import (
    CallAction,
    CallEvent,
    CallKind,
    CallState,
    Escalation,
    call_from_json,
    call_of,
    call_to_json,
    escalation_from,
    levels_of,
)

MINUTE = 60_000_000


def said(action: CallAction, minute: int, who: str = "Kim", **more: object) -> CallEvent:
    given: dict[str, object] = {"command_id": f"{action.value}-{minute}-{who}", **more}
    if action is CallAction.RAISE:
        given |= {"kind": CallKind.MATERIAL, "levels": ((5 * MINUTE, "supervisor"),)}
    return CallEvent(action=action, at=minute * MINUTE, who=who, **given)  # type: ignore[arg-type]  # of any kind


def test_any_order_of_arrival_gives_the_same_call() -> None:
    events = [
        said(CallAction.RAISE, 0),
        said(CallAction.ACKNOWLEDGE, 2, "Lee"),
        said(CallAction.ACKNOWLEDGE, 3, "Park"),
        said(CallAction.RESOLVE, 9, "Lee"),
        said(CallAction.CANCEL, 12),
    ]
    made = {call_of(order) for order in permutations(events)}
    (call,) = made
    assert call is not None
    assert call.state is CallState.RESOLVED
    assert call.acknowledged is not None
    assert call.acknowledged.who == "Lee"
    assert (call.response_us, call.repair_us) == (2 * MINUTE, 7 * MINUTE)
    assert call_from_json(call_to_json(call)) == call


def test_without_its_raising_there_is_no_call() -> None:
    assert call_of([said(CallAction.RESOLVE, 1)]) is None


def test_a_call_resolved_at_once_was_answered_then() -> None:
    call = call_of([said(CallAction.RAISE, 0), said(CallAction.RESOLVE, 4)])
    assert call is not None
    assert (call.response_us, call.repair_us) == (4 * MINUTE, 0)


def test_a_cancelled_call_was_never_answered() -> None:
    call = call_of([said(CallAction.RAISE, 0), said(CallAction.CANCEL, 4)])
    assert call is not None
    assert (call.state, call.response_us, call.repair_us) == (CallState.CANCELLED, None, None)


def test_the_level_grows_until_somebody_answers() -> None:
    call = call_of([said(CallAction.RAISE, 0)])
    assert call is not None
    assert [call.level(n * MINUTE) for n in (4, 5, 60)] == [0, 1, 1]
    assert call.next_level_at(4 * MINUTE) == 5 * MINUTE
    assert call.next_level_at(5 * MINUTE) is None
    answered = call_of([said(CallAction.RAISE, 0), said(CallAction.ACKNOWLEDGE, 4)])
    assert answered is not None
    assert (answered.level(60 * MINUTE), answered.next_level_at(0)) == (0, None)


def test_levels_are_those_of_the_kind_in_time_order() -> None:
    steps = [
        escalation_from({"after_min": "15", "to": "manager"}),
        escalation_from({"after_min": "2.5", "to": "maintenance", "kinds": ["maintenance"]}),
    ]
    assert steps[0] == Escalation(after_us=15 * MINUTE, to="manager")
    assert levels_of(CallKind.MATERIAL, steps) == ((15 * MINUTE, "manager"),)
    assert levels_of(CallKind.MAINTENANCE, steps) == (
        (150_000_000, "maintenance"),
        (15 * MINUTE, "manager"),
    )

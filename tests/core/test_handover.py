"""A handover is the fold of its events, whatever order they arrive in."""

from __future__ import annotations

from itertools import permutations

from mes.core.handover import Handover, HandoverAction, HandoverEvent, HandoverState, handover_of

ENTRY, CREW = HandoverAction.ENTRY, HandoverAction.CREW
HAND, TAKE = HandoverAction.HAND_OVER, HandoverAction.TAKE_OVER
REOPEN = HandoverAction.REOPEN


def event(
    action: HandoverAction,
    at: int,
    author: str = "kim",
    replaces: str | None = None,
    **body: object,
) -> HandoverEvent:
    if action is ENTRY:
        body = {"topic": "note", "text": f"text {at}"} | body
    return HandoverEvent(
        action=action,
        command_id=f"c{at}",
        at=at,
        who=author,
        author=author,
        body=body,
        replaces=replaces,
    )


def texts(found: Handover) -> list[tuple[str, bool]]:
    return [(one.text, one.addition) for one in found.entries]


def test_every_order_of_arrival_tells_the_same() -> None:
    events = [
        event(ENTRY, 1),
        event(ENTRY, 2, replaces="c1"),
        event(HAND, 3),
        event(TAKE, 4, "lee"),
        event(ENTRY, 5, "lee"),
        event(CREW, 6, people=["1"]),
    ]
    found = {repr(handover_of(order)) for order in permutations(events)}
    assert len(found) == 1
    told = handover_of(events)
    assert texts(told) == [("text 2", False), ("text 5", True)]
    assert (told.state, told.crew) == (HandoverState.CLOSED, None)


def test_only_its_author_corrects_an_entry_and_not_behind_the_close() -> None:
    begun = [event(ENTRY, 1), event(ENTRY, 2, "lee", replaces="c1")]
    assert texts(handover_of(begun)) == [("text 1", False)]
    closed = [*begun, event(HAND, 3), event(TAKE, 4, "lee"), event(ENTRY, 5, replaces="c1")]
    assert texts(handover_of(closed)) == [("text 1", False)]


def test_nobody_takes_over_what_was_not_handed_over() -> None:
    assert handover_of([event(TAKE, 1)]).state is HandoverState.DRAFT
    assert handover_of([event(TAKE, 1), event(HAND, 2)]).state is HandoverState.HANDED_OVER


def test_opening_again_withdraws_both_signatures_and_keeps_them() -> None:
    closed = [event(ENTRY, 1), event(HAND, 2), event(TAKE, 3, "lee"), event(ENTRY, 4, "lee")]
    again = [*closed, event(REOPEN, 5, "boss", note="scrap was missing")]
    found = handover_of(again)
    assert (found.state, found.handed_over, found.taken_over) == (HandoverState.DRAFT, None, None)
    withdrawn = found.reopened[0]
    assert (withdrawn.by.who, withdrawn.by.note) == ("boss", "scrap was missing")
    assert (withdrawn.handed_over.who, withdrawn.taken_over.who) == ("kim", "lee")
    corrected = [*again, event(ENTRY, 6, replaces="c1"), event(HAND, 7), event(TAKE, 8, "lee")]
    assert texts(handover_of(corrected)) == [("text 6", False), ("text 4", True)]
    assert handover_of(corrected).state is HandoverState.CLOSED
    assert handover_of([event(HAND, 1), event(REOPEN, 2)]).reopened == ()

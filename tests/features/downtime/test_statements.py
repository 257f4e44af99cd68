"""What people say about stops: the lock, the kinds, what is listed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind
from mes.core.refusal import Refusal
from mes.features.downtime.queries import orphans, stops
from mes.features.downtime.service import StatementDraft, state_stop
from mes.features.production.rows import state_records
from tests.features.commands.floor import (
    DAY_START,
    MINUTE,
    Floor,
    S,
    command_id,
    refused,
)

NOW = 60 * MINUTE


@pytest.fixture
def stopped(floor: Floor) -> Floor:
    """press-1 with a job: runs, stands from minute 10 to 30, runs, stands from minute 50 on."""
    return with_stops(floor)


@pytest.fixture
def sqlite_stopped(sqlite_floor: Floor) -> Floor:
    """The same on SQLite alone."""
    return with_stops(sqlite_floor)


def with_stops(floor: Floor) -> Floor:
    job = floor.job("press-1")
    floor.start(job)
    for minute, state in ((0, 2), (10, 1), (30, 2), (50, 3)):
        floor.feed.value(minute * MINUTE, "state", state)
    floor.feed.send(NOW)
    return floor


def at(minutes: float) -> int:
    return DAY_START + int(minutes * MINUTE)


def say(
    floor: Floor,
    when: int = NOW,
    command: str | None = None,
    work_unit: str = "press-1",
    supervisor: bool = False,
    **draft: Any,
) -> str:
    asked = StatementDraft(**{"kind": StatementKind.WHOLE, **draft})
    return floor.do(
        when,
        lambda s, c: state_stop(s, c, work_unit, asked, may_override=supervisor),
        command,
    ).command_id


def first(**draft: Any) -> dict[str, Any]:
    """What was seen of the stop from minute 10 to 30."""
    return {"seen_start": at(10), "seen_end": at(30), **draft}


def part(low: float, high: float, **draft: Any) -> dict[str, Any]:
    return first(kind=StatementKind.PART, start=at(low), end=at(high), **draft)


def listed(floor: Floor, now: int = NOW, **how: Any) -> list[dict[str, Any]]:
    return floor.ask(
        lambda s: stops(s, "press-1", DAY_START, DAY_START + now, DAY_START + now, **how)
    )


def records(floor: Floor, work_unit: str = "press-1") -> list[tuple[float, str, str | None]]:
    unit = floor.ids[work_unit]
    found = floor.ask(lambda s: state_records(s, unit, DAY_START))
    return [((r.start - DAY_START) / MINUTE, r.state.value, r.reason) for r in found]


def test_stops_are_listed_with_what_still_needs_a_reason(stopped: Floor) -> None:
    one, two = listed(stopped)
    assert (one["needs_reason"], one["unexplained_us"], one["minor"]) == (True, 20 * MINUTE, False)
    assert (one["statement"], one["reason"]) == (None, None)
    assert (two["end"], two["state"], two["unexplained_us"]) == (None, "down", 10 * MINUTE)


def test_a_reason_for_the_whole_stop(stopped: Floor) -> None:
    command = say(stopped, **first(reason="jam", note="sheet 12"))
    one, two = listed(stopped)
    assert one["reason"] == {"code": "jam", "name": {"ko": "걸림", "en": "Jam"}}
    assert (one["statement"], one["needs_reason"]) == (command, False)
    assert one["parts"][0]["person"] == "김민수"
    assert [two] == listed(stopped, needing=True)


def test_a_stop_is_split_and_merged_again(stopped: Floor) -> None:
    left = say(stopped, **part(10, 18, reason="jam"))
    right = say(stopped, **part(18, 30, reason="die-change", seen_statement=left))
    one = listed(stopped)[0]
    assert [p["reason"]["code"] for p in one["parts"]] == ["jam", "die-change"]
    assert one["statement"] in (left, right)
    head = one["statement"]
    say(stopped, NOW + S, **part(10, 30, reason="no-material", seen_statement=head))
    assert [p["reason"]["code"] for p in listed(stopped)[0]["parts"]] == ["no-material"]


def test_a_statement_is_taken_back(stopped: Floor) -> None:
    command = say(stopped, **first(reason="jam"))
    say(
        stopped,
        kind=StatementKind.REVERT,
        replaces=command,
        **{**first(), "seen_statement": command},
    )
    assert listed(stopped)[0]["needs_reason"]
    refused(
        "statement_not_in_force",
        lambda: say(stopped, kind=StatementKind.REVERT, replaces=command),
    )
    refused("statement_unknown", lambda: say(stopped, kind=StatementKind.REVERT, replaces="none"))


def test_who_saw_an_older_statement_is_refused_with_the_present_stop(stopped: Floor) -> None:
    command = say(stopped, **first(reason="jam"))
    refusal = refused("stop_changed", lambda: say(stopped, **first(reason="die-change")))
    present: Any = refusal.details["stop"]
    assert (present["statement"], present["reason"]["code"]) == (command, "jam")
    say(stopped, **first(reason="die-change", seen_statement=command))


@pytest.mark.parametrize(
    ("seen_start", "seen_end", "ok"),
    [
        (10, 30, True),
        (5, 30, True),
        (15, 35, True),
        (4.9, 30, False),
        (10, 36, False),
        (10, None, False),
        (31, 40, False),
        (50, None, True),
        (50, 60, True),
    ],
)
def test_the_extent_may_differ_by_the_minor_limit(
    sqlite_stopped: Floor, seen_start: float, seen_end: float | None, ok: bool
) -> None:
    seen: dict[str, Any] = {
        "seen_start": at(seen_start),
        "seen_end": None if seen_end is None else at(seen_end),
    }
    if ok:
        say(sqlite_stopped, **seen, reason="jam")
    else:
        refused("stop_changed", lambda: say(sqlite_stopped, **seen, reason="jam"))


def test_an_open_stop_stated_from_an_outbox_may_have_ended_since(stopped: Floor) -> None:
    # Said at minute 15, when the stop was open; it arrives at minute 60.
    context = stopped.context(NOW)
    with stopped.database.transaction() as session:
        early = type(context)(
            command_id=command_id(), actor=context.actor, at=at(15), now=context.now
        )
        draft = StatementDraft(kind=StatementKind.WHOLE, seen_start=at(10), reason="jam")
        state_stop(session, early, "press-1", draft)
    assert listed(stopped)[0]["reason"]["code"] == "jam"


def test_of_two_people_who_edit_one_stop_the_second_is_refused(stopped: Floor) -> None:
    def once(n: int) -> str:
        try:
            say(stopped, **first(reason=("jam", "die-change")[n % 2]))
        except Refusal as refusal:
            return refusal.code
        return "stated"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(once, range(4)))
    assert answers == ["stated", "stop_changed", "stop_changed", "stop_changed"]


@pytest.mark.parametrize(
    ("draft", "code", "field"),
    [
        (first(), "statement_invalid", "reason"),
        ({"reason": "jam"}, "statement_invalid", "seen_start"),
        (first(reason="burr"), "reason_of_other_domain", "reason"),
        (first(reason="?"), "reason_unknown", "reason"),
        (part(20, 15, reason="jam"), "statement_invalid", "to"),
        (part(20, 90, reason="jam"), "statement_invalid", "to"),
        ({"kind": StatementKind.PART, "reason": "jam"}, "statement_invalid", "seen_start"),
        ({"kind": StatementKind.DECLARE, "start": at(5)}, "statement_invalid", "state"),
        ({"kind": StatementKind.REVERT}, "statement_invalid", "replaces"),
        ({"seen_start": at(90), "reason": "jam"}, "statement_invalid", "seen_start"),
    ],
)
def test_a_statement_that_says_too_little_is_refused_with_its_field(
    sqlite_stopped: Floor, draft: dict[str, Any], code: str, field: str
) -> None:
    assert refused(code, lambda: say(sqlite_stopped, **draft)).field == field


def test_only_a_supervisor_overrides_a_signal(stopped: Floor) -> None:
    declared: dict[str, Any] = {
        "kind": StatementKind.DECLARE,
        "start": at(0),
        "end": at(5),
        "state": State.SETUP,
        "reason": "die-change",
    }
    refusal = refused("declare_needs_supervisor", lambda: say(stopped, **declared))
    assert refusal.status == 403
    say(stopped, supervisor=True, **declared)
    assert records(stopped)[:2] == [(0, "setup", "die-change"), (5, "running", None)]


def test_anybody_declares_where_there_is_no_signal(floor: Floor) -> None:
    say(
        floor,
        work_unit="bench-1",
        kind=StatementKind.DECLARE,
        start=at(10),
        end=at(40),
        state=State.DOWN,
        reason="jam",
    )
    assert records(floor, "bench-1")[0] == (10, "down", "jam")


def test_a_statement_that_meets_no_stop_any_more_is_listed_as_orphan(stopped: Floor) -> None:
    command = say(stopped, **first(reason="jam"))
    say(
        stopped,
        supervisor=True,
        kind=StatementKind.DECLARE,
        start=at(9),
        end=at(31),
        state=State.RUNNING,
    )
    (found,) = stopped.ask(lambda s: orphans(s, "press-1", at(15), at(16)))
    assert found["command_id"] == command


def test_a_statement_whose_stop_lies_outside_the_window_is_no_orphan(stopped: Floor) -> None:
    say(stopped, **first(reason="jam"))
    stopped.feed.value(20 * MINUTE, "state", 2)
    stopped.feed.send(NOW)
    assert stopped.ask(lambda s: orphans(s, "press-1", at(25), at(28))) == []


def test_taking_back_a_taking_back_brings_the_reason_again(stopped: Floor) -> None:
    command = say(stopped, **first(reason="jam"))
    undone = say(stopped, NOW + S, kind=StatementKind.REVERT, replaces=command)
    assert listed(stopped)[0]["reason"] is None
    say(stopped, NOW + 2 * S, kind=StatementKind.REVERT, replaces=undone)
    assert listed(stopped)[0]["reason"]["code"] == "jam"


def test_growth_beyond_the_limit_is_offered_as_the_same_reason(stopped: Floor) -> None:
    command = say(stopped, **first(reason="jam"))
    stopped.feed.value(30 * MINUTE, "state", 1)
    stopped.feed.value(40 * MINUTE, "state", 2)
    stopped.feed.send(NOW)
    one = listed(stopped)[0]
    assert [part["reason"] is None for part in one["parts"]] == [False, True]
    assert one["unexplained_us"] == 5 * MINUTE
    (offer,) = one["same_reason_offers"]
    assert (offer["command_id"], offer["reason"]["code"]) == (command, "jam")
    assert (offer["start"], offer["end"]) == (
        "2026-03-01T23:35:00+00:00",
        "2026-03-01T23:40:00+00:00",
    )


def test_a_stop_longer_than_the_window_is_shown_whole(stopped: Floor) -> None:
    found = stopped.ask(lambda s: stops(s, "press-1", at(15), at(16), DAY_START + NOW))
    assert [(one["start"], one["end"]) for one in found] == [
        ("2026-03-01T23:10:00+00:00", "2026-03-01T23:30:00+00:00")
    ]


def test_a_break_needs_no_reason(floor: Floor) -> None:
    floor.start(floor.job("press-1"))
    noon = 4 * 60
    for minute, state in ((0, 2), (noon, 1), (noon + 60, 2)):
        floor.feed.value(minute * MINUTE, "state", state)
    floor.feed.send((noon + 61) * MINUTE)
    (one,) = listed(floor, (noon + 61) * MINUTE)
    assert (one["needs_reason"], one["unexplained_us"]) == (False, 0)

"""Merging stops, declaring states, limits of the past, and what the audit log tells."""

from __future__ import annotations

from typing import Any

import pytest

from mes.core.case_model import Span
from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind
from mes.features.audit.queries import audit_rows
from mes.features.audit.service import broken_links
from mes.features.commands.subjects import find_work_unit
from mes.features.downtime.service import Seen
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.service import known_unit, unit_result
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.features.production.master_loading import masters
from tests.features.commands.floor import (
    DAY_START,
    FLOOR_PLANT,
    MINUTE,
    Floor,
    S,
    refused,
)
from tests.features.downtime.test_statements import (
    NOW,
    at,
    first,
    listed,
    part,
    records,
    say,
    with_stops,
)


@pytest.fixture
def stopped(floor: Floor) -> Floor:
    """press-1 with a job: runs, stands from minute 10 to 30, runs, stands from minute 50 on."""
    return with_stops(floor)


def merged(**draft: Any) -> dict[str, Any]:
    """One part over both stops: from minute 10 to 60."""
    return first(kind=StatementKind.PART, start=at(10), **draft)


def test_two_stops_are_merged_by_one_part_and_the_run_between_stays(stopped: Floor) -> None:
    second = Seen(start=at(50), end=None)
    say(stopped, **merged(reason="jam", also_seen=(second,)))
    one, two = listed(stopped)
    assert (one["reason"]["code"], two["reason"]["code"]) == ("jam", "jam")
    assert records(stopped)[2] == (30, "running", None)


def test_a_part_does_not_reach_into_an_explained_stop_that_nobody_saw(stopped: Floor) -> None:
    kept = say(stopped, seen_start=at(50), seen_end=None, reason="die-change")
    refusal = refused("stop_changed", lambda: say(stopped, NOW + S, **merged(reason="jam")))
    present: Any = refusal.details["stop"]
    assert present["statement"] == kept
    stale = Seen(start=at(50), end=None)
    refused(
        "stop_changed", lambda: say(stopped, NOW + S, **merged(reason="jam", also_seen=(stale,)))
    )
    seen = Seen(start=at(50), end=None, statement=kept)
    say(stopped, NOW + S, **merged(reason="jam", also_seen=(seen,)))
    assert listed(stopped, NOW + S)[1]["reason"]["code"] == "jam"


def declared(low: float, high: float, state: State, **draft: Any) -> dict[str, Any]:
    return {
        "kind": StatementKind.DECLARE,
        "start": at(low),
        "end": at(high),
        "state": state,
        **draft,
    }


def test_a_supervisor_declares_even_that_nothing_is_known(stopped: Floor) -> None:
    refused("declare_needs_supervisor", lambda: say(stopped, **declared(0, 5, State.UNKNOWN)))
    say(stopped, supervisor=True, **declared(0, 5, State.UNKNOWN))
    assert records(stopped)[:2] == [(0, "unknown", None), (5, "running", None)]


def test_anybody_declares_a_time_of_which_nothing_is_known(stopped: Floor) -> None:
    stopped.feed.gap(32 * MINUTE, 40 * MINUTE)
    stopped.feed.send(NOW)
    refused("declare_needs_supervisor", lambda: say(stopped, **declared(31, 38, State.DOWN)))
    say(stopped, **declared(33, 38, State.DOWN, reason="jam"))
    assert records(stopped)[3:6] == [
        (32, "unknown", None),
        (33, "down", "jam"),
        (38, "unknown", None),
    ]
    refused("declare_needs_supervisor", lambda: say(stopped, **declared(33, 38, State.SETUP)))


def test_of_two_declarations_of_one_time_the_second_names_the_first(stopped: Floor) -> None:
    kept = say(stopped, supervisor=True, **declared(0, 5, State.SETUP))
    refusal = refused(
        "stop_changed",
        lambda: say(stopped, NOW + S, supervisor=True, **declared(4, 9, State.DOWN)),
    )
    assert refusal.details["statement"] == kept
    say(
        stopped,
        NOW + S,
        supervisor=True,
        **declared(4, 9, State.DOWN, seen_statement=kept),
    )
    assert records(stopped)[:2] == [(0, "setup", None), (4, "down", None)]


def test_a_declared_state_counts_where_the_source_is_silent(floor: Floor) -> None:
    floor.start(floor.job("press-1"))
    floor.feed.value(0, "state", 2)
    floor.feed.send(20 * MINUTE)
    say(floor, supervisor=True, **declared(30, 50, State.DOWN, reason="jam"))

    def known(session: Any) -> dict[str, int]:
        given = known_unit(
            session, masters(session), find_work_unit(session, "press-1"), DAY_START + NOW
        )
        times: Any = unit_result(session, given, Span(DAY_START, DAY_START + NOW)).to_json()[
            "times_us"
        ]
        return {str(name): round(us / MINUTE) for name, us in times.items() if us >= MINUTE}

    found = floor.ask(known)
    assert found == {"window": 60, "unknown": 20, "unplanned_stop": 20, "running": 20}


def test_a_new_minor_stop_limit_leaves_the_reasons_of_the_past(stopped: Floor) -> None:
    say(stopped, **first(reason="jam"))
    stopped.feed.value(30 * MINUTE, "state", 1)
    stopped.feed.value(40 * MINUTE, "state", 2)
    stopped.feed.send(NOW)
    before = records(stopped)
    checked = check(FLOOR_PLANT.replace("minor_stop_limit_s: 300", "minor_stop_limit_s: 600"))
    assert checked.plant is not None
    with stopped.database.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=at(50))
    assert rebuild(stopped.database, DAY_START + NOW, check=True).count == 0
    rebuild(stopped.database, DAY_START + NOW)
    assert records(stopped) == before


def test_the_audit_log_tells_who_changed_what_from_what_to_what_and_why(stopped: Floor) -> None:
    say(stopped, **first(reason="jam"))
    head = listed(stopped)[0]["statement"]
    say(stopped, NOW + S, **part(10, 18, reason="die-change", note="new die", seen_statement=head))
    row = stopped.ask(lambda s: audit_rows(s, subject="press-1", action="stop"))["items"][0]
    assert (row["action"], row["person"], row["note"]) == ("stop.part", "김민수", "new die")
    assert [(one["from"][11:16], one["reason"]) for one in row["old"]] == [("23:10", "jam")]
    assert [(one["from"][11:16], one["reason"]) for one in row["new"]] == [
        ("23:10", "die-change"),
        ("23:18", "jam"),
    ]
    assert stopped.ask(lambda s: list(broken_links(s))) == []

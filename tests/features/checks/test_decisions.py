"""A person decides about a suspect count; figures follow, both are shown, nothing is rewritten."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from mes.core.derive.increments import CountDecision as Choice
from mes.db import Database
from mes.features.audit.service import broken_links
from mes.features.checks.effects import effect
from mes.features.checks.service import Draft, decide, decision_of, seen_suspect
from mes.features.checks.suspects import Status, find_suspect, open_count, suspect_views, suspects
from mes.features.commands.context import Context
from mes.features.commands.subjects import find_work_unit
from mes.features.ingest.queries import kept_aside, kept_aside_count
from mes.models import AuditLog, CountDecision
from tests.features.commands.floor import KIM, command_id, refused
from tests.features.production.plant import DAY_START, HOUR, MINUTE, Feed, S, apply_plant
from tests.features.production.test_counters import BOUNDED, consistent, made_by, tile

RESTART = 30 * S
"""When the device restarted: its counter falls from 902 to 7."""


def fed(database: Database) -> Feed:
    """A press whose PLC restarted after two pieces, seven before the first reading after it."""
    apply_plant(database, BOUNDED)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for at, total in ((0, 900), (2, 901), (4, 902), (30, 7), (32, 8)):
        feed.value(at * S, "total", total)
    feed.send(MINUTE)
    return feed


def listed(database: Database, status: Status = Status.OPEN) -> list[dict[str, Any]]:
    with database.reading() as session:
        return suspect_views(session, suspects(session, status)[0])


def draft(decision: Choice, **changes: Any) -> Draft:
    """What a person decides who sees the restart."""
    seen = {
        "tag": "plc/total",
        "at": DAY_START + RESTART,
        "since": DAY_START + 4 * S,
        "seen_amount": 64641,
        "seen_decision": None,
        "decision": decision,
    }
    return Draft(**{**seen, **changes})


def decided(database: Database, wanted: Draft, at: int = 2 * MINUTE) -> dict[str, Any]:
    when = DAY_START + at
    context = Context(command_id=command_id(), actor=KIM, at=when, now=when)
    with database.transaction() as session:
        return decide(session, context, "press-1", wanted)


def test_a_suspect_count_is_listed_with_what_a_person_needs_to_judge_it(
    database: Database,
) -> None:
    fed(database)

    (check,) = listed(database)

    shown = {key: check[key] for key in ("work_unit", "tag", "role", "mode", "old", "new")}
    assert shown == {
        "work_unit": "press-1",
        "tag": "plc/total",
        "role": "total",
        "mode": "rollover",
        "old": 902,
        "new": 7,
    }
    assert (check["amount"], check["most"], check["since_restart"]) == (64641, 260, 7)
    assert (check["why"], check["acceptable"], check["decision"]) == ("too_fast", True, None)
    assert check["shift"]["code"] == "D"


@pytest.mark.parametrize(
    ("choice", "counts", "pieces"),
    [(Choice.DROP, None, 3), (Choice.ACCEPT, None, 64644), (Choice.AMOUNT, 7, 10)],
)
def test_a_decision_changes_the_figures_and_both_are_shown_and_audited(
    database: Database, choice: Choice, counts: object, pieces: int
) -> None:
    fed(database)

    answer = decided(database, draft(choice, counts=counts, note="PLC restarted"))

    assert (answer["before"]["total"], answer["after"]["total"]) == (3, pieces)
    assert made_by(database, "press-1") == pieces
    assert tile(database, "press-1", MINUTE)["checks"] == 0
    assert tile(database, "press-1", MINUTE)["good"] == pieces
    assert "counter_suspect" in answer["before"]["flags"]
    assert "counter_suspect" not in answer["after"]["flags"]
    assert listed(database) == []
    (check,) = listed(database, Status.DECIDED)
    assert check["decision"]["decision"] == choice.value
    assert (check["decision"]["note"], check["decision"]["person"]) == ("PLC restarted", "김민수")
    with database.reading() as session:
        row = session.scalars(select(AuditLog).where(AuditLog.action == "count.decide")).one()
        assert list(broken_links(session)) == []
    assert (row.subject, row.details["before"]["total"]) == ("press-1", 3)
    assert row.details["after"]["total"] == pieces
    consistent(database, MINUTE)


def test_a_later_decision_replaces_the_first_and_both_stay(database: Database) -> None:
    fed(database)
    first = decided(database, draft(Choice.ACCEPT))
    seen = first["check"]["decision"]["command_id"]

    decided(database, draft(Choice.DROP, seen_decision=seen), 3 * MINUTE)

    assert made_by(database, "press-1") == 3
    with database.reading() as session:
        assert len(session.scalars(select(CountDecision)).all()) == 2
    consistent(database, MINUTE)


def test_what_a_decision_would_do_is_shown_before_it_is_made(sqlite_database: Database) -> None:
    database = sqlite_database
    fed(database)
    with database.reading() as session:
        suspect = seen_suspect(session, find_work_unit(session, "press-1"), draft(Choice.ACCEPT))
        wanted = draft(Choice.AMOUNT, counts=7)
        tried = effect(session, suspect, DAY_START + MINUTE, decision_of(suspect, wanted))

    assert (tried["now"]["good"], tried["then"]["good"]) == (3, 10)
    assert tried["then"]["oee"] > tried["now"]["oee"]
    assert made_by(database, "press-1") == 3
    assert len(listed(database)) == 1
    assert decided(database, wanted)["after"] == {**tried["then"]}


@pytest.mark.parametrize(
    "changes",
    [
        {"seen_amount": 64640},
        {"seen_amount": "many"},
        {"since": DAY_START + 2 * S},
        {"at": DAY_START + 31 * S},
        {"seen_decision": "somebody-was-faster"},
    ],
)
def test_a_decision_about_something_else_than_was_seen_is_refused(
    sqlite_database: Database, changes: dict[str, Any]
) -> None:
    database = sqlite_database
    fed(database)

    refusal = refused("check_changed", lambda: decided(database, draft(Choice.DROP, **changes)))

    assert refusal.status == 409
    assert len(listed(database)) == 1


def test_what_makes_no_sense_is_refused(sqlite_database: Database) -> None:
    database = sqlite_database
    feed = fed(database)
    feed.value(40 * S, "total", 90_000)
    feed.value(42 * S, "total", 9)
    feed.send(MINUTE)

    def wanted(choice: Choice, counts: object = None, tag: str = "plc/total") -> Any:
        return lambda: decided(database, draft(choice, counts=counts, tag=tag))

    refused("impossible_quantity", wanted(Choice.AMOUNT))
    refused("impossible_quantity", wanted(Choice.AMOUNT, -1))
    refused("impossible_quantity", wanted(Choice.AMOUNT, 10**8 + 1))
    refused("tag_unknown", wanted(Choice.DROP, tag="plc/none"))
    refused("tag_unknown", wanted(Choice.DROP, tag="total"))
    out_of_range = listed(database)[1]
    assert (out_of_range["why"], out_of_range["new"]) == ("out_of_range", 90_000)


def test_an_increment_that_counts_nothing_cannot_be_accepted(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database, BOUNDED)
    feed = Feed(database)
    feed.value(0, "state2", 2)
    feed.value(0, "total2", 100)
    feed.value(10 * S, "total2", 4)
    feed.send(MINUTE)
    (check,) = listed(database)
    assert (check["why"], check["acceptable"], check["since_restart"]) == ("dropped", False, 4)
    wanted = {"tag": "plc/total2", "at": DAY_START + 10 * S, "since": DAY_START, "seen_amount": 0}
    when = DAY_START + MINUTE
    context = Context(command_id=command_id(), actor=KIM, at=when, now=when)

    with database.transaction() as session:
        refused(
            "count_not_acceptable",
            lambda: decide(session, context, "press-2", draft(Choice.ACCEPT, **wanted)),
        )
        decide(session, context, "press-2", draft(Choice.AMOUNT, counts=4, **wanted))

    assert made_by(database, "press-2") == 4


def test_late_data_that_makes_another_increment_of_it_waits_again(
    sqlite_database: Database,
) -> None:
    database = sqlite_database
    feed = fed(database)
    decided(database, draft(Choice.ACCEPT))
    assert made_by(database, "press-1") == 64644

    feed.value(10 * S, "total", 905)
    feed.send(MINUTE)

    assert made_by(database, "press-1") == 6
    (check,) = listed(database)
    assert (check["old"], check["amount"], check["decision"]) == (905, 64638, None)
    consistent(database, MINUTE)


def test_a_decision_about_a_gap_is_spread_over_it(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database, BOUNDED)
    feed = Feed(database)
    feed.value(0, "state", 2)
    feed.value(0, "total", 900)
    feed.value(10 * MINUTE, "total", 1000)
    feed.gap(20 * MINUTE, 30 * MINUTE)
    feed.value(30 * MINUTE, "total", 50, gap_from=20 * MINUTE)
    feed.value(30 * MINUTE, "state", 2, gap_from=20 * MINUTE)
    for minute in range(31, 5 * 60, 10):
        feed.value(minute * MINUTE, "state", 1 + minute // 10 % 2)
    feed.send(5 * HOUR)
    (check,) = listed(database)

    answer = decided(
        database,
        draft(
            Choice.AMOUNT,
            counts=50,
            at=DAY_START + 30 * MINUTE,
            since=DAY_START + 10 * MINUTE,
            seen_amount=check["amount"],
        ),
        6 * HOUR,
    )

    assert check["gap_from"] == "2026-03-01T23:20:00Z"
    assert check["most"] == 6000
    assert made_by(database, "press-1") == 150
    assert "estimated_quantity" in answer["after"]["flags"]
    consistent(database, 5 * HOUR)


def test_checks_come_in_pages_latest_first(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database, BOUNDED)
    feed = Feed(database)
    feed.value(0, "state", 2)
    for n in range(8):
        feed.value(n * S, "total", 100 * n)
    feed.send(MINUTE)
    with database.reading() as session:
        assert open_count(session) == 7
        first, following = suspects(session, limit=4)
        second, end = suspects(session, limit=4, before=following)
        assert [one.new for one in first + second] == [700, 600, 500, 400, 300, 200, 100]
        assert end is None
        unit = find_work_unit(session, "press-2")
        assert suspects(session, work_unit=unit) == ([], None)
        assert find_suspect(session, unit, 1, 0, 0) is None


def test_records_that_ingest_kept_aside_are_listed(sqlite_database: Database) -> None:
    database = sqlite_database
    apply_plant(database)
    feed = Feed(database)
    feed.value(0, "nowhere", 5)
    feed.value(1, "state", 2)
    feed.value(2, "nowhere", 6)
    feed.send(MINUTE)

    with database.reading() as session:
        first, following = kept_aside(session, limit=1)
        second, end = kept_aside(session, "plc", before=following)
        assert kept_aside_count(session) == 2
        assert kept_aside(session, "io")[0] == []
    assert [one["record"][3] for one in first + second] == [6, 5]
    assert end is None
    assert first[0]["code"] == "unknown_tag"
    assert (first[0]["source"], first[0]["seq"]) == ("plc", 3)

"""A command is done once, whatever is repeated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.commands.context import OLDEST_US, happened_at
from mes.features.commands.service import Answer, CommandRequest, run_command
from mes.models import Command
from tests.features.commands.floor import KIM, MINUTE, Floor, S, command_id, refused

NOON = 1_772_420_400 * S
"""2026-03-02 12:00 in Seoul."""


def request(identity: str, kind: str = "test.do", **body: Any) -> CommandRequest:
    return CommandRequest(command_id=identity, kind=kind, body=body, actor=KIM, received_at=NOON)


def run(database: Database, asked: CommandRequest, answer: dict[str, Any] | None = None) -> Answer:
    with database.transaction() as session:
        return run_command(session, asked, lambda: (201, answer or {"first": True}))


def test_a_repeat_returns_the_first_answer_and_does_nothing(database: Database) -> None:
    identity = command_id()
    assert run(database, request(identity, n=1)) == (201, {"first": True})
    assert run(database, request(identity, n=1), {"first": False}) == (201, {"first": True})


def test_the_same_identity_for_something_else_is_refused(database: Database) -> None:
    identity = command_id()
    run(database, request(identity, n=1))
    for other in (request(identity, n=2), request(identity, "test.other", n=1)):
        refused("command_id_reused", partial(run, database, other))


def test_a_refusal_is_not_kept_so_that_a_mended_retry_succeeds(database: Database) -> None:
    identity = command_id()

    def refuse() -> Answer:
        raise Refusal("not_today", "come back tomorrow")

    with pytest.raises(Refusal), database.transaction() as session:
        run_command(session, request(identity, n=1), refuse)
    assert run(database, request(identity, n=2)) == (201, {"first": True})


@pytest.mark.parametrize("identity", ["", "short", "with space 123", "x" * 65, "-leading-dash"])
def test_an_identity_must_look_like_one(sqlite_database: Database, identity: str) -> None:
    refused("command_id_invalid", lambda: run(sqlite_database, request(identity)))


def test_two_submits_at_once_book_once_and_both_get_the_answer(floor: Floor) -> None:
    from mes.features.quantities.service import Entry, enter_quantities
    from mes.models import QuantityStatement

    job = floor.job("bench-1")
    floor.start(job)
    identity = command_id()
    together = Barrier(6)

    def submit(_: int) -> Answer:
        context = floor.context(MINUTE, identity)
        together.wait(10)
        with floor.database.transaction() as session:

            def enter() -> Answer:
                enter_quantities(session, context, "bench-1", Entry(good=5))
                return 201, {"at": context.at}

            return run_command(session, request(identity, good=5), enter)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(submit, range(6)))
    assert all(answer == answers[0] for answer in answers)
    assert floor.ask(lambda s: s.scalar(select(func.count()).select_from(QuantityStatement))) == 1
    assert floor.ask(lambda s: s.scalar(select(func.count()).select_from(Command))) == 1


def test_an_entry_of_now_happened_now() -> None:
    assert happened_at(None, None, NOON) == NOON


def test_the_difference_of_the_clocks_corrects_what_the_device_says() -> None:
    # The device is 90 minutes slow; the entry waited 5 minutes in its outbox.
    said, shows = "2026-03-02T10:25:00+09:00", "2026-03-02T10:30:00+09:00"
    assert happened_at(said, shows, NOON) == NOON - 5 * MINUTE


def test_the_way_through_the_network_does_not_change_the_order_of_entries() -> None:
    first, second = "2026-03-02T11:00:00.000+09:00", "2026-03-02T11:00:00.200+09:00"
    slow = happened_at(first, "2026-03-02T11:59:53.000+09:00", NOON)
    fast = happened_at(second, "2026-03-02T11:59:59.990+09:00", NOON)
    assert fast - slow == 200_000


def test_a_correction_never_leads_into_the_future() -> None:
    said, shows = "2026-03-02T10:30:01+09:00", "2026-03-02T10:30:00+09:00"
    assert happened_at(said, shows, NOON) == NOON


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("2026-03-02T12:01:00+09:00", "device_time_in_future"),
        ("2026-02-20T12:00:00+09:00", "device_time_too_old"),
        ("2026-03-02T12:00:00", "device_time_invalid"),
        ("yesterday", "device_time_invalid"),
    ],
)
def test_a_time_that_cannot_be_is_refused(said: str, code: str) -> None:
    refused(code, lambda: happened_at(said, None, NOON))
    assert OLDEST_US == 7 * 24 * 60 * MINUTE

"""Stops in records, the lock (S8), who needs a reason."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mes.core.derive.records import StateRecord, StopFamily
from mes.core.derive.signals import State
from mes.core.derive.statements import StopStatement
from mes.core.derive.states import derive_states
from mes.core.derive.stops import (
    Stop,
    head_statement,
    lock_differs,
    needs_reason,
    same_reason_offers,
    stop_at,
    stop_overlapping,
    stops_in,
    unexplained,
    unexplained_us,
)
from tests.core.derive.facts import RULES, D, R, S, U, declare, part, revert, signals, whole

LIMIT = RULES.minor_limit_us
FACTS = signals((0, R), (10, S), (30, D), (50, R), (60, S), (65, R), (80, State.SETUP))


def records(*said: StopStatement) -> list[StateRecord]:
    """Records with a stop [10, 50), one [60, 65) and an open set-up from 80."""
    return derive_states(FACTS, [], said, RULES).records


def stop(at: int, *said: StopStatement) -> Stop:
    """The stop that holds an instant."""
    found = stop_at(records(*said), at)
    assert found is not None
    return found


def test_a_stop_has_its_start_end_family_and_records() -> None:
    found = stop(40)

    assert (found.start, found.end, found.family) == (10, 50, StopFamily.STOP)
    assert [r.state for r in found.records] == [S, D]


def test_running_time_and_time_before_everything_hold_no_stop() -> None:
    assert stop_at(records(), 55) is None
    assert stop_at(records(), -1) is None
    assert stop_at(records()[:2], 35) is None


def test_an_open_stop_has_no_end() -> None:
    found = stop(1000)

    assert (found.start, found.end, found.family) == (80, None, StopFamily.SETUP)


def test_the_stops_of_a_window_are_those_that_overlap_it() -> None:
    assert [s.start for s in stops_in(records(), 49, 60)] == [10]
    assert [s.start for s in stops_in(records(), 50, 81)] == [60, 80]


def test_a_request_means_the_stop_that_overlaps_most_of_what_was_seen() -> None:
    most = stop_overlapping(records(), 40, 100)
    first = stop_overlapping(records(), 10, 10)

    assert most is not None
    assert first is not None
    assert (most.start, first.start) == (80, 10)
    assert stop_overlapping(records(), 50, 60) is None


def test_the_head_statement_is_the_latest_in_force_that_the_stop_meets() -> None:
    said = [
        whole("a", 10, 50, stated_at=70),
        part("b", 10, 20, stated_at=60),
        whole("c", 60, 65, stated_at=90),
    ]

    assert head_statement(stop(20, *said), said) == "a"
    assert head_statement(stop(20, *said), [*said, revert("r", "a")]) == "b"
    assert head_statement(stop(20), []) is None


def test_a_declaration_may_be_the_head_statement() -> None:
    said = [declare("d", 15, 20, D, "power"), declare("e", 50, 55, R)]

    assert head_statement(stop(20, *said), said) == "d"


@pytest.mark.parametrize(
    ("seen_start", "seen_end", "differs"),
    [(10, 50, False), (0, 60, False), (21, 50, True), (10, 61, True), (10, 39, True)],
)
def test_s8_the_lock_differs_when_the_extent_differs_by_more_than_the_limit(
    seen_start: int, seen_end: int, *, differs: bool
) -> None:
    assert _lock(stop(20), seen_start, seen_end) is differs


def test_s8_the_lock_differs_when_the_head_statement_does() -> None:
    assert _lock(stop(20), 10, 50, head="other")
    assert _lock(stop(20), 10, 50, seen_statement="gone")
    assert not _lock(stop(20), 10, 50, seen_statement="same", head="same")


def test_s8_the_lock_differs_when_the_stop_is_gone() -> None:
    assert _lock(None, 10, 50)


def test_s8_a_stop_seen_open_may_have_ended_just_now_but_not_long_ago() -> None:
    assert not _lock(stop(20), 10, None, as_of=60)
    assert _lock(stop(20), 10, None, as_of=61)


def test_s8_a_stop_seen_ended_that_is_open_differs_beyond_the_limit() -> None:
    assert not _lock(stop(90), 80, 95, as_of=105)
    assert _lock(stop(90), 80, 95, as_of=106)


def test_s8_an_open_stop_seen_open_does_not_differ() -> None:
    assert not _lock(stop(90), 80, None, as_of=5000)


def _lock(
    present: Stop | None,
    seen_start: int,
    seen_end: int | None,
    *,
    seen_statement: str | None = None,
    head: str | None = None,
    as_of: int = 100,
) -> bool:
    return lock_differs(
        present,
        seen_start=seen_start,
        seen_end=seen_end,
        seen_statement=seen_statement,
        head=head,
        limit_us=LIMIT,
        as_of=as_of,
    )


def test_a_long_stop_without_a_reason_from_a_person_needs_one() -> None:
    assert needs_reason(stop(20), LIMIT, 100)
    assert unexplained_us(stop(20), LIMIT, 100) == 40


def test_a_minor_stop_needs_no_reason() -> None:
    assert not needs_reason(stop(60), LIMIT, 100)


def test_an_open_stop_needs_a_reason_once_it_is_longer_than_the_limit() -> None:
    open_stop = Stop(start=10, end=None, family=StopFamily.STOP, records=_open_records())

    assert not needs_reason(open_stop, LIMIT, 20)
    assert needs_reason(open_stop, LIMIT, 21)
    assert unexplained(open_stop, LIMIT, 21) == [(10, 21)]


def _open_records() -> tuple[StateRecord, ...]:
    return (StateRecord(start=10, end=None, state=S, stop_start=10),)


def test_set_up_and_waiting_need_no_reason() -> None:
    assert not needs_reason(stop(90), LIMIT, 1000)


def test_a_stop_explained_in_part_needs_a_reason_for_the_rest() -> None:
    assert unexplained(stop(20, part("p", 10, 30)), LIMIT, 100) == [(30, 50)]
    assert not needs_reason(stop(20, whole("w", 10, 50)), LIMIT, 100)


def test_the_reason_of_the_machine_never_satisfies_needs_reason() -> None:
    facts = signals((0, S, "E7"), (50, R))
    (found, *_) = stops_in(derive_states(facts, [], [], RULES).records, 0, 50)

    assert found.records[0].reason == "E7"
    assert needs_reason(found, LIMIT, 100)


def test_unknown_time_inside_a_stop_needs_no_reason() -> None:
    facts = signals((0, S), (20, U), (25, S), (50, R))
    (found, *_) = stops_in(derive_states(facts, [], [], RULES).records, 0, 50)

    assert unexplained(found, LIMIT, 100) == [(0, 20), (25, 50)]


@pytest.mark.parametrize(
    ("within", "expected"),
    [([(0, 20), (40, 60)], 20), ([(60, 90)], 0), ([], 0)],
)
def test_a_reason_is_asked_only_within_the_intervals_given(
    within: Sequence[tuple[int, int]], expected: int
) -> None:
    assert unexplained_us(stop(20), LIMIT, 100, within) == expected


def test_growth_beyond_the_limit_is_offered_as_the_same_reason() -> None:
    facts = signals((0, R), (10, S), (30, D), (90, R))
    said = [whole("w", 30, 40)]
    (found,) = stops_in(derive_states(facts, [], said, RULES).records, 0, 100)

    assert same_reason_offers(found, said) == [(10, 20, "jam", "w"), (50, 90, "jam", "w")]


def test_two_unexplained_records_in_a_row_are_one_offer() -> None:
    facts = signals((0, S), (60, D), (90, R))
    said = [whole("w", 0, 20)]
    (found,) = stops_in(derive_states(facts, [], said, RULES).records, 0, 100)

    assert same_reason_offers(found, said) == [(30, 90, "jam", "w")]


def test_beside_a_part_nothing_is_offered() -> None:
    said = [part("p", 10, 20)]

    assert same_reason_offers(stop(20, *said), said) == []
    assert same_reason_offers(stop(20), []) == []

"""R26: assigning, splitting, merging and taking back reasons moves time, and never adds any."""

from __future__ import annotations

from hypothesis import given, settings

from mes.core.derive.signals import Gap, StateSignal
from mes.core.derive.statements import StatementKind, StopStatement
from mes.core.derive.states import derive_states
from mes.core.derive.stops import needs_reason, stops_in
from tests.core.derive.facts import (
    LAST,
    RULES,
    R,
    S,
    gap_lists,
    part,
    reasons,
    revert,
    signal_lists,
    signals,
    statement_lists,
    whole,
)

STOP = signals((0, R), (10, S), (50, R))


def test_assign_split_merge_and_take_back_keep_the_length_of_the_stop() -> None:
    said = [
        whole("a", 10, 50, "jam", stated_at=50),
        part("b", 10, 30, "tool", stated_at=51),
        part("c", 10, 50, "motor", stated_at=52),
        revert("d", "c", stated_at=53),
    ]
    expected = [
        [(10, 50, "jam")],
        [(10, 30, "tool"), (30, 50, "jam")],
        [(10, 50, "motor")],
        [(10, 30, "tool"), (30, 50, "jam")],
    ]
    for number in range(len(said)):
        found = derive_states(STOP, [], said[: number + 1], RULES).records
        assert reasons(found) == expected[number]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(signal_lists(), gap_lists(), statement_lists())
def test_no_statement_about_reasons_moves_the_edge_of_a_stop(
    facts: list[StateSignal], gaps: list[Gap], statements: list[StopStatement]
) -> None:
    said = [one for one in statements if one.kind is not StatementKind.DECLARE]
    before = derive_states(facts, gaps, [], RULES).records
    after = derive_states(facts, gaps, said, RULES).records
    assert [(one.start, one.end) for one in stops_in(after, 0, 2 * LAST)] == [
        (one.start, one.end) for one in stops_in(before, 0, 2 * LAST)
    ]


def test_the_machines_own_reason_never_satisfies_needs_reason() -> None:
    coded = signals((0, R), (10, S, "fault 7"), (50, R))
    for said, needed in (([], True), ([whole("a", 10, 50, "jam")], False)):
        records = derive_states(coded, [], said, RULES).records
        (stop,) = stops_in(records, 0, 100)
        assert needs_reason(stop, RULES.minor_limit_us, 100) is needed

"""What holds for every set of facts and every order of their arrival."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.derive.records import family_of
from mes.core.derive.signals import Gap, StateSignal
from mes.core.derive.statements import StopStatement
from mes.core.derive.states import derive_states
from tests.core.derive.facts import LAST, RULES, gap_lists, signal_lists, statement_lists
from tests.core.derive.ingest import Fact, Ingest
from tests.core.derive.oracle import instants, say


@given(signal_lists(), gap_lists(), statement_lists(), st.randoms(use_true_random=False))
def test_any_order_of_arrival_gives_the_same_derivation(
    signals: list[StateSignal],
    gaps: list[Gap],
    statements: list[StopStatement],
    order: random.Random,
) -> None:
    expected = derive_states(signals, gaps, statements, RULES)

    order.shuffle(signals)
    order.shuffle(gaps)
    order.shuffle(statements)

    assert derive_states(signals, gaps, statements, RULES) == expected


@settings(max_examples=300)
@given(signal_lists(), gap_lists(), statement_lists(), st.randoms(use_true_random=False))
def test_deriving_again_after_each_fact_equals_the_full_derivation(
    signals: list[StateSignal],
    gaps: list[Gap],
    statements: list[StopStatement],
    order: random.Random,
) -> None:
    facts: list[Fact] = [*signals, *gaps, *statements]
    order.shuffle(facts)
    ingest = Ingest()

    for fact in facts:
        ingest.take(fact)

    assert ingest.records == derive_states(signals, gaps, statements, RULES).records


@given(signal_lists(), gap_lists(), statement_lists())
def test_facts_that_are_given_twice_change_nothing(
    signals: list[StateSignal], gaps: list[Gap], statements: list[StopStatement]
) -> None:
    twice = derive_states(signals * 2, gaps * 2, statements * 2, RULES)

    assert twice == derive_states(signals, gaps, statements, RULES)


@given(signal_lists(), gap_lists(), statement_lists())
def test_records_are_a_gapless_partition_with_only_the_last_open(
    signals: list[StateSignal], gaps: list[Gap], statements: list[StopStatement]
) -> None:
    records = derive_states(signals, gaps, statements, RULES).records

    assert all(before.end == after.start for before, after in pairwise(records))
    assert all(r.end is None or r.start < r.end for r in records)
    assert [r.end for r in records[-1:]] in ([], [None])
    assert not any(before.says_the_same_as(after) for before, after in pairwise(records))


@given(signal_lists(), gap_lists(), statement_lists())
def test_only_stop_states_have_reasons_and_every_stop_state_has_a_stop(
    signals: list[StateSignal], gaps: list[Gap], statements: list[StopStatement]
) -> None:
    records = derive_states(signals, gaps, statements, RULES).records

    assert all(family_of(r.state) is not None for r in records if r.reason is not None)
    assert all(r.stop_start is not None for r in records if family_of(r.state) is not None)


@given(signal_lists(max_size=15), gap_lists(), statement_lists(max_size=6))
def test_every_instant_is_what_the_rules_say(
    signals: list[StateSignal], gaps: list[Gap], statements: list[StopStatement]
) -> None:
    said = [s for s in statements if s.replaces is None or s.replaces < s.command_id]
    until = LAST + 80

    records = derive_states(signals, gaps, said, RULES).records

    assert instants(records, until) == say(until, signals, gaps, said, RULES)

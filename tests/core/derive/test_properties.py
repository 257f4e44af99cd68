"""What holds for every set of facts and every order of their arrival."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.derive.records import StateRecord, family_of
from mes.core.derive.restart import restart_point, splice, statement_dirty_from
from mes.core.derive.signals import Gap, StateSignal
from mes.core.derive.statements import StopStatement
from mes.core.derive.states import derive_from, derive_states
from tests.core.derive.facts import RULES, gap_lists, signal_lists, statement_lists

Fact = StateSignal | Gap | StopStatement


@dataclass
class Ingest:
    """Takes facts one by one and derives again only from the restart point."""

    signals: list[StateSignal] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    statements: list[StopStatement] = field(default_factory=list)
    records: list[StateRecord] = field(default_factory=list)

    def take(self, fact: Fact) -> None:
        if isinstance(fact, StateSignal):
            self.signals.append(fact)
            self._derive_again(fact.event_time)
        elif isinstance(fact, Gap):
            self.gaps.append(fact)
            self._derive_again(fact.start)
        else:
            dirty = statement_dirty_from(fact, self.statements, RULES.minor_limit_us)
            self.statements.append(fact)
            if dirty is not None:
                self._derive_again(dirty)

    def _derive_again(self, dirty_from: int) -> None:
        point = restart_point(self.records, dirty_from, RULES.unknown_bridge_us)
        assert point is not None
        earlier = [s for s in self.signals if s.event_time < point.at]
        tail = derive_from(
            point.at,
            max(earlier, key=lambda s: s.key, default=None),
            [s for s in self.signals if s.event_time >= point.at],
            [gap for gap in self.gaps if gap.end > point.at],
            _needed(self.statements, point.at),
            RULES,
        )
        self.records[point.index :] = splice(self.records, point, tail)


def _needed(statements: list[StopStatement], at: int) -> list[StopStatement]:
    """What `derive_from` asks for, and no more."""
    needed = {s.command_id: s for s in statements if s.window_end > at}
    while more := [s for s in statements if s.replaces in needed and s.command_id not in needed]:
        needed.update((s.command_id, s) for s in more)
    return list(needed.values())


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

"""Counts from two sides: counters and people."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mes.core.case_model import CounterMode, CounterRole
from mes.core.derive.counts import (
    Pieces,
    Portion,
    TypedQuantity,
    counted,
    credit,
    minute_cuts,
    portions,
    quantities_in_force,
    shared,
    typed,
)
from mes.core.derive.increments import (
    CountDecision,
    CounterRule,
    Decided,
    Increment,
    Reading,
    increments,
)
from mes.core.derive.runs import Item, JobRun
from mes.core.exact import Number
from mes.core.flags import Flag
from mes.core.refusal import Refusal

SECOND = 1_000_000
MINUTE = 60 * SECOND
TOTAL, GOOD, SCRAP = CounterRole
ROLLOVER = CounterRule(mode=CounterMode.ROLLOVER, modulus=65536)
RESETTABLE = CounterRule(mode=CounterMode.RESETTABLE)
ABSOLUTE = CounterRule(mode=CounterMode.ABSOLUTE)
BOUNDED = CounterRule(mode=CounterMode.RESETTABLE, max_per_s=2)


def readings(*values: tuple[int, Number | None]) -> list[Reading]:
    """Readings from (seconds, value)."""
    return [
        Reading(event_time=at * SECOND, source="plc", epoch="e", seq=seq, value=value)
        for seq, (at, value) in enumerate(values)
    ]


def counts(found: list[Increment]) -> list[tuple[int, Number]]:
    """(seconds, counts) of each increment."""
    return [(i.at // SECOND, i.counted) for i in found]


def sums(*pieces: Pieces) -> tuple[Number, Number, Number, Number]:
    """(PQ, GQ, SQ, RQ)."""
    good = sum(p.good for p in pieces)
    scrap, rework = sum(p.scrap for p in pieces), sum(p.rework for p in pieces)
    return good + scrap + rework, good, scrap, rework


def said(
    good: Number = 0, scrap: Number = 0, rework: Number = 0, *, adjustment: bool = False
) -> TypedQuantity:
    """Pieces that a person typed."""
    pieces = Pieces(good=good, scrap=scrap, rework=rework)
    return TypedQuantity(command_id="q", at=0, pieces=pieces, adjustment=adjustment)


def run(job: str, pieces_per_cycle: int = 1) -> JobRun:
    """A loaded job."""
    item = Item(material=job.upper(), pieces_per_cycle=pieces_per_cycle)
    return JobRun(job=job, item=item, start=0, end=None)


def test_the_first_reading_is_the_baseline_and_counts_nothing() -> None:
    assert counts(increments(readings((0, 40), (10, 45), (20, 45)), ROLLOVER)) == [(10, 5), (20, 0)]


def test_an_increment_belongs_to_the_instant_of_its_later_reading() -> None:
    (increment,) = increments(readings((0, 40), (10, 45)), ROLLOVER)

    assert portions(increment) == [Portion(at=10 * SECOND, count=5, estimated=False)]


def test_a_rollover_counter_goes_on_at_zero() -> None:
    assert counts(increments(readings((0, 65530), (10, 4)), ROLLOVER)) == [(10, 10)]


def test_after_a_drop_a_resettable_counter_counts_its_new_value() -> None:
    (increment,) = increments(readings((0, 90), (10, 3)), RESETTABLE)

    assert (increment.counted, increment.flags) == (3, (Flag.COUNTER_RESET,))


def test_a_drop_of_an_absolute_counter_counts_nothing_and_is_suspect() -> None:
    found = increments(readings((0, 90), (10, 3), (20, 5)), ABSOLUTE)

    assert counts(found) == [(10, 0), (20, 2)]
    assert found[0].flags == (Flag.COUNTER_SUSPECT,)


def test_a_pulse_counts_one_at_each_change_from_zero() -> None:
    rule = CounterRule(mode=CounterMode.PULSE)

    assert counts(increments(readings((0, 0), (1, 1), (2, 1), (3, 0), (4, 1)), rule)) == [
        (1, 1),
        (2, 0),
        (3, 0),
        (4, 1),
    ]


def test_a_suspect_jump_is_left_out_and_flagged_and_is_the_next_baseline() -> None:
    found = increments(readings((0, 0), (10, 21), (20, 41)), BOUNDED)

    assert [(i.amount, i.counted, i.flags) for i in found] == [
        (21, 0, (Flag.COUNTER_SUSPECT,)),
        (20, 20, ()),
    ]


@pytest.mark.parametrize(
    ("decision", "expected"), [(CountDecision.ACCEPT, 21), (CountDecision.DROP, 0)]
)
def test_a_person_decides_about_a_suspect_jump(decision: CountDecision, expected: int) -> None:
    (found,) = increments(
        readings((0, 0), (10, 21)), BOUNDED, decisions={10 * SECOND: Decided(choice=decision)}
    )

    assert (found.counted, found.flags) == (expected, ())


def test_a_decision_about_an_increment_that_is_not_suspect_changes_nothing() -> None:
    dropped = {10 * SECOND: Decided(choice=CountDecision.DROP)}
    (found,) = increments(readings((0, 0), (10, 20)), BOUNDED, decisions=dropped)

    assert found.counted == 20


def test_a_person_may_believe_another_amount() -> None:
    believed = {10 * SECOND: Decided(choice=CountDecision.AMOUNT, counts=7)}

    (found,) = increments(readings((0, 0), (10, 21)), BOUNDED, decisions=believed)

    assert (found.amount, found.counted, found.suspect, found.flags) == (21, 7, True, ())


def test_a_decision_waits_again_when_late_data_makes_another_increment_of_it() -> None:
    dropped = {10 * SECOND: Decided(choice=CountDecision.ACCEPT, since=0)}
    seen = increments(readings((0, 0), (10, 100)), BOUNDED, decisions=dropped)
    late = increments(readings((0, 0), (4, 5), (10, 100)), BOUNDED, decisions=dropped)

    assert counts(seen) == [(10, 100)]
    assert counts(late) == [(4, 5), (10, 0)]
    assert late[1].flags == (Flag.COUNTER_SUSPECT,)


def test_after_a_gap_only_the_gap_is_time_enough_for_pieces() -> None:
    late = Reading(
        event_time=100 * SECOND, source="p", epoch="e", seq=1, value=21, gap_from=90 * SECOND
    )
    within = replace(late, value=20)

    assert increments([*readings((0, 0)), late], BOUNDED)[0].suspect
    assert not increments([*readings((0, 0)), within], BOUNDED)[0].suspect


def test_two_readings_of_one_instant_share_the_time_since_the_one_before() -> None:
    found = increments(readings((0, 0), (10, 12), (10, 20)), BOUNDED)

    assert [one.counted for one in found] == [12, 8]


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        (ROLLOVER, 5, 70_000),
        (ROLLOVER, -1, 5),
        (RESETTABLE, 5, -3),
        (RESETTABLE, 0, 10**8 + 1),
        (ABSOLUTE, 0, 10**30),
        (ABSOLUTE, 9, 8),
    ],
)
def test_what_a_counter_cannot_show_waits_for_a_person(
    rule: CounterRule, old: int, new: int
) -> None:
    found = increments(readings((0, old), (10, new), (20, new)), rule)

    assert (found[0].suspect, found[0].counted) == (True, 0)
    assert found[1].counted == 0


def test_an_increment_over_a_gap_is_spread_over_productive_time_only() -> None:
    productive = [(60 * SECOND, 90 * SECOND), (150 * SECOND, 180 * SECOND)]

    found = portions(gap(180, 60, 4), minute_cuts(60 * SECOND, 180 * SECOND), productive)

    assert found == [
        Portion(at=MINUTE, count=2, estimated=True),
        Portion(at=150 * SECOND, count=2, estimated=True),
    ]


def test_a_year_long_gap_is_cut_by_hours() -> None:
    assert len(minute_cuts(0, 365 * 24 * 60 * MINUTE)) == 365 * 24 - 1


def rated(job: str, cycle: str | None, pieces_per_cycle: int = 1) -> JobRun:
    """A loaded job with a rate."""
    item = Item(
        material=job.upper(),
        ideal_cycle_s=None if cycle is None else Decimal(cycle),
        pieces_per_cycle=pieces_per_cycle,
    )
    return JobRun(job=job, item=item, start=0, end=None)


@pytest.mark.parametrize(
    ("cycles", "expected"),
    [
        (("10", "10"), ("5", "5")),
        (("10", "30"), ("7.5", "22.5")),
        (("7", "3"), ("4.9", "2.1")),
        (("10", None), ("10", None)),
        (("10",), ("10",)),
    ],
)
def test_r31_a_cycle_is_shared_in_proportion_to_the_ideal_cycles(
    cycles: tuple[str | None, ...], expected: tuple[str | None, ...]
) -> None:
    loaded = [rated(f"j{n}", cycle) for n, cycle in enumerate(cycles)]

    found = [one.item.ideal_cycle_s if one.item else None for one in shared(loaded)]

    assert found == [None if one is None else Decimal(one) for one in expected]


@given(st.lists(st.integers(1, 10**7), min_size=2, max_size=5))
def test_r31_the_shares_of_a_cycle_sum_to_the_slowest_of_them(thousandths: list[int]) -> None:
    loaded = [rated(f"j{n}", str(Decimal(ms) / 1000)) for n, ms in enumerate(thousandths)]

    shares = [one.item.ideal_cycle_s if one.item else None for one in shared(loaded)]

    assert sum(Fraction(share or 0) for share in shares) == Fraction(max(thousandths), 1000)


def test_a_bad_reading_is_no_baseline() -> None:
    assert counts(increments(readings((0, 40), (10, None), (20, 45)), ROLLOVER)) == [(20, 5)]
    assert increments(readings((0, None)), ROLLOVER) == []


def test_a_baseline_is_kept_between_two_lots_of_readings() -> None:
    first, second = readings((0, 40), (10, 45)), readings((20, 50))

    assert counts(increments(second, ROLLOVER, before=first[-1])) == [(20, 5)]


@given(st.lists(st.integers(0, 500), min_size=1, max_size=15, unique=True), st.randoms())
def test_order_and_repeats_of_readings_do_not_matter(
    times: list[int], order: random.Random
) -> None:
    given_readings = readings(*[(at, 7 * at % 90) for at in times])
    shuffled = given_readings * 2
    order.shuffle(shuffled)

    assert increments(shuffled, RESETTABLE) == increments(given_readings, RESETTABLE)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.integers(0, 30))
def test_a_rollover_counter_never_loses_a_piece_wherever_it_is_split(
    made: list[int], split: int
) -> None:
    rule = CounterRule(mode=CounterMode.ROLLOVER, modulus=32)
    facts = readings(*[(n, sum(made[: n + 1]) % 32) for n in range(len(made))])
    first, second = facts[:split], facts[split:]

    found = increments(first, rule) + increments(second, rule, before=first[-1] if first else None)

    assert sum(i.counted for i in found) == sum(made[1:])


def gap(at: int, gap_from: int, amount: int) -> Increment:
    """An increment over a time in which the edge was down."""
    facts = readings((0, 0), (at, amount))
    late = Reading(
        event_time=at * SECOND,
        source="plc",
        epoch="e",
        seq=1,
        value=amount,
        gap_from=gap_from * SECOND,
    )
    (found,) = increments([facts[0], late], RESETTABLE)
    return found


def test_an_increment_over_a_gap_is_estimated_and_belongs_to_the_gap() -> None:
    found = portions(gap(180, 60, 5), minute_cuts(60 * SECOND, 180 * SECOND))

    assert found == [
        Portion(at=MINUTE, count=2, estimated=True),
        Portion(at=2 * MINUTE, count=3, estimated=True),
    ]


def test_a_gap_that_began_before_the_reading_before_is_shortened_to_it() -> None:
    early = Reading(event_time=30, source="s", epoch="e", seq=1, value=9, gap_from=0)

    (found,) = increments(
        [Reading(event_time=10, source="s", epoch="e", seq=0, value=5), early], RESETTABLE
    )

    assert found.gap_from == 10


def test_a_gap_of_no_length_is_no_gap() -> None:
    late = Reading(event_time=30, source="s", epoch="e", seq=1, value=9, gap_from=30)

    (found,) = increments(
        [Reading(event_time=10, source="s", epoch="e", seq=0, value=5), late], RESETTABLE
    )

    assert found.gap_from is None


def test_an_increment_of_nothing_has_no_portions() -> None:
    assert portions(gap(180, 60, 0)) == []


@given(
    st.integers(1, 500),
    st.integers(0, 599),
    st.lists(st.integers(0, 700), max_size=12, unique=True).map(sorted),
)
def test_portions_of_a_gap_lie_in_it_and_sum_to_the_increment(
    amount: int, gap_from: int, cuts: list[int]
) -> None:
    increment = gap(600, gap_from, amount)

    found = portions(increment, [cut * SECOND for cut in cuts])

    assert sum(p.count for p in found) == amount
    assert all(gap_from * SECOND <= p.at < 600 * SECOND and p.count > 0 for p in found)


def test_the_minutes_of_a_stretch_are_the_full_ones_inside_it() -> None:
    assert minute_cuts(MINUTE, 3 * MINUTE) == [2 * MINUTE]
    assert minute_cuts(MINUTE - 1, MINUTE + 1) == [MINUTE]


def test_pieces_go_to_the_run_then_loaded() -> None:
    assert credit([run("a")], TOTAL, 3, 2) == [(run("a"), 6)]


def test_without_a_run_pieces_are_unassigned() -> None:
    assert credit([], TOTAL, 3) == [(None, 3)]


def test_with_several_jobs_each_cycle_credits_its_pieces_per_cycle_to_each() -> None:
    loaded = [run("left", 1), run("right", 2)]

    assert credit(loaded, TOTAL, 10) == [(loaded[0], 10), (loaded[1], 20)]


def test_with_several_jobs_counted_scrap_goes_to_the_first_and_no_item_is_one_a_cycle() -> None:
    loaded = [run("left", 1), JobRun(job="x", item=None, start=0, end=None)]

    assert credit(loaded, SCRAP, 2) == [(loaded[0], 2)]
    assert credit(loaded, GOOD, 2)[1] == (loaded[1], 2)


def test_pq_is_the_total_counter_and_total_alone_is_all_good() -> None:
    roles = frozenset({TOTAL})

    assert sums(counted(TOTAL, roles, 10)) == (10, 10, 0, 0)


def test_gq_is_total_less_scrap_and_rework_without_a_good_counter() -> None:
    roles = frozenset({TOTAL, SCRAP})

    pieces = (counted(TOTAL, roles, 10), counted(SCRAP, roles, 2), typed(said(rework=1), roles))

    assert sums(*pieces) == (10, 7, 2, 1)


def test_gq_is_the_good_counter_where_it_stands_beside_the_total() -> None:
    roles = frozenset({TOTAL, GOOD})

    assert sums(counted(TOTAL, roles, 10), counted(GOOD, roles, 7)) == (10, 7, 3, 0)


def test_with_total_good_and_scrap_the_good_counter_is_not_used_as_in_the_case() -> None:
    roles = frozenset({TOTAL, GOOD, SCRAP})

    pieces = (counted(TOTAL, roles, 10), counted(GOOD, roles, 9), counted(SCRAP, roles, 2))

    assert sums(*pieces) == (10, 8, 2, 0)


def test_pq_is_good_and_scrap_and_rework_without_a_total_counter() -> None:
    roles = frozenset({GOOD, SCRAP})

    pieces = (
        counted(GOOD, roles, 7),
        counted(SCRAP, roles, 2),
        typed(said(scrap=1, rework=4), roles),
    )

    assert sums(*pieces) == (14, 7, 3, 4)


def test_without_counters_what_people_say_is_all_there_is() -> None:
    assert sums(typed(said(good=5, scrap=2, rework=1), frozenset())) == (8, 5, 2, 1)
    roles = frozenset({SCRAP})
    assert sums(typed(said(good=5), roles), counted(SCRAP, roles, 1)) == (6, 5, 1, 0)


def test_scrap_typed_on_a_counted_machine_is_inside_the_total() -> None:
    roles = frozenset({TOTAL})

    assert sums(counted(TOTAL, roles, 10), typed(said(scrap=3), roles)) == (10, 7, 3, 0)


def test_scrap_typed_beside_total_and_good_explains_the_difference_that_is_scrap_already() -> None:
    roles = frozenset({TOTAL, GOOD})
    machine = (counted(TOTAL, roles, 10), counted(GOOD, roles, 7))

    assert sums(*machine, typed(said(scrap=3), roles)) == (10, 7, 3, 0)
    assert sums(*machine, typed(said(rework=1), roles)) == (10, 7, 2, 1)


@pytest.mark.parametrize("role", [TOTAL, GOOD])
def test_good_typed_where_good_is_counted_is_refused(role: CounterRole) -> None:
    with pytest.raises(Refusal) as refused:
        typed(said(good=1), frozenset({role}))

    assert (refused.value.code, refused.value.field) == ("good_is_counted", "good")


def test_an_adjustment_corrects_what_was_counted() -> None:
    roles = frozenset({TOTAL})
    found_bad = said(good=-1, scrap=1, adjustment=True)

    assert sums(counted(TOTAL, roles, 10), typed(found_bad, roles)) == (10, 9, 1, 0)
    assert sums(counted(TOTAL, roles, 10), typed(said(good=2, adjustment=True), roles))[0] == 12


def test_good_below_zero_is_kept_and_never_clamped() -> None:
    assert sums(typed(said(scrap=3), frozenset({TOTAL})))[1] == -3


def test_counts_of_fractions_of_a_piece_stay_exact() -> None:
    assert credit([run("a")], TOTAL, 3, Fraction(1, 3)) == [(run("a"), 1)]


def test_a_voided_quantity_is_not_in_force_and_a_correction_takes_its_place() -> None:
    first = TypedQuantity(command_id="a", at=5, pieces=Pieces(scrap=3))
    right = TypedQuantity(command_id="b", at=5, pieces=Pieces(scrap=2), voids="a")
    undone = TypedQuantity(command_id="c", at=6, pieces=Pieces(), voids="b")

    assert quantities_in_force([right, first, first]) == [right]
    assert quantities_in_force([undone, right, first]) == [first, undone]


def test_a_correction_of_a_correction_leaves_the_first_entry_replaced() -> None:
    first = TypedQuantity(command_id="a", at=5, pieces=Pieces(scrap=3))
    better = TypedQuantity(command_id="b", at=5, pieces=Pieces(scrap=2), voids="a")
    best = TypedQuantity(command_id="c", at=5, pieces=Pieces(scrap=1), voids="b")
    undone = TypedQuantity(command_id="d", at=6, pieces=Pieces(), voids="c")

    assert quantities_in_force([best, first, better]) == [best]
    assert quantities_in_force([undone, best, first, better]) == [better, undone]

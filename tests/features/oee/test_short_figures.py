"""Short figures are the whole result to the last digit, whatever the sums and the policy."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.classes import TimeClass
from mes.core.figures import counts_in
from mes.core.flags import Flag
from mes.core.oee import result_of
from mes.core.pieces import Bucket, Pieces
from mes.core.policies import PART_VALUES, Policy, RunningOutsidePlan
from mes.core.short_figures import short_of, short_result
from mes.core.tally import Tally
from mes.features.oee.rollup import flags_of, policy_bits
from mes.features.oee.rollup_query import short_columns
from mes.features.production.rollup_row import (
    APART_BITS,
    EXACT_BIT,
    IDEAL_PARTS,
    row_of,
    tally_of_row,
)

KPIS = ("oee", "availability", "effectiveness", "quality_ratio")
LENGTH = st.integers(0, 10**12)
PIECES = st.builds(
    lambda good, scrap, rework, cycle, cavities, rated: _pieces(
        good, scrap, rework, Fraction(cycle, 1_000_000 * cavities) if rated else None
    ),
    good=st.integers(0, 10**6),
    scrap=st.integers(0, 10**4),
    rework=st.integers(0, 10**3),
    cycle=st.integers(1, 10**8),
    cavities=st.integers(1, 10),
    rated=st.booleans(),
)
TALLIES = st.builds(
    lambda times, outside, pieces, flags: Tally(
        window_us=sum(times.values()) + sum(outside.values()),
        times_us=times,
        outside_plan_us=outside,
        pieces=pieces,
        flags=flags,
    ),
    times=st.dictionaries(st.sampled_from(list(TimeClass)), LENGTH),
    outside=st.dictionaries(
        st.sampled_from([TimeClass.NOT_SCHEDULED, TimeClass.BREAK, TimeClass.PLANNED_STOP]), LENGTH
    ),
    pieces=st.dictionaries(st.tuples(st.sampled_from(list(Bucket)), st.just("A")), PIECES),
    flags=st.frozensets(st.sampled_from([Flag.COUNTER_RESET, Flag.ESTIMATED_QUANTITY])),
)
POLICIES = st.builds(
    Policy,
    **{key: st.sampled_from(values) for key, values in PART_VALUES.items()},
    running_outside_plan=st.sampled_from(list(RunningOutsidePlan)),
)


def _pieces(good: int, scrap: int, rework: int, ideal_s: Fraction | None) -> Pieces:
    rate = ideal_s or Fraction(0)
    return Pieces(
        good=good,
        scrap=scrap,
        rework=rework,
        ideal_total_s=rate * (good + scrap + rework),
        ideal_good_s=rate * good,
        rate_missing=ideal_s is None,
    )


@settings(max_examples=200, deadline=None)
@given(sums=st.lists(TALLIES, min_size=1, max_size=3), policy=POLICIES)
def test_short_figures_are_the_whole_result(sums: list[Tally], policy: Policy) -> None:
    rows = [row_of(one) for one in sums]
    bits = 0
    for row in rows:
        bits |= row["marks"]
    assert not bits & APART_BITS
    numbers = [sum(row[name] for row in rows for name in names) for names in short_columns(policy)]
    short = short_result(
        numbers,
        IDEAL_PARTS,
        rate_missing=bool(bits & policy_bits(policy)),
        flags=flags_of(bits),
    )
    whole = sum(sums[1:], sums[0])
    assert short == short_of(result_of(whole, policy, KPIS))


@settings(max_examples=200, deadline=None)
@given(sums=TALLIES)
def test_a_row_gives_back_the_tally_that_it_was_made_of(sums: Tally) -> None:
    again = tally_of_row(row_of(sums), "A")
    for policy in (Policy(), Policy(running_outside_plan=RunningOutsidePlan.EXCLUDED)):
        assert result_of(again, policy).to_json() == result_of(sums, policy).to_json()
    assert again.window_us == sums.window_us


def test_what_is_no_whole_number_is_kept_exactly() -> None:
    third = Pieces(good=1, ideal_total_s=Fraction(1, 7_000_001), ideal_good_s=Fraction(1, 11))
    sums = Tally(pieces={(Bucket.NORMAL, "A"): third})
    row = row_of(sums)
    assert row["marks"] & EXACT_BIT
    assert tally_of_row(row, "A").pieces == sums.pieces


def test_every_bucket_that_counts_is_in_the_columns_of_pieces() -> None:
    for policy in (Policy(), Policy(running_outside_plan=RunningOutsidePlan.EXCLUDED)):
        good = short_columns(policy)[5]
        assert len(good) == sum(counts_in(bucket, policy) for bucket in Bucket)

"""R17: a counter never loses or invents a piece, against a device whose true count is known."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core import counters
from mes.core.case_model import Counter, CounterMode, CounterRole
from mes.core.derive.counts import minute_cuts, portions
from mes.core.derive.increments import CounterRule, Reading, increments
from tests.core.derive.device import SECOND, lived

RULES = st.one_of(
    st.integers(2, 3000).map(lambda m: CounterRule(mode=CounterMode.ROLLOVER, modulus=m)),
    st.sampled_from(
        [
            CounterRule(mode=CounterMode.ROLLOVER, modulus=65536),
            CounterRule(mode=CounterMode.ROLLOVER, modulus=10_000),
            CounterRule(mode=CounterMode.RESETTABLE),
            CounterRule(mode=CounterMode.ABSOLUTE),
            CounterRule(mode=CounterMode.PULSE),
        ]
    ),
)
SEEDS = st.integers(0, 10**9)


@settings(deadline=None)
@given(RULES, SEEDS, st.integers(0, 60))
def test_r17_a_counter_never_loses_or_invents_a_piece(
    rule: CounterRule, seed: int, steps: int
) -> None:
    device = lived(rule, seed, steps)

    found = increments(device.readings, rule)

    assert sum(one.counted for one in found) == device.made
    assert all(not one.suspect for one in found)


@settings(deadline=None)
@given(RULES, SEEDS, st.integers(0, 40), SEEDS)
def test_r17_order_repeats_and_splits_of_readings_change_nothing(
    rule: CounterRule, seed: int, steps: int, order: int
) -> None:
    device = lived(rule, seed, steps)
    rng = random.Random(order)
    mixed = device.readings + rng.sample(device.readings, len(device.readings) // 2)
    rng.shuffle(mixed)

    assert increments(mixed, rule) == increments(device.readings, rule)

    parts, baseline, at = 0, None, 0
    while at < len(device.readings):
        lot = device.readings[at : at + rng.randrange(1, 9)]
        parts += sum(int(one.counted) for one in increments(lot, rule, before=baseline))
        baseline = next((one for one in reversed(lot) if one.value is not None), baseline)
        at += len(lot)
    assert parts == device.made


@settings(deadline=None)
@given(RULES, SEEDS, st.integers(0, 40))
def test_the_kernel_and_the_derivation_count_the_same(
    rule: CounterRule, seed: int, steps: int
) -> None:
    device = lived(rule, seed, steps)
    good = [one for one in device.readings if one.value is not None]
    case = Counter(
        role=CounterRole.TOTAL,
        mode=rule.mode,
        modulus=rule.modulus,
        readings=tuple((one.event_time, one.value or 0) for one in good),
    )

    counted = list(counters.increments(case))

    assert [(one.at, one.counted, one.flags) for one in increments(good, rule)] == counted


@settings(deadline=None)
@given(RULES, SEEDS, st.integers(1, 40), SEEDS)
def test_r18_pieces_of_gaps_are_neither_lost_nor_invented_wherever_they_are_cut(
    rule: CounterRule, seed: int, steps: int, gaps: int
) -> None:
    device = lived(rule, seed, steps)
    rng = random.Random(gaps)
    readings = [_maybe_after_a_gap(one, rng) for one in device.readings]

    spread = []
    for one in increments(readings, rule):
        start = one.since if one.gap_from is None else one.gap_from
        running = sorted(rng.sample(range(start, one.at + 1), min(4, one.at + 1 - start)))
        productive = list(zip(running[::2], running[1::2], strict=False))
        cuts = minute_cuts(start, one.at)
        found = portions(one, cuts, productive)
        assert sum(each.count for each in found) == one.counted
        if one.gap_from is not None:
            inside = productive or [(start, one.at)]
            assert all(any(a <= each.at < b for a, b in inside) for each in found)
        spread += found

    assert sum(each.count for each in spread) == device.made


def _maybe_after_a_gap(reading: Reading, rng: random.Random) -> Reading:
    if rng.random() < 0.5:
        return reading
    return replace(reading, gap_from=reading.event_time - rng.randrange(0, 200) * SECOND)

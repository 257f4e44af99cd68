"""R8: A x E x Q = ideal time of good pieces / planned busy time, for every policy."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given, settings

from mes.core.case import parse_case
from mes.core.classes import TimeClass
from mes.core.oee import result_of, tally
from mes.core.policies import POLICY_KEYS, PROFILES, Policy, parse_policy
from mes.core.tally import Tally
from tests.core.cases import at, case
from tests.core.strategies import cases

EVERY_POLICY = [
    parse_policy({**dict(zip(POLICY_KEYS, values, strict=True)), "name": "any"})
    for values in product(*POLICY_KEYS.values())
]

HOUR_OF_EVERYTHING = case(
    shifts=[[at(0), at(55)]],
    planned=[[at(5), at(10), "lunch"], [at(10), at(14), "meeting"]],
    reasons={"lunch": "break", "meeting": "planned_stop"},
    materials={"A": {"ideal_cycle_s": "2.5", "pieces_per_cycle": 3}, "B": {"ideal_cycle_s": 7}},
    runs=[
        {"start": at(0), "end": at(20), "material": "A"},
        {"start": at(25), "end": at(60), "material": "B"},
    ],
    states=[
        [at(0), "running"],
        [at(7), "stopped"],
        [at(14), "unknown"],
        [at(18), "setup"],
        [at(20), "stopped"],
        [at(25), "down"],
        [at(35), "running"],
        [at(42), "stopped"],
        [at(44), "waiting"],
        [at(47), "running"],
        [at(58), "off"],
    ],
    quantities=[
        {"at": at(minute), "material": material, "good": 40, "scrap": 2, "rework": 1}
        for minute, material in ((2, "A"), (6, "A"), (15, "A"), (22, "B"), (36, "B"), (56, "B"))
    ],
)
"""Every class has time; pieces lie in planned, in unknown and in time outside the plan."""


@settings(max_examples=25, deadline=None, derandomize=True)
@given(cases())
def test_the_product_is_oee_under_each_policy_there_can_be(data: dict[str, Any]) -> None:
    sums = tally(parse_case(data))
    for policy in (*PROFILES.values(), *EVERY_POLICY):
        product_is_oee(sums, policy)


def test_the_product_is_oee_where_every_class_has_time_and_every_bucket_pieces() -> None:
    sums = tally(parse_case(HOUR_OF_EVERYTHING))
    assert all(result_of(sums, PROFILES["iso22400"]).figures.times_us[one] for one in TimeClass)
    assert len({bucket for bucket, _ in sums.pieces}) == 3
    for policy in (*PROFILES.values(), *EVERY_POLICY):
        assert product_is_oee(sums, policy)


def product_is_oee(sums: Tally, policy: Policy) -> bool:
    """Assert the identity; whether all three factors have a value."""
    made = result_of(sums, policy)
    figures, kpis = made.figures, made.kpis
    factors = [kpis[key] for key in ("availability", "effectiveness", "quality_ratio")]
    if figures.pbt_us:
        direct = Fraction(figures.counted.ideal_good_s) * 10**6 / figures.pbt_us
        assert kpis["oee"] == direct
    if None in factors:
        return False
    availability, effectiveness, quality = (factor or Fraction(0) for factor in factors)
    assert kpis["oee"] == availability * effectiveness * quality
    shown = json.loads(json.dumps(made.to_json()))["kpis"]
    rounded = shown["availability"] * shown["effectiveness"] * shown["quality_ratio"]
    assert abs(shown["oee"] - rounded) < 1e-9
    return True


def test_every_policy_means_every_combination_of_every_key() -> None:
    assert len(EVERY_POLICY) == 2 * 2 * 2 * 3 * 2 * 2 * 2 * 2

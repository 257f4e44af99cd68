"""R8: A x E x Q = ideal time of good pieces / planned busy time, for every policy."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given, settings

from mes.core.case import parse_case
from mes.core.oee import result_of, tally
from mes.core.policies import POLICY_KEYS, PROFILES, parse_policy
from tests.core.strategies import cases

EVERY_POLICY = [
    parse_policy({**dict(zip(POLICY_KEYS, values, strict=True)), "name": "any"})
    for values in product(*POLICY_KEYS.values())
]


@settings(max_examples=25, deadline=None, derandomize=True)
@given(cases())
def test_the_product_is_oee_under_each_policy_there_can_be(data: dict[str, Any]) -> None:
    sums = tally(parse_case(data))
    for policy in (*PROFILES.values(), *EVERY_POLICY):
        made = result_of(sums, policy)
        figures, kpis = made.figures, made.kpis
        factors = [kpis[key] for key in ("availability", "effectiveness", "quality_ratio")]
        if figures.pbt_us:
            direct = Fraction(figures.counted.ideal_good_s) * 10**6 / figures.pbt_us
            assert kpis["oee"] == direct
        if None in factors:
            continue
        availability, effectiveness, quality = (factor or Fraction(0) for factor in factors)
        assert kpis["oee"] == availability * effectiveness * quality
        shown = json.loads(json.dumps(made.to_json()))["kpis"]
        rounded = shown["availability"] * shown["effectiveness"] * shown["quality_ratio"]
        assert abs(shown["oee"] - rounded) < 1e-9


def test_every_policy_means_every_combination_of_every_key() -> None:
    assert len(EVERY_POLICY) == 2 * 2 * 2 * 3 * 2 * 2 * 2 * 2

"""R34: equal facts in any order of arrival give byte-equal results."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case import case_to_json, load_json, parse_case
from mes.core.oee import classify, compute
from tests.core.strategies import cases


def shuffled(value: Any, random: Random) -> Any:
    """The same facts in another order, each once or twice."""
    if not isinstance(value, list):
        return value
    return random.sample(value * 2, len(value) * 2)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(cases(), st.randoms(use_true_random=False))
def test_any_order_and_repetition_gives_the_same_bytes(
    data: dict[str, Any], random: Random
) -> None:
    other = {
        key: value if key == "window" else shuffled(value, random) for key, value in data.items()
    }
    other["counters"] = [
        {**one, "readings": shuffled(one["readings"], random)} for one in other["counters"]
    ]
    for key in ("reasons", "materials"):
        other[key] = dict(random.sample(list(data[key].items()), len(data[key])))
    first, second = (parse_case(given) for given in (data, other))
    assert json.dumps(compute(first).to_json()) == json.dumps(compute(second).to_json())
    assert classify(first) == classify(second)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(cases())
def test_the_case_that_is_written_down_gives_the_same_bytes(data: dict[str, Any]) -> None:
    case = parse_case(data)
    again = parse_case(load_json(json.dumps(case_to_json(case))))
    assert json.dumps(compute(again).to_json()) == json.dumps(compute(case).to_json())

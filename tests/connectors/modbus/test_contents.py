"""Whatever a device holds: each tag has a value that its type can have, or a reason."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.modbus.codec import ORDERS, REGISTERS, DataType
from connectors.modbus.reads import ReadPlan
from connectors.modbus.values import TagValues
from connectors.sdk.messages import Quality, Sample
from tests.connectors.modbus.sources import source, tag

RULES: list[dict[str, Any]] = [
    {},
    {"scale": 0.1, "offset": -40},
    {"min": -100, "max": 100},
    {"enum": {0: "off", 1: "on"}},
    {"bad_values": {0: "nothing"}},
    {"scale_exponent_from": "other"},
    {"valid_if": {"tag": "other", "value": 1}},
]


@st.composite
def tags(draw: st.DrawFn) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [tag("other", 0)]
    for number in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(list(DataType)))
        shape: dict[str, Any] = {"type": kind.value, **draw(st.sampled_from(RULES))}
        if kind is DataType.STRING:
            shape |= {"length": draw(st.integers(1, 4)), "encoding": "utf-8"}
        elif kind is DataType.BIT:
            shape["bit"] = draw(st.integers(0, 15))
        else:
            shape["order"] = draw(st.sampled_from([None, *ORDERS[REGISTERS[kind]]]))
        found.append(tag(f"t{number}", draw(st.integers(0, 20)), **shape))
    return found


def is_honest(sample: Sample) -> bool:
    """A good value is one, a bad one is none and says why."""
    if sample.quality is Quality.BAD:
        return sample.value is None and bool(sample.reason)
    if isinstance(sample.value, float):
        return math.isfinite(sample.value) and sample.reason is None
    return sample.value is not None and sample.reason is None


@settings(max_examples=200, deadline=None)
@given(tags(), st.lists(st.binary(min_size=60, max_size=60), min_size=1, max_size=3))
def test_any_contents_give_values_or_reasons(
    wanted: list[dict[str, Any]], contents: list[bytes]
) -> None:
    config = source(502, wanted)
    values = TagValues(config.tags)
    plan = ReadPlan(config, values.readers, values.needed)
    latest: dict[str, Sample] = {}
    for now, words in enumerate(contents):
        samples: list[Sample] = []
        states = plan.states(1000)
        for state in states:
            start = 2 * state.block.start
            values.take(state, words[start : start + 2 * state.block.count], now, samples)
        values.take_dependents(states, now, samples)
        latest |= {sample.tag: sample for sample in samples}
        assert all(is_honest(sample) for sample in samples)
    assert set(latest) == {each["name"] for each in wanted}

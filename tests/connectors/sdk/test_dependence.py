"""Tags that need other tags: in an order that works, and never in a circle."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.sdk.dependence import Dependence, circle_in
from connectors.sdk.messages import Quality
from tests.connectors.sdk.small_connector import SmallConnector, SmallSource

TAGS: list[Mapping[str, object]] = [
    {"name": "pv", "scale_exponent_from": "dot"},
    {"name": "dot", "valid_if": {"tag": "ok", "value": True}},
    {"name": "ok", "invert": True},
]


@given(st.lists(st.lists(st.integers(0, 9), max_size=2), min_size=10, max_size=10))
def test_each_tag_comes_behind_those_it_needs_or_there_is_a_circle(rows: list[list[int]]) -> None:
    needs = {str(n): [str(m) for m in row] for n, row in enumerate(rows)}
    circle = circle_in(needs)
    if circle:
        assert circle[0] == circle[-1]
        assert all(b in needs[a] for a, b in itertools.pairwise(circle))
        return
    dependence = Dependence(needs)
    order = dependence.in_order(needs)
    assert all(order.index(other) < order.index(tag) for tag in needs for other in needs[tag])
    for tag in needs:
        behind = dependence.following(tag)
        direct = {other for other in needs if tag in needs[other]}
        indirect = {each for other in direct for each in dependence.following(other)}
        assert set(behind) == direct | indirect
        assert list(behind) == dependence.in_order(behind)


async def test_a_value_may_depend_on_one_that_depends_on_another() -> None:
    connector = SmallConnector({"pv": 1234, "dot": 2, "ok": False}, tags=TAGS)
    pv, dot, ok = (await connector.read_all()).samples
    assert (pv.value, dot.value, ok.value) == (12.34, 2, True)
    broken = SmallConnector({"pv": 1234, "dot": 2, "ok": True}, tags=TAGS)
    pv, dot, _ = (await broken.read_all()).samples
    assert (pv.quality, pv.reason, dot.reason) == (Quality.BAD, "depends_on:dot", "not_valid")


def test_a_circle_is_refused_with_its_way_and_a_field() -> None:
    tags = [TAGS[0], TAGS[1], {"name": "ok", "valid_if": {"tag": "pv", "value": 1}}]
    with pytest.raises(ValidationError) as caught:
        SmallSource.model_validate({"id": "s", "tags": tags})
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"][0], error["loc"][1]) == ("tags_in_circle", "tags", 0)
    assert error["loc"][2] == "scale_exponent_from"
    assert "pv -> dot -> ok -> pv" in error["msg"]

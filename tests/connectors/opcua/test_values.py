"""Whatever a server says, a value of good quality is the value it gave with a good status."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from asyncua import ua
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.config import OpcuaTag
from connectors.opcua.notifications import Batch, Notification, NotificationQueue
from connectors.opcua.values import ValueConverter
from connectors.sdk.messages import Quality

RECEIVED = 1_772_413_400_000_000
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(),
    st.sampled_from([float("nan"), float("inf"), float("-inf")]),
    st.text(max_size=2000),
    st.binary(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    st.just(ua.LocalizedText("text")),
    st.just(ua.ExtensionObject()),
    st.just(ua.NodeId()),
)


def tag(name: str, **more: object) -> OpcuaTag:
    return OpcuaTag.model_validate({"name": name, "node": f"nsu=urn:x;s={name}", **more})


def converter(**more: object) -> ValueConverter:
    return ValueConverter({1: [tag("plain")], 2: [tag("changed", **more)]})


STATUSES = st.one_of(
    st.just(0),
    st.builds(
        lambda severity, code: severity << 30 | code, st.integers(0, 3), st.integers(0, 0xFFFF)
    ),
    st.integers(0, (1 << 32) - 1),
)


@given(
    ANYTHING,
    STATUSES,
    st.one_of(st.none(), st.integers(-(1 << 62), 1 << 62)),
    st.sampled_from([1, 2, 9]),
)
def test_good_quality_only_comes_from_a_good_status_and_a_usable_value(
    value: object, status: int, time: int | None, handle: int
) -> None:
    notification = Notification(handle, value, status, time)
    samples = converter(scale=2).samples([Batch(RECEIVED, [notification])])
    assert len(samples) == (handle != 9)
    for sample in samples:
        assert sample.source_time == time
        if sample.quality is Quality.BAD:
            assert sample.value is None
            assert sample.reason
            continue
        assert status >> 30 == (0 if sample.quality is Quality.GOOD else 1)
        if isinstance(sample.value, float):
            assert math.isfinite(sample.value)
        if handle == 1 and isinstance(value, int | float | str):
            assert sample.value == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_bad_however_good_its_status(value: float) -> None:
    notifications = [Notification(handle, value, 0, None) for handle in (1, 2)]
    for sample in converter(scale=2).samples([Batch(RECEIVED, notifications)]):
        assert (sample.value, sample.reason) == (None, "not_a_number")


def test_a_lost_value_inside_the_server_is_counted() -> None:
    values = converter()
    samples = values.samples([Batch(RECEIVED, [Notification(1, 5, 0x480, RECEIVED)])])
    assert (samples[0].value, samples[0].quality) == (5, Quality.GOOD)
    assert values.overflows == 1


def test_a_node_that_has_gone_is_noted() -> None:
    values = converter()
    values.samples([Batch(RECEIVED, [Notification(2, None, 0x80340000, None)])])
    assert values.gone == {2: "BadNodeIdUnknown"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([(1, 10, 0), (2, 20, 0)], [10, 10]),
        ([(2, 20, 0), (1, 10, 0)], [20, 10]),
        ([(1, 10, 0), (2, 20, 0), (1, None, 0x80000000)], [10, 10, 20]),
        ([(1, None, 0), (2, 20, 0), (1, 11, 0)], [None, 20, 11]),
        ([(1, None, 0x80000000), (2, None, 0x80000000)], [None, None]),
    ],
)
def test_a_tag_in_several_places_has_the_value_of_the_first_that_has_one(
    said: list[tuple[int, object, int]], expected: list[object]
) -> None:
    several = tag("several")
    values = ValueConverter({1: [several], 2: [several]}, {"several": [1, 2]})
    notifications = [Notification(handle, value, status, None) for handle, value, status in said]
    samples = values.samples([Batch(RECEIVED, notifications)])
    assert [sample.value for sample in samples] == expected


def test_a_value_that_changes_by_another_one_has_the_time_of_that_one() -> None:
    parts = tag("parts", valid_if={"tag": "auto", "value": 1})
    values = ValueConverter({1: [parts], 2: [tag("auto")]})
    first = [Notification(2, 1, 0, RECEIVED), Notification(1, 5, 0, RECEIVED + 1)]
    values.samples([Batch(RECEIVED + 2, first)])
    later = [Notification(2, 0, 0, RECEIVED + 60)]
    by_tag = {s.tag: s for s in values.samples([Batch(RECEIVED + 70, later)])}
    sample = by_tag["parts"]
    assert (sample.quality, sample.reason) == (Quality.BAD, "not_valid")
    assert (sample.source_time, sample.received_time) == (RECEIVED + 60, RECEIVED + 70)


@given(
    st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=6), max_size=30),
    st.integers(1, 20),
)
def test_the_queue_keeps_the_order_and_counts_every_loss(
    arrivals: list[list[int]], largest: int
) -> None:
    queue = NotificationQueue(largest)
    number, put = 0, 0
    for handles in arrivals:
        notifications = []
        for handle in handles:
            number += 1
            notifications.append(Notification(handle, number, 0, None))
        queue.put(Batch(RECEIVED, notifications))
        put += len(handles)
        assert len(queue) <= largest
    taken = [n for batch in queue.take() for n in batch.notifications]
    kept = [n.value for n in taken if n.status == 0]
    assert kept == sorted(kept)
    assert len(kept) + queue.dropped == put
    holes = [n.status != 0 for n in taken]
    assert (queue.dropped > 0) == any(holes)
    assert holes == sorted(holes, reverse=True)
    assert queue.take() == []


def test_a_value_follows_one_that_follows_another() -> None:
    tags = {
        1: [tag("pv", scale_exponent_from="dot")],
        2: [tag("dot", valid_if={"tag": "ok", "value": 1})],
        3: [tag("ok")],
    }
    values = ValueConverter(tags)

    def said(handle: int, value: object) -> dict[str, object]:
        batch = Batch(RECEIVED, [Notification(handle, value, 0, None)])
        return {sample.tag: sample.value for sample in values.samples([batch])}

    assert said(1, 1234) == {"pv": None}
    assert said(2, 2) == {"dot": None, "pv": None}
    assert said(3, 1) == {"ok": 1, "dot": 2, "pv": 12.34}
    assert said(2, 1) == {"dot": 1, "pv": 123.4}
    assert said(3, 0) == {"ok": 0, "dot": None, "pv": None}

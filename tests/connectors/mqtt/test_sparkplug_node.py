"""What is believed of a Sparkplug node, message by message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.sparkplug_node import Kind, News, SparkplugNode
from connectors.mqtt.sparkplug_payload import Metric, Payload, decode, rebirth_command
from connectors.mqtt.wire import WireError, bytes_field, fields, varint_field
from connectors.sdk.messages import Quality


def payload(seq: int | None, *metrics: Metric) -> Payload:
    return Payload(seq=seq, metrics=metrics)


def metric(name: str | None, raw: float | str = 1, **more: int) -> Metric:
    return Metric(name=name, raw=raw, **more)  # type: ignore[arg-type]  # alias and type are numbers


def born_node() -> SparkplugNode:
    node = SparkplugNode()
    birth = payload(0, metric("bdSeq", 4), metric("T", 20, alias=1, data_type=3))
    node.accept(Kind.NBIRTH, None, birth)
    node.accept(Kind.DBIRTH, "press", payload(1, metric("N", 0, alias=2, data_type=8)))
    return node


def values(news: News) -> list[object]:
    return [found.value(data_type) for _, found, data_type in news.values]


def test_an_alias_leads_to_its_name_and_type() -> None:
    node = born_node()
    news = node.accept(Kind.NDATA, None, payload(2, Metric(alias=1, raw=2**32 - 5)))
    assert news.values[0][0] == (None, "T")
    assert values(news) == [-5]
    assert not news.wants_rebirth


def test_data_before_a_birth_is_not_believed_and_asks_for_one() -> None:
    news = SparkplugNode().accept(Kind.NDATA, None, payload(5, metric("T")))
    assert news.wants_rebirth
    assert not news.values


@pytest.mark.parametrize("seq", [3, 1, None])
def test_a_gap_in_the_sequence_loses_the_node_and_its_devices(seq: int | None) -> None:
    node = born_node()
    news = node.accept(Kind.DDATA, "press", payload(seq, metric("N", 9)))
    assert (set(news.lost), news.reason) == ({None, "press"}, "sequence_gap")
    assert news.wants_rebirth
    assert not news.values
    assert not node.is_born


def test_the_sequence_begins_again_after_255() -> None:
    node = born_node()
    for number in range(2, 600):
        news = node.accept(Kind.NDATA, None, payload(number % 256, metric("T", number)))
        assert values(news) == [number]


def test_a_death_counts_only_for_its_own_birth() -> None:
    node = born_node()
    assert node.accept(Kind.NDEATH, None, payload(None, metric("bdSeq", 3))) == News()
    news = node.accept(Kind.NDEATH, None, payload(None, metric("bdSeq", 4)))
    assert (set(news.lost), news.reason) == ({None, "press"}, "node_dead")


def test_a_device_that_is_not_born_again_after_its_node_is_given_up() -> None:
    node = born_node()
    node.accept(Kind.NBIRTH, None, payload(0, metric("bdSeq", 4), metric("T")))
    assert list(node.give_up().lost) == ["press"]
    assert list(node.give_up().lost) == []


def test_an_unknown_alias_or_name_asks_for_a_birth_and_the_rest_is_taken() -> None:
    node = born_node()
    news = node.accept(Kind.NDATA, None, payload(2, Metric(alias=77, raw=1), metric("T", 8)))
    assert news.wants_rebirth
    assert values(news) == [8]


@pytest.mark.parametrize(
    ("data_type", "raw", "value"),
    [
        (1, 0xFFFFFFFF, -1),
        (2, 0x8000, -32768),
        (1, 0xFB, -5),
        (1, 300, None),
        (2, 0x1_8000, None),
        (4, 2**64 - 1, -1),
        (8, 2**64 - 1, 2**64 - 1),
        (11, 1, True),
        (13, 1_700_000_000_000, "2023-11-14T22:13:20+00:00"),
        (13, 2**63, None),
        (99, 5, 5),
        (None, 5, 5),
    ],
)
def test_a_value_follows_its_type(data_type: int | None, raw: int, value: object) -> None:
    assert Metric(raw=raw).value(data_type) == value


@pytest.mark.parametrize(
    ("claimed", "quality"),
    [(None, 0), (192, 0), (255, 0), (64, 1), (0, 2), (500, 2)],
)
def test_the_property_quality_is_that_of_classic_opc(claimed: int | None, quality: int) -> None:
    assert Metric(quality=claimed).grade is Quality(quality)


def test_the_rebirth_command_is_readable() -> None:
    found = decode(rebirth_command(1_700_000_000_123_456))
    assert found.time_us == 1_700_000_000_123_000
    assert [(m.name, m.raw) for m in found.metrics] == [("Node Control/Rebirth", True)]


@given(st.binary(max_size=200))
def test_no_bytes_break_the_decoder(data: bytes) -> None:
    try:
        found = decode(data)
    except WireError:
        return
    assert all(isinstance(each, Metric) for each in found.metrics)


@given(st.integers(0, 2**64 - 1), st.binary(max_size=50))
def test_what_is_written_is_read_again(number: int, content: bytes) -> None:
    data = varint_field(7, number) + bytes_field(2000, content)
    assert list(fields(data)) == [(7, number), (2000, content)]

"""What waits to be read is bounded; the newest word of a topic counts, and a hole is seen."""

from __future__ import annotations

from connectors.mqtt.config import MqttSource
from connectors.mqtt.inbox import PAYLOAD_BYTES_MAX, Inbox, Message
from connectors.mqtt.json_reader import JsonReader
from connectors.mqtt.sparkplug_reader import SparkplugReader
from connectors.mqtt.tags import Arrived, TagBook
from connectors.mqtt.wire import bytes_field, varint_field
from connectors.sdk.config import TagConfig
from connectors.sdk.messages import Quality, Value
from tests.connectors.mqtt.world import json_source, node_source

NOW = 1_700_000_000_000_000
YEAR_10000_MS = 253_402_300_800_000


def message(topic: str, payload: bytes = b"1") -> Message:
    return Message(topic, payload, retained=False)


def node_reader() -> SparkplugReader:
    source = MqttSource.model_validate(node_source(1883))
    return SparkplugReader(source, TagBook(source.tags))


def birth(*, milliseconds: int = NOW // 1000) -> bytes:
    metric = bytes_field(1, b"Count") + varint_field(4, 8) + varint_field(11, 7)
    return varint_field(1, milliseconds) + bytes_field(2, metric) + varint_field(3, 0)


def born(payload: bytes, *, retained: bool = False) -> Message:
    return Message("spBv1.0/Busan/NBIRTH/cell-1", payload, retained)


def test_a_full_inbox_keeps_the_newest_and_names_the_topics_that_lost_one() -> None:
    inbox = Inbox(messages=2)
    for topic, payload in (("a", b"1"), ("b", b"2"), ("a", b"3"), ("c", b"4")):
        inbox.put(message(topic, payload))
    taken = inbox.take()
    assert [(m.topic, m.payload, m.is_lost) for m in taken] == [
        ("a", b"", True),
        ("b", b"", True),
        ("a", b"3", False),
        ("c", b"4", False),
    ]
    assert (inbox.take_dropped(), inbox.take_dropped(), len(inbox)) == (2, 0, 0)


def test_an_inbox_is_full_by_its_bytes_as_well() -> None:
    inbox = Inbox(size=10)
    for payload in (b"12345", b"67890", b"x"):
        inbox.put(message("a", payload))
    assert [m.payload for m in inbox.take() if not m.is_lost] == [b"67890", b"x"]
    assert inbox.take_dropped() == 1


def test_a_message_that_is_too_large_leaves_its_topic_in_its_place() -> None:
    inbox = Inbox()
    inbox.put(message("a", b"1"))
    inbox.put(message("a", b"x" * (PAYLOAD_BYTES_MAX + 1)))
    assert [m.is_lost for m in inbox.take()] == [False, True]
    assert inbox.take_dropped() == 1


def test_the_tags_of_a_lost_message_are_bad_until_the_topic_speaks_again() -> None:
    source = MqttSource.model_validate(json_source(1883))
    reader = JsonReader(source, TagBook(source.tags))
    lost = message("plant/count")._replace(is_lost=True)
    (before,) = reader.take(message("plant/count"), NOW)
    (hole,) = reader.take(lost, NOW)
    (after,) = reader.take(message("plant/count", b"2"), NOW)
    assert (before.value, hole.value, after.value) == (1, None, 2)
    assert (hole.quality, hole.reason) == (Quality.BAD, "message_lost")


def test_a_lost_or_unreadable_message_of_a_node_loses_all_of_it_until_it_is_born_again() -> None:
    for broken in (
        Message("spBv1.0/Busan/NDATA/cell-1", b"", retained=False, is_lost=True),
        Message("spBv1.0/Busan/NDATA/cell-1", b"\xff", retained=False),
    ):
        reader = node_reader()
        reader.take(born(birth()), NOW)
        assert not reader.wants_rebirth
        lost = {s.tag: s.reason for s in reader.take(broken, NOW)}
        assert lost["count"] == "sequence_gap"
        assert reader.wants_rebirth


def test_a_birth_that_the_broker_has_kept_says_nothing_of_now() -> None:
    reader = node_reader()
    assert reader.take(born(birth(), retained=True), NOW) == []
    assert reader.wants_rebirth
    assert {s.tag: s.value for s in reader.take(born(birth()), NOW)}["count"] == 7


def test_a_time_behind_all_years_is_none() -> None:
    reader = node_reader()
    samples = reader.take(born(birth(milliseconds=YEAR_10000_MS)), NOW)
    assert {s.tag: s.source_time for s in samples}["count"] is None


def test_a_whole_number_that_nobody_could_keep_and_a_time_before_1970_are_not_believed() -> None:
    tags = [{"name": "count", "topic": "t", "path": "v", "scale": 0.1}]
    source = MqttSource.model_validate(json_source(1883, tags=tags, time_path="at"))
    reader = JsonReader(source, TagBook(source.tags))
    (huge,) = reader.take(message("t", b'{"v": 1' + b"0" * 400 + b"}"), NOW)
    assert (huge.value, huge.reason) == (None, "out_of_range")
    (old,) = reader.take(message("t", b'{"v": 1, "at": "1950-01-01T00:00:00Z"}'), NOW)
    assert (old.source_time, old.reason) == (None, "time_unreadable")


def test_a_value_that_changes_by_another_one_has_the_time_of_that_one() -> None:
    tags = [
        {"name": "parts", "topic": "p", "path": "v", "valid_if": {"tag": "auto", "value": 1}},
        {"name": "auto", "topic": "a", "path": "v"},
    ]
    document = json_source(1883, tags=tags, time_path="at", time_format="us")
    source = MqttSource.model_validate(document)
    reader = JsonReader(source, TagBook(source.tags))
    reader.take(message("a", b'{"v": 1, "at": 1000}'), NOW)
    reader.take(message("p", b'{"v": 5, "at": 1001}'), NOW + 1)
    by_tag = {s.tag: s for s in reader.take(message("a", b'{"v": 0, "at": 2000}'), NOW + 2)}
    parts = by_tag["parts"]
    assert (parts.reason, parts.source_time, parts.received_time) == ("not_valid", 2000, NOW + 2)


def test_a_value_follows_one_that_follows_another() -> None:
    tags = [
        TagConfig.model_validate({"name": "pv", "scale_exponent_from": "dot"}),
        TagConfig.model_validate({"name": "dot", "valid_if": {"tag": "ok", "value": 1}}),
        TagConfig.model_validate({"name": "ok"}),
    ]
    book = TagBook(tags)

    def said(tag: str, value: Value) -> dict[str, Value]:
        arrived = Arrived(value=value, received_time=NOW)
        return {sample.tag: sample.value for sample in book.take(tag, arrived)}

    said("pv", 1234)
    said("dot", 2)
    assert said("ok", 1) == {"ok": 1, "dot": 2, "pv": 12.34}
    assert said("ok", 0) == {"ok": 0, "dot": None, "pv": None}

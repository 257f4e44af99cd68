"""Whatever arrives, nothing breaks, and what is bad has a reason and no value."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.config import MqttSource
from connectors.mqtt.inbox import Message
from connectors.mqtt.json_reader import JsonReader, nodes_of
from connectors.mqtt.sparkplug_reader import SparkplugReader
from connectors.mqtt.tags import TagBook
from connectors.mqtt.wire import bytes_field, varint_field
from connectors.sdk.messages import Quality, Sample
from tests.connectors.mqtt.world import json_source, node_source

SOURCE = MqttSource.model_validate(
    json_source(1883, time_path="at", time_format="ms", quality_path="q")
)
NODE = MqttSource.model_validate(node_source(1883))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["values", "temp", "list", "at", "q", ""]), inner)
    ),
    max_leaves=10,
)
KINDS = st.sampled_from(["NBIRTH", "NDATA", "DBIRTH", "DDATA", "NDEATH", "DDEATH", "STATE"])
NOW = 1_700_000_000_000_000


def check(samples: Sequence[Sample]) -> None:
    for sample in samples:
        if sample.quality is Quality.BAD:
            assert sample.value is None
            assert sample.reason
        else:
            assert sample.value is not None
            assert not (isinstance(sample.value, float) and not math.isfinite(sample.value))
        assert (sample.reason is None) == (sample.quality is Quality.GOOD)


def told(payload: bytes, tag: str) -> object:
    """What a message says of a tag, read in the plainest way."""
    document = json.loads(payload)
    if tag == "temp":
        return document["values"]["temp"]
    return document["values"]["list"][1] if tag == "second" else document


@given(st.binary(max_size=100) | DOCUMENTS.map(lambda d: json.dumps(d).encode()), st.booleans())
def test_any_message_of_json(payload: bytes, retained: bool) -> None:
    reader = JsonReader(SOURCE, TagBook(SOURCE.tags))
    for topic in reader.topics:
        samples = reader.take(Message(topic, payload, retained), NOW)
        check(samples)
        for sample in samples:
            if sample.quality is Quality.GOOD:
                assert repr(sample.value) == repr(told(payload, sample.tag))
        assert all(node.path.startswith(topic) for node in nodes_of(topic, payload))


@st.composite
def metrics(draw: st.DrawFn) -> bytes:
    """A metric whose parts need not fit together."""
    name = draw(st.sampled_from(["Temperature", "Count", "Strokes", "Running", "bdSeq", "?"]))
    fields = [
        bytes_field(1, name.encode()),
        varint_field(2, draw(st.integers(0, 3))),
        varint_field(4, draw(st.integers(0, 40))),
        varint_field(7, draw(st.integers(0, 1))),
        varint_field(draw(st.sampled_from([10, 11, 14])), draw(st.integers(0, 2**64 - 1))),
        bytes_field(draw(st.sampled_from([9, 15, 16])), draw(st.binary(max_size=8))),
    ]
    return b"".join(draw(st.lists(st.sampled_from(fields), max_size=6, unique=True)))


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """A payload that is one, mostly."""
    parts = [bytes_field(2, metric) for metric in draw(st.lists(metrics(), max_size=4))]
    parts.append(varint_field(3, draw(st.integers(0, 3))))
    return b"".join(parts) + draw(st.binary(max_size=2))


@given(st.lists(st.tuples(KINDS, payloads()), max_size=12))
def test_any_messages_of_a_node(messages: list[tuple[str, bytes]]) -> None:
    reader = SparkplugReader(NODE, TagBook(NODE.tags))
    for number, (kind, payload) in enumerate(messages):
        device = "/press" if kind.startswith("D") else ""
        topic = f"spBv1.0/Busan/{kind}/cell-1{device}"
        check(reader.take(Message(topic, payload, retained=False), NOW + number))
        check(reader.tick(NOW + 10_000_000 * number))
        assert all(node.address["metric"] for node in reader.nodes() if node.path)

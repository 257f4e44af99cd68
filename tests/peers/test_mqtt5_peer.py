"""MQTT 5 with a broker whose codec is not that of our client's library."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import paho.mqtt.publish
import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from connectors.sdk.errors import Refused, Unavailable
from connectors.sdk.messages import Quality
from connectors.sdk.steps import Step
from tests.connectors.mqtt.world import connector_of, json_source, next_of, opened
from tests.peers.processes import Peer, node_peer

V5 = {"version": "5"}
TAGS = [{"name": "count", "topic": "plant/count"}, {"name": "other", "topic": "forbidden"}]


@pytest.fixture
async def broker() -> AsyncIterator[Peer]:
    async with node_peer("mqtt5_broker.js", 0) as peer:
        yield peer


async def publish(port: int, payload: str, *, retain: bool = False) -> None:
    await asyncio.to_thread(
        paho.mqtt.publish.single,
        *("plant/count", payload),
        qos=1,
        retain=retain,
        hostname="127.0.0.1",
        port=port,
        protocol=MQTTProtocolVersion.MQTTv5,
    )


async def test_values_arrive_and_a_refused_topic_makes_only_its_tag_bad(broker: Peer) -> None:
    await publish(broker.port, "1", retain=True)
    async with opened(json_source(broker.port, broker=V5, tags=TAGS)) as connector:
        count, other = (await connector.read_all()).samples
        assert (count.value, count.reason) == (1, "retained")
        assert (other.quality, other.reason) == (Quality.BAD, "topic_refused")
        await publish(broker.port, "2")
        assert (await next_of(connector, "count"))["count"].value == 2


async def test_a_refusal_is_told_in_the_words_of_the_broker(broker: Peer) -> None:
    stranger = {**V5, "user": "stranger"}
    connector = connector_of(json_source(broker.port, broker=stranger))
    with pytest.raises(Refused, match="Not authorized") as caught:
        await connector.open()
    await connector.close()
    assert (caught.value.code, caught.value.step) == ("sign_in_refused", Step.SIGN_IN)


async def test_another_version_than_the_broker_speaks_is_said(broker: Peer) -> None:
    connector = connector_of(json_source(broker.port))
    with pytest.raises(Unavailable, match=r"speaks MQTT 3\.1\.1") as caught:
        await connector.open()
    await connector.close()
    assert caught.value.step is Step.PROTOCOL

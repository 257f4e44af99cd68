"""Sparkplug B by way of a real broker and an edge node of Eclipse Tahu."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors.mqtt.config import MqttSource
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.runtime.store import SpoolReader
from connectors.sdk.messages import Quality
from tests.connectors.mqtt.broker import BrokerProcess, broker
from tests.connectors.mqtt.world import (
    connector_of,
    next_of,
    node_source,
    opened,
    sample_where,
)
from tests.connectors.support import until
from tests.peers.sparkplug import edge_node

LOGIN = {"user": "edge", "password": "env:EDGE_PASSWORD", "allow_insecure": True}


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[BrokerProcess]:
    monkeypatch.setenv("EDGE_PASSWORD", "edge")
    login = {"user": "edge", "password": "edge"}
    async with broker(tmp_path / "broker", authorization=login) as running:
        yield running


async def test_a_node_that_was_born_before_us_is_born_again(server: BrokerProcess) -> None:
    async with edge_node(server.port) as node:
        await node.do("connect")
        async with opened(node_source(server.port, broker=LOGIN)) as connector:
            samples = {sample.tag: sample for sample in (await connector.read_all()).samples}
            await node.hear("rebirth")
            values = [samples[t].value for t in ("temperature", "count", "strokes", "running")]
            assert values == [21.5, -5, 7, True]
            assert samples["absent"].reason == "metric_not_in_birth"
            assert samples["temperature"].source_time is not None


async def test_data_deaths_and_historical_values(server: BrokerProcess) -> None:
    async with edge_node(server.port) as node:
        await node.do("connect")
        async with opened(node_source(server.port, broker=LOGIN)) as connector:
            await connector.read_all()
            await node.do("data", {"name": "Count", "type": "Int32", "value": -7})
            await sample_where(connector, "count", lambda sample: sample.value == -7)

            old = {"name": "Strokes", "type": "UInt64", "value": 3, "isHistorical": True}
            await node.do("device", {**old, "timestamp": 1_700_000_000_000})
            late = await sample_where(connector, "strokes", lambda sample: sample.historical)
            assert late.value == 3
            assert late.source_time == 1_700_000_000_000_000
            newest = {sample.tag: sample for sample in (await connector.read_all()).samples}
            assert newest["strokes"].value == 7

            await node.do("device-death")
            dead = await next_of(connector, "strokes", "running")
            assert {sample.reason for sample in dead.values()} == {"device_dead"}

            await node.kill()
            gone = await next_of(connector, "temperature", "count")
            assert {sample.reason for sample in gone.values()} == {"node_dead"}
            assert all(sample.value is None for sample in gone.values())


async def test_a_late_value_is_recorded_at_its_own_time_and_replaces_nothing(
    server: BrokerProcess, tmp_path: Path
) -> None:
    spool = Spool(tmp_path / "spool.db")
    async with edge_node(server.port) as node:
        await node.do("connect")
        connector = connector_of(node_source(server.port, broker=LOGIN))
        runner = SourceRunner(connector, {}, spool, connector.context.clock)
        task = asyncio.create_task(runner.run())
        await node.hear("rebirth")
        await until(lambda: values(spool, "strokes") == [7], 20)
        old = {"name": "Strokes", "type": "UInt64", "value": 3, "isHistorical": True}
        await node.do("device", {**old, "timestamp": 1_700_000_000_000})
        await node.do("device", {"name": "Strokes", "type": "UInt64", "value": 8})
        await until(lambda: sorted(values(spool, "strokes")) == [3, 7, 8], 20)
        late = next(record for record in records(spool, "strokes") if record[3] == 3)
        assert (late[1], late[6]) == ("h", 1_700_000_000_000_000)
        task.cancel()
        await asyncio.wait([task])
    spool.close()


def records(spool: Spool, tag: str) -> list[list[Any]]:
    """The value records of a tag."""
    spool.flush(5.0)
    reader = SpoolReader(spool.path)
    chunks = reader.snapshot(10_000).chunks
    reader.close()
    found = [record for chunk in chunks for record in json.loads(f"[{chunk.records}]")]
    return [record for record in found if record[1] in ("v", "h") and record[2] == tag]


def values(spool: Spool, tag: str) -> list[Any]:
    """The recorded values of a tag, without the bad ones, in order of arrival."""
    return [record[3] for record in records(spool, tag) if record[3] is not None]


async def test_browsing_shows_the_metrics_of_the_birth(server: BrokerProcess) -> None:
    async with edge_node(server.port) as node:
        await node.do("connect")
        async with opened(node_source(server.port, broker=LOGIN)) as connector:
            await connector.read_all()
            found = await connector.browse("press/*", 10)
            addresses = [dict(each.address) for each in found.nodes]
            assert {"metric": "Strokes", "device": "press"} in addresses
            assert "uint64" in [each.data_type for each in found.nodes]
            assert (await connector.browse("**", 2)).is_complete is False


async def test_no_rebirth_is_asked_for_where_that_is_forbidden(server: BrokerProcess) -> None:
    source = node_source(server.port, broker=LOGIN, request_rebirth=False)
    assert MqttSource.model_validate(source).request_rebirth is False
    async with edge_node(server.port) as node:
        await node.do("connect")
        async with opened(source) as connector:
            reading = await connector.read_all()
            assert {sample.reason for sample in reading.samples} == {"node_not_born"}
            assert {sample.quality for sample in reading.samples} == {Quality.BAD}

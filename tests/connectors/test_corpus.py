"""Every file of the corpus on the whole road: never a wrong value that is good, never a crash."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua

from connectors.clock import PlantClock, real_now_us
from connectors.modbus.connector import ModbusConnector
from connectors.mqtt.config import MqttSource
from connectors.mqtt.inbox import Message
from connectors.mqtt.json_reader import JsonReader
from connectors.mqtt.sparkplug_reader import SparkplugReader
from connectors.mqtt.tags import TagBook
from connectors.opcua.config import OpcuaSource
from connectors.opcua.connector import OpcuaConnector
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import LinkState, Quality, Sample, Stream
from mes.ports import free_port
from tests.connectors.faulty_link import faulty_link
from tests.connectors.modbus.sources import source, tag
from tests.connectors.mqtt.world import json_source, node_source
from tests.connectors.opcua.server import NAMESPACE, plant_server
from tests.connectors.runtime.test_runner import records, values
from tests.connectors.support import until
from tests.corpus import Case, cases
from tests.peers.opcua_sources import OPEN

TAGS = [tag("a", 10), tag("b", 11)]
EVENTS = {"a": Stream.EVENT, "b": Stream.EVENT}
RTU_REQUEST_BYTES, TCP_REQUEST_BYTES = 8, 12
TOPIC = "plant/press"
NOW = 1_700_000_000_000_000
SIGNS = {Quality.GOOD: "=", Quality.UNCERTAIN: "~", Quality.BAD: "!"}


def each(folder: str) -> pytest.MarkDecorator:
    found = cases(folder)
    return pytest.mark.parametrize("case", found, ids=[case.name for case in found])


def told(name: str, quality: Quality, value: Any, reason: str | None) -> str:
    """As `expect` of a file says it."""
    assert (value is None) is (quality is Quality.BAD)
    assert (reason is None) is (quality is Quality.GOOD)
    return f"{name}{SIGNS[quality]}{value if reason is None else reason}"


@asynccontextmanager
async def answering(size: int, answer: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """A device that answers every request of that size with the same; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(answer(await reader.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def first_records(port: int, transport: str, folder: Path) -> str:
    """The first record of each tag that the whole runner makes of a device."""
    spool, clock = Spool(folder / "spool.db"), PlantClock.starting_at(real_now_us())
    link = {"transport": transport, "host": "127.0.0.1", "port": port}
    config = source(port, TAGS, link=link, scan_ms=50, timeout_ms=100)
    connector = ModbusConnector(config, ConnectorContext(clock=clock))
    runner = SourceRunner(connector, EVENTS, spool, clock)
    task = asyncio.create_task(runner.run())
    await until(lambda: {record[2] for record in records(spool)} >= {"a", "b"}, 10.0)
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])
    found: dict[str, str] = {}
    for record in records(spool):
        if record[1] == "v":
            said = told(record[2], Quality(record[4]), record[3], record[5])
            found.setdefault(record[2], said)
    spool.close()
    return " ".join(found[name] for name in ("a", "b"))


@each("modbus-tcp")
async def test_an_answer_of_modbus_tcp(case: Case, tmp_path: Path) -> None:
    (message,) = case.messages

    def answer(request: bytes) -> bytes:
        return message.data(int.from_bytes(request[:2], "big"))

    async with answering(TCP_REQUEST_BYTES, answer) as port:
        assert await first_records(port, "tcp", tmp_path) == case.expect


@each("modbus-rtu")
async def test_an_answer_of_modbus_rtu(case: Case, tmp_path: Path) -> None:
    async with answering(RTU_REQUEST_BYTES, lambda _: case.data) as port:
        assert await first_records(port, "rtu_over_tcp", tmp_path) == case.expect


@asynccontextmanager
async def reading(port: int, file: Path) -> AsyncIterator[tuple[SourceRunner, Spool, list[str]]]:
    """A source that reads the counter of an OPC UA server, and the reasons that its link had."""
    reasons: list[str] = []
    tags = [{"name": "parts", "node": f"nsu={NAMESPACE};s=Cnc1.Parts", "publish_ms": 50}]
    place = {"id": "cell", "protocol": "opcua", "endpoint": f"opc.tcp://127.0.0.1:{port}"}
    config = OpcuaSource.model_validate({**place, **OPEN, "tags": tags})
    spool, clock = Spool(file), PlantClock.starting_at(real_now_us())
    connector = OpcuaConnector(config, ConnectorContext(clock=clock))
    runner = SourceRunner(
        connector,
        {"parts": Stream.EVENT},
        spool,
        clock,
        lambda: reasons.append(runner.status.reason or ""),
    )
    task = asyncio.create_task(runner.run())
    try:
        yield runner, spool, reasons
    finally:
        task.cancel()
        await asyncio.wait([task])
        spool.close()


async def test_bytes_between_the_messages_of_an_opcua_server(tmp_path: Path) -> None:
    """All cases at once: each is passed over, or costs the connection and nothing else."""
    found = cases("opcua")
    port = free_port()
    async with plant_server(port) as plant:
        await plant.set("Cnc1.Parts", 1, ua.VariantType.UInt32)
        said = asyncio.Event()

        async def outcome(case: Case) -> str:
            async with (
                faulty_link(port) as link,
                reading(link.port, tmp_path / f"{case.name}.db") as (runner, spool, reasons),
            ):
                await until(lambda: values(spool, "parts") == [1], 20.0)
                link.say(case.data)
                ready.release()
                await said.wait()
                await until(lambda: values(spool, "parts")[-1] == 2, 30.0)
                assert set(values(spool, "parts")) <= {1, 2, None}
                assert runner.status.state is LinkState.UP
                lost = {reason for reason in reasons if reason}
                assert lost <= {"connection_lost", "server_silent", "BadShutdown"}, lost
                return "lost" if lost else "passed over"

        ready = asyncio.Semaphore(0)
        tasks = [asyncio.create_task(outcome(case)) for case in found]
        for _ in found:
            await ready.acquire()
        await plant.set("Cnc1.Parts", 2, ua.VariantType.UInt32)
        said.set()
        outcomes = await asyncio.gather(*tasks)
    assert dict(zip([case.name for case in found], outcomes, strict=True)) == {
        case.name: case.expect for case in found
    }


def last(samples: list[Sample], name: str) -> str:
    """What is known of a tag in the end."""
    (*_, sample) = [each for each in samples if each.tag == name]
    return told(name, sample.quality, sample.value, sample.reason)


@each("mqtt-json")
def test_a_message_of_json(case: Case) -> None:
    document = json_source(1883, time_path="at", time_format="ms")
    config = MqttSource.model_validate(document)
    reader = JsonReader(config, TagBook(config.tags))
    samples = reader.take(Message(TOPIC, case.data, retained=False), NOW)
    assert last(samples, "temp") == case.expect


@each("sparkplug")
def test_messages_of_a_sparkplug_node(case: Case) -> None:
    config = MqttSource.model_validate(node_source(1883))
    reader = SparkplugReader(config, TagBook(config.tags))
    samples: list[Sample] = []
    for message in case.messages:
        samples += reader.take(Message(message.topic, message.data(), retained=False), NOW)
    if not samples:
        samples = TagBook(config.tags).all(NOW, reader.missing_reason())
    assert last(samples, "count") == case.expect

"""A device that answers with the registers of a template's vector, on the simulators' server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from connectors.clock import PlantClock, real_now_us
from connectors.modbus.config import ModbusSource, ModbusTag
from connectors.modbus.connector import ModbusConnector
from connectors.runtime.source_check import open_and_read
from connectors.sdk.connector import ConnectorContext
from connectors.sdk.messages import Sample
from connectors.templates.expansion import example_of, source_of
from connectors.templates.model import Template
from simulators.modbus_memory import DeviceMemory, Table
from simulators.modbus_server import ModbusServer, Unit


def registers(words: str) -> list[int]:
    """`4366 8000` as numbers."""
    return [int(word, 16) for word in words.split()]


def checked_source(document: Mapping[str, Any]) -> ModbusSource:
    """The source of a template as the connector reads it."""
    return ModbusSource.model_validate({**document, "id": "device"})


def example_source(template: Template) -> ModbusSource:
    """The same with the examples of its parameters."""
    return checked_source(example_of(template))


def memory_of(tags: Sequence[ModbusTag], words: Mapping[str, str]) -> DeviceMemory:
    """The addresses of the tags alone, with the words of the vector in them."""
    memory = DeviceMemory()
    for tag in tags:
        memory.lay_out(Table(tag.table), range(tag.address, tag.address + tag.width))
    by_name = {tag.name: tag for tag in tags}
    for name, text in words.items():
        tag = by_name[name]
        memory.put(Table(tag.table), tag.address, registers(text))
    return memory


@asynccontextmanager
async def serving(memory: DeviceMemory, unit: int = 1) -> AsyncIterator[int]:
    """Serve one unit on a free port of the loopback interface."""
    server = ModbusServer({unit: Unit(memory=memory)})
    port = await server.start("127.0.0.1", 0)
    try:
        yield port
    finally:
        await server.stop()


async def read(template: Template, memory: DeviceMemory) -> Mapping[str, Sample]:
    """Every tag of a template, read from a device with this memory."""
    async with serving(memory) as port:
        place = {"host": "127.0.0.1", "port": port, "unit": 1}
        if any(parameter.name == "transport" for parameter in template.parameters):
            place["transport"] = "tcp"
        examples = {each.name: each.example for each in template.parameters if each.example}
        source = checked_source(source_of(template, {**examples, **place}))
        clock = PlantClock.starting_at(real_now_us())
        connector = ModbusConnector(source, ConnectorContext(clock=clock))
        reading = await open_and_read(connector)
        await connector.close()
    return {sample.tag: sample for sample in reading.samples}

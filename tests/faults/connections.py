"""The connections of an edge in the day of faults: what is behind each, and how it can fail.

Each fault is a method that breaks something for some seconds and heals it.
"""

from __future__ import annotations

import asyncio
import json
import random
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.clock import PlantClock, monotonic_s
from mes.ports import free_port
from tests.connectors.faulty_link import Fault, FaultyLink, faulty_link
from tests.connectors.modbus.device import Request, serving
from tests.connectors.modbus.rtu_device import RtuRequest, rtu_serving
from tests.connectors.modbus.sources import document, tag
from tests.connectors.mqtt.broker import BrokerProcess, broker
from tests.faults.ticking_bus import WRONG_REPLIES, TickingBus
from tests.faults.ticking_device import TAGS, TICK_S, TICKS, WRONG_ANSWERS, TickingDevice
from tests.faults.ticking_topic import GARBAGE, TOPIC, TickingTopic, publishing
from tests.peers.opcua_sources import OPEN
from tests.peers.processes import Peer, joined_line, node_peer

SCAN_S = 0.2
TIMEOUT_MS = 300
QUIET_MS = 1000
"""Longer than any two late replies of a serial unit lie apart here."""
LATEST_S, LATEST_SERIAL_S = 3.0, 1.2
SILENCE_S = 3.0
NOTHING_PASSES = (Fault.BLACK_HOLE, Fault.CUT_IN_FRAME)

Span = tuple[float, float]
Break = Callable[[float, random.Random], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every connection needs to begin."""

    folder: Path
    clock: PlantClock
    stack: AsyncExitStack

    def plant_ms(self, real_s: float) -> int:
        """A real time as a plant file writes it."""
        return int(real_s * 1000 * self.clock.speed)


def name_of(device: int) -> str:
    """The source that reads a device."""
    return f"device-{device}"


class Connection(ABC):
    """One connection, with the devices behind it; sick as a whole.

    Attributes:
        kind: for people.
        devices: their numbers.
        sick: real times [from, to) of its faults.
        blind: by device the real times in which nothing could be read.
    """

    kind = ""

    def __init__(self, *devices: int) -> None:
        self.devices = devices
        self.sick: list[Span] = []
        self.blind: dict[int, list[Span]] = {device: [] for device in devices}

    @abstractmethod
    async def start(self, world: World) -> list[dict[str, Any]]:
        """Begin to serve; the sources as a plant file has them."""

    @property
    @abstractmethod
    def faults(self) -> Sequence[Break]:
        """What can happen to it."""

    @contextmanager
    def seeing_nothing(self, *devices: int) -> Iterator[None]:
        """Nothing can be read of these devices meanwhile, of all of them without a name."""
        began = monotonic_s()
        yield
        for device in devices or self.devices:
            self.blind[device].append((began, monotonic_s()))


class OverNetwork(Connection):
    """A connection whose network can fail."""

    link: FaultyLink

    async def network_fails(self, seconds: float, chance: random.Random) -> None:
        """Reset, silence, one byte a second or rubbish."""
        fault = chance.choice([fault for fault in Fault if fault is not Fault.NONE])
        began = monotonic_s()
        self.link.break_with(fault)
        await asyncio.sleep(seconds)
        if fault in NOTHING_PASSES:
            for device in self.devices:
                self.blind[device].append((began, monotonic_s()))
        self.link.heal()


class ModbusTcp(OverNetwork):
    """A device of its own behind Modbus TCP."""

    kind = "modbus tcp"

    async def start(self, world: World) -> list[dict[str, Any]]:
        (number,) = self.devices
        self.device = TickingDevice(number)
        await world.stack.enter_async_context(serving(self.device))
        self.link = await world.stack.enter_async_context(faulty_link(self.device.port))
        return [_modbus(world, number, document(self.link.port, _registers()))]

    @property
    def faults(self) -> Sequence[Break]:
        often = (self.network_fails, self.answers_wrongly)
        return (*often, *often, self.answers_late, self.says_nothing, self.loses_a_register)

    async def answers_wrongly(self, seconds: float, chance: random.Random) -> None:
        """The device answers wrongly."""
        wrong = chance.choice(WRONG_ANSWERS)

        async def answer(request: Request, writer: asyncio.StreamWriter) -> bool:
            writer.write(wrong(self.device, request))
            return True

        await self._answering(answer, seconds)

    async def answers_late(self, seconds: float, chance: random.Random) -> None:
        """Each answer is right, but comes when the edge has given up waiting for it."""
        delay_s = chance.uniform(TIMEOUT_MS / 1000 + 0.1, LATEST_S)

        async def answer(request: Request, writer: asyncio.StreamWriter) -> bool:
            text = self.device.reply(request)
            asyncio.get_running_loop().call_later(delay_s, writer.write, text)
            return True

        await self._answering(answer, seconds)

    async def says_nothing(self, seconds: float, _: random.Random) -> None:
        """The device takes requests and says nothing."""

        async def swallow(_: Request, __: asyncio.StreamWriter) -> bool:
            return True

        with self.seeing_nothing():
            await self._answering(swallow, seconds)

    async def loses_a_register(self, seconds: float, chance: random.Random) -> None:
        """One register is no longer there."""
        self.device.refused = {2 * chance.randrange(TAGS)}
        await asyncio.sleep(seconds)
        self.device.refused = set()

    async def _answering(
        self, answer: Callable[[Request, asyncio.StreamWriter], Awaitable[bool]], seconds: float
    ) -> None:
        self.device.fault = answer
        await asyncio.sleep(seconds)
        self.device.fault = None


class RtuUnits(Connection):
    """Units on a bus of Modbus RTU."""

    bus: TickingBus

    async def start_bus(self, world: World) -> None:
        """Serve the units."""
        self.bus = TickingBus(units=set(self.devices))
        await world.stack.enter_async_context(rtu_serving(self.bus))

    async def unit_answers_wrongly(self, seconds: float, chance: random.Random) -> None:
        """One unit answers wrongly."""
        wrong = chance.choice(WRONG_REPLIES)

        def answer(request: RtuRequest, writer: asyncio.StreamWriter) -> None:
            writer.write(wrong(self.bus, request))

        await self._answering(answer, seconds, chance)

    async def unit_answers_late(self, seconds: float, chance: random.Random) -> None:
        """Each answer of one unit is right but late, and says not to which request it belongs."""
        delay_s = chance.uniform(TIMEOUT_MS / 1000 + 0.1, LATEST_SERIAL_S)

        def answer(request: RtuRequest, writer: asyncio.StreamWriter) -> None:
            text = self.bus.reply(request)
            asyncio.get_running_loop().call_later(delay_s, writer.write, text)

        await self._answering(answer, seconds, chance)

    async def unit_says_nothing(self, seconds: float, chance: random.Random) -> None:
        """One unit is off."""
        unit = chance.choice(self.devices)
        with self.seeing_nothing(unit):
            self.bus.units.remove(unit)
            await asyncio.sleep(seconds)
            self.bus.units.add(unit)

    async def _answering(
        self,
        answer: Callable[[RtuRequest, asyncio.StreamWriter], None],
        seconds: float,
        chance: random.Random,
    ) -> None:
        unit = chance.choice(self.devices)

        async def one_unit(request: RtuRequest, writer: asyncio.StreamWriter) -> bool:
            if request.unit == unit:
                answer(request, writer)
            return request.unit == unit

        self.bus.fault = one_unit
        await asyncio.sleep(seconds)
        self.bus.fault = None


class RtuOverTcp(RtuUnits, OverNetwork):
    """A serial server with one unit behind it."""

    kind = "rtu over tcp"

    async def start(self, world: World) -> list[dict[str, Any]]:
        await self.start_bus(world)
        self.link = await world.stack.enter_async_context(faulty_link(self.bus.port))
        where = {"transport": "rtu_over_tcp", "host": "127.0.0.1", "port": self.link.port}
        return [_serial(world, number, where) for number in self.devices]

    @property
    def faults(self) -> Sequence[Break]:
        often = (self.network_fails, self.unit_answers_wrongly)
        return (*often, *often, self.unit_answers_late, self.unit_says_nothing)


class SerialLine(RtuUnits):
    """A serial line (two pseudo-terminals) with units on it."""

    kind = "rtu"

    async def start(self, world: World) -> list[dict[str, Any]]:
        await self.start_bus(world)
        self._stack = await world.stack.enter_async_context(AsyncExitStack())
        self._end = world.folder / "line"
        await self._plug_in()
        where = {"transport": "rtu", "serial_port": str(self._end), "parity": "none"}
        return [_serial(world, number, where) for number in self.devices]

    @property
    def faults(self) -> Sequence[Break]:
        often = (self.unit_answers_wrongly, self.unit_answers_late)
        return (*often, *often, self.unit_says_nothing, self.adapter_is_pulled)

    async def adapter_is_pulled(self, seconds: float, _: random.Random) -> None:
        """The device file is gone for a while."""
        with self.seeing_nothing():
            await self._stack.aclose()
            await asyncio.sleep(seconds)
            await self._plug_in()

    async def _plug_in(self) -> None:
        await self._stack.enter_async_context(joined_line(self._end, self.bus.port))


class OfProcess(OverNetwork):
    """A connection to a process, which can be suspended, killed and started again."""

    @abstractmethod
    def freeze(self) -> None:
        """Connections stand, nothing answers."""

    @abstractmethod
    def thaw(self) -> None:
        """Go on."""

    @abstractmethod
    async def kill(self) -> None:
        """End it, as a power cut does."""

    @abstractmethod
    async def revive(self) -> None:
        """Start it again, on the same port."""

    async def stands_still(self, seconds: float, _: random.Random) -> None:
        """The process is suspended."""
        self.freeze()
        await asyncio.sleep(seconds)
        self.thaw()

    async def starts_again(self, seconds: float, _: random.Random) -> None:
        """The process is killed and comes back."""
        with self.seeing_nothing():
            await self.kill()
            await asyncio.sleep(seconds)
            await self.revive()


class OpcuaServer(OfProcess):
    """An independent OPC UA server (node-opcua)."""

    kind = "opcua"

    async def start(self, world: World) -> list[dict[str, Any]]:
        (number,) = self.devices
        self._port = free_port()
        self._options = _server_options(world, number)
        self._stack = await world.stack.enter_async_context(AsyncExitStack())
        await self.revive()
        self.link = await world.stack.enter_async_context(faulty_link(self._port))
        tags = [
            {"name": f"t{n}", "node": f"nsu=urn:demo:day;s=t{n}", "stream": _stream(n)}
            for n in range(TAGS)
        ]
        return [
            {
                "id": name_of(number),
                "protocol": "opcua",
                "tags": tags,
                "endpoint": f"opc.tcp://127.0.0.1:{self.link.port}",
                "publish_ms": world.plant_ms(SCAN_S / 2),
                **OPEN,
            }
        ]

    @property
    def faults(self) -> Sequence[Break]:
        return (self.network_fails, self.network_fails, self.stands_still, self.starts_again)

    def freeze(self) -> None:
        self._peer.freeze()

    def thaw(self) -> None:
        self._peer.thaw()

    async def kill(self) -> None:
        await self._stack.aclose()

    async def revive(self) -> None:
        peer = node_peer("ticking_opcua_server.js", self._port, self._options)
        self._peer: Peer = await self._stack.enter_async_context(peer)


class MqttBroker(OfProcess):
    """An independent broker (NATS) with one publisher of JSON."""

    kind = "mqtt"

    def __init__(self, *devices: int, keep_alive_s: int = 4) -> None:
        super().__init__(*devices)
        self._keep_alive_s = keep_alive_s

    async def start(self, world: World) -> list[dict[str, Any]]:
        (number,) = self.devices
        self._broker: BrokerProcess = await world.stack.enter_async_context(
            broker(world.folder / "broker")
        )
        self.link = await world.stack.enter_async_context(faulty_link(self._broker.port))
        topic = TickingTopic(number, self._broker.port, world.clock)
        self._topic = await world.stack.enter_async_context(publishing(topic, SCAN_S))
        silence_s = world.plant_ms(SILENCE_S) / 1000
        tags = [
            {"name": f"t{n}", "topic": TOPIC, "path": f"t{n}", "stream": _stream(n)}
            | {"max_silence_s": silence_s}
            for n in range(TAGS)
        ]
        place = {"host": "127.0.0.1", "port": self.link.port, "keep_alive_s": self._keep_alive_s}
        times = {"time_path": "at", "time_format": "us"}
        return [{"id": name_of(number), "protocol": "mqtt", "broker": place, "tags": tags, **times}]

    @property
    def faults(self) -> Sequence[Break]:
        return (
            *(self.network_fails, self.network_fails, self.stands_still, self.starts_again),
            *(self.publishes_garbage, self.publisher_is_silent),
        )

    def freeze(self) -> None:
        self._broker.freeze()

    def thaw(self) -> None:
        self._broker.thaw()

    async def kill(self) -> None:
        await self._broker.stop()

    async def revive(self) -> None:
        await self._broker.start()

    async def publishes_garbage(self, seconds: float, chance: random.Random) -> None:
        """What cannot be believed, between messages that can."""
        end = monotonic_s() + seconds
        while monotonic_s() < end:
            whole = self._topic.message()
            cut = whole[: chance.randrange(len(whole))]
            self._topic.say(chance.choice((*GARBAGE, cut)))
            await asyncio.sleep(SCAN_S / 3)

    async def publisher_is_silent(self, seconds: float, _: random.Random) -> None:
        """The device stops speaking; its broker stands."""
        self._topic.is_silent = True
        await asyncio.sleep(seconds)
        self._topic.is_silent = False


def all_connections() -> list[Connection]:
    """Those of the day; every device has its own number."""
    single = [ModbusTcp(number) for number in range(1, 5)]
    return [*single, SerialLine(5, 6), RtuOverTcp(7), OpcuaServer(8), MqttBroker(9, keep_alive_s=2)]


def _stream(tag_number: int) -> str:
    return "sample" if tag_number % 2 else "event"


def _registers() -> list[dict[str, Any]]:
    return [{**tag(f"t{n}", 2 * n, type="uint32"), "stream": _stream(n)} for n in range(TAGS)]


def _modbus(world: World, number: int, source: Mapping[str, Any]) -> dict[str, Any]:
    scan_ms = world.plant_ms(SCAN_S)
    return {**source, "id": name_of(number), "scan_ms": scan_ms, "timeout_ms": TIMEOUT_MS}


def _serial(world: World, number: int, where: Mapping[str, Any]) -> dict[str, Any]:
    link = {**where, "quiet_ms": QUIET_MS}
    return _modbus(world, number, {**document(1, _registers()), "link": link, "unit": number})


def _server_options(world: World, number: int) -> str:
    clock = world.clock
    return json.dumps(
        {
            "folder": str(world.folder / "opcua"),
            "device": number,
            "tags": TAGS,
            "tick_s": TICK_S,
            "tick_count": TICKS,
            "every_ms": int(SCAN_S * 1000),
            "anchor_us": clock.anchor_us,
            "monotonic_ns": clock.monotonic_ns,
            "speed": float(clock.speed),
        }
    )

"""What sources of one link share: the line, its rests, its order, and its renewal."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from connectors.clock import monotonic_s
from connectors.modbus.client import LeftAlone, ModbusLink, ReadRequest
from connectors.modbus.config import Table
from connectors.modbus.connector import ModbusConnector
from connectors.modbus.link_config import RtuLink, TcpLink
from connectors.modbus.units import FIRST_PROBE_S, LONGEST_PROBE_S, OFTEN_FOR_S, Unit
from connectors.sdk.errors import ConfigurationError, SilentUnit, Unavailable
from connectors.sdk.links import LinkRegistry
from tests.connectors.modbus.device import Device, Request, serving
from tests.connectors.modbus.sources import connector, source, tag

TIMEOUT_MS = 60


def unit_on(device: Device, number: int, links: LinkRegistry, **more: object) -> ModbusConnector:
    """One unit of the device with one tag; register 0 is read."""
    settings = {"unit": number, "timeout_ms": TIMEOUT_MS, **more}
    return connector(source(device.port, [tag("a", 0)], **settings), links)


async def lost(plc: ModbusConnector) -> SilentUnit:
    """The error of a unit that does not answer."""
    with pytest.raises(SilentUnit) as caught:
        await plc.read_all()
    return caught.value


async def test_a_silent_unit_with_neighbours_is_probed_once_and_then_left_alone() -> None:
    device = Device(registers={0: 7}, silent_units={2})
    links = LinkRegistry()
    async with serving(device):
        good, gone = unit_on(device, 1, links), unit_on(device, 2, links)
        await good.open()
        await good.read_all()
        await gone.open()
        await lost(gone)
        asked = sum(request.unit == 2 for request in device.requests)
        await good.read_all()
        for _ in range(5):
            await gone.close()
            await gone.open()
            begun = monotonic_s()
            assert isinstance(await lost(gone), LeftAlone)
            assert monotonic_s() - begun < TIMEOUT_MS / 2000
        assert sum(request.unit == 2 for request in device.requests) == asked == 2
        assert gone.context.counters.requests == 2
        await gone.close()
        await good.close()


async def test_a_silent_unit_that_is_alone_on_its_link_is_asked_whenever_its_source_likes() -> None:
    device = Device(registers={0: 7}, silent_units={2})
    async with serving(device):
        gone = unit_on(device, 2, LinkRegistry())
        await gone.open()
        await lost(gone)
        device.silent_units.clear()
        assert (await gone.read_all()).samples[0].value == 7
        await gone.close()


def test_probes_of_a_silent_unit_become_rarer_until_they_cost_the_line_next_to_nothing() -> None:
    for timeout_s, longest in ((0.05, FIRST_PROBE_S), (0.5, 25.0), (3.0, LONGEST_PROBE_S)):
        unit, now, waits = Unit(), 100.0, []
        for _ in range(20):
            unit.left_alone(now, timeout_s)
            waits.append(unit.probe_at - now)
            now = unit.probe_at
        often = int(OFTEN_FOR_S / FIRST_PROBE_S)
        assert waits[:often] == [FIRST_PROBE_S] * often
        assert waits == sorted(waits)
        assert waits[-1] == longest
        unit.answered(now)
        assert not unit.is_silent


async def test_when_nothing_answers_any_more_nobody_is_left_alone_and_the_link_is_renewed() -> None:
    """A dead peer may leave a connection that looks well; a new one finds the device again."""
    device = Device(registers={0: 7})
    dead: set[int] = set()

    async def mute_old_connections(request: Request, writer: asyncio.StreamWriter) -> bool:
        return writer.get_extra_info("peername")[1] in dead

    device.fault = mute_old_connections
    links = LinkRegistry()
    async with serving(device):
        units = [unit_on(device, number, links) for number in (1, 2)]
        for plc in units:
            await plc.open()
            await plc.read_all()
        dead.update(device.connections)
        await lost(units[0])
        for plc in reversed(units):
            assert (await plc.read_all()).samples[0].value == 7
            await plc.close()
    assert len(device.connections) == 2


@pytest.mark.parametrize(
    ("link_ms", "unit_ms", "least_ms"), [(40, 0, 40), (0, 40, 40), (20, 40, 40), (40, 20, 40)]
)
async def test_the_longer_rest_of_link_and_unit_counts(
    link_ms: int, unit_ms: int, least_ms: int
) -> None:
    times: list[float] = []

    async def note(request: Request, writer: asyncio.StreamWriter) -> bool:
        times.append(monotonic_s())
        return False

    device = Device(fault=note)
    async with serving(device):
        link = {"transport": "tcp", "host": "127.0.0.1", "port": device.port, "pause_ms": link_ms}
        tags = [tag(f"t{n}", 100 * n) for n in range(4)]
        plc = connector(source(device.port, tags, link=link, pause_ms=unit_ms))
        await plc.open()
        await plc.read_all()
        await plc.close()
    gaps = [1000 * (later - earlier) for earlier, later in itertools.pairwise(times)]
    assert len(gaps) == 3
    assert min(gaps) >= least_ms - 1


async def test_while_one_unit_rests_the_others_have_the_line() -> None:
    device = Device(registers={0: 7})
    links = LinkRegistry()
    async with serving(device):
        slow = unit_on(device, 1, links, pause_ms=1000)
        quick = unit_on(device, 2, links)
        await slow.open()
        await quick.open()
        await slow.read_all()
        resting = asyncio.create_task(slow.read_all())
        begun = monotonic_s()
        for _ in range(5):
            await quick.read_all()
        assert monotonic_s() - begun < 0.9
        assert not resting.done()
        resting.cancel()
        await asyncio.wait([resting])
        await slow.close()
        await quick.close()


async def test_units_of_one_link_take_turns_request_by_request() -> None:
    device = Device()
    links = LinkRegistry()
    async with serving(device):
        far = [tag(f"t{n}", 100 * n) for n in range(5)]
        plcs = [connector(source(device.port, far, unit=unit), links) for unit in (1, 2, 3)]
        for plc in plcs:
            await plc.open()
        await asyncio.gather(*(plc.read_all() for plc in plcs))
        for plc in plcs:
            await plc.close()
    order = [request.unit for request in device.requests]
    assert all(sorted(order[n : n + 3]) == [1, 2, 3] for n in range(0, 15, 3))


async def test_a_link_that_two_sources_describe_differently_is_a_configuration_error() -> None:
    device = Device()
    links = LinkRegistry()
    async with serving(device):
        first = unit_on(device, 1, links)
        other = {"transport": "tcp", "host": "127.0.0.1", "port": device.port, "pause_ms": 50}
        second = unit_on(device, 2, links, link=other)
        await first.open()
        with pytest.raises(ConfigurationError) as caught:
            await second.open()
        await second.close()
        assert links.holders(first.config.link.key) == 1
        await first.close()
    assert caught.value.code == "link_settings_differ"
    assert caught.value.field == "link"


async def test_a_serial_port_that_is_not_there_is_named() -> None:
    link = ModbusLink(RtuLink(transport="rtu", serial_port="/dev/no-such-port"))
    with pytest.raises(Unavailable, match="/dev/no-such-port") as caught:
        await link.ensure_open(1.0)
    assert (caught.value.code, caught.value.step) == ("serial_port_missing", "port")


@pytest.mark.parametrize(
    ("more", "name", "silence_ms"),
    [
        ({}, "19200 8E1", 2.005),
        ({"parity": "none"}, "19200 8N2", 2.005),
        ({"baud": 9600, "parity": "none", "stop_bits": 1}, "9600 8N1", 3.646),
        ({"baud": 115_200, "parity": "odd"}, "115200 8O1", 1.75),
    ],
)
def test_a_serial_line_has_the_defaults_and_silences_of_the_standard(
    more: dict[str, object], name: str, silence_ms: float
) -> None:
    link = RtuLink.model_validate({"transport": "rtu", "serial_port": "/dev/ttyS7", **more})
    assert link.name == f"/dev/ttyS7 ({name})"
    assert 1000 * link.silence_s == pytest.approx(silence_ms, abs=0.001)


async def test_a_reading_of_a_renewed_link_that_cannot_connect_says_so() -> None:
    device = Device(registers={0: 7}, silent_units={1})
    request = ReadRequest(1, Table.HOLDING, 0, 1)
    async with serving(device):
        link = ModbusLink(TcpLink(transport="tcp", host="127.0.0.1", port=device.port))
        await link.ensure_open(1.0)
        for _ in range(3):
            with pytest.raises(SilentUnit):
                await link.read(request, 0.03)
    with pytest.raises(Unavailable) as caught:
        await link.read(request, 1.0)
    assert caught.value.code == "connection_refused"
    link.end()

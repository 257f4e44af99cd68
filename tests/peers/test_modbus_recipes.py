"""Situations in which stock libraries give wrong values or stop, against devices others wrote."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import monotonic_s
from connectors.modbus.connector import ModbusConnector
from connectors.sdk.capabilities import WriteOutcome
from connectors.sdk.errors import SilentUnit, Unavailable
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import Reading
from mes.core.case_model import CounterMode
from mes.core.derive.increments import CounterRule, increments
from mes.core.derive.increments import Reading as CounterReading
from mes.core.flags import Flag
from mes.ports import free_port
from tests.connectors.modbus.sources import connector, document, source, tag
from tests.connectors.runtime.test_edge import configuration, edge_running, options
from tests.connectors.support import centre, until
from tests.peers.processes import installed_peer, node_peer, script_peer, serial_line

ESTABLISHED = "01"
FAR = [tag(f"t{n}", 100 * n) for n in range(3)]


def by_tag(reading: Reading) -> dict[str, tuple[object, str | None]]:
    return {sample.tag: (sample.value, sample.reason) for sample in reading.samples}


@asynccontextmanager
async def line(folder: Path, late: tuple[int, float] = (0, 0.0)) -> AsyncIterator[dict[str, Any]]:
    """A serial line with units 1, 2 and 4 of modbus_tk on it, as the `link` of a source."""
    async with serial_line(folder) as (ours, theirs):
        settings = ("19200", "N", "2", str(late[0]), str(late[1]))
        async with script_peer("modbus_tk_line.py", theirs, *settings):
            yield {"transport": "rtu", "serial_port": ours, "parity": "none"}


def unit(
    link: dict[str, Any], number: int, links: LinkRegistry | None = None, **more: Any
) -> ModbusConnector:
    settings = {"link": link, "unit": number, "timeout_ms": 150, **more}
    return connector(source(502, FAR, **settings), links)


async def test_units_on_a_serial_line_share_one_port_and_each_has_its_values(
    tmp_path: Path,
) -> None:
    links = LinkRegistry()
    async with line(tmp_path) as link:
        units = {number: unit(link, number, links) for number in (1, 2, 4)}
        for plc in units.values():
            await plc.open()
        readings = await asyncio.gather(*(plc.read_all() for plc in units.values()))
        assert links.holders(next(iter(units.values())).config.link.key) == 3
        for number, reading in zip(units, readings, strict=True):
            expected = {f"t{n}": (1000 * number + 100 * n, None) for n in range(3)}
            assert by_tag(reading) == expected
        assert (await units[2].write("t1", 7)).outcome is WriteOutcome.ACCEPTED
        assert (await units[2].read_back("t1")).value == 7
        assert (await units[1].read_back("t1")).value == 1100
        for plc in units.values():
            await plc.close()


async def test_a_serial_port_that_somebody_else_holds_is_named(tmp_path: Path) -> None:
    async with line(tmp_path) as link:
        first, second = unit(link, 1), unit(link, 2)
        await first.open()
        with pytest.raises(Unavailable) as caught:
            await second.open()
        await second.close()
        await first.close()
    assert caught.value.code == "serial_port_busy"


async def test_a_serial_adapter_that_is_pulled_is_noticed_and_found_again(tmp_path: Path) -> None:
    async with line(tmp_path) as link:
        plc = unit(link, 1)
        await plc.open()
        await plc.read_all()
    with pytest.raises(Unavailable):
        await plc.read_all()
    await plc.close()
    async with line(tmp_path):
        await plc.open()
        assert by_tag(await plc.read_all())["t2"] == (1200, None)
        await plc.close()


@pytest.mark.parametrize("reopens", [False, True])
@pytest.mark.parametrize("late_s", [0.2, 0.4, 0.8])
async def test_recipe_1_rtu_late_reply_once_then_three_registers_are_right_or_bad(
    tmp_path: Path, late_s: float, reopens: bool
) -> None:
    async with line(tmp_path, late=(6, late_s)) as link:
        plc = unit(link, 1)
        await plc.open()
        seen: list[dict[str, tuple[object, str | None]]] = []
        for _ in range(8):
            try:
                seen.append(by_tag(await plc.read_all()))
            except SilentUnit:
                seen.append({})
                if reopens:
                    await plc.close()
                    await plc.open()
        await plc.close()
    right = {f"t{n}": (1000 + 100 * n, None) for n in range(3)}
    assert seen[-1] == right
    assert [
        value
        for reading in seen
        for name, value in reading.items()
        if value != right[name] and value[0] is not None
    ] == []
    assert plc.context.counters.errors >= 1


async def test_recipe_6_one_absent_unit_of_four_leaves_the_others_their_scans(
    tmp_path: Path,
) -> None:
    scan_s, scans = 0.25, 20
    links = LinkRegistry()

    async def scanning(plc: ModbusConnector) -> int:
        """Scans that were done in time; a scan that runs over its period loses the next one."""
        done, begun = 0, monotonic_s()
        for number in range(1, scans + 1):
            if monotonic_s() < begun + number * scan_s:
                await plc.read_all()
                done += 1
            await asyncio.sleep(max(0.0, begun + number * scan_s - monotonic_s()))
        return done

    async def knocking(plc: ModbusConnector) -> None:
        while True:
            await plc.open()
            with pytest.raises(SilentUnit):
                await plc.read_all()
            await plc.close()
            await asyncio.sleep(scan_s)

    async with line(tmp_path) as link:
        present = [unit(link, number, links) for number in (1, 2, 4)]
        absent = unit(link, 3, links, timeout_ms=100)
        for plc in present:
            await plc.open()
            await plc.read_all()
        knocker = asyncio.create_task(knocking(absent))
        done = await asyncio.gather(*(scanning(plc) for plc in present))
        assert not knocker.done()
        knocker.cancel()
        await asyncio.wait([knocker])
        for plc in (absent, *present):
            await plc.close()
    assert min(done) >= 0.95 * scans
    assert absent.context.counters.requests <= 3


async def test_recipe_7_a_short_reply_is_bad_and_neighbours_in_other_blocks_are_not() -> None:
    tags = [tag("first", 0), tag("last", 19), tag("beyond", 25), tag("far", 300)]
    async with node_peer("jsmodbus_server.js", free_port()) as served:
        plc = connector(source(served.port, tags, max_gap=10))
        await plc.open()
        reading = by_tag(await plc.read_all())
        again = await plc.read(1000)
        await plc.close()
    assert (reading["first"], reading["far"][0]) == ((0, None), None)
    assert reading["last"] == reading["beyond"] == (None, "short_reply")
    assert reading["far"][1] == "short_reply"
    assert again.failed == 3


async def test_recipe_7_tags_that_the_device_answers_alone_are_good() -> None:
    tags = [tag("first", 0), tag("last", 19), tag("beyond", 25)]
    async with node_peer("jsmodbus_server.js", free_port()) as served:
        plc = connector(source(served.port, tags, max_gap=0))
        await plc.open()
        reading = by_tag(await plc.read_all())
        await plc.close()
    assert reading == {"first": (0, None), "last": (19, None), "beyond": (None, "short_reply")}


async def test_recipe_8_a_rollover_adds_and_a_reset_does_not_and_both_are_told_apart() -> None:
    tags = [tag("strokes", 50), tag("rejects", 52, type="uint32")]
    strokes, rejects = [65_533, 65_535, 3, 10], [65_534, 65_535, 3, 0]
    read: dict[str, list[CounterReading]] = {"strokes": [], "rejects": []}
    async with installed_peer("libmodbus_server", free_port()) as served:
        plc = connector(source(served.port, tags))
        await plc.open()
        for position, values in enumerate(zip(strokes, rejects, strict=True)):
            for name, value in zip(read, values, strict=True):
                assert (await plc.write(name, value)).outcome is WriteOutcome.ACCEPTED
            for sample in (await plc.read(1000)).samples:
                assert isinstance(sample.value, int)
                reading = CounterReading(
                    event_time=sample.received_time,
                    source="plc",
                    epoch="e",
                    seq=position,
                    value=sample.value,
                )
                read[sample.tag].append(reading)
        await plc.close()
    rolling = CounterRule(mode=CounterMode.ROLLOVER, modulus=65_536)
    resettable = CounterRule(mode=CounterMode.RESETTABLE)
    added = [(i.amount, i.flags) for i in increments(read["strokes"], rolling)]
    assert added == [(2, ()), (4, ()), (7, ())]
    added = [(i.amount, i.flags) for i in increments(read["rejects"], resettable)]
    reset = (Flag.COUNTER_RESET,)
    assert added == [(1, ()), (3, reset), (0, reset)]


async def test_recipe_9_a_scale_changes_and_no_other_device_sees_its_connection_closed(
    tmp_path: Path,
) -> None:
    scaled = {**tag("count", 0), "stream": "event"}
    ports = [free_port(), free_port()]
    plcs = [document(port, [scaled], id=f"plc-{port}", scan_ms=50) for port in ports]

    def runs(revision: int, value: float) -> bool:
        known = [mes.values(f"plc-{port}", "count")[-1:] for port in ports]
        return edge.revision == revision and known == [[value], [65_535]]

    with centre() as mes:
        async with (
            installed_peer("libmodbus_server", ports[0]),
            node_peer("modbus_serial_server.js", ports[1]),
            edge_running(options(tmp_path, mes.url)) as edge,
        ):
            mes.configuration = configuration(1, *plcs)
            await until(lambda: runs(1, 65_535), 10.0)
            before = [source_ports(port) for port in ports]
            changed = {**plcs[0], "tags": [{**plcs[0]["tags"][0], "scale": 0.5}]}
            mes.configuration = configuration(2, changed, plcs[1])
            await until(lambda: runs(2, 32_767.5), 10.0)
            after = [source_ports(port) for port in ports]
    assert [len(each) for each in before] == [1, 1]
    assert after[1] == before[1], "the same source port before and after"
    assert after[0] != before[0], "the device that was changed is connected anew"


def source_ports(port: int) -> set[int]:
    """From where connections of this machine to one of its ports come, as its kernel says."""
    found = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, ours, theirs, state, *_ = line.split()
        if state == ESTABLISHED and int(theirs.rpartition(":")[2], 16) == port:
            found.add(int(ours.rpartition(":")[2], 16))
    return found

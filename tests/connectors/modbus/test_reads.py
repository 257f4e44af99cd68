"""What the device refuses is found once, remembered, planned around, and looked at again."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from connectors.modbus import reads
from connectors.sdk.messages import Quality, Reading
from tests.connectors.modbus.device import Device, Request, frame, serving
from tests.connectors.modbus.sources import connector, source, tag


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that plan and connector see; a test may move it."""
    time = [1000.0]
    for module in ("reads", "blocks", "connector"):
        monkeypatch.setattr(f"connectors.modbus.{module}.monotonic_s", lambda: time[0])
    return time


def bad(reading: Reading) -> dict[str, str | None]:
    return {s.tag: s.reason for s in reading.samples if s.quality is Quality.BAD}


def shapes(device: Device, begin: int) -> list[tuple[int, int]]:
    return [(request.address, request.count) for request in device.requests[begin:]]


async def test_after_the_search_a_refused_tag_costs_two_requests_around_it() -> None:
    device = Device(registers={n: n for n in range(100)}, refused={37})
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(100)]))
        await plc.open()
        reading = await plc.read_all()
        assert bad(reading) == {"t37": "illegal_address"}
        assert {s.tag: s.value for s in reading.samples if s.tag != "t37"} == {
            f"t{n}": n for n in range(100) if n != 37
        }
        begin = len(device.requests)
        assert begin < 2 * 7 + 6
        await plc.read(1000)
        assert shapes(device, begin) == [(0, 37), (38, 62)]
        await plc.close()


async def test_what_was_learned_stands_after_a_reconnection_and_the_tag_is_asked_alone() -> None:
    device = Device(registers={n: n for n in range(10)}, refused={5})
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(10)]))
        await plc.open()
        await plc.read_all()
        await plc.close()
        begin = len(device.requests)
        await plc.open()
        assert bad(await plc.read_all()) == {"t5": "illegal_address"}
        assert shapes(device, begin) == [(0, 5), (5, 1), (6, 4)]
        await plc.close()


async def test_a_refused_tag_that_comes_back_is_read_with_its_neighbours_again(
    now: list[float],
) -> None:
    device = Device(registers={n: n for n in range(10)}, refused={5})
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(10)]))
        await plc.open()
        await plc.read_all()
        device.refused.clear()
        assert (await plc.read(1000)).failed == 1
        now[0] += 6.0
        healed = await plc.read(1000)
        assert ("t5", 5) in {(s.tag, s.value) for s in healed.samples}
        begin = len(device.requests)
        assert (await plc.read(1000)).failed == 0
        assert shapes(device, begin) == [(0, 10)]
        await plc.close()


async def test_a_refused_tag_is_looked_at_less_and_less_often_at_least_once_a_day(
    now: list[float],
) -> None:
    device = Device(registers={n: n for n in range(3)}, refused={1})
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(3)]))
        await plc.open()
        await plc.read_all()
        asked: list[float] = []
        for _ in range(200):
            begin = len(device.requests)
            await plc.read(1000)
            if (1, 1) in shapes(device, begin):
                asked.append(now[0])
            now[0] += 3600.0
        await plc.close()
    waits = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(86_400.0, abs=3600.0)


async def test_a_refused_hole_between_tags_is_not_read_over_again_until_a_day_is_over(
    now: list[float],
) -> None:
    device = Device(registers={0: 7, 20: 8}, refused={9})
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0), tag("b", 20)]))
        await plc.open()
        reading = await plc.read_all()
        assert {s.tag: s.value for s in reading.samples} == {"a": 7, "b": 8}
        begin = len(device.requests)
        await plc.read(1000)
        assert shapes(device, begin) == [(0, 1), (20, 1)]
        device.refused.clear()
        now[0] += reads.REMEMBERED_S + 1
        begin = len(device.requests)
        await plc.read(1000)
        assert shapes(device, begin) == [(0, 21)]
        await plc.close()


async def test_a_device_that_takes_less_than_it_should_is_read_in_shorter_requests() -> None:
    async def at_most_sixteen(request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.count <= 16:
            return False
        writer.write(frame(request, bytes([request.function | 0x80, 3])))
        return True

    device = Device(registers={n: n for n in range(60)}, fault=at_most_sixteen)
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(60)]))
        await plc.open()
        reading = await plc.read_all()
        begin = len(device.requests)
        await plc.read(1000)
        await plc.close()
    assert bad(reading) == {}
    assert len(reading.samples) == 60
    assert shapes(device, begin) == [(0, 15), (15, 15), (30, 15), (45, 15)]


async def test_of_two_values_that_overlap_only_the_one_over_the_refused_address_is_bad() -> None:
    device = Device(registers={n: n for n in range(4)}, refused={2})
    tags = [tag("word", 1), tag("double", 1, type="uint32"), tag("z", 3)]
    async with serving(device):
        plc = connector(source(device.port, tags))
        await plc.open()
        reading = await plc.read_all()
        await plc.close()
    assert bad(reading) == {"double": "illegal_address"}
    assert {s.tag: s.value for s in reading.samples if s.tag != "double"} == {"word": 1, "z": 3}


async def test_bits_of_one_refused_register_are_bad_together_and_cost_one_request() -> None:
    device = Device(registers={n: n for n in range(4)}, refused={2})
    bits = [tag(f"b{n}", 2, type="bit", bit=n) for n in range(4)]
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 1), *bits, tag("z", 3)]))
        await plc.open()
        reading = await plc.read_all()
        assert set(bad(reading)) == {"b0", "b1", "b2", "b3"}
        begin = len(device.requests)
        await plc.read_all()
        assert shapes(device, begin) == [(1, 1), (2, 1), (3, 1)]
        await plc.close()


async def test_another_exception_is_no_matter_of_addresses_and_is_not_searched() -> None:
    async def failing(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(frame(request, bytes([request.function | 0x80, 4])))
        return True

    device = Device(fault=failing)
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(9)]))
        await plc.open()
        reading = await plc.read_all()
        await plc.close()
    assert set(bad(reading).values()) == {"device_failure"}
    assert len(device.requests) == 1


async def test_what_one_block_teaches_is_not_held_against_the_blocks_planned_before() -> None:
    async def at_most_sixteen(request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.count <= 16:
            return False
        writer.write(frame(request, bytes([request.function | 0x80, 3])))
        return True

    device = Device(registers={n: n for n in range(300)}, fault=at_most_sixteen)
    tags = [tag(f"t{n}", n) for n in (*range(60), *range(200, 260))]
    async with serving(device):
        plc = connector(source(device.port, tags))
        await plc.open()
        reading = await plc.read_all()
        await plc.close()
    assert bad(reading) == {}
    assert {s.tag: s.value for s in reading.samples} == {t["name"]: t["address"] for t in tags}
    assert (200, 60) not in shapes(device, 0)


async def test_a_passing_failure_of_the_device_is_over_for_us_within_five_seconds(
    now: list[float],
) -> None:
    async def failing(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(frame(request, bytes([request.function | 0x80, 4])))
        return True

    device = Device(registers={0: 7}, fault=failing)
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0)]))
        await plc.open()
        await plc.read_all()
        for _ in range(100):
            now[0] += 10.0
            await plc.read(1000)
        device.fault = None
        now[0] += 5.0
        assert [s.value for s in (await plc.read(1000)).samples] == [7]
        await plc.close()


async def test_a_search_on_a_slow_device_keeps_what_it_found_when_its_time_is_over(
    now: list[float],
) -> None:
    async def slow(_: Request, __: asyncio.StreamWriter) -> bool:
        now[0] += 1.0
        return False

    refused = set(range(0, 60, 3))
    device = Device(registers={n: n for n in range(60)}, refused=refused, fault=slow)
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(60)], timeout_ms=1500))
        await plc.open()
        begun = now[0]
        await plc.read_all()
        assert now[0] - begun < plc.read_timeout_s
        for _ in range(60):
            before = now[0]
            await plc.read(1000)
            assert now[0] - before < plc.read_timeout_s
            now[0] += 4.0
        assert {span.start for span in plc.refused} == refused
        await plc.close()

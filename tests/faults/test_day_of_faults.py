"""A day of plant in half an hour, with a fault somewhere at almost any time.

Every value that arrives as good is the value that this very register had at that moment; all time
in which nobody could look is a gap; and the edge holds no more in the end than after its warm-up.
`PROOF_SECONDS` shortens or lengthens the day; the speed of the plant clock follows.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from connectors.clock import ENVIRONMENT_KEY, PlantClock, monotonic_s, real_now_us
from connectors.sdk.messages import Quality
from tests.connectors.faulty_link import Fault, FaultyLink, faulty_link
from tests.connectors.modbus.device import Request, serving
from tests.connectors.modbus.sources import document, tag
from tests.connectors.support import TOKEN, Centre, centre, until
from tests.faults.ticking_device import (
    TAGS,
    TICK_S,
    TICKS,
    WRONG_ANSWERS,
    TickingDevice,
    parts_of,
    tick_at,
)
from tests.faults.watched_edge import Holdings, told

DAY_S = 86_400
SECONDS = int(os.environ.get("PROOF_SECONDS", "1800"))
SPEED = Fraction(DAY_S, SECONDS)
SEED = 20
DEVICES = 4
SCAN_S = 0.2
TIMEOUT_MS = 300
OLDEST_S = 1.5
"""A value may be as old as this when the edge has it in hand: time-out, asking again, load."""
FAULT_EVERY_S = 3.0
LONGEST_FAULT_S = 8.0
PAUSE_S = 4.0
BACK_S = 45.0
WARM_UP = 3
"""One part in so many of the run is warm-up."""
SPARE_HANDLES = 3
SPARE_MEMORY = 1.04


@dataclass
class Rig:
    """The plant, the ways to it, the MES and the edge.

    Attributes:
        blind: by source the real times [from, to) in which nothing could be read.
        done: how often each kind of fault happened.
    """

    mes: Centre
    clock: PlantClock
    devices: list[TickingDevice]
    links: list[FaultyLink]
    process: asyncio.subprocess.Process
    blind: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)

    def plant_us(self, at_s: float) -> int:
        """Plant time of a moment of the monotonic clock."""
        passed_us = int((at_s - self.clock.monotonic_ns / 1e9) * 1_000_000 * self.clock.speed)
        return self.clock.anchor_us + passed_us

    def moment_s(self, plant_us: int) -> float:
        """The opposite of `plant_us`."""
        passed_us = (plant_us - self.clock.anchor_us) / self.clock.speed
        return self.clock.monotonic_ns / 1e9 + float(passed_us) / 1_000_000


def name_of(device: int) -> str:
    return f"device-{device}"


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    clock = PlantClock.starting_at(real_now_us(), SPEED)
    async with AsyncExitStack() as stack:
        mes = stack.enter_context(centre())
        devices = [TickingDevice(number) for number in range(1, DEVICES + 1)]
        links = []
        for device in devices:
            await stack.enter_async_context(serving(device))
            links.append(await stack.enter_async_context(faulty_link(device.port)))
        process = await _start_edge(folder, mes, clock, links)
        subject = Rig(mes=mes, clock=clock, devices=devices, links=links, process=process)
        try:
            yield subject
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _start_edge(
    folder: Path, mes: Centre, clock: PlantClock, links: Sequence[FaultyLink]
) -> asyncio.subprocess.Process:
    token, config = folder / "token", folder / "edge.json"
    token.write_text(TOKEN)
    sources = [_source(number, link.port) for number, link in enumerate(links, 1)]
    wanted = {"edge": "edge-1", "server": mes.url, "token_file": str(token)}
    config.write_text(json.dumps({**wanted, "revision": 1, "sources": sources}))
    every_s = min(60.0, SECONDS / 30)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.watched_edge", str(folder), str(config)),
        str(every_s),
        env={**os.environ, ENVIRONMENT_KEY: clock.to_environment()},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def _source(number: int, port: int) -> dict[str, Any]:
    tags = [
        {**tag(f"t{n}", 2 * n, type="uint32"), "stream": "sample" if n % 2 else "event"}
        for n in range(TAGS)
    ]
    scan_ms = int(SCAN_S * 1000 * SPEED)
    more = {"id": name_of(number), "scan_ms": scan_ms, "timeout_ms": TIMEOUT_MS}
    return document(port, tags, **more)


class Day:
    """Breaks one thing after the other, a few at once, as a seed says."""

    def __init__(self, subject: Rig) -> None:
        self._rig = subject
        self._chance = random.Random(SEED)
        self._sick: set[int] = set()

    async def pass_by(self, seconds: float) -> None:
        """Faults until then; all healed in the end."""
        end = monotonic_s() + seconds
        async with asyncio.TaskGroup() as faults:
            while monotonic_s() < end:
                await asyncio.sleep(self._chance.uniform(0.2, 2 * FAULT_EVERY_S))
                faults.create_task(self._one_fault())

    async def _one_fault(self) -> None:
        kind = self._chance.choice(KINDS)
        seconds = self._chance.uniform(1.0, LONGEST_FAULT_S)
        well = [n for n in range(DEVICES) if n not in self._sick]
        if not well:
            return
        number = self._chance.choice(well)
        self._sick.add(number)
        self._rig.done[kind.__name__] += 1
        try:
            await kind(self._rig, number, seconds, self._chance)
        finally:
            self._sick.discard(number)


async def link_fault(subject: Rig, number: int, seconds: float, chance: random.Random) -> None:
    """The network fails."""
    link = subject.links[number]
    fault = chance.choice([fault for fault in Fault if fault is not Fault.NONE])
    began = monotonic_s()
    link.break_with(fault)
    await asyncio.sleep(seconds)
    if fault is Fault.BLACK_HOLE:
        subject.blind.setdefault(name_of(number + 1), []).append((began, monotonic_s()))
    link.heal()


async def wrong_answers(subject: Rig, number: int, seconds: float, chance: random.Random) -> None:
    """The device answers wrongly."""
    device, wrong = subject.devices[number], chance.choice(WRONG_ANSWERS)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(wrong(device, request))
        return True

    await _misbehave(device, answer, seconds)


async def late_answers(subject: Rig, number: int, seconds: float, chance: random.Random) -> None:
    """Each answer is right, but comes when the edge has given up waiting for it."""
    device = subject.devices[number]
    delay_s = chance.uniform(TIMEOUT_MS / 1000 + 0.1, 3.0)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> bool:
        text = device.reply(request)
        asyncio.get_running_loop().call_later(delay_s, writer.write, text)
        return True

    await _misbehave(device, answer, seconds)


async def silence(subject: Rig, number: int, seconds: float, _: random.Random) -> None:
    """The device takes requests and says nothing."""

    async def swallow(_: Request, __: asyncio.StreamWriter) -> bool:
        return True

    began = monotonic_s()
    await _misbehave(subject.devices[number], swallow, seconds)
    subject.blind.setdefault(name_of(number + 1), []).append((began, monotonic_s()))


async def refused_registers(
    subject: Rig, number: int, seconds: float, chance: random.Random
) -> None:
    """One register is no longer there."""
    device = subject.devices[number]
    device.refused = {2 * chance.randrange(TAGS)}
    await asyncio.sleep(seconds)
    device.refused = set()


async def mes_away(subject: Rig, _: int, seconds: float, __: random.Random) -> None:
    """The MES refuses everything for a while."""
    subject.mes.refuse = lambda body: (503, {"code": "starting"})
    await asyncio.sleep(seconds)
    subject.mes.refuse = lambda body: None


async def edge_stands_still(subject: Rig, _: int, __: float, ___: random.Random) -> None:
    """The process of the edge is suspended."""
    began = monotonic_s()
    subject.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(PAUSE_S)
    for device in range(1, DEVICES + 1):
        subject.blind.setdefault(name_of(device), []).append((began, monotonic_s()))
    subject.process.send_signal(signal.SIGCONT)


KINDS: Sequence[Callable[[Rig, int, float, random.Random], Awaitable[None]]] = (
    *(link_fault, link_fault, wrong_answers, wrong_answers, late_answers),
    *(silence, refused_registers, mes_away, edge_stands_still),
)


async def _misbehave(
    device: TickingDevice,
    answer: Callable[[Request, asyncio.StreamWriter], Awaitable[bool]],
    seconds: float,
) -> None:
    device.fault = answer
    await asyncio.sleep(seconds)
    device.fault = None


@pytest.mark.proof
async def test_a_day_of_faults_gives_no_wrong_value_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as subject:
        await until(lambda: _all_are_well(subject, 0.0), BACK_S)
        await Day(subject).pass_by(SECONDS)
        await until(lambda: _all_are_well(subject, monotonic_s() - 2.0), BACK_S)
        subject.process.terminate()
        assert await subject.process.wait() == 0
        holdings = told(tmp_path)
        print(dict(subject.done), *holdings[:: len(holdings) // 6], sep="\n")  # noqa: T201  # figures
        for device in range(1, DEVICES + 1):
            _no_value_is_wrong(subject, device)
            _blind_times_are_gaps(subject, name_of(device))
        _nothing_has_grown(holdings)


def _all_are_well(subject: Rig, since_s: float) -> bool:
    """Every tag has a good value that was read after `since_s`."""
    for device in range(1, DEVICES + 1):
        latest: dict[str, Any] = {}
        for stream in ("event", "sample"):
            for key, records in list(subject.mes.records.items()):
                if key[:2] == (name_of(device), stream):
                    tail = list(records.values())[-8:]
                    latest |= {record[2]: record for record in tail if record[1] == "v"}
        if len(latest) < TAGS or any(record[4] for record in latest.values()):
            return False
        if any(subject.moment_s(record[7]) < since_s for record in latest.values()):
            return False
    return True


def _no_value_is_wrong(subject: Rig, device: int) -> None:
    good = 0
    for stream in ("event", "sample"):
        for record in subject.mes.kinds(name_of(device), stream):
            if record[1] != "v":
                continue
            if record[4] == Quality.BAD:
                assert record[3] is None
                assert record[5]
                continue
            good += 1
            of_device, of_tag, tick = parts_of(record[3])
            assert (of_device, f"t{of_tag}") == (device, record[2]), record
            age = (tick_at(subject.moment_s(record[7])) - tick) % TICKS
            assert age * TICK_S <= OLDEST_S, (record, age * TICK_S)
    assert good > SECONDS


def _blind_times_are_gaps(subject: Rig, source: str) -> None:
    gaps = [record for record in subject.mes.kinds(source) if record[1] == "g"]
    assert all(record[2] < record[3] for record in gaps)
    for began, ended in subject.blind.get(source, ()):
        if ended - began < 2 * OLDEST_S:
            continue
        first, last = subject.plant_us(began + OLDEST_S), subject.plant_us(ended)
        for gap in sorted(gaps, key=lambda record: record[2]):
            if gap[2] <= first:
                first = max(first, gap[3])
        assert first >= last, f"{source} was blind from {began} to {ended}: {gaps}"


def _nothing_has_grown(found: Sequence[Holdings]) -> None:
    begin, end = found[0].at_s, found[-1].at_s
    settled = [each for each in found if each.at_s - begin > (end - begin) / WARM_UP]
    half = len(settled) // 2
    first, second = settled[:half], settled[half:]
    assert half >= 5
    for name in ("tasks", "threads", "sockets", "files"):
        before = median(getattr(each, name) for each in first)
        after = median(getattr(each, name) for each in second)
        assert after <= before + SPARE_HANDLES, (name, before, after)
    before = median(each.memory_kb for each in first)
    after = median(each.memory_kb for each in second)
    assert after <= SPARE_MEMORY * before, (before, after)

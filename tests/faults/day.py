"""A plant, an edge in a process of its own, a small MES, and what breaks in them as a seed says."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from connectors.clock import ENVIRONMENT_KEY, PlantClock, monotonic_s, real_now_us
from tests.connectors.support import TOKEN, Centre, centre
from tests.faults.connections import Connection, Span, World, all_connections

FAULT_EVERY_S = 3.0
LONGEST_FAULT_S = 8.0
PAUSE_S = 4.0
NOT_OF_A_CONNECTION = 0.15
"""Share of the faults that hit the MES or the process of the edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One fault of a connection, in real time."""

    what: str
    connection: Connection
    span: Span


@dataclass(kw_only=True)
class Rig:
    """The plant, the ways to it, the MES and the edge.

    Attributes:
        paused: real times in which the edge stood still.
        broken: every fault of a connection.
        done: how often each kind of fault happened.
    """

    mes: Centre
    clock: PlantClock
    connections: Sequence[Connection]
    process: asyncio.subprocess.Process
    paused: list[Span] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def plant_us(self, at_s: float) -> int:
        """Plant time of a moment of the monotonic clock."""
        passed_us = int((at_s - self.clock.monotonic_ns / 1e9) * 1_000_000 * self.clock.speed)
        return self.clock.anchor_us + passed_us

    def moment_s(self, plant_us: int) -> float:
        """The opposite of `plant_us`."""
        passed_us = (plant_us - self.clock.anchor_us) / self.clock.speed
        return self.clock.monotonic_ns / 1e9 + float(passed_us) / 1_000_000


@asynccontextmanager
async def rig(folder: Path, speed: Fraction, tell_every_s: float) -> AsyncIterator[Rig]:
    """Everything runs until left; the edge tells what it holds every `tell_every_s`."""
    clock = PlantClock.starting_at(real_now_us(), speed)
    async with AsyncExitStack() as stack:
        mes = stack.enter_context(centre())
        world = World(folder=folder, clock=clock, stack=stack)
        connections = all_connections()
        sources = [source for each in connections for source in await each.start(world)]
        process = await _start_edge(world, mes, sources, tell_every_s)
        try:
            yield Rig(mes=mes, clock=clock, connections=connections, process=process)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _start_edge(
    world: World, mes: Centre, sources: Sequence[dict[str, Any]], tell_every_s: float
) -> asyncio.subprocess.Process:
    token, config = world.folder / "token", world.folder / "edge.json"
    token.write_text(TOKEN)
    wanted = {"edge": "edge-1", "server": mes.url, "token_file": str(token)}
    config.write_text(json.dumps({**wanted, "revision": 1, "sources": sources}))
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.watched_edge", str(world.folder), str(config)),
        str(tell_every_s),
        env={**os.environ, ENVIRONMENT_KEY: world.clock.to_environment()},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


class Day:
    """Breaks one thing after the other, a few at once; a connection has one fault at a time."""

    def __init__(self, subject: Rig, seed: int) -> None:
        self._rig = subject
        self._chance = random.Random(seed)
        self._sick: set[Connection] = set()
        self._is_paused = False

    async def pass_by(self, seconds: float) -> Span:
        """Faults until then, and all healed in the end; the real time of it."""
        began = monotonic_s()
        async with asyncio.TaskGroup() as faults:
            while monotonic_s() < began + seconds:
                await asyncio.sleep(self._chance.uniform(0.2, 2 * FAULT_EVERY_S))
                faults.create_task(self._one_fault())
        return began, monotonic_s()

    async def _one_fault(self) -> None:
        seconds = self._chance.uniform(1.0, LONGEST_FAULT_S)
        if self._chance.random() < NOT_OF_A_CONNECTION:
            await self._chance.choice((self._mes_is_away, self._edge_stands_still))(seconds)
            return
        well = [each for each in self._rig.connections if each not in self._sick]
        if not well:
            return
        connection = self._chance.choice(well)
        break_it = self._chance.choice(connection.faults)
        what = f"{connection.kind}: {break_it.__name__.replace('_', ' ')}"
        self._rig.done[what] += 1
        self._sick.add(connection)
        began = monotonic_s()
        try:
            await break_it(seconds, self._chance)
        finally:
            span = (began, monotonic_s())
            connection.sick.append(span)
            self._rig.broken.append(Broken(what=what, connection=connection, span=span))
            self._sick.discard(connection)

    async def _mes_is_away(self, seconds: float) -> None:
        """The MES refuses everything for a while."""
        self._rig.done["MES: is away"] += 1
        self._rig.mes.refuse = lambda body: (503, {"code": "starting"})
        await asyncio.sleep(seconds)
        self._rig.mes.refuse = lambda body: None

    async def _edge_stands_still(self, _: float) -> None:
        """The process of the edge is suspended; one that is already, is not twice."""
        if self._is_paused:
            return
        self._is_paused = True
        self._rig.done["edge: stands still"] += 1
        began = monotonic_s()
        self._rig.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(PAUSE_S)
        self._rig.paused.append((began, monotonic_s()))
        self._rig.process.send_signal(signal.SIGCONT)
        self._is_paused = False

"""What the rules share: connectors on a rig, the host's own runner, and what must not be left."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from connectors.clock import monotonic_s, plant_clock
from connectors.conformance.rig import Document, Rig
from connectors.runtime.configuration import check_source
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.runtime.store import SpoolReader
from connectors.sdk.connector import Connector, ConnectorContext
from connectors.sdk.manifest import Manifest
from connectors.sdk.messages import LinkState, Reading
from connectors.sdk.registry import manifest_of

SETTLE_S = 5.0
PAUSE_S = 0.02


class Bench:
    """One rig with the connectors that work on it. Use it inside one event loop."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig

    @property
    def manifest(self) -> Manifest:
        """The manifest of the tested connector."""
        return manifest_of(self.rig.protocol)

    def connector(self, document: Document | None = None) -> Connector:
        """A connector that is not open."""
        config = check_source(self.rig.document() if document is None else document)
        context = ConnectorContext(clock=plant_clock())
        return self.manifest.connector_class()(config, context)

    @asynccontextmanager
    async def opened(self, document: Document | None = None) -> AsyncIterator[Connector]:
        """An open connector, closed at the end."""
        connector = self.connector(document)
        try:
            await self.open(connector)
            yield connector
        finally:
            await connector.close()

    async def open(self, connector: Connector) -> None:
        """Open under the host's deadline, and let the device speak."""
        async with asyncio.timeout(connector.open_timeout_s):
            await connector.open()
        await self.rig.speak()

    async def read(self, connector: Connector) -> Reading:
        """Read everything under the host's deadline."""
        async with asyncio.timeout(connector.read_timeout_s):
            return await connector.read_all()

    @asynccontextmanager
    async def hosted(self) -> AsyncIterator[Host]:
        """The connector in the hands of the edge's own runner."""
        connector = self.connector()
        spool = Spool(self.rig.folder / "conformance.db")
        clock = connector.context.clock
        host = Host(SourceRunner(connector, {}, spool, clock), spool)
        task = asyncio.create_task(host.runner.run())
        try:
            yield host
        finally:
            task.cancel()
            await asyncio.wait([task])
            await asyncio.to_thread(spool.close)


class Host:
    """A running source and the records that it made."""

    def __init__(self, runner: SourceRunner, spool: Spool) -> None:
        self.runner = runner
        self._spool = spool

    async def until(self, states: set[LinkState], seconds: float) -> None:
        """Wait until the link is in one of the states."""
        await until(lambda: self.runner.status.state in states, seconds, f"link {states}")

    async def last_values(self) -> dict[str, tuple[object, int]]:
        """Value and quality of each tag as it was recorded last."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> dict[str, tuple[object, int]]:
        self._spool.flush(SETTLE_S)
        reader = SpoolReader(self._spool.path)
        chunks = reader.snapshot(10_000).chunks
        reader.close()
        records = [record for c in chunks for record in json.loads(f"[{c.records}]")]
        return {record[2]: (record[3], record[4]) for record in records if record[1] == "v"}


async def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait for a condition; its absence after `seconds` fails the rule."""
    end = monotonic_s() + seconds
    while not condition():
        assert monotonic_s() < end, f"not within {seconds:g} s: {what}"
        await asyncio.sleep(PAUSE_S)


class Leftovers:
    """Tasks, threads and open files, compared before and after."""

    def __init__(self) -> None:
        self._before = _counts()

    async def none_are_left(self) -> None:
        """Wait a little for what is ending; then nothing more than before may be there."""
        end = monotonic_s() + SETTLE_S
        while (found := self._grown()) and monotonic_s() < end:
            await asyncio.sleep(PAUSE_S)
        assert not found, f"left behind: {found}"

    def _grown(self) -> dict[str, int]:
        gc.collect()
        return {
            what: count - self._before[what]
            for what, count in _counts().items()
            if count > self._before[what]
        }


def _counts() -> dict[str, int]:
    """How many there are; the threads of the loop's own pool stay and are no leftovers."""
    threads = [t for t in threading.enumerate() if not t.name.startswith("asyncio_")]
    return {
        "tasks": len(asyncio.all_tasks()),
        "threads": len(threads),
        "open files": len(os.listdir("/proc/self/fd")),
    }


class Heart:
    """Beats in the event loop and measures the longest pause between two beats."""

    BEAT_S = 0.005

    def __init__(self) -> None:
        self.longest_s = 0.0

    @asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        """Measure what happens inside."""
        task = asyncio.create_task(self._beat())
        await asyncio.sleep(0)
        try:
            yield
        finally:
            await asyncio.sleep(0)
            task.cancel()

    async def _beat(self) -> None:
        while True:
            before = monotonic_s()
            await asyncio.sleep(self.BEAT_S)
            self.longest_s = max(self.longest_s, monotonic_s() - before - self.BEAT_S)


def files_below(folder: Path) -> list[Path]:
    """Every file that a rule has made."""
    return [path for path in folder.rglob("*") if path.is_file()]

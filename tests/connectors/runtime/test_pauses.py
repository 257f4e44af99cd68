"""An edge that stood still says so: nobody looked at its sources meanwhile."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.clock import PlantClock, real_now_us
from connectors.runtime.pauses import PauseWatch
from connectors.runtime.runner import SourceRunner
from connectors.runtime.spool import Spool
from connectors.sdk.connector import ConnectorContext, PushConnector
from connectors.sdk.messages import Quality, Reading, Sample, Stream
from tests.connectors.modbus.device import Device, Request, serving
from tests.connectors.runtime.test_edge import configuration, last_values, plc, start_edge
from tests.connectors.runtime.test_runner import records, values
from tests.connectors.sdk.small_connector import SmallSource
from tests.connectors.support import TOKEN, Centre, centre, until

SECOND_US = 1_000_000
PAUSE_S = 3.0


@contextmanager
def edge_process(tmp_path: Path, mes: Centre, *sources: Any) -> Iterator[subprocess.Popen[bytes]]:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    wanted = {"edge": "edge-1", "server": mes.url, "token_file": str(token)}
    path = tmp_path / "edge.json"
    path.write_text(json.dumps({**wanted, **configuration(1, *sources)}))
    process = start_edge(tmp_path, path)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def gaps(mes: Centre, source: str = "one") -> list[list[Any]]:
    return [record for record in mes.kinds(source) if record[1] == "g"]


@pytest.mark.parametrize("in_a_reading", [False, True])
async def test_a_suspended_edge_leaves_a_gap_over_the_time_nobody_looked(
    tmp_path: Path, in_a_reading: bool
) -> None:
    device = Device(registers={0: 10})
    stopped = asyncio.Event()

    async def stop_the_edge(_: Request, __: object) -> bool:
        if in_a_reading and len(device.requests) >= 40 and not stopped.is_set():
            process.send_signal(signal.SIGSTOP)
            stopped.set()
        return False

    device.fault = stop_the_edge
    with centre() as mes:
        async with serving(device):
            with edge_process(tmp_path, mes, plc("one", device.port)) as process:
                await until(lambda: len(device.requests) >= 40, 20.0)
                if not in_a_reading:
                    process.send_signal(signal.SIGSTOP)
                await until(lambda: _is_stopped(process.pid))
                began = real_now_us()
                await asyncio.sleep(PAUSE_S)
                device.registers[0] = 11
                ended = real_now_us()
                process.send_signal(signal.SIGCONT)
                await until(lambda: bool(gaps(mes)) and last_values(mes, "one")[-1:] == [11], 10.0)
    (gap,) = gaps(mes)
    assert gap[4] in {"edge_paused", "no_reply"} if in_a_reading else gap[4] == "edge_paused"
    assert gap[2] <= began
    assert gap[3] >= ended
    assert gap[3] - gap[2] < (PAUSE_S + 4) * SECOND_US
    back = next(r for r in mes.kinds("one") if r[1] == "v" and r[3] == 11)
    assert back[8] == gap[2]


async def test_a_pause_of_less_than_a_few_scans_is_no_hole(tmp_path: Path) -> None:
    device = Device(registers={0: 10})
    slow = {**plc("one", 0), "scan_ms": 2000}
    with centre() as mes:
        async with serving(device):
            slow["link"] = {**slow["link"], "port": device.port}
            with edge_process(tmp_path, mes, slow) as process:
                await until(lambda: last_values(mes, "one") == [10], 20.0)
                process.send_signal(signal.SIGSTOP)
                await until(lambda: _is_stopped(process.pid))
                await asyncio.sleep(PAUSE_S)
                device.registers[0] = 11
                process.send_signal(signal.SIGCONT)
                await until(lambda: last_values(mes, "one") == [10, 11], 10.0)
    assert gaps(mes) == []


class Speaking(PushConnector):
    """Says what it is told to."""

    def __init__(self, clock: PlantClock) -> None:
        config = SmallSource.model_validate({"id": "one", "tags": [{"name": "strokes"}]})
        super().__init__(config, ConnectorContext(clock=clock))
        self.told: asyncio.Queue[list[Sample]] = asyncio.Queue()
        self._covered = 0

    async def open(self) -> None:
        self._covered = 0

    async def close(self) -> None:
        self._covered = 0

    def says(self, value: int) -> Sample:
        return Sample("strokes", value, Quality.GOOD, self.context.clock.now_us())

    async def read_all(self) -> Reading:
        self._covered = self.context.clock.now_us()
        return Reading(samples=[self.says(10)], read_at=self._covered)

    async def next_samples(self) -> list[Sample]:
        samples = await self.told.get()
        self._covered = self.context.clock.now_us()
        return samples

    @property
    def covered_until(self) -> int:
        return self._covered


@pytest.mark.parametrize("speaks_at_once", [True, False])
async def test_what_a_source_says_just_after_a_pause_does_not_cover_it(
    tmp_path: Path, speaks_at_once: bool
) -> None:
    clock = PlantClock.starting_at(real_now_us())
    spool, pauses, connector = Spool(tmp_path / "spool.db"), PauseWatch(clock), Speaking(clock)
    runner = SourceRunner(connector, {"strokes": Stream.EVENT}, spool, clock, pauses=pauses)
    task = asyncio.create_task(runner.run())
    await until(lambda: values(spool) == [10])
    covered = spool.covered_until("one")
    pauses.count, pauses.last_us = 1, 4 * SECOND_US
    connector.told.put_nowait([connector.says(11)] if speaks_at_once else [])
    await until(lambda: len(values(spool)) == 2 + speaks_at_once)
    task.cancel()
    await asyncio.wait([task])
    gap, back = [record for record in records(spool) if record[1] == "g" or record[0] == 3]
    spool.close()
    assert (gap[0], gap[2], gap[4]) == (2, covered, "edge_paused")
    assert back[3] == (11 if speaks_at_once else 10)
    assert covered is not None
    assert covered < gap[3] <= back[7]


def _is_stopped(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2]
    return status.startswith("T")

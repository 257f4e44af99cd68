"""A NATS server as MQTT broker: a program that shares no line with ours."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mes.ports import free_port

START_S = 20.0
SERVER = Path(sys.executable).with_name("nats-server")


@dataclass(kw_only=True)
class BrokerProcess:
    """A broker that can be stopped, frozen and started again on the same port."""

    folder: Path
    port: int
    options: dict[str, Any]
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it listens."""
        assert SERVER.exists(), "nats-server is missing: install the development dependencies"
        config = {
            "listen": f"127.0.0.1:{free_port()}",
            "server_name": "broker",
            "jetstream": {"store_dir": str(self.folder / "store"), "max_memory_store": 67108864},
            "mqtt": {"listen": f"127.0.0.1:{self.port}", **self.options.get("mqtt", {})},
            **{key: value for key, value in self.options.items() if key != "mqtt"},
        }
        path = self.folder / "broker.conf"
        path.write_text(json.dumps(config))
        self.process = await asyncio.create_subprocess_exec(
            *(str(SERVER), "-c", str(path)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(START_S):
            while not await _accepts(self.port):
                assert self.process.returncode is None, "the broker ended"
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Kill it, as a power cut does."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def freeze(self) -> None:
        """Connections stand, nothing answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def broker(folder: Path, **options: Any) -> AsyncIterator[BrokerProcess]:
    """A running broker; `options` are those of its configuration file."""
    folder.mkdir(parents=True, exist_ok=True)
    running = BrokerProcess(folder=folder, port=free_port(), options=options)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True

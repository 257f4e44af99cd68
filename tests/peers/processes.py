"""Independent servers as processes. A missing peer fails the test; it is never left out."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE.parent.parent / ".peers" / "node_modules"
START_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A running peer and the port it serves."""

    port: int
    process: asyncio.subprocess.Process

    def freeze(self) -> None:
        """Stop the process without ending it: connections stand, nothing answers."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)


@asynccontextmanager
async def node_peer(script: str, port: int, *arguments: str) -> AsyncIterator[Peer]:
    """A Node.js peer, killed at the end, so that a restart is abrupt."""
    assert PEERS.is_dir(), "the peers are not installed: run `make peers`"
    async with _served("node", str(HERE / script), str(port), *arguments) as peer:
        yield peer


@asynccontextmanager
async def python_peer(code: str, port: int) -> AsyncIterator[Peer]:
    """A peer written in Python with a library that is not ours."""
    async with _served(sys.executable, "-c", code, str(port)) as peer:
        yield peer


@asynccontextmanager
async def _served(*command: str) -> AsyncIterator[Peer]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(START_S):
            while not (line := await process.stdout.readline()).startswith(b"ready"):
                assert line, f"the peer ended: {' '.join(command[:2])}"
        yield Peer(port=int(line.split()[1]), process=process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()

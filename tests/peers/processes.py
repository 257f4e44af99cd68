"""Independent servers as processes. A missing peer fails the test; it is never left out."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE.parent.parent / ".peers" / "node_modules"
START_S = 30.0


@asynccontextmanager
async def node_peer(script: str, port: int, *arguments: str) -> AsyncIterator[int]:
    """A Node.js peer; yields the port it serves. Killed at the end, so that a restart is abrupt."""
    assert PEERS.is_dir(), "the peers are not installed: run `make peers`"
    async with _served("node", str(HERE / script), str(port), *arguments) as served:
        yield served


@asynccontextmanager
async def python_peer(code: str, port: int) -> AsyncIterator[int]:
    """A peer written in Python with a library that is not ours."""
    async with _served(sys.executable, "-c", code, str(port)) as served:
        yield served


@asynccontextmanager
async def _served(*command: str) -> AsyncIterator[int]:
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
        yield int(line.split()[1])
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()

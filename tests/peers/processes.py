"""Independent servers as processes. A missing peer fails the test; it is never left out."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE.parent.parent / ".peers" / "node_modules"
PYTHON_PEERS = PEERS.parent / "python"
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
async def installed_peer(program: str, port: int) -> AsyncIterator[Peer]:
    """A program that `make peers` built."""
    path = PEERS.parent / program
    assert path.is_file(), "the peers are not installed: run `make peers`"
    async with _served(str(path), str(port)) as peer:
        yield peer


def system_program(name: str) -> str:
    """The path of a program that `make peers` gets from the system's packages."""
    path = shutil.which(name)
    assert path is not None, f"{name} is not installed: run `make peers`"
    return path


@asynccontextmanager
async def script_peer(
    script: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Peer]:
    """A script of this folder, run by Python with libraries that are not ours."""
    command = (sys.executable, str(HERE / script), *arguments)
    async with _served(*command, environment=environment) as peer:
        yield peer


@asynccontextmanager
async def serial_line(folder: Path) -> AsyncIterator[tuple[str, str]]:
    """The two ends of a serial line (socat), as device files."""
    ends = [str(folder / name) for name in ("line-a", "line-b")]
    process = await asyncio.create_subprocess_exec(
        "socat", *(f"pty,raw,echo=0,link={end}" for end in ends)
    )
    try:
        async with asyncio.timeout(START_S):
            while not all(Path(end).exists() for end in ends):
                await asyncio.sleep(0.01)
        yield ends[0], ends[1]
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def joined_line(end: Path, port: int) -> AsyncIterator[None]:
    """A serial port (socat) whose other end is a TCP port of the loopback interface."""
    process = await asyncio.create_subprocess_exec(
        "socat", f"pty,raw,echo=0,link={end}", f"tcp:127.0.0.1:{port}"
    )
    try:
        async with asyncio.timeout(START_S):
            while not end.exists():
                await asyncio.sleep(0.01)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def _served(
    *command: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Peer]:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
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

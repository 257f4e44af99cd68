"""Free ports of this machine, for servers whose port nobody chose."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from itertools import count

FIRST, SIZE = 20_000, 12_000
"""Below the ports that the system gives to outgoing connections (Linux: 32768 and above): none of
those, and no server that binds port 0, takes a port between its choice and its use."""
STEP = 5_003
"""Processes that run at the same time begin at different places."""

_numbers = count(os.getpid() * STEP)


def free_port() -> int:
    """A port of the loopback address on which nobody listens; this process gets it once.

    Raises:
        OSError: none of the ports is free.
    """
    for _ in range(SIZE):
        port = FIRST + next(_numbers) % SIZE
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")

"""Opening the socket of a link: names, addresses, and settings for small, quick requests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, TypeVar

KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVE_PROBES = 10, 5, 3

ProtocolT = TypeVar("ProtocolT", bound=asyncio.BaseProtocol)


async def connect(host: str, port: int, make: Callable[[], ProtocolT]) -> ProtocolT:
    """Connect to the first address of `host` that accepts; the protocol that `make` made.

    Raises:
        OSError: no address accepted; the last failure. `socket.gaierror` when there is none.
        UnicodeError: the host name cannot be a name.
    """
    loop = asyncio.get_running_loop()
    found = _numeric(host, port) or await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError | None = None
    for family, kind, protocol, _, address in found:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setblocking(False)
            await loop.sock_connect(opened, address)
            _tune(opened)
            _, connection = await loop.create_connection(make, sock=opened)
        except OSError as error:
            opened.close()
            failure = error
        except BaseException:
            opened.close()
            raise
        else:
            return connection
    raise failure or socket.gaierror(socket.EAI_NONAME, "no address")


def _numeric(host: str, port: int) -> list[Any]:
    """The address of a host that is written in numbers, without the threads of a look-up."""
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return []


def _tune(opened: socket.socket) -> None:
    """Small requests leave at once, and a dead peer is noticed while nothing is asked."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", KEEPALIVE_IDLE_S),
        ("TCP_KEEPINTVL", KEEPALIVE_EVERY_S),
        ("TCP_KEEPCNT", KEEPALIVE_PROBES),
    ):
        if hasattr(socket, name):
            opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

"""Opening the connection of a link, whatever its transport; every failure has its name."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from connectors.modbus.connection import Connection
from connectors.modbus.link_config import AnyLink, RtuLink, RtuOverTcpLink, TcpLink
from connectors.modbus.rtu import RtuConnection
from connectors.modbus.sockets import connect
from connectors.modbus.tcp import TcpConnection
from connectors.sdk.errors import Unavailable
from connectors.sdk.steps import Step


async def open_connection(
    link: AnyLink, on_stray: Callable[[int], None], timeout_s: float
) -> Connection:
    """Connect to the other end, or open the serial port.

    Args:
        on_stray: called with the unit of each RTU reply that nobody awaited.

    Raises:
        Unavailable: `host_not_found`, `connect_timeout`, `connection_refused`, `connect_failed`, or
            `serial_port_*`.
        ConfigurationError: the serial port does not take the settings.
    """
    if isinstance(link, RtuLink):
        from connectors.modbus.serial_line import open_line  # only systems with such ports load it

        return await open_line(link, on_stray)
    return await _open_socket(link, on_stray, timeout_s)


async def _open_socket(
    link: TcpLink | RtuOverTcpLink, on_stray: Callable[[int], None], timeout_s: float
) -> Connection:
    name = link.name
    try:
        async with asyncio.timeout(timeout_s):
            if isinstance(link, TcpLink):
                return await connect(link.host, link.port, lambda: TcpConnection(name))
            return await connect(link.host, link.port, lambda: RtuConnection(name, on_stray))
    except (socket.gaierror, UnicodeError) as error:
        detail = f"the host name {link.host!r} is not known"
        raise Unavailable("host_not_found", detail, step=Step.NAME) from error
    except TimeoutError as error:
        detail = f"{name} did not accept a connection in {timeout_s:g} s"
        raise Unavailable("connect_timeout", detail) from error
    except ConnectionRefusedError as error:
        detail = f"{name} refuses connections"
        raise Unavailable("connection_refused", detail) from error
    except OSError as error:
        detail = f"no connection to {name}: {error.strerror or type(error).__name__}"
        raise Unavailable("connect_failed", detail) from error

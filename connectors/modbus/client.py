"""One link to Modbus devices, shared by all units behind it; one request at a time.

The link knows neither sockets nor frames: they belong to the transport of its kind. A serial
transport stands beside `connectors.modbus.tcp` with the same `exchange` and `close`. A write never
goes through `read`'s way of asking again: whoever writes needs a class of its own.
"""

from __future__ import annotations

import asyncio
import socket

from connectors.modbus.config import Link
from connectors.modbus.pdu import DeviceRefusal, ReadRequest, WrongLength
from connectors.modbus.tcp import TcpConnection, connect
from connectors.sdk.errors import Unavailable

__all__ = ["DeviceRefusal", "ModbusLink", "ReadRequest", "WrongLength"]


class ModbusLink:
    """One TCP connection, shared by all units behind it; one request at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._turn = asyncio.Lock()
        self._connection: TcpConnection | None = None
        self._skipped_taken = 0

    @property
    def endpoint(self) -> str:
        """Host and port for people."""
        return f"{self._link.host}:{self._link.port}"

    @property
    def local_port(self) -> int | None:
        """TCP port of our side; None when not connected."""
        connection = self._connection
        if connection is None or connection.ended is not None:
            return None
        return connection.local_port

    def take_skipped(self) -> int:
        """Replies that were not believed (late, of another unit) since the last call."""
        if self._connection is None:
            return 0
        fresh = self._connection.skipped - self._skipped_taken
        self._skipped_taken += fresh
        return fresh

    async def ensure_open(self, timeout_s: float) -> None:
        """Connect unless connected; several sources that ask at once make one connection.

        Raises:
            Unavailable: `host_not_found`, `connect_timeout`, `connection_refused` or
                `connect_failed`.
        """
        async with self._turn:
            if self._connection is None or self._connection.ended is not None:
                self._connection = await self._connect(timeout_s)
                self._skipped_taken = 0

    async def read(self, request: ReadRequest, timeout_s: float) -> bytes:
        """Read registers or bits; the bytes are those of the reply.

        Args:
            timeout_s: real time for the reply, counted from when the request is sent.

        Raises:
            Unavailable: `connection_lost`, or `protocol_error` when the other end speaks something
                else.
            SilentUnit: `no_reply` within `timeout_s`.
            Busy: the device asks to wait.
            WrongLength: the reply holds another number of bytes.
            DeviceRefusal: any other Modbus exception.
        """
        turn = self._turn
        await turn.acquire()
        try:
            connection = self._connection
            if connection is None:
                raise Unavailable("connection_lost", f"no connection to {self.endpoint}")
            return await connection.exchange(request, timeout_s)
        finally:
            turn.release()

    def end(self) -> None:
        """Close the connection at once."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _connect(self, timeout_s: float) -> TcpConnection:
        host, port = self._link.host, self._link.port
        try:
            async with asyncio.timeout(timeout_s):
                return await connect(host, port, self.endpoint)
        except (socket.gaierror, UnicodeError) as error:
            detail = f"the host name {host!r} is not known"
            raise Unavailable("host_not_found", detail, step="dns") from error
        except TimeoutError as error:
            detail = f"{self.endpoint} did not accept a connection in {timeout_s:g} s"
            raise Unavailable("connect_timeout", detail) from error
        except ConnectionRefusedError as error:
            detail = f"{self.endpoint} refuses connections"
            raise Unavailable("connection_refused", detail) from error
        except OSError as error:
            detail = f"no connection to {self.endpoint}: {error.strerror or type(error).__name__}"
            raise Unavailable("connect_failed", detail) from error

"""Transport of Modbus requests. The only file that imports pymodbus, and for transport only.

Facts of pymodbus 3.16 that shape this file: `connect()` hides why it failed, so the socket is
opened here; its reconnection has no jitter and a limit of 300 s, so it is off; a pending request is
not told of a lost connection, so it is told here; decoding to registers is bypassed by own response
classes that keep the bytes. Cancelling a request over TCP is safe: a late reply carries the wrong
transaction id and is skipped.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import cast

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from connectors.modbus.config import Link, Table
from connectors.sdk.errors import Busy, ConnectorError, SilentUnit, Unavailable

# Time-outs are ours; pymodbus must not end a request by itself.
NEVER_S = 3600.0
GATEWAY_TARGET_SILENT = 11
BUSY_CODES = (5, 6)
EXCEPTION_REASONS = {
    1: "illegal_function",
    2: "illegal_address",
    3: "illegal_value",
    4: "device_failure",
    8: "memory_parity_error",
    10: "gateway_path_unavailable",
}

logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)


class DeviceRefusal(ConnectorError):
    """The device answered a read with a Modbus exception.

    Attributes:
        exception: number of the Modbus exception.
    """

    step = "address"

    def __init__(self, exception: int) -> None:
        code = EXCEPTION_REASONS.get(exception, f"exception_{exception}")
        super().__init__(code, f"the device answered Modbus exception {exception} ({code})")
        self.exception = exception


class _RawReply(ModbusPDU):
    """A read reply that keeps the bytes as they arrived."""

    rtu_byte_count_pos = 2

    def decode(self, data: bytes) -> None:
        self.raw = data[1 : 1 + data[0]]


class _RawCoils(_RawReply):
    function_code = 1


class _RawDiscreteInputs(_RawReply):
    function_code = 2


class _RawHoldingRegisters(_RawReply):
    function_code = 3


class _RawInputRegisters(_RawReply):
    function_code = 4


_REQUESTS: dict[Table, type[ModbusPDU]] = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}


class ModbusLink:
    """One TCP connection, shared by all units behind it; one request at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = asyncio.Lock()
        self._client: AsyncModbusTcpClient | None = None
        self._in_flight = False

    @property
    def endpoint(self) -> str:
        """Host and port for people."""
        return f"{self._link.host}:{self._link.port}"

    @property
    def local_port(self) -> int | None:
        """TCP port of our side; None when not connected."""
        if self._client is None or not self._client.connected:
            return None
        transport = cast(asyncio.Transport, self._client.ctx.transport)
        return int(transport.get_extra_info("sockname")[1])

    async def ensure_open(self, timeout_s: float) -> None:
        """Connect unless connected; several sources that ask at once make one connection.

        Raises:
            Unavailable: `host_not_found`, `connect_timeout`, `connection_refused` or
                `connect_failed`.
        """
        async with self._lock:
            if self._client is None or not self._client.connected:
                self._client = await self._connect(timeout_s)

    async def read(
        self, unit: int, table: Table, start: int, count: int, timeout_s: float
    ) -> bytes:
        """Read registers or bits; the bytes are those of the reply.

        Raises:
            Unavailable: `connection_lost`.
            SilentUnit: `no_reply` within `timeout_s`.
            Busy: the device asks to wait.
            DeviceRefusal: any other Modbus exception.
        """
        async with self._lock:
            client = self._client
            if client is None or not client.connected:
                raise Unavailable("connection_lost", f"no connection to {self.endpoint}")
            request = _REQUESTS[table](dev_id=unit, address=start, count=count)
            try:
                self._in_flight = True
                async with asyncio.timeout(timeout_s):
                    reply = await client.execute(False, request)
            except TimeoutError as error:
                detail = f"unit {unit} at {self.endpoint} gave no reply in {timeout_s:g} s"
                raise SilentUnit("no_reply", detail) from error
            except (ConnectionException, OSError) as error:
                detail = f"the connection to {self.endpoint} was lost"
                raise Unavailable("connection_lost", detail) from error
            except ModbusException as error:
                detail = f"{self.endpoint} answered something that is no Modbus reply"
                raise Unavailable("protocol_error", detail) from error
            finally:
                self._in_flight = False
        return self._bytes_of(reply, unit)

    def end(self) -> None:
        """Close the connection at once."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _connect(self, timeout_s: float) -> AsyncModbusTcpClient:
        host, port = self._link.host, self._link.port
        client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=NEVER_S,
            retries=0,
            reconnect_delay=0,
            trace_connect=self._connection_changed,
        )
        for reply in (_RawCoils, _RawDiscreteInputs, _RawHoldingRegisters, _RawInputRegisters):
            client.register(reply)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout_s):
                await loop.create_connection(client.ctx.handle_new_connection, host, port)
        except socket.gaierror as error:
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
        return client

    def _connection_changed(self, connected: bool) -> None:
        if connected or not self._in_flight or self._client is None:
            return
        waiting = self._client.ctx.response_future
        if not waiting.done():
            waiting.set_exception(ConnectionException("connection lost"))

    def _bytes_of(self, reply: ModbusPDU, unit: int) -> bytes:
        if isinstance(reply, _RawReply):
            return reply.raw
        exception = reply.exception_code
        if exception in BUSY_CODES:
            raise Busy("device_busy", f"the device answered Modbus exception {exception}")
        if exception == GATEWAY_TARGET_SILENT:
            detail = f"the gateway {self.endpoint} says that unit {unit} does not answer"
            raise SilentUnit("no_reply", detail)
        raise DeviceRefusal(exception)

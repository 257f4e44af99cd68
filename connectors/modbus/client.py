"""A link to Modbus units that can also be written: each write is sent once and never again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from connectors.modbus.connection import Connection
from connectors.modbus.pdu import DeviceRefusal, ReadRequest, WriteRequest, WrongLength
from connectors.modbus.reading_link import LeftAlone, ReadingLink
from connectors.modbus.units import Unit
from connectors.sdk.errors import ConnectorError, SilentUnit, Unavailable

__all__ = [
    "DeviceRefusal",
    "LeftAlone",
    "ModbusLink",
    "ReadRequest",
    "WriteUnanswered",
    "WrongLength",
]


class WriteUnanswered(ConnectorError):
    """A write was sent and its reply did not come; the value may or may not have arrived."""


class ModbusLink(ReadingLink):
    """One connection, shared by all units behind it, for reading and writing."""

    async def write(self, request: WriteRequest, timeout_s: float) -> None:
        """Write once; it is never sent again.

        Raises:
            Unavailable: there is no connection, or the unit is left alone; nothing was sent.
            WriteUnanswered: it was sent and no reply came.
            Busy: the device asks to wait; nothing changed.
            DeviceRefusal: any other Modbus exception; nothing changed.
        """
        await self._write_in_turn(request.unit, timeout_s, lambda _: _at_once(request))

    async def change(
        self, present: ReadRequest, change: Callable[[bytes], WriteRequest], timeout_s: float
    ) -> None:
        """Read registers and write what `change` makes of them; no other request comes between.

        Raises:
            Unavailable: nothing was sent, or the reading had no answer.
            WriteUnanswered: the write was sent and no reply came.
            Busy: the device asks to wait; nothing changed.
            WrongLength: the reading was answered wrongly; nothing was written.
            DeviceRefusal: any other Modbus exception; nothing changed.
        """
        unit = self._units.get(present.unit) or Unit()
        if unit.is_doubtful:
            await self._read_with_care(unit, present, timeout_s)

        async def make(connection: Connection) -> WriteRequest:
            strays = unit.strays
            data = await connection.exchange(present, timeout_s)
            if self._is_rtu:
                await asyncio.sleep(unit.hold_s(asyncio.get_running_loop().time()))
                if unit.is_doubtful or unit.strays != strays:
                    detail = f"late replies of unit {present.unit} at {self.endpoint}"
                    raise SilentUnit("late_replies", f"{detail}; nothing was written")
            await self._wait_for_line(connection)
            return change(data)

        await self._write_in_turn(present.unit, timeout_s, make)

    async def _write_in_turn(
        self,
        number: int,
        timeout_s: float,
        make: Callable[[Connection], Awaitable[WriteRequest]],
    ) -> None:
        unit = self._units.get(number) or Unit()
        await self._wait_for_probe(unit, number)
        async with self._turn_of(unit):
            connection = await self._connected(timeout_s)
            await self._wait_for_line(connection)
            is_sent = False
            try:
                request = await make(connection)
                is_sent = True
                await connection.exchange(request, timeout_s)
            except Unavailable as error:
                self._note(error)
                self._missed(unit, error)
                if is_sent:
                    raise WriteUnanswered(error.code, error.detail) from error
                raise
            except asyncio.CancelledError:
                self._missed(unit, None)
                raise
            finally:
                now = asyncio.get_running_loop().time()
                self._free_at = max(self._free_at, now + self._pause_s)
                unit.free_at = max(unit.free_at, now + unit.pause_s)


async def _at_once(request: WriteRequest) -> WriteRequest:
    return request

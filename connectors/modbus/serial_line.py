"""Opening a serial line for Modbus RTU."""

from __future__ import annotations

import asyncio
import errno
import termios
from collections.abc import Callable

import serial
from serial_asyncio_fast import SerialTransport

from connectors.modbus.link_config import RtuLink
from connectors.modbus.rtu import RtuConnection
from connectors.sdk.errors import ConfigurationError, Unavailable
from connectors.sdk.steps import Step

_PARITIES = {
    "even": serial.PARITY_EVEN,
    "odd": serial.PARITY_ODD,
    "none": serial.PARITY_NONE,
}
_BUSY = (errno.EBUSY, errno.EAGAIN)


async def open_line(link: RtuLink, on_stray: Callable[[int], None]) -> RtuConnection:
    """Open the serial port for us alone.

    Raises:
        Unavailable: `serial_port_missing`, `serial_port_busy`, `serial_port_denied` or
            `serial_port_failed`.
        ConfigurationError: `serial_settings_not_possible`: the port does not take them.
    """
    connection = RtuConnection(link.name, on_stray, link.character_s)
    transport = SerialTransport(asyncio.get_running_loop(), connection, _open(link))
    try:
        await asyncio.sleep(0)  # the transport says `connection_made` in the next turn of the loop
    except BaseException:
        transport.abort()
        raise
    return connection


def _open(link: RtuLink) -> serial.Serial:
    try:
        return serial.Serial(
            link.serial_port,
            baudrate=link.baud,
            bytesize=serial.EIGHTBITS,
            parity=_PARITIES[link.parity],
            stopbits=link.stops,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
    except (ValueError, termios.error) as error:
        detail = f"{link.name}: the serial port does not take these settings: {error}"
        raise ConfigurationError("serial_settings_not_possible", detail, field="link") from error
    except OSError as error:
        raise _refusal(link, error) from error


def _refusal(link: RtuLink, error: OSError) -> Unavailable:
    if error.errno == errno.ENOENT:
        detail = f"there is no serial port {link.serial_port}; is the adapter plugged in?"
        return Unavailable("serial_port_missing", detail, step=Step.PORT)
    if error.errno == errno.EACCES:
        detail = f"the edge may not open {link.serial_port}; add its user to the group of the port"
        return Unavailable("serial_port_denied", detail, step=Step.PORT)
    if error.errno in _BUSY:
        detail = f"{link.serial_port} is in use by another program"
        return Unavailable("serial_port_busy", detail, step=Step.PORT)
    detail = f"{link.serial_port} cannot be opened: {error.strerror or error}"
    return Unavailable("serial_port_failed", detail, step=Step.PORT)

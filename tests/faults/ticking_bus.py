"""Modbus RTU units on one bus whose every value says which register of which unit it is, and when.

A unit has the number of its device; its registers are those of `ticking_device`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace

from connectors.clock import monotonic_s
from tests.connectors.modbus.rtu_device import RtuBus, RtuRequest, framed
from tests.faults.ticking_device import TAGS, tick_at, value_of

WORDS = struct.Struct(f">{TAGS}I")


class TickingBus(RtuBus):
    """`TAGS` values of two registers each in every unit, from address 0 on."""

    def reply(self, request: RtuRequest) -> bytes:
        """The right answer, made from one tick."""
        tick = tick_at(monotonic_s())
        words = WORDS.pack(*(value_of(request.unit, tag, tick) for tag in range(TAGS)))
        data = words[2 * request.address : 2 * (request.address + request.count)]
        return framed(bytes((request.unit, request.function, len(data))) + data)


Wrong = Callable[[TickingBus, RtuRequest], bytes]


def busy(_: TickingBus, request: RtuRequest) -> bytes:
    """Exception 6, server device busy."""
    return framed(bytes((request.unit, request.function | 0x80, 6)))


def garbled(bus: TickingBus, request: RtuRequest) -> bytes:
    """One bit fell over on the line; the checksum says so."""
    reply = bytearray(bus.reply(request))
    reply[5] ^= 0x10
    return bytes(reply)


def of_another_unit(bus: TickingBus, request: RtuRequest) -> bytes:
    """An answer in the name of a unit that was not asked."""
    return bus.reply(replace(request, unit=request.unit + 8))


def of_another_function(bus: TickingBus, request: RtuRequest) -> bytes:
    """An answer with input registers to a question for holding registers."""
    return bus.reply(replace(request, function=4))


def too_short(_: TickingBus, request: RtuRequest) -> bytes:
    """A frame that is right in itself, with fewer registers than were asked."""
    return framed(bytes((request.unit, request.function, 2, 0, 7)))


def cut_off(bus: TickingBus, request: RtuRequest) -> bytes:
    """The line fell silent in the middle of the answer."""
    return bus.reply(request)[:-4]


def after_noise(bus: TickingBus, request: RtuRequest) -> bytes:
    """The right answer behind bytes that are nothing."""
    return b"\x00\xff\x00" + bus.reply(request)


WRONG_REPLIES: tuple[Wrong, ...] = (
    *(busy, garbled, of_another_unit, of_another_function),
    *(too_short, cut_off, after_noise),
)

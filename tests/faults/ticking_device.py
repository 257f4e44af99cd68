"""A Modbus device whose every value says which register of which device it is, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from connectors.clock import monotonic_s
from tests.connectors.modbus.device import Device, Request, frame

TICK_S = 0.05
TAGS = 4
DEVICE_SHIFT, TAG_SHIFT = 28, 24
TICKS = 1 << TAG_SHIFT


def tick_at(at_s: float) -> int:
    """The tick of a moment of the monotonic clock."""
    return int(at_s / TICK_S) % TICKS


def value_of(device: int, tag: int, tick: int) -> int:
    """The value of a register pair."""
    return device << DEVICE_SHIFT | tag << TAG_SHIFT | tick


def parts_of(value: int) -> tuple[int, int, int]:
    """Device, tag and tick of a value."""
    return value >> DEVICE_SHIFT, value >> TAG_SHIFT & 15, value % TICKS


class TickingDevice(Device):
    """`TAGS` values of two registers each, from address 0 on."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def reply(self, request: Request) -> bytes:
        """The right answer, made from one tick."""
        tick = tick_at(monotonic_s())
        for tag in range(TAGS):
            value = value_of(self.number, tag, tick)
            self.registers[2 * tag], self.registers[2 * tag + 1] = value >> 16, value & 0xFFFF
        return super().reply(request)


Wrong = Callable[[Device, Request], bytes]


def busy(_: Device, request: Request) -> bytes:
    """Exception 6, server device busy."""
    return frame(request, bytes([request.function | 0x80, 6]))


def failing(_: Device, request: Request) -> bytes:
    """Exception 4, server device failure."""
    return frame(request, bytes([request.function | 0x80, 4]))


def of_another_unit(device: Device, request: Request) -> bytes:
    """An answer in the name of a unit that was not asked."""
    return device.reply(replace(request, unit=request.unit + 1))


def to_another_request(device: Device, request: Request) -> bytes:
    """The answer to a request for the next registers, which nobody sent."""
    return device.reply(
        replace(
            request, transaction=(request.transaction + 1) % 65_536, address=request.address + 2
        )
    )


def too_short(_: Device, request: Request) -> bytes:
    """A frame that is right in itself, with fewer registers than were asked."""
    return frame(request, bytes([request.function, 2, 0, 7]))


WRONG_ANSWERS: tuple[Wrong, ...] = (busy, failing, of_another_unit, to_another_request, too_short)

"""The controllers and instruments of the plant with their register maps, each as a Modbus unit.

Addresses are those on the wire (from 0). 32-bit values have the high word first.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from simulators.modbus_memory import DeviceMemory, Table
from simulators.modbus_server import Unit
from simulators.plant.machine import Machine
from simulators.plant.model import STATE_CODES, State
from simulators.plant.plant import Plant
from simulators.plant.utilities import EnergyMeter, Furnace

PRESS_STRIDE = 0x20
STROKES_MODULUS = 1 << 16
_REJECTS_MODULUS = 1 << 32
_FREE_BLOCK = range(0x100, 0x120)


@dataclass(slots=True)
class PressPlc:
    """One controller for up to eight presses: 0x20 holding registers each, one coil each.

    +0 state, +1 strokes (rolls over at 65536), +2..3 rejects, +4 fault code, +5 strokes per
    minute x 10; coil n run lamp. Registers 0x100 to 0x11F are free for writing.

    Attributes:
        strokes_base, rejects_base: what the counters show less than the machine made, per press;
            a reboot sets them so that the counters begin at 0 again.
    """

    plant: Plant
    machines: Sequence[Machine]
    first_strokes: int = 0
    memory: DeviceMemory = field(default_factory=DeviceMemory)
    strokes_base: dict[str, int] = field(default_factory=dict)
    rejects_base: dict[str, int] = field(default_factory=dict)
    _revision: int = -1

    def __post_init__(self) -> None:
        self.memory.lay_out(Table.HOLDING, range(PRESS_STRIDE * len(self.machines)))
        self.memory.lay_out(Table.HOLDING, _FREE_BLOCK, writable=True)
        self.memory.lay_out(Table.COIL, range(len(self.machines)))
        for machine in self.machines:
            self.strokes_base.setdefault(machine.id, -self.first_strokes)
            self.rejects_base.setdefault(machine.id, 0)

    def unit(self) -> Unit:
        """The controller as the server sees it."""
        return Unit(memory=self.memory, refresh=self.refresh)

    def strokes(self, machine: Machine) -> int:
        """The stroke counter as it is shown."""
        return (machine.total - self.strokes_base[machine.id]) % STROKES_MODULUS

    def rejects(self, machine: Machine) -> int:
        """The reject counter as it is shown."""
        return (machine.rejects - self.rejects_base[machine.id]) % _REJECTS_MODULUS

    def refresh(self) -> None:
        """Show what the presses do now."""
        if self._revision == self.plant.revision:
            return
        self._revision = self.plant.revision
        for number, machine in enumerate(self.machines):
            rejects = self.rejects(machine)
            self.memory.put(
                Table.HOLDING,
                number * PRESS_STRIDE,
                [
                    STATE_CODES[machine.state],
                    self.strokes(machine),
                    rejects >> 16,
                    rejects & 0xFFFF,
                    machine.fault,
                    strokes_per_minute_x10(machine),
                ],
            )
            self.memory.put(Table.COIL, number, [int(machine.state is State.RUNNING)])

    def reboot(self) -> None:
        """Lose the counters, as a controller without a battery does."""
        for machine in self.machines:
            self.strokes_base[machine.id] = machine.total
            self.rejects_base[machine.id] = machine.rejects
        self._revision = -1


@dataclass(slots=True)
class RemoteIo:
    """Moxa ioLogik E1210: discrete inputs 0-15 (FC 2), their counters at input register 0x10.

    Counters are 32 bits each, high word first; writing 1 to coil 0x110 + n resets counter n and
    the coil reads back 0. Input n is the run lamp of machine n, counter n its piece contact.
    """

    plant: Plant
    machines: Sequence[Machine]
    memory: DeviceMemory = field(default_factory=DeviceMemory)
    base: dict[str, int] = field(default_factory=dict)
    _revision: int = -1

    def __post_init__(self) -> None:
        self.memory.lay_out(Table.DISCRETE, range(16))
        self.memory.lay_out(Table.INPUT, range(0x10, 0x30))
        self.memory.lay_out(Table.COIL, range(0x100, 0x120), writable=True)
        self.memory.put(Table.COIL, 0x100, [1] * 16)
        for machine in self.machines:
            self.base.setdefault(machine.id, 0)

    def unit(self) -> Unit:
        """The device as the server sees it."""
        return Unit(memory=self.memory, refresh=self.refresh, written=self.take_resets)

    def refresh(self) -> None:
        """Show lamps and counters as they are now."""
        if self._revision == self.plant.revision:
            return
        self._revision = self.plant.revision
        for number, machine in enumerate(self.machines):
            count = (machine.total - self.base[machine.id]) % (1 << 32)
            self.memory.put(Table.DISCRETE, number, [int(machine.state is State.RUNNING)])
            self.memory.put(Table.INPUT, 0x10 + 2 * number, [count >> 16, count & 0xFFFF])

    def take_resets(self) -> None:
        """Reset the counters whose reset coil was written."""
        for number, bit in enumerate(self.memory.read(Table.COIL, 0x110, 16)):
            if bit:
                self.memory.put(Table.COIL, 0x110 + number, [0])
                if number < len(self.machines):
                    machine = self.machines[number]
                    self.base[machine.id] = machine.total
                    self._revision = -1

    def reboot(self) -> None:
        """Lose the counters."""
        for machine in self.machines:
            self.base[machine.id] = machine.total
        self._revision = -1


@dataclass(slots=True)
class Sdm630:
    """Eastron SDM630: input registers (FC 4), float32; a gap after 0x4F, total energy at 0x156."""

    plant: Plant
    memory: DeviceMemory = field(default_factory=DeviceMemory)
    _revision: int = -1

    def __post_init__(self) -> None:
        self.memory.lay_out(Table.INPUT, range(0x50))
        self.memory.lay_out(Table.INPUT, range(0x156, 0x158))

    def unit(self) -> Unit:
        """The meter as the server sees it."""
        return Unit(memory=self.memory, refresh=self.refresh, max_registers=80)

    def refresh(self) -> None:
        """Show the present measurements."""
        if self._revision == self.plant.revision:
            return
        self._revision = self.plant.revision
        for address, value in meter_values(self.plant.meter).items():
            self.memory.put(Table.INPUT, address, struct.unpack(">2H", struct.pack(">f", value)))


@dataclass(slots=True)
class AutonicsTk:
    """Autonics TK temperature controller: PV at input 0x3E8, decimals at 0x3E9, SV at holding 0.

    PV 31000 means an open sensor. Coil 0: 0 runs, 1 stops. SV, mode and run may be written.
    """

    plant: Plant
    memory: DeviceMemory = field(default_factory=DeviceMemory)

    def __post_init__(self) -> None:
        self.memory.lay_out(Table.INPUT, range(0x3E8, 0x3EA))
        self.memory.lay_out(Table.HOLDING, range(4), writable=True)
        self.memory.lay_out(Table.COIL, [0], writable=True)
        self.memory.put(Table.INPUT, 0x3E9, [1])
        self.memory.put(Table.HOLDING, 0, [self.plant.furnace.setpoint])

    def unit(self) -> Unit:
        """The controller as the server sees it."""
        return Unit(
            memory=self.memory, refresh=self.refresh, written=self.take_settings, max_registers=16
        )

    def refresh(self) -> None:
        """Show the present temperature."""
        raw = self.plant.furnace.raw(self.plant.now)
        self.memory.put(Table.INPUT, 0x3E8, [raw & 0xFFFF])

    def take_settings(self) -> None:
        """Take over what a client wrote."""
        furnace: Furnace = self.plant.furnace
        (furnace.setpoint,) = self.memory.read(Table.HOLDING, 0, 1)
        furnace.automatic = self.memory.read(Table.HOLDING, 3, 1) == [0]
        furnace.running = self.memory.read(Table.COIL, 0, 1) == [0]


def strokes_per_minute_x10(machine: Machine) -> int:
    """Mean speed while running in strokes per minute x 10, 0 at rest."""
    if machine.state is not State.RUNNING or machine.job is None:
        return 0
    cycle_s = machine.spec.ideal_cycle_s[machine.job.item] * machine.spec.slowness
    return round(600.0 / cycle_s)


def meter_values(meter: EnergyMeter) -> dict[int, float]:
    """Measurements by address of the SDM630 map."""
    watts = meter.power_kw * 1000.0
    apparent = watts / meter.power_factor
    values: dict[int, float] = {}
    for phase in range(3):
        values[2 * phase] = meter.volts[phase]
        values[6 + 2 * phase] = meter.amperes
        values[0x0C + 2 * phase] = watts / 3.0
    values[0x34] = watts
    values[0x38] = apparent
    values[0x3C] = (apparent**2 - watts**2) ** 0.5
    values[0x3E] = meter.power_factor
    values[0x46] = meter.frequency_hz
    values[0x48] = meter.import_kwh
    values[0x4A] = 0.0
    values[0x156] = meter.import_kwh
    return values

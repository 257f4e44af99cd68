"""The plant's energy meter and furnace: values that follow the machines and time."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulators.plant.model import SECOND_US

BASE_KW = 12.0
_JOULES_PER_KWH = 3_600_000.0
SENSOR_OPEN_RAW = 31000


@dataclass(slots=True)
class EnergyMeter:
    """A three-phase meter of the whole plant."""

    random: Random
    at: int
    power_kw: float = BASE_KW
    import_kwh: float = 48_213.4
    power_factor: float = 0.92
    frequency_hz: float = 60.0
    volts: tuple[float, float, float] = (220.0, 220.0, 220.0)

    def advance(self, at: int, machines_kw: float) -> None:
        """Add the energy since the last call; `machines_kw` was drawn since then."""
        seconds = (at - self.at) / SECOND_US
        self.power_kw = BASE_KW + machines_kw
        self.import_kwh += self.power_kw * seconds * 1000.0 / _JOULES_PER_KWH
        self.at = at

    def flicker(self) -> None:
        """New small deviations of voltage, frequency and power factor."""
        draw = self.random.gauss
        self.volts = (220.0 + draw(0, 0.8), 220.3 + draw(0, 0.8), 219.6 + draw(0, 0.8))
        self.frequency_hz = 60.0 + draw(0, 0.015)
        self.power_factor = min(0.99, max(0.8, 0.92 + draw(0, 0.01)))

    @property
    def amperes(self) -> float:
        """Current of each phase, taken as equal."""
        return self.power_kw * 1000.0 / 3.0 / 220.0 / self.power_factor


@dataclass(slots=True)
class Furnace:
    """A furnace behind a temperature controller; temperatures in tenths of a degree Celsius."""

    random: Random
    setpoint: int = 2000
    temperature: float = 1990.0
    sensor_open_until: int = 0
    automatic: bool = True
    running: bool = True

    def advance(self, at: int, seconds: float) -> None:
        """Follow the set point with some noise; the sensor opens for a while now and then."""
        target = float(self.setpoint) if self.running else 250.0
        share = min(1.0, seconds / 240.0)
        self.temperature += (target - self.temperature) * share + self.random.gauss(0, 2.5)
        if at >= self.sensor_open_until and self.random.random() < seconds / 21_600.0:
            self.sensor_open_until = at + int(self.random.uniform(20, 90) * SECOND_US)

    def raw(self, at: int) -> int:
        """The register the controller shows: tenths of a degree, or 31000 for an open sensor."""
        return SENSOR_OPEN_RAW if at < self.sensor_open_until else round(self.temperature)

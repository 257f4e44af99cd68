"""What an edge would have recorded over past days, tag by tag as the plant file names them."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.build import Built
from simulators.devices import PressPlc, RemoteIo, strokes_per_minute_x10
from simulators.entries import HistoryLines
from simulators.plant.machine import Machine
from simulators.plant.model import MINUTE_US, STATE_CODES, Job, JobAction, State
from simulators.plant.plant import Listener
from simulators.plant.utilities import SENSOR_OPEN_RAW
from simulators.scenarios.model import DeviceKind

_HOUR_US = 60 * MINUTE_US
_SLOW_TICKS = 5
_EVENT = "event"
_SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a machine's values are read: source, first part of the tag names, kind."""

    source: str
    prefix: str
    device: PressPlc | RemoteIo | None


class Recorder(Listener):
    """Hears what happens and notes the readings.

    State and codes at each change; counters at most once a minute while they change, and before
    every change of state, job or hour, so that no piece falls on the wrong side of one.
    """

    def __init__(self, built: Built, lines: HistoryLines) -> None:
        self._built = built
        self._plant = built.plant
        self._lines = lines
        self._places = dict(_places(built))
        self._sources = {device.kind: device.source for device in built.scenario.devices}
        self._shown: dict[tuple[str, str], object] = {}
        self._pending: dict[str, tuple[int, list[tuple[str, int]]]] = {}
        self._counted_at: dict[str, int] = {}
        self._ticks = 0

    def begin(self) -> None:
        """Note the first reading of every tag."""
        now = self._plant.now
        for machine in self._plant.machines:
            self._note_counters(machine, now, self._counters(machine))
        furnace = self._sources.get(DeviceKind.FURNACE)
        if furnace is not None:
            self._show(now, furnace, _SAMPLE, "decimals", 1)
            self._show(now, furnace, _SAMPLE, "setpoint", self._plant.furnace.setpoint / 10)
            self._show(now, furnace, _SAMPLE, "heater_run", self._plant.furnace.running)

    def end(self) -> None:
        """Note what is still pending."""
        for machine in self._plant.machines:
            self._write_pending(machine)

    def on_state(self, machine: Machine, at: int) -> None:
        """Note the state and whatever shows why."""
        self._write_pending(machine)
        place = self._places[machine.id]
        source, prefix = place.source, place.prefix
        code = STATE_CODES[machine.state]
        running = machine.state is State.RUNNING
        if isinstance(place.device, RemoteIo):
            self._show(at, source, _EVENT, f"{prefix}_lamp", running)
        elif isinstance(place.device, PressPlc):
            self._show(at, source, _EVENT, f"{prefix}_state", code)
            self._show(at, source, _EVENT, f"{prefix}_fault", machine.fault)
            self._show(at, source, _SAMPLE, f"{prefix}_lamp", running)
            speed = strokes_per_minute_x10(machine) / 10
            self._show(at, source, _SAMPLE, f"{prefix}_spm", speed)
        else:
            waits_for = machine.reason if machine.state is State.WAITING else None
            self._show(at, source, _EVENT, f"{prefix}_state", code)
            self._show(at, source, _EVENT, f"{prefix}_wait_reason", waits_for or "")
            self._show(at, source, _SAMPLE, f"{prefix}_alarm", machine.fault)
            self._show(at, source, _SAMPLE, f"{prefix}_spindle_load", 62.0 if running else 0.0)

    def on_parts(self, machine: Machine, at: int, good: int, scrap: int) -> None:
        """Note the counters, now or with the next pieces."""
        before = self._pending.get(machine.id)
        if before is not None and before[0] // _HOUR_US != at // _HOUR_US:
            self._write_pending(machine)
        self._pending[machine.id] = (at, self._counters(machine))
        if at - self._counted_at[machine.id] >= MINUTE_US:
            self._write_pending(machine)

    def on_job(self, machine: Machine, at: int, job: Job, action: JobAction) -> None:
        """Note the counters before the change, and the program that is loaded."""
        self._write_pending(machine)
        place = self._places[machine.id]
        if place.device is None and action is JobAction.START:
            self._show(at, place.source, _SAMPLE, f"{place.prefix}_program", job.item)

    def on_tick(self, at: int) -> None:
        """Note meter and furnace: the important values each minute, the others less often."""
        self._note_meter(at)
        furnace = self._sources.get(DeviceKind.FURNACE)
        if furnace is not None:
            raw = self._plant.furnace.raw(at)
            if raw == SENSOR_OPEN_RAW:
                self._lines.add_value(
                    at, furnace, _SAMPLE, "temperature", None, reason="sensor open"
                )
            else:
                self._lines.add_value(at, furnace, _SAMPLE, "temperature", raw / 10)
        self._ticks += 1

    def _note_meter(self, at: int) -> None:
        source = self._sources.get(DeviceKind.METER)
        if source is None:
            return
        meter = self._plant.meter
        values = {"power": meter.power_kw, "energy_total": meter.import_kwh}
        if self._ticks % _SLOW_TICKS == 0:
            values |= {
                "volts_l1": meter.volts[0],
                "volts_l2": meter.volts[1],
                "volts_l3": meter.volts[2],
                "amps_l1": meter.amperes,
                "power_factor": meter.power_factor,
                "frequency": meter.frequency_hz,
                "energy_import": meter.import_kwh,
            }
        for tag, value in values.items():
            self._lines.add_value(at, source, _SAMPLE, tag, round(value, 3))

    def _counters(self, machine: Machine) -> list[tuple[str, int]]:
        """The counter tags of a machine and what they show."""
        place = self._places[machine.id]
        if isinstance(place.device, RemoteIo):
            return [("count", machine.total - place.device.base[machine.id])]
        if isinstance(place.device, PressPlc):
            device = place.device
            return [("strokes", device.strokes(machine)), ("rejects", device.rejects(machine))]
        return [("parts", machine.total), ("rejects", machine.rejects)]

    def _write_pending(self, machine: Machine) -> None:
        pending = self._pending.pop(machine.id, None)
        if pending is not None:
            self._note_counters(machine, *pending)

    def _note_counters(self, machine: Machine, at: int, values: list[tuple[str, int]]) -> None:
        self._counted_at[machine.id] = at
        place = self._places[machine.id]
        for name, value in values:
            self._show(at, place.source, _EVENT, f"{place.prefix}_{name}", value)

    def _show(self, at: int, source: str, stream: str, tag: str, value: object) -> None:
        """Note a reading when it differs from the last one of its tag."""
        if (source, tag) in self._shown and self._shown[source, tag] == value:
            return
        self._shown[source, tag] = value
        cell = any(node.source == source for node in self._built.scenario.nodes)
        self._lines.add_value(at, source, stream, tag, value, with_source_time=cell)


def _places(built: Built) -> list[tuple[str, _Place]]:
    places: list[tuple[str, _Place]] = []
    for device in built.scenario.devices:
        known = built.counters.get(device.source)
        for machine in device.machines:
            places.append((machine, _Place(device.source, machine.replace("-", ""), known)))
    for node in built.scenario.nodes:
        places.append((node.machine, _Place(node.source, node.tag_prefix, None)))
    return places

"""Puts a scenario together: the plant with its machines, and the devices they hang on."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simpy import Store

from simulators.devices import AutonicsTk, PressPlc, RemoteIo, Sdm630
from simulators.modbus_server import Unit
from simulators.plant.cell import Buffer, CncMachine
from simulators.plant.model import JobMode, JobPlan
from simulators.plant.plant import Plant
from simulators.plant.stroke import StrokeMachine
from simulators.scenarios.model import DeviceKind, Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A plant ready to start.

    Attributes:
        units: Modbus units by unit id.
        counters: the devices that have counters, by source id.
    """

    scenario: Scenario
    plant: Plant
    units: dict[int, Unit]
    counters: dict[str, PressPlc | RemoteIo]


def build(scenario: Scenario, *, seed: int, start_us: int, job_mode: JobMode) -> Built:
    """The plant of a scenario at plant time `start_us`, not started yet."""
    plant = Plant(seed=seed, start_us=start_us, job_mode=job_mode)
    for spec in scenario.machines:
        plan = JobPlan(spec, Random(f"{seed}:{spec.id}:jobs"))
        plant.machines.append(StrokeMachine(spec, plant, plan))
    _add_cell(scenario, plant)
    units: dict[int, Unit] = {}
    counters: dict[str, PressPlc | RemoteIo] = {}
    for device in scenario.devices:
        machines = [plant.machine(name) for name in device.machines]
        match device.kind:
            case DeviceKind.PRESS_PLC:
                plc = PressPlc(plant, machines, first_strokes=scenario.first_strokes)
                counters[device.source] = plc
                units[device.unit] = plc.unit()
            case DeviceKind.REMOTE_IO:
                remote = RemoteIo(plant, machines)
                counters[device.source] = remote
                units[device.unit] = remote.unit()
            case DeviceKind.METER:
                units[device.unit] = Sdm630(plant).unit()
            case DeviceKind.FURNACE:
                units[device.unit] = AutonicsTk(plant).unit()
    return Built(scenario=scenario, plant=plant, units=units, counters=counters)


def _add_cell(scenario: Scenario, plant: Plant) -> None:
    """The machines of the cell in a row; all draw the same sequence of jobs."""
    source: Buffer | None = None
    for position, spec in enumerate(scenario.cell):
        last = position == len(scenario.cell) - 1
        sink = None if last else Buffer(store=Store(plant.env, scenario.buffer_size))
        plan = JobPlan(spec, Random(f"{plant.seed}:cell:jobs"))
        plant.machines.append(CncMachine(spec, plant, plan, source=source, sink=sink))
        source = sink

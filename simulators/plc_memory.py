"""What the controllers keep over a restart of the simulator: `DIR/plc-memory.json`.

Counters, the loaded jobs, and how far each plan of jobs was; written to a temporary file and
renamed, so that it is whole whenever the process dies.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simulators.devices import PressPlc, RemoteIo
from simulators.plant.machine import Machine
from simulators.plant.model import Job
from simulators.plant.plant import Plant

FILE_NAME = "plc-memory.json"
_SCHEMA = "plc-memory/1"


def save(path: Path, plant: Plant, devices: Mapping[str, PressPlc | RemoteIo]) -> None:
    """Write the memory of the plant's controllers."""
    machines = {
        machine.id: {
            "total": machine.total,
            "rejects": machine.rejects,
            "job": asdict(machine.job) if machine.job else None,
            "planned": [asdict(job) for job in machine.plan.waiting],
            "jobs_made": machine.plan.made,
            "jobs_taken": machine.plan.taken,
        }
        for machine in plant.machines
    }
    bases = {
        source: [device.strokes_base, device.rejects_base]
        if isinstance(device, PressPlc)
        else [device.base]
        for source, device in devices.items()
    }
    content = {
        "schema": _SCHEMA,
        "t": plant.now,
        "machines": machines,
        "bases": bases,
        "energy_kwh": plant.meter.import_kwh,
    }
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content), encoding="utf-8")
    os.replace(draft, path)


def restore(path: Path, plant: Plant, devices: Mapping[str, PressPlc | RemoteIo]) -> bool:
    """Give the controllers their memory back.

    Returns:
        Whether there was a memory.

    Raises:
        ValueError: the file is no memory of this plant.
    """
    if not path.exists():
        return False
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema"] != _SCHEMA:
            raise KeyError("schema")
        for machine in plant.machines:
            _restore_machine(machine, content["machines"][machine.id])
        for source, device in devices.items():
            _restore_bases(device, content["bases"][source])
        plant.meter.import_kwh = float(content["energy_kwh"])
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"{path.name} is no memory of this plant ({error!r}); "
            "use the data directory of the same scenario or an empty one"
        ) from error
    return True


def _restore_machine(machine: Machine, kept: dict[str, Any]) -> None:
    machine.total = int(kept["total"])
    machine.rejects = int(kept["rejects"])
    machine.job = Job(**kept["job"]) if kept["job"] else None
    machine.plan.waiting = [Job(**job) for job in kept["planned"]]
    machine.plan.made = int(kept["jobs_made"])
    machine.plan.taken = int(kept["jobs_taken"])


def _restore_bases(device: PressPlc | RemoteIo, kept: list[dict[str, int]]) -> None:
    if isinstance(device, PressPlc):
        device.strokes_base.update(kept[0])
        device.rejects_base.update(kept[1])
    else:
        device.base.update(kept[0])

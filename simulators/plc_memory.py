"""What the controllers keep over a restart of the simulator: `DIR/plc-memory.json`.

Counters, the loaded jobs, and how far each plan of jobs was; written to a temporary file and
renamed, so that it is whole whenever the process dies.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any

from simulators.devices import PressPlc, RemoteIo
from simulators.plant.machine import Machine
from simulators.plant.model import SECOND_US, Job
from simulators.plant.plant import Plant

FILE_NAME = "plc-memory.json"
_SCHEMA = "plc-memory/1"
_SCRAP_MARGIN = 0.1


class Kept(StrEnum):
    """What was found of a controllers' memory."""

    NOTHING = "nothing"
    CLEAN = "clean"
    UNCLEAN = "unclean"


def save(
    path: Path, plant: Plant, devices: Mapping[str, PressPlc | RemoteIo], *, clean: bool
) -> None:
    """Write the memory of the plant's controllers; `clean` says that this is an orderly end."""
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
        "clean": clean,
        "machines": machines,
        "bases": bases,
        "energy_kwh": plant.meter.import_kwh,
    }
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(content), encoding="utf-8")
    os.replace(draft, path)


def restore(path: Path, plant: Plant, devices: Mapping[str, PressPlc | RemoteIo]) -> Kept:
    """Give the controllers their memory back.

    Returns:
        UNCLEAN when the process died since: the last counts before that are not in the memory.

    Raises:
        ValueError: the file is no memory of this plant.
    """
    if not path.exists():
        return Kept.NOTHING
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
    return Kept.CLEAN if content["clean"] else Kept.UNCLEAN


def make_up_for_lost_counts(plant: Plant, lost_us: int) -> None:
    """Count pieces for what may have been made and shown after the memory was last written.

    A counter must not go back over a restart. The pieces are in the journal like all others.

    Args:
        plant: a plant that was started with an unclean memory.
        lost_us: longest plant time that may be missing.
    """
    for machine in plant.machines:
        if machine.job is None:
            continue
        cycle_us = machine.spec.ideal_cycle_s[machine.job.item] * SECOND_US
        good = math.ceil(lost_us / cycle_us) + 1
        machine.count(plant.now, good, math.ceil(good * _SCRAP_MARGIN))


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

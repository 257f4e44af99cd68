"""Orders that are made and started in a plant that runs, so that its work units have jobs."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from mes.core.instants import parse_instant
from mes.features.verify.live_plant import PlantProcess
from mes.features.verify.truth import Loaded

QUANTITY = 5000


def start_order(plant: PlantProcess, unit: str, item: str) -> Loaded:
    """Make, release and dispatch an order of `item` and start its job on a work unit."""
    order = command(plant, "/api/v1/work-orders", item=item, quantity=QUANTITY)["number"]
    command(plant, f"/api/v1/work-orders/{order}/release")
    job = command(plant, f"/api/v1/work-orders/{order}/dispatch", work_unit=unit)["job_order"]
    started = command(plant, f"/api/v1/job-orders/{job}/start")
    return Loaded(job=job, item=item, start=parse_instant(started["started_at"]), end=None)


def command(plant: PlantProcess, address: str, **body: Any) -> Any:
    """Post a command of its own; the JSON answer."""
    return plant.post(address, {"command_id": str(uuid4()), **body})

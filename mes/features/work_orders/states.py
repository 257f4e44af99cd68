"""States of work orders and job orders."""

from __future__ import annotations

from enum import StrEnum


class OrderState(StrEnum):
    """State of a work order."""

    CREATED = "created"
    RELEASED = "released"
    RUNNING = "running"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    """State of a job order."""

    DISPATCHED = "dispatched"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


LOADED = (JobState.RUNNING, JobState.PAUSED)
"""Jobs whose run is loaded on the work unit."""
OPEN = (JobState.DISPATCHED, *LOADED)
"""Jobs that are still to be finished."""
FINISHED_ORDERS = (OrderState.CLOSED, OrderState.CANCELLED)
"""Orders that nothing changes any more."""
IN_WORK = (OrderState.RELEASED, OrderState.RUNNING, OrderState.COMPLETED)
"""Orders that may be dispatched."""

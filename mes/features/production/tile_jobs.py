"""What tiles say of jobs: their documents, and what they have made. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mes.core.exact import Number
from mes.features.production.live_state import LiveState


@dataclass(frozen=True, slots=True, kw_only=True)
class JobInfo:
    """What the screens say about a job; `ended_at` None: it is loaded."""

    order: str
    job_order: str
    material_id: int
    ordered: Number
    due: int | None
    paused: bool
    segment: int
    started_at: int
    ended_at: int | None


def made_so_far(live: LiveState, job: int, as_of: int) -> tuple[Number, Number, Number]:
    """Good, scrap and rework of a loaded job so far."""
    good, scrap, rework = live.jobs.get(job, (0, 0, 0))
    for one in live.bookings:
        if one.job == job and one.at < as_of:
            good, scrap, rework = good + one.good, scrap + one.scrap, rework + one.rework
    return good, scrap, rework

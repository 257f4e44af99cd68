"""Which job, with which item, was loaded on a work unit when.

A job is loaded from its start until it is completed or cancelled; a pause keeps it loaded. Several
jobs may be loaded at once. While none is, the work unit's default item is, if it has one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mes.core.exact import Number

JobId = int | str
"""How a caller names jobs: all by number or all by surrogate id."""


class JobEventKind(StrEnum):
    """What happened to a job."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    COMPLETE = "complete"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is made, with the ideal rate frozen into the run.

    Attributes:
        ideal_cycle_s: seconds of one cycle; None: no rate is known.
        pieces_per_cycle: pieces of this item that one cycle makes.
    """

    material: int | str
    ideal_cycle_s: Number | Decimal | None = None
    pieces_per_cycle: Number = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """A fact about a job on this work unit.

    Attributes:
        at: UTC microseconds.
        job: the job order.
        item: item of the job; None: not known. That of the event that starts the run counts.
    """

    at: int
    job: JobId
    kind: JobEventKind
    command_id: str
    item: Item | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultItem:
    """The item made while no job is loaded, from `valid_from` on; None: there is none."""

    valid_from: int
    item: Item | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRun:
    """A stretch [start, end) in which a job or the default item was loaded.

    Attributes:
        job: None: the default item, no job.
        end: None: still loaded.
    """

    job: JobId | None
    item: Item | None
    start: int
    end: int | None


_LIFE_CYCLE = {kind: rank for rank, kind in enumerate(JobEventKind)}


def in_order(events: Iterable[JobEvent]) -> list[JobEvent]:
    """Events by time; at one instant of one job start, pause, resume, complete, cancel."""
    return sorted(events, key=lambda e: (e.at, str(e.job), _LIFE_CYCLE[e.kind], e.command_id))


def derive_runs(events: Iterable[JobEvent], defaults: Iterable[DefaultItem] = ()) -> list[JobRun]:
    """The runs of a work unit in order of start and job.

    An event that changes nothing (a start while loaded, an end while not) is without effect, a
    resume of a job that is not loaded starts it, and a run of no length does not exist.
    """
    jobs = _job_runs(in_order(events))
    runs = jobs + _default_runs(jobs, sorted(defaults, key=lambda d: d.valid_from))
    return sorted(runs, key=lambda run: (run.start, str(run.job)))


def runs_at(runs: Sequence[JobRun], at: int) -> list[JobRun]:
    """The runs loaded at the instant, in the order given."""
    return [run for run in runs if run.start <= at and (run.end is None or at < run.end)]


def _job_runs(events: list[JobEvent]) -> list[JobRun]:
    loaded: dict[JobId, JobEvent] = {}
    runs = []
    for event in events:
        if event.kind in (JobEventKind.START, JobEventKind.RESUME):
            loaded.setdefault(event.job, event)
        elif event.kind is not JobEventKind.PAUSE and event.job in loaded:
            begun = loaded.pop(event.job)
            if begun.at < event.at:
                runs.append(_run(begun, event.at))
    return runs + [_run(begun, None) for begun in loaded.values()]


def _run(begun: JobEvent, end: int | None) -> JobRun:
    return JobRun(job=begun.job, item=begun.item, start=begun.at, end=end)


def _default_runs(jobs: list[JobRun], defaults: list[DefaultItem]) -> list[JobRun]:
    """The default item in every stretch without a job."""
    runs: list[JobRun] = []
    ends: list[int | None] = [following.valid_from for following in defaults[1:]]
    for default, until in zip(defaults, [*ends, None], strict=False):
        if default.item is None:
            continue
        for start, end in _without(default.valid_from, until, jobs):
            previous = runs[-1] if runs else None
            if previous and previous.end == start and previous.item == default.item:
                start = runs.pop().start
            runs.append(JobRun(job=None, item=default.item, start=start, end=end))
    return runs


def _without(start: int, end: int | None, jobs: list[JobRun]) -> Iterable[tuple[int, int | None]]:
    """The stretches of [start, end) in which none of the jobs is loaded."""
    for job in sorted(jobs, key=lambda run: run.start):
        if end is not None and job.start >= end:
            break
        if job.start > start:
            yield start, job.start
        if job.end is None:
            return
        start = max(start, job.end)
    if end is None or start < end:
        yield start, end

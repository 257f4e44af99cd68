"""What the people of the plant did over past days: orders, jobs, reasons of stops, scrap."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from simulators.build import Built
from simulators.entries import HistoryLines
from simulators.plant.calendar import WorkCalendar
from simulators.plant.machine import Machine
from simulators.plant.model import MINUTE_US, SECOND_US, Job, JobAction, ScrapFoundBy, State
from simulators.plant.plant import Listener

LATEST_LEFT_UNEXPLAINED = 3
HELD_BACK_US = 24 * 60 * MINUTE_US
_LONG_STOP_US = 5 * MINUTE_US
_TYPE_SCRAP_AFTER_US = 120 * MINUTE_US
_SHARE_EXPLAINED = 0.88
_NOT_TO_EXPLAIN = frozenset({"lunch", "rest", "night-meal", "blocked", "starved", ""})
_FAMILIES = {
    State.STOPPED: "stopped",
    State.DOWN: "stopped",
    State.OFF: "stopped",
    State.SETUP: "setup",
    State.WAITING: "waiting",
    State.RUNNING: None,
}
_NOTES = {
    "breakdown": "유압 누유, 정비 호출 / oil leak, maintenance called",
    "tool-breakage": "인서트 교체 / insert replaced",
    "sensor-fault": "근접센서 재조정 / proximity switch adjusted",
}


@dataclass(slots=True)
class _Stop:
    """A stop as the machine signals show it, with how long each reason lasted."""

    machine: Machine
    family: str
    start: int
    end: int = 0
    reason: str = ""
    reason_since: int = 0
    lasted_us: dict[str, int] = field(default_factory=dict)

    def change_reason(self, at: int, reason: str) -> None:
        """From `at` on it stands for another reason."""
        before = self.lasted_us.get(self.reason, 0)
        self.lasted_us[self.reason] = before + at - self.reason_since
        self.reason, self.reason_since = reason, at

    def to_explain(self) -> str | None:
        """The reason a person would give; None when nobody is asked for one."""
        open_us = {
            reason: lasted
            for reason, lasted in self.lasted_us.items()
            if reason not in _NOT_TO_EXPLAIN
        }
        if not open_us or (self.family != "setup" and sum(open_us.values()) < _LONG_STOP_US):
            return None
        return max(open_us, key=lambda reason: open_us[reason])


@dataclass(slots=True)
class _Scrap:
    """Bad pieces found and not typed yet."""

    quantity: int = 0
    first_at: int = 0
    last_at: int = 0


class People(Listener):
    """Hears what happens and does what the crew would do about it."""

    def __init__(self, built: Built, lines: HistoryLines, until: int) -> None:
        self._scenario = built.scenario
        self._lines = lines
        self._until = until
        self._random = Random(f"{built.plant.seed}:people")
        self._calendar = WorkCalendar(built.scenario.machines[0].times)
        self._stops: dict[str, _Stop] = {}
        self._held: list[tuple[_Stop, str]] = []
        self._scrap: dict[str, _Scrap] = {}

    def on_state(self, machine: Machine, at: int) -> None:
        """Follow the stops, and explain those that end."""
        family = _FAMILIES[machine.state]
        stop = self._stops.get(machine.id)
        if stop is not None and stop.family == family:
            stop.change_reason(at, machine.reason or "")
            return
        if stop is not None:
            stop.change_reason(at, "")
            stop.end = at
            self._consider(stop)
        self._stops.pop(machine.id, None)
        if family is not None:
            self._stops[machine.id] = _Stop(
                machine, family, at, reason=machine.reason or "", reason_since=at
            )

    def on_parts(self, machine: Machine, at: int, good: int, scrap: int) -> None:
        """Collect bad pieces that only people find, and type them in every couple of hours."""
        if machine.spec.scrap_found_by is not ScrapFoundBy.PEOPLE:
            return
        found = self._scrap.setdefault(machine.id, _Scrap())
        if scrap:
            found.first_at = found.first_at or at
            found.last_at = at
            found.quantity += scrap
        if found.quantity and at - found.first_at > _TYPE_SCRAP_AFTER_US:
            self._type_scrap(machine, at + SECOND_US, machine.working_job)

    def on_job(self, machine: Machine, at: int, job: Job, action: JobAction) -> None:
        """Make orders, start and complete jobs."""
        match action:
            case JobAction.PLANNED:
                self._make_order(machine, at, job)
            case JobAction.START:
                first = not (machine.total or machine.plan.taken > 1)
                wait_s = 0.5 if first else self._random.uniform(20, 90)
                self._do(machine, at, wait_s, "job_start", order=job.order)
            case JobAction.COMPLETE:
                self._complete(machine, at, job)

    def finish(self, machines: list[Machine]) -> None:
        """Type the last scrap, and explain the stops held back but for the latest."""
        for machine in machines:
            if machine.id in self._scrap and machine.job is not None:
                self._type_scrap(machine, self._until, machine.job)
        unplanned = [stop for stop, _ in self._held if stop.family == "stopped"]
        unplanned.sort(key=lambda stop: stop.start)
        left = {id(stop) for stop in unplanned[-LATEST_LEFT_UNEXPLAINED:]}
        for stop, reason in self._held:
            if id(stop) not in left:
                self._explain(stop, reason)

    def _make_order(self, machine: Machine, at: int, job: Job) -> None:
        person = self._leader(at)
        due = at + int(self._random.uniform(10, 36)) * 60 * MINUTE_US
        self._lines.add_person(
            at + SECOND_US // 10,
            "order_create",
            person,
            order=job.order,
            item=job.item,
            quantity=job.quantity,
            due=due,
        )
        self._lines.add_person(at + SECOND_US // 5, "order_release", person, order=job.order)
        self._lines.add_person(
            at + SECOND_US * 3 // 10,
            "job_dispatch",
            person,
            order=job.order,
            work_unit=machine.id,
            quantity=job.quantity,
        )

    def _complete(self, machine: Machine, at: int, job: Job) -> None:
        if machine.id in self._scrap:
            self._type_scrap(machine, at + 2 * SECOND_US, job)
        wait_s = self._random.uniform(5, 15)
        self._do(
            machine, at, wait_s, "job_complete", order=job.order, good=job.good, scrap=job.scrap
        )
        closed = at + int((wait_s + 30) * SECOND_US)
        if closed <= self._until:
            self._lines.add_person(closed, "order_close", self._leader(closed), order=job.order)

    def _do(self, machine: Machine, at: int, wait_s: float, action: str, **fields: object) -> None:
        """What the operator of a machine does a little after `at`, if not after the end."""
        when = min(at + int(wait_s * SECOND_US), self._until)
        person = self._operator(machine, when)
        self._lines.add_person(when, action, person, work_unit=machine.id, **fields)

    def _type_scrap(self, machine: Machine, at: int, job: Job) -> None:
        found = self._scrap.pop(machine.id)
        if found.quantity == 0:
            return
        self._lines.add_person(
            min(at, self._until),
            "scrap",
            self._operator(machine, at),
            work_unit=machine.id,
            order=job.order,
            item=job.item,
            quantity=found.quantity,
            reason=self._random.choice(self._scenario.scrap_reasons),
            at=found.last_at,
        )

    def _consider(self, stop: _Stop) -> None:
        reason = stop.to_explain()
        if reason is None:
            return
        if stop.start >= self._until - HELD_BACK_US:
            self._held.append((stop, reason))
        elif self._random.random() < _SHARE_EXPLAINED:
            self._explain(stop, reason)

    def _explain(self, stop: _Stop, reason: str) -> None:
        """Say why, either during a long stop or a little after its end."""
        open_at = stop.start + int(self._random.uniform(5.2, 7.5) * MINUTE_US)
        after = stop.end + int(self._random.uniform(15, 240) * SECOND_US)
        during = open_at < stop.end - MINUTE_US and self._random.random() < 0.5
        said_at = min(open_at if during else after, self._until)
        self._lines.add_person(
            said_at,
            "stop_reason",
            self._operator(stop.machine, said_at),
            work_unit=stop.machine.id,
            start=stop.start,
            end=None if during else stop.end,
            reason=reason,
            note=_NOTES.get(reason) if self._random.random() < 0.4 else None,
        )

    def _operator(self, machine: Machine, at: int) -> str:
        shift = self._calendar.shift(at)
        workers = self._scenario.workers
        for worker in workers:
            if worker.shift == shift and machine.id in worker.machines:
                return worker.badge
        return workers[0].badge

    def _leader(self, at: int) -> str:
        shift = self._calendar.shift(at)
        workers = self._scenario.workers
        for worker in workers:
            if worker.role == "supervisor" and worker.shift == shift:
                return worker.badge
        return workers[0].badge

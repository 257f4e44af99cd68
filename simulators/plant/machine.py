"""What all machines have in common: state, counters, job, and stops that come by chance."""

from __future__ import annotations

from collections.abc import Generator
from random import Random
from typing import TYPE_CHECKING, Any

from simpy import Event

from simulators.plant.model import (
    SECOND_US,
    Cause,
    Job,
    JobAction,
    JobMode,
    JobPlan,
    MachineSpec,
    ScrapFoundBy,
    State,
)

if TYPE_CHECKING:
    from simulators.plant.plant import Plant

Steps = Generator[Event, Any, None]


class Machine:
    """A machine; subclasses give `run`, the SimPy process.

    Attributes:
        state, reason: the state and why, as an all-seeing observer knows it.
        fault: code the controller shows; 0 none.
        total: pieces made since the machine was new, good and bad.
        rejects: bad pieces among them (which only a machine with a reject counter shows).
    """

    def __init__(self, spec: MachineSpec, plant: Plant, plan: JobPlan) -> None:
        self.spec = spec
        self.plant = plant
        self.env = plant.env
        self.plan = plan
        self._told = False
        self.state = State.OFF
        self.reason: str | None = None
        self.fault = 0
        self.total = 0
        self.rejects = 0
        self.job: Job | None = None
        self._chance = Random(f"{plant.seed}:{spec.id}:chance")
        self._pieces = Random(f"{plant.seed}:{spec.id}:pieces")
        self._left_us = {cause.reason: self._draw_left(cause) for cause in spec.causes}

    @property
    def id(self) -> str:
        """The work unit's id."""
        return self.spec.id

    @property
    def power_kw(self) -> float:
        """Electrical power drawn now."""
        if self.state is State.RUNNING:
            return self.spec.running_kw
        return 0.0 if self.state is State.OFF else self.spec.idle_kw

    @property
    def held(self) -> bool:
        """Whether the job stays loaded whatever its quantity."""
        return self.plant.job_mode is JobMode.HOLD

    @property
    def working_job(self) -> Job:
        """The job loaded now.

        Raises:
            RuntimeError: no job is loaded, which a running machine never is without.
        """
        if self.job is None:
            raise RuntimeError(f"{self.id} works without a job")
        return self.job

    def run(self) -> Steps:
        """The life of the machine."""
        raise NotImplementedError

    def set_state(self, state: State, reason: str | None = None, fault: int = 0) -> None:
        """Enter a state now; the first is always told, then only changes."""
        if self.spec.lamp_only and state is not State.RUNNING:
            state = State.STOPPED
        if self._told and (state, reason, fault) == (self.state, self.reason, self.fault):
            return
        self._told = True
        self.plant.before_state_change()
        self.state, self.reason, self.fault = state, reason, fault
        self.plant.tell_state(self)

    def count(self, at: int, good: int, scrap: int) -> None:
        """Add pieces; `at` is the instant of the last of them."""
        if good + scrap == 0:
            return
        job = self.working_job
        job.good += good
        job.scrap += scrap
        self.total += good + scrap
        self.rejects += scrap
        self.plant.tell_parts(self, at, good, scrap)

    def begin_job(self) -> Steps:
        """Load the next job of the plan and set the machine up for it.

        The very first job finds the machine set up, so that a plant moves when it starts.
        """
        first = self.plan.taken == 0
        self.job = self.plan.take()
        self.plant.tell_job(self, self.job, JobAction.START)
        self.plan_ahead()
        if not first:
            change = self.spec.changeover
            self.set_state(State.SETUP, change.reason)
            yield self.env.timeout(
                self.draw_us(change.shortest_s, change.usual_s, change.longest_s)
            )

    def plan_ahead(self) -> None:
        """Fill the plan up again and tell of the new jobs."""
        for job in self.plan.refill():
            self.plant.tell_job(self, job, JobAction.PLANNED)

    def end_job(self) -> None:
        """Complete the loaded job."""
        job = self.working_job
        self.job = None
        self.plant.tell_job(self, job, JobAction.COMPLETE)

    def until(self, instant: int) -> Event:
        """An event at the plant instant `instant`, or now when that is past."""
        return self.env.timeout(max(0, instant - int(self.env.now)))

    def draw_us(self, shortest_s: float, usual_s: float, longest_s: float) -> int:
        """A random duration in microseconds, triangular."""
        return int(self._chance.triangular(shortest_s, longest_s, usual_s) * SECOND_US)

    def stand_for(self, cause: Cause) -> Steps:
        """Stand still for one occurrence of a cause."""
        self._left_us[cause.reason] = self._draw_left(cause)
        self.set_state(cause.state, cause.reason, cause.fault)
        yield self.env.timeout(self.draw_us(cause.shortest_s, cause.usual_s, cause.longest_s))

    def next_cause(self) -> tuple[Cause | None, int]:
        """The cause that comes next and the running time left until it, in microseconds."""
        found: Cause | None = None
        left = 2**60
        for cause in self.spec.causes:
            if cause.only_while_held and not self.held:
                continue
            if self._left_us[cause.reason] < left:
                found, left = cause, self._left_us[cause.reason]
        return found, left

    def wear(self, ran_us: int) -> None:
        """Take running time off what is left until each cause."""
        for cause in self.spec.causes:
            if cause.only_while_held and not self.held:
                continue
            self._left_us[cause.reason] -= ran_us

    def cycle_us(self, item: str) -> int:
        """One real cycle for an item, in microseconds."""
        spec = self.spec
        factor = spec.slowness * (1.0 + spec.jitter * (2.0 * self._pieces.random() - 1.0))
        return int(spec.ideal_cycle_s[item] * factor * SECOND_US)

    def piece_is_bad(self) -> bool:
        """Whether the piece just made is bad.

        What only people can find is made only while people's statements are written as well, so
        that counts of a live run can be compared with the journal.
        """
        bad = self._pieces.random() < self.spec.scrap_ratio
        return bad and (
            self.spec.scrap_found_by is ScrapFoundBy.COUNTER or self.plant.batch_until is not None
        )

    def _draw_left(self, cause: Cause) -> int:
        return int((5.0 + self._chance.expovariate(1.0 / cause.mean_run_s)) * SECOND_US)

"""What a machine of the plant is: its states, causes of stops, jobs and the plan of jobs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import ClassVar

from simulators.plant.calendar import WorkTimes

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US


class State(StrEnum):
    """Operating state of a machine, as its controller shows it."""

    OFF = "off"
    STOPPED = "stopped"
    RUNNING = "running"
    DOWN = "down"
    SETUP = "setup"
    WAITING = "waiting"


STATE_CODES = {
    State.OFF: 0,
    State.STOPPED: 1,
    State.RUNNING: 2,
    State.DOWN: 3,
    State.SETUP: 4,
    State.WAITING: 5,
}


class JobAction(StrEnum):
    """What happens to a job in the plant."""

    PLANNED = "planned"
    START = "start"
    COMPLETE = "complete"


class JobMode(StrEnum):
    """What a machine does when the quantity of its job is made.

    CYCLE takes the next job; HOLD keeps the job loaded, as nobody tells the plant of new ones.
    """

    CYCLE = "cycle"
    HOLD = "hold"


class ScrapFoundBy(StrEnum):
    """Who finds bad pieces: the machine's reject counter, or people who type them in."""

    COUNTER = "counter"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that stops a machine now and then.

    Attributes:
        reason: its code in the plant file.
        state: the state the controller shows meanwhile.
        mean_run_s: mean running time between two of them, in seconds (exponential).
        shortest_s: shortest duration in seconds.
        usual_s: usual duration in seconds (mode of a triangular distribution).
        longest_s: longest duration in seconds.
        fault: the controller's fault code; 0 when it knows of none.
        only_while_held: happens only in job mode HOLD, in place of a change of job.
    """

    reason: str
    state: State
    mean_run_s: float
    shortest_s: float
    usual_s: float
    longest_s: float
    fault: int = 0
    only_while_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Changeover:
    """The change from one job to the next; times in seconds."""

    reason: str
    shortest_s: float
    usual_s: float
    longest_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """A machine as it was bought.

    Attributes:
        ideal_cycle_s: ideal cycle per item code, in seconds.
        slowness: mean real cycle divided by the ideal one.
        jitter: half width of the cycle's variation, as a share of it.
        scrap_ratio: share of bad pieces.
        quantities: smallest and largest quantity of a job.
        order_prefix: begins the keys of its orders.
        lamp_only: all one sees is a run lamp, so that every state but running is stopped.
        running_kw: power while running; idle_kw while on and not running.
    """

    id: str
    times: WorkTimes
    ideal_cycle_s: dict[str, float]
    slowness: float
    jitter: float
    scrap_ratio: float
    quantities: tuple[int, int]
    order_prefix: str
    changeover: Changeover
    causes: tuple[Cause, ...]
    scrap_found_by: ScrapFoundBy = ScrapFoundBy.COUNTER
    lamp_only: bool = False
    running_kw: float = 10.0
    idle_kw: float = 1.0


@dataclass(slots=True, kw_only=True)
class Job:
    """An order for one machine, and how far it is; `order` is the plant's own key."""

    order: str
    item: str
    quantity: int
    good: int = 0
    scrap: int = 0


@dataclass(slots=True)
class JobPlan:
    """The sequence of jobs of one machine, `AHEAD` of them planned before they are taken."""

    AHEAD: ClassVar[int] = 2

    spec: MachineSpec
    random: Random
    made: int = 0
    taken: int = 0
    waiting: list[Job] = field(default_factory=list)

    def take(self) -> Job:
        """The next job in the sequence."""
        self.taken += 1
        return self.waiting.pop(0) if self.waiting else self._make()

    def refill(self) -> list[Job]:
        """Plan jobs ahead; returns the new ones."""
        fresh: list[Job] = []
        while len(self.waiting) < self.AHEAD:
            job = self._make()
            self.waiting.append(job)
            fresh.append(job)
        return fresh

    def _make(self) -> Job:
        items = list(self.spec.ideal_cycle_s)
        item = items[self.made % len(items)]
        self.made += 1
        low, high = self.spec.quantities
        return Job(
            order=f"{self.spec.order_prefix}-{self.made:04d}",
            item=item,
            quantity=self.random.randrange(low, high + 1, 10),
        )

"""Two CNC machines with a buffer between: the first can be blocked, the second starved."""

from __future__ import annotations

from dataclasses import dataclass

from simpy import Store

from simulators.plant.machine import Machine, Steps
from simulators.plant.model import JobPlan, MachineSpec, State
from simulators.plant.plant import Plant

BLOCKED = "blocked"
STARVED = "starved"


@dataclass(slots=True, kw_only=True)
class Buffer:
    """The conveyor between two machines: it holds the items of the pieces on it."""

    store: Store


class CncMachine(Machine):
    """A machining centre; it works around the clock, pieces come and go by conveyor.

    `source` None: it takes bars that never run out. `sink` None: finished pieces leave at once.
    """

    def __init__(
        self,
        spec: MachineSpec,
        plant: Plant,
        plan: JobPlan,
        *,
        source: Buffer | None = None,
        sink: Buffer | None = None,
    ) -> None:
        super().__init__(spec, plant, plan)
        self._source = source
        self._sink = sink

    def run(self) -> Steps:
        """The life of the machine; see `Machine`."""
        self.plan_ahead()
        while True:
            if self.job is None:
                yield from self.begin_job()
            yield from self._take_piece()
            yield from self._machine_piece()
            if not self.held and self._job_is_full():
                self.end_job()

    def _job_is_full(self) -> bool:
        """Cut from bar: when enough good pieces are made; fed: when all pieces came through."""
        job = self.working_job
        made = job.good if self._source is None else job.good + job.scrap
        return made >= job.quantity

    def _take_piece(self) -> Steps:
        if self._source is None:
            return
        if not self._source.store.items:
            self.set_state(State.WAITING, STARVED)
        yield self._source.store.get()

    def _machine_piece(self) -> Steps:
        """One cycle, with whatever interrupts it, then hand the piece on if it is good."""
        item = self.working_job.item
        remaining = self.cycle_us(item)
        while remaining > 0:
            cause, left = self.next_cause()
            self.set_state(State.RUNNING)
            step = min(remaining, max(left, 0))
            yield self.env.timeout(step)
            self.wear(step)
            remaining -= step
            if cause is not None and step == left and remaining > 0:
                yield from self.stand_for(cause)
        bad = self.piece_is_bad()
        self.count(int(self.env.now), 0 if bad else 1, 1 if bad else 0)
        if not bad and self._sink is not None:
            store = self._sink.store
            if len(store.items) >= store.capacity:
                self.set_state(State.WAITING, BLOCKED)
            yield store.put(item)

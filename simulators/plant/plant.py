"""The plant as a whole: one SimPy environment, its machines and utilities, and who listens."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from simpy import Environment

from simulators.plant.model import MINUTE_US, SECOND_US, Job, JobAction, JobMode
from simulators.plant.utilities import EnergyMeter, Furnace

if TYPE_CHECKING:
    from simulators.plant.machine import Machine, Steps

_TICK_LIVE_US = 5 * SECOND_US


class Listener:
    """Hears what happens in the plant, in the order in which it happens.

    Only pieces drawn in batches (past days) may carry an instant up to a minute before that of
    the event before them.
    """

    def on_state(self, machine: Machine, at: int) -> None:
        """A machine entered `machine.state`."""

    def on_parts(self, machine: Machine, at: int, good: int, scrap: int) -> None:
        """A machine made pieces, the last of them at `at`."""

    def on_job(self, machine: Machine, at: int, job: Job, action: JobAction) -> None:
        """A job of a machine was planned, started or completed."""

    def on_tick(self, at: int) -> None:
        """Meter and furnace have new values."""


class Plant:
    """Machines on one clock of whole microseconds of plant time.

    Attributes:
        batch_until: while past days are written, where they end; None when live.
        revision: grows with every change that a device could show.
    """

    def __init__(self, *, seed: int, start_us: int, job_mode: JobMode) -> None:
        self.seed = seed
        self.job_mode = job_mode
        self.env = Environment(initial_time=start_us)
        self.machines: list[Machine] = []
        self.listeners: list[Listener] = []
        self.batch_until: int | None = None
        self.revision = 0
        self.meter = EnergyMeter(Random(f"{seed}:meter"), start_us)
        self.furnace = Furnace(Random(f"{seed}:furnace"))

    @property
    def now(self) -> int:
        """Plant time of the last event, in UTC microseconds."""
        return int(self.env.now)

    def start(self) -> None:
        """Set every machine going."""
        for machine in self.machines:
            self.env.process(machine.run())
        self.env.process(self._tick())

    def machine(self, machine_id: str) -> Machine:
        """The machine of that id.

        Raises:
            KeyError: there is none.
        """
        for machine in self.machines:
            if machine.id == machine_id:
                return machine
        raise KeyError(machine_id)

    def advance(self, until_us: int, *, most_steps: int = 2**31) -> bool:
        """Let everything happen that happens up to and including `until_us`.

        Returns:
            Whether all of it happened; False when `most_steps` ended it before.
        """
        env = self.env
        for _ in range(most_steps):
            if env.peek() > until_us:
                return True
            env.step()
        return False

    def batch_end(self) -> int | None:
        """How far pieces may be drawn ahead: the next full minute; None when live."""
        if self.batch_until is None or self.now >= self.batch_until:
            return None
        return min(self.batch_until, (self.now // MINUTE_US + 1) * MINUTE_US)

    def before_state_change(self) -> None:
        """Book the energy drawn in the state that ends."""
        self.meter.advance(self.now, self._machines_kw())

    def tell_state(self, machine: Machine) -> None:
        """Tell everybody that a machine entered a state."""
        self.revision += 1
        for listener in self.listeners:
            listener.on_state(machine, self.now)

    def tell_parts(self, machine: Machine, at: int, good: int, scrap: int) -> None:
        """Tell everybody that pieces were made."""
        self.revision += 1
        for listener in self.listeners:
            listener.on_parts(machine, at, good, scrap)

    def tell_job(self, machine: Machine, job: Job, action: JobAction) -> None:
        """Tell everybody what happened to a job."""
        self.revision += 1
        for listener in self.listeners:
            listener.on_job(machine, self.now, job, action)

    def _machines_kw(self) -> float:
        return sum(machine.power_kw for machine in self.machines)

    def _tick(self) -> Steps:
        """Give meter and furnace new values every few seconds, every minute in past days."""
        while True:
            period = _TICK_LIVE_US if self.batch_end() is None else MINUTE_US
            yield self.env.timeout(period)
            self.meter.advance(self.now, self._machines_kw())
            self.meter.flicker()
            self.furnace.advance(self.now, period / SECOND_US)
            self.revision += 1
            for listener in self.listeners:
                listener.on_tick(self.now)

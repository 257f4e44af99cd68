"""A machine that makes piece after piece by itself: a press, a washer."""

from __future__ import annotations

from simulators.plant.calendar import Phase, Window, WorkCalendar
from simulators.plant.machine import Machine, Steps
from simulators.plant.model import JobPlan, MachineSpec, State
from simulators.plant.plant import Plant

_NO_OPERATOR = "no-operator"
_CLEANING = "cleaning"


class StrokeMachine(Machine):
    """Works through its jobs in the hours of its calendar, with chance stops between."""

    def __init__(self, spec: MachineSpec, plant: Plant, plan: JobPlan) -> None:
        super().__init__(spec, plant, plan)
        self._calendar = WorkCalendar(spec.times)
        self._quit_window: Window | None = None
        self._quit_at = 0

    def run(self) -> Steps:
        """The life of the machine; see `Machine`."""
        self.plan_ahead()
        while True:
            window = self._calendar.window(int(self.env.now))
            if window.phase is Phase.OFF:
                self.set_state(State.OFF)
                yield self.until(window.end)
            elif window.phase is Phase.BREAK:
                yield from self._take_break(window)
            elif int(self.env.now) >= self._quit_time(window):
                self._quit(window)
                yield self.until(window.end)
            elif self.job is None:
                yield from self.begin_job()
            else:
                yield from self._work(self._quit_time(window))

    def _take_break(self, window: Window) -> Steps:
        """Stand for the break; the crew is back at the machine a little late."""
        self.set_state(State.STOPPED, window.reason)
        yield self.until(window.end)
        self.set_state(State.STOPPED, _NO_OPERATOR)
        yield self.env.timeout(self.draw_us(2, 20, 150))

    def _quit_time(self, window: Window) -> int:
        """When the crew leaves the machine: a little before the window ends."""
        if self._quit_window is not window:
            self._quit_window = window
            self._quit_at = window.end - self.draw_us(1, 15, 90)
        return self._quit_at

    def _quit(self, window: Window) -> None:
        following = self._calendar.window(window.end)
        self.set_state(
            State.STOPPED, following.reason if following.phase is Phase.BREAK else _CLEANING
        )

    def _work(self, quit_at: int) -> Steps:
        """Run until the job is done, the crew leaves, or something happens."""
        cause, left = self.next_cause()
        began = int(self.env.now)
        self.set_state(State.RUNNING)
        yield from self._make_pieces(min(quit_at, began + left))
        ran = int(self.env.now) - began
        self.wear(ran)
        if not self.held and self.working_job.good >= self.working_job.quantity:
            self.end_job()
        elif cause is not None and ran >= left:
            yield from self.stand_for(cause)

    def _make_pieces(self, end: int) -> Steps:
        """Make pieces until `end` or until the job is full.

        Live, every piece is an event of its own. While past days are written, all pieces up to the
        next full minute are drawn at once: the same pieces, with fewer events.
        """
        job = self.working_job
        next_at = int(self.env.now) + self.cycle_us(job.item)
        while True:
            wanted = 2**60 if self.held else job.quantity
            batch_end = self.plant.batch_end()
            bound = min(end, next_at + 1 if batch_end is None else batch_end)
            good = scrap = last = 0
            while next_at < bound and job.good + good < wanted:
                if self.piece_is_bad():
                    scrap += 1
                else:
                    good += 1
                last = next_at
                next_at += self.cycle_us(job.item)
            full = job.good + good >= wanted
            at_piece = last > 0 and (full or batch_end is None)
            yield self.until(last if at_piece else bound)
            self.count(last, good, scrap)
            if full or (bound == end and not at_piece):
                return

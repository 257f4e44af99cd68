"""Notes when a controller was first asked after a machine changed its state.

A poller cannot know of a change earlier than that. So the journal tells apart what the wire cannot
show in time and what a reader got wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from simulators.journal import Journal
from simulators.modbus_server import Unit
from simulators.plant.machine import Machine
from simulators.plant.plant import Listener


class Witness(Listener):
    """Hears of changes and of requests.

    Args:
        journal: gets a line per change that was seen.
        now: how far the plant has come, in UTC microseconds.
    """

    def __init__(self, journal: Journal, now: Callable[[], int]) -> None:
        self._journal = journal
        self._now = now
        self._unseen: dict[str, list[int]] = {}

    def on_state(self, machine: Machine, at: int) -> None:
        """A change that nobody has asked about yet."""
        if machine.id in self._unseen:
            self._unseen[machine.id].append(at)

    def watch(self, unit: Unit, machines: Sequence[Machine]) -> None:
        """Take note of the requests to a unit that shows these machines."""
        show = unit.refresh
        names = [machine.id for machine in machines]
        self._unseen.update({name: [] for name in names})

        def refresh() -> None:
            show()
            for name in names:
                if self._unseen[name]:
                    self._tell(name)

        unit.refresh = refresh

    def _tell(self, name: str) -> None:
        now = self._now()
        for changed_at in self._unseen[name]:
            self._journal.seen(now, name, changed_at)
        self._unseen[name].clear()

"""What a link knows of a unit: when it may be asked, and whether its next reply can be believed."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PROBE_S, LONGEST_PROBE_S = 4.0, 60.0
"""A unit that comes back within a minute gives data within 5 s."""
OFTEN_FOR_S = 60.0
"""A unit that fell silent is probed often for so long; it may only be switched off and on."""
LARGEST_SHARE_FOR_SILENT = 0.02
"""Most of the line's time that waiting for one silent unit may take in the long run."""
LONGEST_QUIET_S = 10.0
QUIET_GROWS_TIMES = 4
HOLD_RESPONSES, SHORTEST_HOLD_S = 2, 0.02
FORGETTING = 0.9


@dataclass(slots=True, kw_only=True)
class Unit:
    """One unit behind a link; instants are event-loop times in seconds.

    Attributes:
        pause_s: rest after each reply.
        quiet_s: rest after a reply that did not come, so that a late one is over (RTU); grows when
            replies come later than that, up to four times.
        longest_quiet_s: what it grows to at most.
        missed_at: when a reply last did not come.
        response_s: how long its replies take, the slowest of the last ones.
        strays: replies that nobody awaited.
        free_at: nothing is asked before.
        is_doubtful: a reply may belong to an earlier request, because one was not answered (RTU).
        was_answered: whether the last request was answered.
        probe_at: a silent unit is left alone until then.
        probe_delay_s: rest of a silent unit after the next probe; 0 while it is not silent.
        silent_since: when it was first left alone; without meaning while it is not silent.
    """

    pause_s: float = 0.0
    quiet_s: float = 0.0
    longest_quiet_s: float = 0.0
    missed_at: float = -LONGEST_QUIET_S
    response_s: float = 0.0
    strays: int = 0
    free_at: float = 0.0
    is_doubtful: bool = False
    was_answered: bool = False
    probe_at: float = 0.0
    probe_delay_s: float = 0.0
    silent_since: float = 0.0

    def rest_at_least(self, pause_s: float, quiet_s: float) -> None:
        """Of several sources that read the unit, the one with the longest rests counts."""
        self.pause_s = max(self.pause_s, pause_s)
        self.quiet_s = max(self.quiet_s, quiet_s)
        longest = min(QUIET_GROWS_TIMES * quiet_s, LONGEST_QUIET_S)
        self.longest_quiet_s = max(self.longest_quiet_s, longest, self.quiet_s)

    def rest_no_longer(self) -> None:
        """No source reads the unit any more: the next one says how long it rests."""
        self.pause_s = self.quiet_s = self.longest_quiet_s = 0.0

    @property
    def is_silent(self) -> bool:
        """Whether the unit is left alone but for probes."""
        return self.probe_delay_s > 0

    def answered(self, now: float, took_s: float = 0.0) -> None:
        """A reply came that can be believed, `took_s` after its request."""
        self.was_answered = True
        self.probe_delay_s = 0.0
        self.response_s = max(took_s, FORGETTING * self.response_s)
        self.free_at = max(self.free_at, now + self.pause_s)

    def missed(self, now: float) -> None:
        """No reply came, and a late one could be taken for that of the next request (RTU)."""
        self.is_doubtful = True
        self.was_answered = False
        self.missed_at = now
        self.free_at = max(self.free_at, now + self.quiet_s)

    def hold_s(self, now: float) -> float:
        """How long a reply waits to be believed: another one in that time shows that it was late.

        Only for a while after a reply that did not come, which may still come at any moment.
        """
        if now > self.missed_at + LONGEST_QUIET_S:
            return 0.0
        return min(max(HOLD_RESPONSES * self.response_s, SHORTEST_HOLD_S), self.quiet_s)

    def listen(self, now: float) -> None:
        """The reply just taken may be a late one: hear all that is still to come."""
        self.is_doubtful = False
        self.free_at = now + self.quiet_s

    def strayed(self, now: float) -> None:
        """A reply came that nobody awaited: there may be more of them."""
        self.strays += 1
        if self.free_at < now < self.missed_at + LONGEST_QUIET_S:
            self.quiet_s = min(2 * self.quiet_s, self.longest_quiet_s)
        self.free_at = max(self.free_at, now + self.quiet_s)

    def left_alone(self, now: float, timeout_s: float) -> None:
        """Ask no more than one request in a while; after a minute, each while is longer.

        The longest while is such that waiting for the unit costs the others next to nothing.
        """
        if not self.is_silent:
            self.silent_since = now
            self.probe_delay_s = FIRST_PROBE_S
        self.probe_at = now + self.probe_delay_s
        if now - self.silent_since >= OFTEN_FOR_S:
            longest = min(max(timeout_s / LARGEST_SHARE_FOR_SILENT, FIRST_PROBE_S), LONGEST_PROBE_S)
            self.probe_delay_s = min(2 * self.probe_delay_s, longest)

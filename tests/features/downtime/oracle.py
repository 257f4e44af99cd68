"""The rules of stops and statements in steps of ten seconds, written down slowly.

Nothing of the derivation and nothing of the services is used: a second opinion from the facts as
they were sent. Instants are microseconds since the start of the day, on whole steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

STEP = 10_000_000
STOPPING = {"stopped": 0, "down": 0, "off": 0, "setup": 1, "waiting": 2}
"""States that make stops, with their family."""
BRIDGE = 60_000_000
AHEAD = 2 * BRIDGE
"""What is seen last goes on: so far beyond the present, as a stop that bridges a hole does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A statement as it was sent; `order` is (stated time, command_id)."""

    command: str
    kind: str
    order: tuple[int, str]
    start: int = 0
    end: int | None = None
    reason: str | None = None
    state: str | None = None
    replaces: str | None = None

    @property
    def last(self) -> int:
        """End of what it speaks about; where that was open, when it was stated."""
        return max(self.order[0], self.start + 1) if self.end is None else self.end


class Instant(NamedTuple):
    """What holds in one step: state, start of the stop, reason."""

    state: str
    stop: int | None
    reason: str | None


@dataclass(slots=True)
class Oracle:
    """All facts of one machine and what follows from them; a stop may reach beyond the present."""

    limit: int
    signals: dict[int, str]
    holes: list[tuple[int, int]]
    said: list[Said]

    def timeline(self, until: int) -> list[Instant]:
        """What holds in each step of [0, until)."""
        held = [one for one in self.said if self._in_force(one, frozenset())]
        states, declared = self._states(held, until)
        stops = self._stops(states)
        found: list[Instant] = []
        for index, state in enumerate(states[: until // STEP]):
            at = index * STEP
            stop = next((s for s in stops if s[0] <= at < s[1]), None)
            if stop is None or state == "unknown":
                found.append(Instant(state, None if stop is None else stop[0], None))
                continue
            told = declared[index]
            reason = told.reason if told is not None and told.reason else None
            found.append(Instant(state, stop[0], reason or self._reason(held, stop, at, until)))
        return found

    def lost(self, until: int) -> set[str]:
        """S7: commands of whole and part statements in force that meet no stop."""
        held = [one for one in self.said if self._in_force(one, frozenset())]
        stops = self._stops(self._states(held, until)[0])
        return {
            one.command
            for one in held
            if one.kind in ("whole", "part") and not any(_meets(one, stop) for stop in stops)
        }

    def _in_force(self, one: Said, asked: frozenset[str]) -> bool:
        return not any(
            other.replaces == one.command
            and other.command not in asked
            and self._in_force(other, asked | {one.command})
            for other in self.said
        )

    def _states(self, held: list[Said], until: int) -> tuple[list[str], list[Said | None]]:
        states: list[str] = []
        declared: list[Said | None] = []
        for at in range(0, until + AHEAD, STEP):
            known = [when for when in self.signals if when <= at]
            state = self.signals[max(known)] if known else "unknown"
            if any(start <= at < end for start, end in self.holes):
                state = "unknown"
            over = [s for s in held if s.kind == "declare" and s.start <= at < s.last]
            last = max(over, key=lambda s: s.order, default=None)
            declared.append(last)
            states.append(state if last is None or last.state is None else last.state)
        return states, declared

    def _stops(self, states: list[str]) -> list[tuple[int, int]]:
        """S1: [start, end) of each stop; the last one reaches to the end if it is open."""
        stops: list[tuple[int, int]] = []
        families: list[int] = []
        for index, state in enumerate(states):
            if state not in STOPPING:
                continue
            at = index * STEP
            between = states[stops[-1][1] // STEP : index] if stops else []
            if (
                stops
                and families[-1] == STOPPING[state]
                and len(between) * STEP <= BRIDGE
                and set(between) <= {"unknown"}
            ):
                stops[-1] = (stops[-1][0], at + STEP)
            else:
                stops.append((at, at + STEP))
                families.append(STOPPING[state])
        return stops

    def _reason(self, held: list[Said], stop: tuple[int, int], at: int, until: int) -> str | None:
        """S4, S5, S6: part, then what a whole has seen, then what it has grown to."""
        met = [s for s in held if s.kind in ("whole", "part") and _meets(s, stop)]
        ends = {s.command: until + AHEAD if s.end is None else s.end for s in met}
        for kind in ("part", "whole"):
            over = [s for s in met if s.kind == kind and s.start <= at < ends[s.command]]
            if over:
                return max(over, key=lambda s: s.order).reason
        wholes = [s for s in met if s.kind == "whole"]
        after = [s for s in wholes if ends[s.command] <= at < ends[s.command] + self.limit]
        if after:
            return max(after, key=lambda s: (ends[s.command], s.order)).reason
        before = [s for s in wholes if s.start - self.limit <= at < s.start]
        return max(before, key=lambda s: (-s.start, s.order)).reason if before else None


def _meets(one: Said, stop: tuple[int, int]) -> bool:
    return stop[0] < max(one.last, one.start + 1) and one.start < stop[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A stop as it was shown: start, end (None: open) and the head statement."""

    start: int
    end: int | None
    head: str | None


def may_state(oracle: Oracle, now: int, seen: Looked, part: tuple[int, int] | None = None) -> bool:
    """S8: whether the stop is still what was seen, and a part reaches into nothing unseen.

    Args:
        part: [start, end) that a part speaks about; None: it is a whole.
    """
    held = [one for one in oracle.said if oracle._in_force(one, frozenset())]
    stops = oracle._stops(oracle._states(held, now)[0])
    until = max(now if seen.end is None else seen.end, seen.start + 1)
    over = [stop for stop in stops if stop[0] < until and seen.start < stop[1]]
    if not over:
        return False
    present = max(over, key=lambda stop: (min(stop[1], until) - max(stop[0], seen.start), -stop[0]))
    if _head(held, present) != seen.head:
        return False
    end = now if seen.end is None else seen.end
    if (
        abs(present[0] - seen.start) > oracle.limit
        or abs(min(present[1], now) - end) > oracle.limit
    ):
        return False
    if part is None:
        return True
    others = [s for s in stops if s != present and s[0] < part[1] and part[0] < s[1]]
    return all(_head(held, stop) is None for stop in others)


def _head(held: list[Said], stop: tuple[int, int]) -> str | None:
    about = [
        one
        for one in held
        if (one.kind in ("whole", "part") and _meets(one, stop))
        or (one.kind == "declare" and one.start < stop[1] and stop[0] < one.last)
    ]
    head = max(about, key=lambda one: one.order, default=None)
    return None if head is None else head.command

"""When a quality check is due: by count, by time, at the first, middle and last piece. Pure.

Instants and lengths are microseconds, pieces are good and scrap of the job. Nothing is filed when a
check falls due: it follows from the plan, the job so far and the results in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mes.core.exact import Number, decimal_text, parse_number


class Occasion(StrEnum):
    """Why a check is made; where several fall together the first of these names it."""

    RECHECK = "recheck"
    """The one before was out of range."""
    LAST = "last"
    FIRST = "first"
    MIDDLE = "middle"
    PIECES = "pieces"
    TIME = "time"
    EXTRA = "extra"
    """Nothing asked for it."""


class DueState(StrEnum):
    """Where a check stands."""

    AHEAD = "ahead"
    DUE = "due"
    OVERDUE = "overdue"


_ORDER = {state: number for number, state in enumerate(DueState)}
_RANK = {occasion: number for number, occasion in enumerate(Occasion)}


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When a plan asks for a check.

    Attributes:
        every_pieces: so many pieces behind the check before; None: not by count.
        every_us: so long behind the check before; None: not by time.
        by_running: time is the time in which the machine ran, else the time since the job began.
        grace_pieces: made behind the piece at which it fell due before it is overdue.
        grace_us: passed since it fell due by time, or since the job ended.
    """

    every_pieces: Number | None = None
    every_us: int | None = None
    by_running: bool = True
    first: bool = False
    middle: bool = False
    last: bool = False
    grace_pieces: Number = 0
    grace_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSoFar:
    """A job up to the present.

    Attributes:
        ended_at: None: it is loaded.
        good, scrap: pieces so far; None: not known any more, because it ended.
        running: half-open stretches in which the machine ran, disjoint, in time order.
        runs: whether it runs at present.
    """

    started_at: int
    ended_at: int | None
    good: Number | None
    scrap: Number | None
    ordered: Number
    running: Sequence[tuple[int, int]] = ()
    runs: bool = False

    @property
    def made(self) -> Number:
        """Good and scrap so far; 0 where it is not known."""
        return (self.good or 0) + (self.scrap or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A result in force: `pieces` of the job as far as was known then."""

    at: int
    command_id: str
    pieces: Number
    occasion: Occasion
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What the results of a plan for a job come to.

    Attributes:
        last_at, last_pieces, last_passed: of the latest result.
        most_pieces: the most pieces that any result knew of.
        ended: the last piece was checked.
    """

    last_at: int
    last_pieces: Number
    last_passed: bool
    most_pieces: Number
    ended: bool

    def to_json(self) -> dict[str, Any]:
        """JSON data that `from_json` reads back."""
        return {
            "at": self.last_at,
            "pieces": decimal_text(self.last_pieces),
            "passed": self.last_passed,
            "most": decimal_text(self.most_pieces),
            "ended": self.ended,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Done:
        """Read what `to_json` wrote."""
        return cls(
            last_at=data["at"],
            last_pieces=parse_number(data["pieces"]),
            last_passed=data["passed"],
            most_pieces=parse_number(data["most"]),
            ended=data["ended"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Where a check stands, and what is left until it is due.

    Attributes:
        pieces_left: pieces until it is due by count; None: not by count, or due already.
        us_left: time of the plan's kind until it is due by time; None likewise.
        at: when it falls due by time alone; None: not foreseeable.
        overdue_at: when it becomes overdue by time alone; None: not foreseeable.
    """

    occasion: Occasion
    state: DueState
    pieces_left: Number | None = None
    us_left: int | None = None
    at: int | None = None
    overdue_at: int | None = None


def done_of(results: Iterable[Found]) -> Done | None:
    """What results come to, in whatever order they are given; None: there is none."""
    known = sorted(results, key=lambda found: (found.at, found.command_id))
    if not known:
        return None
    return Done(
        last_at=known[-1].at,
        last_pieces=known[-1].pieces,
        last_passed=known[-1].passed,
        most_pieces=max(found.pieces for found in known),
        ended=any(found.occasion is Occasion.LAST for found in known),
    )


def due(when: When, job: JobSoFar, done: Done | None, now: int) -> Due | None:
    """The check that is most pressing; None: nothing is foreseen.

    A check that is ahead tells what is left by count and by time, whichever comes first.

    Args:
        done: None: nothing was checked yet in this job.
        now: up to when `job` tells, UTC microseconds.
    """
    found = list(_asked(when, job, done, now))
    if not found:
        return None
    worst = max(_ORDER[one.state] for one in found)
    pressing = min((one for one in found if _ORDER[one.state] == worst), key=lambda one: _rank(one))
    if pressing.state is not DueState.AHEAD:
        return Due(
            occasion=pressing.occasion,
            state=pressing.state,
            overdue_at=min(
                (one.overdue_at for one in found if one.overdue_at is not None), default=None
            ),
        )
    return Due(
        occasion=pressing.occasion,
        state=DueState.AHEAD,
        pieces_left=min(
            (one.pieces_left for one in found if one.pieces_left is not None), default=None
        ),
        us_left=min((one.us_left for one in found if one.us_left is not None), default=None),
        at=min((one.at for one in found if one.at is not None), default=None),
        overdue_at=min(
            (one.overdue_at for one in found if one.overdue_at is not None), default=None
        ),
    )


def _rank(one: Due) -> tuple[bool, Number, int]:
    """What is due goes by its occasion, what is ahead by the pieces that are left."""
    if one.state is DueState.AHEAD:
        return (one.pieces_left is None, one.pieces_left or 0, _RANK[one.occasion])
    return (False, 0, _RANK[one.occasion])


def _asked(when: When, job: JobSoFar, done: Done | None, now: int) -> Iterator[Due]:
    """What each rule of the plan says."""
    if job.ended_at is not None:
        if when.last and not (done and done.ended) and (job.good is None or job.made > 0):
            yield _ended(when, job.ended_at, now)
        return
    if done is not None and not done.last_passed:
        yield _by_count(Occasion.RECHECK, job.made, done.last_pieces, when.grace_pieces)
    if when.first and done is None:
        yield _by_count(Occasion.FIRST, job.made, 1, when.grace_pieces)
    if when.middle and job.ordered >= 2:
        half = -(-job.ordered // 2)
        if done is None or done.most_pieces < half:
            yield _by_count(Occasion.MIDDLE, job.made, half, when.grace_pieces)
    if when.last and job.ordered > 0 and not (done and done.ended):
        yield _by_count(Occasion.LAST, job.good or 0, job.ordered, when.grace_pieces)
    if when.every_pieces is not None:
        base = done.last_pieces if done else 0
        yield _by_count(Occasion.PIECES, job.made, base + when.every_pieces, when.grace_pieces)
    if when.every_us is not None:
        yield _by_time(when, job, done, now)


def _by_count(occasion: Occasion, made: Number, at: Number, grace: Number) -> Due:
    if made < at:
        return Due(occasion=occasion, state=DueState.AHEAD, pieces_left=at - made)
    late = made > at + grace
    return Due(occasion=occasion, state=DueState.OVERDUE if late else DueState.DUE)


def _by_time(when: When, job: JobSoFar, done: Done | None, now: int) -> Due:
    assert when.every_us is not None, "asked by time"
    since = max(job.started_at, done.last_at) if done else job.started_at
    passed = (
        sum(max(0, min(end, now) - max(start, since)) for start, end in job.running)
        if when.by_running
        else max(0, now - since)
    )
    left = when.every_us - passed
    goes_on = job.runs or not when.by_running
    at = max(now, since) + left if goes_on else None
    overdue_at = None if at is None else at + when.grace_us + 1
    if left > 0:
        return Due(
            occasion=Occasion.TIME,
            state=DueState.AHEAD,
            us_left=left,
            at=at,
            overdue_at=overdue_at,
        )
    late = -left > when.grace_us
    return Due(
        occasion=Occasion.TIME,
        state=DueState.OVERDUE if late else DueState.DUE,
        overdue_at=None if late else overdue_at,
    )


def _ended(when: When, ended_at: int, now: int) -> Due:
    """The last piece of a job that was ended without a check of it."""
    late = now > ended_at + when.grace_us
    return Due(
        occasion=Occasion.LAST,
        state=DueState.OVERDUE if late else DueState.DUE,
        overdue_at=None if late else ended_at + when.grace_us + 1,
    )

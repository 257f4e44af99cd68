"""Policy-neutral sums of a window that add up over time and over work units (rule R10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TypeVar

from mes.core.case_checks import normalised
from mes.core.case_model import Case, Span, effective_window
from mes.core.classes import TimeClass
from mes.core.exact import Number, simplified
from mes.core.flags import Flag, in_order
from mes.core.intervals import union
from mes.core.machine_time import MachineStretch, loaded_stretches, machine_stretches
from mes.core.partition import Segment, segments_of
from mes.core.pieces import Bucket, PieceKey, Pieces, pieces_of

SCHEMA = "oee-tally/1"

ReasonKey = tuple[TimeClass, str]
"""A class of lost time and a reason as the case names it."""
TOLD_BY_REASON = (
    TimeClass.PLANNED_STOP,
    TimeClass.UNPLANNED_STOP,
    TimeClass.SETUP,
    TimeClass.WAITING,
)
"""Classes whose time is told by reason; a break is the calendar's, the others have none."""

_FAILURES = ("count", "restored", "us")
_STOPPED = (TimeClass.UNPLANNED_STOP, TimeClass.MINOR_STOP)
_NUMBERS = ("good", "scrap", "rework", "startup_scrap", "ideal_total_s", "ideal_good_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """Failures of the equipment: unbroken stretches of stop whose reason is a failure.

    Attributes:
        count: failures that began in the window.
        restored: failures that ended in it, whenever they began.
        us: time of failure in it, planned stops and breaks left out.
    """

    count: int = 0
    restored: int = 0
    us: int = 0

    def __add__(self, other: Failures) -> Failures:
        return Failures(
            count=self.count + other.count,
            restored=self.restored + other.restored,
            us=self.us + other.us,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums from which any policy makes a result; the tally of a whole is the sum of its tiles.

    Attributes:
        window_us: length of the window.
        times_us: time by class without running outside the plan; absent classes are 0.
        outside_plan_us: running time outside the plan, by the class of the plan below it.
        pieces: pieces by bucket and material.
        flags: what the facts in the window raise, whatever the policy.
        loaded_us: time for which an order was loaded; None: not known (an older stored sum).
        failures: None: not known (an older stored sum, or nobody said which reasons are failures).
        reasons: how much of the time of a class had which reason, the rest had none; None: not
            known (a sum of columns). Told beside a figure and no part of it.
    """

    window_us: int = 0
    times_us: Mapping[TimeClass, int] = field(default_factory=dict)
    outside_plan_us: Mapping[TimeClass, int] = field(default_factory=dict)
    pieces: Mapping[PieceKey, Pieces] = field(default_factory=dict)
    flags: frozenset[Flag] = frozenset()
    loaded_us: int | None = None
    failures: Failures | None = None
    reasons: Mapping[ReasonKey, int] | None = field(default=None, compare=False)

    def __add__(self, other: Tally) -> Tally:
        pieces = dict(self.pieces)
        for key, more in other.pieces.items():
            pieces[key] = pieces[key] + more if key in pieces else more
        return Tally(
            window_us=self.window_us + other.window_us,
            times_us=_sum(self.times_us, other.times_us),
            outside_plan_us=_sum(self.outside_plan_us, other.outside_plan_us),
            pieces=pieces,
            flags=self.flags | other.flags,
            loaded_us=_plus(self.loaded_us, other.loaded_us),
            failures=_plus(self.failures, other.failures),
            reasons=added_reasons(self.reasons, other.reasons),
        )

    def to_json(self) -> dict[str, object]:
        """All of it exactly; numbers that are not whole are "numerator/denominator"."""
        return {
            "schema": SCHEMA,
            "window_us": self.window_us,
            "times_us": {str(key): us for key, us in sorted(self.times_us.items())},
            "outside_plan_us": {str(key): us for key, us in sorted(self.outside_plan_us.items())},
            "pieces": [
                {
                    "bucket": str(bucket),
                    "material": material,
                    **{name: _exact(getattr(sums, name)) for name in _NUMBERS},
                    "rate_missing": sums.rate_missing,
                }
                for (bucket, material), sums in sorted(self.pieces.items(), key=_piece_order)
            ],
            "flags": [str(flag) for flag in in_order(self.flags)],
            "loaded_us": self.loaded_us,
            "failures": None
            if self.failures is None
            else {name: getattr(self.failures, name) for name in _FAILURES},
            "reasons": reasons_to_json(self.reasons),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Tally:
        """Read what `to_json` wrote.

        Raises:
            ValueError: another schema, or not a tally.
        """
        if data.get("schema") != SCHEMA:
            raise ValueError(f"not a tally of schema {SCHEMA}: {data.get('schema')!r}")
        window_us, flags = data["window_us"], data["flags"]
        if not isinstance(window_us, int) or not isinstance(flags, list):
            raise ValueError("not a tally: window_us or flags have the wrong type")
        return cls(
            window_us=window_us,
            times_us=_times(data["times_us"]),
            outside_plan_us=_times(data["outside_plan_us"]),
            pieces=dict(_pieces(data["pieces"])),
            flags=frozenset(Flag(flag) for flag in flags),
            loaded_us=_loaded(data.get("loaded_us")),
            failures=_failures(data.get("failures")),
            reasons=reasons_from_json(data.get("reasons")),
        )


EMPTY = Tally(loaded_us=0, failures=Failures(), reasons={})
"""The tally of no time at all."""


def pieces_alone(sums: Tally) -> Tally:
    """The pieces of a window with the flags that they raise, without any of its time."""
    return replace(EMPTY, pieces=sums.pieces, flags=sums.flags - {Flag.PROVISIONAL_STOP})


def tally(case: Case) -> Tally:
    """The sums of one case, before any policy.

    Raises:
        CaseError: the case contradicts itself.
    """
    case = normalised(case)
    machine = machine_stretches(case)
    segments = segments_of(case, machine)
    pieces, flags = pieces_of(case, segments)
    if any(segment.provisional for segment in segments):
        flags |= {Flag.PROVISIONAL_STOP}
    window = effective_window(case)
    times_us, outside_plan_us = _lengths(segments)
    return Tally(
        window_us=window.end - window.start,
        times_us=times_us,
        outside_plan_us=outside_plan_us,
        pieces=pieces,
        flags=flags,
        loaded_us=_loaded_us(case, window),
        failures=_failures_of(case, window, machine, segments),
        reasons=_reasons_of(segments),
    )


def sum_of(tallies: Iterable[Tally]) -> Tally:
    """One tally for all of them."""
    return sum(tallies, EMPTY)


def _lengths(
    segments: list[Segment],
) -> tuple[dict[TimeClass, int], dict[TimeClass, int]]:
    inside: dict[TimeClass, int] = {}
    outside: dict[TimeClass, int] = {}
    for segment in segments:
        if segment.outside_plan is None:
            key, sums = segment.time_class, inside
        else:
            key, sums = segment.outside_plan, outside
        sums[key] = sums.get(key, 0) + segment.length_us
    return inside, outside


def added_reasons(
    one: Mapping[ReasonKey, int] | None, other: Mapping[ReasonKey, int] | None
) -> Mapping[ReasonKey, int] | None:
    """Time by reason of two windows together; None: one of them is not known."""
    if one is None or other is None:
        return None
    if not one or not other:
        return one or other
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}


def reasons_to_json(reasons: Mapping[ReasonKey, int] | None) -> dict[str, dict[str, int]] | None:
    """Microseconds by class and reason, in order; None: not known."""
    if reasons is None:
        return None
    found: dict[str, dict[str, int]] = {}
    for (time_class, reason), us in sorted(reasons.items()):
        found.setdefault(time_class.value, {})[reason] = us
    return found


def reasons_from_json(data: object) -> dict[ReasonKey, int] | None:
    """Read what `reasons_to_json` wrote.

    Raises:
        ValueError: it is something else.
    """
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise ValueError("not a tally: reasons are not an object")
    return {
        (TimeClass(time_class), reason): us
        for time_class, held in data.items()
        for reason, us in held.items()
    }


def _reasons_of(segments: list[Segment]) -> dict[ReasonKey, int]:
    found: dict[ReasonKey, int] = {}
    for one in segments:
        if one.reason is not None and one.time_class in TOLD_BY_REASON:
            key = (one.time_class, one.reason)
            found[key] = found.get(key, 0) + one.length_us
    return found


def _loaded_us(case: Case, window: Span) -> int:
    loaded = loaded_stretches(case)
    if loaded is None:
        return window.end - window.start
    return sum(max(0, min(end, window.end) - max(start, window.start)) for start, end in loaded)


def _failures_of(
    case: Case, window: Span, machine: list[MachineStretch], segments: list[Segment]
) -> Failures | None:
    """Failures by the instants at which they begin and end, so that tiles add up."""
    if case.failures is None:
        return None
    failing = union(
        (one.start, one.end)
        for one in machine
        if one.stop_start is not None and one.reason in case.failures
    )
    return Failures(
        count=sum(window.start <= start < window.end for start, _ in failing),
        restored=sum(window.start <= end < window.end for _, end in failing),
        us=sum(
            one.length_us
            for one in segments
            if one.reason in case.failures and one.time_class in _STOPPED
        ),
    )


_Sum = TypeVar("_Sum", int, Failures)


def _plus(one: _Sum | None, other: _Sum | None) -> _Sum | None:
    return None if one is None or other is None else one + other


def _sum(one: Mapping[TimeClass, int], other: Mapping[TimeClass, int]) -> dict[TimeClass, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}


def _piece_order(item: tuple[PieceKey, Pieces]) -> tuple[str, bool, str]:
    (bucket, material), _ = item
    return bucket, material is not None, material or ""


def _exact(value: Number) -> int | str:
    value = simplified(value)
    return value if isinstance(value, int) else f"{value.numerator}/{value.denominator}"


def _times(data: object) -> dict[TimeClass, int]:
    if not isinstance(data, Mapping):
        raise ValueError("not a tally: times are not an object")
    return {TimeClass(key): int(us) for key, us in data.items()}


def _loaded(data: object) -> int | None:
    if data is None or isinstance(data, int):
        return data
    raise ValueError("not a tally: loaded_us has the wrong type")


def _failures(data: object) -> Failures | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        raise ValueError("not a tally: failures are not an object")
    return Failures(**{name: int(data[name]) for name in _FAILURES})


def _pieces(data: object) -> Iterable[tuple[PieceKey, Pieces]]:
    if not isinstance(data, list):
        raise ValueError("not a tally: pieces are not a list")
    for entry in data:
        numbers = {name: simplified(Fraction(entry[name])) for name in _NUMBERS}
        key = (Bucket(entry["bucket"]), entry["material"])
        yield key, Pieces(**numbers, rate_missing=bool(entry["rate_missing"]))

"""Where the time went: shift time down to value adding time, and every loss with its cause. Pure.

The five rungs are those of the Korean ladder (조업, 부하, 가동, 정미가동, 가치가동); which class is
lost on which rung is the policy's matter, so that the rungs always end in A x P x Q.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mes.core.case_model import Case
from mes.core.classes import MachineState, TimeClass
from mes.core.instants import US_PER_S
from mes.core.oee import OeeResult
from mes.core.partition import Segment
from mes.core.policies import PART_VALUES, Part, Policy
from mes.core.tally import ReasonKey, Tally


class LossKind(StrEnum):
    """What a loss is made of."""

    TIME = "time"
    """Time of one class, with or without a reason."""
    UNCLASSIFIED = "unclassified"
    """An unplanned stop for which nobody gave a reason."""
    MINOR = "minor"
    SPEED = "speed"
    REJECTS = "rejects"


class Factor(StrEnum):
    """Which factor of OEE a loss lowers; `OUTSIDE`: none, it is outside planned busy time."""

    OUTSIDE = "outside"
    AVAILABILITY = "availability"
    EFFECTIVENESS = "effectiveness"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One loss.

    Attributes:
        time_class: of time losses, else None.
        state: the machine's state in most of it, else None.
        reason: code of the reason, None without one.
        us: lost time in microseconds, exact; negative when the machine was faster than its rate.
        count: stops or pieces, None where neither is counted.
    """

    kind: LossKind
    factor: Factor
    us: Fraction
    time_class: TimeClass | None = None
    state: MachineState | None = None
    reason: str | None = None
    count: Fraction | None = None


class Rung(StrEnum):
    """The five times of the ladder."""

    SHIFT = "shift"
    LOADING = "loading"
    OPERATING = "operating"
    NET = "net"
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung: the time left, and what was lost since the rung above."""

    rung: Rung
    us: Fraction
    losses: tuple[Loss, ...]

    @property
    def lost_us(self) -> Fraction:
        """Sum of its losses."""
        return sum((loss.us for loss in self.losses), Fraction(0))


TimeKey = tuple[TimeClass, str | None]
_NEVER_A_LOSS = frozenset({TimeClass.RUNNING, TimeClass.NOT_SCHEDULED})
_ALWAYS_OUTSIDE = frozenset({TimeClass.NOT_SCHEDULED, TimeClass.BREAK})
_WITHOUT_REASON = frozenset(
    {TimeClass.BREAK, TimeClass.MINOR_STOP, TimeClass.UNKNOWN, TimeClass.NO_ORDER}
)
"""Summed as one; a break is the calendar's, whatever reason the stop around it has."""


def ladder(
    result: OeeResult, told: Iterable[Segment] | Mapping[ReasonKey, int] | None
) -> tuple[Step, ...]:
    """The five rungs of a result.

    Args:
        result: of the sum of all tallies.
        told: how long each reason lasted: the partitions of the same windows, or the sums by class
            and reason. None: the losses are told by class alone.
    """
    figures, policy = result.figures, result.policy
    times = (
        _class_losses(result, told)
        if told is None or isinstance(told, Mapping)
        else _time_losses(told, policy)
    )
    outside, availability, effectiveness = (
        tuple(_largest_first(loss for loss in times if loss.factor is factor))
        for factor in (Factor.OUTSIDE, Factor.AVAILABILITY, Factor.EFFECTIVENESS)
    )
    ideal_us = Fraction(figures.counted.ideal_total_s) * US_PER_S
    good_us = Fraction(figures.counted.ideal_good_s) * US_PER_S
    slow = sum((loss.us for loss in effectiveness), Fraction(0))
    speed = Loss(
        kind=LossKind.SPEED,
        factor=Factor.EFFECTIVENESS,
        us=Fraction(figures.apt_us) - slow - ideal_us,
    )
    rejects = Loss(
        kind=LossKind.REJECTS,
        factor=Factor.QUALITY,
        us=ideal_us - good_us,
        count=Fraction(figures.counted.scrap) + Fraction(figures.counted.rework),
    )
    return (
        Step(rung=Rung.SHIFT, us=Fraction(figures.pot_us), losses=()),
        Step(rung=Rung.LOADING, us=Fraction(figures.pbt_us), losses=outside),
        Step(rung=Rung.OPERATING, us=Fraction(figures.apt_us), losses=availability),
        Step(rung=Rung.NET, us=ideal_us, losses=_present((speed, *effectiveness))),
        Step(rung=Rung.VALUE, us=good_us, losses=_present((rejects,))),
    )


def losses_of(steps: Sequence[Step]) -> tuple[Loss, ...]:
    """Every loss inside planned busy time, the largest first."""
    inside = (step for step in steps if step.rung not in (Rung.SHIFT, Rung.LOADING))
    return tuple(_largest_first(loss for step in inside for loss in step.losses))


def _class_losses(result: OeeResult, reasons: Mapping[ReasonKey, int] | None) -> list[Loss]:
    losses: list[Loss] = []
    for time_class, us in result.figures.times_us.items():
        if time_class in _NEVER_A_LOSS:
            continue
        parts: dict[str | None, int] = {
            reason: part for (kind, reason), part in (reasons or {}).items() if kind is time_class
        }
        parts[None] = us - sum(parts.values())
        losses += [
            Loss(
                kind=_kind(time_class, reason, told=reasons is not None),
                factor=_factor(time_class, result.policy),
                us=Fraction(part),
                time_class=time_class,
                reason=reason,
            )
            for reason, part in parts.items()
            if part
        ]
    return losses


def _time_losses(segments: Iterable[Segment], policy: Policy) -> list[Loss]:
    lengths: dict[TimeKey, int] = defaultdict(int)
    stops: dict[TimeKey, set[int]] = defaultdict(set)
    states: dict[TimeKey, dict[MachineState, int]] = defaultdict(lambda: defaultdict(int))
    for segment in segments:
        time_class = segment.class_under(policy)
        if time_class in _NEVER_A_LOSS:
            continue
        key = (time_class, None if time_class in _WITHOUT_REASON else segment.reason)
        lengths[key] += segment.length_us
        states[key][segment.state] += segment.length_us
        if segment.stop_start is not None:
            stops[key].add(segment.stop_start)
    return [
        Loss(
            kind=_kind(time_class, reason),
            factor=_factor(time_class, policy),
            us=Fraction(us),
            time_class=time_class,
            state=_most(states[time_class, reason]),
            reason=reason,
            count=Fraction(len(stops[time_class, reason])) or None,
        )
        for (time_class, reason), us in lengths.items()
    ]


def _kind(time_class: TimeClass, reason: str | None, *, told: bool = True) -> LossKind:
    """Args: told: reasons are known, so that a stop without one was never explained."""
    if time_class is TimeClass.MINOR_STOP:
        return LossKind.MINOR
    if told and time_class is TimeClass.UNPLANNED_STOP and reason is None:
        return LossKind.UNCLASSIFIED
    return LossKind.TIME


def _factor(time_class: TimeClass, policy: Policy) -> Factor:
    if time_class in _ALWAYS_OUTSIDE:
        return Factor.OUTSIDE
    if time_class.value not in PART_VALUES:
        return Factor.AVAILABILITY
    part: Part = getattr(policy, time_class.value)
    return Factor(part.value)


def _most(lengths: Mapping[MachineState, int]) -> MachineState:
    return max(lengths, key=lambda state: lengths[state])


def _present(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    return tuple(_largest_first(loss for loss in losses if loss.us != 0))


def _largest_first(losses: Iterable[Loss]) -> list[Loss]:
    return sorted(losses, key=lambda loss: (-loss.us, loss.kind.value, loss.reason or ""))


def unexplained_us(sums: Tally) -> int:
    """Unplanned stop time without a reason by stored sums, us; 0 where reasons are not known."""
    if sums.reasons is None:
        return 0
    whole = sums.times_us.get(TimeClass.UNPLANNED_STOP, 0)
    return whole - sum(
        us for (kind, _), us in sums.reasons.items() if kind is TimeClass.UNPLANNED_STOP
    )


def unclassified_us(segments: Iterable[Segment], policy: Policy) -> int:
    """Unplanned stop time for which nobody gave a reason, in microseconds."""
    return sum(
        segment.length_us
        for segment in segments
        if segment.class_under(policy) is TimeClass.UNPLANNED_STOP and segment.reason is None
    )


def good_of(case: Case) -> Fraction:
    """Good pieces booked in a case."""
    return sum((Fraction(one.good) for one in case.quantities), Fraction(0))

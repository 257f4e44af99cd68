"""What a policy makes of a tally: times, pieces and ideal time as they enter the KPIs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mes.core.classes import TimeClass
from mes.core.pieces import Bucket, Pieces
from mes.core.policies import PART_VALUES, FailureDivisor, Part, Policy, RunningOutsidePlan
from mes.core.tally import Failures, Tally

_OF_PLAN = (TimeClass.NOT_SCHEDULED, TimeClass.BREAK, TimeClass.PLANNED_STOP)
NO_PIECES = Pieces()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The sums that the KPI formulas use; times in microseconds, ISO 22400-2 names.

    Attributes:
        window_us: length of the window.
        times_us: time of every class; sums to the window.
        pot_us: planned operation time (POT).
        pbt_us: planned busy time (PBT).
        apt_us: run time, actual production time (APT).
        aust_us: setup inside PBT (AUST).
        adet_us: every availability loss but setup and no order (ADET).
        adot_us: no order inside PBT (ADOT).
        counted: pieces that enter the KPIs.
        excluded: pieces that the policy leaves out.
        loaded_us: time for which an order was loaded (AOET); None: not known.
        failures: failures of the equipment; None: not known.
        failures_added: what a policy adds to the number of failures in a mean.
        negative: good or scrap of a counted material is below 0.
    """

    window_us: int
    times_us: Mapping[TimeClass, int]
    pot_us: int
    pbt_us: int
    apt_us: int
    aust_us: int
    adet_us: int
    adot_us: int
    counted: Pieces
    excluded: Pieces
    loaded_us: int | None
    failures: Failures | None
    failures_added: int
    negative: bool

    @property
    def aupt_us(self) -> int:
        """Actual unit processing time (AUPT)."""
        return self.aust_us + self.apt_us

    @property
    def aubt_us(self) -> int:
        """Actual unit busy time (AUBT)."""
        return self.aupt_us + self.adet_us

    @property
    def between_failures_us(self) -> int:
        """Time of operation between failures (TBF): setup and production, no delays."""
        return self.times_us[TimeClass.SETUP] + self.times_us[TimeClass.RUNNING]

    @property
    def to_failure_us(self) -> int:
        """Time of production to failures (TTF)."""
        return self.times_us[TimeClass.RUNNING]

    @property
    def to_restoration_us(self) -> int | None:
        """Time of failure (TTR); None: not known."""
        return None if self.failures is None else self.failures.us

    @property
    def failure_events(self) -> int | None:
        """Divisor of the means up to a failure (FE); None: not known."""
        return None if self.failures is None else self.failures.count + self.failures_added

    @property
    def restoration_events(self) -> int | None:
        """Divisor of the mean up to a restoration (RE); None: not known."""
        return None if self.failures is None else self.failures.restored + self.failures_added

    @property
    def unknown_us(self) -> int:
        """Time of class unknown."""
        return self.times_us[TimeClass.UNKNOWN]

    @property
    def observable_us(self) -> int:
        """Window without not scheduled time, breaks and planned stops: what coverage speaks of."""
        return self.window_us - sum(self.times_us[kind] for kind in _OF_PLAN)


def figures_of(tally: Tally, policy: Policy) -> Figures:
    """Apply a policy to a tally (contract section 2)."""
    times_us = _times(tally, policy)
    parts = {kind: part_of(kind, policy) for kind in TimeClass}

    def total(*wanted: Part, of: Iterable[TimeClass] = TimeClass) -> int:
        return sum(times_us[kind] for kind in of if parts[kind] in wanted)

    pbt_us = total(Part.AVAILABILITY, Part.EFFECTIVENESS)
    aust_us = total(Part.AVAILABILITY, of=[TimeClass.SETUP])
    adot_us = total(Part.AVAILABILITY, of=[TimeClass.NO_ORDER])
    counted = [sums for (bucket, _), sums in tally.pieces.items() if counts_in(bucket, policy)]
    left_out = [sums for (bucket, _), sums in tally.pieces.items() if not counts_in(bucket, policy)]
    return Figures(
        window_us=tally.window_us,
        times_us=times_us,
        pot_us=tally.window_us - times_us[TimeClass.NOT_SCHEDULED],
        pbt_us=pbt_us,
        apt_us=total(Part.EFFECTIVENESS),
        aust_us=aust_us,
        adet_us=total(Part.AVAILABILITY) - aust_us - adot_us,
        adot_us=adot_us,
        counted=sum(counted, NO_PIECES),
        excluded=sum(left_out, NO_PIECES),
        loaded_us=tally.loaded_us,
        failures=tally.failures,
        failures_added=policy.failure_divisor is FailureDivisor.FAILURES_PLUS_1,
        negative=_any_negative(tally, policy),
    )


def _times(tally: Tally, policy: Policy) -> dict[TimeClass, int]:
    times_us = {kind: tally.times_us.get(kind, 0) for kind in TimeClass}
    adds = policy.running_outside_plan is RunningOutsidePlan.ADDS
    for planned, length_us in tally.outside_plan_us.items():
        times_us[TimeClass.RUNNING if adds else planned] += length_us
    return times_us


def part_of(time_class: TimeClass, policy: Policy) -> Part:
    """Where a policy puts the time of a class (contract section 2)."""
    if time_class.value in PART_VALUES:
        part: Part = getattr(policy, time_class.value)
        return part
    if time_class is TimeClass.RUNNING:
        return Part.EFFECTIVENESS
    return Part.AVAILABILITY if time_class is TimeClass.UNPLANNED_STOP else Part.OUTSIDE


def counts_in(bucket: Bucket, policy: Policy) -> bool:
    """Whether pieces of a bucket enter the KPIs."""
    if bucket is Bucket.UNKNOWN:
        return policy.unknown is not Part.OUTSIDE
    if bucket is Bucket.OUTSIDE_PLAN:
        return policy.running_outside_plan is RunningOutsidePlan.ADDS
    return True


def _any_negative(tally: Tally, policy: Policy) -> bool:
    by_material: dict[str | None, Pieces] = {}
    for (bucket, material), sums in tally.pieces.items():
        if counts_in(bucket, policy):
            by_material[material] = by_material.get(material, NO_PIECES) + sums
    return any(sums.good < 0 or sums.scrap < 0 for sums in by_material.values())

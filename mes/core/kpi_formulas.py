"""The formulas of the KPI table that are more than one ratio, and why a KPI can have no value."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction

from mes.core.exact import Number
from mes.core.figures import Figures
from mes.core.instants import US_PER_S

US_PER_H = 3600 * US_PER_S


class Cause(StrEnum):
    """Why a KPI has no value: the denominator that is zero, or what is not known."""

    NO_PLANNED_TIME = "no_planned_time"
    NO_RUN_TIME = "no_run_time"
    NO_QUANTITY = "no_quantity"
    RATE_MISSING = "rate_missing"
    NO_PROCESSING_TIME = "no_processing_time"
    NO_BUSY_TIME = "no_busy_time"
    NO_WINDOW = "no_window"
    NO_OPERATION_TIME = "no_operation_time"
    NO_ORDER_TIME = "no_order_time"
    ORDERS_UNKNOWN = "orders_unknown"
    NO_FAILURE = "no_failure"
    NO_RESTORATION = "no_restoration"
    FAILURES_UNKNOWN = "failures_unknown"


Value = Fraction | Cause
"""The exact value of a KPI, or the cause why it has none."""


def ratio(numerator: Number, denominator: Number, cause: Cause) -> Value:
    """The exact ratio; `cause` where the denominator is zero (rule R6)."""
    return Fraction(numerator, denominator) if denominator else cause


def effectiveness(figures: Figures) -> Value:
    """Ideal time of all pieces by run time; mixed products add up in it (rule R9)."""
    if figures.apt_us and _cause_without_ideal_time(figures) is Cause.RATE_MISSING:
        return Cause.RATE_MISSING
    return ratio(figures.counted.ideal_total_s * US_PER_S, figures.apt_us, Cause.NO_RUN_TIME)


def quality_ratio(figures: Figures) -> Value:
    """Ideal time of good pieces by that of all pieces."""
    return ratio(
        figures.counted.ideal_good_s,
        figures.counted.ideal_total_s,
        _cause_without_ideal_time(figures) or Cause.NO_QUANTITY,
    )


def _cause_without_ideal_time(figures: Figures) -> Cause | None:
    """Why the ideal time of all pieces is 0; None when it is not."""
    counted = figures.counted
    if counted.ideal_total_s:
        return None
    return Cause.RATE_MISSING if counted.rate_missing and counted.total else Cause.NO_QUANTITY


def of_good_time(figures: Figures, length_us: int, cause: Cause) -> Value:
    """Ideal time of good pieces by a length of time: OEE, OOE, TEEP."""
    return ratio(figures.counted.ideal_good_s * US_PER_S, length_us, cause)


def nee(figures: Figures) -> Value:
    """(AUPT / PBT) x E x QR, where E x QR = ideal time of good pieces / run time."""
    oee = of_good_time(figures, figures.pbt_us, Cause.NO_PLANNED_TIME)
    if oee == 0 or isinstance(oee, Cause):
        return oee
    return ratio(oee * figures.aupt_us, figures.apt_us, Cause.NO_RUN_TIME)


def technical_efficiency(figures: Figures) -> Value:
    """Run time by run time and stops inside it."""
    cause = Cause.NO_RUN_TIME if figures.aubt_us else Cause.NO_BUSY_TIME
    return ratio(figures.apt_us, figures.apt_us + figures.adet_us, cause)


def of_order_time(figures: Figures, numerator: Number) -> Value:
    """Something by the time for which an order was loaded (AOET)."""
    if figures.loaded_us is None:
        return Cause.ORDERS_UNKNOWN
    return ratio(numerator, figures.loaded_us, Cause.NO_ORDER_TIME)


def of_failures(length_us: int | None, events: int | None, cause: Cause) -> Value:
    """Hours for each event that ended an observed interval (rule R32)."""
    if length_us is None or events is None:
        return Cause.FAILURES_UNKNOWN
    return ratio(length_us, events * US_PER_H, cause)

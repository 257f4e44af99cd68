"""Losses by size: in minutes, in stops or in pieces, with what nobody explained always among them.

Pieces of a loss of time are what it would have made at the ideal rate of what was made in the
period; rejects are counted. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mes.core.classes import TimeClass
from mes.core.instants import US_PER_S
from mes.core.oee import OeeResult
from mes.features.screens.report.ladder import Factor, Loss, LossKind

MOST = Fraction(4, 5)
"""The share of all losses whose causes are the vital few."""


class Measure(StrEnum):
    """What the bars of a Pareto are drawn by."""

    MINUTES = "minutes"
    COUNT = "count"
    PIECES = "pieces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One loss of a Pareto.

    Attributes:
        pieces: None where nothing was made, so that no rate is known.
        value: by the measure that was asked for; None: this loss has none of it.
        reached: share of all values up to this one, itself included.
        few: it belongs to the vital few.
    """

    loss: Loss
    pieces: Fraction | None
    value: Fraction | None
    reached: Fraction
    few: bool


def measure_of(text: str) -> Measure:
    """What an address asks for; anything else is minutes."""
    return Measure(text) if text in set(Measure) else Measure.MINUTES


def with_unexplained(losses: Sequence[Loss]) -> tuple[Loss, ...]:
    """The losses with a row for unplanned stops without a reason, also where there is none."""
    if any(loss.kind is LossKind.UNCLASSIFIED for loss in losses):
        return tuple(losses)
    none = Loss(
        kind=LossKind.UNCLASSIFIED,
        factor=Factor.AVAILABILITY,
        us=Fraction(0),
        time_class=TimeClass.UNPLANNED_STOP,
        count=Fraction(0),
    )
    return (*losses, none)


def pareto(losses: Sequence[Loss], result: OeeResult, measure: Measure) -> list[Bar]:
    """The bars, the largest first; those without a value come last."""
    rate = _pieces_per_us(result)
    valued = [(loss, _pieces(loss, rate)) for loss in losses]
    values = [(loss, pieces, _value(loss, pieces, measure)) for loss, pieces in valued]
    values.sort(key=lambda one: (one[2] is None, -(one[2] or 0), -one[0].us))
    total = sum((max(value or Fraction(0), Fraction(0)) for *_, value in values), Fraction(0))
    bars: list[Bar] = []
    reached = Fraction(0)
    for loss, pieces, value in values:
        few = bool(value) and total > 0 and reached / total < MOST
        reached += max(value or Fraction(0), Fraction(0))
        bars.append(
            Bar(
                loss=loss,
                pieces=pieces,
                value=value,
                reached=reached / total if total else Fraction(0),
                few=few,
            )
        )
    return bars


def _pieces_per_us(result: OeeResult) -> Fraction | None:
    counted = result.figures.counted
    ideal_us = Fraction(counted.ideal_total_s) * US_PER_S
    return Fraction(counted.total) / ideal_us if ideal_us and counted.total else None


def _pieces(loss: Loss, rate: Fraction | None) -> Fraction | None:
    if loss.kind is LossKind.REJECTS:
        return loss.count
    return None if rate is None else loss.us * rate


def _value(loss: Loss, pieces: Fraction | None, measure: Measure) -> Fraction | None:
    return {Measure.MINUTES: loss.us, Measure.COUNT: loss.count, Measure.PIECES: pieces}[measure]

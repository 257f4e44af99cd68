"""Comparing what the MES says with the truth: rows with a difference and what is allowed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mes.core.case import Case
from mes.core.oee import OeeResult, classify

OEE_POINTS = 0.2
"""Largest difference of an OEE, in percentage points."""
US_PER_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One compared figure.

    Attributes:
        unit: work unit.
        what: the figure, such as `good` or a time class.
        mes, truth: its two values; None: there is none.
        allowed: largest difference.
    """

    unit: str
    what: str
    mes: float | None
    truth: float | None
    allowed: float = 0.0

    @property
    def difference(self) -> float | None:
        """MES minus truth; None when one of them is missing."""
        if self.mes is None or self.truth is None:
            return None
        return self.mes - self.truth

    @property
    def agrees(self) -> bool:
        """Whether the two values are close enough; a missing one agrees only with a missing one."""
        if self.difference is None:
            return self.mes is None and self.truth is None
        return abs(self.difference) <= self.allowed


def count_rows(
    unit: str,
    mes: Mapping[str, float],
    truth: tuple[int, int],
    *,
    what: str = "",
    allowed: float = 0,
) -> list[Row]:
    """Good and bad pieces; `mes` has the quantities of an OEE result."""
    good, scrap = truth
    pairs = (("good", mes["GQ"], good), ("scrap", mes["SQ"], scrap))
    return [
        Row(
            unit=unit,
            what=f"{what} {name}".strip(),
            mes=float(told),
            truth=float(made),
            allowed=allowed,
        )
        for name, told, made in pairs
    ]


def lateness_by_class(case: Case, poll_us: int, lags: Mapping[int, int]) -> dict[str, int]:
    """How much (us) each time class may be off: one poll for each change into or out of it.

    A poll that came late, which the journal tells, counts as long as it was, and one poll for its
    answer, which is late on the same computer. The end of the window is a change too: what happened
    within the poll before it is heard of after it.

    Args:
        lags: how long after a change the controller was asked, by the instant of the change.
    """
    segments = classify(case)
    names = [segment.class_under(case.policy).value for segment in segments]
    total: dict[str, int] = {}
    for segment, (before, after) in zip(segments[1:], pairwise(names), strict=True):
        if before != after:
            for name in (before, after):
                late = _lateness(poll_us, lags.get(segment.start, 0))
                total[name] = total.get(name, 0) + late
    if names:
        total[names[-1]] = total.get(names[-1], 0) + poll_us
    return total


def _lateness(poll_us: int, lag_us: int) -> int:
    """How late a change may be known whose controller was first asked `lag_us` after it."""
    answer_us = poll_us if lag_us > poll_us else poll_us // 2
    return max(poll_us, lag_us + answer_us)


def time_rows(
    unit: str,
    mes: Mapping[str, int],
    truth: OeeResult,
    lateness: Mapping[str, int],
) -> list[Row]:
    """Seconds of each time class.

    Args:
        lateness: how much (us) each class may be off; a class not named: not at all.
    """
    return [
        Row(
            unit=unit,
            what=f"{kind.value} s",
            mes=mes[kind.value] / US_PER_S,
            truth=length / US_PER_S,
            allowed=lateness.get(kind.value, 0) / US_PER_S,
        )
        for kind, length in truth.figures.times_us.items()
    ]


def oee_row(unit: str, mes: float | None, truth: OeeResult) -> Row:
    """OEE in percent."""
    exact = truth.kpis["oee"]
    return Row(
        unit=unit,
        what="oee %",
        mes=None if mes is None else mes * 100,
        truth=None if exact is None else float(exact * 100),
        allowed=OEE_POINTS,
    )


def table(rows: Iterable[Row]) -> str:
    """The rows as text, those that do not agree marked."""
    lines = [
        f"{'unit':<10} {'figure':<26} {'MES':>14} {'journal':>14} {'difference':>12} {'allowed':>9}"
    ]
    lines += [
        f"{row.unit:<10} {row.what:<26} {_shown(row.mes):>14} {_shown(row.truth):>14} "
        f"{_shown(row.difference):>12} {row.allowed:>9.3f}{'' if row.agrees else '  <-- differs'}"
        for row in rows
    ]
    return "\n".join(lines)


def differing(rows: Sequence[Row]) -> list[Row]:
    """The rows that do not agree."""
    return [row for row in rows if not row.agrees]


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")

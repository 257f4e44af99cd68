"""What a benchmark hands back, and how it is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Verdict(StrEnum):
    """How a figure stands against its target."""

    AMBITION = "ambition"
    TARGET = "target"
    MISSED = "MISSED"
    SHOWN = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    Attributes:
        name: what was measured.
        values: one value a window, in `unit`; the median counts.
        unit: of the values; `x` is a ratio to the reference of the same run.
        target: what must hold; None: the figure is only shown.
        ambition: what would be better still; None: nothing beyond the target.
        more_is_better: whether the target is a least value instead of a largest one.
        note: what stands behind it, in words.
    """

    name: str
    values: Sequence[float]
    unit: str = "x"
    target: float | None = None
    ambition: float | None = None
    more_is_better: bool = False
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(self.values)

    @property
    def verdict(self) -> Verdict:
        """How the median stands against target and ambition."""
        if self.target is None:
            return Verdict.SHOWN
        if self.ambition is not None and self._reaches(self.ambition):
            return Verdict.AMBITION
        return Verdict.TARGET if self._reaches(self.target) else Verdict.MISSED

    def as_dict(self) -> dict[str, object]:
        """The figure for JSON."""
        return {
            "name": self.name,
            "median": round(self.value, 4),
            "lowest": round(min(self.values), 4),
            "highest": round(max(self.values), 4),
            "windows": len(self.values),
            "unit": self.unit,
            "target": self.target,
            "ambition": self.ambition,
            "more_is_better": self.more_is_better,
            "verdict": self.verdict.value,
            "note": self.note,
        }

    def _reaches(self, wanted: float) -> bool:
        return self.value >= wanted if self.more_is_better else self.value <= wanted


HEADS = ("figure", "median", "lowest..highest", "unit", "target", "ambition", "verdict")


def table(figures: Sequence[Figure]) -> str:
    """Figures as a table for people."""
    rows = [HEADS, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    notes = [f"  {figure.name}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([*lines, *notes])


def _row(figure: Figure) -> tuple[str, ...]:
    sign = ">=" if figure.more_is_better else "<="
    return (
        figure.name,
        _number(figure.value),
        f"{_number(min(figure.values))}..{_number(max(figure.values))}",
        figure.unit,
        "" if figure.target is None else f"{sign} {_number(figure.target)}",
        "" if figure.ambition is None else f"{sign} {_number(figure.ambition)}",
        figure.verdict.value,
    )


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"

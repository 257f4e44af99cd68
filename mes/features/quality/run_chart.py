"""A run chart as places in percent and in a drawing of 640 x 150; oldest at the left. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

WIDTH, HEIGHT, EDGE = 640, 150, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value; `left` and `top` in percent."""

    left: str
    top: str
    text: str
    at: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit (`lower`, `upper`) or the target; `y` in the drawing, `top` in percent."""

    kind: str
    text: str
    y: str
    top: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChart:
    """The last values of a characteristic; `line` are the points of the polyline."""

    names: Mapping[str, str]
    unit: str
    points: Sequence[Point]
    limits: Sequence[Limit]
    line: str


def run_chart(characteristic: Mapping[str, Any], recent: Sequence[Mapping[str, Any]]) -> RunChart:
    """The chart of a numeric characteristic, as `to_json` gives it, with at least one value."""
    limits = {
        name: Decimal(characteristic[name])
        for name in ("lower", "target", "upper")
        if characteristic[name] is not None
    }
    values = [Decimal(point["value"]) for point in recent]
    least = min([*values, *limits.values()])
    most = max([*values, *limits.values()])
    reach = most - least or abs(most) or Decimal(1)
    step = Decimal(WIDTH - 2 * EDGE) / max(1, len(values) - 1)

    def y_of(value: Decimal) -> Decimal:
        return EDGE + (most - value) / reach * (HEIGHT - 2 * EDGE)

    places = [(EDGE + step * number, y_of(value)) for number, value in enumerate(values)]
    return RunChart(
        names=characteristic["name"],
        unit=characteristic["unit"],
        points=[
            Point(
                left=f"{x / WIDTH * 100:.2f}",
                top=f"{y / HEIGHT * 100:.2f}",
                text=point["value"],
                at=point["at"],
                failed=point["verdict"] == "fail",
            )
            for (x, y), point in zip(places, recent, strict=True)
        ],
        limits=[
            Limit(
                kind="target" if name == "target" else "limit",
                text=str(characteristic[name]),
                y=f"{y_of(value):.1f}",
                top=f"{y_of(value) / HEIGHT * 100:.2f}",
            )
            for name, value in limits.items()
        ],
        line=" ".join(f"{x:.1f},{y:.1f}" for x, y in places),
    )

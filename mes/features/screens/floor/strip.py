"""The states of a shift as the bars of a strip. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mes.core.case_model import Span
from mes.core.classes import TimeClass
from mes.core.partition import Segment
from mes.core.policies import Policy

HEIGHT = 40
WIDTH = 1000
_LOW = {"running": 0.3, "setup": 0.8, "minor": 0.62, "brk": 0.08, "off": 0.08}
_FLAT = {
    TimeClass.BREAK: "brk",
    TimeClass.PLANNED_STOP: "brk",
    TimeClass.NOT_SCHEDULED: "brk",
    TimeClass.NO_ORDER: "off",
    TimeClass.MINOR_STOP: "minor",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar in a box of `WIDTH` by `HEIGHT`; height is the second sign beside the colour."""

    kind: str
    x: str
    y: str
    width: str
    height: str


def bars_of(segments: Sequence[Segment], span: Span, policy: Policy) -> list[Bar]:
    """The bars of a period; neighbours of one kind are one bar."""
    joined: list[tuple[str, int, int]] = []
    for one in segments:
        kind = _kind(one, policy)
        if joined and joined[-1][0] == kind and joined[-1][2] == one.start:
            joined[-1] = (kind, joined[-1][1], one.end)
        else:
            joined.append((kind, one.start, one.end))
    return [bar(kind, start, end, span) for kind, start, end in joined]


def bar(kind: str, start: int, end: int, span: Span) -> Bar:
    """A bar of one kind: a state, or `minor`, `unexpl`, `brk`, `off`."""
    length = span.end - span.start
    tall = HEIGHT * _LOW.get(kind, 1.0)
    return Bar(
        kind=kind,
        x=f"{(start - span.start) / length * WIDTH:.2f}",
        width=f"{max((end - start) / length * WIDTH, 0.6):.2f}",
        y=f"{HEIGHT - tall:.1f}",
        height=f"{tall:.1f}",
    )


def _kind(one: Segment, policy: Policy) -> str:
    kind = one.class_under(policy)
    if kind in _FLAT:
        return _FLAT[kind]
    if kind is TimeClass.UNPLANNED_STOP and one.reason is None:
        return "unexpl"
    return one.state.value

"""Printing a verdict: the faults, the figures, and why those differ from what happened."""

from __future__ import annotations

from collections.abc import Sequence

from mes.core.instants import format_instant
from mes.features.verify.differences import Difference, Verdict
from mes.features.verify.mishaps import Mishap
from mes.features.verify.roster import local


def as_text(verdict: Verdict, *, whole: bool) -> str:
    """The faults, and the figures that differ from what happened, each with its reason."""
    lines = [
        f"seed {verdict.seed}, {verdict.wire.value}: "
        f"{verdict.readings} readings, {len(verdict.mishaps)} faults"
    ]
    lines += [f"  {_fault(one)}" for one in verdict.mishaps]
    lines += [f"  noticed: {count} {what}" for what, count in verdict.noted.items() if count]
    lines.append(
        f"{'unit':<10} {'figure':<24} {'happened':>14} {'knowable':>14} {'MES':>14}  because of"
    )
    shown = [one for one in verdict.differences if whole or one.why or not one.agrees]
    lines += [_row(one) for one in shown]
    agreed = len(verdict.differences) - len(verdict.unexplained)
    lines.append(
        f"{agreed} of {len(verdict.differences)} figures are what could be known, "
        f"{len(verdict.unexplained)} are not; {verdict.seconds:.0f} s"
    )
    return "\n".join(lines)


def as_data(verdict: Verdict) -> dict[str, object]:
    """The same as JSON data; instants are ISO 8601 in UTC."""
    return {
        "seed": verdict.seed,
        "wire": verdict.wire.value,
        "readings": verdict.readings,
        "seconds": round(verdict.seconds, 1),
        "faults": [
            {
                "kind": one.kind.value,
                "source": one.source,
                "start": format_instant(one.start),
                "end": format_instant(one.end),
            }
            for one in verdict.mishaps
        ],
        "noticed": verdict.noted,
        "figures": [_figure(one) for one in verdict.differences],
        "unexplained": len(verdict.unexplained),
    }


def _figure(one: Difference) -> dict[str, object]:
    return {
        "unit": one.unit,
        "figure": one.figure,
        "happened": one.happened,
        "knowable": one.knowable,
        "mes": one.told,
        "allowed": one.allowed,
        "allowed_more": one.allowed if one.allowed_more is None else one.allowed_more,
        "because_of": one.why,
        "agrees": one.agrees,
    }


def _fault(one: Mishap) -> str:
    lasted = f", {(one.end - one.start) / 60e6:.1f} min" if one.end - one.start > 1 else ""
    return f"{local(one.start):%m-%d %H:%M:%S} {one.kind.value}: {one.source}{lasted}"


def _row(one: Difference) -> str:
    values: Sequence[float] = (one.happened, one.knowable, one.told)
    numbers = " ".join(f"{value:>14.6f}".rstrip("0").rstrip(".").rjust(14) for value in values)
    mark = "" if one.agrees else "  <-- differs"
    return f"{one.unit:<10} {one.figure:<24} {numbers}  {one.why}{mark}"

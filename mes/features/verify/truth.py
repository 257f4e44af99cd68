"""What the journal of the simulators says about each work unit: the truth of a run. Pure.

Nothing of the MES is asked here. The case of a work unit is written from the journal, the shifts
and rates of the plant file and the jobs that the test itself started; the kernel computes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mes.core.case import Case, parse_case
from mes.core.instants import format_instant

MACHINE_REASONS: Mapping[str, frozenset[str]] = {
    "press": frozenset({"jam", "misfeed", "breakdown", "sensor-fault", "material-shortage"}),
    "cnc": frozenset({"blocked", "starved"}),
    "washer": frozenset(),
}
"""Reasons that the machine itself shows, by the first word of the work unit's id. The journal knows
more, as its observer sees everything; the MES hears of these only."""

REASON_CLASSES = {
    "jam": "unplanned_stop",
    "misfeed": "unplanned_stop",
    "breakdown": "unplanned_stop",
    "sensor-fault": "unplanned_stop",
    "material-shortage": "waiting",
    "blocked": "waiting",
    "starved": "waiting",
    "rest": "break",
    "lunch": "break",
    "night-meal": "break",
}

OFF_BEFORE_US = 3_600_000_000
"""Before the plant begins every machine is off; the journal begins with the plant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Pieces of one line of the journal."""

    at: int
    good: int
    scrap: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """An order on a work unit from `start` (us) on; `end` None: to the end of the run."""

    job: str
    item: str
    start: int
    end: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTruth:
    """What a work unit did.

    Attributes:
        states: (instant us, state, reason or None), in order.
        made: pieces, in order.
        lags: how long (us) after each change its controller was first asked, by the instant of
            the change; empty for a machine that tells of changes itself.
    """

    unit: str
    states: Sequence[tuple[int, str, str | None]]
    made: Sequence[Made]
    lags: Mapping[int, int]

    def pieces(self, start: int, end: int) -> tuple[int, int]:
        """Good and bad pieces made in (start, end], as a counter read at both instants tells."""
        inside = [one for one in self.made if start < one.at <= end]
        return sum(one.good for one in inside), sum(one.scrap for one in inside)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Shifts and breaks of a work unit's calendar around the run; instants in us."""

    shifts: Sequence[tuple[int, int]]
    breaks: Sequence[tuple[int, int, str]]


def read_journal(lines: Sequence[Mapping[str, Any]]) -> dict[str, UnitTruth]:
    """The truth of each work unit."""
    states: dict[str, list[tuple[int, str, str | None]]] = {}
    made: dict[str, list[Made]] = {}
    lags: dict[str, dict[int, int]] = {}
    for line in lines:
        unit = line["unit"]
        if line["kind"] == "state":
            states.setdefault(unit, []).append((line["t"], line["state"], line["reason"]))
        elif line["kind"] == "seen":
            lags.setdefault(unit, {})[line["changed_at"]] = line["t"] - line["changed_at"]
        elif line["kind"] == "part":
            count = int(line["count"])
            good, scrap = (count, 0) if line["good"] else (0, count)
            made.setdefault(unit, []).append(Made(at=line["t"], good=good, scrap=scrap))
    return {
        unit: UnitTruth(
            unit=unit,
            states=sorted(changes, key=lambda change: change[0]),
            made=sorted(made.get(unit, []), key=lambda one: one.at),
            lags=lags.get(unit, {}),
        )
        for unit, changes in states.items()
    }


def case_of(
    truth: UnitTruth,
    *,
    window: tuple[int, int],
    plan: Plan,
    default_item: str,
    cycles: Mapping[str, str],
    loaded: Sequence[Loaded],
    minor_stop_limit_s: int = 300,
) -> Case:
    """The OEE case of a work unit over a window, from the journal alone.

    Args:
        default_item: gives the rate while no order is loaded.
        cycles: ideal cycle in seconds by item, as text.
    """
    start, end = window
    return parse_case(
        {
            "schema": "oee-case/1",
            "time_zone": "Asia/Seoul",
            "window": [format_instant(start), format_instant(end)],
            "minor_stop_limit_s": minor_stop_limit_s,
            "shifts": [[format_instant(a), format_instant(b)] for a, b in plan.shifts],
            "planned": [[format_instant(a), format_instant(b), why] for a, b, why in plan.breaks],
            "reasons": REASON_CLASSES,
            "materials": {item: {"ideal_cycle_s": cycle} for item, cycle in cycles.items()},
            "runs": [
                {
                    "start": format_instant(one.start),
                    "end": None if one.end is None else format_instant(one.end),
                    "material": one.item,
                    "order": one.job,
                }
                for one in loaded
            ],
            "states": _shown_states(truth),
            "quantities": _quantities(truth, default_item, loaded),
        }
    )


def _shown_states(truth: UnitTruth) -> list[list[str | None]]:
    """The states with the reasons that the machine shows; of one instant only the last holds."""
    shown = MACHINE_REASONS[truth.unit.partition("-")[0]]
    first = truth.states[0][0]
    before = format_instant(first - OFF_BEFORE_US)
    last: dict[int, list[str | None]] = {first - OFF_BEFORE_US: [before, "off", None]}
    for at, state, reason in truth.states:
        last[at] = [format_instant(at), state, reason if reason in shown else None]
    return list(last.values())


def _quantities(
    truth: UnitTruth, default_item: str, loaded: Sequence[Loaded]
) -> list[dict[str, Any]]:
    """Pieces by instant and item; several of one instant are one entry."""
    sums: dict[tuple[int, str], list[int]] = {}
    for one in truth.made:
        entry = sums.setdefault((one.at, _item(one.at, default_item, loaded)), [0, 0])
        entry[0] += one.good
        entry[1] += one.scrap
    return [
        {"at": format_instant(at), "material": item, "good": good, "scrap": scrap}
        for (at, item), (good, scrap) in sums.items()
    ]


def _item(at: int, default_item: str, loaded: Sequence[Loaded]) -> str:
    for one in loaded:
        if one.start <= at and (one.end is None or at < one.end):
            return one.item
    return default_item

"""Writing an OEE case as JSON, so that `parse_case` reads back the same case."""

from __future__ import annotations

from fractions import Fraction
from zoneinfo import ZoneInfo

from mes.core.case_model import SCHEMA, Case, Counter, Material, Quantity, Run
from mes.core.exact import Number, number_to_json
from mes.core.instants import US_PER_S, format_instant


def case_to_json(case: Case) -> dict[str, object]:
    """The case as JSON data of schema `oee-case/1`; instants carry the offset of its time zone."""
    zone = ZoneInfo(case.time_zone)

    def text(instant: int) -> str:
        return format_instant(instant, zone)

    data: dict[str, object] = {
        "schema": SCHEMA,
        "time_zone": case.time_zone,
        "window": [text(case.window.start), text(case.window.end)],
        "as_of": text(case.as_of),
        "policy": case.policy.to_json(),
        "minor_stop_limit_s": number_to_json(_seconds(case.minor_stop_limit_us)),
        "planned": [[text(one.start), text(one.end), one.reason] for one in case.planned],
        "reasons": {reason: str(kind) for reason, kind in case.reasons.items()},
        "materials": {code: _material(material) for code, material in case.materials.items()},
        "states": [[text(one.at), str(one.state), *_known(one.reason)] for one in case.states],
        "intervals": [
            [text(one.start), text(one.end), str(one.state), one.reason] for one in case.intervals
        ],
        "quantities": [_quantity(one, text(one.at)) for one in case.quantities],
        "counters": [
            _counter(one, [[text(at), number_to_json(value)] for at, value in one.readings])
            for one in case.counters
        ],
    }
    if case.failures is not None:
        data["failures"] = sorted(case.failures)
    if case.shifts is not None:
        data["shifts"] = [[text(one.start), text(one.end)] for one in case.shifts]
    if case.runs is not None:
        data["runs"] = [
            _run(one, text(one.start), None if one.end is None else text(one.end))
            for one in case.runs
        ]
    return data


def _seconds(microseconds: int) -> Number:
    return Fraction(microseconds, US_PER_S)


def _known(reason: str | None) -> list[str]:
    return [] if reason is None else [reason]


def _material(material: Material) -> dict[str, object]:
    cycle = material.ideal_cycle_s
    return {
        "ideal_cycle_s": None if cycle is None else number_to_json(cycle),
        "pieces_per_cycle": number_to_json(material.pieces_per_cycle),
    }


def _run(run: Run, start: str, end: str | None) -> dict[str, object]:
    return {"start": start, "end": end, "material": run.material, "order": run.order}


def _quantity(quantity: Quantity, at: str) -> dict[str, object]:
    data: dict[str, object] = {"at": at}
    if quantity.material is not None:
        data["material"] = quantity.material
    for key in ("good", "scrap", "rework", "startup_scrap"):
        if getattr(quantity, key):
            data[key] = number_to_json(getattr(quantity, key))
    if quantity.estimated:
        data["estimated"] = True
    return data


def _counter(counter: Counter, readings: list[list[object]]) -> dict[str, object]:
    data: dict[str, object] = {"role": str(counter.role), "mode": str(counter.mode)}
    if counter.modulus is not None:
        data["modulus"] = number_to_json(counter.modulus)
    if counter.max_per_s is not None:
        data["max_per_s"] = number_to_json(counter.max_per_s)
    return {**data, "readings": readings}

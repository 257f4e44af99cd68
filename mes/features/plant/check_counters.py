"""Counters that contradict themselves, their tag or the rate of their machine, or are risky."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from math import ceil
from typing import Any

from mes.features.plant.repair import Path, Problem
from mes.features.plant.schema import CounterSignal, PlantFile, WorkUnit

ROLES = ("total", "good", "scrap")
_STATES_OF = {
    "bool": 2,
    "bit": 2,
    "int16": 1 << 15,
    "uint16": 1 << 16,
    "int32": 1 << 31,
    "uint32": 1 << 32,
    "int64": 1 << 63,
    "uint64": 1 << 64,
    "bcd16": 10_000,
    "bcd32": 100_000_000,
}
"""How many values from 0 on a tag of that type can show."""
_SCAN_MS = 1000
"""Scan or publishing period where none is written, at most (ms)."""
MARGIN = 20
"""How many times the ideal rate is a limit that ordinary delays of polling do not reach."""


def counter_problems(plant: PlantFile, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """What cannot be right about the counters of a plant."""
    tags = _tags(raw)
    for path, unit, role, signal in _counters(plant):
        yield from _against_tag((*path, role), signal, tags.get(signal.tag))
        yield from _against_rate((*path, role), unit, signal, tags.get(signal.tag))
    for index, line in enumerate(plant.lines):
        for number, unit in enumerate(line.work_units):
            yield from _counted_twice(("lines", index, "work_units", number, "signals"), unit)


def counter_notes(plant: PlantFile, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """What is allowed but loses or invents pieces one day."""
    tags = _tags(raw)
    for path, unit, role, signal in _counters(plant):
        counter = signal.counter
        if counter.mode != "rollover" or counter.modulus is None:
            continue
        where: Path = (*path, role, "counter")
        if counter.max_per_s is None:
            yield (
                where,
                "max_per_s_missing",
                "when the device restarts, its reset to 0 is counted as up to "
                f"{counter.modulus - 1} pieces; give max_per_s, such as {_suggested(unit, signal)},"
                " and a person decides instead",
            )
        elif counter.max_per_s * _scan_s(tags.get(signal.tag)) >= counter.modulus:
            yield (
                (*where, "modulus"),
                "modulus_small",
                f"at max_per_s the counter runs through all its {counter.modulus} values between "
                "two readings; whole turns are then lost",
            )


def _counters(plant: PlantFile) -> Iterator[tuple[Path, WorkUnit, str, CounterSignal]]:
    for index, line in enumerate(plant.lines):
        for number, unit in enumerate(line.work_units):
            path: Path = ("lines", index, "work_units", number, "signals")
            for role in ROLES:
                signal = getattr(unit.signals, role)
                if signal is not None:
                    yield path, unit, role, signal


def _against_tag(
    path: Path, signal: CounterSignal, tag: Mapping[str, Any] | None
) -> Iterator[Problem]:
    kind = None if tag is None else tag.get("type")
    if kind == "string":
        yield (*path, "tag"), "counter_no_number", f"{signal.tag} is a text, which cannot count"
    if tag is None or signal.counter.modulus is None or not isinstance(kind, str):
        return
    most = _STATES_OF.get(kind)
    plain = not any(tag.get(key) for key in ("scale", "offset", "scale_exponent_from"))
    if plain and most is not None and signal.counter.modulus > most:
        yield (
            (*path, "counter", "modulus"),
            "modulus_beyond_type",
            f"a tag of type {kind} shows {most} values at most; it never reaches this modulus",
        )


def _against_rate(
    path: Path, unit: WorkUnit, signal: CounterSignal, tag: Mapping[str, Any] | None
) -> Iterator[Problem]:
    rate = _counts_per_s(unit, signal)
    if rate is None:
        return
    counter = signal.counter
    if counter.max_per_s is not None and path[-1] != "scrap" and counter.max_per_s < rate:
        yield (
            (*path, "counter", "max_per_s"),
            "max_per_s_below_rate",
            f"the ideal cycle alone makes {_short(rate)} counts a second; every increment at full "
            "speed would wait for a person",
        )
    if counter.modulus is not None and rate * _scan_s(tag) >= counter.modulus:
        yield (
            (*path, "counter", "modulus"),
            "modulus_too_small",
            f"at the ideal rate ({_short(rate)} counts a second) the counter runs through all its "
            f"{counter.modulus} values between two readings; whole turns would be lost",
        )


def _counted_twice(path: Path, unit: WorkUnit) -> Iterator[Problem]:
    """One tag in two roles of a machine says two things at once."""
    first: dict[str, str] = {}
    for role in ROLES:
        signal = getattr(unit.signals, role)
        if signal is None:
            continue
        if signal.tag in first:
            yield (
                (*path, role, "tag"),
                "tag_counts_twice",
                f"{signal.tag} already counts as {first[signal.tag]}; a tag has one role",
            )
        first.setdefault(signal.tag, role)


def _counts_per_s(unit: WorkUnit, signal: CounterSignal) -> Decimal | None:
    """The fastest ideal rate of a machine in counts a second; None: it has none."""
    rates = [
        unit.pieces_per_cycle.get(item, 1) / cycle for item, cycle in unit.ideal_cycle_s.items()
    ]
    return max(rates) / signal.pieces_per_count if rates else None


def _suggested(unit: WorkUnit, signal: CounterSignal) -> int:
    rate = _counts_per_s(unit, signal)
    return MARGIN if rate is None else max(MARGIN, ceil(MARGIN * rate))


def _scan_s(tag: Mapping[str, Any] | None) -> Decimal:
    """Seconds between two readings of a tag."""
    period = None if tag is None else tag.get("period_ms")
    return Decimal(period if isinstance(period, int) and period > 0 else _SCAN_MS) / 1000


def _tags(raw: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every tag by SOURCE/TAG with its `period_ms`, as far as it is written sensibly."""
    found: dict[str, dict[str, Any]] = {}
    sources = raw.get("sources")
    for source in sources if isinstance(sources, list) else ():
        tags = source.get("tags") if isinstance(source, dict) else None
        for tag in tags if isinstance(tags, list) else ():
            if isinstance(tag, dict):
                period = next(
                    (
                        held[key]
                        for held in (tag, source)
                        for key in ("scan_ms", "publish_ms")
                        if held.get(key) is not None
                    ),
                    None,
                )
                found[f"{source.get('id')}/{tag.get('name')}"] = {**tag, "period_ms": period}
    return found


def _short(rate: Decimal) -> str:
    return f"{rate:.3f}".rstrip("0").rstrip(".")

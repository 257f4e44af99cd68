"""The four KPIs of many sums at once in whole-number arithmetic: same fractions, same floats.

A year of fifty machines is 18 250 results; exact fractions would take seconds. A property test
holds both ways equal to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mes.core.flags import Flag
from mes.core.instants import US_PER_S
from mes.core.kpi_formulas import Cause
from mes.core.oee import OeeResult

SHORT_SUMS = (
    "window_us",
    "off_plan_us",
    "unknown_us",
    "pbt_us",
    "apt_us",
    "good",
    "scrap",
    "rework",
    "ideal_total",
    "ideal_good",
)
"""What the four KPIs and the coverage are made of, after a policy: off plan is not scheduled time,
breaks and planned stops; pieces are millionths, ideal times parts of a second."""
_MILLION = 1_000_000
_NO_FLAGS: list[str] = []
_NO_PLANNED_TIME, _NO_RUN_TIME = Cause.NO_PLANNED_TIME.value, Cause.NO_RUN_TIME.value
_NO_QUANTITY, _RATE_MISSING = Cause.NO_QUANTITY.value, Cause.RATE_MISSING.value


def short_result(
    sums: Sequence[int], ideal_parts: int, *, rate_missing: bool, flags: Iterable[Flag]
) -> dict[str, object]:
    """KPIs, causes where there are none, coverage, times, pieces and flags, as JSON data.

    Args:
        sums: in the order of `SHORT_SUMS`.
        ideal_parts: parts of a second that ideal times are counted in; whole microseconds.
    """
    window, off_plan, unknown, pbt, apt, good, scrap, rework, ideal_total, ideal_good = sums
    parts_us = ideal_parts // US_PER_S
    missing = rate_missing and not ideal_total and good + scrap + rework != 0
    causes: dict[str, str] = {}
    oee = availability = effectiveness = quality_ratio = coverage = None
    if pbt:
        oee, availability = ideal_good / (parts_us * pbt), apt / pbt
    else:
        causes = {"oee": _NO_PLANNED_TIME, "availability": _NO_PLANNED_TIME}
    if apt and not missing:
        effectiveness = ideal_total / (parts_us * apt)
    else:
        causes["effectiveness"] = _RATE_MISSING if apt else _NO_RUN_TIME
    if ideal_total:
        quality_ratio = ideal_good / ideal_total
    else:
        causes["quality_ratio"] = _RATE_MISSING if missing else _NO_QUANTITY
    observable = window - off_plan
    if observable:
        coverage = (observable - unknown) / observable
    above = effectiveness is not None and ideal_total > parts_us * apt
    item: dict[str, object] = {
        "oee": oee,
        "availability": availability,
        "effectiveness": effectiveness,
        "quality_ratio": quality_ratio,
        "coverage": coverage,
        "planned_us": pbt,
        "run_us": apt,
        "good": good / _MILLION if good % _MILLION else good // _MILLION,
        "scrap": scrap / _MILLION if scrap % _MILLION else scrap // _MILLION,
        "rework": rework / _MILLION if rework % _MILLION else rework // _MILLION,
        "flags": _NO_FLAGS,
    }
    if flags or above or rate_missing:
        item["flags"] = _flags(flags, above, rate_missing)
    if causes:
        item["causes"] = causes
    return item


def short_of(result: OeeResult) -> dict[str, object]:
    """The same data from a whole result."""
    data = result.to_json()
    figures, quantities = result.figures, data["quantities"]
    assert isinstance(quantities, dict), "a result says its quantities"
    kpis = ("oee", "availability", "effectiveness", "quality_ratio")
    item: dict[str, object] = {
        **{key: None if (v := result.kpis[key]) is None else float(v) for key in kpis},
        "coverage": data["coverage"],
        "planned_us": figures.pbt_us,
        "run_us": figures.apt_us,
        "good": quantities["GQ"],
        "scrap": quantities["SQ"],
        "rework": quantities["RQ"],
        "flags": data["flags"],
    }
    causes = {key: cause.value for key in kpis if (cause := result.causes.get(key)) is not None}
    return {**item, "causes": causes} if causes else item


def _flags(flags: Iterable[Flag], above: bool, rate_missing: bool) -> list[str]:
    found = set(flags)
    if above:
        found.add(Flag.EFFECTIVENESS_ABOVE_1)
    if rate_missing:
        found.add(Flag.RATE_MISSING)
    return [flag.value for flag in Flag if flag in found]

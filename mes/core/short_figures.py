"""The four KPIs of many sums at once in whole-number arithmetic: same fractions, same floats.

A year of fifty machines is 18 250 results; exact fractions would take seconds. A property test
holds both ways equal to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass

from mes.core.flags import Flag
from mes.core.instants import US_PER_S
from mes.core.kpi_formulas import Cause
from mes.core.oee import OeeResult


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortSums:
    """What the four KPIs and the coverage are made of, after a policy.

    Attributes:
        window_us: length of the window.
        off_plan_us: not scheduled, break and planned stop.
        ideal_total: ideal time of all counted pieces, `ideal_parts` to a second.
        good: counted pieces in millionths; scrap and rework likewise.
    """

    window_us: int
    off_plan_us: int
    unknown_us: int
    pbt_us: int
    apt_us: int
    good: int
    scrap: int
    rework: int
    ideal_total: int
    ideal_good: int
    ideal_parts: int
    rate_missing: bool
    flags: frozenset[Flag]


def short_result(sums: ShortSums) -> dict[str, object]:
    """KPIs, causes where there are none, coverage, times, pieces and flags, as JSON data."""
    causes: dict[str, str] = {}
    total = sums.good + sums.scrap + sums.rework
    missing = not sums.ideal_total and sums.rate_missing and total != 0
    parts_us = sums.ideal_parts // US_PER_S
    item: dict[str, object] = {}
    if sums.pbt_us:
        item["oee"] = sums.ideal_good / (parts_us * sums.pbt_us)
        item["availability"] = sums.apt_us / sums.pbt_us
    else:
        item["oee"] = item["availability"] = None
        causes["oee"] = causes["availability"] = Cause.NO_PLANNED_TIME.value
    if sums.apt_us and not missing:
        item["effectiveness"] = sums.ideal_total / (parts_us * sums.apt_us)
    else:
        item["effectiveness"] = None
        cause = Cause.RATE_MISSING if sums.apt_us else Cause.NO_RUN_TIME
        causes["effectiveness"] = cause.value
    if sums.ideal_total:
        item["quality_ratio"] = sums.ideal_good / sums.ideal_total
    else:
        item["quality_ratio"] = None
        causes["quality_ratio"] = (Cause.RATE_MISSING if missing else Cause.NO_QUANTITY).value
    observable = sums.window_us - sums.off_plan_us
    item["coverage"] = (observable - sums.unknown_us) / observable if observable else None
    item["planned_us"] = sums.pbt_us
    item["run_us"] = sums.apt_us
    item["good"] = _pieces(sums.good)
    item["scrap"] = _pieces(sums.scrap)
    item["rework"] = _pieces(sums.rework)
    above = sums.ideal_total > parts_us * sums.apt_us and item["effectiveness"] is not None
    if sums.flags or above or sums.rate_missing:
        item["flags"] = _flags(sums, above)
    else:
        item["flags"] = []
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


def _flags(sums: ShortSums, above: bool) -> list[str]:
    found = set(sums.flags)
    if above:
        found.add(Flag.EFFECTIVENESS_ABOVE_1)
    if sums.rate_missing:
        found.add(Flag.RATE_MISSING)
    return [flag.value for flag in Flag if flag in found]


def _pieces(millionths: int) -> int | float:
    whole, rest = divmod(millionths, 1_000_000)
    return millionths / 1_000_000 if rest else whole

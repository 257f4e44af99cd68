"""The table of KPIs: result, API, board and report iterate it.

Formulas are those of ISO 22400-2 with effectiveness and quality weighted by ideal time, so that
mixed products add up (rules R8 and R9). A new KPI is one entry here and its test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Literal

from mes.core.exact import Number
from mes.core.figures import Figures
from mes.core.instants import US_PER_S

US_PER_H = 3600 * US_PER_S


class Cause(StrEnum):
    """Why a KPI has no value: the denominator that is zero."""

    NO_PLANNED_TIME = "no_planned_time"
    NO_RUN_TIME = "no_run_time"
    NO_QUANTITY = "no_quantity"
    RATE_MISSING = "rate_missing"
    NO_PROCESSING_TIME = "no_processing_time"
    NO_BUSY_TIME = "no_busy_time"
    NO_WINDOW = "no_window"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One KPI.

    Attributes:
        key: name in results and API.
        iso_symbol: ISO 22400-2 name, or that of the practice it comes from.
        names: what people read, by language.
        unit: "1" for a plain ratio.
        formula: in ISO 22400-2 terms.
        better: which direction is an improvement.
        compute: exact value, or the cause why there is none.
    """

    key: str
    iso_symbol: str
    names: Mapping[str, str]
    unit: str
    formula: str
    better: Literal["higher", "lower"]
    compute: Callable[[Figures], Fraction | Cause]


def _ratio(numerator: Number, denominator: Number, cause: Cause) -> Fraction | Cause:
    return Fraction(numerator, denominator) if denominator else cause


def _availability(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.apt_us, figures.pbt_us, Cause.NO_PLANNED_TIME)


def _effectiveness(figures: Figures) -> Fraction | Cause:
    if figures.apt_us and _cause_without_ideal_time(figures) is Cause.RATE_MISSING:
        return Cause.RATE_MISSING
    return _ratio(figures.counted.ideal_total_s * US_PER_S, figures.apt_us, Cause.NO_RUN_TIME)


def _quality_ratio(figures: Figures) -> Fraction | Cause:
    return _ratio(
        figures.counted.ideal_good_s,
        figures.counted.ideal_total_s,
        _cause_without_ideal_time(figures) or Cause.NO_QUANTITY,
    )


def _cause_without_ideal_time(figures: Figures) -> Cause | None:
    """Why the ideal time of all pieces is 0; None when it is not."""
    counted = figures.counted
    if counted.ideal_total_s:
        return None
    return Cause.RATE_MISSING if counted.rate_missing and counted.total else Cause.NO_QUANTITY


def _oee(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.counted.ideal_good_s * US_PER_S, figures.pbt_us, Cause.NO_PLANNED_TIME)


def _teep(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.counted.ideal_good_s * US_PER_S, figures.window_us, Cause.NO_WINDOW)


def _nee(figures: Figures) -> Fraction | Cause:
    oee = _oee(figures)
    if oee == 0 or isinstance(oee, Cause):
        return oee
    # effectiveness x quality ratio = ideal time of good pieces / run time
    return _ratio(oee * figures.aupt_us, figures.apt_us, Cause.NO_RUN_TIME)


def _setup_ratio(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.aust_us, figures.aupt_us, Cause.NO_PROCESSING_TIME)


def _technical_efficiency(figures: Figures) -> Fraction | Cause:
    cause = Cause.NO_RUN_TIME if figures.aubt_us else Cause.NO_BUSY_TIME
    return _ratio(figures.apt_us, figures.apt_us + figures.adet_us, cause)


def _utilization_efficiency(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.apt_us, figures.aubt_us, Cause.NO_BUSY_TIME)


def _allocation_efficiency(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.aubt_us, figures.pbt_us, Cause.NO_PLANNED_TIME)


def _scrap_ratio(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.counted.scrap, figures.counted.total, Cause.NO_QUANTITY)


def _rework_ratio(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.counted.rework, figures.counted.total, Cause.NO_QUANTITY)


def _quality_ratio_by_count(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.counted.good, figures.counted.total, Cause.NO_QUANTITY)


def _throughput_per_h(figures: Figures) -> Fraction | Cause:
    return _ratio(figures.counted.total * US_PER_H, figures.aubt_us, Cause.NO_BUSY_TIME)


KPIS: tuple[Kpi, ...] = (
    Kpi(
        key="availability",
        iso_symbol="A",
        names={"ko": "시간가동률", "en": "Availability"},
        unit="1",
        formula="APT / PBT",
        better="higher",
        compute=_availability,
    ),
    Kpi(
        key="effectiveness",
        iso_symbol="E",
        names={"ko": "성능가동률", "en": "Effectiveness"},
        unit="1",
        formula="Σ(ideal time × PQ) / APT",
        better="higher",
        compute=_effectiveness,
    ),
    Kpi(
        key="quality_ratio",
        iso_symbol="QR",
        names={"ko": "양품률", "en": "Quality ratio"},
        unit="1",
        formula="Σ(ideal time × GQ) / Σ(ideal time × PQ)",
        better="higher",
        compute=_quality_ratio,
    ),
    Kpi(
        key="oee",
        iso_symbol="OEE",
        names={"ko": "설비종합효율", "en": "OEE"},
        unit="1",
        formula="Σ(ideal time × GQ) / PBT",
        better="higher",
        compute=_oee,
    ),
    Kpi(
        key="teep",
        iso_symbol="TEEP",
        names={"ko": "총 설비종합효율", "en": "TEEP"},
        unit="1",
        formula="Σ(ideal time × GQ) / window",
        better="higher",
        compute=_teep,
    ),
    Kpi(
        key="nee",
        iso_symbol="NEE",
        names={"ko": "순설비효율", "en": "Net equipment effectiveness"},
        unit="1",
        formula="(AUPT / PBT) × E × QR",
        better="higher",
        compute=_nee,
    ),
    Kpi(
        key="setup_ratio",
        iso_symbol="SR",
        names={"ko": "준비교체율", "en": "Setup ratio"},
        unit="1",
        formula="AUST / AUPT",
        better="lower",
        compute=_setup_ratio,
    ),
    Kpi(
        key="technical_efficiency",
        iso_symbol="TE",
        names={"ko": "기술효율", "en": "Technical efficiency"},
        unit="1",
        formula="APT / (APT + ADET)",
        better="higher",
        compute=_technical_efficiency,
    ),
    Kpi(
        key="utilization_efficiency",
        iso_symbol="UE",
        names={"ko": "이용효율", "en": "Utilization efficiency"},
        unit="1",
        formula="APT / AUBT",
        better="higher",
        compute=_utilization_efficiency,
    ),
    Kpi(
        key="allocation_efficiency",
        iso_symbol="AE",
        names={"ko": "할당효율", "en": "Allocation efficiency"},
        unit="1",
        formula="AUBT / PBT",
        better="higher",
        compute=_allocation_efficiency,
    ),
    Kpi(
        key="scrap_ratio",
        iso_symbol="SQ/PQ",
        names={"ko": "불량률", "en": "Scrap ratio"},
        unit="1",
        formula="SQ / PQ",
        better="lower",
        compute=_scrap_ratio,
    ),
    Kpi(
        key="rework_ratio",
        iso_symbol="RQ/PQ",
        names={"ko": "재작업률", "en": "Rework ratio"},
        unit="1",
        formula="RQ / PQ",
        better="lower",
        compute=_rework_ratio,
    ),
    Kpi(
        key="quality_ratio_by_count",
        iso_symbol="GQ/PQ",
        names={"ko": "수량 기준 양품률", "en": "Quality ratio by count"},
        unit="1",
        formula="GQ / PQ",
        better="higher",
        compute=_quality_ratio_by_count,
    ),
    Kpi(
        key="throughput_per_h",
        iso_symbol="PQ/AUBT",
        names={"ko": "시간당 생산량", "en": "Throughput"},
        unit="1/h",
        formula="PQ / AUBT",
        better="higher",
        compute=_throughput_per_h,
    ),
)
"""Every KPI, in the order of results."""

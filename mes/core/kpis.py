"""The table of KPIs: result, API, board and report iterate it.

Formulas are those of ISO 22400-2 with effectiveness and quality weighted by ideal time, so that
mixed products add up (rules R8 and R9). A new KPI is one entry here and its test. KPIs of the
standard whose data the system has not yet are named in `mes.core.kpis_waiting`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from mes.core.figures import Figures
from mes.core.kpi_formulas import (
    US_PER_H,
    Cause,
    Value,
    effectiveness,
    nee,
    of_failures,
    of_good_time,
    of_order_time,
    quality_ratio,
    ratio,
    technical_efficiency,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One KPI.

    Attributes:
        key: name in results and API.
        iso_symbol: ISO 22400-2 name, or that of the practice it comes from.
        names: what people read, by language.
        definitions: one or two sentences that say what it means, by language.
        unit: "1" for a plain ratio, "1/h", or "h".
        formula: in ISO 22400-2 terms; POT, AOET, FE and RE: planned operation time, time for which
            an order was loaded, failures that began, failures that ended.
        better: which direction is an improvement.
        compute: exact value, or the cause why there is none.
    """

    key: str
    iso_symbol: str
    names: Mapping[str, str]
    definitions: Mapping[str, str]
    unit: str
    formula: str
    better: Literal["higher", "lower"]
    compute: Callable[[Figures], Value]


KPIS: tuple[Kpi, ...] = (
    Kpi(
        key="availability",
        iso_symbol="A",
        names={"ko": "시간가동률", "en": "Availability"},
        definitions={
            "ko": "계획된 가동 시간 중에서 실제로 생산한 시간의 비율.",
            "en": "Share of the planned busy time in which the work unit produced.",
        },
        unit="1",
        formula="APT / PBT",
        better="higher",
        compute=lambda f: ratio(f.apt_us, f.pbt_us, Cause.NO_PLANNED_TIME),
    ),
    Kpi(
        key="effectiveness",
        iso_symbol="E",
        names={"ko": "성능가동률", "en": "Effectiveness"},
        definitions={
            "ko": (
                "생산한 모든 수량에 필요한 이상적인 시간을 실제 생산 시간으로 나눈 값. 100 "
                "%를 넘으면 기준 사이클이나 수량을 확인해야 하며, 잘라내지 않는다."
            ),
            "en": (
                "Ideal time for all pieces made, by the time in which the work unit produced. "
                "Above 100 % the ideal cycle or a count is wrong; it is never cut off."
            ),
        },
        unit="1",
        formula="Σ(ideal time × PQ) / APT",
        better="higher",
        compute=effectiveness,
    ),
    Kpi(
        key="quality_ratio",
        iso_symbol="QR",
        names={"ko": "양품률", "en": "Quality ratio"},
        definitions={
            "ko": "처음부터 양품인 수량의 비율. 품목마다 이상적인 시간으로 가중한다.",
            "en": "Share of pieces that were good at first, each weighted with its ideal time.",
        },
        unit="1",
        formula="Σ(ideal time × GQ) / Σ(ideal time × PQ)",
        better="higher",
        compute=quality_ratio,
    ),
    Kpi(
        key="oee",
        iso_symbol="OEE",
        names={"ko": "설비종합효율", "en": "OEE"},
        definitions={
            "ko": (
                "양품에 필요한 이상적인 시간을 계획된 가동 시간으로 나눈 값. 시간가동률 × "
                "성능가동률 × 양품률과 같다."
            ),
            "en": (
                "Ideal time for the good pieces by the planned busy time; equal to "
                "availability × effectiveness × quality ratio."
            ),
        },
        unit="1",
        formula="Σ(ideal time × GQ) / PBT",
        better="higher",
        compute=lambda f: of_good_time(f, f.pbt_us, Cause.NO_PLANNED_TIME),
    ),
    Kpi(
        key="ooe",
        iso_symbol="OOE",
        names={"ko": "조업종합효율", "en": "OOE"},
        definitions={
            "ko": (
                "양품에 필요한 이상적인 시간을 교대 근무 시간 전체로 나눈 값. 휴식, 계획 "
                "정지, 작업지시가 없는 시간도 포함한다."
            ),
            "en": (
                "Ideal time for the good pieces by the whole time of the shifts, with breaks, "
                "planned stops and time without an order."
            ),
        },
        unit="1",
        formula="Σ(ideal time × GQ) / POT",
        better="higher",
        compute=lambda f: of_good_time(f, f.pot_us, Cause.NO_OPERATION_TIME),
    ),
    Kpi(
        key="teep",
        iso_symbol="TEEP",
        names={"ko": "총 설비종합효율", "en": "TEEP"},
        definitions={
            "ko": "양품에 필요한 이상적인 시간을 달력 시간 전체로 나눈 값.",
            "en": "Ideal time for the good pieces by the whole calendar time.",
        },
        unit="1",
        formula="Σ(ideal time × GQ) / window",
        better="higher",
        compute=lambda f: of_good_time(f, f.window_us, Cause.NO_WINDOW),
    ),
    Kpi(
        key="nee",
        iso_symbol="NEE",
        names={"ko": "순설비효율", "en": "Net equipment effectiveness"},
        definitions={
            "ko": "설비종합효율과 같지만 준비교체를 손실로 보지 않는다.",
            "en": "As OEE, but setup is not taken as a loss.",
        },
        unit="1",
        formula="(AUPT / PBT) × E × QR",
        better="higher",
        compute=nee,
    ),
    Kpi(
        key="setup_ratio",
        iso_symbol="SR",
        names={"ko": "준비교체율", "en": "Setup ratio"},
        definitions={
            "ko": "준비교체와 생산을 합한 시간 중에서 준비교체의 비율.",
            "en": "Share of setup in the time of setup and production.",
        },
        unit="1",
        formula="AUST / AUPT",
        better="lower",
        compute=lambda f: ratio(f.aust_us, f.aupt_us, Cause.NO_PROCESSING_TIME),
    ),
    Kpi(
        key="technical_efficiency",
        iso_symbol="TE",
        names={"ko": "기술효율", "en": "Technical efficiency"},
        definitions={
            "ko": "생산과 정지를 합한 시간 중에서 생산 시간의 비율.",
            "en": "Share of production in the time of production and stops.",
        },
        unit="1",
        formula="APT / (APT + ADET)",
        better="higher",
        compute=technical_efficiency,
    ),
    Kpi(
        key="utilization_efficiency",
        iso_symbol="UE",
        names={"ko": "이용효율", "en": "Utilization efficiency"},
        definitions={
            "ko": "설비가 사용된 시간 중에서 생산 시간의 비율.",
            "en": "Share of production in the time for which the work unit was in use.",
        },
        unit="1",
        formula="APT / AUBT",
        better="higher",
        compute=lambda f: ratio(f.apt_us, f.aubt_us, Cause.NO_BUSY_TIME),
    ),
    Kpi(
        key="allocation_efficiency",
        iso_symbol="AE",
        names={"ko": "할당효율", "en": "Allocation efficiency"},
        definitions={
            "ko": "계획된 가동 시간 중에서 설비가 사용된 시간의 비율.",
            "en": "Share of the planned busy time for which the work unit was in use.",
        },
        unit="1",
        formula="AUBT / PBT",
        better="higher",
        compute=lambda f: ratio(f.aubt_us, f.pbt_us, Cause.NO_PLANNED_TIME),
    ),
    Kpi(
        key="allocation_ratio",
        iso_symbol="ΣAUBT/AOET",
        names={"ko": "할당비율", "en": "Allocation ratio"},
        definitions={
            "ko": ("작업지시가 걸려 있던 시간에 대한 설비 사용 시간의 비율. 100 %를 넘을 수 있다."),
            "en": "Time in use by the time for which an order was loaded; it may exceed 100 %.",
        },
        unit="1",
        formula="AUBT / AOET",
        better="higher",
        compute=lambda f: of_order_time(f, f.aubt_us),
    ),
    Kpi(
        key="production_process_ratio",
        iso_symbol="ΣAPT/AOET",
        names={"ko": "생산공정비율", "en": "Production process ratio"},
        definitions={
            "ko": "작업지시가 걸려 있던 시간에 대한 생산 시간의 비율.",
            "en": "Production time by the time for which an order was loaded.",
        },
        unit="1",
        formula="APT / AOET",
        better="higher",
        compute=lambda f: of_order_time(f, f.apt_us),
    ),
    Kpi(
        key="throughput_rate_per_h",
        iso_symbol="PQ/AOET",
        names={"ko": "작업지시 시간당 생산량", "en": "Throughput rate"},
        definitions={
            "ko": "작업지시가 걸려 있던 시간 한 시간에 만든 수량.",
            "en": "Pieces made in an hour for which an order was loaded.",
        },
        unit="1/h",
        formula="PQ / AOET",
        better="higher",
        compute=lambda f: of_order_time(f, f.counted.total * US_PER_H),
    ),
    Kpi(
        key="throughput_per_h",
        iso_symbol="PQ/AUBT",
        names={"ko": "시간당 생산량", "en": "Throughput"},
        definitions={
            "ko": "설비가 사용된 시간 한 시간에 만든 수량.",
            "en": "Pieces made in an hour for which the work unit was in use.",
        },
        unit="1/h",
        formula="PQ / AUBT",
        better="higher",
        compute=lambda f: ratio(f.counted.total * US_PER_H, f.aubt_us, Cause.NO_BUSY_TIME),
    ),
    Kpi(
        key="scrap_ratio",
        iso_symbol="SQ/PQ",
        names={"ko": "불량률", "en": "Scrap ratio"},
        definitions={
            "ko": "생산한 수량 중에서 불량으로 버린 수량의 비율.",
            "en": "Share of scrapped pieces in all pieces made.",
        },
        unit="1",
        formula="SQ / PQ",
        better="lower",
        compute=lambda f: ratio(f.counted.scrap, f.counted.total, Cause.NO_QUANTITY),
    ),
    Kpi(
        key="rework_ratio",
        iso_symbol="RQ/PQ",
        names={"ko": "재작업률", "en": "Rework ratio"},
        definitions={
            "ko": "생산한 수량 중에서 처음에 양품이 아니어서 재작업한 수량의 비율.",
            "en": "Share of pieces that were not good at first and were reworked.",
        },
        unit="1",
        formula="RQ / PQ",
        better="lower",
        compute=lambda f: ratio(f.counted.rework, f.counted.total, Cause.NO_QUANTITY),
    ),
    Kpi(
        key="quality_ratio_by_count",
        iso_symbol="GQ/PQ",
        names={"ko": "수량 기준 양품률", "en": "Quality ratio by count"},
        definitions={
            "ko": "생산한 수량 중에서 처음부터 양품인 수량의 비율. 가중하지 않는다.",
            "en": "Share of pieces that were good at first, all pieces alike.",
        },
        unit="1",
        formula="GQ / PQ",
        better="higher",
        compute=lambda f: ratio(f.counted.good, f.counted.total, Cause.NO_QUANTITY),
    ),
    Kpi(
        key="mtbf_h",
        iso_symbol="MTBF",
        names={"ko": "평균 고장 간격", "en": "Mean time between failures"},
        definitions={
            "ko": (
                "고장 사유로 표시된 정지 한 번마다 설비가 운전(생산과 준비교체)한 시간. "
                "대기와 계획 정지는 넣지 않는다."
            ),
            "en": (
                "Hours of operation (production and setup) for each stop whose reason is a "
                "failure; delays and planned time are left out."
            ),
        },
        unit="h",
        formula="ΣTBF / FE",
        better="higher",
        compute=lambda f: of_failures(f.between_failures_us, f.failure_events, Cause.NO_FAILURE),
    ),
    Kpi(
        key="mttf_h",
        iso_symbol="MTTF",
        names={"ko": "평균 고장까지 시간", "en": "Mean time to failure"},
        definitions={
            "ko": "고장 사유로 표시된 정지 한 번마다 설비가 생산한 시간.",
            "en": "Hours of production for each stop whose reason is a failure.",
        },
        unit="h",
        formula="ΣTTF / FE",
        better="higher",
        compute=lambda f: of_failures(f.to_failure_us, f.failure_events, Cause.NO_FAILURE),
    ),
    Kpi(
        key="mttr_h",
        iso_symbol="MTTR",
        names={"ko": "평균 복구 시간", "en": "Mean time to restoration"},
        definitions={
            "ko": "끝난 고장 하나마다 고장으로 멈춘 시간. 휴식과 계획 정지는 넣지 않는다.",
            "en": (
                "Hours of failure for each failure that ended; breaks and planned stops are "
                "left out."
            ),
        },
        unit="h",
        formula="ΣTTR / RE",
        better="lower",
        compute=lambda f: of_failures(
            f.to_restoration_us, f.restoration_events, Cause.NO_RESTORATION
        ),
    ),
)
"""Every KPI, in the order of results."""

__all__ = ["KPIS", "Cause", "Kpi"]

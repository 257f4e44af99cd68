"""KPIs of ISO 22400-2 that are not computed yet, each with the data that it waits for.

None of them is estimated from other data. One that gets its data moves to `mes.core.kpis`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingKpi:
    """A KPI without data.

    Attributes:
        key: the name that it will have in results.
        iso_symbol: ISO 22400-2 name.
        names: what people read, by language.
        formula: in ISO 22400-2 terms.
        waits_for: the data that is missing, by language.
    """

    key: str
    iso_symbol: str
    names: Mapping[str, str]
    formula: str
    waits_for: Mapping[str, str]


_LABOUR = {"ko": "작업자의 근무와 작업 시간", "en": "attendance and work time of persons"}
_MEASURED = {"ko": "측정값과 규격 한계", "en": "measured values with specification limits"}
_MATERIAL = {"ko": "투입 자재의 수량", "en": "quantities of consumed material"}
_STOCK = {"ko": "재고 수량", "en": "quantities in stock"}
_SERIALS = {"ko": "제품 일련번호별 검사 결과", "en": "inspection results by serial number"}
_PLANNED_SCRAP = {"ko": "작업지시의 계획 불량 수량", "en": "planned scrap of an order"}
_CAPACITY = {"ko": "설비의 최대 생산 능력", "en": "a stated capacity of the equipment"}
_ENERGY = {
    "ko": "설비에 배정된 에너지 계량기",
    "en": "an energy meter that belongs to the work unit",
}
_MAINTENANCE = {"ko": "정비 작업의 시간", "en": "times of maintenance orders"}
_ROUTE = {
    "ko": "여러 공정을 거치는 작업지시의 공정별 수량",
    "en": "quantities of all operations of an order together",
}

WAITING: tuple[WaitingKpi, ...] = (
    WaitingKpi(
        key="worker_efficiency",
        iso_symbol="Worker efficiency",
        names={"ko": "작업자 효율", "en": "Worker efficiency"},
        formula="APWT / APAT",
        waits_for=_LABOUR,
    ),
    WaitingKpi(
        key="actual_to_planned_scrap_ratio",
        iso_symbol="SQ/PSQ",
        names={"ko": "계획 대비 불량률", "en": "Actual to planned scrap ratio"},
        formula="SQ / PSQ",
        waits_for=_PLANNED_SCRAP,
    ),
    WaitingKpi(
        key="first_pass_yield",
        iso_symbol="FPY",
        names={"ko": "직행률", "en": "First pass yield"},
        formula="GP / IP",
        waits_for=_SERIALS,
    ),
    WaitingKpi(
        key="fall_off_ratio",
        iso_symbol="FR",
        names={"ko": "공정 낙하율", "en": "Fall-off ratio"},
        formula="SQ of the operation / PQ of the first operation",
        waits_for=_ROUTE,
    ),
    WaitingKpi(
        key="machine_capability",
        iso_symbol="Cm",
        names={"ko": "기계능력지수 Cm", "en": "Machine capability index"},
        formula="(USL - LSL) / 6 s",
        waits_for=_MEASURED,
    ),
    WaitingKpi(
        key="critical_machine_capability",
        iso_symbol="Cmk",
        names={"ko": "기계능력지수 Cmk", "en": "Critical machine capability index"},
        formula="min(USL - mean, mean - LSL) / 3 s",
        waits_for=_MEASURED,
    ),
    WaitingKpi(
        key="process_capability",
        iso_symbol="Cp",
        names={"ko": "공정능력지수 Cp", "en": "Process capability index"},
        formula="(USL - LSL) / 6 sigma",
        waits_for=_MEASURED,
    ),
    WaitingKpi(
        key="critical_process_capability",
        iso_symbol="Cpk",
        names={"ko": "공정능력지수 Cpk", "en": "Critical process capability index"},
        formula="min(USL - mean, mean - LSL) / 3 sigma",
        waits_for=_MEASURED,
    ),
    WaitingKpi(
        key="comprehensive_energy_consumption",
        iso_symbol="e",
        names={"ko": "제품당 에너지 사용량", "en": "Comprehensive energy consumption"},
        formula="energy / PQ",
        waits_for=_ENERGY,
    ),
    WaitingKpi(
        key="inventory_turns",
        iso_symbol="IT",
        names={"ko": "재고 회전율", "en": "Inventory turns"},
        formula="throughput / average inventory",
        waits_for=_STOCK,
    ),
    WaitingKpi(
        key="finished_goods_ratio",
        iso_symbol="FGR",
        names={"ko": "완제품 비율", "en": "Finished goods ratio"},
        formula="GQ / CM",
        waits_for=_MATERIAL,
    ),
    WaitingKpi(
        key="integrated_goods_ratio",
        iso_symbol="IGR",
        names={"ko": "종합 제품 비율", "en": "Integrated goods ratio"},
        formula="IGQ / CM",
        waits_for=_MATERIAL,
    ),
    WaitingKpi(
        key="production_loss_ratio",
        iso_symbol="PLR",
        names={"ko": "생산 손실률", "en": "Production loss ratio"},
        formula="PL / CM",
        waits_for=_MATERIAL,
    ),
    WaitingKpi(
        key="storage_and_transport_loss_ratio",
        iso_symbol="STLR",
        names={"ko": "보관·운반 손실률", "en": "Storage and transportation loss ratio"},
        formula="STL / CM",
        waits_for=_MATERIAL,
    ),
    WaitingKpi(
        key="other_loss_ratio",
        iso_symbol="OLR",
        names={"ko": "기타 손실률", "en": "Other loss ratio"},
        formula="OL / CM",
        waits_for=_MATERIAL,
    ),
    WaitingKpi(
        key="equipment_load_ratio",
        iso_symbol="ELR",
        names={"ko": "설비 부하율", "en": "Equipment load ratio"},
        formula="PQ / EPC",
        waits_for=_CAPACITY,
    ),
    WaitingKpi(
        key="corrective_maintenance_ratio",
        iso_symbol="CMR",
        names={"ko": "사후 정비 비율", "en": "Corrective maintenance ratio"},
        formula="CMT / (CMT + PMT)",
        waits_for=_MAINTENANCE,
    ),
)
"""All of them; with the entries of `KPIS` these are the 34 KPIs of the standard and some more."""

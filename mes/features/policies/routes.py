"""Reading policies and the table of KPIs."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint

from mes.features.policies.queries import kpi_items, policy_items, waiting_items
from mes.features.production.master_loading import masters
from mes.web.roles import require
from mes.web.wiring import reading

bp = APIBlueprint("policies", __name__, url_prefix="/api/v1", tag="OEE")


@bp.get("/policies")
@bp.doc(summary="KPI policies", tags=["oee"])
@require()
def list_policies() -> dict[str, Any]:
    """Built-in profiles and the plant's own policies, every version with its keys."""
    with reading() as session:
        return {"items": policy_items(masters(session)), "next": None}


@bp.get("/kpis")
@bp.doc(summary="Table of KPIs", tags=["oee"])
@require()
def list_kpis() -> dict[str, Any]:
    """Each KPI with definition, formula and unit; `waiting`: those whose data is not there yet."""
    return {"items": kpi_items(), "waiting": waiting_items(), "next": None}

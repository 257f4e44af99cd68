"""Reading reasons."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from mes.clock import plant_now_us
from mes.features.commands.schemas import Short
from mes.features.reasons.queries import reasons
from mes.web.roles import require
from mes.web.wiring import reading

bp = APIBlueprint("reasons", __name__, url_prefix="/api/v1", tag="Reasons")


class ReasonsQuery(BaseModel):
    """Which reasons, and whose use puts them in order."""

    domain: Short | None = Field(default=None, description="stop, scrap, pause or correction")
    work_unit: Short | None = None


@bp.get("/reasons")
@bp.input(ReasonsQuery, location="query")
@require()
def list_reasons(query_data: ReasonsQuery) -> dict[str, Any]:
    """Reasons to choose from, the most used of the last 30 days first."""
    with reading() as session:
        found = reasons(session, query_data.domain, query_data.work_unit, plant_now_us())
    return {"items": found, "next": None}

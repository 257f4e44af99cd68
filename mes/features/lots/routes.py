"""Lots over REST."""

from __future__ import annotations

from typing import Annotated, Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field, StringConstraints

from mes.clock import plant_now_us
from mes.features.lots.queries import LIMIT, LIMIT_MAX, find_lot, list_lots
from mes.web.roles import require
from mes.web.wiring import reading

bp = APIBlueprint("lots", __name__, url_prefix="/api/v1", tag="Lots")


class LotsQuery(BaseModel):
    """Lots whose code, item or job holds a text."""

    text: Annotated[str, StringConstraints(max_length=80)] = ""
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)


@bp.get("/lots")
@bp.input(LotsQuery, location="query")
@require()
def lots(query_data: LotsQuery) -> dict[str, Any]:
    """Lots, the latest made first."""
    with reading() as session:
        return {"items": list_lots(session, query_data.text, query_data.limit), "next": None}


@bp.get("/lots/<code>")
@require()
def lot(code: str) -> dict[str, Any]:
    """A lot: where and when it was made, by whom, its entries, and the states around them."""
    with reading() as session:
        return find_lot(session, code, plant_now_us()).to_json()

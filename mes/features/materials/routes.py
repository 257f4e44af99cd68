"""Reading items."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, Field

from mes.clock import plant_now_us
from mes.features.commands.schemas import Short
from mes.features.materials.queries import LIMIT_MAX, items
from mes.web.roles import require
from mes.web.wiring import reading

bp = APIBlueprint("materials", __name__, url_prefix="/api/v1", tag="Items")


class ItemsQuery(BaseModel):
    """Which items."""

    text: Short | None = None
    after: Short | None = None
    limit: int = Field(default=LIMIT_MAX, ge=1, le=LIMIT_MAX)


@bp.get("/items")
@bp.input(ItemsQuery, location="query")
@require()
def list_items(query_data: ItemsQuery) -> dict[str, Any]:
    """Items by code with the rates in force."""
    with reading() as session:
        found, following = items(session, **query_data.model_dump(), now=plant_now_us())
    return {"items": found, "next": following}

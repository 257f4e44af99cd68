"""Reading the audit log over REST; managers and administrators only."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from mes.features.audit.queries import LIMIT, LIMIT_MAX, audit_rows
from mes.features.commands.schemas import InstantText, PageMark, Short, optional_instant
from mes.web.roles import Role, require
from mes.web.wiring import reading

bp = APIBlueprint("audit", __name__, url_prefix="/api/v1", tag="Audit")

READERS = (Role.MANAGER, Role.ADMINISTRATOR)


class AuditQuery(BaseModel):
    """Which rows; `before` is `next` of the page before, times are real time."""

    model_config = ConfigDict(extra="forbid")

    object: Short | None = None
    action: Short | None = None
    start: InstantText | None = Field(default=None, alias="from")
    end: InstantText | None = Field(default=None, alias="to")
    before: PageMark | None = None
    limit: int = Field(default=LIMIT, ge=1, le=LIMIT_MAX)


@bp.get("/audit")
@bp.input(AuditQuery, location="query")
@require(*READERS, tokens=False)
def list_audit(query_data: AuditQuery) -> dict[str, Any]:
    """Who did what, latest first: old and new value, why, and the hashes that chain the rows."""
    with reading() as session:
        return audit_rows(
            session,
            subject=query_data.object,
            action=query_data.action,
            start=optional_instant(query_data.start),
            end=optional_instant(query_data.end),
            before=query_data.before,
            limit=query_data.limit,
        )

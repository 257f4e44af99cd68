"""Reading wall displays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.models import ApiToken
from mes.web.roles import Scope

LISTED_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayRow:
    """A display; instants are real time, None: never.

    Attributes:
        open: how many live connections it has now.
    """

    id: int
    label: str
    created_at: int
    last_used_at: int | None
    revoked_at: int | None
    open: int

    def to_json(self) -> dict[str, object]:
        """As REST lists it."""
        return {
            "id": self.id,
            "label": self.label,
            "created_at": self.created_at,
            "last_used_at": self.last_used_at,
            "revoked_at": self.revoked_at,
            "open": self.open,
        }


def displays(session: Session, open_by_id: Mapping[int, int]) -> list[DisplayRow]:
    """Displays, those in use first, then the latest."""
    rows = session.scalars(
        select(ApiToken)
        .where(ApiToken.scope == Scope.DISPLAY.value)
        .order_by(ApiToken.revoked_at.is_not(None), ApiToken.id.desc())
        .limit(LISTED_MAX)
    )
    return [
        DisplayRow(
            id=row.id,
            label=row.label,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
            open=open_by_id.get(row.id, 0),
        )
        for row in rows
    ]

"""Loading reasons with their dated classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.production.masters import DatedClass, Reason
from mes.models import Reason as ReasonRow
from mes.models import ReasonClass as ReasonClassRow


def load_reasons(session: Session) -> dict[str, Reason]:
    """All reasons by code, retired ones too."""
    rows: Iterable[ReasonRow] = list(
        session.scalars(select(ReasonRow).order_by(ReasonRow.position, ReasonRow.id))
    )
    codes = {row.id: row.code for row in rows}
    classes: dict[int, list[DatedClass]] = defaultdict(list)
    for dated in session.scalars(select(ReasonClassRow).order_by(ReasonClassRow.valid_from)):
        classes[dated.reason_id].append(
            DatedClass(
                valid_from=dated.valid_from, time_class=dated.time_class, failure=dated.failure
            )
        )
    return {
        row.code: Reason(
            code=row.code,
            domain=row.domain,
            parent=codes.get(row.parent_id) if row.parent_id else None,
            names=row.names,
            position=row.position,
            classes=tuple(classes[row.id]),
            retired=row.retired_at is not None,
        )
        for row in rows
    }

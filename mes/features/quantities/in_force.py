"""Which entries of people still hold: those that no entry in force takes the place of."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.derive.replacing import replaced_ids
from mes.models import CheckResult, QuantityMove, QuantityStatement, StopStatement

Entry = type[QuantityStatement] | type[StopStatement] | type[QuantityMove] | type[CheckResult]
CHAIN_MAX = 100
"""How often a correction of a correction is followed."""
_REPLACES = {
    QuantityStatement: QuantityStatement.voids,
    QuantityMove: QuantityMove.voids,
    StopStatement: StopStatement.replaces,
    CheckResult: CheckResult.voids,
}


def is_void(entry: QuantityStatement) -> bool:
    """Whether it only takes another entry back and says nothing itself."""
    return entry.voids is not None and not (entry.good or entry.scrap or entry.rework)


def not_in_force(session: Session, model: Entry, command_ids: Collection[str]) -> set[str]:
    """Those of the entries that an entry in force has taken back or replaced."""
    replaces: dict[str, str | None] = dict.fromkeys(command_ids)
    corrections: set[str] = set()
    waiting = set(command_ids)
    column = _REPLACES[model]
    for _ in range(CHAIN_MAX):
        if not waiting:
            break
        rows = session.execute(
            select(model.command_id, column).where(column.in_(sorted(waiting)))
        ).all()
        if model is QuantityStatement:
            corrections |= _corrections(session, waiting)
        waiting = {command_id for command_id, _ in rows if command_id not in replaces}
        replaces |= {row[0]: row[1] for row in rows}
    return replaced_ids(replaces, corrections) & set(command_ids)


def _corrections(session: Session, replaced: Collection[str]) -> set[str]:
    """Those of what replaces these entries that say other pieces in their place."""
    rows = session.scalars(
        select(QuantityStatement).where(QuantityStatement.voids.in_(sorted(replaced)))
    )
    return {row.command_id for row in rows if not is_void(row)}

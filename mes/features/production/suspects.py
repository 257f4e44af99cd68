"""Suspect counter increments as rows: what waits for a person, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from mes.core.exact import number_to_json
from mes.features.production.bookings import Suspect
from mes.features.production.statements import run, run_many, table
from mes.models import CountSuspect

_ROWS = table(CountSuspect)
_OF_UNIT = _ROWS.c.work_unit_id == bindparam("unit")
_HELD = select(_ROWS).where(_OF_UNIT, _ROWS.c.at >= bindparam("since"))
_BY_ID = _ROWS.c.id == bindparam("row")
_DELETE = delete(_ROWS).where(_BY_ID)
_UPDATE = (
    update(_ROWS)
    .where(_BY_ID)
    .values(role=bindparam("b_role"), reading=bindparam("b_reading"), decision=bindparam("b_said"))
)
_INSERT = insert(_ROWS)
_OPEN = select(func.count()).where(
    _OF_UNIT, _ROWS.c.at < bindparam("before"), _ROWS.c.decision.is_(None)
)
_INSIDE = (
    select(_ROWS.c.id)
    .where(_OF_UNIT, _ROWS.c.at >= bindparam("start"), _ROWS.c.at < bindparam("end"))
    .limit(1)
)
_LAST = select(func.max(_ROWS.c.at)).where(_OF_UNIT)

Key = tuple[int, int, int]
"""Tag id, instant of the later reading, instant of the earlier one."""


def replace_suspects(
    session: Session, unit_id: int, since: int, found: Sequence[Suspect]
) -> int | None:
    """Make the rows from `since` on say what was found.

    Returns:
        The instant of the last row of the work unit; None: it has none.
    """
    held = {
        (row.tag_id, row.at, row.since): row
        for row in run(session, _HELD, {"unit": unit_id, "since": since})
    }
    wanted: dict[Key, Suspect] = {(one.tag_id, one.at, one.since): one for one in found}
    run_many(session, _DELETE, [{"row": held[key].id} for key in held if key not in wanted])
    run_many(
        session,
        _UPDATE,
        [
            {"row": held[key].id, **{f"b_{name}": value for name, value in _values(one).items()}}
            for key, one in wanted.items()
            if key in held and _values(one) != _stored(held[key])
        ],
    )
    run_many(
        session,
        _INSERT,
        [
            {
                "work_unit_id": unit_id,
                "tag_id": one.tag_id,
                "at": one.at,
                "since": one.since,
                "role": one.role,
                "reading": _reading(one),
                "decision": one.decision,
            }
            for key, one in wanted.items()
            if key not in held
        ],
    )
    last: int | None = run(session, _LAST, {"unit": unit_id}).scalar()
    return last


def open_before(session: Session, unit_id: int, before: int) -> int:
    """How many increments before an instant wait for a person."""
    return int(run(session, _OPEN, {"unit": unit_id, "before": before}).scalar() or 0)


def any_between(session: Session, unit_id: int, start: int, end: int) -> bool:
    """Whether an increment in [start, end) is suspect, decided or not."""
    given = {"unit": unit_id, "start": start, "end": end}
    return run(session, _INSIDE, given).first() is not None


def _reading(one: Suspect) -> dict[str, Any]:
    return {
        "old": number_to_json(one.old),
        "new": number_to_json(one.new),
        "amount": number_to_json(one.amount),
    }


def _values(one: Suspect) -> dict[str, Any]:
    return {"role": one.role, "reading": _reading(one), "said": one.decision}


def _stored(row: Any) -> dict[str, Any]:
    return {"role": row.role, "reading": row.reading, "said": row.decision}

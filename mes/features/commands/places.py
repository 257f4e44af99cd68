"""Where somebody may correct something: a terminal on its own line, a supervisor everywhere."""

from __future__ import annotations

from sqlalchemy.orm import Session

from mes.features.production.master_loading import masters
from mes.features.production.masters import WorkUnit
from mes.web.roles import Actor, Role, Scope, forbidden


def may_everywhere(who: Actor) -> bool:
    """Whether somebody leads all lines: a supervisor, or a machine client that may write."""
    return who.has(Role.SUPERVISOR) or who.scope is Scope.WRITE


def check_place(session: Session, who: Actor, unit: WorkUnit) -> None:
    """That a terminal speaks only about the line at which it stands.

    Raises:
        Refusal: `forbidden` (403).
    """
    if may_everywhere(who) or who.work_unit is None:
        return
    known = masters(session)
    own = known.work_units.get(known.work_unit_ids.get(who.work_unit, 0))
    line = who.work_unit if own is None else own.line_code
    if who.work_unit == unit.code or line == unit.line_code:
        return
    raise forbidden(f"this terminal stands at {who.work_unit}; a supervisor may do this everywhere")


def check_line(session: Session, who: Actor, line: str) -> None:
    """That a terminal speaks only about the line (code) at which it stands.

    Raises:
        Refusal: `forbidden` (403).
    """
    if may_everywhere(who) or who.work_unit is None:
        return
    known = masters(session)
    own = known.work_units.get(known.work_unit_ids.get(who.work_unit, 0))
    if line != (who.work_unit if own is None else own.line_code):
        raise forbidden(f"this terminal stands at {who.work_unit}; a supervisor may do this")

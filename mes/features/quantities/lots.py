"""Which lot pieces belong to: one that was scanned, or a new one by the rule of numbers."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from mes.core.lots import lot_code
from mes.core.refusal import Refusal
from mes.features.quantities.in_force import not_in_force
from mes.features.work_orders.numbering import LOT, next_number
from mes.models import JobOrder, QuantityStatement

NEW = "*"
"""Given instead of a code: a new lot; with a command id behind it, the lot of that entry."""
TRIES_MAX = 1000
"""Numbers of a day that are passed over because somebody has used them already."""


def lot_of_entry(session: Session, given: str | None, job: JobOrder | None, at: int) -> str | None:
    """The lot code that an entry carries.

    Args:
        given: a code, `NEW`, `NEW` and the command id of another entry (its lot; a new one where
            it has none), or None: no lot.
        job: what the pieces belong to; a lot holds one item only.
        at: plant time of the number, UTC microseconds.

    Raises:
        Refusal: `lot_invalid` (422), `lot_of_other_item` (409).
    """
    if given is None:
        return None
    if given.startswith(NEW):
        return _lot_of(session, given.removeprefix(NEW)) or _new_lot(session, at)
    code = lot_code(given)
    if code is None:
        raise Refusal(
            "lot_invalid",
            "a lot code has letters A to Z, digits and single hyphens, at most 60 characters",
            status=422,
            field="lot",
        )
    _check_item(session, code, job)
    return code


def lot_of_correction(
    session: Session, given: str | None, old: QuantityStatement, job: JobOrder | None, at: int
) -> str | None:
    """The lot code of what takes the place of an entry; None given: the one of the entry.

    Raises:
        Refusal: as `lot_of_entry`.
    """
    if given is not None or old.lot is None:
        return lot_of_entry(session, given, job, at)
    _check_item(session, old.lot, job, but=old.command_id)
    return old.lot


def lot_exists(session: Session, code: str) -> bool:
    """Whether an entry names the lot."""
    return session.scalar(select(exists().where(QuantityStatement.lot == code))) is True


def _lot_of(session: Session, command_id: str) -> str | None:
    query = select(QuantityStatement.lot).where(QuantityStatement.command_id == command_id)
    return session.scalar(query) if command_id else None


def _new_lot(session: Session, at: int) -> str:
    for _ in range(TRIES_MAX):
        code = lot_code(next_number(session, LOT, at))
        if code is None:
            break
        if not lot_exists(session, code):
            return code
    raise Refusal(
        "lot_number_failed",
        "the rule of lot numbers gives no free code; ask an administrator to correct the rule",
    )


def _check_item(
    session: Session, code: str, job: JobOrder | None, *, but: str | None = None
) -> None:
    """Args: but: command id of an entry that does not count, because it is being replaced."""
    if job is None:
        return
    others = dict(
        session.execute(
            select(QuantityStatement.command_id, JobOrder.number)
            .join(JobOrder, QuantityStatement.job_order_id == JobOrder.id)
            .where(QuantityStatement.lot == code, JobOrder.material_id != job.material_id)
        ).all()
    )
    held = sorted(others.keys() - not_in_force(session, QuantityStatement, list(others)) - {but})
    if held:
        other = others[held[0]]
        raise Refusal(
            "lot_of_other_item",
            f"{code} holds another item (made by {other}); scan or make another lot",
            field="lot",
            details={"lot": code, "job_order": other},
        )

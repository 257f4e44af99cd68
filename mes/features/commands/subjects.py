"""Finding what a command is about, and keeping it for one writer at a time."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.production.master_loading import masters
from mes.features.production.masters import Material, WorkUnit
from mes.models import Equipment, MaterialDefinition, Reason

SCRAP = "scrap"
STOP = "stop"
PAUSE = "pause"
DOMAINS = (STOP, SCRAP, PAUSE, "correction")
"""Domains of reasons."""


def find_work_unit(session: Session, code: str) -> WorkUnit:
    """The work unit of that code.

    Raises:
        Refusal: `unknown_work_unit` (404).
    """
    known = masters(session)
    identity = known.work_unit_ids.get(code)
    if identity is None:
        raise Refusal("unknown_work_unit", f"there is no work unit {code!r}", status=404)
    return known.work_units[identity]


def lock_work_unit(session: Session, work_unit_id: int) -> None:
    """Let other writers of statements and jobs of this work unit wait until the commit.

    SQLite has one writer anyway; on PostgreSQL rows may still refer to the work unit meanwhile.
    """
    session.execute(
        select(Equipment.id).where(Equipment.id == work_unit_id).with_for_update(key_share=True)
    )


def find_item(session: Session, code: str) -> Material:
    """The item of that code, not retired.

    Raises:
        Refusal: `item_unknown` (422).
    """
    row = session.execute(
        select(MaterialDefinition.id, MaterialDefinition.retired_at).where(
            MaterialDefinition.code == code
        )
    ).one_or_none()
    if row is None or row.retired_at is not None:
        raise Refusal("item_unknown", f"there is no item {code!r}", status=422, field="item")
    return masters(session).materials[row.id]


def check_reason(
    session: Session, code: str | None, domains: Collection[str], field: str = "reason"
) -> None:
    """That a reason exists, is not retired and belongs to one of the domains; None passes.

    Raises:
        Refusal: `reason_unknown` or `reason_of_other_domain` (422).
    """
    if code is None:
        return
    row = session.execute(
        select(Reason.domain, Reason.retired_at).where(Reason.code == code)
    ).one_or_none()
    if row is None or row.retired_at is not None:
        raise Refusal(
            "reason_unknown", f"there is no reason {code!r} to choose", status=422, field=field
        )
    if row.domain not in domains:
        raise Refusal(
            "reason_of_other_domain",
            f"reason {code!r} is of domain {row.domain}; choose one of: {', '.join(domains)}",
            status=422,
            field=field,
        )

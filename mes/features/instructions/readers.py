"""Who on the floor has not yet confirmed the revision in force."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from mes.features.instructions.service import find_instruction, released_revision
from mes.models import DocumentAcknowledgement, Person, RoleGrant
from mes.web.roles import Role

NAMES_MAX = 40
"""Most names that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Operators who have not confirmed a revision; `count` of all, `names` of the first of them."""

    revision: int
    names: tuple[str, ...]
    count: int


def unread(session: Session, code: str) -> Unread | None:
    """Operators who have not confirmed the revision in force; None: nothing is released.

    Raises:
        Refusal: `instruction_unknown` (404).
    """
    document = find_instruction(session, code)
    revision = released_revision(session, document.id)
    if revision is None or document.retired_at is not None:
        return None
    waiting = (
        select(Person.name)
        .where(
            Person.retired_at.is_(None),
            exists().where(RoleGrant.person_id == Person.id, RoleGrant.role == Role.OPERATOR.value),
            ~exists().where(
                DocumentAcknowledgement.revision_id == revision.id,
                DocumentAcknowledgement.person == Person.badge_no,
            ),
        )
        .order_by(Person.name)
    )
    count = session.scalar(select(func.count()).select_from(waiting.subquery())) or 0
    names = tuple(session.scalars(waiting.limit(NAMES_MAX)))
    return Unread(revision=revision.number, names=names, count=count)

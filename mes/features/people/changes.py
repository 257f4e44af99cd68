"""Changing what a person is called and may do on the floor."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.people.service import NAME_MAX, ActorJson, end_sessions, known_person
from mes.models import RoleGrant


def change_person(
    session: Session,
    actor: ActorJson,
    badge_no: str,
    *,
    name: str,
    language: str,
    roles: Collection[str],
) -> None:
    """Give a person another name, language or other roles; other roles end their sessions.

    Raises:
        Refusal: `person_unknown` (404), `name_invalid` (422).
    """
    person = known_person(session, badge_no)
    if not name.strip() or len(name) > NAME_MAX:
        raise Refusal(
            "name_invalid", f"a name has 1 to {NAME_MAX} characters", status=422, field="name"
        )
    granted = set(session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person.id)))
    before = {"name": person.name, "language": person.language, "roles": sorted(granted)}
    after = {"name": name.strip(), "language": language, "roles": sorted(set(roles))}
    if before == after:
        return
    person.name, person.language = name.strip(), language
    if granted != set(roles):
        session.execute(delete(RoleGrant).where(RoleGrant.person_id == person.id))
        session.add_all(RoleGrant(person_id=person.id, role=role) for role in set(roles))
        end_sessions(session, person_id=person.id)
    record(session, actor, "person.change", badge_no, {"before": before, "after": after})

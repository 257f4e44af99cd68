"""Changing the plant in the database as one checked document: the road of every master data page.

The whole plant is checked with the change in it, by the same check as a plant file, and only what
differs is written. What was applied as a file stays the base of the next file, so that what people
changed here is kept then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.plant.check import check
from mes.features.plant.document import Mistake
from mes.features.plant.export import document_of
from mes.features.plant.kpi_targets import without_lost_targets
from mes.features.plant.masters import database_objects
from mes.features.plant.objects import EXCEPTION, Key, Objects, file_objects
from mes.features.plant.policies import POLICY
from mes.features.plant.revisions import add_revision
from mes.features.plant.writer import Writer
from mes.features.production.service import masters_changed
from mes.models import ConfigRevision, Equipment, Reason

MISTAKES_MAX = 200
"""Mistakes that a refusal tells; more are only counted."""
KEPT_KINDS = (POLICY, EXCEPTION)
"""Kinds that are not written here: policies never change, exceptions have a page of their own."""
PLACED_KINDS = ("reason", "area", "line", "work_unit")
"""Kinds whose order is kept."""

Plant = dict[str, Any]
"""A plant file as plain values; sections that are empty may be missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What an edit did, as labels such as "item BRACKET-A".

    `revision` is the configuration in force afterwards; None: nothing differed or was written.
    """

    revision: int | None
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retired: tuple[str, ...]
    moved: tuple[str, ...] = ()
    """What stands at another place among its like."""


def edit_plant(
    session: Session,
    actor: ActorJson,
    *,
    now_us: int,
    action: str,
    subject: str,
    change: Callable[[Plant], None],
    details: Mapping[str, Any] | None = None,
) -> Edited:
    """Change the plant; objects that `change` takes out are retired, nothing is deleted.

    Args:
        now_us: plant time, UTC microseconds; what is dated changes from then on.
        action: what the audit log calls it, such as `item.changed`.
        subject: the code of what it is about.
        change: changes the document in place; it may raise a refusal.
        details: what the audit log tells besides what was added, changed and retired.

    Raises:
        Refusal: `plant_invalid` (422), `details["mistakes"]` with `field` (path in the document),
            `code` and `message` of each; nothing has been written then.
    """
    _wait_for_other_editors(session)
    before = database_objects(session)
    plant = document_of(before)
    change(plant)
    without_lost_targets(plant)
    checked = check(plant)
    if checked.plant is None:
        raise _invalid(checked.mistakes)
    after = file_objects(checked.plant)
    added = [key for key in after if key not in before]
    changed = [key for key in after if key in before and before[key] != after[key]]
    retired = [key for key in before if key not in after]
    told = [key for key in (*added, *changed, *retired) if key[0] not in KEPT_KINDS]
    moved = [key for key in _moved(before, after) if key not in told]
    if not told and not moved:
        return Edited(revision=None, added=(), changed=(), retired=())
    _write(session, now_us, after, told)
    names = {
        name: [f"{kind} {code}" for kind, code in keys if kind not in KEPT_KINDS]
        for name, keys in (("added", added), ("changed", changed), ("retired", retired))
    }
    if moved:
        names["moved"] = [f"{kind} {code}" for kind, code in moved]
    latest = session.scalar(select(ConfigRevision).order_by(ConfigRevision.id.desc()).limit(1))
    revision = add_revision(
        session,
        actor=str(actor.get("label")),
        summary=names,
        plant_file=[] if latest is None else latest.plant_file,
    )
    masters_changed(session, now_us)
    record(session, actor, action, subject, {"revision": revision, **names, **(details or {})})
    return Edited(revision=revision, **{name: tuple(rows) for name, rows in names.items()})


def _wait_for_other_editors(session: Session) -> None:
    """One changes the plant at a time, so that what is compared with what was seen stays so."""
    session.execute(select(Equipment.id).where(Equipment.level == "site").with_for_update())


def _moved(before: Objects, after: Objects) -> list[Key]:
    """What stands after another of its like than before, new and retired ones left aside."""
    found: list[Key] = []
    for kind in PLACED_KINDS:
        old = [key for key in before if key[0] == kind and key in after]
        new = [key for key in after if key[0] == kind and key in before]
        found += [key for place, key in enumerate(new) if old[place] != key]
    return found


def _write(session: Session, now_us: int, after: Objects, keys: list[Key]) -> None:
    positions = {key: place for place, key in enumerate(after)}
    writer = Writer(session, now_us, positions)
    writer.write_all(after, [key for key in keys if key in after])
    writer.retire_all([key for key in keys if key not in after])
    session.flush()
    session.expire_all()  # some were retired by their codes
    _place(session, positions)


def _place(session: Session, positions: Mapping[Key, int]) -> None:
    """Everything in the order of the document, also what was not written."""
    places = {code: place for (kind, code), place in positions.items() if kind == "reason"}
    for reason in session.scalars(select(Reason).where(Reason.code.in_(places))):
        reason.position = places[reason.code]
    kinds = ("site", "area", "line", "work_unit")
    places = {code: place for (kind, code), place in positions.items() if kind in kinds}
    for element in session.scalars(select(Equipment).where(Equipment.code.in_(places))):
        element.position = places[element.code]
    session.flush()  # the new revision reads everything again


def _invalid(mistakes: tuple[Mistake, ...]) -> Refusal:
    found = [
        {"field": one.field, "code": one.code, "message": one.message}
        for one in mistakes[:MISTAKES_MAX]
    ]
    return Refusal(
        "plant_invalid",
        f"{found[0]['field']}: {found[0]['message']}",
        status=422,
        field=found[0]["field"] or None,
        details={"mistakes": found, "count": len(mistakes)},
    )

"""Routings of items by revision: drafted, released, then immutable; a change is a new revision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.plant.rows import (
    TypedNames,
    changed_meanwhile,
    check_marks,
    invalid,
    mark_of,
    number_text,
    unknown,
)
from mes.models import Equipment, MaterialDefinition, OperationsDefinition, OperationsSegment

OPERATIONS_MAX = 50
NUMBER_MAX = 9_999
NAME_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedOperation:
    """An operation as it was typed; `line` empty: any line."""

    number: str
    names: TypedNames
    line: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOperation:
    """An operation of a revision; `line` None: any line."""

    number: int
    names: Mapping[str, str]
    line: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A revision of a routing; instants are plant time, UTC microseconds, None: not yet."""

    revision: int
    released_at: int | None
    retired_at: int | None
    operations: tuple[ShownOperation, ...]

    @property
    def is_draft(self) -> bool:
        """Whether it can still change."""
        return self.released_at is None and self.retired_at is None


def revisions_of(session: Session, item: str) -> list[Revision]:
    """The revisions of an item's routing, latest first."""
    return revisions_by_item(session, [item]).get(item, [])


def revisions_by_item(session: Session, items: Sequence[str]) -> dict[str, list[Revision]]:
    """The revisions of the routings of items by their codes, latest first; absent: none."""
    definitions = session.execute(
        select(OperationsDefinition, MaterialDefinition.code)
        .join(MaterialDefinition, MaterialDefinition.id == OperationsDefinition.material_id)
        .where(MaterialDefinition.code.in_(items))
        .order_by(OperationsDefinition.revision.desc())
    ).all()
    held: dict[int, list[ShownOperation]] = {}
    for row, line in session.execute(
        select(OperationsSegment, Equipment.code)
        .outerjoin(Equipment, Equipment.id == OperationsSegment.work_center_id)
        .where(OperationsSegment.definition_id.in_([each.id for each, _ in definitions]))
        .order_by(OperationsSegment.number)
    ):
        operation = ShownOperation(number=row.number, names=row.names, line=line)
        held.setdefault(row.definition_id, []).append(operation)
    found: dict[str, list[Revision]] = {}
    for definition, item in definitions:
        revision = Revision(
            revision=definition.revision,
            released_at=definition.released_at,
            retired_at=definition.retired_at,
            operations=tuple(held.get(definition.id, ())),
        )
        found.setdefault(item, []).append(revision)
    return found


def routing_mark(revisions: Sequence[Revision]) -> str:
    """What an editor sees of a routing, as a mark."""
    return mark_of(
        [
            [
                one.revision,
                one.released_at,
                one.retired_at,
                [[each.number, dict(each.names), each.line] for each in one.operations],
            ]
            for one in revisions
        ]
    )


def save_draft(
    session: Session,
    actor: ActorJson,
    item: str,
    *,
    operations: Sequence[TypedOperation],
    seen: str,
) -> None:
    """Keep operations as the draft of a routing: a new revision unless there is a draft already.

    Args:
        operations: in any order; their numbers order them.
        seen: `routing_mark` of what the editor had before them.

    Raises:
        Refusal: `master_unknown` (404), `master_changed` (409), `master_invalid` (422).
    """
    row = _item(session, item)
    wanted = _checked(session, operations)
    revisions = revisions_of(session, item)
    before = routing_mark(revisions)
    draft = revisions[0] if revisions and revisions[0].is_draft else None
    if draft is not None and draft.operations == wanted:
        return
    check_marks(item, seen=seen, before=before, after="")
    definition = _draft_row(session, row.id, revisions)
    session.execute(
        delete(OperationsSegment).where(OperationsSegment.definition_id == definition.id)
    )
    lines = _lines(session)
    session.add_all(
        OperationsSegment(
            definition_id=definition.id,
            number=operation.number,
            names=dict(operation.names),
            work_center_id=None if operation.line is None else lines[operation.line],
        )
        for operation in wanted
    )
    session.flush()
    details = {
        "routing_revision": definition.revision,
        "operations": [f"{one.number} {one.names['ko']}" for one in wanted],
    }
    record(session, actor, "routing.drafted", item, details)


def release_draft(session: Session, actor: ActorJson, item: str, *, now_us: int, seen: str) -> None:
    """Let the draft be followed by orders released from now on; it never changes again.

    Args:
        now_us: plant time, UTC microseconds.

    Raises:
        Refusal: `master_unknown` (404), `master_changed`, `routing_released` (409),
            `routing_empty` (422).
    """
    row = _item(session, item)
    revisions = revisions_of(session, item)
    if not revisions or not revisions[0].is_draft:
        raise Refusal("routing_released", f"the routing of {item!r} has no draft to release")
    if routing_mark(revisions) != seen:
        raise changed_meanwhile(item)
    if not revisions[0].operations:
        raise Refusal("routing_empty", "a routing has at least one operation", status=422)
    definition = _definition(session, row.id, revisions[0].revision)
    definition.released_at = now_us
    session.flush()
    details = {"routing_revision": definition.revision}
    record(session, actor, "routing.released", item, details)


def retire_routing(
    session: Session, actor: ActorJson, item: str, *, now_us: int, seen: str
) -> None:
    """Let new orders of an item have one operation again; a draft goes, too.

    Raises:
        Refusal: `master_unknown` (404), `master_changed` (409).
    """
    row = _item(session, item)
    revisions = revisions_of(session, item)
    standing = [one for one in revisions if one.retired_at is None]
    if not standing:
        return
    if routing_mark(revisions) != seen:
        raise changed_meanwhile(item)
    for one in standing:
        _definition(session, row.id, one.revision).retired_at = now_us
    session.flush()
    details = {"revisions": [one.revision for one in standing]}
    record(session, actor, "routing.retired", item, details)


def _item(session: Session, code: str) -> MaterialDefinition:
    """The item, kept for one editor at a time."""
    row = session.scalar(
        select(MaterialDefinition).where(MaterialDefinition.code == code).with_for_update()
    )
    if row is None or row.retired_at is not None:
        raise unknown("item", code)
    return row


def _definition(session: Session, material_id: int, revision: int) -> OperationsDefinition:
    return session.scalars(
        select(OperationsDefinition).where(
            OperationsDefinition.material_id == material_id,
            OperationsDefinition.revision == revision,
        )
    ).one()


def _draft_row(
    session: Session, material_id: int, revisions: Sequence[Revision]
) -> OperationsDefinition:
    if revisions and revisions[0].is_draft:
        return _definition(session, material_id, revisions[0].revision)
    made = OperationsDefinition(
        material_id=material_id,
        revision=(revisions[0].revision if revisions else 0) + 1,
        released_at=None,
        retired_at=None,
    )
    session.add(made)
    session.flush()
    return made


def _lines(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(Equipment.code, Equipment.id).where(
            Equipment.level == "work_center", Equipment.retired_at.is_(None)
        )
    )
    return {row.code: row.id for row in rows}


def _checked(session: Session, operations: Sequence[TypedOperation]) -> tuple[ShownOperation, ...]:
    """The operations in order, all of them right."""
    mistakes: dict[str, str] = {}
    if not 1 <= len(operations) <= OPERATIONS_MAX:
        raise invalid({"segment": f"a routing has 1 to {OPERATIONS_MAX} operations"})
    lines = _lines(session)
    found: dict[int, ShownOperation] = {}
    for place, operation in enumerate(operations):
        number = _number(operation.number)
        if number is None or number in found:
            mistakes[f"number-{place}"] = f"a whole number from 1 to {NUMBER_MAX}, only once"
        for language, name in operation.names.row().items():
            if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
                mistakes[f"{language}-{place}"] = "a name is one line of at most 200 characters"
        if operation.line and operation.line not in lines:
            mistakes[f"line-{place}"] = "there is no such line"
        names, line = operation.names.row(), operation.line or None
        if number is not None:
            found[number] = ShownOperation(number=number, names=names, line=line)
    if mistakes:
        raise invalid(mistakes)
    return tuple(found[number] for number in sorted(found))


def _number(typed: str) -> int | None:
    text = number_text(typed)
    if not text.isdecimal() or not text.isascii() or len(text) > len(str(NUMBER_MAX)):
        return None
    return int(text) if 1 <= int(text) <= NUMBER_MAX else None

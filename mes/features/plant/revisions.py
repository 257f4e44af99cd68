"""The history of the plant's configuration, and going back to an earlier one in one step.

Going back concerns what edges run: sources, tags, the allow-list of writes, and what tags mean for
work units. It makes a new revision; nothing of the history is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.clock import real_now_us
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.plant.check import check
from mes.features.plant.export import exported
from mes.features.plant.masters import database_objects
from mes.features.plant.objects import CALL, WRITE, Key, Objects
from mes.features.plant.writer import JOB_SETTINGS, Writer
from mes.features.production.service import masters_changed
from mes.models import ConfigRevision

LIMIT = 50
LIMIT_MAX = 200
ACTOR_LENGTH = 80
WORK_UNIT = "work_unit"
CONNECTIVITY = ("source", "tag", WRITE, CALL)
MEANINGS = ("signals", *JOB_SETTINGS)
"""Parts of a work unit that say what tags and methods mean."""

Flat = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """What going back did.

    Attributes:
        revision: the new one, which edges will run.
        to: the one whose configuration it has.
    """

    revision: int
    to: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retired: tuple[str, ...]


def add_revision(
    session: Session,
    *,
    actor: str,
    summary: Mapping[str, Any],
    plant_file: Flat,
) -> int:
    """Publish the configuration as it stands now; the number is the revision that edges run.

    Args:
        summary: `added`, `changed` and `retired` as lists of labels, and what else is worth it.
        plant_file: what was last applied as a file, as flat objects.
    """
    row = ConfigRevision(
        recorded_at=real_now_us(),
        actor=actor[:ACTOR_LENGTH],
        summary=dict(summary),
        plant_file=plant_file,
        connectivity=flat(_connectivity(database_objects(session))),
    )
    session.add(row)
    session.flush()  # the id is the revision
    return row.id


def revision_rows(
    session: Session, *, before: int | None = None, limit: int = LIMIT
) -> dict[str, Any]:
    """A page of the history, latest first; `before` is `next` of the page before."""
    query = select(
        ConfigRevision.id,
        ConfigRevision.recorded_at,
        ConfigRevision.actor,
        ConfigRevision.summary,
        ConfigRevision.connectivity.is_not(None).label("kept"),
    ).order_by(ConfigRevision.id.desc())
    if before is not None:
        query = query.where(ConfigRevision.id < before)
    limit = max(1, min(limit, LIMIT_MAX))
    rows = session.execute(query.limit(limit + 1)).all()
    return {
        "items": [
            {
                "revision": row.id,
                "at": format_instant(row.recorded_at),
                "person": row.actor,
                "added": row.summary.get("added", []),
                "changed": row.summary.get("changed", []),
                "retired": row.summary.get("retired", []),
                "goes_back_to": row.summary.get("goes_back_to"),
                "reason": row.summary.get("reason"),
                "can_go_back": row.kept,
            }
            for row in rows[:limit]
        ],
        "next": rows[limit - 1].id if len(rows) > limit else None,
    }


def roll_back(
    session: Session, actor: ActorJson, *, now_us: int, reason: str, to: int | None = None
) -> RolledBack:
    """Make the connectivity of an earlier revision the present one, as a new revision.

    Args:
        now_us: plant time from which on the meanings of tags hold.
        to: the revision; None: the one before the present.

    Raises:
        Refusal: `revision_unknown` (404), `revision_not_kept` or `revision_not_usable` (409).
    """
    present = _latest(session)
    target = _target(session, present, to)
    stored = database_objects(session)
    wanted = _merged(stored, _objects(target.connectivity))
    added = [key for key in wanted if key not in stored]
    changed = [key for key in wanted if key in stored and stored[key] != wanted[key]]
    retired = [key for key in stored if key not in wanted]
    _write(session, now_us, wanted, [*added, *changed], retired)
    _check(session, target.id)
    base = _merged(_objects(present.plant_file), _connectivity(_objects(target.plant_file)))
    names = {
        name: [f"{kind} {code}" for kind, code in keys]
        for name, keys in (("added", added), ("changed", changed), ("retired", retired))
    }
    revision = add_revision(
        session,
        actor=str(actor.get("label")),
        summary={**names, "goes_back_to": target.id, "reason": reason},
        plant_file=flat(base),
    )
    masters_changed(session, now_us)
    details = {"old": present.id, "new": revision, "note": reason, **names}
    record(session, actor, "plant.roll_back", f"revision {target.id}", details)
    return RolledBack(
        revision=revision, to=target.id, **{name: tuple(keys) for name, keys in names.items()}
    )


def flat(objects: Objects) -> list[list[Any]]:
    """Objects as JSON keeps them: kind, code and value of each, sorted."""
    return [[kind, code, value] for (kind, code), value in sorted(objects.items())]


def _objects(rows: Flat) -> Objects:
    return {(kind, code): value for kind, code, value in rows}


def _connectivity(objects: Objects) -> Objects:
    """What edges run, and of work units only what tags mean for them."""
    found = {key: value for key, value in objects.items() if key[0] in CONNECTIVITY}
    for key, value in objects.items():
        if key[0] == WORK_UNIT:
            found[key] = {name: value[name] for name in MEANINGS if name in value}
    return found


def _merged(objects: Objects, connectivity: Objects) -> Objects:
    """Objects with other connectivity; what is unknown of a work unit stays as it is."""
    merged = {key: value for key, value in objects.items() if key[0] not in CONNECTIVITY}
    for key, value in merged.items():
        if key[0] == WORK_UNIT and key in connectivity:
            rest = {name: part for name, part in value.items() if name not in MEANINGS}
            merged[key] = {**rest, **connectivity[key]}
    of_sources = {key: value for key, value in connectivity.items() if key[0] in CONNECTIVITY}
    return {**merged, **of_sources}


def _latest(session: Session) -> ConfigRevision:
    found = session.scalar(select(ConfigRevision).order_by(ConfigRevision.id.desc()).limit(1))
    if found is None:
        raise Refusal("revision_unknown", "no plant file was ever applied", status=404)
    return found


def _target(session: Session, present: ConfigRevision, to: int | None) -> ConfigRevision:
    query = select(ConfigRevision).where(ConfigRevision.id < present.id)
    if to is not None:
        query = query.where(ConfigRevision.id == to)
    found = session.scalar(query.order_by(ConfigRevision.id.desc()).limit(1))
    if found is None:
        asked = "an earlier revision" if to is None else f"an earlier revision {to}"
        raise Refusal("revision_unknown", f"there is no {asked}", status=404, field="to")
    if found.connectivity is None:
        message = f"revision {found.id} was published before its sources were kept"
        raise Refusal("revision_not_kept", message, field="to")
    return found


def _write(
    session: Session, now_us: int, wanted: Objects, keys: Sequence[Key], retired: Sequence[Key]
) -> None:
    writer = Writer(session, now_us, {key: place for place, key in enumerate(wanted)})
    writer.write_all(wanted, keys)
    writer.retire_all(retired)
    session.flush()  # the whole is read again


def _check(session: Session, revision: int) -> None:
    mistakes = check(exported(session)).mistakes
    if mistakes:
        message = f"with the sources of revision {revision} the plant contradicts itself: "
        raise Refusal("revision_not_usable", message + mistakes[0].message, field="to")

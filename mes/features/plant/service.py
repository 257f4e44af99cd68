"""Applying a plant file as a change set: compare base, file and database; conflicts are named."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.plant.kpi_targets import TARGET
from mes.features.plant.masters import database_objects
from mes.features.plant.objects import (
    BUILT_IN_REASONS,
    EXCEPTION,
    Key,
    Objects,
    file_objects,
    named_objects,
)
from mes.features.plant.policies import POLICY, changed_policies
from mes.features.plant.revisions import add_revision, flat
from mes.features.plant.schema import PlantFile
from mes.features.plant.writer import Writer
from mes.features.production.service import masters_changed
from mes.models import ConfigRevision, Reason

TAKEN_BACK = (EXCEPTION, "reason", "item", "area", "line", "work_unit", TARGET)
"""Kinds that people retire in the browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """What an apply did or would have done.

    `revision` is the configuration revision in force afterwards; None when nothing was ever
    applied. With conflicts nothing was changed.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    retired: tuple[str, ...]
    missing: tuple[str, ...]
    conflicts: tuple[str, ...]
    revision: int | None


def apply(
    session: Session,
    plant: PlantFile,
    *,
    actor: str,
    now_us: int,
    force: bool = False,
    prune: bool = False,
) -> ApplyReport:
    """Bring a checked plant file into the database.

    An object changed in the file only is written; one changed in the database only stays; one
    changed on both sides is a conflict and stops everything unless `force`. Objects missing from
    the file are reported, and retired only with `prune`. Doing it twice changes nothing. A policy
    that is stored with other keys under the same version is a conflict that `force` cannot solve.
    """
    file = file_objects(plant)
    stored = database_objects(session)
    latest = _latest_revision(session)
    base = _base(latest)
    stands = _built_in_reasons(session, file)
    changed, conflicts = _differences(file, stored, base)
    new = {key for key in file if key not in stored | stands}
    taken_back = _taken_back(new, file, base, {*changed, *(conflicts if force else ())})
    added = [key for key in file if key in new - taken_back]
    missing = [key for key in stored if key not in file and _comes_from_a_file(key, base)]
    revision = latest.id if latest is not None else None
    unchangeable = changed_policies(file, stored)
    if unchangeable or (conflicts and not force):
        named = dict.fromkeys([*unchangeable, *conflicts])
        return _report([], [], [], missing, list(named), revision)
    changed = [key for key in file if key in set(changed) | set(conflicts)]
    retired = [key for key in missing if key[0] != POLICY] if prune else []
    writer = Writer(session, now_us, {key: place for place, key in enumerate(file)})
    _write_built_in_reasons(session, writer, file)
    writer.write_all(file, [*added, *changed])
    writer.retire_all(retired)
    if added or changed or retired or flat(file) != flat(base):
        kept = {} if prune else {key: value for key, value in base.items() if key in missing}
        revision = add_revision(
            session,
            actor=actor,
            summary={
                "added": [_label(key) for key in added],
                "changed": [_label(key) for key in changed],
                "retired": [_label(key) for key in retired],
            },
            plant_file=flat({**file, **kept}),
        )
        masters_changed(session, now_us)
    kept_back = [key for key in missing if key not in retired]
    return _report(added, changed, retired, kept_back, [], revision)


def _built_in_reasons(session: Session, file: Objects) -> Objects:
    """Reasons of the file that the system has by itself, as they are."""
    stored = set(session.scalars(select(Reason.code)))
    return {
        ("reason", code): value
        for code, value in BUILT_IN_REASONS.items()
        if code in stored and file.get(("reason", code)) == value
    }


def _taken_back(new: set[Key], file: Objects, base: Objects, written: set[Key]) -> set[Key]:
    """What people took back and the file has as it was: it stays so, unless the file needs it.

    Args:
        new: what the database does not have, or has retired.
        written: what is changed; with what is added it needs what it names.
    """
    kept = {key for key in new if key[0] in TAKEN_BACK and base.get(key) == file[key]}
    waiting = [*(new - kept), *written]
    while waiting:
        key = waiting.pop()
        needed = named_objects(key, file[key]) & kept
        kept -= needed
        waiting += needed
    return kept


def _comes_from_a_file(key: Key, base: Objects) -> bool:
    """Exceptions and targets that people entered are no part of a file that does not name them."""
    return key[0] not in (EXCEPTION, TARGET) or key in base


def _differences(file: Objects, stored: Objects, base: Objects) -> tuple[list[Key], list[Key]]:
    changed: list[Key] = []
    conflicts: list[Key] = []
    for key, value in file.items():
        if key not in stored or stored[key] == value:
            continue
        if key not in base or stored[key] == base[key]:
            changed.append(key)
        elif value != base[key]:
            conflicts.append(key)
    return changed, conflicts


def _latest_revision(session: Session) -> ConfigRevision | None:
    return session.scalar(select(ConfigRevision).order_by(ConfigRevision.id.desc()).limit(1))


def _base(revision: ConfigRevision | None) -> Objects:
    if revision is None:
        return {}
    return {(kind, code): value for kind, code, value in revision.plant_file}


def _write_built_in_reasons(session: Session, writer: Writer, file: Objects) -> None:
    known = set(session.scalars(select(Reason.code)))
    for code, value in BUILT_IN_REASONS.items():
        if code not in known and ("reason", code) not in file:
            writer.write(("reason", code), value)


def _label(key: Key) -> str:
    return f"{key[0]} {key[1]}"


def _conflict(key: Key) -> str:
    advice = " (a version never changes: give the policy a new one)" if key[0] == POLICY else ""
    return _label(key) + advice


def _report(
    added: list[Key],
    changed: list[Key],
    retired: list[Key],
    missing: list[Key],
    conflicts: list[Key],
    revision: int | None,
) -> ApplyReport:
    return ApplyReport(
        added=tuple(map(_label, added)),
        changed=tuple(map(_label, changed)),
        retired=tuple(map(_label, retired)),
        missing=tuple(map(_label, missing)),
        conflicts=tuple(map(_conflict, conflicts)),
        revision=revision,
    )

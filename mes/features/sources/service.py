"""Saving sources that were made in a browser: one checked change of the plant's configuration.

The whole plant is checked with the change in it, by the same check as a plant file. What was
applied as a file stays the base of the next file, so that what people changed here is kept then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.templates.catalogue import Catalogue
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.plant.check import check
from mes.features.plant.document import Mistake, field_name
from mes.features.plant.export import exported
from mes.features.plant.masters import database_objects
from mes.features.plant.objects import Key, Objects, file_objects
from mes.features.plant.revisions import add_revision
from mes.features.plant.targets import target_of
from mes.features.plant.writer import Writer
from mes.features.production.service import masters_changed
from mes.models import ConfigRevision

MISTAKES_MAX = 50

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a save did; `revision` is the one that edges will run."""

    revision: int
    added: tuple[str, ...]
    changed: tuple[str, ...]
    retired: tuple[str, ...]


def create(
    session: Session, context: Context, source: Raw, templates: Catalogue | None = None
) -> Saved:
    """Add a source; it may name one of `templates` (None: those that ship).

    Raises:
        Refusal: `source_exists`, `source_target_taken` (409), or `source_invalid` (422) with the
            mistakes and their fields.
    """

    def add(plant: Raw) -> int:
        sources = plant.setdefault("sources", [])
        _refuse_known_code(sources, source)
        _refuse_known_target(sources, source)
        sources.append(source)
        return len(sources) - 1

    return _change(session, context, "source.create", str(source.get("id")), add, templates)


def reconfigure(
    session: Session,
    context: Context,
    code: str,
    source: Raw,
    templates: Catalogue | None = None,
) -> Saved:
    """Change a source and keep everything that was read of it.

    Raises:
        Refusal: `source_unknown` (404), `source_renamed`, `source_target_taken` (409), or
            `source_invalid` (422).
    """
    if source.get("id") != code:
        message = f"a source keeps its id {code!r}; make a new one for another id"
        raise Refusal("source_renamed", message, field="id")

    def replace(plant: Raw) -> int:
        position = _position(plant, code)
        others = [each for each in plant["sources"] if each["id"] != code]
        if target_of(source) != target_of(plant["sources"][position]):
            _refuse_known_target(others, source)
        plant["sources"][position] = source
        return position

    return _change(session, context, "source.change", code, replace, templates)


def remove(session: Session, context: Context, code: str) -> Saved:
    """Retire a source; what it delivered stays.

    Raises:
        Refusal: `source_unknown` (404), or `source_in_use` (409) while work units use its tags.
    """

    def take_out(plant: Raw) -> int:
        position = _position(plant, code)
        _refuse_used(plant, code)
        del plant["sources"][position]
        return position

    return _change(session, context, "source.remove", code, take_out)


def bind(session: Session, context: Context, work_unit: str, signals: Raw) -> Saved:
    """Say what tags mean for a work unit, from now on; the past keeps its meaning.

    Args:
        signals: as a plant file writes them; an empty object takes every meaning away.

    Raises:
        Refusal: `work_unit_unknown` (404) or `signals_invalid` (422).
    """

    def put(plant: Raw) -> tuple[str | int, ...]:
        path, unit = _work_unit(plant, work_unit)
        unit["signals"] = signals
        return path

    return _change(session, context, "source.signals", work_unit, put)


def configuration(session: Session, code: str) -> Raw:
    """A source with its tags as a plant file writes it.

    Raises:
        Refusal: `source_unknown` (404).
    """
    plant = exported(session)
    found: Raw = plant["sources"][_position(plant, code)]
    return found


def signals(session: Session) -> dict[str, Raw]:
    """The signals of every work unit."""
    return {
        unit["id"]: dict(unit.get("signals") or {})
        for line in exported(session).get("lines", [])
        for unit in line.get("work_units", [])
    }


def refuse_changed(session: Session, code: str, seen: Raw | None) -> None:
    """Refuse a change that begins at a source as it was; None: the caller looked at none.

    Raises:
        Refusal: `source_unknown` (404), `source_changed` (409).
    """
    if seen is not None and seen != configuration(session, code):
        raise Refusal("source_changed", f"somebody changed the source {code!r} meanwhile")


def refuse_changed_signals(session: Session, work_unit: str, seen: Raw | None) -> None:
    """Refuse signals that begin at other ones than hold now; None: the caller looked at none.

    Raises:
        Refusal: `signals_changed` (409).
    """
    if seen is not None and seen != signals(session).get(work_unit, {}):
        raise Refusal("signals_changed", f"somebody changed the signals of {work_unit!r} meanwhile")


def _change(
    session: Session,
    context: Context,
    action: str,
    subject: str,
    change: Callable[[Raw], int | tuple[str | int, ...]],
    templates: Catalogue | None = None,
) -> Saved:
    before = database_objects(session)
    plant = exported(session)
    place = change(plant)
    path = field_name(("sources", place) if isinstance(place, int) else place)
    checked = check(plant, templates=templates)
    if checked.plant is None:
        raise _invalid(checked.mistakes, path, action)
    saved = _write(session, context, before, file_objects(checked.plant))
    record(
        session,
        context.actor,
        action,
        subject,
        {
            "revision": saved.revision,
            "added": list(saved.added),
            "changed": list(saved.changed),
            "retired": list(saved.retired),
        },
    )
    return saved


def _write(session: Session, context: Context, before: Objects, after: Objects) -> Saved:
    kinds = ("source", "tag", "work_unit")
    added = [key for key in after if key[0] in kinds and key not in before]
    changed = [
        key for key in after if key[0] in kinds and key in before and before[key] != after[key]
    ]
    retired = [key for key in before if key[0] in kinds and key not in after]
    writer = Writer(session, context.now, {key: place for place, key in enumerate(after)})
    writer.write_all(after, [*added, *changed])
    writer.retire_all(retired)
    latest = session.scalar(select(ConfigRevision).order_by(ConfigRevision.id.desc()).limit(1))
    names = {
        name: [_label(key) for key in keys]
        for name, keys in (("added", added), ("changed", changed), ("retired", retired))
    }
    revision = add_revision(
        session,
        actor=str(context.actor.get("label")),
        summary=names,
        plant_file=[] if latest is None else latest.plant_file,
    )
    masters_changed(session, context.now)
    return Saved(revision=revision, **{name: tuple(keys) for name, keys in names.items()})


def _position(plant: Raw, code: str) -> int:
    for position, source in enumerate(plant.get("sources", [])):
        if source["id"] == code:
            return position
    raise Refusal("source_unknown", f"there is no source {code!r}", status=404)


def _work_unit(plant: Raw, code: str) -> tuple[tuple[str | int, ...], Raw]:
    for index, line in enumerate(plant.get("lines", [])):
        for number, unit in enumerate(line.get("work_units", [])):
            if unit["id"] == code:
                return ("lines", index, "work_units", number, "signals"), unit
    raise Refusal("work_unit_unknown", f"there is no work unit {code!r}", status=404)


def _refuse_known_code(sources: list[Raw], source: Raw) -> None:
    if any(each["id"] == source.get("id") for each in sources):
        message = f"there is a source {source.get('id')!r} already; change that one"
        raise Refusal("source_exists", message, field="id")


def _refuse_known_target(sources: list[Raw], source: Raw) -> None:
    target = target_of(source)
    for each in sources:
        if target is not None and target_of(each) == target:
            message = f"source {each['id']!r} reads this device already; add tags to that one"
            details: Mapping[str, Any] = {"source": each["id"]}
            raise Refusal("source_target_taken", message, details=dict(details))


def _refuse_used(plant: Raw, code: str) -> None:
    users = [
        unit["id"]
        for line in plant.get("lines", [])
        for unit in line.get("work_units", [])
        if f'"{code}/' in json.dumps(unit.get("signals") or {})
    ]
    if users:
        message = f"tags of {code!r} have a meaning for {', '.join(users)}; take it away first"
        raise Refusal("source_in_use", message, details={"work_units": users})


def _invalid(mistakes: tuple[Mistake, ...], path: str, action: str) -> Refusal:
    found = [
        {
            "field": mistake.field.removeprefix(path).removeprefix("."),
            "code": mistake.code,
            "message": mistake.message,
        }
        for mistake in mistakes[:MISTAKES_MAX]
    ]
    code = "signals_invalid" if action == "source.signals" else "source_invalid"
    first = found[0]
    return Refusal(
        code,
        f"{first['field']}: {first['message']}" if first["field"] else first["message"],
        status=422,
        field=first["field"] or None,
        details={"mistakes": found},
    )


def _label(key: Key) -> str:
    return f"{key[0]} {key[1]}"

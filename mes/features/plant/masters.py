"""Reading the plant's objects from the master tables."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.plant.calendar_rows import line_calendars_in_force, patterns_in_force
from mes.features.plant.kpi_targets import stored_targets
from mes.features.plant.objects import (
    BUILT_IN_REASONS,
    CALL,
    WRITE,
    Key,
    Objects,
    decimal_text,
    exception_key,
    exception_object,
)
from mes.features.plant.policies import stored_policies
from mes.models import (
    Calendar,
    CalendarException,
    CallPermission,
    Equipment,
    MaterialDefinition,
    MaterialRate,
    Reason,
    ReasonClass,
    SignalBinding,
    Source,
    Tag,
    WorkUnitSetting,
    WritePermission,
)

COUNTER_ROLES = ("total", "good", "scrap")
CODE_ROLES = ("fault", "mode")


def database_objects(session: Session) -> Objects:
    """The plant's objects as the database holds them, without retired ones."""
    objects: Objects = {}
    equipment = list(
        session.scalars(
            select(Equipment)
            .where(Equipment.retired_at.is_(None))
            .order_by(Equipment.position, Equipment.id)
        )
    )
    codes = {element.id: element.code for element in equipment}
    objects.update(stored_policies(session))
    for site in (element for element in equipment if element.level == "site"):
        objects["site", site.code] = {"name": site.names, **site.settings}
    _read_calendars(session, objects)
    _read_reasons(session, objects)
    for item in session.scalars(
        select(MaterialDefinition)
        .where(MaterialDefinition.retired_at.is_(None))
        .order_by(MaterialDefinition.id)
    ):
        objects["item", item.code] = {"name": item.names, "unit": item.unit}
    _read_sources(session, objects)
    for (_, tag), rule in write_rules(session).items():
        objects[WRITE, tag] = rule
    for call, rule in call_rules(session).items():
        objects[CALL, call] = rule
    areas = {element.id: element for element in equipment if element.level == "area"}
    for area in areas.values():
        objects["area", area.code] = {"name": area.names}
    for line in (element for element in equipment if element.level == "work_center"):
        rule = line.settings.get("oee_rule")
        above = areas.get(line.parent_id or 0)
        objects["line", line.code] = {
            "name": line.names,
            **({} if above is None else {"area": above.code}),
            "calendar": _calendar_of(session, line.id),
            **({} if rule is None else {"oee_rule": rule}),
        }
    for unit in (element for element in equipment if element.level == "work_unit"):
        line_code = codes[unit.parent_id] if unit.parent_id is not None else ""
        objects["work_unit", unit.code] = {
            "name": unit.names,
            "line": line_code,
            **work_unit_value(session, unit.id),
            **unit.settings,
        }
    objects.update(stored_targets(session, codes))
    return objects


def _calendar_of(session: Session, line_id: int) -> str | None:
    """Code of the last calendar of a line, also one that is planned; None: always scheduled."""
    latest = next(reversed(line_calendars_in_force(session, line_id)), None)
    if latest is None or latest.calendar_id is None:
        return None
    return session.get_one(Calendar, latest.calendar_id).code


def _read_calendars(session: Session, objects: Objects) -> None:
    for calendar in session.scalars(
        select(Calendar).where(Calendar.retired_at.is_(None)).order_by(Calendar.id)
    ):
        latest = next(reversed(patterns_in_force(session, calendar.id)), None)
        definition = latest.definition if latest is not None else {}
        objects["calendar", calendar.code] = {"name": calendar.names, **definition}
    for key, row in exception_rows(session).items():
        calendar_code = key[1].partition("/")[0]
        objects[key] = exception_object(
            calendar_code, row.date, row.kind, row.names, row.definition
        )


def exception_rows(session: Session) -> dict[Key, CalendarException]:
    """The exceptions in force of calendars that are not retired, in time order."""
    rows = session.execute(
        select(Calendar.code, CalendarException)
        .join(CalendarException, CalendarException.calendar_id == Calendar.id)
        .where(Calendar.retired_at.is_(None), CalendarException.withdrawn_at.is_(None))
        .order_by(Calendar.id, CalendarException.date, CalendarException.id)
    )
    return {exception_key(code, row.date, row.kind, row.definition): row for code, row in rows}


def _read_reasons(session: Session, objects: Objects) -> None:
    reasons = list(
        session.scalars(
            select(Reason).where(Reason.retired_at.is_(None)).order_by(Reason.position, Reason.id)
        )
    )
    codes = {reason.id: reason.code for reason in reasons}
    classes = {
        row.reason_id: row
        for row in session.scalars(select(ReasonClass).order_by(ReasonClass.valid_from))
    }  # the last of each stays
    for reason in reasons:
        dated = classes.get(reason.id)
        value = {
            "name": reason.names,
            "class": dated.time_class if dated is not None else None,
            "domain": reason.domain,
            "parent": codes.get(reason.parent_id) if reason.parent_id is not None else None,
            "failure": dated.failure if dated is not None else False,
        }
        if BUILT_IN_REASONS.get(reason.code) != value:
            objects["reason", reason.code] = value


def latest_class(session: Session, reason_id: int) -> ReasonClass | None:
    return session.scalar(
        select(ReasonClass)
        .where(ReasonClass.reason_id == reason_id)
        .order_by(ReasonClass.valid_from.desc())
        .limit(1)
    )


def _read_sources(session: Session, objects: Objects) -> None:
    sources = list(
        session.scalars(select(Source).where(Source.retired_at.is_(None)).order_by(Source.id))
    )
    for source in sources:
        objects["source", source.code] = dict(source.definition)
    for source in sources:
        for tag in session.scalars(
            select(Tag).where(Tag.source_id == source.id, Tag.retired_at.is_(None)).order_by(Tag.id)
        ):
            objects["tag", f"{source.code}/{tag.name}"] = dict(tag.definition)


def write_rules(session: Session, edge_id: int | None = None) -> dict[tuple[int, str], Any]:
    """The allow-list in force: by id and SOURCE/TAG of a tag, what may be written to it.

    Args:
        edge_id: only of the sources of this edge; None: of all.
    """
    query = (
        select(Tag.id, Source.code, Tag.name, WritePermission.rule)
        .join(Tag, Tag.id == WritePermission.tag_id)
        .join(Source, Source.id == Tag.source_id)
        .where(
            WritePermission.retired_at.is_(None),
            Tag.retired_at.is_(None),
            Source.retired_at.is_(None),
        )
        .order_by(WritePermission.id)
    )
    if edge_id is not None:
        query = query.where(Source.edge_id == edge_id)
    return {(row.id, f"{row.code}/{row.name}"): dict(row.rule) for row in session.execute(query)}


def call_rules(session: Session, edge_id: int | None = None) -> dict[str, Any]:
    """The methods that may be called: by SOURCE/NAME, where they are and with what.

    Args:
        edge_id: only of the sources of this edge; None: of all.
    """
    query = (
        select(Source.code, CallPermission.name, CallPermission.rule)
        .join(Source, Source.id == CallPermission.source_id)
        .where(CallPermission.retired_at.is_(None), Source.retired_at.is_(None))
        .order_by(CallPermission.id)
    )
    if edge_id is not None:
        query = query.where(Source.edge_id == edge_id)
    return {f"{row.code}/{row.name}": dict(row.rule) for row in session.execute(query)}


def work_unit_value(session: Session, work_unit_id: int) -> dict[str, Any]:
    """What a plant file says of a work unit besides its code, name and line, also a retired one."""
    setting = latest_setting(session, work_unit_id)
    signals: dict[str, Any] = {}
    if setting is not None and setting.state_source is not None:
        signals["state"] = setting.state_source
    for binding in active_bindings(session, work_unit_id):
        if binding.role in COUNTER_ROLES + CODE_ROLES:
            signals[binding.role] = binding.rule
    rates = latest_rates(session, work_unit_id)
    return {
        "default_item": setting.default_item if setting else None,
        "ideal_cycle_s": {
            code: decimal_text(rate.ideal_cycle_s)
            for code, rate in sorted(rates.items())
            if rate.ideal_cycle_s is not None
        },
        "pieces_per_cycle": {
            code: rate.pieces_per_cycle
            for code, rate in sorted(rates.items())
            if rate.pieces_per_cycle != 1
        },
        "minor_stop_limit_s": decimal_text(
            Decimal(setting.minor_stop_limit_us if setting else 300_000_000) / 1_000_000
        ),
        "key_machine": setting.key_machine if setting else False,
        "signals": signals,
    }


def latest_setting(session: Session, work_unit_id: int) -> WorkUnitSetting | None:
    """The newest settings row of a work unit."""
    return session.scalar(
        select(WorkUnitSetting)
        .where(WorkUnitSetting.work_unit_id == work_unit_id)
        .order_by(WorkUnitSetting.valid_from.desc())
        .limit(1)
    )


def active_bindings(session: Session, work_unit_id: int) -> list[SignalBinding]:
    """The newest binding of each role that has not ended."""
    newest: dict[str, SignalBinding] = {}
    for binding in session.scalars(
        select(SignalBinding)
        .where(SignalBinding.work_unit_id == work_unit_id)
        .order_by(SignalBinding.valid_from, SignalBinding.id)
    ):
        newest[binding.role] = binding
    return [binding for binding in newest.values() if not binding.ended]


def latest_rates(session: Session, work_unit_id: int) -> dict[str, MaterialRate]:
    """The newest rate of each item on a work unit, by item code."""
    rows = session.execute(
        select(MaterialDefinition.code, MaterialRate)
        .join(MaterialRate, MaterialRate.material_id == MaterialDefinition.id)
        .where(MaterialRate.work_unit_id == work_unit_id)
        .order_by(MaterialRate.valid_from)
    )
    return dict(rows.all())

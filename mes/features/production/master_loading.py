"""Loading master data and keeping it until a table of it changes."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, event, func, select
from sqlalchemy.orm import Session

from mes.core.calls import escalation_from
from mes.core.policies import PROFILES, Policy, parse_policy
from mes.features.production.calendars import (
    DatedCalendar,
    ExceptionRow,
    PatternRow,
    core_calendar,
    crew_names,
    rows_of_line,
    shift_names,
)
from mes.features.production.check_plans import load_check_plans
from mes.features.production.late import published_until
from mes.features.production.masters import (
    BEGINNING,
    Area,
    Binding,
    Line,
    Masters,
    Material,
    Rate,
    Setting,
    Site,
    Source,
    Tag,
    WorkUnit,
    default_policy,
)
from mes.features.production.plan import Plan
from mes.features.production.reason_loading import load_reasons
from mes.features.production.statements import run
from mes.models import (
    Calendar,
    CalendarException,
    ConfigRevision,
    Edge,
    Equipment,
    KpiPolicyVersion,
    LineCalendar,
    MaterialDefinition,
    MaterialRate,
    ShiftPattern,
    ShiftSignoff,
    SignalBinding,
    WorkUnitSetting,
)
from mes.models import CheckPlan as CheckPlanRow
from mes.models import Reason as ReasonRow
from mes.models import ReasonClass as ReasonClassRow
from mes.models import Source as SourceRow
from mes.models import Tag as TagRow

_KEYED = (
    ConfigRevision,
    Equipment,
    WorkUnitSetting,
    SourceRow,
    TagRow,
    SignalBinding,
    Calendar,
    ShiftPattern,
    CalendarException,
    LineCalendar,
    MaterialDefinition,
    MaterialRate,
    ReasonRow,
    ReasonClassRow,
    KpiPolicyVersion,
    ShiftSignoff,
    CheckPlanRow,
)
_KEY = select(
    *(select(func.max(model.id)).scalar_subquery() for model in _KEYED),
    select(func.count(CalendarException.withdrawn_at)).scalar_subquery(),
    select(func.count(ShiftPattern.withdrawn_at)).scalar_subquery(),
    select(func.count(LineCalendar.withdrawn_at)).scalar_subquery(),
)
_cache: WeakKeyDictionary[Pool, Masters] = WeakKeyDictionary()
_lock = threading.Lock()


def masters(session: Session) -> Masters:
    """The master data as this session sees it: one select, and a full load only after a change."""
    session.flush()
    key = tuple(run(session, _KEY, {}).one())
    pool = session.get_bind().engine.pool
    found = _cache.get(pool)
    if found is not None and found.key == key:
        return found
    loaded = load_masters(session, key)
    with _lock:
        _cache[pool] = loaded
    if session.info.get("masters_watched") is None:
        session.info["masters_watched"] = True
        event.listen(session, "after_rollback", _forget)
    return loaded


def forget_masters(session: Session) -> None:
    """Load the master data anew at the next use (after changing rows in place)."""
    _forget(session)


def _forget(session: Session) -> None:
    """Rolled-back rows give their ids back, so that the key alone would not tell."""
    with _lock:
        _cache.pop(session.get_bind().engine.pool, None)


def load_masters(session: Session, key: tuple[object, ...]) -> Masters:
    """All master data by about fifteen selects."""
    equipment = list(session.scalars(select(Equipment).order_by(Equipment.position, Equipment.id)))
    policy_versions = _policies(session)
    policies = {policy.name: policy for policy in policy_versions.values()}
    sites = {e.id: _site(e, policies) for e in equipment if e.level == "site"}
    parents = {e.id: e.parent_id for e in equipment}
    fallback = next(iter(sites.values()), None) or Site(
        id=0, code="", names={}, time_zone="UTC", day_starts="00:00", policy=default_policy()
    )

    def site_of(identity: int | None) -> Site:
        while identity is not None:
            if identity in sites:
                return sites[identity]
            identity = parents.get(identity)
        return fallback

    areas = [e for e in equipment if e.level == "area" and e.retired_at is None]
    area_ids = {area.id for area in areas}
    sources = _sources(session)
    bindings = _bindings(session, sources)
    patterns, exceptions = calendar_rows(session)
    calendars = _line_calendars(session)
    lines: dict[int, Line] = {}
    for row in (e for e in equipment if e.level == "work_center"):
        site = site_of(row.id)
        dated = calendars.get(row.id, [])
        own, different = rows_of_line(dated, patterns, exceptions, site.day_starts)
        lines[row.id] = Line(
            id=row.id,
            code=row.code,
            names=row.names,
            position=row.position,
            site=site,
            area_id=row.parent_id if row.parent_id in area_ids else None,
            plan=Plan(core_calendar(site.time_zone, site.day_starts, own, different)),
            calendars=tuple(dated),
            shift_names=shift_names(own),
            crew_names=crew_names(own),
            key_work_unit=(row.settings or {}).get("key_work_unit"),
            oee_rule=(row.settings or {}).get("oee_rule"),
            work_unit_ids=tuple(e.id for e in equipment if e.parent_id == row.id),
            retired=row.retired_at is not None,
        )
    settings = _settings(session)
    units = {
        e.id: _work_unit(e, lines, site_of(e.id), settings.get(e.id, ()), bindings.get(e.id, ()))
        for e in equipment
        if e.level == "work_unit"
    }
    tags = {
        t.id: Tag(
            id=t.id,
            source_id=t.source_id,
            name=t.name,
            unit=(t.definition or {}).get("unit"),
            retired=t.retired_at is not None,
        )
        for t in session.scalars(select(TagRow))
    }
    tags_of_source: dict[int, dict[str, int]] = defaultdict(dict)
    for tag in tags.values():
        tags_of_source[tag.source_id][tag.name] = tag.id
    of_tag: dict[int, list[Binding]] = defaultdict(list)
    of_source: dict[int, set[int]] = defaultdict(set)
    for unit in units.values():
        for binding in unit.bindings:
            of_tag[binding.tag_id].append(binding)
            of_source[binding.source_id].add(unit.id)
    materials = _materials(session)
    return Masters(
        key=key,
        sites=tuple(sites.values()),
        areas=tuple(Area(id=a.id, code=a.code, names=a.names) for a in areas),
        lines=lines,
        work_units=units,
        sources=sources,
        tags=tags,
        materials=materials,
        reasons=load_reasons(session),
        policies=policies,
        policy_versions=policy_versions,
        tags_of_source=tags_of_source,
        bindings_of_tag={tag: tuple(found) for tag, found in of_tag.items()},
        units_of_source={source: tuple(sorted(found)) for source, found in of_source.items()},
        material_ids={m.code: m.id for m in materials.values()},
        source_ids={s.code: s.id for s in sources.values()},
        work_unit_ids={u.code: u.id for u in units.values()},
        line_ids={line.code: line.id for line in lines.values()},
        published_until=published_until(session),
        check_plans=load_check_plans(session),
    )


def _site(row: Equipment, policies: dict[str, Policy]) -> Site:
    settings = row.settings or {}
    policy = str(settings.get("policy") or "")
    return Site(
        id=row.id,
        code=row.code,
        names=row.names,
        time_zone=settings.get("time_zone", "UTC"),
        day_starts=settings.get("day_starts", "00:00"),
        policy=policies.get(policy) or PROFILES.get(policy) or default_policy(),
        call_escalation=tuple(map(escalation_from, settings.get("call_escalation") or ())),
    )


def _work_unit(
    row: Equipment,
    lines: dict[int, Line],
    site: Site,
    settings: Sequence[Setting],
    bindings: Sequence[Binding],
) -> WorkUnit:
    line = lines.get(row.parent_id) if row.parent_id is not None else None
    return WorkUnit(
        id=row.id,
        code=row.code,
        names=row.names,
        position=row.position,
        line_id=line.id if line else None,
        line_code=line.code if line else None,
        site=site,
        plan=line.plan if line else Plan(core_calendar(site.time_zone, site.day_starts, (), ())),
        shift_names=line.shift_names if line else {},
        crew_names=line.crew_names if line else {},
        settings=tuple(settings),
        bindings=tuple(bindings),
        retired=row.retired_at is not None,
    )


def _policies(session: Session) -> dict[tuple[str, int], Policy]:
    """Every version, older ones first."""
    rows = session.scalars(select(KpiPolicyVersion).order_by(KpiPolicyVersion.version))
    return {
        (row.name, row.version): parse_policy(
            {**row.definition, "name": row.name, "version": row.version}
        )
        for row in rows
    }


def _sources(session: Session) -> dict[int, Source]:
    rows = session.execute(select(SourceRow, Edge.code).join(Edge, Edge.id == SourceRow.edge_id))
    return {
        row.id: Source(
            id=row.id,
            code=row.code,
            edge_id=row.edge_id,
            edge=edge,
            protocol=row.protocol,
            retired=row.retired_at is not None,
        )
        for row, edge in rows
    }


def _bindings(session: Session, sources: dict[int, Source]) -> dict[int, list[Binding]]:
    rows = session.execute(
        select(SignalBinding, TagRow.source_id)
        .join(TagRow, TagRow.id == SignalBinding.tag_id)
        .order_by(SignalBinding.valid_from, SignalBinding.id)
    )
    by_role: dict[tuple[int, str], list[tuple[SignalBinding, int]]] = defaultdict(list)
    for row, source_id in rows:
        by_role[(row.work_unit_id, row.role)].append((row, source_id))
    result: dict[int, list[Binding]] = defaultdict(list)
    for (work_unit_id, role), dated in by_role.items():
        ends: list[int | None] = [row.valid_from for row, _ in dated[1:]]
        for number, ((row, source_id), end) in enumerate(zip(dated, [*ends, None], strict=True)):
            start = BEGINNING if number == 0 else row.valid_from
            if row.ended or (end is not None and end <= start):
                continue
            result[work_unit_id].append(
                Binding(
                    work_unit_id=work_unit_id,
                    tag_id=row.tag_id,
                    source_id=source_id,
                    source=sources[source_id].code,
                    role=role,
                    rule=row.rule or {},
                    start=start,
                    end=end,
                )
            )
    return result


def calendar_rows(
    session: Session,
) -> tuple[Mapping[str, list[PatternRow]], Mapping[str, list[ExceptionRow]]]:
    """The patterns and the exceptions in force by code of the calendar."""
    codes = {row.id: row.code for row in session.execute(select(Calendar.id, Calendar.code))}
    patterns: dict[str, list[PatternRow]] = defaultdict(list)
    for row in session.scalars(select(ShiftPattern).where(ShiftPattern.withdrawn_at.is_(None))):
        patterns[codes[row.calendar_id]].append((row.valid_from, row.definition))
    exceptions: dict[str, list[ExceptionRow]] = defaultdict(list)
    for found in session.scalars(select(CalendarException).order_by(CalendarException.id)):
        if found.withdrawn_at is None:
            exceptions[codes[found.calendar_id]].append((found.date, found.kind, found.definition))
    return patterns, exceptions


def _line_calendars(session: Session) -> dict[int, list[DatedCalendar]]:
    rows = session.execute(
        select(LineCalendar.line_id, LineCalendar.valid_from, Calendar.code)
        .outerjoin(Calendar, Calendar.id == LineCalendar.calendar_id)
        .where(LineCalendar.withdrawn_at.is_(None))
        .order_by(LineCalendar.valid_from)
    )
    result: dict[int, list[DatedCalendar]] = defaultdict(list)
    for line_id, valid_from, code in rows:
        result[line_id].append((valid_from, code))
    return result


def _settings(session: Session) -> dict[int, list[Setting]]:
    result: dict[int, list[Setting]] = defaultdict(list)
    for row in session.scalars(select(WorkUnitSetting).order_by(WorkUnitSetting.valid_from)):
        result[row.work_unit_id].append(
            Setting(
                valid_from=row.valid_from,
                minor_stop_limit_us=row.minor_stop_limit_us,
                state_source=row.state_source,
                default_item=row.default_item,
                key_machine=row.key_machine,
            )
        )
    return result


def _materials(session: Session) -> dict[int, Material]:
    rates: dict[int, dict[int | None, list[Rate]]] = defaultdict(lambda: defaultdict(list))
    for row in session.scalars(select(MaterialRate).order_by(MaterialRate.valid_from)):
        rates[row.material_id][row.work_unit_id].append(
            Rate(
                valid_from=row.valid_from,
                ideal_cycle_s=row.ideal_cycle_s,
                pieces_per_cycle=row.pieces_per_cycle,
            )
        )
    return {
        row.id: Material(
            id=row.id,
            code=row.code,
            names=row.names,
            unit=row.unit,
            rates={key: tuple(found) for key, found in rates[row.id].items()},
        )
        for row in session.scalars(select(MaterialDefinition))
    }

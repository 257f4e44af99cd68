"""Writing the plant's objects to the master tables.

What is dated begins at instant 0 when it is new and at the present plant time when it changes, so
that a change never rewrites the past.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mes.db import in_parts
from mes.features.plant.calendar_rows import CalendarWriter
from mes.features.plant.kpi_targets import TARGET, write_targets
from mes.features.plant.masters import (
    CODE_ROLES,
    COUNTER_ROLES,
    active_bindings,
    exception_rows,
    latest_class,
    latest_rates,
    latest_setting,
)
from mes.features.plant.objects import CALL, EXCEPTION, KINDS, WRITE, Key, Objects
from mes.features.plant.policies import POLICY, add_policy
from mes.models import (
    Calendar,
    CallPermission,
    Edge,
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

DEFAULT_EDGE = "edge-1"
BEGINNING = 0
JOB_SETTINGS = ("on_job_start", "start_needs_machine")
"""What a work unit says of the start of its jobs."""
RETIRABLE: Mapping[str, type[Calendar | Reason | MaterialDefinition | Source]] = {
    "calendar": Calendar,
    "reason": Reason,
    "item": MaterialDefinition,
    "source": Source,
}


class Writer:
    """Writes single objects; `positions` gives the place of each key in the file."""

    def __init__(self, session: Session, now_us: int, positions: dict[Key, int]) -> None:
        self.session = session
        self.now_us = now_us
        self.positions = positions
        self.calendars = CalendarWriter(session, now_us)

    def write_all(self, objects: Objects, keys: Sequence[Key]) -> None:
        """Add or change these, parents first."""
        for kind in KINDS:
            wanted = [key for key in keys if key[0] == kind]
            if kind == "item":
                self._items({code: objects[kind, code] for _, code in wanted})
            else:
                for key in wanted:
                    self.write(key, objects[key])

    def retire_all(self, keys: Sequence[Key]) -> None:
        """Retire these, what lies within others first."""
        for kind in reversed(KINDS):
            for key in keys:
                if key[0] == kind:
                    self.retire(key)

    def write(self, key: Key, value: dict[str, Any]) -> None:
        """Add or change one object."""
        kind, code = key
        writers: dict[str, Callable[[Key, str, dict[str, Any]], None]] = {
            POLICY: lambda key, _, value: add_policy(self.session, key, value, self.now_us),
            "site": self._site,
            "calendar": self._calendar,
            EXCEPTION: self._exception,
            "reason": self._reason,
            "item": lambda _, code, value: self._items({code: value}),
            "source": self._source,
            "tag": self._tag,
            WRITE: self._write_permission,
            CALL: self._call_permission,
            "area": self._area,
            "line": self._line,
            "work_unit": self._work_unit,
            TARGET: self._targets,
        }
        writers[kind](key, code, value)
        self.session.flush()  # later objects look the earlier ones up

    def retire(self, key: Key) -> None:
        """Retire one object; what names it stays."""
        kind, code = key
        if kind in ("site", "area", "line", "work_unit"):
            self._equipment(code).retired_at = self.now_us
        elif kind == "tag":
            self._tag_row(code).retired_at = self.now_us
        elif kind == WRITE:
            self._permission(code).retired_at = self.now_us
        elif kind == CALL:
            self._callable(code).retired_at = self.now_us
        elif kind == TARGET:
            write_targets(self.session, code, {}, self.now_us)
        elif kind == EXCEPTION:
            self.calendars.withdraw(exception_rows(self.session)[key])
        else:
            self.session.execute(
                update(RETIRABLE[kind])
                .where(RETIRABLE[kind].code == code)
                .values(retired_at=self.now_us)
            )

    def _equipment(self, code: str) -> Equipment:
        return self.session.scalars(select(Equipment).where(Equipment.code == code)).one()

    def _put_equipment(
        self,
        key: Key,
        level: str,
        parent: str | None,
        names: dict[str, str],
        settings: dict[str, Any],
    ) -> Equipment:
        code = key[1]
        parent_id = self._equipment(parent).id if parent is not None else None
        found = self.session.scalar(select(Equipment).where(Equipment.code == code))
        if found is None:
            found = Equipment(code=code, level=level)
            self.session.add(found)
        found.parent_id = parent_id
        found.names = names
        found.position = self.positions[key]
        found.settings = settings
        found.retired_at = None
        self.session.flush()  # the id is needed by settings and rates
        return found

    def _site(self, key: Key, code: str, value: dict[str, Any]) -> None:
        settings = {name: part for name, part in value.items() if name != "name"}
        self._put_equipment(key, "site", None, value["name"], settings)

    def _calendar(self, key: Key, code: str, value: dict[str, Any]) -> None:
        self.calendars.calendar(code, value)

    def _exception(self, key: Key, code: str, value: dict[str, Any]) -> None:
        self.calendars.exception(value, exception_rows(self.session).get(key))

    def _reason(self, key: Key, code: str, value: dict[str, Any]) -> None:
        reason = self.session.scalar(select(Reason).where(Reason.code == code))
        new = reason is None
        if reason is None:
            reason = Reason(code=code)
            self.session.add(reason)
        parent = value["parent"]
        parent_id = None
        if parent is not None:
            parent_id = self.session.scalar(select(Reason.id).where(Reason.code == parent))
        reason.domain = value["domain"]
        reason.parent_id = parent_id
        reason.names = value["name"]
        reason.position = self.positions.get(key, 10_000)
        reason.retired_at = None
        self.session.flush()  # the id is needed by the class
        if value["class"] is None:
            return
        latest = None if new else latest_class(self.session, reason.id)
        wanted = (value["class"], value["failure"])
        if latest is None or (latest.time_class, latest.failure) != wanted:
            self.session.add(
                ReasonClass(
                    reason_id=reason.id,
                    valid_from=BEGINNING if latest is None else self.now_us,
                    time_class=value["class"],
                    failure=value["failure"],
                )
            )

    def _items(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Items by their codes, many at once: nothing of them depends on another."""
        held: dict[str, MaterialDefinition] = {}
        for part in in_parts(list(values)):
            query = select(MaterialDefinition).where(MaterialDefinition.code.in_(part))
            held |= {item.code: item for item in self.session.scalars(query)}
        for code, value in values.items():
            item = held.get(code)
            if item is None:
                item = MaterialDefinition(code=code)
                self.session.add(item)
            item.names = value["name"]
            item.unit = value["unit"]
            item.retired_at = None
        self.session.flush()  # rates look them up

    def _source(self, key: Key, code: str, value: dict[str, Any]) -> None:
        source = self.session.scalar(select(Source).where(Source.code == code))
        if source is None:
            source = Source(code=code, edge_id=self._edge().id)
            self.session.add(source)
        source.protocol = str(value["protocol"])
        source.definition = value
        source.retired_at = None

    def _edge(self) -> Edge:
        edge = self.session.scalar(select(Edge).where(Edge.code == DEFAULT_EDGE))
        if edge is None:
            edge = Edge(code=DEFAULT_EDGE, running_revision=None, seen_at=None, retired_at=None)
            self.session.add(edge)
            self.session.flush()  # the id is needed by the source
        return edge

    def _tag_row(self, path: str) -> Tag:
        source, _, name = path.partition("/")
        return self.session.scalars(
            select(Tag).join(Source).where(Source.code == source, Tag.name == name)
        ).one()

    def _tag(self, key: Key, code: str, value: dict[str, Any]) -> None:
        source_code, _, name = code.partition("/")
        source = self.session.scalars(select(Source).where(Source.code == source_code)).one()
        tag = self.session.scalar(select(Tag).where(Tag.source_id == source.id, Tag.name == name))
        if tag is None:
            tag = Tag(source_id=source.id, name=name)
            self.session.add(tag)
        tag.definition = value
        tag.retired_at = None

    def _permission(self, path: str) -> WritePermission:
        tag_id = self._tag_row(path).id
        found = self.session.scalar(select(WritePermission).where(WritePermission.tag_id == tag_id))
        if found is None:
            found = WritePermission(tag_id=tag_id)
            self.session.add(found)
        return found

    def _write_permission(self, key: Key, code: str, value: dict[str, Any]) -> None:
        permission = self._permission(code)
        permission.rule = value
        permission.retired_at = None

    def _callable(self, path: str) -> CallPermission:
        source_code, _, name = path.partition("/")
        source = self.session.scalars(select(Source).where(Source.code == source_code)).one()
        found = self.session.scalar(
            select(CallPermission).where(
                CallPermission.source_id == source.id, CallPermission.name == name
            )
        )
        if found is None:
            found = CallPermission(source_id=source.id, name=name)
            self.session.add(found)
        return found

    def _call_permission(self, key: Key, code: str, value: dict[str, Any]) -> None:
        permission = self._callable(code)
        permission.rule = value
        permission.retired_at = None

    def _site_code(self) -> str | None:
        return self.session.scalar(select(Equipment.code).where(Equipment.level == "site"))

    def _area(self, key: Key, code: str, value: dict[str, Any]) -> None:
        self._put_equipment(key, "area", self._site_code(), value["name"], {})

    def _line(self, key: Key, code: str, value: dict[str, Any]) -> None:
        parent = value.get("area") or self._site_code()
        rule = value.get("oee_rule")
        settings = {} if rule is None else {"oee_rule": rule}
        line = self._put_equipment(key, "work_center", parent, value["name"], settings)
        self.calendars.line(line.id, value["calendar"])

    def _work_unit(self, key: Key, code: str, value: dict[str, Any]) -> None:
        settings = {name: value[name] for name in JOB_SETTINGS if name in value}
        unit = self._put_equipment(key, "work_unit", value["line"], value["name"], settings)
        self._put_setting(unit.id, value)
        self._put_rates(unit.id, value)
        self._put_bindings(unit.id, value["signals"])

    def _targets(self, key: Key, code: str, value: dict[str, Any]) -> None:
        write_targets(self.session, code, value, self.now_us)

    def _put_setting(self, work_unit_id: int, value: dict[str, Any]) -> None:
        wanted = {
            "minor_stop_limit_us": int(Decimal(value["minor_stop_limit_s"]) * 1_000_000),
            "state_source": value["signals"].get("state"),
            "default_item": value["default_item"],
            "key_machine": value["key_machine"],
        }
        latest = latest_setting(self.session, work_unit_id)
        if latest is not None and all(getattr(latest, name) == wanted[name] for name in wanted):
            return
        self.session.add(
            WorkUnitSetting(
                work_unit_id=work_unit_id,
                valid_from=BEGINNING if latest is None else self.now_us,
                **wanted,
            )
        )

    def _put_rates(self, work_unit_id: int, value: dict[str, Any]) -> None:
        latest = latest_rates(self.session, work_unit_id)
        cycles: dict[str, str] = value["ideal_cycle_s"]
        pieces: dict[str, int] = value["pieces_per_cycle"]
        codes = sorted(set(cycles) | set(latest))
        identities = self._item_ids(codes)
        for code in codes:
            cycle = Decimal(cycles[code]) if code in cycles else None
            wanted = (cycle, pieces.get(code, 1))
            old = latest.get(code)
            if old is not None and (old.ideal_cycle_s, old.pieces_per_cycle) == wanted:
                continue
            self.session.add(
                MaterialRate(
                    material_id=identities[code],
                    work_unit_id=work_unit_id,
                    valid_from=BEGINNING if old is None else self.now_us,
                    ideal_cycle_s=cycle,
                    pieces_per_cycle=wanted[1],
                )
            )

    def _item_ids(self, codes: Sequence[str]) -> dict[str, int]:
        columns = select(MaterialDefinition.code, MaterialDefinition.id)
        found: dict[str, int] = {}
        for part in in_parts(codes):
            rows = self.session.execute(columns.where(MaterialDefinition.code.in_(part)))
            found |= dict(rows.all())
        return found

    def _put_bindings(self, work_unit_id: int, signals: dict[str, Any]) -> None:
        wanted: dict[str, tuple[str, dict[str, Any]]] = {}
        state = signals.get("state") or {}
        if "tag" in state:
            wanted["state"] = (state["tag"], state)
        if "lamp" in state:
            wanted["lamp"] = (state["lamp"], state)
        for role in COUNTER_ROLES + CODE_ROLES:
            if role in signals:
                wanted[role] = (signals[role]["tag"], signals[role])
        active = {binding.role: binding for binding in active_bindings(self.session, work_unit_id)}
        for role, (path, rule) in wanted.items():
            tag_id = self._tag_row(path).id
            old = active.pop(role, None)
            if old is not None and (old.tag_id, old.rule) == (tag_id, rule):
                continue
            self._bind(work_unit_id, tag_id, role, rule, new=old is None, ended=False)
        for role, old in active.items():
            self._bind(work_unit_id, old.tag_id, role, old.rule, new=False, ended=True)

    def _bind(
        self,
        work_unit_id: int,
        tag_id: int,
        role: str,
        rule: dict[str, Any],
        *,
        new: bool,
        ended: bool,
    ) -> None:
        self.session.add(
            SignalBinding(
                work_unit_id=work_unit_id,
                tag_id=tag_id,
                role=role,
                rule=rule,
                valid_from=BEGINNING if new else self.now_us,
                ended=ended,
            )
        )

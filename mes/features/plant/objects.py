"""A plant as flat objects, so that file, last applied file and database can be compared.

An object is a JSON-able mapping under the key (kind, code); both sides write it in one normal form.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from mes.features.plant.calendar_schema import Calendar
from mes.features.plant.check_calendars import (
    break_reason_name,
    break_reasons,
    exception_definition,
    pattern_object,
)
from mes.features.plant.kpi_targets import TARGET, target_object
from mes.features.plant.policies import POLICY, policy_objects
from mes.features.plant.schema import PlantFile, Signals, Site, WorkUnit

Key = tuple[str, str]
Objects = dict[Key, dict[str, Any]]

EXCEPTION = "calendar_exception"
WRITE = "write"
CALL = "call"
KINDS = (
    POLICY,
    "site",
    "calendar",
    EXCEPTION,
    "reason",
    "item",
    "source",
    "tag",
    WRITE,
    CALL,
    "area",
    "line",
    "work_unit",
    TARGET,
)
"""In the order in which they are written: parents first."""

BUILT_IN_REASONS: Mapping[str, dict[str, Any]] = {
    "blocked": {
        "name": {"ko": "후공정 막힘", "en": "Blocked"},
        "class": "waiting",
        "domain": "stop",
        "parent": None,
        "failure": False,
    },
    "starved": {
        "name": {"ko": "선공정 대기", "en": "Starved"},
        "class": "waiting",
        "domain": "stop",
        "parent": None,
        "failure": False,
    },
}


def names_or_code(names: Any, code: str) -> dict[str, str]:
    """The two names, or the code itself in both languages."""
    return {"ko": names.ko, "en": names.en} if names is not None else {"ko": code, "en": code}


def file_objects(plant: PlantFile) -> Objects:
    """The objects of a checked plant file, in file order."""
    objects: Objects = dict(policy_objects(plant.policies))
    site = plant.site
    objects["site", site.id] = {
        "name": names_or_code(site.name, site.id),
        "time_zone": site.time_zone,
        "day_starts": site.day_starts,
        "policy": site.policy,
        **_escalation(site),
        **_idle(site),
        **({"work_waits_for_handover": True} if site.work_waits_for_handover else {}),
    }
    for calendar in plant.calendars:
        objects["calendar", calendar.id] = {
            "name": names_or_code(calendar.name, calendar.id),
            **pattern_object(calendar),
        }
        _add_exceptions(calendar, objects)
    for reason in plant.reasons:
        objects["reason", reason.code] = {
            "name": names_or_code(reason.name, reason.code),
            "class": reason.time_class,
            "domain": reason.domain,
            "parent": reason.parent,
            "failure": reason.failure,
        }
    _add_unlisted_break_reasons(plant, objects)
    for item in plant.items:
        objects["item", item.code] = {
            "name": names_or_code(item.name, item.code),
            "unit": item.unit,
        }
    for source in plant.sources:
        code = str(source["id"])
        objects["source", code] = keys_as_text(
            {key: value for key, value in source.items() if key != "tags"}
        )
        tags = source.get("tags")
        for tag in tags if isinstance(tags, list) else ():
            objects["tag", f"{code}/{tag['name']}"] = keys_as_text(dict(tag))
    for write in plant.writes:
        objects[WRITE, write.tag] = write.model_dump(
            mode="json", exclude={"tag"}, exclude_none=True
        )
    for call in plant.calls:
        objects[CALL, call.call] = call.model_dump(mode="json", exclude={"call"}, exclude_none=True)
    for area in plant.areas:
        objects["area", area.id] = {"name": names_or_code(area.name, area.id)}
    for line in plant.lines:
        objects["line", line.id] = {
            "name": names_or_code(line.name, line.id),
            **({} if line.area is None else {"area": line.area}),
            "calendar": line.calendar,
            **({} if line.oee_rule is None else {"oee_rule": line.oee_rule}),
        }
        for unit in line.work_units:
            objects["work_unit", unit.id] = _work_unit(line.id, unit)
    for target in plant.targets:
        objects[TARGET, target.place] = target_object(target)
    return objects


def _escalation(site: Site) -> dict[str, Any]:
    """The levels of calls, where the file has any."""
    levels = [
        {
            "after_min": decimal_text(level.after_min),
            "to": level.to,
            **({"kinds": list(level.kinds)} if level.kinds else {}),
        }
        for level in site.call_escalation
    ]
    return {"call_escalation": levels} if levels else {}


def _idle(site: Site) -> dict[str, Any]:
    """The idle time of terminals where it is not the usual one."""
    usual = Site.model_fields["terminal_idle_min"].default
    idle = site.terminal_idle_min
    return {} if idle == usual else {"terminal_idle_min": idle}


def _add_exceptions(calendar: Calendar, objects: Objects) -> None:
    for entry in calendar.exceptions:
        definition = exception_definition(entry, calendar)
        names = None if entry.name is None else entry.name.model_dump()
        key = exception_key(calendar.id, entry.date, entry.kind, definition)
        objects[key] = exception_object(calendar.id, entry.date, entry.kind, names, definition)


def exception_key(calendar: str, on: str, kind: str, definition: Mapping[str, Any]) -> Key:
    """Key of an exception: a day may have one holiday, and overtime and stops side by side."""
    inside = {"holiday": "", "overtime": definition.get("shift"), "stop": definition.get("start")}
    return (EXCEPTION, "/".join([calendar, on, kind, str(inside[kind] or "")]).rstrip("/"))


def exception_object(
    calendar: str, on: str, kind: str, names: Mapping[str, str] | None, value: Mapping[str, Any]
) -> dict[str, Any]:
    """An exception in the normal form; where a holiday was seeded from is not part of it."""
    definition = {name: part for name, part in value.items() if name != "country"}
    return {
        "calendar": calendar,
        "date": on,
        "kind": kind,
        "name": dict(names) if names else None,
        **definition,
    }


def named_objects(key: Key, value: Mapping[str, Any]) -> set[Key]:
    """Items, equipment and reasons that an object cannot be without."""
    kind, _ = key
    found: set[Key] = set()
    if kind == "reason" and value["parent"] is not None:
        found.add(("reason", value["parent"]))
    if kind == TARGET:
        found |= {(level, key[1]) for level in ("area", "line", "work_unit")}
    if kind == "line" and value.get("area") is not None:
        found.add(("area", value["area"]))
    if kind == "work_unit":
        found.add(("line", value["line"]))
        items = {*value["ideal_cycle_s"], *value["pieces_per_cycle"], value["default_item"]}
        found |= {("item", item) for item in items if item is not None}
        reasons = value["signals"].get("fault", {}).get("map", {}).values()
        found |= {("reason", reason) for reason in reasons}
    return found


def keys_as_text(value: Any) -> Any:
    """As JSON stores it: a key such as 31000 of `bad_values` is text there."""
    if isinstance(value, dict):
        return {str(key): keys_as_text(part) for key, part in value.items()}
    return [keys_as_text(part) for part in value] if isinstance(value, list) else value


def _add_unlisted_break_reasons(plant: PlantFile, objects: Objects) -> None:
    """What stands under `breaks` is a break; a reason that nobody listed is made for it."""
    for code in break_reasons(plant):
        if ("reason", code) not in objects:
            objects["reason", code] = {
                "name": break_reason_name(code),
                "class": "break",
                "domain": "stop",
                "parent": None,
                "failure": False,
            }


def decimal_text(value: Decimal) -> str:
    """A decimal in plain digits without trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _work_unit(line: str, unit: WorkUnit) -> dict[str, Any]:
    return {
        "name": names_or_code(unit.name, unit.id),
        "line": line,
        "default_item": unit.default_item,
        "ideal_cycle_s": {
            item: decimal_text(value) for item, value in sorted(unit.ideal_cycle_s.items())
        },
        "pieces_per_cycle": {
            item: count for item, count in sorted(unit.pieces_per_cycle.items()) if count != 1
        },
        "minor_stop_limit_s": decimal_text(unit.minor_stop_limit_s),
        "key_machine": unit.key_machine,
        "signals": signals_object(unit.signals),
        **({} if not unit.on_job_start else {"on_job_start": _job_steps(unit)}),
        **({} if not unit.start_needs_machine else {"start_needs_machine": True}),
    }


def _job_steps(unit: WorkUnit) -> list[dict[str, Any]]:
    return [step.model_dump(mode="json", exclude_none=True) for step in unit.on_job_start]


def signals_object(signals: Signals) -> dict[str, Any]:
    """The signals in the normal form: mapping keys are text, absent parts are left out."""
    dumped: dict[str, Any] = signals.model_dump(mode="json", exclude_none=True)
    for part in ("state", "fault", "mode"):
        mapping = dumped.get(part, {}).get("map")
        if mapping is not None:
            dumped[part]["map"] = {str(key): value for key, value in mapping.items()}
    return dumped

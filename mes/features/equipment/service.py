"""People change the plant, its areas, lines and machines; what stood in the past stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import ActorJson
from mes.features.equipment.needs import check_not_needed, has_recorded, same_calendars
from mes.features.plant.edits import Plant
from mes.features.plant.masters import work_unit_value
from mes.features.plant.rows import (
    Fields,
    Row,
    TypedNames,
    changed_meanwhile,
    check_code,
    check_marks,
    edit_by_form,
    invalid,
    machines_of,
    mark_of,
    number_text,
    place_of,
    rows_of,
    swap,
    taken,
    unknown,
)
from mes.models import Equipment

NAMES: Mapping[str, str] = {"name.ko": "ko", "name.en": "en"}
AREA, LINE, MACHINE = "area", "work_center", "work_unit"
"""Levels as the equipment table has them."""
SIGNALS, MANUAL, COUNTS, NO_STATE = "signals", "manual", "counts", "none"
"""Where the state of a machine comes from, as its form says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLevel:
    """Whom to tell of a call nobody acknowledges, as typed; `kinds` empty: of all calls."""

    after_min: str
    to: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft:
    """The plant as it was typed."""

    names: TypedNames
    zone: str
    day_starts: str
    terminal_idle_min: str
    levels: tuple[TypedLevel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDraft:
    """An area as it was typed."""

    names: TypedNames


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """A line as it was typed; `area` empty: the plant itself; `oee_rule` empty: its key machine."""

    names: TypedNames
    area: str
    oee_rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDraft:
    """A machine as it was typed.

    Attributes:
        line: code of its line.
        minor_stop_s: seconds up to which a stop is minor.
        default_item: what it makes while no order is loaded; empty: nothing.
        state: `signals` (as they are), `manual`, `counts` or `none`.
        idle_after_s: of `counts`: seconds without a piece until it counts as stopped.
    """

    names: TypedNames
    line: str
    minor_stop_s: str
    key_machine: bool
    default_item: str
    state: str
    idle_after_s: str


Draft = AreaDraft | LineDraft | MachineDraft


def change_site(
    session: Session, actor: ActorJson, *, now_us: int, draft: SiteDraft, seen: str
) -> None:
    """Change name, zone, start of the day, levels of calls and idle time of terminals.

    Raises:
        Refusal: `master_invalid` (422), `master_changed`, `plant_day_fixed` (409).
    """
    fields = Fields()

    def change(plant: Plant) -> None:
        _refuse_mistakes(draft.names.mistakes())
        site = plant.get("site")
        if site is None:
            raise unknown("site", "")
        before, day = site_mark(plant), _day_of(site)
        plant["site"] = changed = _site_row(site, draft)
        check_marks(site["id"], seen=seen, before=before, after=site_mark(plant))
        if _day_of(changed) != day and has_recorded(session):
            message = "zone and start of the production day stand once production was recorded"
            raise Refusal("plant_day_fixed", message, field="day_starts")
        fields.put("site", {**NAMES, **SITE_FIELDS, **_level_fields(draft.levels)})

    edit_by_form(
        session,
        actor,
        now_us=now_us,
        action="plant.changed",
        subject="site",
        change=change,
        fields=fields,
    )


def add(session: Session, actor: ActorJson, *, now_us: int, code: str, draft: Draft) -> None:
    """Add an area, a line or a machine at the end of its like.

    Raises:
        Refusal: `master_invalid` (422), `master_code_taken` (409).
    """
    check_code(code)
    fields = Fields()

    def put(plant: Plant) -> None:
        _refuse_mistakes(draft.names.mistakes())
        before = mark(plant, code)
        if before is None and find(session, code) is not None:
            raise taken(code)
        _put(plant, code, draft, fields)
        if before is not None and before != mark(plant, code):
            raise taken(code)

    edit_by_form(
        session,
        actor,
        now_us=now_us,
        action="equipment.added",
        subject=code,
        change=put,
        fields=fields,
    )


def change(
    session: Session, actor: ActorJson, code: str, *, now_us: int, draft: Draft, seen: str
) -> None:
    """Change an area, a line or a machine; settings hold from now on.

    Args:
        now_us: plant time, UTC microseconds.
        seen: `mark` of what the editor had before them.

    Raises:
        Refusal: `master_unknown` (404), `master_changed` (409), `master_invalid` (422),
            `machine_move_changes_past` (409).
    """
    fields = Fields()

    def put(plant: Plant) -> None:
        _refuse_mistakes(draft.names.mistakes())
        before = mark(plant, code)
        if before is None:
            raise _gone(session, code)
        if isinstance(draft, MachineDraft):
            _check_move(session, plant, code, draft.line)
        _put(plant, code, draft, fields)
        check_marks(code, seen=seen, before=before, after=mark(plant, code) or "")

    edit_by_form(
        session,
        actor,
        now_us=now_us,
        action="equipment.changed",
        subject=code,
        change=put,
        fields=fields,
    )


def retire(session: Session, actor: ActorJson, code: str, *, now_us: int, seen: str) -> None:
    """Take an area, a line or a machine out of use; its past stays in every report.

    Raises:
        Refusal: `master_unknown` (404), `master_changed`, `master_in_use` (409) while jobs on it
            are open, a terminal stands at it, or it still holds something.
    """
    row = find(session, code)
    if row is None:
        raise unknown("equipment", code)
    if row.retired_at is not None:
        return
    check_not_needed(session, row)

    def take_out(plant: Plant) -> None:
        if mark(plant, code) != seen:
            raise changed_meanwhile(code)
        rows = _siblings(plant, code)
        del rows[place_of(rows, "id", code) or 0]

    edit_by_form(
        session,
        actor,
        now_us=now_us,
        action="equipment.retired",
        subject=code,
        change=take_out,
    )


def restore(session: Session, actor: ActorJson, code: str, *, now_us: int) -> None:
    """Use a retired area, line or machine again; what it names and is gone is left out.

    Raises:
        Refusal: `master_unknown` (404), `master_parent_retired` (409).
    """
    row = find(session, code)
    if row is None:
        raise unknown("equipment", code)
    above = None if row.parent_id is None else session.get_one(Equipment, row.parent_id)
    if row.retired_at is not None and above is not None and above.retired_at is not None:
        raise Refusal("master_parent_retired", f"{above.code!r} is retired; use it again first")

    def bring_back(plant: Plant) -> None:
        if mark(plant, code) is not None:
            return
        value: Row = {"id": code, "name": dict(row.names), **row.settings}
        if row.level == AREA:
            rows_of(plant, "areas").append(value)
        elif row.level == LINE:
            area = {} if above is None or above.level != AREA else {"area": above.code}
            rows_of(plant, "lines").append({**value, **area, "work_units": []})
        elif above is not None:
            machine = {**value, **work_unit_value(session, row.id)}
            line = place_of(plant["lines"], "id", above.code)
            plant["lines"][line]["work_units"].append(_still_there(plant, machine))

    edit_by_form(
        session,
        actor,
        now_us=now_us,
        action="equipment.restored",
        subject=code,
        change=bring_back,
    )


def move(
    session: Session, actor: ActorJson, code: str, *, now_us: int, up: bool, seen: str
) -> None:
    """Let something change places with the one before or after it.

    Args:
        seen: `order_mark` of what the editor had before them; another order stays as it is, so that
            a press that arrives twice moves once.

    Raises:
        Refusal: `master_unknown` (404).
    """

    def put(plant: Plant) -> None:
        if mark(plant, code) is None:
            raise _gone(session, code)
        if order_mark(plant, code) == seen:
            rows = _siblings(plant, code)
            swap(rows, place_of(rows, "id", code) or 0, up, _like(rows, code))

    edit_by_form(session, actor, now_us=now_us, action="equipment.moved", subject=code, change=put)


def find(session: Session, code: str) -> Equipment | None:
    """The area, line or machine of a code, also a retired one."""
    return session.scalar(
        select(Equipment).where(Equipment.code == code, Equipment.level != "site")
    )


def site_mark(plant: Plant) -> str:
    """What an editor sees of the plant itself, as a mark."""
    return mark_of({name: part for name, part in plant.get("site", {}).items() if name != "id"})


def mark(plant: Plant, code: str) -> str | None:
    """What an editor sees of an area, line or machine, as a mark; None: there is none in use."""
    for area in plant.get("areas", []):
        if area["id"] == code:
            return mark_of(area)
    for line in plant.get("lines", []):
        if line["id"] == code:
            return mark_of([line.get("name"), line.get("area"), line.get("oee_rule")])
    for _, line, unit in machines_of(plant):
        if unit["id"] == code:
            return mark_of(
                [
                    line["id"],
                    unit.get("name"),
                    unit.get("default_item"),
                    number_text(str(unit.get("minor_stop_limit_s", 300))),
                    bool(unit.get("key_machine")),
                    unit.get("signals", {}).get("state"),
                ]
            )
    return None


def order_mark(plant: Plant, code: str) -> str:
    """The order of something and its like, as a mark."""
    return mark_of([row["id"] for row in _siblings(plant, code)])


def _siblings(plant: Plant, code: str) -> list[Row]:
    for _, line, unit in machines_of(plant):
        if unit["id"] == code:
            rows: list[Row] = line["work_units"]
            return rows
    section = "areas" if any(row["id"] == code for row in plant.get("areas", [])) else "lines"
    return rows_of(plant, section)


def _like(rows: Sequence[Row], code: str) -> Callable[[Row], bool]:
    """Lines are ordered within their area."""
    area = next((row.get("area") for row in rows if row["id"] == code), None)
    return lambda row: row.get("area") == area


SITE_FIELDS = {
    "time_zone": "zone",
    "day_starts": "day_starts",
    "terminal_idle_min": "terminal_idle",
}


def _site_row(site: Row, draft: SiteDraft) -> Row:
    row = {
        **site,
        "name": draft.names.row(),
        "time_zone": draft.zone,
        "day_starts": draft.day_starts,
    }
    row.pop("terminal_idle_min", None)
    row.pop("call_escalation", None)
    idle = whole(draft.terminal_idle_min)
    if idle != 10:
        row["terminal_idle_min"] = idle
    levels = [
        {
            "after_min": number_text(level.after_min),
            "to": level.to,
            **({"kinds": list(level.kinds)} if level.kinds else {}),
        }
        for level in draft.levels
    ]
    if levels:
        row["call_escalation"] = levels
    return row


def _level_fields(levels: Sequence[TypedLevel]) -> dict[str, str]:
    found = {}
    for number, _ in enumerate(levels):
        found[f"call_escalation[{number}].after_min"] = f"after-{number}"
        found[f"call_escalation[{number}].to"] = f"to-{number}"
        found[f"call_escalation[{number}].kinds"] = f"to-{number}"
    return found


def _day_of(site: Row) -> tuple[Any, Any]:
    return site.get("time_zone"), site.get("day_starts", "00:00")


def whole(typed: str) -> object:
    """A whole number as one; what is none stays as it was typed."""
    text = number_text(typed)
    return int(text) if text.isdecimal() and text.isascii() else typed


def _put(plant: Plant, code: str, draft: Draft, fields: Fields) -> None:
    if isinstance(draft, AreaDraft):
        _put_area(plant, code, draft, fields)
    elif isinstance(draft, LineDraft):
        _put_line(plant, code, draft, fields)
    else:
        _put_machine(plant, code, draft, fields)


def _put_area(plant: Plant, code: str, draft: AreaDraft, fields: Fields) -> None:
    rows = rows_of(plant, "areas")
    place = _placed(rows, code)
    rows[place] = {"id": code, "name": draft.names.row()}
    fields.put(f"areas[{place}]", {"id": "code", **NAMES})


def _put_line(plant: Plant, code: str, draft: LineDraft, fields: Fields) -> None:
    rows = rows_of(plant, "lines")
    place = _placed(rows, code)
    row = {**rows[place], "id": code, "name": draft.names.row()}
    row.setdefault("work_units", [])
    for name, value in (("area", draft.area), ("oee_rule", draft.oee_rule)):
        row.pop(name, None)
        if value:
            row[name] = value
    rows[place] = row
    parts = {"id": "code", **NAMES, "area": "area", "oee_rule": "oee_rule"}
    fields.put(f"lines[{place}]", parts)


def _put_machine(plant: Plant, code: str, draft: MachineDraft, fields: Fields) -> None:
    lines = rows_of(plant, "lines")
    target = place_of(lines, "id", draft.line)
    if target is None:
        raise invalid({"line": "choose a line"})
    new: Row = {"id": code}
    old = next((unit for _, _, unit in machines_of(plant) if unit["id"] == code), new)
    for _, line, unit in list(machines_of(plant)):
        if unit["id"] == code and line["id"] != draft.line:
            line["work_units"].remove(unit)
    units = lines[target].setdefault("work_units", [])
    place = _placed(units, code)
    row = {
        **old,
        "name": draft.names.row(),
        "minor_stop_limit_s": number_text(draft.minor_stop_s or "300"),
        "key_machine": draft.key_machine,
        "signals": _signals(old.get("signals", {}), draft),
    }
    row.pop("default_item", None)
    if draft.default_item:
        row["default_item"] = draft.default_item
    units[place] = row
    fields.put(
        f"lines[{target}].work_units[{place}]",
        {
            "id": "code",
            **NAMES,
            "minor_stop_limit_s": "minor",
            "default_item": "default_item",
            "signals.state.from_counts.idle_after_s": "idle",
            "signals.state": "state",
        },
    )


def _signals(signals: Row, draft: MachineDraft) -> Row:
    """The signals with the way in which the state is known; tags are bound on the source pages."""
    others = {name: part for name, part in signals.items() if name != "state"}
    if draft.state == MANUAL:
        return {**others, "state": {"manual": True}}
    if draft.state == COUNTS:
        idle = number_text(draft.idle_after_s or "60")
        return {**others, "state": {"from_counts": {"idle_after_s": idle}}}
    if draft.state == NO_STATE:
        return others
    return signals


def _placed(rows: list[Row], code: str) -> int:
    place = place_of(rows, "id", code)
    if place is None:
        rows.append({"id": code})
        place = len(rows) - 1
    return place


def _check_move(session: Session, plant: Plant, code: str, line: str) -> None:
    """A machine that has produced moves only between lines of the same planned time."""
    old = next((each["id"] for _, each, unit in machines_of(plant) if unit["id"] == code), line)
    if old == line or place_of(plant.get("lines", []), "id", line) is None:
        return
    if has_recorded(session, code) and not same_calendars(session, old, line):
        raise Refusal(
            "machine_move_changes_past",
            f"{line!r} works by another calendar than {old!r}; the past of {code!r} would change",
            field="line",
        )


def _still_there(plant: Plant, machine: Row) -> Row:
    """A machine without the items and tags that were retired meanwhile."""
    items = {row["code"] for row in plant.get("items", [])}
    tags = {
        f"{source['id']}/{tag['name']}"
        for source in plant.get("sources", [])
        for tag in source.get("tags", [])
    }
    known = partial(_names_known_tags, tags)
    signals = {name: part for name, part in machine["signals"].items() if known(part)}
    if "from_counts" in signals.get("state", {}) and not {"total", "good"} & set(signals):
        del signals["state"]
    kept = {
        **machine,
        "ideal_cycle_s": {k: v for k, v in machine["ideal_cycle_s"].items() if k in items},
        "pieces_per_cycle": {k: v for k, v in machine["pieces_per_cycle"].items() if k in items},
        "signals": signals,
    }
    if machine.get("default_item") not in items:
        kept.pop("default_item", None)
    return {name: part for name, part in kept.items() if part is not None}


def _names_known_tags(tags: set[str], signal: Row) -> bool:
    return all(signal[name] in tags for name in ("tag", "lamp") if signal.get(name))


def _refuse_mistakes(mistakes: Mapping[str, str]) -> None:
    if mistakes:
        raise invalid(mistakes)


def _gone(session: Session, code: str) -> Refusal:
    return unknown("equipment", code) if find(session, code) is None else changed_meanwhile(code)

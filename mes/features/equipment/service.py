"""People change the plant, its areas, lines and machines; what stood in the past stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.commands.context import ActorJson
from mes.features.equipment.drafts import (
    AREA as AREA,
)
from mes.features.equipment.drafts import (
    COUNTS as COUNTS,
)
from mes.features.equipment.drafts import (
    LINE as LINE,
)
from mes.features.equipment.drafts import (
    MACHINE as MACHINE,
)
from mes.features.equipment.drafts import (
    MANUAL as MANUAL,
)
from mes.features.equipment.drafts import (
    NAMES as NAMES,
)
from mes.features.equipment.drafts import (
    NO_STATE as NO_STATE,
)
from mes.features.equipment.drafts import (
    SIGNALS as SIGNALS,
)
from mes.features.equipment.drafts import (
    SITE_FIELDS as SITE_FIELDS,
)
from mes.features.equipment.drafts import (
    AreaDraft as AreaDraft,
)
from mes.features.equipment.drafts import (
    Draft as Draft,
)
from mes.features.equipment.drafts import (
    LineDraft as LineDraft,
)
from mes.features.equipment.drafts import (
    MachineDraft as MachineDraft,
)
from mes.features.equipment.drafts import (
    SiteDraft as SiteDraft,
)
from mes.features.equipment.drafts import (
    TypedLevel as TypedLevel,
)
from mes.features.equipment.drafts import (
    day_of as day_of,
)
from mes.features.equipment.drafts import (
    level_fields as level_fields,
)
from mes.features.equipment.drafts import (
    put_draft as put_draft,
)
from mes.features.equipment.drafts import (
    site_row as site_row,
)
from mes.features.equipment.needs import check_not_needed, has_recorded, same_calendars
from mes.features.plant.edits import Plant
from mes.features.plant.masters import work_unit_value
from mes.features.plant.rows import (
    Fields,
    Row,
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
        before, day = site_mark(plant), day_of(site)
        plant["site"] = changed = site_row(site, draft)
        check_marks(site["id"], seen=seen, before=before, after=site_mark(plant))
        if day_of(changed) != day and has_recorded(session):
            message = "zone and start of the production day stand once production was recorded"
            raise Refusal("plant_day_fixed", message, field="day_starts")
        fields.put("site", {**NAMES, **SITE_FIELDS, **level_fields(draft.levels)})

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
        put_draft(plant, code, draft, fields)
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
        put_draft(plant, code, draft, fields)
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

"""People add, rename, retire and bring back reasons; checked and written as by a plant file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from mes.core.classes import ReasonClass
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.commands.subjects import STOP
from mes.features.plant.check import check
from mes.features.plant.check_calendars import break_reasons
from mes.features.plant.edits import Plant, edit_plant
from mes.features.plant.export import exported
from mes.features.plant.masters import latest_class
from mes.features.plant.objects import BUILT_IN_REASONS, file_objects
from mes.features.plant.parts import CODE
from mes.features.plant.revisions import add_revision
from mes.features.plant.rows import mark_of, place_of, rows_of, swap
from mes.features.plant.writer import Writer
from mes.features.production.service import masters_changed
from mes.models import ConfigRevision, Reason

Row = dict[str, Any]
"""A reason as a plant file writes it."""
GROUP = aliased(Reason)
FIELDS: Mapping[str, str] = {"name.ko": "ko", "name.en": "en"}
"""Fields of a form by where the plant file has them; the others have one name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonNames:
    """What a reason is called in both languages."""

    ko: str
    en: str


def listed_reasons(session: Session) -> list[Row]:
    """All reasons by domain and position, retired ones last; `class` is None outside stops."""
    rows = list(session.scalars(select(Reason).order_by(Reason.position, Reason.id)))
    names = {row.id: row.names for row in rows}
    rows.sort(key=lambda row: (row.retired_at is not None, row.domain != STOP, row.domain))
    return [
        {
            **_stored(session, row),
            "group": names.get(row.parent_id or 0),
            "mark": reason_mark(_stored(session, row)),
            "retired": row.retired_at is not None,
            "built_in": row.code in BUILT_IN_REASONS,
        }
        for row in rows
    ]


def add_reason(
    session: Session,
    actor: ActorJson,
    *,
    now_us: int,
    code: str,
    names: ReasonNames,
    domain: str,
    time_class: str | None = None,
    failure: bool = False,
) -> None:
    """Add a reason at the end of the list; the class holds from the beginning.

    Args:
        now_us: plant time, UTC microseconds.
        domain: stop, scrap, pause or correction.
        time_class: of a stop reason; None for the other domains.
        failure: whether stops of class `unplanned_stop` with it count as failures.

    Raises:
        Refusal: `reason_invalid` (422), in `details` what is wrong by field; `reason_code_taken`
            (409): a code is never used again, also not that of a retired reason.
    """
    if _find(session, code) is not None:
        raise Refusal(
            "reason_code_taken",
            f"the code {code!r} belongs or belonged to a reason; choose another",
            field="code",
        )
    row: Row = {"code": code, "name": asdict(names), "domain": domain, "failure": failure}
    if time_class is not None:
        row["class"] = time_class
    last = session.scalar(select(func.max(Reason.position))) or 0
    _write(session, actor, now_us, row, position=last + 1, action="added")


def change_reason(
    session: Session,
    actor: ActorJson,
    code: str,
    *,
    now_us: int,
    names: ReasonNames,
    seen: str,
    time_class: str | None = None,
    failure: bool = False,
    group: str | None = None,
) -> None:
    """Give a reason other names, another class or group; facts name its code.

    Args:
        now_us: plant time, UTC microseconds; another class or failure holds from then on, stops
            before it keep theirs.
        seen: `reason_mark` of what the editor had before them.
        time_class: of a stop reason.
        failure: whether stops of class `unplanned_stop` with it count as failures.
        group: code of the reason that it belongs to; None: none.

    Raises:
        Refusal: `reason_unknown` (404), `reason_changed` (409) when somebody else changed it
            meanwhile, `reason_built_in` (409): of those only the names change; `reason_invalid`
            (422).
    """
    reason = _as_seen(session, code, None, retired=False)
    before = _stored(session, reason)
    row: Row = {
        "code": code,
        "name": asdict(names),
        "domain": reason.domain,
        "failure": reason.domain == STOP and failure,
    }
    if reason.domain == STOP:
        row["class"] = time_class
    if group is not None:
        row["parent"] = group
    if row == before:
        return
    if reason_mark(before) != seen:
        raise _changed_meanwhile(code)
    if code in BUILT_IN_REASONS and {**row, "name": before["name"]} != before:
        raise Refusal("reason_built_in", f"the system itself gives the reason {code!r}")
    _check_group(session, row)
    _write(session, actor, now_us, row, position=reason.position, action="changed")


def move_reason(
    session: Session, actor: ActorJson, code: str, *, now_us: int, up: bool, seen: str
) -> None:
    """Let a reason change places with the one before or after it in its domain.

    Args:
        seen: `order_mark` of what the editor had before them; another order stays as it is, so that
            a press that arrives twice moves once.

    Raises:
        Refusal: `reason_unknown` (404).
    """
    reason = _as_seen(session, code, None, retired=False)

    def put(plant: Plant) -> None:
        rows = rows_of(plant, "reasons")
        place = place_of(rows, "code", code)
        if place is not None and order_mark(rows, reason.domain) == seen:
            swap(rows, place, up, partial(_is_like, reason.domain))

    edit_plant(session, actor, now_us=now_us, action="reason.moved", subject=code, change=put)


def _is_like(domain: str, row: Row) -> bool:
    return row.get("domain", STOP) == domain and row["code"] not in BUILT_IN_REASONS


def reason_mark(row: Row) -> str:
    """What an editor sees of a reason, as a mark."""
    parts = ("name", "class", "failure", "parent")
    return mark_of([row.get(part) for part in parts])


def order_mark(rows: Iterable[Row], domain: str) -> str:
    """The order of the reasons of a domain in use, as a mark.

    Those that the system has by itself are left out: a plant need not list them.
    """
    return mark_of(
        [
            row["code"]
            for row in rows
            if row.get("domain", STOP) == domain and row["code"] not in BUILT_IN_REASONS
        ]
    )


def retire_reason(session: Session, actor: ActorJson, code: str, *, now_us: int, seen: str) -> None:
    """Let nobody choose a reason any more; what names it stays.

    Raises:
        Refusal: `reason_unknown` (404), `reason_changed` (409), `reason_built_in` (409),
            `reason_still_named` (409) when a calendar, a group or the map of a signal needs it.
    """
    reason = _as_seen(session, code, seen, retired=False)
    if code in BUILT_IN_REASONS:
        raise Refusal("reason_built_in", f"the system itself gives the reason {code!r}")
    plant = exported(session)
    plant["reasons"] = [row for row in plant.get("reasons", []) if row["code"] != code]
    checked = check(plant)
    if checked.plant is None or code in set(break_reasons(checked.plant)):
        where = "a break of a calendar" if checked.plant else checked.mistakes[0].field
        raise Refusal("reason_still_named", f"{code!r} is still named by {where}")
    Writer(session, now_us, {}).retire(("reason", code))
    session.refresh(reason)  # it was written by its code
    _publish(session, actor, now_us, code, "retired", {"name": reason.names})


def restore_reason(
    session: Session, actor: ActorJson, code: str, *, now_us: int, seen: str
) -> None:
    """Let a retired reason be chosen again, as it was.

    Raises:
        Refusal: `reason_unknown` (404), `reason_changed` (409), `reason_invalid` (422) when the
            group it belonged to is retired.
    """
    reason = _as_seen(session, code, seen, retired=True)
    row = _stored(session, reason)
    _write(session, actor, now_us, row, position=reason.position, action="restored")


def _find(session: Session, code: str) -> Reason | None:
    if CODE.fullmatch(code) is None:
        return None
    return session.scalar(select(Reason).where(Reason.code == code).with_for_update())


def _as_seen(session: Session, code: str, seen: str | None, *, retired: bool) -> Reason:
    """The reason, kept for one editor; `seen` None: whatever was seen of it."""
    reason = _find(session, code)
    if reason is None:
        raise Refusal("reason_unknown", f"there is no reason {code!r}", status=404)
    differs = seen is not None and reason_mark(_stored(session, reason)) != seen
    if differs or (reason.retired_at is not None) != retired:
        raise _changed_meanwhile(code)
    return reason


def _changed_meanwhile(code: str) -> Refusal:
    return Refusal(
        "reason_changed",
        f"somebody changed the reason {code!r} meanwhile; look at it and decide again",
    )


def _check_group(session: Session, row: Row) -> None:
    """A group is a reason of the same domain and stands in no group itself."""
    group = row.get("parent")
    if group is None:
        return
    parent = _find(session, group)
    has_members = session.scalar(
        select(Reason.id)
        .join(GROUP, GROUP.id == Reason.parent_id)
        .where(GROUP.code == row["code"], Reason.retired_at.is_(None))
        .limit(1)
    )
    fits = (
        parent is not None
        and parent.retired_at is None
        and parent.domain == row["domain"]
        and parent.parent_id is None
        and parent.code != row["code"]
    )
    if not fits or has_members is not None:
        raise _invalid({"parent": "a group is a reason of the same kind outside any group"})


def _stored(session: Session, reason: Reason) -> Row:
    dated = latest_class(session, reason.id)
    row: Row = {
        "code": reason.code,
        "name": dict(reason.names),
        "domain": reason.domain,
        "failure": dated is not None and dated.failure,
    }
    if dated is not None:
        row["class"] = dated.time_class
    if reason.parent_id is not None:
        row["parent"] = session.get_one(Reason, reason.parent_id).code
    return row


def _write(
    session: Session,
    actor: ActorJson,
    now_us: int,
    row: Row,
    *,
    position: int,
    action: Literal["added", "changed", "restored"],
) -> None:
    code = row["code"]
    plant = exported(session)
    others = [each for each in plant.get("reasons", []) if each["code"] != code]
    plant["reasons"] = [*others, row]
    mistakes = _mistakes_of_form(row)
    checked = check(plant)
    path = f"reasons[{len(others)}]"
    for mistake in checked.mistakes if checked.plant is None else ():
        field = mistake.field.removeprefix(path).removeprefix(".")
        field = FIELDS.get(field, field)
        if field not in mistakes:
            mistakes[field] = mistake.message
    if mistakes or checked.plant is None:
        mistakes = {field: text for field, text in mistakes.items() if field} or mistakes
        raise _invalid(mistakes)
    key = ("reason", code)
    Writer(session, now_us, {key: position}).write(key, file_objects(checked.plant)[key])
    _publish(session, actor, now_us, code, action, row)


def _mistakes_of_form(row: Row) -> dict[str, str]:
    """What a form tells by field and a plant file by its line, and what no name may hold."""
    found = {
        language: "a name has no line breaks and no control characters"
        for language, name in row["name"].items()
        if not name.isprintable()
    }
    is_stop = row["domain"] == STOP
    if is_stop != (row.get("class") in set(ReasonClass)):
        found["class"] = "a stop reason has a class, another has none"
    if row["failure"] and row.get("class") != ReasonClass.UNPLANNED_STOP:
        found["failure"] = "only unplanned stops are failures"
    return found


def _invalid(mistakes: Mapping[str, str]) -> Refusal:
    field, message = next(iter(mistakes.items()))
    return Refusal(
        "reason_invalid",
        f"{field}: {message}",
        status=422,
        field=field,
        details=dict(mistakes),
    )


def _publish(
    session: Session, actor: ActorJson, now_us: int, code: str, action: str, details: Row
) -> None:
    """As a new revision of the plant's configuration, in the audit log, on every screen."""
    latest = session.scalar(select(ConfigRevision).order_by(ConfigRevision.id.desc()).limit(1))
    summary = "added" if action == "restored" else action
    revision = add_revision(
        session,
        actor=str(actor.get("label")),
        summary={"added": [], "changed": [], "retired": [], summary: [f"reason {code}"]},
        plant_file=[] if latest is None else latest.plant_file,
    )
    masters_changed(session, now_us)
    record(session, actor, f"reason.{action}", code, {"revision": revision, **details})

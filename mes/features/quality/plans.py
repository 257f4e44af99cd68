"""People add, change, retire and bring back check plans; every change is a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.quality import (
    mistakes_of,
)
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import ActorJson
from mes.features.plant.parts import CODE
from mes.features.production.check_plans import check_plan_of
from mes.features.production.master_loading import masters
from mes.features.production.masters import CheckPlan
from mes.features.quality.drafts import DraftReader, PlanDraft
from mes.live.announce import announce
from mes.models import CheckPlan as PlanRow

SEGMENT_MAX = 9999
TIME_BASES = ("running", "job")
PLANS_MAX = 1000
CODE_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPlan:
    """The newest version of a plan; `retired`: nothing is checked by it."""

    plan: CheckPlan
    retired: bool


def listed_plans(session: Session) -> list[ListedPlan]:
    """All plans by code, retired ones last."""
    rows = session.scalars(select(PlanRow).order_by(PlanRow.code, PlanRow.version))
    newest = {row.code: row for row in rows}
    found = [ListedPlan(plan=check_plan_of(row), retired=row.retired) for row in newest.values()]
    return sorted(found, key=lambda one: one.retired)


def add_plan(
    session: Session, actor: ActorJson, code: str, draft: PlanDraft, *, now_us: int
) -> None:
    """Add a plan; it holds from now on.

    Args:
        now_us: plant time, UTC microseconds.

    Raises:
        Refusal: `check_plan_invalid` (422), in `details` what is wrong by field;
            `check_plan_code_taken` (409): a code is never used again.
    """
    held = _newest(session, code) if is_code(code) else None
    row = _checked(session, code, draft, None)
    if held is not None:
        if held.version == 1 and _same(held, row):
            return
        raise Refusal(
            "check_plan_code_taken",
            f"the code {code!r} belongs or belonged to a check plan; choose another",
            field="code",
        )
    _keep(session, actor, row, version=1, now_us=now_us, action="added")


def change_plan(
    session: Session, actor: ActorJson, code: str, draft: PlanDraft, *, seen: int, now_us: int
) -> None:
    """Give a plan a new version, in force from now on; results keep the one they were judged by.

    Args:
        seen: the version that the editor had before them.

    Raises:
        Refusal: `check_plan_unknown` (404), `check_plan_changed` (409), `check_plan_invalid` (422).
    """
    held = _known(session, code)
    row = _checked(session, code, draft, held)
    if held.version == seen + 1 and _same(held, row) and not held.retired:
        return  # sent twice
    _refuse_unless_seen(held, seen, retired=False)
    if _same(held, row):
        return
    _keep(session, actor, row, version=seen + 1, now_us=now_us, action="changed")


def retire_plan(session: Session, actor: ActorJson, code: str, *, seen: int, now_us: int) -> None:
    """Let nothing be checked by a plan any more; its results stay.

    Raises:
        Refusal: `check_plan_unknown` (404), `check_plan_changed` (409).
    """
    _turn(session, actor, code, seen=seen, now_us=now_us, retired=True)


def restore_plan(session: Session, actor: ActorJson, code: str, *, seen: int, now_us: int) -> None:
    """Let a retired plan be checked again.

    Raises:
        Refusal: `check_plan_unknown` (404), `check_plan_changed` (409).
    """
    _turn(session, actor, code, seen=seen, now_us=now_us, retired=False)


def _turn(
    session: Session, actor: ActorJson, code: str, *, seen: int, now_us: int, retired: bool
) -> None:
    held = _known(session, code)
    if held.version == seen + 1 and held.retired == retired:
        return  # sent twice
    _refuse_unless_seen(held, seen, retired=not retired)
    row = {**_content(held), "code": code, "retired": retired}
    action = "retired" if retired else "restored"
    _keep(session, actor, row, version=seen + 1, now_us=now_us, action=action)


def is_code(text: str) -> bool:
    """Whether a text may be the code of a plan."""
    return len(text) <= CODE_MAX and CODE.fullmatch(text) is not None


def _newest(session: Session, code: str) -> PlanRow | None:
    return session.scalar(
        select(PlanRow).where(PlanRow.code == code).order_by(PlanRow.version.desc()).limit(1)
    )


def _known(session: Session, code: str) -> PlanRow:
    held = _newest(session, code) if is_code(code) else None
    if held is None:
        raise Refusal("check_plan_unknown", f"there is no check plan {code[:80]!r}", status=404)
    return held


def _refuse_unless_seen(held: PlanRow, seen: int, *, retired: bool) -> None:
    if held.version != seen or held.retired != retired:
        raise Refusal(
            "check_plan_changed",
            f"somebody changed the check plan {held.code!r} meanwhile; look at it again",
            details={"version": held.version},
        )


CONTENT = (
    "names",
    "material_id",
    "work_unit_id",
    "segment",
    "every_pieces",
    "every_us",
    "time_base",
    "first_piece",
    "middle_piece",
    "last_piece",
    "grace_pieces",
    "grace_us",
    "characteristics",
    "retired",
)


def _content(row: PlanRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CONTENT}


def _same(held: PlanRow, row: Mapping[str, Any]) -> bool:
    """Whether a version says what was typed; a new characteristic has no key of its own yet."""

    def said(content: Mapping[str, Any]) -> dict[str, Any]:
        bare = [{**one, "key": None} for one in content["characteristics"]]
        return {**{name: content[name] for name in CONTENT}, "characteristics": bare}

    return said(_content(held)) == said(row)


def _keep(
    session: Session,
    actor: ActorJson,
    row: Mapping[str, Any],
    *,
    version: int,
    now_us: int,
    action: str,
) -> None:
    session.add(
        PlanRow(**row, version=version, valid_from=now_us, actor=dict(actor), recorded_at=now_us)
    )
    session.flush()
    for unit in masters(session).active_work_units():
        if row["work_unit_id"] in (None, unit.id):
            announce(session, unit.id)
    told = {
        name: str(value) if isinstance(value, Decimal) else value
        for name, value in row.items()
        if name != "code"
    }
    record(session, actor, f"check_plan.{action}", row["code"], {"version": version, **told})


def _checked(session: Session, code: str, draft: PlanDraft, held: PlanRow | None) -> dict[str, Any]:
    """The columns of a plan, or what is wrong with it by field."""
    known = masters(session)
    mistakes: dict[str, str] = {}
    if not is_code(code):
        mistakes["code"] = "a code has 1 to 60 letters, digits, '.', '_' or '-'"
    for field in ("ko", "en"):
        name = getattr(draft, field)
        if not name or len(name) > 200 or not name.isprintable():
            mistakes[field] = "a name has 1 to 200 characters in one line"
    reader = DraftReader(mistakes)
    row: dict[str, Any] = {
        "code": code,
        "names": {"ko": draft.ko, "en": draft.en},
        "material_id": reader.place("item", draft.item, known.material_ids),
        "work_unit_id": reader.place("work_unit", draft.work_unit, known.work_unit_ids),
        "segment": reader.whole("segment", draft.segment, 1, SEGMENT_MAX),
        "every_pieces": reader.amount("every_pieces", draft.every_pieces, positive=True),
        "every_us": reader.minutes("every_min", draft.every_min, 1),
        "time_base": draft.time_base,
        "first_piece": draft.first,
        "middle_piece": draft.middle,
        "last_piece": draft.last,
        "grace_pieces": reader.amount("grace_pieces", draft.grace_pieces) or Decimal(0),
        "grace_us": reader.minutes("grace_min", draft.grace_min, 0) or 0,
        "retired": False,
    }
    if draft.time_base not in TIME_BASES:
        mistakes["time_base"] = "time is running or job time"
    asked = (draft.every_pieces, draft.every_min, draft.first, draft.middle, draft.last)
    if not any(asked):
        mistakes["when"] = "say when it is checked"
    found = reader.characteristics(draft.characteristics, _keys(session, held))
    row["characteristics"] = [one.to_json() for one in found]
    mistakes |= {f: m for f, m in mistakes_of(found).items() if f not in mistakes}
    if held is None and len(known.check_plans) >= PLANS_MAX:
        mistakes["code"] = f"at most {PLANS_MAX} check plans"
    if mistakes:
        field, message = next(iter(mistakes.items()))
        raise Refusal(
            "check_plan_invalid",
            f"{field}: {message}",
            status=422,
            field=field,
            details={"fields": mistakes},
        )
    return row


def _keys(session: Session, held: PlanRow | None) -> set[str]:
    """Keys of characteristics that any version of the plan had."""
    if held is None:
        return set()
    rows = session.scalars(select(PlanRow.characteristics).where(PlanRow.code == held.code))
    return {one["key"] for row in rows for one in row}

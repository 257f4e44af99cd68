"""Deciding about a suspect count: a new fact, under the lock of what the person saw."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from mes.core.amounts import amount_json, parse_amount
from mes.core.derive.increments import COUNTS_MAX, Decided
from mes.core.derive.increments import CountDecision as Choice
from mes.core.exact import number_to_json, parse_number
from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.checks.effects import shift_figures
from mes.features.checks.suspects import Suspect, find_suspect, suspect_views
from mes.features.commands.context import Context
from mes.features.commands.subjects import find_work_unit, lock_work_unit
from mes.features.production.master_loading import masters
from mes.features.production.masters import WorkUnit
from mes.features.production.service import facts_changed
from mes.models import CountDecision


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a person decides, and what the person saw.

    Attributes:
        tag: SOURCE/TAG.
        at: instant of the later reading, UTC microseconds; `since`: of the earlier one.
        seen_amount: counts that were shown.
        seen_decision: command_id of the decision that was shown; None: there was none.
        counts: decision `amount`: counts that are believed instead.
    """

    tag: str
    at: int
    since: int
    seen_amount: object
    seen_decision: str | None
    decision: Choice
    counts: object = None
    note: str | None = None


def decide(session: Session, context: Context, work_unit: str, draft: Draft) -> dict[str, Any]:
    """Keep a decision about a suspect increment and derive again what it changes.

    Returns:
        The increment as it stands now, and the figures of its shift before and after.

    Raises:
        Refusal: `unknown_work_unit`, `tag_unknown` (404), `check_changed` (409),
            `count_not_acceptable`, `impossible_quantity` (422).
    """
    unit = find_work_unit(session, work_unit)
    lock_work_unit(session, unit.id)
    suspect = seen_suspect(session, unit, draft)
    decided = decision_of(suspect, draft)
    before = shift_figures(session, suspect, context.now)
    row = CountDecision(
        command_id=context.command_id,
        work_unit_id=unit.id,
        tag_id=suspect.row.tag_id,
        reading_at=draft.at,
        seen_since=draft.since,
        decision=decided.choice.value,
        amount=_stored(decided),
        note=draft.note,
        actor=dict(context.actor),
        recorded_at=context.now,
    )
    session.add(row)
    facts_changed(session, unit.id, min(draft.at, suspect.gap_from or draft.at))
    session.expire_all()
    present = find_suspect(session, unit, suspect.row.tag_id, draft.at, draft.since)
    assert present is not None, "a decision leaves the increment suspect"
    after = shift_figures(session, present, context.now)
    record(
        session,
        context.actor,
        "count.decide",
        unit.code,
        {
            "command_id": context.command_id,
            "tag": draft.tag,
            "reading_at": draft.at,
            "amount": number_to_json(suspect.amount),
            "decision": decided.choice.value,
            "counts": None if row.amount is None else amount_json(row.amount),
            "note": draft.note,
            "before": before,
            "after": after,
        },
    )
    return {"check": suspect_views(session, [present])[0], "before": before, "after": after}


def seen_suspect(session: Session, unit: WorkUnit, draft: Draft) -> Suspect:
    """The increment that a person saw, if it is still the same.

    Raises:
        Refusal: `tag_unknown` (404), `check_changed` (409) with the present `check` or null.
    """
    found = find_suspect(session, unit, tag_of(session, draft.tag), draft.at, draft.since)
    view = None if found is None else suspect_views(session, [found])[0]
    said = None if view is None else view["decision"]
    present = None if said is None else said["command_id"]
    if found is None or present != draft.seen_decision or not _same(found, draft.seen_amount):
        raise Refusal(
            "check_changed",
            "this count is no longer what was shown; look at it again",
            details={"check": view},
        )
    return found


def decision_of(suspect: Suspect, draft: Draft) -> Decided:
    """The decision as the derivation takes it.

    Raises:
        Refusal: `count_not_acceptable`, `impossible_quantity` (422).
    """
    if draft.decision is Choice.ACCEPT and not suspect.acceptable:
        raise Refusal(
            "count_not_acceptable",
            "this increment counts nothing, or more than any machine makes; give the amount",
            status=422,
            field="decision",
        )
    counts = None
    if draft.decision is Choice.AMOUNT:
        amount = parse_amount(draft.counts, "counts")
        if amount > COUNTS_MAX:
            raise Refusal(
                "impossible_quantity",
                f"counts is larger than {COUNTS_MAX}; check the number",
                status=422,
                field="counts",
            )
        counts = parse_number(amount)
    return Decided(choice=draft.decision, counts=counts, since=draft.since)


def tag_of(session: Session, name: str) -> int:
    """The id of a tag by SOURCE/TAG.

    Raises:
        Refusal: `tag_unknown` (404).
    """
    known = masters(session)
    source, _, tag = name.partition("/")
    tags = known.tags_of_source.get(known.source_ids.get(source, 0), {})
    if tag not in tags:
        raise Refusal("tag_unknown", f"there is no tag {name[:80]!r}", status=404, field="tag")
    return tags[tag]


def _same(suspect: Suspect, seen: object) -> bool:
    try:
        return parse_number(seen) == suspect.amount
    except ValueError:
        return False


def _stored(decided: Decided) -> Decimal | None:
    return None if decided.counts is None else parse_amount(decided.counts, "counts")

"""Published figures, the checklist of a shift and its history, as REST and pages read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, exists, select
from sqlalchemy.orm import Session, aliased

from mes.core.case_model import Span
from mes.core.instants import format_instant
from mes.core.refusal import Refusal
from mes.features.oee.addresses import standing_case_address
from mes.features.production.late import Cause
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.tile import instant
from mes.features.publishing.figures import result_json
from mes.features.publishing.kept_cases import kept_case
from mes.features.publishing.periods import DAY_SHIFT, find_line, line_units, period_key
from mes.features.publishing.service import Shift
from mes.features.publishing.standing import FigureState
from mes.features.publishing.store import SIGNOFF, latest_figures, policy_of, revisions, signoffs
from mes.models import PublishedFigure, ShiftSignoff

LIMIT = 100
LIMIT_MAX = 500
SHOWN_KPIS = ("oee", "availability", "effectiveness", "quality_ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which published figures are asked for; None: whatever.

    Attributes:
        scope: code of a work unit or line.
        line: code of a line: its figure and those of its work units.
        first: first production day YYYY-MM-DD; `last` the last one.
        every: all revisions instead of the last ones.
        before: `next` of the page before.
    """

    scope: str | None = None
    line: str | None = None
    first: str | None = None
    last: str | None = None
    shift: str | None = None
    every: bool = False
    before: int | None = None
    limit: int = LIMIT


def unit_ids_of(session: Session, asked: Asked) -> list[int] | None:
    """The work units whose marks matter for a question; None: all.

    Raises:
        Refusal: `unknown_line`, `place_unknown` (404).
    """
    known = masters(session)
    code = asked.scope or asked.line
    if code is None:
        return None
    if asked.scope is not None and code in known.work_unit_ids:
        return [known.work_unit_ids[code]]
    if asked.scope is not None and code not in known.line_ids:
        raise Refusal("place_unknown", f"there is no place {code[:80]!r}", status=404)
    return list(find_line(known, code).work_unit_ids)


def published(session: Session, asked: Asked) -> dict[str, Any]:
    """Published figures, latest first, with what each revision changed."""
    known = masters(session)
    query = select(PublishedFigure).order_by(PublishedFigure.id.desc()).limit(asked.limit + 1)
    if asked.scope is not None:
        query = query.where(PublishedFigure.scope == asked.scope)
    if asked.line is not None:
        query = query.where(PublishedFigure.line_id == find_line(known, asked.line).id)
    if asked.first is not None:
        query = query.where(PublishedFigure.production_day >= asked.first)
    if asked.last is not None:
        query = query.where(PublishedFigure.production_day <= asked.last)
    if asked.shift is not None:
        shift = "" if asked.shift == DAY_SHIFT else asked.shift
        query = query.where(PublishedFigure.shift == shift)
    if asked.before is not None:
        query = query.where(PublishedFigure.id < asked.before)
    if not asked.every:
        later = aliased(PublishedFigure)
        query = query.where(
            ~exists().where(
                and_(
                    later.scope == PublishedFigure.scope,
                    later.period == PublishedFigure.period,
                    later.revision > PublishedFigure.revision,
                )
            )
        )
    rows = list(session.scalars(query))
    shown = rows[: asked.limit]
    return {
        "items": _items(session, known, shown),
        "next": shown[-1].id if len(rows) > asked.limit else None,
    }


def _items(
    session: Session, known: Masters, rows: Sequence[PublishedFigure]
) -> list[dict[str, Any]]:
    signed = _last_signoffs(session, rows)
    newest = {
        one.id
        for one in latest_figures(
            session,
            equipment_ids={row.equipment_id for row in rows},
            periods={row.period for row in rows},
        )
    }
    items = []
    for row in rows:
        old = None
        if row.revision > 1:
            old = next(
                one
                for one in revisions(session, row.scope, row.period)
                if one.revision == row.revision - 1
            )
        signoff = signed.get((row.line_id, row.period))
        items.append(figure_item(known, row, old, signoff, last=row.id in newest))
    return items


def _last_signoffs(
    session: Session, rows: Sequence[PublishedFigure]
) -> dict[tuple[int, str], ShiftSignoff]:
    if not rows:
        return {}
    found = signoffs(session, {row.line_id for row in rows}, {row.production_day for row in rows})
    return {(one.equipment_id, period_key(one.production_day, one.shift)): one for one in found}


def figure_item(
    known: Masters,
    row: PublishedFigure,
    old: PublishedFigure | None,
    signoff: ShiftSignoff | None,
    *,
    last: bool,
) -> dict[str, Any]:
    """A published figure with the one before it and what changed it.

    `case` gives this very revision again, whatever arrived since. Of figures published before
    cases were kept only the last revision has one, by the facts of now.
    """
    line = known.lines.get(row.line_id)
    return {
        "id": row.id,
        "scope": row.scope,
        "level": row.level,
        "line": None if line is None else line.code,
        "production_day": row.production_day,
        "shift": row.shift,
        "window": [format_instant(row.start), format_instant(row.end)],
        "policy": {"name": row.policy, "version": row.policy_version},
        "basis": row.basis,
        "revision": row.revision,
        "state": _state(row, signoff).value,
        "published_at": instant(row.published_at),
        "signed_by": None if signoff is None else signoff.actor.get("label"),
        "signed_at": None if signoff is None else instant(signoff.recorded_at),
        "note": None if signoff is None else signoff.note,
        "result": row.result,
        "coverage": row.result["coverage"],
        "flags": row.result["flags"],
        "fingerprint": row.fingerprint,
        "case": _case(row, last=last),
        "old": None if old is None else old.result,
        "changed": [] if old is None else changed_fields(old.result, row.result),
        "cause": [cause_item(known, cause) for cause in row.cause.get("facts", ())],
    }


def _case(row: PublishedFigure, *, last: bool) -> str | None:
    if row.cases:
        return f"/api/v1/published/{row.id}/case"
    if not last:
        return None
    span = Span(row.start, row.end)
    return standing_case_address(row.basis["work_units"], span, policy_of(row))


def case_of_figure(session: Session, figure: str) -> dict[str, Any]:
    """The case file, or bundle of case files, of a published figure.

    Args:
        figure: its `id`.

    Raises:
        Refusal: `figure_unknown`, `case_not_kept` (404).
    """
    digits = figure.isascii() and figure.isdigit() and len(figure) < 19
    row = session.get(PublishedFigure, int(figure)) if digits else None
    if row is None:
        raise Refusal("figure_unknown", f"no published figure {figure[:40]!r}", status=404)
    return kept_case(session, row, policy_of(row))


def _state(row: PublishedFigure, signoff: ShiftSignoff | None) -> FigureState:
    if signoff is None or signoff.kind != SIGNOFF:
        return FigureState.REOPENED
    return FigureState.REVISED if row.revision > 1 else FigureState.SIGNED


def changed_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Which members of a result differ, such as `kpis.oee`."""
    found = []
    for group, value in new.items():
        if isinstance(value, dict):
            before = old.get(group) or {}
            found += [f"{group}.{key}" for key in value if before.get(key) != value[key]]
        elif old.get(group) != value:
            found.append(group)
    return found


def cause_item(known: Masters, cause: Cause) -> dict[str, Any]:
    """What arrived, with the code of its source and the name of who stated it."""
    source = known.sources.get(cause.get("source_id") or 0)
    actor = cause.get("actor") or {}
    return {
        "kind": cause["kind"],
        "count": cause["count"],
        "from": None if cause.get("from") is None else instant(cause["from"]),
        "to": None if cause.get("to") is None else instant(cause["to"]),
        "source": None if source is None else source.code,
        "by": actor.get("label"),
        "reason": cause.get("reason"),
        "note": cause.get("note"),
        "command_id": cause.get("command_id"),
    }


def shift_view(session: Session, shift: Shift, now_us: int) -> dict[str, Any]:
    """A shift of a line: its checklist, what happened to it, its figures now and as published."""
    period, line, known = shift.period, shift.line, shift.known
    codes = {unit.id for unit in line_units(known, line)} | {line.id}
    rows = latest_figures(session, equipment_ids=codes, periods=[period.key])
    return {
        "line": line.code,
        "name": dict(line.names or {}),
        "production_day": period.day.isoformat(),
        "shift": period.shift,
        "window": [format_instant(period.span.start), format_instant(period.span.end)],
        "over": now_us >= period.span.end,
        "signed": shift.signed,
        "checklist": [item.to_json() for item in shift.items],
        "history": [_signoff_item(row) for row in shift.history],
        "work_units": [
            {
                "work_unit": figure.unit.code,
                "name": dict(figure.unit.names),
                "result": result_json([figure.sums], figure.unit.site.policy),
            }
            for figure in shift.figures
        ],
        "published": _items(session, known, rows),
    }


def _signoff_item(row: ShiftSignoff) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "by": row.actor.get("label"),
        "at": instant(row.recorded_at),
        "note": row.note,
        "checklist": row.checklist,
    }

"""Signing a shift of a line off and opening it again; the figures are published by the sign-off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from mes.core.refusal import Refusal
from mes.features.audit.service import record
from mes.features.commands.context import Context
from mes.features.commands.subjects import lock_work_unit
from mes.features.production.master_loading import masters
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.publishing.checklist import Item, checklist
from mes.features.publishing.figures import (
    Basis,
    UnitFigure,
    fingerprint,
    line_basis,
    result_json,
    unit_basis,
    unit_figure,
)
from mes.features.publishing.periods import Period, find_line, find_period, line_units
from mes.features.publishing.store import (
    LINE,
    REOPEN,
    SIGNOFF,
    WORK_UNIT,
    Draft,
    latest_figures,
    mark,
    publish,
    signoffs_of,
)
from mes.models import ShiftSignoff


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift of a line that may be signed off, with the figures of its work units as of now."""

    known: Masters
    line: Line
    period: Period
    figures: tuple[UnitFigure, ...]
    items: tuple[Item, ...]
    history: tuple[ShiftSignoff, ...]

    @property
    def signed(self) -> bool:
        """Whether it is signed off and not opened again."""
        return bool(self.history) and self.history[-1].kind == SIGNOFF


def look_at_shift(
    session: Session, line: str, day: str, shift: str | None, now_us: int, coverage_min: float
) -> Shift:
    """A shift with its checklist.

    Args:
        day: production day YYYY-MM-DD.
        shift: code; None: the day's only period.
        coverage_min: a lower coverage is on the checklist.

    Raises:
        Refusal: `unknown_line`, `unknown_shift` (404), `window_malformed` (422).
    """
    known = masters(session)
    found = find_line(known, line)
    period = find_period(found.plan, day, shift)
    figures = tuple(
        unit_figure(session, known, unit, period.span, now_us) for unit in line_units(known, found)
    )
    items = checklist(session, known, figures, period.span, now_us, coverage_min)
    return Shift(
        known=known,
        line=found,
        period=period,
        figures=figures,
        items=tuple(items),
        history=tuple(signoffs_of(session, found.id, period.day.isoformat(), period.shift)),
    )


def sign_off(
    session: Session,
    context: Context,
    line: str,
    day: str,
    shift: str | None,
    *,
    note: str | None,
    coverage_min: float,
) -> ShiftSignoff:
    """Close a shift of a line and publish its figures.

    Raises:
        Refusal: `shift_not_over`, `shift_already_signed`, `signoff_needs_note` (409, with
            `checklist`), and those of `look_at_shift`.
    """
    known = masters(session)
    for unit in line_units(known, find_line(known, line)):
        lock_work_unit(session, unit.id)
    found = look_at_shift(session, line, day, shift, context.now, coverage_min)
    span = found.period.span
    if context.now < span.end:
        raise Refusal("shift_not_over", "the shift is not over yet; sign it off after its end")
    if found.signed:
        raise Refusal("shift_already_signed", "the shift is signed off already")
    written = (note or "").strip()
    if found.items and not written:
        raise Refusal(
            "signoff_needs_note",
            "not everything is in order; look at the checklist and say why you sign all the same",
            field="note",
            details={"checklist": [item.to_json() for item in found.items]},
        )
    row = _fact(session, context, found, SIGNOFF, written)
    _publish(session, context, found)
    return row


def reopen(
    session: Session, context: Context, line: str, day: str, shift: str | None, *, reason: str
) -> ShiftSignoff:
    """Open a signed-off shift again; what was published stays, with its revisions.

    Raises:
        Refusal: `shift_not_signed` (409), `reopen_needs_reason` (422), and those of
            `look_at_shift`.
    """
    known = masters(session)
    found = find_line(known, line)
    period = find_period(found.plan, day, shift)
    for unit in line_units(known, found):
        lock_work_unit(session, unit.id)
    history = signoffs_of(session, found.id, period.day.isoformat(), period.shift)
    if not history or history[-1].kind != SIGNOFF:
        raise Refusal("shift_not_signed", "the shift is not signed off")
    if not reason.strip():
        raise Refusal(
            "reopen_needs_reason", "say why the shift is opened again", status=422, field="reason"
        )
    shown = Shift(
        known=known, line=found, period=period, figures=(), items=(), history=tuple(history)
    )
    return _fact(session, context, shown, REOPEN, reason.strip())


def _fact(session: Session, context: Context, shift: Shift, kind: str, note: str) -> ShiftSignoff:
    period = shift.period
    row = ShiftSignoff(
        command_id=context.command_id,
        equipment_id=shift.line.id,
        production_day=period.day.isoformat(),
        shift=period.shift,
        note=note or None,
        actor=dict(context.actor),
        recorded_at=context.now,
        kind=kind,
        start=period.span.start,
        end=period.span.end,
        checklist=[item.to_json() for item in shift.items],
    )
    session.add(row)
    session.flush()
    record(
        session,
        context.actor,
        f"shift.{kind}",
        f"{shift.line.code} {period.key}",
        {"note": note or None, "command_id": context.command_id},
    )
    return row


def _publish(session: Session, context: Context, shift: Shift) -> None:
    """The figures of the work units and the line, unless they were published before.

    A figure published before keeps its revisions: it is only compared once more.
    """
    held = {
        row.scope
        for row in latest_figures(session, lines=[shift.line.id], periods=[shift.period.key])
    }
    by_code = {figure.unit.code: figure for figure in shift.figures}
    for figure in shift.figures:
        unit = figure.unit
        if unit.code not in held:
            draft = _draft(session, context, shift, unit, unit_basis(unit), [figure])
            publish(session, draft)
        span = shift.period.span
        mark(session, unit.id, span, watch=False)
        if not figure.covered or figure.provisional:
            mark(session, unit.id, span, watch=True)
    basis = line_basis(shift.known, shift.line)
    if basis is not None and shift.line.code not in held:
        chosen = [by_code[code] for code in basis.work_units]
        publish(session, _draft(session, context, shift, shift.line, basis, chosen))


def _draft(
    session: Session,
    context: Context,
    shift: Shift,
    place: WorkUnit | Line,
    basis: Basis,
    figures: list[UnitFigure],
) -> Draft:
    policy, period = place.site.policy, shift.period
    units = [figure.unit for figure in figures]
    actor: dict[str, Any] = dict(context.actor)
    return Draft(
        scope=place.code,
        level=LINE if isinstance(place, Line) else WORK_UNIT,
        equipment_id=place.id,
        line_id=shift.line.id,
        day=period.day.isoformat(),
        shift=period.shift,
        period=period.key,
        span=period.span,
        policy=policy,
        basis=basis,
        revision=1,
        result=result_json((figure.sums for figure in figures), policy),
        fingerprint=fingerprint(session, shift.known, units, period.span),
        cause={},
        actor=actor,
        published_at=context.now,
        cases={figure.unit.code: figure.case for figure in figures},
    )

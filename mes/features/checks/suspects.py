"""Suspect counter increments as people are shown them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.amounts import amount_json
from mes.core.case_model import CounterMode
from mes.core.derive.increments import COUNTS_MAX, CounterRule
from mes.core.exact import Number, number_to_json, parse_number
from mes.core.instants import US_PER_S
from mes.features.production import facts
from mes.features.production.interpret import counter_rule, pieces_per_count
from mes.features.production.master_loading import masters
from mes.features.production.masters import Binding, Masters, WorkUnit
from mes.features.production.tile import instant, shift_json
from mes.models import CountDecision, CountSuspect

LIMIT = 50
LIMIT_MAX = 200


class Status(StrEnum):
    """Which suspect counts are listed."""

    OPEN = "open"
    DECIDED = "decided"
    ALL = "all"


class Why(StrEnum):
    """Why the rule of a counter does not believe an increment."""

    DROPPED = "dropped"
    """An absolute counter went back."""
    OUT_OF_RANGE = "out_of_range"
    """A rollover counter showed a value that it does not have."""
    IMPOSSIBLE = "impossible"
    """Negative, or more than any machine makes."""
    TOO_FAST = "too_fast"
    """More than `max_per_s` allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A stored suspect increment with what it needs to be understood.

    Attributes:
        gap_from: the edge was down since then (us); None: it was not.
        watched_us: time that the increment may have taken, microseconds.
    """

    row: CountSuspect
    unit: WorkUnit
    rule: CounterRule
    factor: Number
    gap_from: int | None

    @property
    def old(self) -> Number:
        """Value of the earlier reading."""
        return parse_number(self.row.reading["old"])

    @property
    def new(self) -> Number:
        """Value of the later reading."""
        return parse_number(self.row.reading["new"])

    @property
    def amount(self) -> Number:
        """Counts by the rule of the counter."""
        return parse_number(self.row.reading["amount"])

    @property
    def watched_us(self) -> int:
        """How long the increment may have taken."""
        return self.row.at - max(self.row.since, self.gap_from or self.row.since)

    @property
    def why(self) -> Why:
        """What the rule says against it."""
        in_range = self.rule.mode is not CounterMode.ROLLOVER or all(
            0 <= value < (self.rule.modulus or 0) for value in (self.old, self.new)
        )
        if not in_range:
            return Why.OUT_OF_RANGE
        if self.rule.mode is CounterMode.ABSOLUTE and self.new < self.old:
            return Why.DROPPED
        return Why.TOO_FAST if 0 <= self.amount <= COUNTS_MAX else Why.IMPOSSIBLE

    @property
    def acceptable(self) -> bool:
        """Whether the whole increment can be accepted: it counts something, and not too much."""
        return 0 < self.amount <= COUNTS_MAX

    @property
    def since_restart(self) -> Number | None:
        """Counts if the device restarted at 0 in between: what it shows; None: it did not drop."""
        if self.new >= self.old or self.new < 0:
            return None
        return self.new

    @property
    def most(self) -> int | None:
        """Most counts that `max_per_s` allows in that time; None: there is no limit."""
        if self.rule.max_per_s is None:
            return None
        return int(self.rule.max_per_s * self.watched_us // US_PER_S)


def suspects(
    session: Session,
    status: Status = Status.OPEN,
    *,
    work_unit: WorkUnit | None = None,
    before: int | None = None,
    limit: int = LIMIT,
) -> tuple[list[Suspect], int | None]:
    """Suspect increments, the latest first.

    Args:
        work_unit: None: of all work units.
        before: `next` of the page before; None: the first page.

    Returns:
        A page, and what the next one is asked with (None: there is none).
    """
    known = masters(session)
    query = select(CountSuspect).order_by(CountSuspect.id.desc()).limit(limit + 1)
    if status is not Status.ALL:
        decided = CountSuspect.decision.is_not(None)
        query = query.where(decided if status is Status.DECIDED else ~decided)
    if work_unit is not None:
        query = query.where(CountSuspect.work_unit_id == work_unit.id)
    if before is not None:
        query = query.where(CountSuspect.id < before)
    rows = list(session.scalars(query))
    page = [one for row in rows[:limit] if (one := _suspect(session, known, row)) is not None]
    return page, rows[limit - 1].id if len(rows) > limit else None


def find_suspect(
    session: Session, unit: WorkUnit, tag_id: int, at: int, since: int
) -> Suspect | None:
    """One suspect increment; None: there is none of these readings any more."""
    row = session.scalars(
        select(CountSuspect).where(
            CountSuspect.work_unit_id == unit.id,
            CountSuspect.tag_id == tag_id,
            CountSuspect.at == at,
            CountSuspect.since == since,
        )
    ).one_or_none()
    return None if row is None else _suspect(session, masters(session), row)


def open_count(session: Session) -> int:
    """How many suspect increments wait for a person."""
    query = select(func.count()).select_from(CountSuspect).where(CountSuspect.decision.is_(None))
    return int(session.scalar(query) or 0)


def open_in(session: Session, unit_ids: Collection[int], start: int, end: int) -> int:
    """How many suspect increments of work units that end in [start, end) wait for a person."""
    query = select(func.count()).where(
        CountSuspect.work_unit_id.in_(list(unit_ids)),
        CountSuspect.at >= start,
        CountSuspect.at < end,
        CountSuspect.decision.is_(None),
    )
    return int(session.scalar(query) or 0)


def suspect_views(session: Session, found: Sequence[Suspect]) -> list[dict[str, Any]]:
    """Suspect increments as the API gives them; instants are ISO 8601 in UTC."""
    known = masters(session)
    said = _decisions(session, found)
    return [_view(known, one, said.get((one.row.tag_id, one.row.at))) for one in found]


def _view(known: Masters, one: Suspect, said: CountDecision | None) -> dict[str, Any]:
    row, unit = one.row, one.unit
    tag = known.tags[row.tag_id]
    source = known.sources[tag.source_id]
    return {
        "work_unit": unit.code,
        "name": dict(unit.names or {}),
        "line": unit.line_code,
        "tag": f"{source.code}/{tag.name}",
        "role": row.role,
        "mode": one.rule.mode.value,
        "modulus": _number(one.rule.modulus),
        "max_per_s": _number(one.rule.max_per_s),
        "pieces_per_count": number_to_json(one.factor),
        "at": instant(row.at),
        "since": instant(row.since),
        "gap_from": None if one.gap_from is None else instant(one.gap_from),
        "old": number_to_json(one.old),
        "new": number_to_json(one.new),
        "amount": number_to_json(one.amount),
        "why": one.why.value,
        "acceptable": one.acceptable,
        "since_restart": _number(one.since_restart),
        "most": one.most,
        "shift": shift_json(unit, unit.plan.period_at(row.at)),
        "decision": None if row.decision is None else _said(row.decision, said),
    }


def _said(decision: str, said: CountDecision | None) -> dict[str, Any]:
    actor: Mapping[str, Any] = (said.actor if said else None) or {}
    return {
        "decision": decision,
        "counts": None if said is None or said.amount is None else amount_json(said.amount),
        "note": said.note if said else None,
        "person": actor.get("label"),
        "recorded_at": None if said is None else instant(said.recorded_at),
        "command_id": said.command_id if said else None,
    }


def _decisions(session: Session, found: Sequence[Suspect]) -> dict[tuple[int, int], CountDecision]:
    """The last decision about each of the readings."""
    wanted = [one.row for one in found if one.row.decision is not None]
    if not wanted:
        return {}
    rows = session.scalars(
        select(CountDecision)
        .where(
            CountDecision.tag_id.in_({row.tag_id for row in wanted}),
            CountDecision.reading_at.in_({row.at for row in wanted}),
        )
        .order_by(CountDecision.recorded_at, CountDecision.command_id)
    )
    return {(row.tag_id, row.reading_at): row for row in rows}


def _suspect(session: Session, known: Masters, row: CountSuspect) -> Suspect | None:
    unit = known.work_units.get(row.work_unit_id)
    binding = None if unit is None else _binding(unit, row)
    if unit is None or binding is None:
        return None
    readings = facts.facts_since(session, [row.tag_id], row.at, row.at + 1)
    gaps = [one.gap_from for one in readings if one.gap_from is not None]
    return Suspect(
        row=row,
        unit=unit,
        rule=counter_rule(binding),
        factor=pieces_per_count(binding),
        gap_from=max(gaps) if gaps else None,
    )


def _binding(unit: WorkUnit, row: CountSuspect) -> Binding | None:
    held = [b for b in unit.bound(row.role) if b.tag_id == row.tag_id and b.holds(row.at)]
    return held[0] if held else None


def _number(value: Number | None) -> int | float | str | None:
    return None if value is None else number_to_json(value)

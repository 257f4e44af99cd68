"""Computing the figure of a work unit or line over a shift, and the fingerprint of its facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from mes.core.case_model import Case, Span
from mes.core.flags import Flag
from mes.core.oee import result_of
from mes.core.policies import Policy
from mes.core.tally import Tally, sum_of, tally
from mes.features.oee.places import rule_of, units_of_line
from mes.features.oee.service import known_unit, unit_case
from mes.features.production import facts
from mes.features.production.interpret import all_state_sources
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.production.statements import run, table
from mes.models import CountDecision, JobEvent, QuantityMove, QuantityStatement
from mes.models.base import Base

_AT_AN_INSTANT = ((QuantityStatement, "at"), (JobEvent, "at"), (CountDecision, "reading_at"))
"""Facts that people state about one instant, and its column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFigure:
    """What a work unit's figure of a shift is made of, as it is known now.

    Attributes:
        covered: its state is known to the end of the shift, or does not depend on a source.
        provisional: a stop counts as minor only so far.
    """

    unit: WorkUnit
    case: Case
    sums: Tally
    covered: bool
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Which work units (codes) a figure is made of, and by which rule."""

    rule: str
    work_units: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"rule": self.rule, "work_units": list(self.work_units)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Basis:
        """Read what `to_json` wrote."""
        return cls(rule=data["rule"], work_units=tuple(data["work_units"]))


def unit_basis(unit: WorkUnit) -> Basis:
    """A work unit's own figure."""
    return Basis(rule="work_unit", work_units=(unit.code,))


def line_basis(known: Masters, line: Line) -> Basis | None:
    """A line's figure by its own rule; None: the line has no work unit."""
    units = units_of_line(known, line, None)
    if not units:
        return None
    return Basis(rule=rule_of(line).value, work_units=tuple(unit.code for unit in units))


def unit_figure(
    session: Session, known: Masters, unit: WorkUnit, span: Span, now_us: int
) -> UnitFigure:
    """The figure of a work unit over a shift by all facts that are known."""
    given = known_unit(session, known, unit, now_us)
    case = unit_case(session, given, span)
    sums = tally(case)
    return UnitFigure(
        unit=unit,
        case=case,
        sums=sums,
        covered=given.as_of >= span.end
        and (given.known_until is None or given.known_until >= span.end),
        provisional=Flag.PROVISIONAL_STOP in sums.flags,
    )


def result_json(sums: Iterable[Tally], policy: Policy) -> dict[str, Any]:
    """The OEE result of the sum, as it is published."""
    made: dict[str, Any] = json.loads(json.dumps(result_of(sum_of(sums), policy).to_json()))
    return made


def fingerprint(session: Session, known: Masters, units: Sequence[WorkUnit], span: Span) -> str:
    """SHA-256 (hex) of the facts of these work units that speak of the window.

    Readings, holes, stop statements, quantities, job events, decisions and moves, whatever their
    order of arrival; each as a line of JSON, sorted.
    """
    digest = hashlib.sha256()
    for unit in units:
        lines = sorted(
            json.dumps([unit.code, *row], ensure_ascii=False, separators=(",", ":"))
            for row in _facts(session, known, unit, span)
        )
        digest.update("\n".join(lines).encode())
    return digest.hexdigest()


def _facts(session: Session, known: Masters, unit: WorkUnit, span: Span) -> Iterable[Sequence[Any]]:
    tags = {binding.tag_id for binding in unit.bindings}
    for row in facts.facts_since(session, tags, span.start, span.end):
        source = known.sources[row.source_id].code
        name = known.tags[row.tag_id].name
        yield ["reading", source, name, row.event_time, row.epoch, row.seq, row.value, row.quality]
    sources = sorted(all_state_sources(unit))
    for start, end in facts.gaps_after(session, sources, span.start):
        if start < span.end:
            yield ["gap", start, end]
    for statement in facts.stop_statements(session, unit.id, span.start):
        at = [t for t in (statement.seen_start, statement.start) if t is not None]
        if min(at, default=statement.stated_at) < span.end:
            yield ["stop", statement.command_id]
    for model, column in _AT_AN_INSTANT:
        of = table(model)
        inside = (of.c[column] >= span.start) & (of.c[column] < span.end)
        yield from _commands(session, unit, model, inside)
    of = table(QuantityMove)
    yield from _commands(
        session, unit, QuantityMove, (of.c.start < span.end) & (of.c.end > span.start)
    )


def _commands(
    session: Session, unit: WorkUnit, model: type[Base], inside: ColumnElement[bool]
) -> Iterable[Sequence[Any]]:
    of = table(model)
    query = select(of.c.command_id).where(of.c.work_unit_id == unit.id, inside)
    for (command_id,) in run(session, query, {}):
        yield [model.__tablename__, command_id]

"""What a line lost by the machine that caused it, from stored states (rules R10 and R28)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from mes.core.case_model import Case, Span
from mes.core.line_loss import Cause, causes, line_losses
from mes.core.oee import classify
from mes.core.policies import Policy
from mes.core.refusal import Refusal
from mes.features.oee.service import Known, known_unit, unit_records
from mes.features.production.cases import build_case
from mes.features.production.lines import LineRule, key_machine, rule_of, units_of_line
from mes.features.production.masters import Line, Masters, WorkUnit
from mes.features.production.rows import job_runs
from mes.features.production.standstill import standstill_span

LOSSES_MAX_US = 62 * 86_400_000_000
"""Longest window of line losses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLosses:
    """The losses of a line.

    Attributes:
        units: in the order in which the line hands on.
        pacing: the one whose lost time is the line's.
    """

    units: tuple[WorkUnit, ...]
    pacing: WorkUnit
    causes: tuple[Cause, ...]

    @property
    def us(self) -> int:
        """All lost time."""
        return sum(cause.us for cause in self.causes)


def line_by_code(known: Masters, code: str) -> Line:
    """The line of that code.

    Raises:
        Refusal: `place_unknown` (404).
    """
    found = known.line_ids.get(code)
    if found is None:
        raise Refusal("place_unknown", f"there is no line {code[:80]!r}", status=404)
    return known.lines[found]


def pacing_machine(known: Masters, line: Line) -> WorkUnit | None:
    """The machine whose lost time is the line's: the last one by that rule, else the constraint."""
    if rule_of(line) is LineRule.LAST:
        return next(iter(units_of_line(known, line, None)), None)
    return key_machine(known, line)


def losses_of_line(
    session: Session, known: Masters, line: Line, window: Span, now_us: int
) -> LineLosses | None:
    """The losses of a line over a window; None: it has no work unit.

    Raises:
        Refusal: `range_too_long` (422).
    """
    if window.end - window.start > LOSSES_MAX_US:
        raise Refusal("range_too_long", "line losses cover 62 days at most", status=422, field="to")
    units = known.active_work_units(line.work_unit_ids)
    pacing = pacing_machine(known, line)
    if pacing is None:
        return None
    given = [known_unit(session, known, unit, now_us) for unit in units]
    as_of = min(one.as_of for one in given)
    partitions = [
        classify(states_case(session, one, window, one.unit.site.policy, as_of=as_of))
        for one in given
    ]
    return LineLosses(
        units=tuple(units),
        pacing=pacing,
        causes=tuple(causes(line_losses(partitions, _index(units, pacing)))),
    )


def states_case(
    session: Session,
    given: Known,
    window: Span,
    policy: Policy,
    *,
    as_of: int | None = None,
    known: bool = True,
) -> Case:
    """The case of a window without its pieces: states, plan and runs.

    Args:
        as_of: None: what is known now.
        known: whether its states are wanted; without them it says plan and runs alone.
    """
    moment = given.as_of if as_of is None else min(as_of, given.as_of)
    end = max(window.start + 1, min(window.end, moment))
    records = unit_records(session, given, window.start, end, moment) if known else []
    return build_case(
        given.unit,
        given.masters,
        window=window,
        as_of=moment,
        policy=policy,
        records=records,
        runs=job_runs(session, given.unit.id, *standstill_span(records, window.start, end)),
        bookings=(),
    )


def _index(units: Sequence[WorkUnit], wanted: WorkUnit) -> int:
    return next(place for place, unit in enumerate(units) if unit.id == wanted.id)

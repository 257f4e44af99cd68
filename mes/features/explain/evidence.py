"""The facts behind an interval: what machines said, what people said, what was known of neither."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.explain import Interval
from mes.core.tally import Tally, tally
from mes.features.explain.people_facts import (
    Decision,
    JobFact,
    Moved,
    Said,
    TypedPieces,
    decisions_in,
    job_facts_in,
    moves_in,
    statements_about,
    typed_in,
)
from mes.features.explain.readings import (
    Counted,
    Page,
    Reading,
    counter_page,
    state_page,
)
from mes.features.oee.service import Known, unit_case
from mes.features.production.interpret import all_state_sources
from mes.models import GapFact

GAPS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A known hole of a source: the state is unknown in [start, end) for good."""

    source: str
    start: int
    end: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything that decided about an interval.

    Attributes:
        states: readings about the state; the first ones may lie before the interval, in force
            at its start.
        counted: counter readings with what each counted.
        sums: pieces booked in the interval, by the kernel.
        known_until: end of what is known of the state; None: it does not depend on a source.
    """

    states: Page[Reading]
    counted: Page[Counted]
    sums: Tally
    said: Sequence[Said]
    typed: Sequence[TypedPieces]
    decided: Sequence[Decision]
    jobs: Sequence[JobFact]
    moved: Sequence[Moved]
    holes: Sequence[Hole]
    known_until: int | None


def evidence(
    session: Session, given: Known, one: Interval, *, as_of: int, after: int | None = None
) -> Evidence:
    """The facts of an interval.

    Args:
        as_of: end of what the figure speaks of.
        after: counter readings from this instant on; None: from the start of the interval.
    """
    unit = given.unit
    window = Span(one.start, one.end)
    since = one.start if one.stop_start is None else min(one.stop_start, one.start)
    return Evidence(
        states=state_page(session, given, one.start, one.end),
        counted=counter_page(session, given, one.start, one.end, after),
        sums=tally(unit_case(session, given, window, as_of=as_of)),
        said=statements_about(session, unit, since, max(one.end, one.stop_end or one.end)),
        typed=typed_in(session, unit.id, one.start, one.end),
        decided=decisions_in(session, given.masters, unit.id, one.start, one.end),
        jobs=job_facts_in(session, unit.id, one.start, one.end),
        moved=moves_in(session, unit.id, one.start, one.end),
        holes=_holes(session, given, one.start, one.end),
        known_until=given.known_until,
    )


def _holes(session: Session, given: Known, start: int, end: int) -> list[Hole]:
    sources = sorted(all_state_sources(given.unit))
    if not sources:
        return []
    rows = session.scalars(
        select(GapFact)
        .where(
            GapFact.source_id.in_(sources),
            GapFact.stream == "event",
            GapFact.start < end,
            GapFact.end > start,
        )
        .order_by(GapFact.start)
        .limit(GAPS_MAX)
    )
    names = given.masters.sources
    return [
        Hole(source=names[row.source_id].code, start=row.start, end=row.end, reason=row.reason)
        for row in rows
    ]

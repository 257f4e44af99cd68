"""Reading the facts of a work unit: signals, gaps, jobs, quantities, statements, decisions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from mes.core.derive import counts, increments, runs, statements
from mes.core.derive.signals import State
from mes.core.exact import Number, parse_number
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.statements import FOREVER, run, table
from mes.models import (
    CountDecision,
    GapFact,
    JobEvent,
    JobOrder,
    QuantityStatement,
    SignalFact,
    StopStatement,
)

FactValue = float | int | str | bool | None
Span = tuple[int, int | None]
BAD = 2
COUNTER_MAX = 1e18
"""A floating-point value from here on is no counter reading."""
_PAGES_MAX = 10
_PAGE = 500


class FactRow(NamedTuple):
    """A stored reading; instants in UTC microseconds."""

    event_time: int
    source_id: int
    epoch: str
    seq: int
    tag_id: int
    value: FactValue
    quality: int
    gap_from: int | None

    @property
    def usable(self) -> bool:
        """Whether it says anything: not bad and not empty."""
        return self.quality != BAD and self.value is not None

    @property
    def countable(self) -> bool:
        """Whether it is a reading of a counter: usable and a number that a counter can show."""
        return self.quality != BAD and count_value(self.value) is not None


def count_value(value: FactValue) -> Number | None:
    """The value of a counter as an exact number; None: it is none, or none that a counter shows."""
    if isinstance(value, int):
        return int(value)
    if not isinstance(value, float) or not abs(value) < COUNTER_MAX:
        return None
    try:
        return parse_number(value)
    except ValueError:  # more digits than any counter has
        return None


_FACTS = table(SignalFact)
_COLUMNS = (
    _FACTS.c.event_time,
    _FACTS.c.source_id,
    _FACTS.c.epoch,
    _FACTS.c.seq,
    _FACTS.c.tag_id,
    _FACTS.c.value,
    _FACTS.c.quality,
    _FACTS.c.gap_from,
)
_LATEST_FIRST = (_FACTS.c.event_time.desc(), _FACTS.c.epoch.desc(), _FACTS.c.seq.desc())
_SINCE = select(*_COLUMNS).where(
    _FACTS.c.tag_id.in_(bindparam("tags", expanding=True)),
    _FACTS.c.event_time >= bindparam("start"),
    _FACTS.c.event_time < bindparam("end"),
)
_BACKWARDS = (
    select(*_COLUMNS)
    .where(_FACTS.c.tag_id == bindparam("tag"), _FACTS.c.event_time < bindparam("before"))
    .order_by(*_LATEST_FIRST)
    .limit(bindparam("most"))
)
_BACKWARDS_USABLE = (
    select(*_COLUMNS)
    .where(
        _FACTS.c.tag_id == bindparam("tag"),
        _FACTS.c.event_time < bindparam("before"),
        _FACTS.c.quality != BAD,
    )
    .order_by(*_LATEST_FIRST)
    .limit(bindparam("most"))
)
_NEXT_USABLE = (
    select(*_COLUMNS)
    .where(
        _FACTS.c.tag_id == bindparam("tag"),
        _FACTS.c.event_time >= bindparam("at"),
        _FACTS.c.quality != BAD,
    )
    .order_by(_FACTS.c.event_time, _FACTS.c.epoch, _FACTS.c.seq)
    .limit(bindparam("most"))
)
_GAPS = table(GapFact)
_GAPS_AFTER = select(_GAPS.c.start, _GAPS.c.end).where(
    _GAPS.c.source_id.in_(bindparam("sources", expanding=True)),
    _GAPS.c.end > bindparam("at"),
    _GAPS.c.stream == "event",
)


def facts_since(
    session: Session, tag_ids: Collection[int], start: int, end: int | None = None
) -> list[FactRow]:
    """The readings of tags with an event time in [start, end), by time; end None: all."""
    if not tag_ids:
        return []
    given = {"tags": sorted(tag_ids), "start": start, "end": FOREVER if end is None else end}
    return sorted(map(FactRow._make, run(session, _SINCE, given)), key=_in_time)


def _in_time(row: FactRow) -> tuple[int, int, str, int]:
    return (row.event_time, row.source_id, row.epoch, row.seq)


def last_facts(
    session: Session, tag_ids: Iterable[int], before: int, *, countable: bool = False
) -> list[FactRow]:
    """The last reading of each tag before an instant, those without one left out.

    Args:
        countable: the last one that is a counter's reading, for baselines.
    """
    found = []
    for tag_id in sorted(set(tag_ids)):
        if countable:
            row = _last_countable(session, tag_id, before)
            found += [] if row is None else [row]
        else:
            found += facts_backwards(session, tag_id, before, limit=1)
    return found


def _last_countable(session: Session, tag_id: int, before: int) -> FactRow | None:
    """The last counter reading of a tag; texts and the like before it are looked through."""
    limit = 1
    for _ in range(_PAGES_MAX):
        rows = facts_backwards(session, tag_id, before, usable=True, limit=limit)
        row = next((row for row in rows if row.countable), None)
        if row is not None or len(rows) < limit:
            return row
        before, limit = rows[-1].event_time + 1, _PAGE
    return None


def facts_backwards(
    session: Session, tag_id: int, before: int, *, usable: bool = False, limit: int
) -> list[FactRow]:
    """The last readings of a tag before an instant, latest first."""
    query = _BACKWARDS_USABLE if usable else _BACKWARDS
    rows = run(session, query, {"tag": tag_id, "before": before, "most": limit})
    return [FactRow._make(row) for row in rows]


def facts_reaching_back(session: Session, tag_ids: Iterable[int], at: int) -> list[FactRow]:
    """The first counter reading of each tag from an instant on, if its gap began before it.

    A gap never reaches back over the reading before it, so that only the first one matters.
    """
    found = []
    for tag_id in sorted(set(tag_ids)):
        row = next_countable(session, tag_id, at)
        if row is not None and row.gap_from is not None and row.gap_from < at:
            found.append(row)
    return sorted(found, key=_in_time)


def next_countable(session: Session, tag_id: int, at: int) -> FactRow | None:
    """The first counter reading of a tag from an instant on; None: there is none."""
    limit = 1
    for _ in range(_PAGES_MAX):
        found = run(session, _NEXT_USABLE, {"tag": tag_id, "at": at, "most": limit})
        rows = [FactRow._make(row) for row in found]
        row = next((row for row in rows if row.countable), None)
        if row is not None or len(rows) < limit:
            return row
        at, limit = rows[-1].event_time, _PAGE
    return None


def gaps_after(session: Session, source_ids: Collection[int], at: int) -> list[tuple[int, int]]:
    """Known holes [start, end) of the event streams of these sources that end after an instant."""
    if not source_ids:
        return []
    rows = run(session, _GAPS_AFTER, {"sources": sorted(source_ids), "at": at})
    return [(start, end) for start, end in rows]


Rate = Callable[[int, int], runs.Item | None]


def rate_finder(known: Masters, unit: WorkUnit) -> Rate:
    """A function (material id, instant) -> item with the rate in force on this work unit."""

    def item(material_id: int, at: int) -> runs.Item | None:
        material = known.materials.get(material_id)
        rate = material.rate(unit.id, at) if material else None
        return runs.Item(
            material=material_id,
            ideal_cycle_s=None if rate is None else rate.ideal_cycle_s,
            pieces_per_cycle=1 if rate is None else rate.pieces_per_cycle,
        )

    return item


_JOB_EVENTS = (
    select(
        JobEvent.at,
        JobEvent.job_order_id,
        JobEvent.kind,
        JobEvent.command_id,
        JobOrder.material_id,
        JobOrder.ideal_cycle_s,
        JobOrder.pieces_per_cycle,
    )
    .join(JobOrder, JobOrder.id == JobEvent.job_order_id)
    .where(JobEvent.work_unit_id == bindparam("unit"))
)
_KINDS = {kind.value: kind for kind in runs.JobEventKind}


def job_events(session: Session, unit_id: int, rate: Rate) -> list[runs.JobEvent]:
    """All job events of a work unit, with the item and the rate that its start froze.

    Args:
        rate: for jobs that nothing was frozen into.
    """
    return [
        runs.JobEvent(
            at=at,
            job=job,
            kind=_KINDS[kind],
            command_id=command,
            item=rate(material, at)
            if pieces is None
            else runs.Item(material=material, ideal_cycle_s=cycle, pieces_per_cycle=pieces),
        )
        for at, job, kind, command, material, cycle, pieces in run(
            session, _JOB_EVENTS, {"unit": unit_id}
        )
        if kind in _KINDS
    ]


_QUANTITIES = table(QuantityStatement)
_TYPED = select(_QUANTITIES).where(
    _QUANTITIES.c.work_unit_id == bindparam("unit"), _QUANTITIES.c.at >= bindparam("since")
)
_VOIDING = select(_QUANTITIES).where(
    _QUANTITIES.c.work_unit_id == bindparam("unit"),
    _QUANTITIES.c.at < bindparam("since"),
    _QUANTITIES.c.recorded_at >= bindparam("recorded"),
    _QUANTITIES.c.voids.is_not(None),
)
_DECISIONS = (
    select(
        CountDecision.tag_id,
        CountDecision.reading_at,
        CountDecision.decision,
        CountDecision.amount,
        CountDecision.seen_since,
    )
    .where(CountDecision.work_unit_id == bindparam("unit"))
    .order_by(CountDecision.recorded_at, CountDecision.command_id)
)
_STOPS = table(StopStatement)
_STATEMENTS = select(_STOPS).where(
    _STOPS.c.work_unit_id == bindparam("unit"),
    or_(
        _STOPS.c.stated_at > bindparam("since"),
        _STOPS.c.seen_end > bindparam("since"),
        _STOPS.c.end > bindparam("since"),
        _STOPS.c.seen_start >= bindparam("since"),
        _STOPS.c.start >= bindparam("since"),
    ),
)


def typed_quantities(session: Session, unit_id: int, since: int) -> list[counts.TypedQuantity]:
    """What people typed for times not before `since`, with what voids one of them."""
    rows = list(run(session, _TYPED, {"unit": unit_id, "since": since}))
    if rows:
        known = {row.command_id for row in rows}
        given = {
            "unit": unit_id,
            "since": since,
            "recorded": min(row.recorded_at for row in rows),
        }
        rows += [row for row in run(session, _VOIDING, given) if row.command_id not in known]
    return [
        counts.TypedQuantity(
            command_id=row.command_id,
            at=row.at,
            pieces=counts.Pieces(
                good=exact(row.good),
                scrap=exact(row.scrap),
                rework=exact(row.rework),
                startup_scrap=exact(row.startup_scrap),
            ),
            adjustment=row.adjustment,
            job=row.job_order_id,
            voids=row.voids,
        )
        for row in rows
    ]


Decisions = dict[tuple[int, int], increments.Decided]
"""By (tag, instant of the reading)."""


def count_decisions(session: Session, unit_id: int) -> Decisions:
    """Decisions on suspect counts by (tag, instant of the reading); the latest command wins."""
    return {
        (tag, at): increments.Decided(
            choice=increments.CountDecision(decision),
            counts=None if amount is None else exact(amount),
            since=since,
        )
        for tag, at, decision, amount, since in run(session, _DECISIONS, {"unit": unit_id})
    }


def stop_statements(
    session: Session, unit_id: int, since: int | None = None
) -> list[statements.StopStatement]:
    """Statements about stops that may reach beyond `since`, with what replaces them; None: all."""
    return core_statements(
        run(session, _STATEMENTS, {"unit": unit_id, "since": -FOREVER if since is None else since})
    )


def core_statements(rows: Iterable[Any]) -> list[statements.StopStatement]:
    """Stored statements as the core knows them; one that says nothing sensible is left out."""
    found = []
    for row in rows:
        try:
            found.append(
                statements.StopStatement(
                    kind=statements.StatementKind(row.kind),
                    command_id=row.command_id,
                    stated_at=row.stated_at,
                    seen_start=row.seen_start,
                    seen_end=row.seen_end,
                    start=row.start,
                    end=row.end,
                    reason=row.reason,
                    state=None if row.state is None else State(row.state),
                    replaces=row.replaces,
                )
            )
        except ValueError:
            continue
    return found


def exact(value: Decimal | int | None) -> Number:
    """A stored quantity as an exact number of the core."""
    return parse_number(value or 0)


def state_spans(spans: Sequence[Span], at: int) -> bool:
    """Whether one of the spans [start, end) holds the instant."""
    return any(start <= at and (end is None or at < end) for start, end in spans)

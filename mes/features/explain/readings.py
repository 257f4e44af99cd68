"""Readings of signals as they were received, with what they were taken to mean."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.derive.increments import CounterRule, Decided, Increment, increments
from mes.core.derive.signals import lamp_state, mapped_reason, mapped_state
from mes.core.exact import Number
from mes.features.oee.service import Known
from mes.features.production import facts
from mes.features.production.facts import FactRow, FactValue
from mes.features.production.interpret import (
    COUNTER_ROLES,
    counter_rule,
    counter_tags,
    pieces_per_count,
    reading,
    state_tags,
)
from mes.features.production.masters import Binding, Masters
from mes.features.production.statements import run, table
from mes.models import SignalFact

T = TypeVar("T")
READINGS_PER_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One stored reading.

    Attributes:
        role: what the tag meant then: state, lamp, fault, total, good, scrap.
        meaning: the state or reason it was taken for; None: it said nothing.
        quality: 0 good, 1 uncertain, 2 bad; `reason` says why.
        source_time: None: the protocol carries none.
        before: it lies before the interval and was still in force.
    """

    event_time: int
    source: str
    tag: str
    unit: str | None
    role: str
    value: FactValue
    meaning: str | None
    quality: int
    reason: str | None
    source_time: int | None
    received_time: int
    epoch: str
    seq: int
    gap_from: int | None
    clock_skew: bool
    before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A reading of a counter with what it counted.

    Attributes:
        old: value of the reading before; None: this is the baseline, or it says nothing.
        increment: None: it counted nothing because there was nothing to compare with.
        pieces: pieces that the counts stand for.
        decision: what a person decided about it; None: nobody did.
    """

    reading: Reading
    rule: CounterRule
    old: FactValue
    increment: Increment | None
    pieces: Number
    decision: Decided | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some of many; `next` is the instant to go on from, None: these are the last."""

    items: Sequence[T]
    next: int | None


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
    _FACTS.c.reason,
    _FACTS.c.source_time,
    _FACTS.c.received_time,
    _FACTS.c.clock_skew,
)
_IN_TIME = (_FACTS.c.event_time, _FACTS.c.source_id, _FACTS.c.epoch, _FACTS.c.seq)


def state_page(session: Session, given: Known, start: int, end: int) -> Page[Reading]:
    """The readings about the state in [start, end), after the ones in force at its start."""
    tags = state_tags(given.unit)
    rows, following = _page(session, tags, start, end)
    replaced = {row.tag_id for row in rows if row.event_time == start}
    held = [
        _reading(given, row, binding, before=True)
        for tag in sorted(tags - replaced)
        for row in _last_before(session, tag, start)
        for binding in _bound(given, row)
    ]
    found = [
        _reading(given, row, binding, before=False)
        for row in rows
        for binding in _bound(given, row)
    ]
    held.sort(key=lambda one: (one.event_time, one.seq))
    return Page(items=[*held, *found], next=following)


def counter_page(
    session: Session, given: Known, start: int, end: int, after: int | None
) -> Page[Counted]:
    """Counter readings of [start, end) with their increments, from `after` on."""
    unit = given.unit
    begin = start if after is None else min(max(after, start), end)
    rows, following = _page(session, counter_tags(unit), begin, end)
    decisions = facts.count_decisions(session, unit.id)
    found: list[Counted] = []
    for binding in unit.bound(*COUNTER_ROLES):
        mine = [r for r in rows if r.tag_id == binding.tag_id and binding.holds(r.event_time)]
        if mine:
            prior = facts.last_facts(session, [binding.tag_id], begin, countable=True)
            found += _counted(given, binding, mine, prior[0] if prior else None, decisions)
    found.sort(key=lambda one: (one.reading.event_time, one.reading.source, one.reading.seq))
    return Page(items=found, next=following)


def _counted(
    given: Known,
    binding: Binding,
    rows: Sequence[Any],
    prior: FactRow | None,
    decisions: Mapping[tuple[int, int], Decided],
) -> list[Counted]:
    """Each reading beside its increment: one for every usable reading but the baseline."""
    known, rule = given.masters, counter_rule(binding)
    if prior is not None and not binding.holds(prior.event_time):
        prior = None
    of_tag = {at: decided for (tag, at), decided in decisions.items() if tag == binding.tag_id}
    made = increments(
        [reading(known, _fact(row)) for row in rows],
        rule,
        None if prior is None else reading(known, prior),
        of_tag,
    )
    by_instant: dict[int, list[Increment]] = defaultdict(list)
    for one in made:
        by_instant[one.at].append(one)
    old: FactValue = None if prior is None else prior.value
    result = []
    for row in rows:
        fact = _fact(row)
        usable = reading(known, fact).value is not None
        held = by_instant[fact.event_time] if usable and old is not None else []
        increment = held.pop(0) if held else None
        counted = 0 if increment is None else increment.counted
        result.append(
            Counted(
                reading=_reading(given, row, binding, before=False),
                rule=rule,
                old=old if usable else None,
                increment=increment,
                pieces=counted * pieces_per_count(binding),
                decision=of_tag.get(fact.event_time),
            )
        )
        old = fact.value if usable else old
    return result


def _page(
    session: Session, tags: Collection[int], start: int, end: int
) -> tuple[list[Any], int | None]:
    """Readings of [start, end), whole instants, and where to go on; None: these are all."""
    if not tags or end <= start:
        return [], None
    query = (
        select(*_COLUMNS)
        .where(
            _FACTS.c.tag_id.in_(sorted(tags)),
            _FACTS.c.event_time >= start,
            _FACTS.c.event_time < end,
        )
        .order_by(*_IN_TIME)
        .limit(READINGS_PER_PAGE + 1)
    )
    rows = list(run(session, query, {}))
    if len(rows) <= READINGS_PER_PAGE:
        return rows, None
    last = rows[-1].event_time
    whole = [row for row in rows if row.event_time < last]
    return (whole, last) if whole else (rows, last + 1)


def _last_before(session: Session, tag_id: int, before: int) -> list[Any]:
    query = (
        select(*_COLUMNS)
        .where(_FACTS.c.tag_id == tag_id, _FACTS.c.event_time < before)
        .order_by(_FACTS.c.event_time.desc(), _FACTS.c.epoch.desc(), _FACTS.c.seq.desc())
        .limit(1)
    )
    return list(run(session, query, {}))


def _bound(given: Known, row: Any) -> list[Binding]:
    return [
        binding
        for binding in given.unit.bound("state", "lamp", "fault")
        if binding.tag_id == row.tag_id and binding.holds(row.event_time)
    ]


def _fact(row: Any) -> FactRow:
    return FactRow._make(row[:8])


def _reading(given: Known, row: Any, binding: Binding, *, before: bool) -> Reading:
    known: Masters = given.masters
    tag = known.tags[row.tag_id]
    return Reading(
        event_time=row.event_time,
        source=known.sources[row.source_id].code,
        tag=tag.name,
        unit=tag.unit,
        role=binding.role,
        value=row.value,
        meaning=_meaning(binding, _fact(row)),
        quality=row.quality,
        reason=row.reason,
        source_time=row.source_time,
        received_time=row.received_time,
        epoch=row.epoch,
        seq=row.seq,
        gap_from=row.gap_from,
        clock_skew=row.clock_skew,
        before=before,
    )


def _meaning(binding: Binding, row: FactRow) -> str | None:
    value = row.value if row.usable else None
    if binding.role == "state":
        state = mapped_state(value, binding.state_map)
        return None if state is None else state.value
    if binding.role == "lamp":
        lit = lamp_state(None if isinstance(value, str) else value)
        return None if lit is None else lit.value
    if binding.role == "fault":
        return mapped_reason(value, binding.rule.get("map") or {})
    return None

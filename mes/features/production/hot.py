"""Keeping a work unit's tail in memory, so that the next few readings cost next to nothing.

An entry is good only while the stored row still has the version it was made for: whoever else
changes a work unit raises its version, and the entry is not used again. Entries of a transaction
become visible after its commit.

The quick way takes readings that come in order and change nothing but counts (and states that say
the same as before); everything else, and closing sums once a minute, goes the general way.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, event
from sqlalchemy.orm import Session

from mes.core.exact import Number
from mes.features.production import facts
from mes.features.production.bookings import Booking, RunIndex, added, counter_bookings
from mes.features.production.facts import FactRow, FactValue
from mes.features.production.interpret import Way, counter_tags, state_tags, ways
from mes.features.production.live_state import LiveState, booking_to_json, item_numbers
from mes.features.production.masters import Masters, WorkUnit
from mes.features.production.moves import moved_until
from mes.features.production.standstill import MINUTE_US, seal_point
from mes.features.production.sums import QuantityKey, add_to_minutes, held_minutes

AHEAD_US = 7_200_000_000
"""How far behind the closed sums the quick way goes at most."""
PENDING = "hot_work_units"
"""Key in `Session.info` of the entries of a transaction."""


@dataclass(slots=True)
class Hot:
    """A work unit as the last derivation left it.

    Attributes:
        version: of the stored row that this belongs to.
        data: JSON of `live`.
        warm: what the quick way needs; None: not read yet.
    """

    known: Masters
    version: int
    live: LiveState
    data: dict[str, Any]
    warm: Warm | None = None


@dataclass(slots=True)
class Warm:
    """What the quick way needs to know of the readings since `sealed`.

    Attributes:
        last: last usable reading of each counter.
        latest: event time of the last reading of each tag.
        states: value and usability of the last reading of each state tag.
        minutes: pieces by minute, job and item since `sealed`.
        edges: instants that bookings must not be merged over.
    """

    last: dict[int, FactRow]
    latest: dict[int, int]
    states: dict[int, tuple[FactValue, bool]]
    minutes: dict[QuantityKey, list[Number]]
    runs: RunIndex
    edges: list[int]
    counters: frozenset[int]


@dataclass(slots=True)
class Quick:
    """What the quick way found: the new entry and the minute rows that changed."""

    hot: Hot
    changed: set[QuantityKey]
    new: set[QuantityKey]


_cache: WeakKeyDictionary[Pool, dict[int, Hot]] = WeakKeyDictionary()


def hot_of(session: Session, known: Masters, unit_id: int, version: int) -> Hot | None:
    """The entry of a work unit if it belongs to the stored version and these master data."""
    pending: dict[int, Hot] = session.info.get(PENDING, {})
    cached = _cache.get(session.get_bind().engine.pool, {})
    found = pending.get(unit_id) or cached.get(unit_id)
    if found is None or found.version != version or found.known is not known:
        return None
    return found


def keep_hot(session: Session, unit_id: int, hot: Hot) -> None:
    """Keep an entry from the commit of this session on."""
    session.info.setdefault(PENDING, {})[unit_id] = hot


def forget_hot(session: Session) -> None:
    """Read everything anew at the next use (after rows were changed past this program)."""
    _cache.pop(session.get_bind().engine.pool, None)


def _drop(session: Session) -> None:
    session.info.pop(PENDING, None)


def _publish(session: Session, transaction: Any) -> None:
    """At the end of a transaction that was not rolled back."""
    if transaction.parent is None and PENDING in session.info:
        entries = _cache.setdefault(session.get_bind().engine.pool, {})
        entries.update(session.info.pop(PENDING))


event.listen(Session, "after_rollback", _drop)
event.listen(Session, "after_transaction_end", _publish)


def quickly(
    session: Session,
    unit: WorkUnit,
    hot: Hot,
    readings: Sequence[FactRow],
    covered: int | None,
) -> Quick | None:
    """Add readings to the tail; None: they need the general way.

    Args:
        readings: new ones of this work unit, at least one.
        covered: up to where the state is known; None: it does not depend on a source.
    """
    live = hot.live
    latest = max(row.event_time for row in readings)
    last_fact = max(live.last_fact, latest)
    limit_us = unit.setting(2**62).minor_stop_limit_us
    if latest - live.sealed > AHEAD_US or (
        seal_point(live.records, last_fact, covered, limit_us) - live.sealed >= MINUTE_US
    ):
        return None
    ordered = sorted({(row.event_time, row.tag_id, row.seq): row for row in readings}.items())
    return _in_order(session, unit, hot, [row for _, row in ordered], last_fact)


def _in_order(
    session: Session, unit: WorkUnit, hot: Hot, ordered: Sequence[FactRow], last_fact: int
) -> Quick | None:
    live = hot.live
    warm = hot.warm or _warmed(session, hot.known, unit, live, ordered)
    if warm is None:
        return None
    latest = dict(warm.latest)
    for row in ordered:
        if row.gap_from is not None or row.event_time <= latest.get(row.tag_id, last_fact):
            return None
        latest[row.tag_id] = row.event_time
        if row.event_time < live.sealed:
            return None
        state = warm.states.get(row.tag_id)
        if state is not None and state != (row.value, row.usable):
            return None
    counted = counter_bookings(
        unit,
        hot.known,
        [row for row in ordered if row.tag_id in warm.counters],
        warm.last,
        warm.runs,
        {},
    )
    items = item_numbers(live)
    if counted.marks or any(booking.item not in items for booking in counted.bookings):
        return None
    last = {row.tag_id: row for row in ordered if row.countable and row.tag_id in warm.counters}
    warm = replace(
        warm,
        last={**warm.last, **last},
        latest=latest,
        minutes={key: list(values) for key, values in warm.minutes.items()},
    )
    return _added(hot, warm, counted.bookings, last_fact)


def _added(hot: Hot, warm: Warm, bookings: Sequence[Booking], last_fact: int) -> Quick:
    """A new entry; the old one stays as it is, for a transaction that fails."""
    live = hot.live
    tail = list(live.bookings)
    shown = list(hot.data["bookings"])
    items = item_numbers(live)
    for one in bookings:
        if tail and _mergeable(tail[-1], one, warm.edges):
            tail[-1] = added(tail[-1], one)
            shown[-1] = booking_to_json(tail[-1], items)
        else:
            tail.append(one)
            shown.append(booking_to_json(one, items))
    before = warm.minutes.keys() | set()
    touched = add_to_minutes(warm.minutes, bookings)
    return Quick(
        hot=Hot(
            known=hot.known,
            version=hot.version,
            live=replace(live, bookings=tuple(tail), last_fact=last_fact),
            data={**hot.data, "bookings": shown, "last_fact": last_fact},
            warm=warm,
        ),
        changed=touched & before,
        new=touched - before,
    )


def _mergeable(last: Booking, one: Booking, edges: Sequence[int]) -> bool:
    return (
        last.at // MINUTE_US == one.at // MINUTE_US
        and (last.job, last.item, last.estimated) == (one.job, one.item, one.estimated)
        and bisect_right(edges, last.at) == bisect_right(edges, one.at)
    )


def _warmed(
    session: Session, known: Masters, unit: WorkUnit, live: LiveState, new: Sequence[FactRow]
) -> Warm | None:
    """Read what the quick way needs; None: this work unit always goes the general way.

    Args:
        new: readings that are stored already and are yet to be added.
    """
    if any(span.way is not Way.TAG for span in ways(unit)) or _changes_after(unit, live.sealed):
        return None
    if (moved_until(session, unit.id) or 0) > live.sealed:  # not simply of the run then loaded
        return None
    counters, states = counter_tags(unit), state_tags(unit)
    added_later = {(row.source_id, row.epoch, row.seq) for row in new}
    rows = [
        row
        for row in facts.facts_since(session, counters | states, live.sealed)
        if (row.source_id, row.epoch, row.seq) not in added_later
    ]
    seen = {row.tag_id for row in rows}
    rows = facts.last_facts(session, (counters | states) - seen, live.sealed) + rows
    last = {row.tag_id: row for row in live.priors}
    last |= {row.tag_id: row for row in rows if row.countable and row.tag_id in counters}
    plan = unit.plan
    end = live.sealed + AHEAD_US
    edges = {record.start for record in live.records}
    edges |= {edge for s in plan.shifts(live.sealed, end) for edge in (s.start_us, s.end_us)}
    edges |= {edge for p in plan.planned(live.sealed, end) for edge in (p[0], p[1])}
    runs = RunIndex(live.runs)
    return Warm(
        last=last,
        latest={row.tag_id: row.event_time for row in rows},
        states={row.tag_id: (row.value, row.usable) for row in rows if row.tag_id in states},
        minutes=held_minutes(session, unit.id, live.sealed),
        runs=runs,
        edges=sorted({*edges, *runs.cuts}),
        counters=counters,
    )


def _changes_after(unit: WorkUnit, at: int) -> bool:
    """Whether settings or bindings change behind an instant."""
    edges = sorted(
        [
            *(setting.valid_from for setting in unit.settings),
            *(binding.start for binding in unit.bindings),
            *(binding.end for binding in unit.bindings if binding.end is not None),
        ]
    )
    return bisect_left(edges, at) < len(edges)

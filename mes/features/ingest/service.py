"""Ingest: what an edge sends becomes facts, samples and projections, and is then acknowledged.

Doing a request twice changes nothing: a record is known by (source, stream, epoch, seq). A request
is written in slices of about 50 ms each, every slice one transaction that leaves facts, projections
and acknowledgement in step, so that people's entries never wait longer for the one writer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from sys import maxsize
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Pool
from sqlalchemy.orm import Session

from mes import clock
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.ingest.arrivals import sort_out
from mes.features.ingest.status import Heard, edge_seen, update_status
from mes.features.ingest.store import Fresh
from mes.features.ingest.streams import Streams
from mes.features.ingest.wire import CLOCK_SKEW_US, Batch, Request, parse_request
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.service import Dirty, derive_again

SLICE_SECONDS = 0.05
"""How long one transaction should last at most."""
_COST_MAX = 8000
_EVENT_COST = 16
"""An event costs about as much as so many samples."""

StreamKey = tuple[int, str, str]
"""Source id, stream and epoch."""

_locks: WeakKeyDictionary[Pool, threading.Lock] = WeakKeyDictionary()
_locks_guard = threading.Lock()


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a batch; `last`: the batch ends with it."""

    batch: Batch
    records: Sequence[object]
    last: bool


@dataclass(slots=True)
class _Outcome:
    """What the answer needs to say."""

    acked: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    quarantined: int = 0
    config_revision: int | None = None


def ingest(
    database: Database,
    edge: str,
    request: object,
    *,
    now_us: int | None = None,
    slice_s: float = SLICE_SECONDS,
) -> dict[str, Any]:
    """Store a request of an edge and acknowledge it.

    Args:
        database: written in several short transactions.
        edge: code of the edge that the token belongs to.
        request: parsed JSON of the wire format.
        now_us: present plant time; None: by the plant clock.
        slice_s: how long one transaction should last at most, in real seconds; `math.inf` while
            nobody else needs the database.

    Returns:
        The answer, after everything in it has been committed.

    Raises:
        Refusal: the request is malformed (422), too large (413), or names a source that does not
            belong to the edge (403 `source_not_allowed`). Nothing of it was stored.
    """
    parsed = parse_request(request)
    plant_now = clock.plant_now_us() if now_us is None else now_us
    outcome = _Outcome()
    with _writer_lock(database):
        pace = _Pace(slice_s)
        heard = _heard(parsed)
        for parts in _slices(parsed.batches, pace):
            begun = clock.monotonic_s()
            with database.transaction() as session:
                known = masters(session)
                _refuse_foreign_sources(known, edge, parsed)
                _store_slice(session, known, parts, heard, parsed, plant_now, outcome)
            heard = {}
            pace.took(clock.monotonic_s() - begun)
    return {
        "acked": outcome.acked,
        "quarantined": outcome.quarantined,
        "config_revision": outcome.config_revision,
        "server_time_us": clock.real_now_us(),
    }


def _writer_lock(database: Database) -> threading.Lock:
    with _locks_guard:
        return _locks.setdefault(database.engine.pool, threading.Lock())


def _refuse_foreign_sources(known: Masters, edge: str, request: Request) -> None:
    own = {s.code for s in known.sources.values() if s.edge == edge}
    foreign = sorted(request.sources - own)
    if request.edge != edge or foreign:
        raise Refusal(
            "source_not_allowed",
            f"the token of edge {edge!r} does not cover: {', '.join(foreign) or request.edge}; "
            "give these sources to the edge in the plant file, or use the token of their edge",
            status=403,
            details={"sources": foreign},
        )


class _Pace:
    """How much fits into a slice, learnt from how long the last ones took."""

    def __init__(self, slice_s: float) -> None:
        self.slice_s = slice_s
        self.cost_max = _COST_MAX if isfinite(slice_s) else maxsize

    def took(self, seconds: float) -> None:
        if seconds > self.slice_s:
            self.cost_max = max(_COST_MAX // 16, int(self.cost_max * self.slice_s / seconds))
        elif seconds < self.slice_s / 2 and self.cost_max <= _COST_MAX:
            self.cost_max = min(2 * _COST_MAX, self.cost_max * 2)


def _slices(batches: Sequence[Batch], pace: _Pace) -> Iterator[list[Part]]:
    """The parts of one transaction each; small batches share one, heartbeats included."""
    parts: list[Part] = []
    room = pace.cost_max
    for batch in batches:
        cost = _EVENT_COST if batch.stream == "event" else 1
        at = 0
        while True:
            taken = batch.records[at : at + max(1, room // cost)]
            at += len(taken)
            room -= max(1, len(taken)) * cost
            parts.append(Part(batch, taken, at >= len(batch.records)))
            if room < cost:
                yield parts
                parts, room = [], pace.cost_max
            if at >= len(batch.records):
                break
    yield parts


def _heard(request: Request) -> dict[str, Heard]:
    return {link.source: Heard(link=link.report) for link in request.links}


def _store_slice(
    session: Session,
    known: Masters,
    parts: Sequence[Part],
    heard: Mapping[str, Heard],
    request: Request,
    now_us: int,
    outcome: _Outcome,
) -> None:
    streams = Streams(session, {known.source_ids[part.batch.source] for part in parts})
    dirty = Dirty(known)
    reports = dict(heard)
    fresh = Fresh()
    skew_us = int(CLOCK_SKEW_US * clock.plant_clock().speed)
    for part in parts:
        batch = part.batch
        source_id = known.source_ids[batch.source]
        stream = streams.of(source_id, batch.stream, batch.epoch)
        arrived = sort_out(
            part.records,
            stream.presence,
            tags=known.tags_of_source.get(source_id, {}),
            clock_offset_us=request.clock_offset_us,
            now_us=now_us,
            event=batch.stream == "event",
            skew_us=skew_us,
        )
        fresh.add(source_id, batch, arrived)
        stream.advance(arrived.presence, batch.covered_until if part.last else None)
        outcome.quarantined += len(arrived.bad)
        answered = outcome.acked.setdefault(batch.source, {})
        answered[batch.stream] = {"epoch": batch.epoch, "seq": stream.presence.acked}
        if batch.source in reports or part.records:
            reports.setdefault(batch.source, Heard(link=None)).add(arrived)
        if batch.stream == "event":
            dirty.add_readings(source_id, batch.epoch, arrived.values)
            dirty.add_gaps(source_id, arrived.gaps)
    fresh.insert(session, now_us)
    streams.store(session, now_us)
    dirty.announced |= update_status(session, known, reports, streams.covered(), now_us)
    derive_again(session, dirty)
    edge_seen(session, request.edge, request.config_revision)
    outcome.config_revision = known.config_revision

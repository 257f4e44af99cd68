"""Ingest: what an edge sends becomes facts, samples and projections, and is then acknowledged.

Doing a request twice changes nothing: a record is known by (source, stream, epoch, seq). A request
is written in slices of about 50 ms each, every slice one transaction that leaves facts, projections
and acknowledgement in step, so that people's entries never wait longer for the one writer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, func, select, update
from sqlalchemy.orm import Session

from mes import clock
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.ingest.acknowledgement import Presence, from_json
from mes.features.ingest.arrivals import Arrived, sort_out
from mes.features.ingest.status import Heard, update_status
from mes.features.ingest.store import Fresh
from mes.features.ingest.wire import CLOCK_SKEW_US, Batch, Request, parse_request
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters
from mes.features.production.service import Dirty, derive_again
from mes.models import ConfigRevision, Edge, SourceStream

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
) -> dict[str, Any]:
    """Store a request of an edge and acknowledge it.

    Args:
        database: written in several short transactions.
        edge: code of the edge that the token belongs to.
        request: parsed JSON of the wire format.
        now_us: present plant time; None: by the plant clock.

    Returns:
        The answer, after everything in it has been committed.

    Raises:
        Refusal: the request is malformed (422), too large (413), or names a source that does not
            belong to the edge (403 `source_not_allowed`). Nothing of it was stored.
    """
    parsed = parse_request(request)
    plant_now = clock.plant_now_us() if now_us is None else now_us
    with database.reading() as session:
        _refuse_foreign_sources(masters(session), edge, parsed)
    outcome = _Outcome()
    with _writer_lock(database):
        pace = _Pace()
        heard = _heard(parsed)
        for parts in _slices(parsed.batches, pace):
            begun = clock.monotonic_s()
            with database.transaction() as session:
                _store_slice(session, parts, heard, parsed, plant_now, outcome)
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

    def __init__(self) -> None:
        self.cost_max = _COST_MAX

    def took(self, seconds: float) -> None:
        if seconds > SLICE_SECONDS:
            self.cost_max = max(_COST_MAX // 16, int(self.cost_max * SLICE_SECONDS / seconds))
        elif seconds < SLICE_SECONDS / 2:
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
    parts: Sequence[Part],
    heard: Mapping[str, Heard],
    request: Request,
    now_us: int,
    outcome: _Outcome,
) -> None:
    known = masters(session)
    dirty = Dirty(known)
    reports = dict(heard)
    covered: dict[int, tuple[int | None, int]] = {}
    fresh = Fresh()
    parts = sorted(parts, key=lambda p: (p.batch.source, p.batch.stream, p.batch.epoch))
    rows = _streams(session, known, [part.batch for part in parts])
    for part in parts:
        source_id = known.source_ids[part.batch.source]
        row = rows[source_id, part.batch.stream, part.batch.epoch]
        before = row.covered_until
        arrived = _take_part(known, part, row, request, now_us)
        fresh.add(source_id, part.batch, arrived)
        outcome.quarantined += len(arrived.bad)
        stream = outcome.acked.setdefault(part.batch.source, {})
        stream[part.batch.stream] = {"epoch": part.batch.epoch, "seq": row.acked_seq}
        report = reports.get(part.batch.source, Heard(link=None))
        reports[part.batch.source] = report.with_arrived(arrived)
        if part.batch.stream == "event":
            dirty.add_readings(arrived.values)
            dirty.add_gaps(source_id, arrived.gaps)
            if row.covered_until is not None:
                covered[source_id] = (before, row.covered_until)
    fresh.insert(session, now_us)
    dirty.announced |= update_status(session, known, reports, covered, now_us)
    derive_again(session, dirty)
    session.execute(
        update(Edge)
        .where(Edge.code == request.edge)
        .values(
            seen_at=clock.real_now_us(),
            running_revision=func.coalesce(request.config_revision, Edge.running_revision),
        )
    )
    outcome.config_revision = session.scalar(select(func.max(ConfigRevision.id)))


def _take_part(
    known: Masters, part: Part, row: SourceStream, request: Request, now_us: int
) -> Arrived:
    """Sort out the records of a part and move its stream on; nothing is written yet."""
    batch = part.batch
    arrived = sort_out(
        part.records,
        from_json(row.acked_seq, row.islands),
        tags=known.tags_of_source.get(row.source_id, {}),
        clock_offset_us=request.clock_offset_us,
        now_us=now_us,
        event=batch.stream == "event",
        skew_us=int(CLOCK_SKEW_US * clock.plant_clock().speed),
    )
    _advance(row, arrived.presence, batch.covered_until if part.last else None)
    row.received_at = now_us
    return arrived


def _streams(
    session: Session, known: Masters, batches: Sequence[Batch]
) -> dict[StreamKey, SourceStream]:
    """The stream rows of batches, locked in one order, made where there was none."""
    wanted = {(known.source_ids[b.source], b.stream, b.epoch) for b in batches}
    found = session.scalars(
        select(SourceStream)
        .where(
            SourceStream.source_id.in_(sorted({source_id for source_id, _, _ in wanted})),
            SourceStream.epoch.in_(sorted({epoch for _, _, epoch in wanted})),
        )
        .order_by(SourceStream.source_id, SourceStream.stream, SourceStream.epoch)
        .with_for_update()
    )
    rows = {(row.source_id, row.stream, row.epoch): row for row in found}
    for key in sorted(wanted - rows.keys()):
        source_id, stream, epoch = key
        rows[key] = SourceStream(
            source_id=source_id,
            stream=stream,
            epoch=epoch,
            acked_seq=0,
            covered_until=None,
            islands=[],
            received_at=0,
        )
        session.add(rows[key])
    return rows


def _advance(row: SourceStream, presence: Presence, covered_until: int | None) -> None:
    """Move the stream on; what is covered is only believed while nothing is missing."""
    if presence.acked != row.acked_seq:
        row.acked_seq = presence.acked
    islands = [list(island) for island in presence.islands]
    if islands != row.islands:
        row.islands = islands
    if covered_until is not None and presence.complete:
        row.covered_until = max(covered_until, row.covered_until or covered_until)

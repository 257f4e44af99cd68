"""Where the streams of a transaction's sources stand: read by one select, written by one update."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from mes.features.ingest.acknowledgement import Presence, from_json
from mes.features.production.statements import execute_many, run, run_many, table
from mes.models import SourceStream

_ROWS = table(SourceStream)
_OF_SOURCES = (
    select(
        _ROWS.c.id,
        _ROWS.c.source_id,
        _ROWS.c.stream,
        _ROWS.c.epoch,
        _ROWS.c.acked_seq,
        _ROWS.c.covered_until,
        _ROWS.c.islands,
    )
    .where(_ROWS.c.source_id.in_(bindparam("sources", expanding=True)))
    .order_by(_ROWS.c.id)
    .with_for_update()
)
_UPDATE = (
    f"UPDATE {SourceStream.__tablename__} SET acked_seq = ?, covered_until = ?, islands = ?,"  # noqa: S608 - a constant name only
    " received_at = ? WHERE id = ?"
)
_INSERT = insert(_ROWS)


@dataclass(slots=True)
class Stream:
    """One (source, stream, epoch); `before` is what it covered at the start."""

    row: int | None
    source_id: int
    stream: str
    epoch: str
    presence: Presence
    covered_until: int | None
    before: int | None
    touched: bool = False

    def advance(self, presence: Presence, covered_until: int | None) -> None:
        """Move on; what is covered is only believed while nothing is missing."""
        if presence != self.presence:
            self.presence, self.touched = presence, True
        if covered_until is not None and presence.complete:
            covered = max(covered_until, self.covered_until or covered_until)
            if covered != self.covered_until:
                self.covered_until, self.touched = covered, True


class Streams:
    """The streams of some sources, locked until the end of the transaction."""

    def __init__(self, session: Session, source_ids: Collection[int]) -> None:
        self._held: dict[tuple[int, str, str], Stream] = {}
        if not source_ids:
            return
        for row in run(session, _OF_SOURCES, {"sources": sorted(source_ids)}):
            identity, source, stream, epoch, acked, covered, islands = row
            self._held[source, stream, epoch] = Stream(
                row=identity,
                source_id=source,
                stream=stream,
                epoch=epoch,
                presence=from_json(acked, islands),
                covered_until=covered,
                before=covered,
            )

    def of(self, source_id: int, stream: str, epoch: str) -> Stream:
        """The stream of that name, a new one if it was never heard of."""
        key = (source_id, stream, epoch)
        if key not in self._held:
            self._held[key] = Stream(
                row=None,
                source_id=source_id,
                stream=stream,
                epoch=epoch,
                presence=Presence(),
                covered_until=None,
                before=None,
                touched=True,
            )
        return self._held[key]

    def store(self, session: Session, now_us: int) -> None:
        """Write what has moved."""
        moved = [stream for stream in self._held.values() if stream.touched]
        execute_many(
            session,
            _UPDATE,
            [
                (one.presence.acked, one.covered_until, _islands(one), now_us, one.row)
                for one in moved
                if one.row is not None
            ],
        )
        run_many(
            session,
            _INSERT,
            [
                {
                    "source_id": one.source_id,
                    "stream": one.stream,
                    "epoch": one.epoch,
                    "acked_seq": one.presence.acked,
                    "covered_until": one.covered_until,
                    "islands": [list(island) for island in one.presence.islands],
                    "received_at": now_us,
                }
                for one in moved
                if one.row is None
            ],
        )

    def covered(self) -> dict[int, tuple[int | None, int]]:
        """By source whose event stream moved: covered before, and now."""
        return {
            one.source_id: (one.before, one.covered_until)
            for one in self._held.values()
            if one.stream == "event" and one.touched and one.covered_until is not None
        }


def _islands(stream: Stream) -> str:
    return json.dumps(stream.presence.islands) if stream.presence.islands else "[]"

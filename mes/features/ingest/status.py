"""What is known of a source besides its facts: link state, last values, how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Integer, Pool, bindparam, func, insert, select, update
from sqlalchemy.orm import Session

from mes.clock import monotonic_s, real_now_us
from mes.features.ingest.arrivals import BAD, Arrived
from mes.features.production.coverage import fresh_limit_us
from mes.features.production.masters import Masters
from mes.features.production.statements import run, run_many, table
from mes.models import Edge, SourceStatus

_SHOWN = ("state", "since", "reason", "detail")
WRITE_EVERY_S = 1.0
"""Real seconds between two writings of the last values of a source."""
LAST_VALUES_MAX = 2000
"""Most tags of a source whose last values are kept."""


@dataclass(slots=True, kw_only=True)
class Heard:
    """What a transaction heard of a source.

    Attributes:
        link: what the edge reported; None: nothing in this transaction.
        values: by tag the last record of the wire format.
    """

    link: Mapping[str, Any] | None
    values: Mapping[str, Any] = field(default_factory=dict)
    last_received: int | None = None
    quarantined: int = 0

    def add(self, arrived: Arrived) -> None:
        """Take the records of one more batch."""
        if self.values:
            self.values = {**self.values, **arrived.last_values}
        else:
            self.values = arrived.last_values
        if arrived.last_received is not None:
            self.last_received = max(arrived.last_received, self.last_received or 0)
        self.quarantined += len(arrived.bad)


@dataclass(slots=True)
class _Book:
    """What was heard of one source and not written yet.

    Attributes:
        last_good: by tag that is bad now, its last good value and when it was received.
    """

    values: dict[str, Any] = field(default_factory=dict)
    last_good: dict[str, tuple[Any, int]] = field(default_factory=dict)
    last_received: int | None = None
    written_s: float = -WRITE_EVERY_S
    shown: tuple[object, ...] | None = None


_books: WeakKeyDictionary[Pool, dict[int, _Book]] = WeakKeyDictionary()
_ROWS = table(SourceStatus)
_HELD = select(_ROWS).where(_ROWS.c.source_id.in_(bindparam("sources", expanding=True)))
_UPDATE = (
    update(_ROWS)
    .where(_ROWS.c.source_id == bindparam("source"))
    .values(
        link=bindparam("said"),
        last_data_at=bindparam("data_at"),
        last_values=bindparam("values_json"),
        reported_at=bindparam("reported"),
    )
)
_INSERT = insert(_ROWS)


def update_status(
    session: Session,
    known: Masters,
    heard: Mapping[str, Heard],
    covered: Mapping[int, tuple[int | None, int]],
    now_us: int,
) -> set[int]:
    """Keep what was heard; last values, counters and data age are written every
    `WRITE_EVERY_S` at most.

    Args:
        covered: by source, what its event stream covered before and covers now.

    Returns:
        Ids of the work units whose tile shows something new because of it.
    """
    changed: set[int] = set()
    due = _due(session, known, heard)
    rows: dict[int, Any] = {}
    if due:
        rows = {row.source_id: row for row in run(session, _HELD, {"sources": sorted(due)})}
    updates: list[dict[str, Any]] = []
    inserts: list[dict[str, Any]] = []
    for source_id, (said, book) in due.items():
        row = rows.get(source_id)
        before: Mapping[str, Any] = (row.link if row else None) or {}
        if said.link is not None and any(before.get(key) != said.link.get(key) for key in _SHOWN):
            changed.update(known.units_of_source.get(source_id, ()))
        link = {**before, **(said.link or {})}
        if said.quarantined:
            link["quarantined"] = int(before.get("quarantined", 0)) + said.quarantined
        known_last = (row.last_values if row else None) or {}
        said_last = {
            tag: _last_value(record, book.last_good.get(tag), known_last.get(tag))
            for tag, record in book.values.items()
        }
        values = {**known_last, **said_last}
        times = [at for at in (row.last_data_at if row else None, book.last_received) if at]
        stored = {
            "said": link,
            "values_json": dict(list(values.items())[-LAST_VALUES_MAX:]),
            "data_at": max(times, default=None),
            "reported": now_us,
            "source": source_id,
        }
        (inserts if row is None else updates).append(stored)
        book.values.clear()
        book.last_good.clear()
    run_many(session, _UPDATE, updates)
    run_many(
        session,
        _INSERT,
        [
            {
                "source_id": one["source"],
                "link": one["said"],
                "last_data_at": one["data_at"],
                "last_values": one["values_json"],
                "reported_at": one["reported"],
            }
            for one in inserts
        ],
    )
    limit = fresh_limit_us()
    for source_id, (was, now) in covered.items():
        if (was is None or now_us - was > limit) and now_us - now <= limit:
            changed.update(known.units_of_source.get(source_id, ()))
    return changed


def _last_value(
    record: Sequence[Any], good: tuple[Any, int] | None, known: Sequence[Any] | None
) -> list[Any]:
    """Value, quality, reason and instant as they are kept; behind a bad one the last good one.

    Args:
        good: the last good value that was not written, and its instant.
        known: what was written of the tag before.
    """
    shown = [record[3], record[4], record[5], record[7]]
    if record[4] != BAD:
        return shown
    if good is None and known is not None:
        good = (known[0], known[3]) if known[1] != BAD else tuple(known[4:6]) or None
    return [*shown, *(good or ())]


_EDGE_SEEN = (
    update(Edge)
    .where(Edge.code == bindparam("edge"))
    .values(
        seen_at=bindparam("seen"),
        running_revision=func.coalesce(bindparam("revision", type_=Integer), Edge.running_revision),
    )
)
_seen: WeakKeyDictionary[Pool, dict[str, tuple[float, int | None]]] = WeakKeyDictionary()


def edge_seen(session: Session, edge: str, revision: int | None) -> None:
    """Note that an edge called (real time), every `WRITE_EVERY_S` at most.

    Args:
        revision: the configuration that it says it runs; None: it does not say.
    """
    seen = _seen.setdefault(session.get_bind().engine.pool, {})
    now_s = monotonic_s()
    at_s, said = seen.get(edge, (-WRITE_EVERY_S, None))
    if now_s - at_s < WRITE_EVERY_S and said == revision:
        return
    seen[edge] = (now_s, revision)
    run(session, _EDGE_SEEN, {"edge": edge, "seen": real_now_us(), "revision": revision})


def forget_heard(session: Session) -> None:
    """Write every source whole at the next time, as after a start."""
    _books.pop(session.get_bind().engine.pool, None)
    _seen.pop(session.get_bind().engine.pool, None)


def _due(
    session: Session, known: Masters, heard: Mapping[str, Heard]
) -> dict[int, tuple[Heard, _Book]]:
    """The sources to write whole: new ones, with news of the link or first data, or not written
    for long."""
    books = _books.setdefault(session.get_bind().engine.pool, {})
    now_s = monotonic_s()
    due: dict[int, tuple[Heard, _Book]] = {}
    for code, said in heard.items():
        source_id = known.source_ids[code]
        book = books.setdefault(source_id, _Book())
        for tag, record in said.values.items():
            before = book.values.get(tag)
            if record[4] == BAD and before is not None and before[4] != BAD:
                book.last_good[tag] = (before[3], before[7])
        book.values.update(said.values)
        first_data = said.last_received is not None and book.last_received is None
        if said.last_received is not None:
            book.last_received = max(said.last_received, book.last_received or 0)
        shown = None if said.link is None else tuple(said.link.get(key) for key in _SHOWN)
        news = shown is not None and shown != book.shown
        if news or first_data or said.quarantined or now_s - book.written_s >= WRITE_EVERY_S:
            book.written_s = now_s
            book.shown = shown if shown is not None else book.shown
            due[source_id] = (said, book)
    return due

"""What is known of a source besides its facts: link state, last values, how fresh it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, bindparam, insert, select, update
from sqlalchemy.orm import Session

from mes.clock import monotonic_s
from mes.features.ingest.arrivals import Arrived
from mes.features.production.coverage import fresh_limit_us
from mes.features.production.masters import Masters
from mes.features.production.statements import run, run_many, table
from mes.models import SourceStatus

_SHOWN = ("state", "since", "reason", "detail")
WRITE_EVERY_S = 2.0
"""Real seconds between two writings of the last values of a source."""
LAST_VALUES_MAX = 2000
"""Most tags of a source whose last values are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a transaction heard of a source.

    Attributes:
        link: what the edge reported; None: nothing in this transaction.
    """

    link: Mapping[str, Any] | None
    values: Mapping[str, list[object]] = field(default_factory=dict)
    last_received: int | None = None
    quarantined: int = 0

    def with_arrived(self, arrived: Arrived) -> Heard:
        """With the records of one more batch."""
        times = [at for at in (self.last_received, arrived.last_received) if at is not None]
        return replace(
            self,
            values={**self.values, **arrived.last_values},
            last_received=max(times, default=None),
            quarantined=self.quarantined + len(arrived.bad),
        )


@dataclass(slots=True)
class _Book:
    """What was heard of one source and not written yet."""

    values: dict[str, list[object]] = field(default_factory=dict)
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
_PRESENT = select(_ROWS.c.source_id, _ROWS.c.last_data_at).where(
    _ROWS.c.source_id.in_(bindparam("sources", expanding=True))
)
_DATA_CAME = (
    update(_ROWS)
    .where(_ROWS.c.source_id == bindparam("source"))
    .values(last_data_at=bindparam("data_at"), reported_at=bindparam("reported"))
)


def update_status(
    session: Session,
    known: Masters,
    heard: Mapping[str, Heard],
    covered: Mapping[int, tuple[int | None, int]],
    now_us: int,
) -> set[int]:
    """Keep what was heard; last values and counters are written every `WRITE_EVERY_S` at most.

    Args:
        covered: by source, what its event stream covered before and covers now.

    Returns:
        Ids of the work units whose tile shows something new because of it.
    """
    changed: set[int] = set()
    data_at = _data_times(session, known, heard)
    due = _due(session, known, heard, data_at.keys())
    run_many(
        session,
        _DATA_CAME,
        [
            {"source": source_id, "data_at": at, "reported": now_us}
            for source_id, (before, at) in data_at.items()
            if source_id not in due and at is not None and at != before
        ],
    )
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
        values = {**((row.last_values if row else None) or {}), **book.values}
        times = [at for at in (row.last_data_at if row else None, said.last_received) if at]
        stored = {
            "said": link,
            "values_json": dict(list(values.items())[-LAST_VALUES_MAX:]),
            "data_at": max(times, default=None),
            "reported": now_us,
            "source": source_id,
        }
        (inserts if row is None else updates).append(stored)
        book.values.clear()
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


def _data_times(
    session: Session, known: Masters, heard: Mapping[str, Heard]
) -> dict[int, tuple[int | None, int | None]]:
    """By source that has a row: when its last data came, as stored and now."""
    ids = {known.source_ids[code]: said for code, said in heard.items()}
    if not ids:
        return {}
    found = {}
    for source_id, before in run(session, _PRESENT, {"sources": sorted(ids)}):
        times = [at for at in (before, ids[source_id].last_received) if at is not None]
        found[source_id] = (before, max(times, default=None))
    return found


def _due(
    session: Session, known: Masters, heard: Mapping[str, Heard], present: Collection[int]
) -> dict[int, tuple[Heard, _Book]]:
    """The sources to write whole: new ones, with news of the link, or not written for long."""
    books = _books.setdefault(session.get_bind().engine.pool, {})
    now_s = monotonic_s()
    due: dict[int, tuple[Heard, _Book]] = {}
    for code, said in heard.items():
        source_id = known.source_ids[code]
        book = books.setdefault(source_id, _Book())
        book.values.update(said.values)
        shown = None if said.link is None else tuple(said.link.get(key) for key in _SHOWN)
        news = shown is not None and shown != book.shown
        fresh = source_id not in present
        if fresh or news or said.quarantined or now_s - book.written_s >= WRITE_EVERY_S:
            book.written_s = now_s
            book.shown = shown if shown is not None else book.shown
            due[source_id] = (said, book)
    return due

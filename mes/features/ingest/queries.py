"""Sources as people look after them: link, freshness, last values, refused records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes import clock
from mes.features.production.coverage import covered_by_source
from mes.features.production.master_loading import masters
from mes.features.production.masters import Masters, Source
from mes.features.production.tile import instant
from mes.models import ConfigRevision, Edge, Quarantine, SourceStatus
from mes.models import Source as SourceRow

EDGE_SILENT_S = 10
"""An edge that has not called for so many real seconds does not run."""

ADVICE = {
    "up": None,
    "connecting": "wait_for_link",
    "degraded": "check_sensor",
    "backing_off": "check_power_and_cable",
    "refused": "allow_collector",
    "stopped": "start_source",
}


def sources(session: Session) -> list[dict[str, Any]]:
    """All sources that are not retired, by code; `advice` is a code of what to do, or None."""
    known = masters(session)
    status = {row.source_id: row for row in session.scalars(select(SourceStatus))}
    rows = session.execute(select(SourceRow.id, SourceRow.definition))
    definitions = {row.id: row.definition for row in rows}
    seen = {row.code: row.seen_at for row in session.execute(select(Edge.code, Edge.seen_at))}
    covered = covered_by_source(session)
    wanted = _Wanted(session)
    return [
        {
            **_source(known, source, definitions[source.id], status.get(source.id), seen, covered),
            "configuration": wanted.beside(_link(status.get(source.id)).get("configuration")),
        }
        for source in sorted(known.sources.values(), key=lambda s: s.code)
        if not source.retired
    ]


class _Wanted:
    """The revision that edges should run, and when each one was saved (real time)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._saved_at: dict[int, int] = {}
        self.revision = session.scalar(select(func.max(ConfigRevision.id)))

    def beside(self, running: Mapping[str, Any] | None) -> dict[str, Any]:
        """What an edge says of one source, with what it should run; None: it says nothing."""
        told = dict(running or {})
        return {
            **told,
            "revision": told.get("revision"),
            "revision_at": self._at(told.get("revision")),
            "desired_revision": self.revision,
            "desired_at": self._at(self.revision),
        }

    def _at(self, revision: int | None) -> str | None:
        if revision is None:
            return None
        if revision not in self._saved_at:
            query = select(ConfigRevision.recorded_at).where(ConfigRevision.id == revision)
            self._saved_at[revision] = self._session.scalar(query) or 0
        at = self._saved_at[revision]
        return instant(at) if at else None


def _link(status: SourceStatus | None) -> Mapping[str, Any]:
    return (status.link if status else None) or {}


def _source(
    known: Masters,
    source: Source,
    definition: Mapping[str, Any],
    status: SourceStatus | None,
    seen: Mapping[str, int | None],
    covered: Mapping[int, int],
) -> dict[str, Any]:
    link = _link(status)
    seen_at = seen.get(source.edge)
    silent_s = None if seen_at is None else max(0, clock.real_now_us() - seen_at) / 1_000_000
    values = _values(known, source, status)
    until = covered.get(source.id)
    return {
        "source": source.code,
        "protocol": source.protocol,
        "address": address_of(definition),
        "edge": source.edge,
        "edge_silent_s": silent_s,
        "state": link.get("state"),
        "since": instant(link["since"]) if link.get("since") else None,
        "reason": link.get("reason"),
        "detail": link.get("detail"),
        "advice": _advice(link, silent_s),
        "counters": dict(link.get("counters") or {}),
        "quarantined": int(link.get("quarantined") or 0),
        "last_value_at": None
        if status is None or status.last_data_at is None
        else instant(status.last_data_at),
        "covered_until": None if until is None else instant(until),
        "work_units": [
            known.work_units[unit_id].code for unit_id in known.units_of_source.get(source.id, ())
        ],
        "values": values,
    }


def _advice(link: Mapping[str, Any], silent_s: float | None) -> str | None:
    if silent_s is None or silent_s > EDGE_SILENT_S:
        return "start_collector"
    return ADVICE.get(str(link.get("state")), "wait_for_link")


def _values(known: Masters, source: Source, status: SourceStatus | None) -> list[dict[str, Any]]:
    last: Mapping[str, list[Any]] = (status.last_values if status else None) or {}
    tags = known.tags_of_source.get(source.id, {})
    return [
        {
            "tag": tag,
            "value": value,
            "unit": known.tags[tags[tag]].unit if tag in tags else None,
            "quality": ("good", "uncertain", "bad")[quality],
            "reason": reason,
            "at": instant(at),
            "last_good": {"value": good[0], "at": instant(good[1])} if good else None,
        }
        for tag, (value, quality, reason, at, *good) in sorted(last.items())
    ]


def kept_aside(
    session: Session,
    source: str | None = None,
    *,
    cleared: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[dict[str, Any]], int | None]:
    """Records that ingest refused and kept as they came, the latest first.

    Args:
        source: code of a source; None: of all.
        cleared: those that a person has cleared instead of those that wait.
        before: what the page before said; None: the first page.

    Returns:
        A page, and what the next one is asked with (None: there is none).
    """
    waits = Quarantine.cleared_at.is_(None)
    query = select(Quarantine).where(~waits if cleared else waits)
    query = query.order_by(Quarantine.id.desc()).limit(limit + 1)
    if source is not None:
        query = query.where(Quarantine.source == source)
    if before is not None:
        query = query.where(Quarantine.id < before)
    rows = list(session.scalars(query))
    items = [_kept_aside(row) for row in rows[:limit]]
    return items, rows[limit - 1].id if len(rows) > limit else None


def _kept_aside(row: Quarantine) -> dict[str, Any]:
    return {
        "id": row.id,
        "source": row.source,
        "stream": row.stream,
        "epoch": row.epoch,
        "seq": row.seq,
        "code": row.code,
        "message": row.message,
        "record": row.record,
        "received_at": instant(row.received_at),
        "cleared": None
        if row.cleared_at is None
        else {
            "at": instant(row.cleared_at),
            "person": (row.cleared_by or {}).get("label"),
            "note": row.cleared_note,
        },
    }


def kept_aside_count(session: Session) -> int:
    """How many refused records wait for a person."""
    waits = Quarantine.cleared_at.is_(None)
    return int(session.scalar(select(func.count()).select_from(Quarantine).where(waits)) or 0)


def address_of(definition: Mapping[str, Any]) -> str | None:
    """Where the device is, as people read it; None: the definition does not say."""
    link: Mapping[str, Any] = definition.get("link") or {}
    address: object = None
    if link.get("host"):
        address = f"{link['host']}:{link.get('port', 502)}"
    else:
        address = link.get("device") or definition.get("endpoint") or definition.get("file")
    unit = definition.get("unit")
    if address is None:
        return None
    return f"{address} / {unit}" if unit is not None else str(address)

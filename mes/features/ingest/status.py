"""What is known of a source besides its facts: link state, last values, how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.ingest.arrivals import Arrived
from mes.features.production.coverage import fresh_limit_us
from mes.features.production.masters import Masters
from mes.models import SourceStatus

_SHOWN = ("state", "since", "reason", "detail")
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


def update_status(
    session: Session,
    known: Masters,
    heard: Mapping[str, Heard],
    covered: Mapping[int, tuple[int | None, int]],
    now_us: int,
) -> set[int]:
    """Store what was heard.

    Args:
        covered: by source, what its event stream covered before and covers now.

    Returns:
        Ids of the work units whose tile shows something new because of it.
    """
    changed: set[int] = set()
    ids = {code: known.source_ids[code] for code in heard}
    rows = {
        row.source_id: row
        for row in session.scalars(
            select(SourceStatus).where(SourceStatus.source_id.in_(sorted(ids.values())))
        )
    }
    for code, said in heard.items():
        source_id = ids[code]
        row = rows.get(source_id)
        if row is None:
            row = SourceStatus(
                source_id=source_id, link={}, last_data_at=None, last_values={}, reported_at=0
            )
            session.add(row)
        link = dict(row.link or {})
        if said.link is not None:
            if any(link.get(key) != said.link.get(key) for key in _SHOWN):
                changed.update(known.units_of_source.get(source_id, ()))
            link = {**link, **said.link}
        if said.quarantined:
            link["quarantined"] = int(link.get("quarantined", 0)) + said.quarantined
        if link != row.link:
            row.link = link
        if said.values:
            values = {**(row.last_values or {}), **said.values}
            row.last_values = dict(list(values.items())[-LAST_VALUES_MAX:])
        if said.last_received is not None and said.last_received > (row.last_data_at or 0):
            row.last_data_at = said.last_received
        row.reported_at = now_us
    limit = fresh_limit_us()
    for source_id, (before, now) in covered.items():
        was_stale = before is None or now_us - before > limit
        if was_stale and now_us - now <= limit:
            changed.update(known.units_of_source.get(source_id, ()))
    return changed

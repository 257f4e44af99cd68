"""Up to where a work unit's state is known, and when that is too long ago to count as present."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from mes import clock
from mes.features.production.interpret import state_sources
from mes.features.production.masters import WorkUnit
from mes.features.production.statements import run, table
from mes.models import SourceStatus, SourceStream

FRESH_REAL_S = 5
"""A source that has covered nothing for so many real seconds is stale."""


_STREAMS = table(SourceStream)
_STATUS = table(SourceStatus)
_LATEST = (
    select(_STREAMS.c.source_id, func.max(_STREAMS.c.covered_until), _STATUS.c.last_data_at)
    .outerjoin(_STATUS, _STATUS.c.source_id == _STREAMS.c.source_id)
    .where(_STREAMS.c.stream == "event")
    .group_by(_STREAMS.c.source_id, _STATUS.c.last_data_at)
)
_LATEST_OF = _LATEST.where(_STREAMS.c.source_id.in_(bindparam("sources", expanding=True)))


def covered_by_source(session: Session, source_ids: Iterable[int] | None = None) -> dict[int, int]:
    """Covered until (us), by source; sources that promise nothing: their last data. One select."""
    if source_ids is None:
        rows = run(session, _LATEST, {})
    else:
        rows = run(session, _LATEST_OF, {"sources": sorted(set(source_ids))})
    found = {}
    for source_id, covered, last_data in rows:
        known = covered if covered is not None else last_data
        if known is not None:
            found[source_id] = known
    return found


def covered_until(unit: WorkUnit, covered: Mapping[int, int], at: int) -> int | None:
    """Up to where the state of a work unit is known.

    Args:
        covered: by source.
        at: the present; decides which signals hold.

    Returns:
        None: the state does not depend on a source. A work unit without any way of knowing its
        state, or whose source has never spoken, is covered until 0.
    """
    sources = state_sources(unit, at)
    if not sources:
        return None if told_by_hand(unit, at) else 0
    return min(covered.get(source, 0) for source in sources)


def told_by_hand(unit: WorkUnit, at: int) -> bool:
    """Whether people alone tell the state."""
    return bool((unit.setting(at).state_source or {}).get("manual"))


def fresh_limit_us(real_seconds: float = FRESH_REAL_S) -> int:
    """How far (us of plant time) `covered_until` may lag and still be the present."""
    return int(real_seconds * 1_000_000 * clock.plant_clock().speed)


def present(covered: int | None, now_us: int, limit_us: int | None = None) -> int:
    """The instant that live figures speak of: just behind `covered_until` while fresh, else now.

    So a figure does not flicker with the second that is still on its way, and what a live tile
    shows can be asked for again later with the same result.
    """
    limit = fresh_limit_us() if limit_us is None else limit_us
    if covered is None or now_us - covered > limit:
        return now_us
    return min(known_until(covered), now_us + 1)


def known_until(covered: int) -> int:
    """End of what is known: the covered instant itself is known, and ends are exclusive."""
    return covered + 1

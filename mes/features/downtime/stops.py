"""Stops of a work unit as they are derived at this moment, with what holds about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from mes.core.derive.reading import known_records
from mes.core.derive.records import StateRecord
from mes.core.derive.statements import StopStatement, orphans, statements_in_force
from mes.core.derive.stops import (
    Stop,
    head_statement,
    same_reason_offers,
    stop_overlapping,
    stops_in,
)
from mes.features.oee.service import known_unit
from mes.features.production.facts import stop_statements
from mes.features.production.master_loading import masters
from mes.features.production.masters import WorkUnit
from mes.features.production.rows import job_runs, state_records
from mes.features.production.unexplained import unexplained_stops
from mes.models import StateRecord as StateRow

Offer = tuple[int, int | None, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStop:
    """A stop with everything a person is shown of it.

    Attributes:
        statement: command_id of the head statement, None: nobody has said anything that holds.
        unexplained_us: how much of it still needs a reason, microseconds; of a listed stop as far
            as it lies in the window of the list.
        offers: growth beside explained time, offered as "same reason?" (start, end, reason,
            command_id).
        minor: whether its length so far is at most the minor-stop limit.
    """

    stop: Stop
    statement: str | None
    unexplained_us: int
    offers: tuple[Offer, ...]
    minor: bool


class Board:
    """The statements and the state records of one work unit over a window, read once."""

    def __init__(
        self, session: Session, unit: WorkUnit, start: int, end: int, *, as_of: int
    ) -> None:
        """Args: as_of: an open stop ends here; UTC microseconds like the window."""
        self.unit = unit
        self.start, self.end, self.as_of = start, max(end, start + 1), as_of
        self.records = records_of_stops(session, unit.id, self.start, self.end)
        first = self.records[0].start if self.records else self.start
        self.statements = stop_statements(session, unit.id, min(first, self.start))
        self._session = session

    @property
    def limit_us(self) -> int:
        """The minor-stop limit in force."""
        return self.unit.setting(self.as_of).minor_stop_limit_us

    def stops(self) -> list[SeenStop]:
        """The stops that overlap the window, in time order."""
        found = stops_in(self.records, self.start, self.end)
        if not found:
            return []
        open_us = self._open_us(self.start, self.end)
        return [self._seen(stop, open_us) for stop in found]

    def meant(self, seen_start: int, seen_end: int | None) -> SeenStop | None:
        """The stop that a request means by what it saw; None: there is none any more."""
        until = max(self.as_of, seen_start) if seen_end is None else seen_end
        stop = stop_overlapping(self.records, seen_start, until)
        if stop is None:
            return None
        return self._seen(
            stop, self._open_us(stop.start, self.as_of if stop.end is None else stop.end)
        )

    def _seen(self, stop: Stop, open_us: Mapping[int, int]) -> SeenStop:
        until = self.as_of if stop.end is None else stop.end
        return SeenStop(
            stop=stop,
            statement=head_statement(stop, self.statements),
            unexplained_us=open_us.get(stop.start, 0),
            offers=tuple(same_reason_offers(stop, self.statements)),
            minor=until - stop.start <= self.limit_us,
        )

    def _open_us(self, start: int, end: int) -> dict[int, int]:
        """How much of each stop in [start, end) needs a reason, by start: as the tile knows it."""
        if not self.records:
            return {}
        first = self.records[0].start
        given = known_unit(self._session, masters(self._session), self.unit, self.as_of)
        found = unexplained_stops(
            self.unit,
            known_records(
                self.records,
                first,
                max(given.as_of, first),
                given.known_until,
                given.live.pulse if given.live else None,
            ),
            job_runs(self._session, self.unit.id, first),
            start,
            end,
            as_of=given.as_of,
        )
        return {one.stop.start: one.us for one in found}


def orphans_in(session: Session, unit: WorkUnit, start: int, end: int) -> list[StopStatement]:
    """Statements about [start, end) that meet no stop (S7), by the time they speak about."""
    statements = stop_statements(session, unit.id, start)
    reach = {
        one.command_id: (one.window_start, one.window_end)
        for one in statements_in_force(statements)
        if one.window_start < end and start < one.window_end
    }
    if not reach:
        return []
    first, last = min(low for low, _ in reach.values()), max(high for _, high in reach.values())
    records = records_of_stops(session, unit.id, first, last)
    found = [one for one in orphans(records, statements) if one.command_id in reach]
    return sorted(found, key=lambda one: one.window_start)


def records_of_stops(
    session: Session, work_unit_id: int, start: int, end: int
) -> list[StateRecord]:
    """The records that overlap a window, and the rest of the stops at both ends of it."""
    begin = session.scalar(
        select(func.min(func.coalesce(StateRow.stop_start, StateRow.start))).where(
            StateRow.work_unit_id == work_unit_id,
            (StateRow.end.is_(None)) | (StateRow.end > start),
            StateRow.start < end,
        )
    )
    records = state_records(session, work_unit_id, start if begin is None else begin, end)
    if not records or records[-1].stop_start is None or records[-1].end is None:
        return records
    rest = select(func.max(StateRow.end)).where(
        StateRow.work_unit_id == work_unit_id,
        StateRow.stop_start == records[-1].stop_start,
    )
    opened = select(StateRow.id).where(
        StateRow.work_unit_id == work_unit_id,
        StateRow.stop_start == records[-1].stop_start,
        StateRow.end.is_(None),
    )
    last = None if session.scalar(opened) is not None else session.scalar(rest)
    return state_records(session, work_unit_id, records[0].start, last)

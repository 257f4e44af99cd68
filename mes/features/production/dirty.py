"""What new facts touch: work units and the instants from which to derive again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from mes.features.production.facts import FactRow, FactValue
from mes.features.production.interpret import (
    COUNTER_ROLES,
    STATE_ROLES,
    Way,
    all_state_sources,
    pulse_bindings,
    ways,
)
from mes.features.production.masters import Masters


@dataclass(slots=True, kw_only=True)
class Touched:
    """From when on what of a work unit must be derived again; None: not at all.

    Attributes:
        latest: event time of the latest new fact, None: none is known.
        readings: the new readings, in no order.
        gaps: starts of the new known holes.
        only_readings: nothing but these readings is new.
        corrected_until: nothing but what people say about stops is new, and nothing behind this
            instant follows from it but the end of a stop; None: that is not known.
        booked_until: nothing but pieces of [pieces, booked_until) are new, and which orders were
            loaded there; None: that is not known.
        derived_until: set by the derivation: nothing behind it was derived again; None: everything
            was.
    """

    states: int | None = None
    pieces: int | None = None
    runs: int | None = None
    latest: int | None = None
    readings: list[FactRow] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    only_readings: bool = True
    corrected_until: int | None = None
    booked_until: int | None = None
    derived_until: int | None = None

    @property
    def first(self) -> int | None:
        """The first instant that is touched; None: nothing is."""
        return _earlier(self.states, _earlier(self.pieces, self.runs))

    @property
    def only_job_events(self) -> bool:
        """Whether nothing but what happened to jobs is new."""
        return self.runs is not None and self.states is None and self.pieces is None

    def touch(
        self,
        *,
        states: int | None = None,
        pieces: int | None = None,
        runs: int | None = None,
        latest: int | None = None,
    ) -> None:
        """Widen what is touched."""
        self.states = _earlier(self.states, states)
        self.pieces = _earlier(self.pieces, pieces)
        self.runs = _earlier(self.runs, runs)
        if latest is not None:
            self.latest = latest if self.latest is None else max(self.latest, latest)


class _Reading(Protocol):
    @property
    def event_time(self) -> int: ...
    @property
    def gap_from(self) -> int | None: ...
    @property
    def seq(self) -> int: ...
    @property
    def value(self) -> FactValue: ...
    @property
    def quality(self) -> int: ...


class _Hole(Protocol):
    @property
    def start(self) -> int: ...


@dataclass(slots=True)
class Dirty:
    """The work units that a transaction touches.

    Attributes:
        units: by work unit id.
        announced: work units whose tile changed without new facts of theirs (link, freshness).
    """

    known: Masters
    units: dict[int, Touched] = field(default_factory=dict)
    announced: set[int] = field(default_factory=set)

    def unit(self, unit_id: int) -> Touched:
        """What is touched of a work unit."""
        return self.units.setdefault(unit_id, Touched())

    def add_readings(
        self, source_id: int, epoch: str, readings: Iterable[tuple[_Reading, int]]
    ) -> None:
        """New readings of an event stream with their tag ids."""
        for reading, tag_id in readings:
            at = reading.event_time
            row = FactRow(
                at,
                source_id,
                epoch,
                reading.seq,
                tag_id,
                reading.value,
                reading.quality,
                reading.gap_from,
            )
            for binding in self.known.bindings_of_tag.get(tag_id, ()):
                if not binding.holds(at):
                    continue
                touched = self.unit(binding.work_unit_id)
                if binding.role in STATE_ROLES or binding.role in COUNTER_ROLES:
                    touched.readings.append(row)
                if binding.role in STATE_ROLES:
                    touched.touch(states=at, latest=at)
                elif binding.role in COUNTER_ROLES:
                    since = at if reading.gap_from is None else min(at, reading.gap_from)
                    touched.touch(pieces=since, latest=at)
                    unit = self.known.work_units[binding.work_unit_id]
                    if binding in pulse_bindings(unit) and any(
                        span.way is Way.COUNTS for span in ways(unit)
                    ):
                        touched.touch(states=at)

    def add_gaps(self, source_id: int, gaps: Iterable[_Hole]) -> None:
        """New known holes of the event stream of a source."""
        for gap in gaps:
            for unit_id in self.known.units_of_source.get(source_id, ()):
                if source_id in all_state_sources(self.known.work_units[unit_id]):
                    touched = self.unit(unit_id)
                    touched.touch(states=gap.start)
                    touched.gaps.append(gap.start)
                    touched.only_readings = False


def _earlier(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)

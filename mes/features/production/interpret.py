"""What readings mean: by the signal bindings and settings in force at their event time. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from mes.core.case_model import CounterMode, CounterRole
from mes.core.derive.increments import CounterRule, Reading, increments
from mes.core.derive.runs import JobEvent
from mes.core.derive.signals import (
    PulseFact,
    ReasonSignal,
    StateSignal,
    lamp_state,
    mapped_reason,
    mapped_state,
    states_from_counts,
    states_from_jobs,
    with_machine_reasons,
)
from mes.core.exact import Number, parse_number
from mes.features.production.facts import Decisions, FactRow, count_value
from mes.features.production.masters import BEGINNING, Binding, Masters, WorkUnit

COUNTER_ROLES = ("total", "good", "scrap")
STATE_ROLES = ("state", "lamp", "fault")


class Way(StrEnum):
    """How the state of a work unit is known."""

    TAG = "tag"
    COUNTS = "from_counts"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class WaySpan:
    """A way of knowing the state in [start, end); `idle_after_us` for counts only."""

    start: int
    end: int | None
    way: Way
    idle_after_us: int = 0

    def holds(self, at: int) -> bool:
        """Whether it is in force at the instant."""
        return self.start <= at and (self.end is None or at < self.end)


def ways(unit: WorkUnit) -> list[WaySpan]:
    """The ways of knowing the state over time; a work unit without settings reads its tags."""
    spans: list[WaySpan] = []
    starts = [BEGINNING, *(setting.valid_from for setting in unit.settings[1:])]
    for (start, end), setting in zip(
        pairwise([*starts, None]), unit.settings or (unit.setting(BEGINNING),), strict=True
    ):
        source = setting.state_source or {}
        way = Way.TAG
        idle = 0
        if source.get("from_counts"):
            way = Way.COUNTS
            idle = int(parse_number(source["from_counts"]["idle_after_s"]) * 1_000_000)
        elif source.get("manual"):
            way = Way.MANUAL
        spans.append(WaySpan(start or BEGINNING, end, way, idle))
    return spans


def way_at(unit: WorkUnit, at: int) -> WaySpan:
    """The way in force at an instant."""
    return next(span for span in reversed(ways(unit)) if span.start <= at)


def pulse_bindings(unit: WorkUnit) -> tuple[Binding, ...]:
    """The counter whose counts tell the state: total, else good."""
    return unit.bound("total") or unit.bound("good")


def state_tags(unit: WorkUnit) -> frozenset[int]:
    """The tags whose readings say something about the state, pulses left out."""
    return frozenset(binding.tag_id for binding in unit.bound(*STATE_ROLES))


def counter_tags(unit: WorkUnit) -> frozenset[int]:
    """The tags that count pieces."""
    return frozenset(binding.tag_id for binding in unit.bound(*COUNTER_ROLES))


def state_sources(unit: WorkUnit, at: int) -> frozenset[int]:
    """The sources whose silence makes the state unknown; empty: it is told by hand."""
    way = way_at(unit, at).way
    if way is Way.MANUAL:
        return frozenset()
    if way is Way.COUNTS:
        return frozenset(b.source_id for b in pulse_bindings(unit) if b.holds(at))
    return unit.source_ids(at, *STATE_ROLES)


def all_state_sources(unit: WorkUnit) -> frozenset[int]:
    """The sources that told the state at any time."""
    found = {binding.source_id for binding in unit.bound(*STATE_ROLES)}
    if any(span.way is Way.COUNTS for span in ways(unit)):
        found |= {binding.source_id for binding in pulse_bindings(unit)}
    return frozenset(found)


def state_signals(
    unit: WorkUnit,
    known: Masters,
    rows: Iterable[FactRow],
    pulses: Sequence[PulseFact],
    events: Iterable[JobEvent],
) -> list[StateSignal]:
    """All signals about the state, whichever way it is known.

    Args:
        rows: readings of `state_tags`.
        pulses: readings of the pulse counter with their increments, where counts tell the state.
        events: job events, where the state is known by hand.
    """
    spans = ways(unit)
    by_tag = _tag_signals(unit, known, rows)
    by_way = {
        Way.TAG: by_tag,
        Way.MANUAL: states_from_jobs(events)
        if any(span.way is Way.MANUAL for span in spans)
        else [],
    }
    result: list[StateSignal] = []
    for span in spans:
        signals = (
            states_from_counts(pulses, span.idle_after_us)
            if span.way is Way.COUNTS
            else by_way[span.way]
        )
        if span.start > BEGINNING:
            result.append(_nothing_known(span.start))
            before = [s for s in signals if s.event_time < span.start]
            if span.way is Way.MANUAL and before:
                result.append(_moved(before[-1], span.start))
        result += [signal for signal in signals if span.holds(signal.event_time)]
    return sorted(result, key=lambda signal: signal.key)


def _tag_signals(unit: WorkUnit, known: Masters, rows: Iterable[FactRow]) -> list[StateSignal]:
    states: list[StateSignal] = []
    reasons: list[ReasonSignal] = []
    bindings = unit.bound(*STATE_ROLES)
    maps = {id(binding): binding.state_map for binding in bindings if binding.role == "state"}
    for row in rows:
        for binding in bindings:
            if binding.tag_id != row.tag_id or not binding.holds(row.event_time):
                continue
            value = row.value if row.usable else None
            source = known.sources[row.source_id].code
            if binding.role == "fault":
                reasons.append(
                    ReasonSignal(
                        event_time=row.event_time,
                        source=source,
                        epoch=row.epoch,
                        seq=row.seq,
                        reason=mapped_reason(value, binding.rule.get("map") or {}),
                    )
                )
                continue
            states.append(
                StateSignal(
                    event_time=row.event_time,
                    source=source,
                    epoch=row.epoch,
                    seq=row.seq,
                    state=mapped_state(value, maps[id(binding)])
                    if binding.role == "state"
                    else lamp_state(None if isinstance(value, str) else value),
                )
            )
    states += [
        _nothing_known(binding.start)
        for binding in bindings
        if binding.role != "fault" and binding.start > BEGINNING
    ]
    if not reasons:
        return sorted(states, key=lambda signal: signal.key)
    return with_machine_reasons(states, reasons)


def readings_of(known: Masters, rows: Iterable[FactRow], binding: Binding) -> list[Reading]:
    """The readings of one counter while its binding holds."""
    return [
        reading(known, row)
        for row in rows
        if row.tag_id == binding.tag_id and binding.holds(row.event_time)
    ]


def reading(known: Masters, row: FactRow) -> Reading:
    """A stored reading of a counter; what is no number says nothing."""
    return Reading(
        event_time=row.event_time,
        source=known.sources[row.source_id].code,
        epoch=row.epoch,
        seq=row.seq,
        value=count_value(row.value) if row.usable else None,
        gap_from=row.gap_from,
    )


def counter_rule(binding: Binding) -> CounterRule:
    """The counter rule of a binding."""
    counter: Mapping[str, object] = binding.rule.get("counter") or {}
    modulus, limit = counter.get("modulus"), counter.get("max_per_s")
    return CounterRule(
        mode=CounterMode(str(counter.get("mode") or "absolute")),
        modulus=None if modulus is None else parse_number(modulus),
        max_per_s=None if limit is None else parse_number(limit),
    )


def pieces_per_count(binding: Binding) -> Number:
    """Pieces that one count stands for."""
    return parse_number(binding.rule.get("pieces_per_count") or 1)


def roles_at(unit: WorkUnit, at: int) -> frozenset[CounterRole]:
    """The counters that a work unit has at an instant."""
    return frozenset(CounterRole(b.role) for b in unit.bound(*COUNTER_ROLES) if b.holds(at))


def pulse_facts(
    known: Masters,
    binding: Binding,
    rows: Sequence[FactRow],
    before: FactRow | None,
    decisions: Decisions,
) -> list[PulseFact]:
    """Readings of the pulse counter with what each counted.

    Args:
        rows: readings in order.
        before: the last counter reading before them.
        decisions: what people decided about suspect counts.
    """
    readings = readings_of(known, rows, binding)
    counted: dict[int, Number] = defaultdict(int)  # readings of one instant stand for all of it
    for increment in increments(
        readings,
        counter_rule(binding),
        None if before is None else reading(known, before),
        {at: decided for (tag, at), decided in decisions.items() if tag == binding.tag_id},
    ):
        counted[increment.at] += increment.counted
    return [
        PulseFact(
            event_time=one.event_time,
            source=one.source,
            epoch=one.epoch,
            seq=one.seq,
            increment=None if one.value is None else counted.get(one.event_time, 0),
        )
        for one in readings
    ]


def _nothing_known(at: int) -> StateSignal:
    return StateSignal(event_time=at, source="", epoch="", seq=-1, state=None)


def _moved(signal: StateSignal, at: int) -> StateSignal:
    return StateSignal(
        event_time=at,
        source="",
        epoch="",
        seq=0,
        state=signal.state,
        machine_reason=signal.machine_reason,
    )

"""Late data, growth, joins and splits thrown at stops that people have explained."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mes.core.derive.records import StateRecord
from mes.core.derive.signals import Gap, State, StateSignal
from mes.core.derive.statements import (
    StatementKind,
    StopStatement,
    orphans,
    statements_in_force,
)
from mes.core.derive.states import derive_states
from mes.core.derive.stops import (
    Stop,
    head_statement,
    lock_differs,
    stop_overlapping,
    stops_in,
)
from tests.core.derive.facts import RULES, part, revert, whole
from tests.core.derive.ingest import Ingest
from tests.core.derive.oracle import instants

_states = st.sampled_from([State.RUNNING, State.STOPPED, State.DOWN, State.SETUP, None])
_any = st.integers(0, 1_000)


class ExplainedStops(RuleBasedStateMachine):
    """A machine whose data arrives late while people explain its stops."""

    def __init__(self) -> None:
        super().__init__()
        self.ingest = Ingest()
        self.now = 10
        self.seq = 0

    @rule(state=_states, later=st.integers(1, 25))
    def goes_on(self, state: State | None, later: int) -> None:
        """New data at the end."""
        self.now += later
        self._signal(self.now, state)

    @rule(state=_states, back=_any)
    def late_data(self, state: State | None, back: int) -> None:
        """A signal that should have come long ago."""
        self._signal(back % self.now, state)

    @rule(which=_any, growth=st.integers(1, 25))
    @precondition(lambda self: self._stops())
    def stop_grows_to_the_left(self, which: int, growth: int) -> None:
        """Late data: the stop began earlier."""
        stop = self._one(which)
        self._signal(max(0, stop.start - growth), State.STOPPED)

    @rule(which=_any)
    @precondition(lambda self: any(stop.end is not None for stop in self._stops()))
    def what_ends_a_stop_was_a_stop_too(self, which: int) -> None:
        """Late data at the same instant overrules what ended the stop: it grows or joins."""
        ended = [stop for stop in self._stops() if stop.end is not None]
        self._signal(ended[which % len(ended)].end or 0, State.STOPPED)

    @rule(which=_any, where=_any)
    @precondition(lambda self: self._stops())
    def stop_is_split(self, which: int, where: int) -> None:
        """Late data: the machine ran for a moment inside the stop."""
        stop = self._one(which)
        end = self.now if stop.end is None else stop.end
        at = stop.start + where % max(1, end - stop.start)
        last = [s for s in self.ingest.signals if s.event_time <= at + 1]
        state = max(last, key=lambda s: s.key).state if last else None
        self._signal(at, State.RUNNING)
        self._signal(at + 1, state)

    @rule(start=_any, length=st.integers(1, 15))
    def collector_was_dead(self, start: int, length: int) -> None:
        """A known hole."""
        first = start % self.now
        self.ingest.take(Gap(start=first, end=first + length))

    @rule(which=_any, open_still=st.booleans())
    @precondition(lambda self: self._stops())
    def explain(self, which: int, *, open_still: bool) -> None:
        """A person gives a whole stop a reason, as it is shown, under the lock."""
        stop = self._one(which)
        self.now += 1
        head = head_statement(stop, self.ingest.statements)
        assert not self._refused(stop, head)
        seen_end = None if open_still and stop.end is None else (stop.end or self.now)
        name = self._name()
        said = whole(name, stop.start, seen_end, f"r-{name}", stated_at=self.now)
        self.ingest.take(said)
        self._is_explained(said)

    @rule(which=_any, first=_any, length=st.integers(1, 30))
    @precondition(lambda self: self._stops())
    def explain_a_part(self, which: int, first: int, length: int) -> None:
        """A person splits a stop."""
        start = self._one(which).start + first % 30
        self.now += 1
        name = self._name()
        said = part(name, start, start + length, f"r-{name}", stated_at=self.now)
        self.ingest.take(said)
        self._is_explained(said)

    @rule(which=_any)
    @precondition(lambda self: self.ingest.statements)
    def take_back(self, which: int) -> None:
        """A person takes a statement back, perhaps one that took another one back."""
        self.now += 1
        target = self.ingest.statements[which % len(self.ingest.statements)]
        self.ingest.take(revert(self._name(), target.command_id, stated_at=self.now))

    @invariant()
    def deriving_again_equals_the_full_derivation(self) -> None:
        """What `mes rebuild` proves."""
        full = derive_states(self.ingest.signals, self.ingest.gaps, self.ingest.statements, RULES)
        assert self.ingest.records == full.records
        assert orphans(self.ingest.records, self.ingest.statements) == full.orphans

    @invariant()
    def what_was_seen_stays_explained(self) -> None:
        """No late data takes the reason from stop time that a statement in force has seen."""
        said = [
            s
            for s in statements_in_force(self.ingest.statements)
            if s.kind in (StatementKind.WHOLE, StatementKind.PART)
        ]
        assert not any(
            not _explained(record)
            for record in self._stop_records()
            for s in said
            if record.start < s.end_given and s.window_start < _end(record)
        )

    @invariant()
    def nothing_far_from_what_was_seen_is_explained_by_a_closed_statement(self) -> None:
        """Growth is covered up to the limit and not beyond."""
        by_id = {s.command_id: s for s in self.ingest.statements}
        for record in self.ingest.records:
            if record.command_id is None:
                continue
            said = by_id[record.command_id]
            limit = RULES.minor_limit_us if said.kind is StatementKind.WHOLE else 0
            assert record.start >= said.window_start - limit
            assert said.is_open or _end(record) <= said.window_end + limit

    def _signal(self, at: int, state: State | None) -> None:
        self.seq += 1
        self.ingest.take(
            StateSignal(event_time=at, source="plc", epoch="e", seq=self.seq, state=state)
        )

    def _name(self) -> str:
        return f"c{len(self.ingest.statements):03d}"

    def _stops(self) -> list[Stop]:
        return stops_in(self.ingest.records, 0, self.now)

    def _one(self, which: int) -> Stop:
        stops = self._stops()
        return stops[which % len(stops)]

    def _stop_records(self) -> list[StateRecord]:
        return [
            r
            for r in self.ingest.records
            if r.stop_start is not None and r.state is not State.UNKNOWN
        ]

    def _refused(self, stop: Stop, head: str | None) -> bool:
        return lock_differs(
            stop_overlapping(
                self.ingest.records, stop.start, self.now if stop.end is None else stop.end
            ),
            seen_start=stop.start,
            seen_end=stop.end,
            seen_statement=head,
            head=head,
            limit_us=RULES.minor_limit_us,
            as_of=self.now,
        )

    def _is_explained(self, said: StopStatement) -> None:
        """At once after a statement all stop time that it speaks about has a reason."""
        until = min(said.end_given, self.now)
        assert all(
            reason is not None
            for state, stop_start, reason, _, _ in instants(self.ingest.records, until)[
                said.window_start :
            ]
            if stop_start is not None and state is not State.UNKNOWN
        )


def _explained(record: StateRecord) -> bool:
    return record.reason is not None and record.said_by_person


def _end(record: StateRecord) -> int:
    return 1 << 60 if record.end is None else record.end


TestExplainedStops = ExplainedStops.TestCase
TestExplainedStops.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)

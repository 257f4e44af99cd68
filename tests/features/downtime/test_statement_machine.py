"""Late data, growth, joins, splits and holes at stops that people have explained, in any order.

A machine of hypothesis plays edge and people against the real services on a real database. What
the rules S4 to S8 say is asked of an oracle of its own; totals stay what was counted, whatever is
moved; and the same facts in another order of arrival give the same projections.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from mes.core.derive.signals import State
from mes.core.derive.statements import StatementKind
from mes.core.instants import parse_instant
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.downtime.queries import orphans, stops
from mes.features.downtime.service import StatementDraft, state_stop
from mes.features.ingest.rebuild import rebuild
from mes.features.production.rows import state_records
from mes.features.quantities.moves import MoveDraft, move_pieces, void_move
from mes.models import Base
from tests.features.commands.floor import DAY_START, MINUTE, Floor, command_id, make_floor
from tests.features.downtime.arrival import in_another_order, projections
from tests.features.downtime.oracle import STEP, Looked, Oracle, Said, may_state
from tests.features.production.plant import Record, wipe_facts

CODES = {"off": 0, "stopped": 1, "running": 2, "down": 3, "setup": 4, "waiting": 5}
LIMIT = 300_000_000
LENGTH = 60 * MINUTE
REASONS = ("jam", "die-change", "no-material", "rush")
steps = st.integers(0, LENGTH // STEP - 1)


class Plant(RuleBasedStateMachine):
    """One press with two jobs one after the other, people who explain its stops."""

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self.floor = floor
        wipe_facts(floor.database)
        self.feed = floor.feed
        self.feed.records, self.feed.next_seq = [], 1
        self.now = 20 * MINUTE
        self.oracle = Oracle(limit=LIMIT, signals={}, holes=[], said=[])
        self.looked: list[Looked] = []
        self.counted: set[int] = set()
        self.moves: list[str] = []
        self.sent: list[Record] = []

    # What the machine and the edge do

    @initialize()
    def start_jobs(self) -> None:
        self.jobs = [self.floor.job("press-1", 10_000) for _ in range(2)]
        self.floor.start(self.jobs[0])
        self.floor.complete(self.jobs[0], 10 * MINUTE)
        self.floor.start(self.jobs[1], 12 * MINUTE)
        for at, state in ((0, "running"), (5, "stopped"), (8, "running"), (15, "down")):
            self._signal(at * MINUTE, state)
        self._count(0)
        self._count(14 * MINUTE)
        self._send()

    @rule(minutes=st.integers(1, 8))
    def time_goes_on(self, minutes: int) -> None:
        self.now = min(self.now + minutes * MINUTE, LENGTH)
        self._send()

    @rule(at=steps, state=st.sampled_from(sorted(CODES)), length=st.integers(1, 40))
    def a_stretch_of_a_state_comes_late(self, at: int, state: str, length: int) -> None:
        start = min(at * STEP, self.now - STEP)
        end = min(start + length * STEP, self.now)
        before = [when for when in self.oracle.signals if when <= end]
        after = self.oracle.signals[max(before)] if before else "running"
        self._signal(start, state)
        if end < self.now:
            self._signal(end, after)
        self._send()

    @rule(state=st.sampled_from(sorted(CODES)))
    def the_state_changes_now(self, state: str) -> None:
        self._signal(self.now - STEP, state)
        self._send()

    @rule(at=steps, length=st.integers(1, 15))
    def a_hole_becomes_known(self, at: int, length: int) -> None:
        start = min(at * STEP, self.now - STEP)
        end = min(start + length * STEP, self.now)
        self.oracle.holes.append((start, end))
        self.sent.append(self.feed.gap(start, end))
        self._send()

    @rule(at=steps)
    def a_count_is_read(self, at: int) -> None:
        self._count(min(at * STEP, self.now - STEP))
        self._send()

    def _signal(self, at: int, state: str) -> None:
        self.oracle.signals[at] = state
        self.sent.append(self.feed.value(at, "state", CODES[state]))

    def _count(self, at: int) -> None:
        if at in self.counted:
            return
        self.counted.add(at)
        self.sent.append(self.feed.value(at, "total", at // STEP))

    def _send(self) -> None:
        self.feed.send(self.now)

    # What people do

    @rule()
    def somebody_looks(self) -> None:
        self.looked = [
            Looked(
                start=_since_start(one["start"]),
                end=None if one["end"] is None else _since_start(one["end"]),
                head=one["statement"],
            )
            for one in self._listed()
        ]

    @precondition(lambda self: bool(self.looked))
    @rule(which=st.integers(0, 99), reason=st.sampled_from(REASONS))
    def a_whole_stop_is_explained(self, which: int, reason: str) -> None:
        seen = self.looked[which % len(self.looked)]
        self._say(
            self._draft(seen, kind=StatementKind.WHOLE, reason=reason),
            Said(
                command="",
                kind="whole",
                order=(0, ""),
                start=seen.start,
                end=seen.end,
                reason=reason,
            ),
            allowed=may_state(self.oracle, self.now, seen),
        )

    @precondition(lambda self: bool(self.looked))
    @rule(
        which=st.integers(0, 99),
        reason=st.sampled_from(REASONS),
        low=st.integers(-12, 40),
        length=st.integers(1, 60),
        open_end=st.booleans(),
    )
    def a_part_is_explained(
        self, which: int, reason: str, low: int, length: int, open_end: bool
    ) -> None:
        seen = self.looked[which % len(self.looked)]
        start = min(max(0, seen.start + low * STEP), self.now - STEP)
        end = None if open_end else min(start + length * STEP, self.now)
        self._say(
            self._draft(
                seen,
                kind=StatementKind.PART,
                reason=reason,
                start=DAY_START + start,
                end=None if end is None else DAY_START + end,
            ),
            Said(command="", kind="part", order=(0, ""), start=start, end=end, reason=reason),
            allowed=may_state(
                self.oracle, self.now, seen, (start, self.now if end is None else end)
            ),
        )

    @rule(
        at=steps,
        length=st.integers(1, 30),
        state=st.sampled_from([*sorted(CODES), "unknown"]),
        reason=st.sampled_from([None, *REASONS]),
    )
    def a_supervisor_declares(self, at: int, length: int, state: str, reason: str | None) -> None:
        start = min(at * STEP, self.now - STEP)
        end = min(start + length * STEP, self.now)
        held = [s for s in self.oracle.said if self.oracle._in_force(s, frozenset())]
        over = [s for s in held if s.kind == "declare" and s.start < end and start < s.last]
        seen = max(over, key=lambda s: s.order, default=None)
        draft = StatementDraft(
            kind=StatementKind.DECLARE,
            start=DAY_START + start,
            end=DAY_START + end,
            state=State(state),
            reason=reason,
            seen_statement=None if seen is None else seen.command,
        )
        said = Said(
            command="",
            kind="declare",
            order=(0, ""),
            start=start,
            end=end,
            state=state,
            reason=reason,
        )
        self._say(draft, said, allowed=True)

    @precondition(lambda self: bool(self.oracle.said))
    @rule(which=st.integers(0, 99))
    def somebody_takes_back(self, which: int) -> None:
        target = self.oracle.said[which % len(self.oracle.said)]
        self._say(
            StatementDraft(kind=StatementKind.REVERT, replaces=target.command),
            Said(command="", kind="revert", order=(0, ""), replaces=target.command),
            allowed=self.oracle._in_force(target, frozenset()),
        )

    @rule(low=steps, length=st.integers(1, 90), pair=st.sampled_from([(0, 1), (1, 0), (None, 0)]))
    def pieces_of_a_time_are_moved(
        self, low: int, length: int, pair: tuple[int | None, int]
    ) -> None:
        start = min(low * STEP, self.now - STEP)
        end = min(start + length * STEP, self.now)
        self._move(pair, start=DAY_START + start, end=DAY_START + end)

    @rule(good=st.integers(1, 20), pair=st.sampled_from([(0, 1), (1, 0), (None, 1)]))
    def so_many_pieces_are_moved(self, good: int, pair: tuple[int | None, int]) -> None:
        self._move(pair, good=good)

    @precondition(lambda self: bool(self.moves))
    @rule(which=st.integers(0, 99))
    def a_move_is_taken_back(self, which: int) -> None:
        command = self.moves.pop(which % len(self.moves))
        self.floor.do(self.now, lambda s, c: void_move(s, c, command))

    def _move(self, pair: tuple[int | None, int], **what: Any) -> None:
        source = None if pair[0] is None else self.jobs[pair[0]]
        draft = MoveDraft(from_job=source, to_job=self.jobs[pair[1]], **what)
        command = command_id()
        refused = refusal_of(
            lambda: self.floor.do(
                self.now, lambda s, c: move_pieces(s, c, "press-1", draft), command
            )
        )
        if refused is None:
            self.moves.append(command)
        else:
            assert refused.code in ("nothing_to_move", "scrap_exceeds_total")

    def _draft(self, seen: Looked, **more: Any) -> StatementDraft:
        return StatementDraft(
            seen_start=DAY_START + seen.start,
            seen_end=None if seen.end is None else DAY_START + seen.end,
            seen_statement=seen.head,
            **more,
        )

    def _say(self, draft: StatementDraft, said: Said, *, allowed: bool) -> None:
        command = command_id()
        refused = refusal_of(
            lambda: self.floor.do(
                self.now,
                lambda s, c: state_stop(s, c, "press-1", draft, may_override=True),
                command,
            )
        )
        assert (refused is None) is allowed, refused or f"{said} should have been refused"
        if refused is not None:
            assert refused.code in ("stop_changed", "statement_not_in_force")
            return
        order = (self.now, command)
        self.oracle.said.append(
            Said(
                command=command,
                kind=said.kind,
                order=order,
                start=said.start,
                end=said.end,
                reason=said.reason,
                state=said.state,
                replaces=said.replaces,
            )
        )

    # What must hold

    @invariant()
    def every_step_is_what_the_rules_say(self) -> None:
        if not self.oracle.signals:
            return
        records = self._records()
        assert all(one.end == other.start for one, other in pairwise(records))
        assert all(one.end is None or one.start < one.end for one in records)
        expected = self.oracle.timeline(self.now)
        for index, wanted in enumerate(expected):
            at = DAY_START + index * STEP
            held = next((r for r in records if r.start <= at and (r.end or at + 1) > at), None)
            found = (
                ("unknown", None, None)
                if held is None
                else (
                    held.state.value,
                    None if held.stop_start is None else held.stop_start - DAY_START,
                    held.reason,
                )
            )
            assert found == tuple(wanted), f"at minute {index * STEP / MINUTE}"

    @invariant()
    def what_meets_no_stop_is_listed(self) -> None:
        end = DAY_START + self.now
        found = self.floor.ask(lambda s: orphans(s, "press-1", DAY_START, end))
        assert {one["command_id"] for one in found} == self.oracle.lost(self.now)

    @invariant()
    def no_piece_is_won_or_lost(self) -> None:
        if len(self.counted) < 2:
            return
        table = Base.metadata.tables["quantity_record"]
        with self.floor.database.reading() as session:
            made = sum(row.good + row.scrap for row in session.execute(select(table)))
        assert made == (max(self.counted) - min(self.counted)) // STEP

    def teardown(self) -> None:
        if not self.oracle.signals:
            return
        database = self.floor.database
        assert rebuild(database, DAY_START + self.now, check=True).differences == ()
        kept = projections(database)
        in_another_order(self.floor, self.sent, self.now, random.Random(len(self.sent)))
        assert projections(database) == kept

    def _listed(self) -> list[dict[str, Any]]:
        end = DAY_START + self.now
        return self.floor.ask(lambda s: stops(s, "press-1", DAY_START, end, end))

    def _records(self) -> list[Any]:
        unit = self.floor.ids["press-1"]
        return self.floor.ask(lambda s: state_records(s, unit, DAY_START - MINUTE))


def refusal_of(act: Callable[[], object]) -> Refusal | None:
    """The refusal with which an act ends; None: it is done."""
    try:
        act()
    except Refusal as refusal:
        return refusal
    return None


def _since_start(text: str) -> int:
    return parse_instant(text) - DAY_START


@pytest.fixture
def machine_floor(sqlite_database: Database) -> Floor:
    """One database for all examples; each begins without facts."""
    return make_floor(sqlite_database)


def test_stops_people_have_explained_survive_everything_that_comes_late(
    machine_floor: Floor,
) -> None:
    class OnThisFloor(Plant):
        def __init__(self) -> None:
            super().__init__(machine_floor)

    run_state_machine_as_test(
        OnThisFloor,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),  # shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )

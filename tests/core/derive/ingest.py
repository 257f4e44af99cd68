"""Takes facts one by one and derives again only from the restart point."""

from __future__ import annotations

from dataclasses import dataclass, field

from mes.core.derive.records import StateRecord
from mes.core.derive.restart import restart_point, splice, statement_dirty_from
from mes.core.derive.signals import Gap, StateSignal
from mes.core.derive.statements import StopStatement
from mes.core.derive.states import derive_from
from tests.core.derive.facts import RULES

Fact = StateSignal | Gap | StopStatement


@dataclass
class Ingest:
    """Facts as they arrived and the records derived so far."""

    signals: list[StateSignal] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    statements: list[StopStatement] = field(default_factory=list)
    records: list[StateRecord] = field(default_factory=list)

    def take(self, fact: Fact) -> None:
        """Adds a fact and derives again what it touches."""
        if isinstance(fact, StateSignal):
            self.signals.append(fact)
            self._derive_again(fact.event_time)
        elif isinstance(fact, Gap):
            self.gaps.append(fact)
            self._derive_again(fact.start)
        else:
            dirty = statement_dirty_from(fact, self.statements, RULES.minor_limit_us)
            self.statements.append(fact)
            if dirty is not None:
                self._derive_again(dirty)

    def _derive_again(self, dirty_from: int) -> None:
        point = restart_point(self.records, dirty_from, RULES.unknown_bridge_us)
        assert point is not None
        earlier = [s for s in self.signals if s.event_time < point.at]
        tail = derive_from(
            point.at,
            max(earlier, key=lambda s: s.key, default=None),
            [s for s in self.signals if s.event_time >= point.at],
            [gap for gap in self.gaps if gap.end > point.at],
            _needed(self.statements, point.at),
            RULES,
        )
        self.records[point.index :] = splice(self.records, point, tail)


def _needed(statements: list[StopStatement], at: int) -> list[StopStatement]:
    """What `derive_from` asks for, and no more."""
    needed = {s.command_id: s for s in statements if s.window_end > at}
    while more := [s for s in statements if s.replaces in needed and s.command_id not in needed]:
        needed.update((s.command_id, s) for s in more)
    return list(needed.values())

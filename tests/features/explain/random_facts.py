"""Two days of random facts on the small plant: machines, people, faults; the same by seed."""

from __future__ import annotations

import random

from mes.core.classes import MachineState
from mes.core.derive.statements import StatementKind
from mes.features.downtime.service import StatementDraft, state_stop
from tests.features.commands.floor import DAY_START, Floor
from tests.features.production.plant import HOUR, MINUTE, S

LENGTH = 26 * HOUR
STATES = (2, 2, 2, 2, 1, 3, 4, 5, 0)


def fill(floor: Floor, seed: int) -> None:
    """press-1 and press-2 run, stop, count, lose data; people start jobs and enter pieces."""
    chance = random.Random(seed)
    _jobs(floor, chance)
    at, total, scrap, total2 = 0, chance.randrange(65_000), 0, 0
    for tag, value in (("total", total), ("scrap", 0), ("total2", 0), ("state2", 2)):
        floor.feed.value(0, tag, value)
    while at < LENGTH:
        state = chance.choice(STATES)
        length = chance.choice((40 * S, 3 * MINUTE, 11 * MINUTE, 35 * MINUTE))
        length += chance.randrange(1_000_000)
        quality = 2 if chance.random() < 0.04 else 0
        floor.feed.value(at, "state", state if not quality else None, quality=quality)
        floor.feed.value(at + 1, "state2", 2 if state in (2, 3) else 1)
        if state == 3:
            floor.feed.value(at + 2, "fault", chance.choice((0, 7)))
        end = at + length
        if state == 2:
            step = at + chance.randrange(1, 20 * S)
            while step < end:
                total = (total + chance.randint(1, 9)) % 65_536
                floor.feed.value(step, "total", total)
                total2 = 0 if chance.random() < 0.01 else total2 + chance.randint(0, 3)
                floor.feed.value(step + 3, "total2", total2)
                if chance.random() < 0.1:
                    scrap = 1 if chance.random() < 0.2 else scrap + 1
                    floor.feed.value(step + 7, "scrap", scrap)
                step += chance.randrange(20 * S, 90 * S)
        at = end
    if seed % 2:
        floor.feed.gap(5 * HOUR, 5 * HOUR + 20 * MINUTE)
    floor.feed.send(at)
    _people(floor, chance)


def _jobs(floor: Floor, chance: random.Random) -> None:
    job = floor.job("press-1", quantity=5000)
    floor.start(job, 30 * MINUTE)
    floor.complete(job, 6 * HOUR)
    other = floor.job("press-1", quantity=900, item="B")
    floor.start(other, 6 * HOUR + chance.randrange(50 * MINUTE))


def _people(floor: Floor, chance: random.Random) -> None:
    for hour in (2, 9, 15):
        at = hour * HOUR + chance.randrange(HOUR)
        floor.enter(at, "press-1", scrap=chance.randint(1, 9), reason="burr")
    start = chance.randrange(10 * HOUR)
    draft = StatementDraft(
        kind=StatementKind.DECLARE,
        start=DAY_START + start,
        end=DAY_START + start + 25 * MINUTE,
        state=MachineState.SETUP,
        reason="die-change",
    )
    floor.do(LENGTH, lambda s, c: state_stop(s, c, "press-1", draft, may_override=True))

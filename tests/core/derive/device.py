"""A device that counts: what it really made, and what a poller reads of its register."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from mes.core.case_model import CounterMode
from mes.core.derive.increments import CounterRule, Reading

SECOND = 1_000_000


@dataclass(slots=True)
class Device:
    """A counting device and its poller.

    Attributes:
        period_s: longest time between two polls.
        made: pieces really made since the first reading, as far as the mode can tell of them: what
            a reset wipes away before anybody read it is not in it.
    """

    rule: CounterRule
    rng: random.Random
    period_s: int = 90
    value: int = 0
    made: int = 0
    now: int = 0
    unread: int = 0
    readings: list[Reading] = field(default_factory=list)

    def make(self, count: int) -> None:
        """Make pieces; the register follows."""
        if self.rule.mode is not CounterMode.PULSE:
            self.value += count
            self.unread += count
            if self.rule.modulus is not None:
                self.value %= int(self.rule.modulus)
            return
        for _ in range(count):
            self.made += 1
            for value in (1, 0):
                self.value = value
                self.read()

    def read(self) -> None:
        """Poll the register."""
        self.now += self.rng.randrange(1, self.period_s) * SECOND
        if not self.readings:
            self.made = 0
        elif self.rule.mode is not CounterMode.PULSE:
            self.made += self.unread
        self.unread = 0
        self._note(self.value)

    def fail(self) -> None:
        """Poll without an answer."""
        self.now += SECOND
        self._note(None)

    def reset(self) -> None:
        """The register starts again at 0; what was not read is lost."""
        self.value = self.unread = 0

    def _note(self, value: int | None) -> None:
        self.readings.append(
            Reading(
                event_time=self.now,
                source="plc",
                epoch="e",
                seq=len(self.readings) + 1,
                value=value,
            )
        )


def lived(rule: CounterRule, seed: int, steps: int, period_s: int = 90) -> Device:
    """A device after some time of making, polling, failing and, where its mode allows, resetting.

    Between two readings a rollover counter makes less than its modulus, and a counter that was
    reset less than it had shown: more cannot be told from its register.
    """
    rng = random.Random(seed)
    device = Device(rule=rule, rng=rng, period_s=period_s, value=_first_value(rule, rng))
    device.read()
    for _ in range(steps):
        kind = rng.random()
        if kind < 0.15:
            device.fail()
        elif kind < 0.3 and rule.mode is CounterMode.RESETTABLE:
            before = device.value
            device.reset()
            device.make(rng.randrange(before) if before else 0)
            device.read()
        else:
            most = int(rule.modulus or 40) if rule.mode is CounterMode.ROLLOVER else 40
            device.make(rng.randrange(4 if rule.mode is CounterMode.PULSE else most))
            device.read()
    return device


def _first_value(rule: CounterRule, rng: random.Random) -> int:
    if rule.mode is CounterMode.PULSE:
        return 0
    return rng.randrange(int(rule.modulus or 500))

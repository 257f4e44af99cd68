"""The kit catches connectors that do not what they should: each of these has one fault."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest

from connectors.clock import plant_clock
from connectors.conformance import bronze, gold, rules, silver
from connectors.conformance.bench import Bench
from connectors.conformance.plugin import Outcome, reason_of
from connectors.conformance.rig import Document, Mistake, Rig
from connectors.conformance.rules import Rule, rules_for
from connectors.modbus.config import ModbusSource
from connectors.modbus.connector import ModbusConnector
from connectors.runtime.configuration import check_source
from connectors.sdk.capabilities import Written
from connectors.sdk.connector import Connector, ConnectorContext
from connectors.sdk.errors import Unavailable
from connectors.sdk.levels import Level
from connectors.sdk.messages import Quality, Reading, Value
from connectors.sdk.steps import Step, StepOutcome, StepResult
from tests.connectors.conformance.modbus_rig import ModbusRig
from tests.connectors.conformance.replay_rig import ReplayRig

SECRET = "hush-hush"


class ZeroForBad(ModbusConnector):
    """Says 0 when it does not know."""

    async def read_all(self) -> Reading:
        reading = await super().read_all()
        samples = [
            sample._replace(value=0, quality=Quality.BAD, reason="no_reply")
            for sample in reading.samples
        ]
        return Reading(samples=samples, read_at=reading.read_at)


class Forgetful(ModbusConnector):
    """Leaves a tag out."""

    async def read_all(self) -> Reading:
        reading = await super().read_all()
        return Reading(samples=reading.samples[1:], read_at=reading.read_at)


class ByTheFuture(ModbusConnector):
    """Stamps what has not been read yet."""

    async def read_all(self) -> Reading:
        reading = await super().read_all()
        return Reading(samples=reading.samples, read_at=reading.read_at + 60_000_000)


class Leaking(ModbusConnector):
    """Begins a task at each opening and never ends it."""

    async def open(self) -> None:
        await super().open()
        self._forgotten = asyncio.create_task(asyncio.sleep(3600))


class Blocking(ModbusConnector):
    """Waits without letting others run."""

    async def open(self) -> None:
        threading.Event().wait(0.2)
        await super().open()


class Stubborn(ModbusConnector):
    """Does not let itself be cancelled."""

    async def read_all(self) -> Reading:
        try:
            return await super().read_all()
        except asyncio.CancelledError:
            await asyncio.sleep(2)
            raise


class Talkative(ModbusConnector):
    """Logs a secret."""

    async def open(self) -> None:
        logging.getLogger("talkative").info("signing in with %s", SECRET)
        await super().open()


class Blaming(ModbusConnector):
    """Always finds that all is well."""

    async def test(self) -> Sequence[StepResult]:
        return [StepResult(step=step, outcome=StepOutcome.PASSED) for step in Step]


class Insisting(ModbusConnector):
    """Writes again, to be sure."""

    async def write(self, tag: str, value: Value) -> Written:
        await super().write(tag, value)
        return await super().write(tag, value)


class Mute(ModbusConnector):
    """Has nothing to say to people."""

    def diagnostics(self) -> Mapping[str, object]:
        return {}


FAULTS: Sequence[tuple[type[ModbusConnector], rules.Story]] = [
    (ZeroForBad, bronze.values_are_plain_and_times_never_run_back),
    (Forgetful, bronze.every_tag_appears_exactly_once),
    (ByTheFuture, bronze.values_are_plain_and_times_never_run_back),
    (Leaking, silver.nothing_is_left_behind),
    (Blocking, silver.the_event_loop_is_never_blocked),
    (Stubborn, silver.a_hang_is_contained_and_a_cancellation_ends_in_a_second),
    (Talkative, silver.no_secret_appears_anywhere),
    (Blaming, silver.a_connection_test_names_the_step_that_fails),
    (Insisting, gold.a_write_is_sent_once_and_read_back),
    (Insisting, gold.a_write_without_an_answer_is_unknown_and_never_sent_again),
    (Mute, gold.diagnostics_tell_something_in_plain_data),
]


class SecretRig(ModbusRig):
    """A Modbus device with a secret beside it."""

    secrets: ClassVar[Mapping[str, str]] = {"UNUSED": SECRET}


class FaultyBench(Bench):
    """A bench for connectors that nobody has installed."""

    def __init__(self, rig: Rig, kind: type[ModbusConnector]) -> None:
        super().__init__(rig)
        self._kind = kind

    def connector(self, document: Document | None = None) -> Connector:
        config = check_source(self.rig.document() if document is None else document)
        assert isinstance(config, ModbusSource)
        return self._kind(config, ConnectorContext(clock=plant_clock()))


@pytest.mark.parametrize(("kind", "story"), FAULTS, ids=[kind.__name__ for kind, _ in FAULTS])
async def test_a_fault_is_caught(
    kind: type[ModbusConnector], story: rules.Story, tmp_path: Path
) -> None:
    rig = SecretRig(tmp_path)
    await rig.start()
    running = asyncio.all_tasks()
    try:
        with pytest.raises(AssertionError):
            await story(FaultyBench(rig, kind))
    finally:
        await rig.stop()
        for task in asyncio.all_tasks() - running:
            task.cancel()


async def test_a_mistake_that_is_not_refused_is_caught(tmp_path: Path) -> None:
    class Careless(ModbusRig):
        def mistakes(self) -> Sequence[Mistake]:
            return [Mistake(document=self.document(), field="unit")]

    rig = Careless(tmp_path)
    await rig.start()
    try:
        with pytest.raises(pytest.fail.Exception):
            await bronze.every_mistake_is_named_with_its_field(Bench(rig))
    finally:
        await rig.stop()


def test_what_a_rig_cannot_show_is_not_fulfilled(tmp_path: Path) -> None:
    frozen = next(rule for rule in rules_for(ReplayRig) if "freeze" in rule.needs)
    with pytest.raises(AssertionError, match="the rig has no freeze, thaw"):
        frozen.check(ReplayRig, tmp_path)


def test_rules_of_a_capability_hold_only_where_it_is_declared() -> None:
    def names(found: Sequence[Rule]) -> set[str]:
        return {rule.name for rule in found}

    assert "a write is sent once and read back" in names(rules_for(ModbusRig))
    assert "a write is sent once and read back" not in names(rules_for(ReplayRig))


@pytest.mark.parametrize(
    ("passed", "failed", "earned"),
    [
        ({1}, set(), Level.BRONZE),
        ({1, 2, 3}, set(), Level.GOLD),
        ({1, 2, 3}, {2}, Level.BRONZE),
        ({1, 3}, set(), Level.BRONZE),
        ({2, 3}, {1}, Level.NONE),
        (set(), set(), Level.NONE),
    ],
)
def test_a_level_is_earned_only_with_all_below_it(
    passed: set[int], failed: set[int], earned: Level
) -> None:
    outcome = Outcome(
        passed={Level(level): ["x"] for level in passed},
        failed={Level(level): ["y"] for level in failed},
    )
    assert outcome.earned is earned


def test_rules_that_were_not_run_earn_nothing() -> None:
    outcome = Outcome(
        passed={Level.BRONZE: ["x"], Level.SILVER: ["y"]},
        expected={Level.BRONZE: {"rig": 1}, Level.SILVER: {"rig": 2}},
    )
    assert outcome.earned is Level.BRONZE
    assert outcome.words.splitlines() == [
        "bronze",
        "  silver not earned: 1 of its rules were not run",
    ]


def test_whatever_goes_wrong_says_why_nothing_is_earned(tmp_path: Path) -> None:
    def raised(work: Callable[[], object]) -> BaseException:
        with pytest.raises(BaseException) as caught:  # noqa: PT011  # any kind is what is asked for
            work()
        return caught.value

    class Broken(ReplayRig):
        def document(self) -> Document:
            raise KeyError("a rig that stumbles")

    class Skipping(ReplayRig):
        async def start(self) -> None:
            pytest.skip("no device today")

    by_name = {rule.story: rule for rule in rules_for(ReplayRig)}
    story = by_name[bronze.every_tag_appears_exactly_once]
    faulty = replace(story, story=None)  # type: ignore[arg-type]  # a fault of the kit
    judged = ((story, Broken), (story, Skipping), (faulty, ReplayRig))
    reasons = [reason_of(raised(partial(rule.check, rig, tmp_path))) for rule, rig in judged]
    assert reasons == [
        "KeyError: 'a rig that stumbles'",
        "the rule was skipped: no device today",
        "the kit itself stumbled: TypeError: 'NoneType' object is not callable",
    ]
    assert reason_of(TimeoutError()) == "TimeoutError"
    assert (
        reason_of(Unavailable("no_reply", "the unit is silent")) == "no_reply: the unit is silent"
    )


OUTSIDE = """
import os
import pytest
from tests.connectors.conformance.replay_rig import ReplayRig

class Skipping(ReplayRig):
    async def start(self):
        pytest.skip("no device today")

class Ending(ReplayRig):
    async def start(self):
        raise SystemExit(3)

class Nobody(ReplayRig):
    protocol = "no_such_protocol"

@pytest.mark.conformance(rig={rig})
def test_conformance(conformance):
    conformance()
"""


@pytest.mark.parametrize(
    ("rig", "words"),
    [
        ("Skipping", "bronze not earned: every tag appears exactly once: the rule was skipped"),
        ("Ending", "bronze not earned: every tag appears exactly once: SystemExit: 3"),
        ("Nobody", "nothing is earned: protocol_not_available"),
    ],
)
def test_a_run_that_could_not_judge_earns_nothing_and_fails(
    tmp_path: Path, rig: str, words: str
) -> None:
    (tmp_path / "test_outside.py").write_text(OUTSIDE.replace("{rig}", rig))
    options = ["-q", "-p", "no:cacheprovider", "-p", "connectors.conformance.plugin"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert words in done.stdout
    assert "earned bronze" not in done.stdout

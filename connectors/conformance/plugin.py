"""The pytest plug-in: makes one test of each rule, and says which level was earned.

    @pytest.mark.conformance(rig=ThermoRig)
    def test_conformance(conformance: Callable[[], None]) -> None:
        conformance()

A rule at or below the level that the manifest claims must pass. One above it may fail. Whatever
goes wrong in a rule, in the connector, the rig or the kit, reads as not earned, with the reason; so
does a rule that was skipped or not run. `--conformance-report FILE` records the outcome as JSON.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

for name in ("bench", "bronze", "silver", "gold"):  # so that a failed assertion tells its values
    pytest.register_assert_rewrite(f"connectors.conformance.{name}")

from connectors.conformance.rig import Rig  # noqa: E402  # after the line above
from connectors.conformance.rules import Rule, rules_for  # noqa: E402  # after the line above
from connectors.sdk.errors import (  # noqa: E402  # after the line above
    ConfigurationError,
    ConnectorError,
)
from connectors.sdk.levels import Level  # noqa: E402  # after the line above
from connectors.sdk.registry import manifest_of  # noqa: E402  # after the line above

MARK = "conformance"
KIT = tuple(f"connectors.conformance.{name}" for name in ("bench", "plugin", "rules"))
"""Where only the kit itself can stumble; the stories work with what a connector gave them."""


class NotEarned(AssertionError):
    """A rule was not fulfilled; the cause is what was raised."""


@dataclass(slots=True)
class Outcome:
    """What the rules have shown of one protocol: name of each rule by level.

    Attributes:
        reasons: why a rule failed, by its name.
        expected: number of rules by level and rig; a rule that was not run is not fulfilled.
    """

    passed: dict[Level, list[str]] = field(default_factory=dict)
    failed: dict[Level, list[str]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    expected: dict[Level, dict[str, int]] = field(default_factory=dict)

    @property
    def earned(self) -> Level:
        """The highest level at and below which every rule passed."""
        earned = Level.NONE
        for level in (Level.BRONZE, Level.SILVER, Level.GOLD):
            passed = self.passed.get(level, [])
            if self.failed.get(level) or not passed or self.not_run(level):
                break
            earned = level
        return earned

    def not_run(self, level: Level) -> int:
        """How many rules of a level say nothing, because they were left out."""
        expected = sum(self.expected.get(level, {}).values())
        told = len(self.passed.get(level, [])) + len(self.failed.get(level, []))
        return max(0, expected - told)

    @property
    def words(self) -> str:
        """The level, and in a line each what is in the way of the next ones."""
        lines = [self.earned.name.lower()]
        for level in (Level.BRONZE, Level.SILVER, Level.GOLD):
            name = level.name.lower()
            lines += [
                f"  {name} not earned: {rule}: {self.reasons.get(rule, 'no reason was given')}"
                for rule in self.failed.get(level, [])
            ]
            if (left_out := self.not_run(level)) > 0:
                lines.append(f"  {name} not earned: {left_out} of its rules were not run")
        return "\n".join(lines)

    def as_document(self) -> dict[str, object]:
        """For the report."""
        return {
            "earned": self.earned.name.lower(),
            "passed": {level.name.lower(): names for level, names in self.passed.items()},
            "failed": {level.name.lower(): names for level, names in self.failed.items()},
            "reasons": dict(self.reasons),
        }


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option."""
    parser.addoption("--conformance-report", type=Path, help="Write the earned levels to a file.")


def pytest_configure(config: pytest.Config) -> None:
    """The marker that takes the rig."""
    config.addinivalue_line("markers", f"{MARK}(rig=...): check a connector by the conformance kit")
    config.pluginmanager.register(Scribe(config), "conformance-scribe")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each rule that holds for the rig's connector."""
    mark = metafunc.definition.get_closest_marker(MARK)
    if mark is None or MARK not in metafunc.fixturenames:
        return
    rig: type[Rig] = mark.kwargs["rig"]
    try:
        rules = rules_for(rig)
    except ConfigurationError as error:
        metafunc.parametrize(MARK, [(rig, error)], ids=["not-loaded"], indirect=True)
        return
    names = [f"{rule.level.name.lower()}-{rule.story.__name__}" for rule in rules]
    metafunc.parametrize(MARK, [(rig, rule) for rule in rules], ids=names, indirect=True)


@pytest.fixture
def conformance(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], None]:
    """Call it to check one rule."""
    rig, rule = request.param

    def check() -> None:
        if isinstance(rule, ConfigurationError):
            raise NotEarned(f"nothing is earned: {rule}") from rule
        try:
            for name, value in rig.secrets.items():
                monkeypatch.setenv(name, value)
            rule.check(rig, tmp_path)
        except (KeyboardInterrupt, pytest.exit.Exception):
            raise
        except BaseException as error:  # skipping a rule, or ending the process, earns nothing
            reason = reason_of(error)
            _record(request.node, rig, rule, reason)
            words = f"{rule.level.name.lower()} is not earned: {reason}"
            if rule.level > manifest_of(rig.protocol).level:
                pytest.xfail(words)
            raise NotEarned(words) from error
        _record(request.node, rig, rule, None)

    return check


def reason_of(error: BaseException) -> str:
    """Why a rule was not fulfilled, in one line."""
    first = next(iter(str(error).strip().splitlines()), "")
    if isinstance(error, pytest.skip.Exception):
        return f"the rule was skipped: {first}"
    if isinstance(error, AssertionError | ConnectorError | pytest.fail.Exception) and first:
        return first
    words = f"{type(error).__name__}: {first}".removesuffix(": ")
    return f"the kit itself stumbled: {words}" if is_fault_of_kit(error) else words


def is_fault_of_kit(error: BaseException) -> bool:
    """Whether the kit itself stumbled: its own line raised, and it raised no judgement.

    What a connector or a rig raises, at whatever depth, says something about these.
    """
    if isinstance(error, AssertionError | TimeoutError | ConnectorError | pytest.fail.Exception):
        return False
    frames = list(traceback.walk_tb(error.__traceback__))
    return bool(frames) and frames[-1][0].f_globals.get("__name__") in KIT


def _record(item: pytest.Item, rig: type[Rig], rule: Rule, reason: str | None) -> None:
    """Take down what a rule has shown; `reason` None: it was fulfilled."""
    entry = {
        "protocol": rig.protocol,
        "rig": f"{rig.__module__}.{rig.__qualname__}",
        "level": int(rule.level),
        "rule": rule.name,
        "reason": reason,
        "rules": {int(level): sum(r.level is level for r in rules_for(rig)) for level in Level},
    }
    item.user_properties.append((MARK, json.dumps(entry)))


class Scribe:
    """Takes down what the reports of the tests say, also those of other processes (xdist)."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._outcomes: dict[str, Outcome] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The outcome of one rule."""
        if report.when != "call":
            return
        for name, entry in report.user_properties:
            if name == MARK:
                found: dict[str, Any] = json.loads(str(entry))
                outcome = self._outcomes.setdefault(found["protocol"], Outcome())
                place = outcome.passed if found["reason"] is None else outcome.failed
                place.setdefault(Level(found["level"]), []).append(found["rule"])
                if found["reason"] is not None:
                    outcome.reasons[found["rule"]] = found["reason"]
                for level, count in found["rules"].items():
                    outcome.expected.setdefault(Level(int(level)), {})[found["rig"]] = count

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Which level was earned, and what is in the way of the next one."""
        for protocol, outcome in sorted(self._outcomes.items()):
            terminalreporter.write_line(f"conformance: {protocol} earned {outcome.words}")
        path: Path | None = self._config.getoption("--conformance-report")
        if path is not None:
            found = {name: each.as_document() for name, each in sorted(self._outcomes.items())}
            text = json.dumps(found, ensure_ascii=False, indent=2)
            path.write_text(text + "\n", encoding="utf-8")

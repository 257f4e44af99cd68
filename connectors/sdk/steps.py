"""The steps from a name to a value, as a connection test walks them. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Step(StrEnum):
    """What has to work before a value can be read; every connector error names one."""

    CONFIGURATION = "configuration"
    NAME = "name"
    PORT = "port"
    PROTOCOL = "protocol"
    UNIT = "unit"
    CERTIFICATE = "certificate"
    SIGN_IN = "sign_in"
    REGISTER = "register"
    VALUE = "value"


class StepOutcome(StrEnum):
    """What a connection test found out about a step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not_reached"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """One step of a connection test.

    Attributes:
        code: stable code of what is wrong; None unless the step failed.
        message: what was found, a sentence for people; empty when the step was not reached.
    """

    step: Step
    outcome: StepOutcome
    message: str = ""
    code: str | None = None


class Endpoint(NamedTuple):
    """A place in the network that a source needs."""

    host: str
    port: int

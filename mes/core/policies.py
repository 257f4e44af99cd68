"""KPI policies: how time classes enter the KPIs, as data with a name and a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mes.core.case_error import CaseError, choices, is_name


class Part(StrEnum):
    """Where the time of a class goes."""

    OUTSIDE = "outside"
    """Outside planned busy time (PBT)."""
    AVAILABILITY = "availability"
    """Inside PBT, a loss of availability."""
    EFFECTIVENESS = "effectiveness"
    """Inside run time, so that it lowers effectiveness."""


class RunningOutsidePlan(StrEnum):
    """What running in a break, in a planned stop or outside a shift does."""

    ADDS = "adds"
    EXCLUDED = "excluded"


class FailureDivisor(StrEnum):
    """By what the times between failures are divided for their mean.

    ISO 22400-2 is quoted in both ways: the number of observed intervals, and one more.
    """

    FAILURES = "failures"
    FAILURES_PLUS_1 = "failures_plus_1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A named, versioned profile; the defaults are those of `iso22400`."""

    name: str = "iso22400"
    version: int = 1
    planned_stop: Part = Part.OUTSIDE
    setup: Part = Part.AVAILABILITY
    minor_stop: Part = Part.AVAILABILITY
    waiting: Part = Part.AVAILABILITY
    no_order: Part = Part.AVAILABILITY
    unknown: Part = Part.OUTSIDE
    running_outside_plan: RunningOutsidePlan = RunningOutsidePlan.ADDS
    failure_divisor: FailureDivisor = FailureDivisor.FAILURES

    @property
    def reference(self) -> str:
        """How an address names this very version: the name alone for a built-in profile."""
        return self.name if PROFILES.get(self.name) == self else f"{self.name}@{self.version}"

    def to_json(self) -> dict[str, object]:
        """The policy object of an OEE case file; `failure_divisor` only where it is not usual."""
        keys = {key: getattr(self, key).value for key in (*PART_VALUES, "running_outside_plan")}
        if self.failure_divisor is not FailureDivisor.FAILURES:
            keys["failure_divisor"] = self.failure_divisor.value
        return {"name": self.name, "version": self.version, **keys}


PART_VALUES: Final[Mapping[str, tuple[Part, ...]]] = {
    "planned_stop": (Part.OUTSIDE, Part.AVAILABILITY),
    "setup": (Part.AVAILABILITY, Part.OUTSIDE),
    "minor_stop": (Part.AVAILABILITY, Part.EFFECTIVENESS),
    "waiting": (Part.AVAILABILITY, Part.EFFECTIVENESS, Part.OUTSIDE),
    "no_order": (Part.AVAILABILITY, Part.OUTSIDE),
    "unknown": (Part.OUTSIDE, Part.AVAILABILITY),
}
"""The values each key may have."""
POLICY_KEYS: Final[Mapping[str, tuple[StrEnum, ...]]] = {
    **PART_VALUES,
    "running_outside_plan": tuple(RunningOutsidePlan),
    "failure_divisor": tuple(FailureDivisor),
}
"""All keys of a policy with the values that they may have."""
POLICY_FIELDS: Final = ("name", "version", *POLICY_KEYS)

ISO22400: Final = Policy()
TPM: Final = Policy(name="tpm", minor_stop=Part.EFFECTIVENESS, no_order=Part.OUTSIDE)
OEE_COM: Final = Policy(
    name="oee_com",
    planned_stop=Part.AVAILABILITY,
    minor_stop=Part.EFFECTIVENESS,
    no_order=Part.OUTSIDE,
)
PROFILES: Final[Mapping[str, Policy]] = {
    profile.name: profile for profile in (ISO22400, TPM, OEE_COM)
}


def policy_by_name(name: str) -> Policy:
    """The profile of that name.

    Raises:
        CaseError: no such profile.
    """
    if name not in PROFILES:
        raise CaseError("policy", f"unknown policy {name!r}; {choices(PROFILES)}")
    return PROFILES[name]


def parse_policy(data: object, field: str = "policy") -> Policy:
    """Read a profile name or a policy object; a missing key has the value of `iso22400`.

    Args:
        data: name, object, or None for `iso22400`.
        field: name of the field in messages.

    Raises:
        CaseError: unknown name, key or value.
    """
    if data is None:
        return ISO22400
    if isinstance(data, str):
        return policy_by_name(data)
    if not isinstance(data, dict):
        raise CaseError(field, "is neither a profile name nor an object")
    for key in data:
        if key not in POLICY_FIELDS:
            raise CaseError(f"{field}.{key}", f"unknown key; {choices(POLICY_FIELDS)}")
    parts = {
        key: Part(_choice(data, key, allowed, getattr(ISO22400, key), field))
        for key, allowed in PART_VALUES.items()
    }
    others = {
        key: _choice(data, key, POLICY_KEYS[key], getattr(ISO22400, key), field)
        for key in ("running_outside_plan", "failure_divisor")
    }
    return Policy(
        name=_name(data.get("name", "custom"), field),
        version=_version(data.get("version", 1), field),
        running_outside_plan=RunningOutsidePlan(others["running_outside_plan"]),
        failure_divisor=FailureDivisor(others["failure_divisor"]),
        **parts,
    )


def _choice(
    data: Mapping[str, object], key: str, allowed: tuple[str, ...], default: str, field: str
) -> str:
    value = data.get(key, default)
    if not isinstance(value, str) or value not in allowed:
        raise CaseError(f"{field}.{key}", f"unknown value {value!r}; {choices(allowed)}")
    return value


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise CaseError(f"{field}.name", "is not a name")
    return value


def _version(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise CaseError(f"{field}.version", "is not a whole number from 1")
    return value

"""The KPI policies of a plant file: their shape, what is wrong with them, and their objects.

A version of a policy never changes, because published figures name it: a changed policy is a new
version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.core.policies import PROFILES, parse_policy
from mes.features.plant.parts import Code, Part
from mes.features.plant.repair import Problem
from mes.models import KpiPolicyVersion

POLICY = "policy"
"""Kind of the objects."""

Key = tuple[str, str]


class PolicyProfile(Part):
    """A policy of the plant's own; a key that is left out is that of `iso22400`."""

    name: Code
    version: int = Field(default=1, ge=1, le=1_000_000)
    planned_stop: Literal["outside", "availability"] = "outside"
    setup: Literal["availability", "outside"] = "availability"
    minor_stop: Literal["availability", "effectiveness"] = "availability"
    waiting: Literal["availability", "effectiveness", "outside"] = "availability"
    no_order: Literal["availability", "outside"] = "availability"
    unknown: Literal["outside", "availability"] = "outside"
    running_outside_plan: Literal["adds", "excluded"] = "adds"
    failure_divisor: Literal["failures", "failures_plus_1"] = "failures"


def policy_objects(policies: Sequence[PolicyProfile]) -> dict[Key, dict[str, Any]]:
    """The policies as objects under name and version, in their normal form."""
    return {
        policy_key(one.name, one.version): definition(one.model_dump(mode="json"))
        for one in policies
    }


def stored_policies(session: Session) -> dict[Key, dict[str, Any]]:
    """The policies that the database holds, oldest version first."""
    rows = session.scalars(
        select(KpiPolicyVersion).order_by(KpiPolicyVersion.name, KpiPolicyVersion.version)
    )
    return {policy_key(row.name, row.version): definition(row.definition) for row in rows}


def policy_key(name: str, version: int) -> Key:
    """The key of one version of a policy."""
    return POLICY, f"{name}@{version}"


def definition(keys: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of a policy without name and version, complete."""
    written = parse_policy(dict(keys)).to_json()
    return {key: value for key, value in written.items() if key not in ("name", "version")}


def policy_row(key: Key, value: dict[str, Any]) -> dict[str, Any]:
    """An object as it stands in a plant file."""
    name, version = _name_and_version(key)
    return {"name": name, "version": version, **value}


def add_policy(session: Session, key: Key, value: dict[str, Any], now_us: int) -> None:
    """Store a version that is not there yet."""
    name, version = _name_and_version(key)
    session.add(KpiPolicyVersion(name=name, version=version, definition=value, recorded_at=now_us))


def changed_policies(
    file: Mapping[Key, dict[str, Any]], stored: Mapping[Key, dict[str, Any]]
) -> list[Key]:
    """The versions that a file says otherwise than the database."""
    return [
        key
        for key, value in file.items()
        if key[0] == POLICY and key in stored and stored[key] != value
    ]


def policy_problems(
    policies: Sequence[PolicyProfile],
    site_policy: str,
    stored: Mapping[Key, dict[str, Any]],
) -> Iterator[Problem]:
    """Names that are taken, versions that stand twice or were changed, a site without its policy.

    Args:
        site_policy: the policy that the site names.
        stored: policies that a database holds; empty: none is known.
    """
    seen: set[tuple[str, int]] = set()
    for index, one in enumerate(policies):
        if one.name in PROFILES:
            yield (
                ("policies", index, "name"),
                "policy_reserved",
                f"{one.name!r} is built in; give the plant's own policy another name",
            )
        if (one.name, one.version) in seen:
            yield (
                ("policies", index, "version"),
                "duplicate",
                f"version {one.version} of {one.name!r} stands twice",
            )
        seen.add((one.name, one.version))
    for key in changed_policies(policy_objects(policies), stored):
        name, version = _name_and_version(key)
        yield (
            ("policies", _index(policies, name, version), "version"),
            "policy_version_changed",
            f"version {version} of {name!r} is stored with other keys and never changes; "
            f"give the changed policy a new version",
        )
    names = {*PROFILES, *(name for name, _ in seen), *_names(stored)}
    if site_policy not in names:
        yield (
            ("site", "policy"),
            "policy_unknown",
            f"there is no policy {site_policy!r}; known: {', '.join(sorted(names))}",
        )


def _index(policies: Sequence[PolicyProfile], name: str, version: int) -> int:
    found = [(one.name, one.version) for one in policies]
    return found.index((name, version))


def _names(stored: Mapping[Key, dict[str, Any]]) -> set[str]:
    return {_name_and_version(key)[0] for key in stored}


def _name_and_version(key: Key) -> tuple[str, int]:
    name, _, version = key[1].rpartition("@")
    return name, int(version)

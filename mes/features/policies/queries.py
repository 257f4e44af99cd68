"""The policies that a plant may compute with, and the table of KPIs, as JSON data."""

from __future__ import annotations

from typing import Any

from mes.core.kpis import KPIS
from mes.core.kpis_waiting import WAITING
from mes.core.policies import POLICY_KEYS, PROFILES, Policy
from mes.features.production.masters import Masters


def policy_items(known: Masters) -> list[dict[str, Any]]:
    """Built-in profiles first, then every version of the plant's own, newest version first.

    `reference` is what `?policy=` takes for this very version; `newest` false: the name alone
    means a later one; `sites` are the sites that compute with it.
    """
    own = sorted(known.policy_versions.values(), key=lambda one: (one.name, -one.version))
    return [_policy(known, policy, built_in=True) for policy in PROFILES.values()] + [
        _policy(known, policy, built_in=False) for policy in own
    ]


def _policy(known: Masters, policy: Policy, *, built_in: bool) -> dict[str, Any]:
    return {
        "name": policy.name,
        "version": policy.version,
        "reference": policy.reference,
        "built_in": built_in,
        "newest": known.policy(policy.name) == policy,
        "sites": [site.code for site in known.sites if site.policy == policy],
        "keys": {key: str(getattr(policy, key)) for key in POLICY_KEYS},
    }


def kpi_items() -> list[dict[str, Any]]:
    """The KPIs that are computed, in the order of results."""
    return [
        {
            "key": kpi.key,
            "iso_symbol": kpi.iso_symbol,
            "name": dict(kpi.names),
            "definition": dict(kpi.definitions),
            "formula": kpi.formula,
            "unit": kpi.unit,
            "better": kpi.better,
        }
        for kpi in KPIS
    ]


def waiting_items() -> list[dict[str, Any]]:
    """The KPIs of the standard that wait for data, and for which."""
    return [
        {
            "key": kpi.key,
            "iso_symbol": kpi.iso_symbol,
            "name": dict(kpi.names),
            "formula": kpi.formula,
            "waits_for": dict(kpi.waits_for),
        }
        for kpi in WAITING
    ]

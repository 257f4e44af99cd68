"""Policies: profiles and how each key lets a class enter (contract section 2)."""

from __future__ import annotations

from typing import Any

import pytest

from mes.core.case import CaseError
from mes.core.policies import PART_VALUES, parse_policy, policy_by_name
from tests.core.cases import MINUTE_US, at, result

EVERY_CLASS: dict[str, Any] = {
    "reasons": {"lunch": "break"},
    "shifts": [[at(0), at(55)]],
    "planned": [[at(0), at(5), "lunch"], [at(5), at(10), "meeting"]],
    "runs": [{"start": at(0), "end": at(35), "material": "A"}],
    "states": [
        [at(0), "stopped"],
        [at(10), "setup"],
        [at(15), "running"],
        [at(20), "stopped"],
        [at(22), "waiting"],
        [at(25), "unknown"],
        [at(29), "down"],
        [at(35), "stopped"],
        [at(40), "running"],
        [at(55), "off"],
    ],
    "quantities": [{"at": at(16), "good": 50, "scrap": 10}],
}
"""Not scheduled 5, break 5, planned stop 5, setup 5, minor 2, waiting 3, unknown 4, unplanned 6,
no order 5 and running 20 minutes."""


def iso_minutes(policy: Any) -> dict[str, float]:
    times = result(**EVERY_CLASS, policy=policy)["iso_us"]
    return {key: us / MINUTE_US for key, us in times.items()}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("iso22400", "outside availability availability availability availability outside adds"),
        ("tpm", "outside availability effectiveness availability outside outside adds"),
        ("oee_com", "availability availability effectiveness availability outside outside adds"),
    ],
)
def test_the_profiles_are_those_of_the_contract(name: str, values: str) -> None:
    keys = (*PART_VALUES, "running_outside_plan")
    policy = policy_by_name(name)
    assert policy.to_json() == {
        "name": name,
        "version": 1,
        **dict(zip(keys, values.split(), strict=True)),
    }


def test_a_missing_key_of_an_object_has_the_value_of_iso22400() -> None:
    expected = {**policy_by_name("iso22400").to_json(), "name": "custom", "setup": "outside"}
    assert parse_policy({"setup": "outside"}).to_json() == expected


def test_an_object_is_named_custom_in_version_1_unless_it_says_otherwise() -> None:
    assert result(policy={})["policy"] == {"name": "custom", "version": 1}
    named = {"name": "공장 기준", "version": 3}
    assert result(policy=named)["policy"] == named


def test_a_profile_gives_its_name_and_version_to_the_result() -> None:
    assert result(policy="oee_com")["policy"] == {"name": "oee_com", "version": 1}
    assert result()["policy"] == {"name": "iso22400", "version": 1}


def test_a_policy_written_and_read_again_is_the_same() -> None:
    policy = parse_policy({"waiting": "effectiveness", "name": "plant", "version": 2})
    assert parse_policy(policy.to_json()) == policy


def test_an_unknown_profile_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CaseError, match="known: iso22400, tpm, oee_com"):
        policy_by_name("nakajima")


def test_iso22400_counts_every_class_as_the_standard_does() -> None:
    assert iso_minutes("iso22400") == {
        "POT": 55,
        "PBT": 41,
        "AUBT": 36,
        "AUPT": 25,
        "APT": 20,
        "AUST": 5,
        "ADET": 11,
        "ADOT": 5,
    }


def test_tpm_puts_minor_stops_into_effectiveness_and_leaves_no_order_out() -> None:
    assert iso_minutes("tpm") == {
        "POT": 55,
        "PBT": 36,
        "AUBT": 36,
        "AUPT": 27,
        "APT": 22,
        "AUST": 5,
        "ADET": 9,
        "ADOT": 0,
    }


def test_oee_com_makes_planned_stops_a_loss() -> None:
    assert iso_minutes("oee_com") == {
        "POT": 55,
        "PBT": 41,
        "AUBT": 41,
        "AUPT": 27,
        "APT": 22,
        "AUST": 5,
        "ADET": 14,
        "ADOT": 0,
    }


@pytest.mark.parametrize(
    ("key", "value", "changed"),
    [
        ("planned_stop", "availability", {"PBT": 46, "AUBT": 41, "ADET": 16}),
        ("setup", "outside", {"PBT": 36, "AUBT": 31, "AUPT": 20, "AUST": 0}),
        ("minor_stop", "effectiveness", {"AUPT": 27, "APT": 22, "ADET": 9}),
        ("waiting", "effectiveness", {"AUPT": 28, "APT": 23, "ADET": 8}),
        ("waiting", "outside", {"PBT": 38, "AUBT": 33, "ADET": 8}),
        ("no_order", "outside", {"PBT": 36, "ADOT": 0}),
        ("unknown", "availability", {"PBT": 45, "AUBT": 40, "ADET": 15}),
    ],
)
def test_each_key_moves_its_class_and_nothing_else(
    key: str, value: str, changed: dict[str, float]
) -> None:
    assert iso_minutes({key: value}) == {**iso_minutes({}), **changed}


def test_breaks_and_not_scheduled_time_are_outside_in_every_profile() -> None:
    fields: dict[str, Any] = {
        "shifts": [[at(0), at(30)]],
        "planned": [[at(0), at(10), "lunch"]],
        "reasons": {"lunch": "break"},
        "states": [[at(0), "stopped"]],
    }
    for profile in ("iso22400", "tpm", "oee_com"):
        assert result(**fields, policy=profile)["iso_us"]["PBT"] == 20 * MINUTE_US


@pytest.mark.parametrize("profile", ["iso22400", "tpm", "oee_com"])
def test_the_times_of_iso_are_fully_accounted(profile: str) -> None:
    times = iso_minutes(profile)
    assert times["AUPT"] == times["AUST"] + times["APT"]
    assert times["AUBT"] == times["AUPT"] + times["ADET"]
    assert times["PBT"] == times["AUBT"] + times["ADOT"]

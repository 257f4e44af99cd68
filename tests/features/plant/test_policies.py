"""Policies of a plant's own: versions are added, never changed, and usable by name."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from sqlalchemy import select

from mes.cli import main
from mes.core.policies import ISO22400, POLICY_KEYS, policy_by_name
from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.policies import PolicyProfile
from mes.features.plant.service import ApplyReport, apply
from mes.features.production.master_loading import masters
from mes.models import KpiPolicyVersion
from tests.features.plant.plant_files import GOOD, with_change

OWN = "policies:\n  - {name: busan, version: 1, setup: outside}\n\ncalendars:\n"
FIRST = with_change("calendars:\n", OWN)
SECOND = with_change(
    "setup: outside}\n",
    "setup: outside}\n  - {name: busan, version: 2, setup: outside, unknown: availability}\n",
    FIRST,
)


def applied(database: Database, text: str, *, force: bool = False) -> ApplyReport:
    checked = check(text)
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        return apply(
            session, checked.plant, actor="test", now_us=1_700_000_000_000_000, force=force
        )


def codes(text: str) -> list[tuple[str, str]]:
    return [(mistake.field, mistake.code) for mistake in check(text).mistakes]


def status(arguments: list[str]) -> int:
    try:
        main(arguments)
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def test_the_keys_of_a_policy_in_a_plant_file_are_those_of_the_kernel() -> None:
    keys = {
        name: set(get_args(field.annotation))
        for name, field in PolicyProfile.model_fields.items()
        if name not in ("name", "version")
    }
    assert keys == {key: {str(value) for value in values} for key, values in POLICY_KEYS.items()}
    for key in POLICY_KEYS:
        assert PolicyProfile.model_fields[key].default == getattr(ISO22400, key)


def test_an_own_policy_is_stored_and_found_by_name(database: Database) -> None:
    assert "policy busan@1" in applied(database, FIRST).added
    with database.reading() as session:
        found = masters(session).policy("busan")
    assert found is not None
    assert found.to_json() == {**ISO22400.to_json(), "name": "busan", "setup": "outside"}


def test_a_changed_policy_is_a_new_row_and_the_old_version_stays(database: Database) -> None:
    applied(database, FIRST)
    assert applied(database, SECOND).added == ("policy busan@2",)
    with database.reading() as session:
        rows = session.scalars(select(KpiPolicyVersion).order_by(KpiPolicyVersion.version)).all()
        assert [(row.version, row.definition["unknown"]) for row in rows] == [
            (1, "outside"),
            (2, "availability"),
        ]
        known = masters(session)
        found = {name: known.policy(name) for name in ("busan", "busan@1", "busan@2", "busan@3")}
    assert found["busan"] == found["busan@2"] != found["busan@1"]
    assert found["busan@3"] is None
    for name, policy in found.items():
        assert policy is None or name == "busan" or policy.reference == name


def test_a_built_in_profile_has_its_one_version(database: Database) -> None:
    with database.reading() as session:
        known = masters(session)
        assert known.policy("tpm@1") == known.policy("tpm") == policy_by_name("tpm")
        assert known.policy("tpm@2") is None
        assert known.policy("@1") is None
    assert policy_by_name("tpm").reference == "tpm"


@pytest.mark.parametrize("force", [False, True])
def test_a_changed_policy_under_the_same_version_is_refused_by_name(
    database: Database, force: bool
) -> None:
    applied(database, FIRST)
    report = applied(
        database, with_change("setup: outside", "no_order: outside", FIRST), force=force
    )
    assert report.conflicts == (
        "policy busan@1 (a version never changes: give the policy a new one)",
    )
    assert report.added == report.changed == ()
    with database.reading() as session:
        assert session.scalars(select(KpiPolicyVersion.definition)).one()["setup"] == "outside"


def test_the_check_against_a_plant_names_the_changed_version_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data"
    file = tmp_path / "plant.yaml"
    file.write_text(FIRST, "utf-8")
    assert status(["db", "upgrade", "--data", str(data)]) == 0
    assert status(["plant", "apply", str(file), "--data", str(data)]) == 0
    assert status(["plant", "check", str(file), "--data", str(data)]) == 0
    file.write_text(with_change("setup: outside", "waiting: outside", FIRST), "utf-8")
    assert status(["plant", "check", str(file)]) == 0
    capsys.readouterr()
    assert status(["plant", "check", str(file), "--data", str(data)]) == 1
    said = capsys.readouterr().out
    line = FIRST.splitlines().index("  - {name: busan, version: 1, setup: outside}") + 1
    assert f"line {line}: policies[0].version: version 1 of 'busan' is stored" in said
    assert "[policy_version_changed]" in said


def test_a_file_that_leaves_a_version_out_takes_nothing_back(database: Database) -> None:
    applied(database, SECOND)
    checked = check(GOOD)
    assert checked.plant is not None
    with database.transaction() as session:
        report = apply(session, checked.plant, actor="test", now_us=1, prune=True)
    assert report.missing == ("policy busan@1", "policy busan@2")
    with database.reading() as session:
        assert len(session.scalars(select(KpiPolicyVersion.id)).all()) == 2


def test_an_exported_plant_has_its_policies_and_applies_without_a_change(
    database: Database,
) -> None:
    applied(database, SECOND)
    with database.reading() as session:
        text = export(session)
    assert "name: busan" in text
    report = applied(database, text)
    assert (report.added, report.changed, report.missing, report.conflicts) == ((), (), (), ())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: busan", "name: tpm", ("policies[0].name", "policy_reserved")),
        ("setup: outside", "setup: nowhere", ("policies[0].setup", "literal_error")),
        ("setup: outside", "overtime: outside", ("policies[0].overtime", "extra_forbidden")),
        ("version: 1", "version: 0", ("policies[0].version", "greater_than_equal")),
        ("name: busan", 'name: "bu san"', ("policies[0].name", "value_error")),
    ],
)
def test_a_mistake_in_a_policy_is_named(old: str, new: str, expected: tuple[str, str]) -> None:
    assert expected in codes(with_change(old, new, FIRST))


def test_one_version_twice_is_a_mistake() -> None:
    text = with_change("version: 2", "version: 1", SECOND)
    assert ("policies[1].version", "duplicate") in codes(text)


def test_a_site_may_name_an_own_policy_and_no_unknown_one() -> None:
    own = with_change("time_zone: Asia/Seoul", "time_zone: Asia/Seoul, policy: busan", FIRST)
    assert codes(own) == []
    assert codes(own.replace("policy: busan", "policy: seoul")) == [
        ("site.policy", "policy_unknown")
    ]

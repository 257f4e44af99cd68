"""Installed connectors: the usable ones, and the broken ones with their reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pytest

from connectors.replay.manifest import MANIFEST
from connectors.sdk.capabilities import Capability
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registry import (
    ENTRY_POINT_GROUP,
    InstalledConnector,
    checked,
    find,
    installed,
    manifest_of,
)
from connectors.sdk.version import SdkVersion

HEAD = "from dataclasses import replace\nfrom connectors.replay.manifest import MANIFEST as M\n"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder from which modules are imported, forgotten at the end."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group="mes.connectors")


def found(name: str, folder: Path, code: str) -> InstalledConnector:
    """What is found of a package with this code, beside those of this program."""
    (folder / f"outside_{name}.py").write_text(HEAD + code, encoding="utf-8")
    known = entry_points(group=ENTRY_POINT_GROUP)
    last = find([entry(name, f"outside_{name}:MANIFEST"), *known])[-1]
    assert last.package is not None
    return last


def test_the_connectors_of_this_program_come_first_and_by_the_same_entry_points() -> None:
    own = [each for each in installed() if each.package is None]
    assert [each.name for each in own] == ["modbus", "mqtt", "opcua", "replay"]
    assert list(installed()[: len(own)]) == own
    assert all(checked(each).problem is None for each in own)


def test_a_connector_of_this_program_that_is_named_twice_is_found_once() -> None:
    twice = [entry("replay", "connectors.replay.manifest:MANIFEST")] * 2
    assert [(each.name, each.problem) for each in find(twice)] == [("replay", None)]


def test_without_an_installation_it_is_said_that_there_is_none() -> None:
    assert find([]) == ()


def test_a_package_brings_a_protocol(packages: Path) -> None:
    usable = found("fine", packages, 'MANIFEST = replace(M, protocol="fine")\n')
    assert (usable.name, usable.problem) == ("fine", None)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import no_such_library\n", "ModuleNotFoundError"),
        ("raise SystemError('boom')\n", "SystemError: boom"),
        ("def broken(:\n", "SyntaxError"),
        ("", "AttributeError"),
        ("MANIFEST = {}\n", "is no Manifest"),
        ('MANIFEST = replace(M, protocol="x", sdk_version=(3, 0))\n', "written for SDK 3.0"),
        ('MANIFEST = replace(M, protocol="x", sdk_version=(2, 99))\n', "written for SDK 2.99"),
        ('MANIFEST = replace(M, protocol="x", sdk_version=(1, 0))\n', "written for SDK 1.0"),
        ('MANIFEST = replace(M, protocol="x", sdk_version=1)\n', "must be two numbers"),
        ('MANIFEST = replace(M, protocol="x", capabilities=frozenset())\n', "poll and push"),
        ('MANIFEST = replace(M, protocol="x", name={"en": "X"})\n', "lacks ko"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ('MANIFEST = replace(M, protocol="x", name="X")\n', "no usable Manifest"),
        ('MANIFEST = replace(M, protocol="x", capabilities=["poll"])\n', "no usable Manifest"),
        ('MANIFEST = replace(M, protocol="x", sdk_version=("a", 0, 1))\n', "two numbers"),
        ('MANIFEST = replace(M, protocol=["x"])\n', "protocol must be a word"),
        ('MANIFEST = replace(M, protocol="x", config="json:loads")\n', "no SourceConfig"),
        ('MANIFEST = replace(M, protocol="x", config="nowhere:X")\n', "ModuleNotFoundError"),
    ],
)
def test_a_broken_package_is_listed_with_its_reason(packages: Path, code: str, words: str) -> None:
    broken = found("x", packages, code)
    assert broken.manifest is None
    assert words in str(broken.problem)
    assert "broken" in str(broken)


def test_a_package_does_not_shadow_a_built_in_connector(packages: Path) -> None:
    thief = found("replay", packages, "MANIFEST = M\n")
    assert thief.problem == "the protocol 'replay' already belongs to this program"


@pytest.mark.parametrize(
    ("connector", "capabilities", "words"),
    [
        ("json:loads", MANIFEST.capabilities, "is no Connector"),
        ("connectors.sdk.connector:PushConnector", MANIFEST.capabilities, "lacks close"),
        (MANIFEST.connector, frozenset({Capability.POLL}), "poll is declared but not in the"),
        (MANIFEST.connector, MANIFEST.capabilities | {Capability.WRITE}, "write is declared"),
        ("connectors.mqtt.connector:MqttConnector", MANIFEST.capabilities, "browse is not decl"),
    ],
)
def test_a_class_that_does_not_keep_its_promise_is_broken(
    connector: str, capabilities: frozenset[Capability], words: str
) -> None:
    manifest = replace(MANIFEST, connector=connector, capabilities=capabilities)
    each = InstalledConnector(name="x", package="p", manifest=manifest)
    assert words in str(checked(each).problem)


def test_a_newer_minor_version_of_the_sdk_runs_older_connectors() -> None:
    ours = SdkVersion(2, 3)
    assert ours.runs(SdkVersion(2, 0))
    assert ours.runs(SdkVersion(2, 3))
    assert not ours.runs(SdkVersion(2, 4))
    assert not ours.runs(SdkVersion(1, 0))


def test_commands_of_a_connector_join_and_those_of_a_broken_one_do_not() -> None:
    assert {"certificates", "trust"} <= set(manifest_of("opcua").own_commands())
    assert MANIFEST.own_commands() == {}
    with pytest.raises(ConfigurationError, match="no_such_module"):
        replace(MANIFEST, commands="no_such_module:COMMANDS").own_commands()

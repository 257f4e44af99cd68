"""The form of a source: what screens, documents and the command line say of its fields."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.runtime.commands import source_command
from connectors.sdk.form import Form, FormField, Kind, form_of
from connectors.sdk.registry import manifests

DOCUMENTS = Path(__file__).parents[3] / "docs" / "connectors"


def field(form: Form, path: str) -> FormField:
    return next(each for each in form.all_fields() if each.path == path)


@pytest.mark.parametrize("protocol", sorted(manifests()))
def test_every_field_has_words_in_both_languages_and_every_word_a_field(protocol: str) -> None:
    manifest = manifests()[protocol]
    form = form_of(manifest)
    without = [each.path for each in form.all_fields() if not (each.title and each.help)]
    assert without == []
    assert set(manifest.field_words()) <= {each.path for each in form.all_fields()}


@pytest.mark.parametrize("protocol", sorted(manifests()))
def test_the_page_of_a_connector_is_what_the_command_makes(protocol: str) -> None:
    made = CliRunner().invoke(source_command, ["describe", protocol, "--markdown"])
    page = (DOCUMENTS / f"{protocol}.md").read_text(encoding="utf-8")
    assert made.output == page, f"run: mes source describe {protocol} --markdown"


def test_a_form_says_kind_limits_default_and_secret() -> None:
    form = form_of(manifests()["mqtt"])
    password = field(form, "broker.password")
    assert (password.kind, password.is_secret, password.required) == (Kind.TEXT, True, False)
    keep_alive = field(form, "broker.keep_alive_s")
    assert (keep_alive.kind, keep_alive.minimum, keep_alive.maximum) == (Kind.WHOLE, 2, 600)
    assert (keep_alive.default, keep_alive.unit) == (4, "s")
    assert field(form, "payload").choices == ("json", "sparkplug_b")
    assert field(form, "broker").kind is Kind.GROUP
    assert field(form, "tags").kind is Kind.LIST
    assert field(form, "quality_values").kind is Kind.TABLE
    assert field(form, "tags.topic").title["ko"] == "토픽"


def test_fields_of_one_kind_of_link_are_bound_to_it() -> None:
    form = form_of(manifests()["modbus"])
    transport = field(form, "link.transport")
    assert set(transport.choices) == {"tcp", "rtu", "rtu_over_tcp"}
    assert field(form, "link.baud").only_with == {"link.transport": ("rtu",)}
    assert not field(form, "link.pause_ms").only_with


def test_the_description_is_json() -> None:
    made = CliRunner().invoke(source_command, ["describe", "replay"])
    document = json.loads(made.output)
    assert [each["path"] for each in document["fields"]][:2] == ["id", "protocol"]
    tags = next(each for each in document["fields"] if each["path"] == "tags")
    assert tags["fields"][0]["path"] == "tags.name"


def test_the_list_of_connectors_is_json_with_capabilities() -> None:
    made = CliRunner().invoke(source_command, ["connectors", "--json"])
    found = {line["protocol"]: line for line in map(json.loads, made.output.splitlines())}
    assert found["mqtt"]["capabilities"] == ["browse", "frames", "push"]
    assert found["mqtt"]["problem"] is None


def test_an_unknown_protocol_is_refused_by_name() -> None:
    made = CliRunner().invoke(source_command, ["describe", "dance"])
    assert made.exit_code == 1
    assert "protocol_not_available" in made.output

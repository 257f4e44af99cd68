"""What is handed to people holds no secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.mqtt.config import MqttSource
from connectors.runtime.commands import source_command
from connectors.sdk.form import form_of
from connectors.sdk.redaction import HIDDEN, redacted, scrubbed, secrets_of
from connectors.sdk.registry import manifest_of
from mes.ports import free_port
from tests.connectors.mqtt.world import json_source

LOGIN = {"user": "edge", "password": "env:BROKER_PASSWORD", "allow_insecure": True}


def source(port: int = 1883) -> MqttSource:
    return MqttSource.model_validate(json_source(port, broker=LOGIN))


def test_secret_fields_are_hidden_with_their_references() -> None:
    found = redacted(source(), form_of(manifest_of("mqtt")))
    assert found["broker"]["password"] == HIDDEN
    assert found["broker"]["user"] == "edge"
    assert "BROKER_PASSWORD" not in json.dumps(found)


def test_the_secrets_of_a_source_are_those_that_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form = form_of(manifest_of("mqtt"))
    assert secrets_of(source(), form) == frozenset()
    monkeypatch.setenv("BROKER_PASSWORD", "s3cret")
    assert secrets_of(source(), form) == {"s3cret"}


def test_a_secret_is_taken_out_of_texts_keys_and_telling_names() -> None:
    found = scrubbed(
        {
            "url": "tcp://edge:s3cret@host",
            "s3cret": [1, ("s3cret", None)],
            "api_token": "x",
            "n": 1,
        },
        {"s3cret"},
    )
    assert found == {
        "url": f"tcp://edge:{HIDDEN}@host",
        HIDDEN: [1, [HIDDEN, None]],
        "api_token": HIDDEN,
        "n": 1,
    }


def test_a_secret_too_short_to_be_told_apart_blackens_nothing() -> None:
    assert scrubbed("a1b1", {"1"}) == "a1b1"


def test_the_file_for_support_says_what_is_wrong_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", "s3cret")
    plant = tmp_path / "plant.yaml"
    plant.write_text(json.dumps({"sources": [json_source(free_port(), broker=LOGIN)]}))
    made = CliRunner().invoke(source_command, ["diagnose", str(plant), "cell"])
    assert made.exit_code == 0
    assert "s3cret" not in made.output
    assert "BROKER_PASSWORD" not in made.output
    found = json.loads(made.output)
    assert found["error"]["code"] == "connection_refused"
    assert [step["step"] for step in found["steps"] if step["outcome"] == "failed"] == ["port"]
    assert found["source"]["tags"][0]["name"] == "temp"

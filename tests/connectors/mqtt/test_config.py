"""Mistakes in an MQTT source are named with their field."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.mqtt.browse import topic_filters
from connectors.mqtt.config import MqttSource
from connectors.mqtt.json_path import follow, parse_path
from tests.connectors.mqtt.world import json_source, node_source

TAG = {"name": "t", "topic": "a"}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"tags": [{**TAG, "topic": "a/+"}]}, "topic_malformed", "tags.0.topic"),
        ({"tags": [{"name": "t"}]}, "field_missing_for_payload", "tags.0.topic"),
        ({"tags": [{**TAG, "metric": "m"}]}, "field_not_for_payload", "tags.0.metric"),
        ({"tags": [{**TAG, "device": "d"}]}, "field_not_for_payload", "tags.0.device"),
        ({"tags": [{**TAG, "path": "a..b"}]}, "json_path_malformed", "tags.0.path"),
        ({"group": "g"}, "field_not_for_payload", "group"),
        ({"payload": "sparkplug_b"}, "field_missing_for_payload", "node"),
        ({"broker": {"password": "env:X"}}, "user_missing", "broker.user"),
        ({"broker": {"user": "u", "password": "env:X"}}, "insecure_not_allowed", "broker.password"),
        ({"broker": {"user": "u", "password": "x"}}, "secret_in_plain_text", "broker.password"),
        ({"broker": {"tls": {"key_file": "k"}}}, "certificate_incomplete", "broker.tls.key_file"),
        ({"broker": {"port": 0}}, "greater_than_equal", "broker.port"),
        ({"broker": {"version": "4"}}, "enum", "broker.version"),
        ({"surprise": 1}, "extra_forbidden", "surprise"),
    ],
)
def test_a_mistake_is_named_with_its_field(change: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MqttSource.model_validate(json_source(1883, **change))
    found = [(e["type"], ".".join(str(p) for p in e["loc"])) for e in caught.value.errors()]
    assert (code, field) in found


def test_a_sparkplug_tag_has_no_path() -> None:
    with pytest.raises(ValidationError, match="does not belong"):
        MqttSource.model_validate(
            node_source(1883, tags=[{"name": "t", "metric": "m", "path": "a"}])
        )


def test_the_port_follows_from_tls() -> None:
    source = json_source(1883)
    del source["broker"]["port"]
    assert MqttSource.model_validate(source).endpoints[0].port == 1883
    source["broker"]["tls"] = {}
    assert MqttSource.model_validate(source).endpoints[0].port == 8883


@pytest.mark.parametrize("text", ["a.", ".a", "a[x]", "a[1", "a b].c", "a[0]b"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no path"):
        parse_path(text)


def test_a_path_is_followed() -> None:
    document = {"a": [{"b c": 5}]}
    assert follow(document, parse_path("a[0].b c")) == 5
    for missing in ("a[1]", "a.b", "x"):
        with pytest.raises(LookupError):
            follow(document, parse_path(missing))


@pytest.mark.parametrize(
    ("pattern", "filters"),
    [
        ("plant/**", ["plant/#", "plant"]),
        ("plant/*/temp", ["plant/+/temp", "plant/+"]),
        ("**", ["#"]),
        ("plant", ["plant"]),
    ],
)
def test_a_pattern_becomes_subscriptions(pattern: str, filters: list[str]) -> None:
    assert topic_filters(pattern) == filters

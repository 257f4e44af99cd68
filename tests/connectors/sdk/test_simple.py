"""The shortest way to a connector: conversion, bad values, losses."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.sdk.errors import Unavailable
from connectors.sdk.messages import Quality
from connectors.sdk.simple import BadValue
from tests.connectors.sdk.small_connector import SmallConnector, SmallSource


async def test_values_are_converted_and_a_tag_that_others_need_comes_first() -> None:
    tags = [{"name": "pv", "scale_exponent_from": "dot", "unit": "C"}, {"name": "dot"}]
    connector = SmallConnector({"pv": 1234, "dot": 2}, tags=tags)
    pv, dot = (await connector.read_all()).samples
    assert (pv.value, pv.unit, dot.value) == (12.34, "C", 2)


async def test_a_bad_value_is_that_of_its_tag_alone_and_counted() -> None:
    connector = SmallConnector({"a": 1, "b": BadValue("scale_overload")})
    reading = await connector.read(1000)
    assert [(s.value, s.quality, s.reason) for s in reading.samples] == [
        (1, Quality.GOOD, None),
        (None, Quality.BAD, "scale_overload"),
    ]
    assert (reading.failed, reading.reason) == (1, "scale_overload")
    assert (connector.context.counters.requests, connector.context.counters.errors) == (2, 1)


async def test_a_loss_is_a_loss_of_all() -> None:
    connector = SmallConnector({"a": 1, "b": Unavailable("connection_lost", "gone")})
    with pytest.raises(Unavailable):
        await connector.read_all()


async def test_all_tags_have_one_rhythm() -> None:
    connector = SmallConnector({"a": 1, "b": 2})
    assert list(connector.scan_periods_ms) == [1000]
    assert list(connector.tags_of(1000)) == ["a", "b"]


def test_tags_are_compared_with_each_other() -> None:
    with pytest.raises(ValidationError, match="used twice"):
        SmallSource.model_validate({"id": "s", "tags": [{"name": "a"}, {"name": "a"}]})

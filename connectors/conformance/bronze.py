"""Bronze: it reads right, and says what is wrong."""

from __future__ import annotations

import math

import pytest

from connectors.clock import monotonic_s
from connectors.conformance.bench import Bench
from connectors.runtime.configuration import check_source
from connectors.sdk.errors import ConfigurationError, ConnectorError
from connectors.sdk.messages import Quality, Reading

READINGS = 3
SLACK_S = 2.0


async def the_manifest_loads_and_agrees_with_its_class(bench: Bench) -> None:
    """What is declared is what the class can do."""
    manifest = bench.manifest
    manifest.connector_class()
    assert manifest.config_model().model_json_schema()["properties"]
    assert manifest.protocol == bench.rig.protocol


async def a_key_that_is_not_known_is_refused(bench: Bench) -> None:
    """In the source and in a tag."""
    document = bench.rig.document()
    tags = document["tags"]
    assert isinstance(tags, list)
    for wrong, field in (
        ({**document, "surprise": 1}, "surprise"),
        ({**document, "tags": [{**tags[0], "surprise": 1}, *tags[1:]]}, "tags.0.surprise"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            check_source(wrong)
        assert caught.value.field == field


async def every_mistake_is_named_with_its_field(bench: Bench) -> None:
    """A person reads which field is wrong and why, not a stack trace."""
    mistakes = bench.rig.mistakes()
    assert mistakes, "the rig names no mistake"
    check_source(bench.rig.document())
    for mistake in mistakes:
        with pytest.raises(ConfigurationError) as caught:
            check_source(mistake.document)
        assert caught.value.field == mistake.field
        assert "\n" not in caught.value.detail


async def every_tag_appears_exactly_once(bench: Bench) -> None:
    """Also in the second reading."""
    async with bench.opened() as connector:
        expected = [tag.name for tag in connector.source_config.tag_list]
        for _ in range(2):
            reading = await bench.read(connector)
            assert sorted(sample.tag for sample in reading.samples) == sorted(expected)
            assert reading.failed == 0, reading.reason


async def values_are_plain_and_times_never_run_back(bench: Bench) -> None:
    """A bad value is never a number, and an instant lies where it can lie."""
    async with bench.opened() as connector:
        clock = connector.context.clock
        last: dict[str, int] = {}
        read_at = 0
        for _ in range(READINGS):
            reading = await bench.read(connector)
            assert read_at <= reading.read_at <= clock.now_us()
            read_at = reading.read_at
            for sample in reading.samples:
                assert last.get(sample.tag, 0) <= sample.received_time <= clock.now_us()
                last[sample.tag] = sample.received_time
            check_values(reading)


async def closing_twice_is_harmless_and_opening_again_works(bench: Bench) -> None:
    """A host opens and closes as it needs."""
    connector = bench.connector()
    await connector.close()
    for _ in range(2):
        await bench.open(connector)
        reading = await bench.read(connector)
        assert reading.samples
        await connector.close()
        await connector.close()


async def a_device_that_is_away_is_an_error_in_time(bench: Bench) -> None:
    """One of ours, with a code and a sentence, before the deadline."""
    document = bench.rig.document()
    await bench.rig.stop()
    connector = bench.connector(document)
    begin = monotonic_s()
    with pytest.raises(ConnectorError) as caught:
        await connector.open()
    await connector.close()
    assert monotonic_s() - begin < connector.open_timeout_s + SLACK_S
    assert caught.value.code
    assert caught.value.detail


async def an_address_that_is_not_there_makes_only_its_tag_bad(bench: Bench) -> None:
    """Its neighbours keep their values."""
    document = bench.rig.document()
    tags = document["tags"]
    assert isinstance(tags, list)
    absent = bench.rig.absent_tag()
    async with bench.opened({**document, "tags": [*tags, absent]}) as connector:
        reading = await bench.read(connector)
        check_values(reading)
        bad = [sample.tag for sample in reading.samples if sample.quality is Quality.BAD]
        assert bad == [absent["name"]]


def check_values(reading: Reading) -> None:
    """Each value fits its quality."""
    for sample in reading.samples:
        if sample.quality is Quality.BAD:
            assert sample.value is None, f"{sample.tag} is bad and has a value"
            assert sample.reason, f"{sample.tag} is bad without a reason"
        else:
            assert sample.value is not None
            assert not (isinstance(sample.value, float) and not math.isfinite(sample.value))
        assert (sample.reason is None) == (sample.quality is Quality.GOOD)


STORIES = (
    the_manifest_loads_and_agrees_with_its_class,
    a_key_that_is_not_known_is_refused,
    every_mistake_is_named_with_its_field,
    every_tag_appears_exactly_once,
    values_are_plain_and_times_never_run_back,
    closing_twice_is_harmless_and_opening_again_works,
    a_device_that_is_away_is_an_error_in_time,
)

"""The templates that ship: whole, honest about their sources, and right by published vectors."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from connectors.modbus.codec import decode
from connectors.sdk.conversion import Conversion, Outcome
from connectors.sdk.messages import Quality, Value
from connectors.templates.catalogue import Catalogue
from connectors.templates.model import Template, Vector
from tests.connectors.templates.vector_device import example_source, memory_of, read, registers

SHIPPED = [listed for listed in Catalogue().all() if listed.ships]
MODBUS = [
    listed.template
    for listed in SHIPPED
    if listed.template is not None and listed.template.protocol == "modbus"
]
VECTORS = [(template, vector) for template in MODBUS for vector in template.vectors]


def by_id(identity: str) -> Template:
    return Catalogue().get(identity, 1)


@pytest.mark.parametrize("listed", SHIPPED, ids=lambda listed: str(listed.file.name))
def test_every_template_that_ships_is_free_of_mistakes(listed: object) -> None:
    assert getattr(listed, "mistakes") == ()  # noqa: B009  # the parameter is a Listed


def test_the_devices_that_are_promised_are_there() -> None:
    assert {listed.id for listed in SHIPPED} == {
        "autonics-tk",
        "carlo-gavazzi-em24-e1",
        "carlo-gavazzi-em24-rs485",
        "delta-vfd",
        "demo-press",
        "eastron-sdm630",
        "generic-counter-lamp",
        "ls-g100",
        "ls-ig5a",
        "moxa-iologik-e1210",
        "moxa-iologik-e1210-machine",
        "moxa-iologik-e1240",
        "packml-machine",
    }
    assert all(template.vectors for template in MODBUS)


@pytest.mark.parametrize(("template", "vector"), VECTORS, ids=lambda each: getattr(each, "id", ""))
def test_registers_of_a_vector_decode_to_its_values(template: Template, vector: Vector) -> None:
    outcomes = decoded(template, vector)
    for name, expected in vector.values.items():
        assert outcomes[name][:2] == (expected, Quality.GOOD), (template.key, name)
    for name, reason in vector.bad.items():
        assert outcomes[name] == (None, Quality.BAD, reason), (template.key, name)


@pytest.mark.parametrize(("template", "vector"), VECTORS, ids=lambda each: getattr(each, "id", ""))
async def test_a_device_with_the_registers_of_a_vector_shows_its_values(
    template: Template, vector: Vector
) -> None:
    source = example_source(template)
    memory = memory_of(source.tags, vector.words)
    samples = await read(template, memory)
    assert samples.keys() == {tag.name for tag in source.tags}
    for name, expected in vector.values.items():
        sample = samples[name]
        assert (sample.value, sample.quality, sample.unit) == (
            expected,
            Quality.GOOD,
            unit_of(template, name),
        )
    for name, reason in vector.bad.items():
        sample = samples[name]
        assert (sample.value, sample.quality, sample.reason) == (None, Quality.BAD, reason)


def test_the_counter_of_the_remote_io_turns_over_without_a_loss() -> None:
    template = by_id("moxa-iologik-e1210-machine")
    count = template.tag("count")
    assert count is not None
    assert count.counter is not None
    first, second = (vector.values["count"] for vector in template.vectors)
    assert (int(second) - int(first)) % (count.counter.modulus or 0) == 5


def test_the_two_variants_of_the_em24_have_different_maps() -> None:
    rs485 = example_source(by_id("carlo-gavazzi-em24-rs485"))
    ethernet = example_source(by_id("carlo-gavazzi-em24-e1"))
    places = [{tag.name: tag.address for tag in each.tags} for each in (rs485, ethernet)]
    differing = {name for name in places[0] if places[0][name] != places[1][name]}
    assert differing == {"power_factor", "frequency", "energy_import", "energy_export"}


def test_what_nobody_confirmed_is_marked() -> None:
    marked = {
        (listed.id, tag.name)
        for listed in SHIPPED
        if listed.template is not None
        for tag in listed.template.tags
        if tag.unverified
    }
    assert {
        ("ls-g100", "voltage"),
        ("ls-ig5a", "dc_link"),
        ("delta-vfd", "current"),
        ("moxa-iologik-e1240", "ai_0"),
    } <= marked
    assert by_id("autonics-tk").unverified
    assert not by_id("eastron-sdm630").unverified


def decoded(template: Template, vector: Vector) -> Mapping[str, Outcome]:
    """What the codec and the conversion make of the words, without a device."""
    tags = {tag.name: tag for tag in example_source(template).tags}
    raw: dict[str, Value] = {}
    for name, words in vector.words.items():
        tag = tags[name]
        data = b"".join(register.to_bytes(2, "big") for register in registers(words))
        raw[name] = decode(data, tag.type, tag.order, bit=tag.bit or 0)
    for tag in tags.values():  # bits of a word that the vector sets under another name
        for name, words in vector.words.items():
            if (tags[name].table, tags[name].address) == (tag.table, tag.address):
                data = b"".join(register.to_bytes(2, "big") for register in registers(words))
                raw.setdefault(tag.name, decode(data, tag.type, tag.order, bit=tag.bit or 0))
    good = {name: (value, Quality.GOOD) for name, value in raw.items()}
    return {name: Conversion(tags[name])(value, good.get) for name, value in raw.items()}


def unit_of(template: Template, name: str) -> object:
    tag = template.tag(name)
    return None if tag is None else tag.plain.get("unit")

"""The Modbus connector against a device on a raw socket."""

from __future__ import annotations

import pytest

from connectors.sdk.errors import SilentUnit, Unavailable
from connectors.sdk.links import LinkRegistry
from connectors.sdk.messages import Quality
from mes.ports import free_port
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import connector, source, tag


async def test_each_tag_is_read_once_and_then_only_what_changed() -> None:
    device = Device(registers={0: 2, 1: 100, 2: 0, 3: 5}, bits={0: True})
    tags = [
        tag("state", 0),
        tag("strokes", 1),
        tag("rejects", 2, type="uint32"),
        tag("lamp", 0, table="coil", type="bool"),
    ]
    async with serving(device):
        plc = connector(source(device.port, tags))
        await plc.open()
        reading = await plc.read_all()
        assert [(s.tag, s.value) for s in reading.samples] == [
            ("state", 2),
            ("strokes", 100),
            ("rejects", 5),
            ("lamp", True),
        ]
        assert len(device.requests) == 2
        assert (await plc.read(1000)).samples == []
        device.registers[1] = 101
        assert [(s.tag, s.value) for s in (await plc.read(1000)).samples] == [("strokes", 101)]
        await plc.close()


async def test_values_are_scaled_inverted_named_and_refused_by_rule() -> None:
    device = Device(
        registers={
            0: 0x0901,
            1: 0,
            10: 2005,
            11: 1,
            12: 31_000,
            20: 3,
            21: 9,
            30: 7,
            31: 0,
            40: 999,
        },
        bits={0: False},
    )
    tags = [
        tag("volts", 0, type="int32", order="CDAB", scale=0.1, unit="V"),
        tag("pv", 10, type="int16", scale_exponent_from="dot"),
        tag("dot", 11),
        tag("open", 12, type="int16", bad_values={31000: "sensor open"}),
        tag("mode", 20, enum={3: "auto"}),
        tag("odd_mode", 21, enum={3: "auto"}),
        tag("guarded", 30, valid_if={"tag": "valid", "value": 1}),
        tag("valid", 31),
        tag("too_hot", 40, max=500),
        tag("heater", 0, table="coil", type="bool", invert=True),
    ]
    async with serving(device):
        controller = connector(source(device.port, tags))
        await controller.open()
        read = {s.tag: s for s in (await controller.read_all()).samples}
        assert (read["volts"].value, read["volts"].unit) == (230.5, "V")
        assert read["pv"].value == 200.5
        assert (read["open"].value, read["open"].reason) == (None, "sensor open")
        assert read["mode"].value == "auto"
        assert read["odd_mode"].reason == "not_in_enum"
        assert read["guarded"].reason == "not_valid"
        assert read["too_hot"].reason == "out_of_range"
        assert read["heater"].value is True
        device.registers |= {11: 2, 31: 1}
        again = {s.tag: s.value for s in (await controller.read(1000)).samples}
        assert again["pv"] == 20.05
        assert again["guarded"] == 7
        await controller.close()


async def test_not_a_number_is_a_bad_value() -> None:
    device = Device(registers={0: 0x7FC0, 1: 0})
    async with serving(device):
        meter = connector(source(device.port, [tag("volts", 0, type="float32")]))
        await meter.open()
        (sample,) = (await meter.read_all()).samples
        await meter.close()
    assert (sample.value, sample.quality, sample.reason) == (None, Quality.BAD, "not_a_number")


async def test_not_a_number_beside_numbers_is_bad_alone_and_the_others_go_on() -> None:
    device = Device(registers={0: 0x3FC0, 1: 0, 2: 0x7FC0, 3: 0, 4: 0xFF80, 5: 0})
    tags = [tag(name, 2 * n, type="float32", unit="V") for n, name in enumerate("abc")]
    async with serving(device):
        meter = connector(source(device.port, tags))
        await meter.open()
        first = {s.tag: (s.value, s.reason, s.unit) for s in (await meter.read_all()).samples}
        device.registers |= {0: 0x4000, 4: 0x4040}
        again = {s.tag: (s.value, s.reason) for s in (await meter.read(1000)).samples}
        device.registers |= {2: 0x4080}
        healed = {s.tag: (s.value, s.reason) for s in (await meter.read(1000)).samples}
        assert (await meter.read(1000)).samples == []
        await meter.close()
    bad = (None, "not_a_number", "V")
    assert first == {"a": (1.5, None, "V"), "b": bad, "c": bad}
    assert (again["a"], again["c"]) == ((2.0, None), (3.0, None))
    assert healed == {"b": (4.0, None)}


async def test_the_largest_numbers_of_a_type_are_numbers() -> None:
    largest = dict(enumerate([0x7FEF, 0xFFFF, 0xFFFF, 0xFFFF] * 2))
    device = Device(registers=largest)
    tags = [tag("a", 0, type="float64"), tag("b", 4, type="float64")]
    async with serving(device):
        meter = connector(source(device.port, tags))
        await meter.open()
        values = [s.value for s in (await meter.read_all()).samples]
        await meter.close()
    assert values == 2 * [1.7976931348623157e308]


async def test_a_refused_address_inside_a_merged_block_marks_only_its_own_tag() -> None:
    device = Device(registers={n: n for n in range(10)}, refused={5})
    async with serving(device):
        plc = connector(source(device.port, [tag(f"t{n}", n) for n in range(10)]))
        await plc.open()
        reading = await plc.read_all()
        bad = [(s.tag, s.reason) for s in reading.samples if s.quality is Quality.BAD]
        assert bad == [("t5", "illegal_address")]
        assert len(reading.samples) == 10
        searching = len(device.requests)
        await plc.read(1000)
        assert len(device.requests) - searching < searching
        assert all(
            request.address > 5 or request.address + request.count <= 5
            for request in device.requests[searching:]
        )
        await plc.close()


async def test_one_silent_unit_leaves_the_other_units_of_the_link_alone() -> None:
    device = Device(registers={0: 7}, silent_units={2})
    links = LinkRegistry()
    async with serving(device):
        good = connector(source(device.port, [tag("a", 0)], unit=1), links)
        gone = connector(source(device.port, [tag("a", 0)], unit=2, timeout_ms=50), links)
        await good.open()
        await gone.open()
        with pytest.raises(SilentUnit) as caught:
            await gone.read_all()
        assert caught.value.code == "no_reply"
        assert (await good.read_all()).samples[0].value == 7
        assert len(device.connections) == 1
        await gone.close()
        assert (await good.read_all()).samples[0].value == 7
        await good.close()
        assert len(device.connections) == 1


async def test_an_absent_device_is_named_with_its_endpoint() -> None:
    port = free_port()
    plc = connector(source(port, [tag("a", 0)]))
    with pytest.raises(Unavailable, match=f"127.0.0.1:{port}") as caught:
        await plc.open()
    assert caught.value.code == "connection_refused"
    await plc.close()
    await plc.close()


async def test_an_unknown_host_name_fails_at_the_name() -> None:
    config = source(502, [tag("a", 0)], link={"transport": "tcp", "host": "no-such-host.invalid"})
    plc = connector(config)
    with pytest.raises(Unavailable) as caught:
        await plc.open()
    assert (caught.value.code, caught.value.step) == ("host_not_found", "name")
    await plc.close()


async def test_the_connector_recovers_after_the_device_returns() -> None:
    device = Device(registers={0: 1})
    plc = None
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0)]))
        await plc.open()
        await plc.read_all()
    with pytest.raises(Unavailable):
        await plc.read(1000)
    await plc.close()
    device.registers[0] = 2
    async with serving(device, device.port):
        await plc.open()
        assert (await plc.read_all()).samples[0].value == 2
        await plc.close()


async def test_a_slow_scan_class_is_only_read_at_its_own_period() -> None:
    device = Device(registers={0: 1, 50: 2})
    async with serving(device):
        plc = connector(source(device.port, [tag("a", 0), tag("b", 50, scan_ms=10_000)]))
        await plc.open()
        await plc.read_all()
        assert list(plc.scan_periods_ms) == [1000, 10_000]
        before = len(device.requests)
        await plc.read(1000)
        assert [request.address for request in device.requests[before:]] == [0]
        await plc.close()


async def test_a_value_may_depend_on_one_that_depends_on_another() -> None:
    device = Device(registers={0: 1234, 1: 2, 2: 1})
    tags = [
        tag("pv", 0, scale_exponent_from="dot"),
        tag("dot", 1, valid_if={"tag": "ready", "value": 1}),
        tag("ready", 2),
    ]
    async with serving(device):
        plc = connector(source(device.port, tags))
        await plc.open()
        read = {s.tag: s.value for s in (await plc.read_all()).samples}
        assert read == {"pv": 12.34, "dot": 2, "ready": 1}
        device.registers[2] = 0
        again = {s.tag: s.reason for s in (await plc.read(1000)).samples}
        assert again["pv"] == "depends_on:dot"
        await plc.close()


async def test_after_a_reconnection_no_value_depends_on_what_was_read_before() -> None:
    device = Device(registers={0: 1234, 1: 1})
    tags = [tag("pv", 0, scale_exponent_from="dot"), tag("dot", 1, scan_ms=60_000)]
    async with serving(device):
        plc = connector(source(device.port, tags))
        await plc.open()
        first = {s.tag: s.value for s in (await plc.read_all()).samples}
        assert first["pv"] == 123.4
        await plc.close()
        device.registers[1] = 2
        await plc.open()
        again = {s.tag: s.value for s in (await plc.read_all()).samples}
        assert again["pv"] == 12.34
        await plc.close()

"""`mes source orders`: the same registers side by side, the plausible ones marked."""

from __future__ import annotations

import json
from pathlib import Path

from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import document, tag
from tests.connectors.runtime.test_commands import plant, run


async def test_registers_are_shown_in_all_orders_and_what_the_display_shows_is_marked(
    tmp_path: Path,
) -> None:
    device = Device(registers={16: 0x0901, 17: 0x0000})
    async with serving(device):
        path = plant(tmp_path, document(device.port, [tag("a", 16)], address_base=1))
        asked = ("orders", str(path), "press_plc", "40017", "--display", "230.5")
        code, lines, _ = await run("source_command", *asked, "--json")
        _, shown, _ = await run("source_command", *asked)
    found = json.loads("".join(lines))
    assert code == 0
    assert [row[:2] for row in found["registers"]] == [[16, 0x0901], [17, 0]]
    marked = {
        (each["type"], each["order"], each["value"], each["scale"])
        for reading in found["readings"]
        if reading["count"] == 2
        for each in reading["candidates"]
        if each["is_plausible"]
    }
    assert ("int32", "CDAB", 2305, 0.1) in marked
    assert ("int32", "ABCD", 151060480, None) not in marked
    assert "holding 16 (0x0010, 400017)  0x0901  2305" in shown
    assert any("int32" in line and line.endswith("<- plausible") for line in shown)


async def test_an_address_of_two_meanings_is_refused_before_anything_is_read(
    tmp_path: Path,
) -> None:
    path = plant(tmp_path, document(1, [tag("a", 16)]))
    asked = ("orders", str(path), "press_plc", "40017", "--table", "holding")
    code, _, err = await run("source_command", *asked)
    assert (code, "address_ambiguous" in err) == (1, True)

"""Orders of the bytes, checked by a client (mbpoll) on a server, both of which others wrote.

mbpoll has an opinion of its own on which register of a 32-bit number comes first: with `-B` the
upper one, without it the lower one.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from connectors.sdk.capabilities import WriteOutcome
from mes.ports import free_port
from tests.connectors.modbus.sources import connector, source, tag
from tests.peers.processes import installed_peer, system_program

ADDRESS = 60
UPPER_FIRST, LOWER_FIRST = ["-B"], list[str]()
CASES = [
    pytest.param("4:float", "float32", UPPER_FIRST, "ABCD", 230.5, id="float, upper first"),
    pytest.param("4:float", "float32", LOWER_FIRST, "CDAB", -0.15625, id="float, lower first"),
    pytest.param("4:int", "int32", UPPER_FIRST, "ABCD", -70_000, id="int, upper first"),
    pytest.param("4:int", "int32", LOWER_FIRST, "CDAB", 70_001, id="int, lower first"),
]


async def mbpoll(port: int, kind: str, order: list[str], *values: str) -> str:
    """What it prints after one request at `ADDRESS`."""
    process = await asyncio.create_subprocess_exec(
        *(system_program("mbpoll"), "-m", "tcp", "-p", str(port), "-0", "-1", "-o", "2"),
        *("-t", kind, *order, "-r", str(ADDRESS), "127.0.0.1", *values),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return said.decode()


def device(port: int, data_type: str, order: str) -> Any:
    """Our connector with the same number."""
    return connector(source(port, [tag("number", ADDRESS, type=data_type, order=order)]))


@pytest.mark.parametrize(("kind", "data_type", "order", "ours", "value"), CASES)
async def test_what_mbpoll_writes_is_what_we_read(
    kind: str, data_type: str, order: list[str], ours: str, value: float
) -> None:
    async with installed_peer("libmodbus_server", free_port()) as served:
        assert "Written 1" in await mbpoll(served.port, kind, order, "--", str(value))
        plc = device(served.port, data_type, ours)
        await plc.open()
        (sample,) = (await plc.read_all()).samples
        await plc.close()
    assert (sample.value, sample.reason) == (value, None)


@pytest.mark.parametrize(("kind", "data_type", "order", "ours", "value"), CASES)
async def test_what_we_write_is_what_mbpoll_reads(
    kind: str, data_type: str, order: list[str], ours: str, value: float
) -> None:
    async with installed_peer("libmodbus_server", free_port()) as served:
        plc = device(served.port, data_type, ours)
        await plc.open()
        assert (await plc.write("number", value)).outcome is WriteOutcome.ACCEPTED
        await plc.close()
        said = await mbpoll(served.port, kind, order)
    found = re.search(rf"^\[{ADDRESS}\]:\s+(\S+)$", said, re.MULTILINE)
    assert found is not None, said
    assert float(found[1]) == value

"""Machines of companion specifications: what the command proposes ends as states and counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from click.testing import CliRunner
from ruamel.yaml import YAML

from connectors.runtime.commands import source_command
from connectors.runtime.edge import Edge, EdgeOptions
from mes.clock import real_now_us
from mes.features.plant.check import check_file
from mes.features.plant.service import apply
from mes.ports import free_port
from tests.connectors.opcua.companion_server import Machines, companion_server
from tests.e2e.test_writes import PEOPLE
from tests.web.serving import Served, add_people, serve

LATEST_S = 20.0
PORT = free_port()
HALL = {
    "id": "hall",
    "protocol": "opcua",
    "endpoint": f"opc.tcp://127.0.0.1:{PORT}",
    "security": {"policy": "none", "mode": "none"},
    "allow_insecure": True,
    "publish_ms": 100,
    "tags": [{"name": "clock", "node": "i=2258"}],
}
PLANT = {
    "schema": "plant/1",
    "site": {"id": "busan", "time_zone": "Asia/Seoul", "day_starts": "08:00"},
    "items": [{"code": "A"}],
}


def written(path: Path, **parts: object) -> Path:
    with path.open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({**PLANT, **parts}, file)
    return path


def plant_of(folder: Path) -> Path:
    """A plant file with what the command proposes for the machines of the server."""
    first = written(folder / "first.yaml", sources=[HALL])
    found = CliRunner().invoke(source_command, ["machines", str(first), "hall", "--json"])
    assert found.exit_code == 0, found.output
    machines = [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]
    tags = [tag for machine in machines for tag in machine["tags"]]
    units = [
        {"id": machine["machine"], "default_item": "A", "signals": machine["signals"]}
        for machine in machines
    ]
    lines = [{"id": "line-1", "work_units": units}]
    return written(folder / "plant.yaml", sources=[{**HALL, "tags": tags}], lines=lines)


@pytest.fixture
async def hall(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[tuple[Served, Machines]]:
    """The machines, a MES that has what was proposed for them, and an edge between the two."""
    loop = asyncio.get_running_loop()
    async with companion_server(PORT) as machines:
        file = await loop.run_in_executor(PEOPLE, plant_of, tmp_path)
        with serve(tmp_path / "mes", sqlite_template) as mes:
            checked = check_file(file)
            assert checked.plant is not None, checked.mistakes
            with mes.database.transaction() as session:
                apply(session, checked.plant, actor="test", now_us=real_now_us() - 3_600_000_000)
            mes.tokens = add_people(mes.database)
            token = tmp_path / "token"
            token.write_text(mes.tokens["ingest"])
            edge = Edge(EdgeOptions(data=tmp_path, edge="edge-1", server=mes.url, token_file=token))
            task = asyncio.create_task(edge.run())
            yield mes, machines
            edge.stop()
            async with asyncio.timeout(5.0):
                await task


async def got(mes: Served, path: str) -> Any:
    def read() -> Any:
        with mes.client() as client:
            return client.get(f"/api/v1{path}", headers=mes.bearer("read")).json()

    return await asyncio.get_running_loop().run_in_executor(PEOPLE, read)


async def shows(mes: Served, unit: str, **expected: object) -> None:
    """Wait until a tile has these members."""
    tile: Mapping[str, Any] = {}
    try:
        async with asyncio.timeout(LATEST_S):
            while {name: tile.get(name) for name in expected} != expected:
                tile = await got(mes, f"/work-units/{unit}")
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"{unit} shows { ({name: tile.get(name) for name in expected}) }")


async def test_states_and_counts_of_three_specifications_reach_the_tiles(
    hall: tuple[Served, Machines],
) -> None:
    mes, machines = hall
    await shows(mes, "Lathe_7", state="running")
    await shows(mes, "Packer", state="running", good=0, scrap=0)
    await shows(mes, "IMM_1", state="running", good=0, scrap=0)

    for text, state in (
        ("OutOfService", "down"),
        ("NotAvailable", "off"),
        ("Executing", "running"),
    ):
        await machines.say("item_state", text)
        await shows(mes, "Lathe_7", state=state)

    await machines.count("ProdProcessedCount", 125)
    await machines.count("ProdDefectiveCount", 4)
    await shows(mes, "Packer", state="running", good=4, scrap=1)
    await machines.say("execute_state", "Suspended")
    await shows(mes, "Packer", state="waiting")
    await machines.say("execute_state", None)
    await machines.say("machine_state", "Stopped")
    await shows(mes, "Packer", state="stopped")
    await machines.say("machine_state", None)
    await machines.say("base_state", "Aborted")
    await shows(mes, "Packer", state="down", good=4, scrap=1)

    await machines.set("JobPartsCounter", 410, ua.VariantType.UInt64)
    await machines.set("JobBadPartsCounter", 9, ua.VariantType.UInt64)
    await shows(mes, "IMM_1", good=8, scrap=2)
    await machines.set("JobPartsCounter", 3, ua.VariantType.UInt64)
    await machines.set("JobBadPartsCounter", 0, ua.VariantType.UInt64)
    await shows(mes, "IMM_1", good=11, scrap=2)
    await machines.set("JobStatus", 2, ua.VariantType.Int32)
    await shows(mes, "IMM_1", state="setup")

    (source,) = (await got(mes, "/sources"))["items"]
    values = {each["tag"]: each["value"] for each in source["values"]}
    assert values["Lathe_7.operation_mode"] == "Processing"
    assert (values["IMM_1.job_name"], values["IMM_1.machine_mode"]) == ("J-17", "AUTOMATIC")

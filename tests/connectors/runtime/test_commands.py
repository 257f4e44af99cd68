"""`mes source read` and `mes source test` as a person runs them: no database, no server."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from connectors.runtime.store import SpoolReader
from mes.ports import free_port
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import document, tag
from tests.connectors.support import until

CODE = "from connectors.runtime.commands import {0}; {0}()"


def plant(tmp_path: Path, *sources: dict[str, Any]) -> Path:
    path = tmp_path / "plant.yaml"
    with path.open("w") as file:
        YAML(typ="safe", pure=True).dump({"schema": "plant/1", "sources": list(sources)}, file)
    return path


async def run(command: str, *arguments: str) -> tuple[int, list[str], str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CODE.format(command),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode().splitlines(), err.decode()


async def test_read_prints_each_tag_once_as_json(tmp_path: Path) -> None:
    device = Device(registers={0: 7}, refused={400})
    tags = [tag("a", 0, unit="pcs"), tag("b", 400)]
    async with serving(device):
        path = plant(tmp_path, document(device.port, tags))
        code, lines, _ = await run("source_command", "read", str(path), "press_plc", "--json")
    read = {line["tag"]: line for line in map(json.loads, lines)}
    assert code == 0
    assert list(read) == ["a", "b"]
    assert set(read["a"]) == {
        "source",
        "tag",
        "value",
        "quality",
        "reason",
        "unit",
        "source_time",
        "received_time",
    }
    assert (read["a"]["value"], read["a"]["quality"], read["a"]["unit"]) == (7, "good", "pcs")
    assert (read["b"]["value"], read["b"]["quality"]) == (None, "bad")
    assert read["b"]["reason"] == "illegal_address"
    assert read["a"]["received_time"].endswith("Z")


async def test_read_for_some_seconds_prints_changes(tmp_path: Path) -> None:
    device = Device(registers={0: 0})

    async def count(_: object, __: object) -> bool:
        device.registers[0] += 1
        return False

    device.fault = count
    async with serving(device):
        path = plant(tmp_path, document(device.port, [tag("a", 0)], scan_ms=100))
        arguments = ("read", str(path), "press_plc", "--for", "0.6", "--json")
        code, lines, _ = await run("source_command", *arguments)
    values = [json.loads(line)["value"] for line in lines]
    assert code == 0
    assert values[:4] == [1, 2, 3, 4]


async def test_read_of_an_absent_device_says_why_and_fails(tmp_path: Path) -> None:
    path = plant(tmp_path, document(free_port(), [tag("a", 0)]))
    code, lines, err = await run("source_command", "read", str(path), "press_plc", "--json")
    assert code == 1
    assert lines == []
    assert "connection_refused" in err
    assert "Traceback" not in err


async def test_a_mistake_in_the_file_is_said_without_a_trace(tmp_path: Path) -> None:
    wrong = document(502, [tag("a", 0, colour="red")])
    code, _, err = await run("source_command", "read", str(plant(tmp_path, wrong)), "press_plc")
    assert code == 1
    assert "tags.0.colour" in err
    assert "Traceback" not in err
    path = tmp_path / "plant.yaml"
    path.write_text("sources: [\n")
    code, _, err = await run("source_command", "read", str(path), "press_plc")
    assert code == 1
    assert "line " in err
    path = plant(tmp_path, document(502, [tag("a", 0)]))
    code, _, err = await run("source_command", "test", str(path), "other")
    assert code == 1
    assert "press_plc" in err


async def failing_step(tmp_path: Path, source: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    path = plant(tmp_path, source)
    code, lines, err = await run("source_command", "test", str(path), source["id"], "--json")
    assert "Traceback" not in err
    steps: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return code, next(step for step in steps if step["outcome"] == "failed")


async def test_test_names_the_step_that_fails_and_what_to_do(tmp_path: Path) -> None:
    nowhere = document(502, [tag("a", 0)])
    nowhere["link"]["host"] = "no-such-host.invalid"
    code, step = await failing_step(tmp_path, nowhere)
    assert (code, step["step"]) == (1, "name")

    code, step = await failing_step(tmp_path, document(free_port(), [tag("a", 0)]))
    assert (code, step["step"]) == (1, "port")
    assert step["advice"]

    device = Device(registers={0: 7, 5: 0x7FC0}, refused={400}, silent_units={9})
    async with serving(device):
        silent = document(device.port, [tag("a", 0)], unit=9)
        assert (await failing_step(tmp_path, silent))[1]["step"] == "unit"

        absent = document(device.port, [tag("a", 0), tag("b", 400)])
        code, step = await failing_step(tmp_path, absent)
        assert (code, step["step"]) == (1, "register")
        assert "b (illegal_address)" in step["message"]

        senseless = document(device.port, [tag("a", 0), tag("c", 5, type="float32")])
        code, step = await failing_step(tmp_path, senseless)
        assert (code, step["step"]) == (1, "value")
        assert "c (not_a_number)" in step["message"]

        fine = plant(tmp_path, document(device.port, [tag("a", 0)]))
        code, lines, _ = await run("source_command", "test", str(fine), "press_plc", "--json")
        assert code == 0
        assert {json.loads(line)["outcome"] for line in lines} == {"passed"}


async def test_list_names_the_sources_of_a_plant_file(tmp_path: Path) -> None:
    path = plant(tmp_path, document(502, [tag("a", 0)]))
    code, lines, _ = await run("source_command", "list", str(path), "--json")
    assert code == 0
    assert json.loads(lines[0]) == {"source": "press_plc", "protocol": "modbus", "tags": 1}


async def test_the_edge_runs_from_a_file_and_stops_on_a_signal(tmp_path: Path) -> None:
    device = Device(registers={0: 7})
    async with serving(device):
        config = tmp_path / "edge.json"
        source = document(device.port, [{**tag("a", 0), "stream": "event"}], scan_ms=50)
        config.write_text(json.dumps({"edge": "e", "sources": [source]}))
        arguments = ["--data", str(tmp_path / "data"), "--config", str(config)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CODE.format("edge_command"), *arguments, stderr=-3
        )
        await until(lambda: len(device.requests) > 3, 15.0)
        process.terminate()
        async with asyncio.timeout(2.0):
            assert await process.wait() == 0
    reader = SpoolReader(tmp_path / "data" / "spool-e.db")
    (chunk,) = reader.snapshot(10).chunks
    reader.close()
    assert json.loads(chunk.records)[:5] == [1, "v", "a", 7, 0]


async def test_an_edge_without_a_place_to_send_to_is_a_usage_error(tmp_path: Path) -> None:
    code, _, err = await run("edge_command", "--data", str(tmp_path))
    assert code == 2
    assert "--config" in err

"""`mes source frames`, `meaning` and `export` as a person runs them beside the cabinet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click import Command, Group
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from connectors.runtime.commands import source_command
from connectors.templates.commands import template_command
from connectors.templates.reading import read
from tests.connectors.modbus.device import Device, serving
from tests.connectors.modbus.sources import document, tag
from tests.connectors.runtime.test_commands import run

STATES = {0: "stopped", 2: "running"}
ROLLOVER = {"mode": "rollover", "modulus": 65536}
SIGNALS = {
    "state": {"tag": "press_plc/state", "map": STATES},
    "total": {"tag": "press_plc/strokes", "counter": {**ROLLOVER, "max_per_s": "2.5"}},
    "scrap": {"tag": "press_plc/rejects", "counter": {"mode": "resettable"}},
}


def plant(tmp_path: Path, port: int) -> Path:
    """A press whose tags have meanings; the address of its reject counter does not exist."""
    tags = [tag("state", 0), tag("strokes", 1, unit="pcs"), tag("rejects", 400), tag("spm", 5)]
    unit = {"id": "press-1", "signals": SIGNALS}
    whole = {"sources": [document(port, tags)], "lines": [{"id": "l", "work_units": [unit]}]}
    path = tmp_path / "plant.yaml"
    with path.open("w") as file:
        YAML(typ="safe", pure=True).dump(whole, file)
    return path


def device() -> Device:
    return Device(registers={0: 2, 1: 41, 5: 300}, refused={400})


async def test_frames_are_shown_as_bytes_with_time_and_way(tmp_path: Path) -> None:
    async with serving(device()) as running:
        path = str(plant(tmp_path, running.port))
        code, lines, err = await run("source_command", "frames", path, "press_plc", "--json")
        _, shown, _ = await run("source_command", "frames", path, "press_plc", "--for", "0")
    frames = [json.loads(line) for line in lines]
    assert (code, err) == (0, "")
    assert {frame["direction"] for frame in frames} == {"sent", "received"}
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert all(frame["at"].endswith("Z") and frame["size"] for frame in frames)
    assert any("sent" in line and "00 00 00 06 01 03" in line for line in shown)


async def test_frames_of_a_device_that_is_not_there_say_why(tmp_path: Path) -> None:
    code, lines, err = await run("source_command", "frames", str(plant(tmp_path, 1)), "press_plc")
    assert (code, lines) == (1, [])
    assert "connection_refused" in err


async def test_each_signal_is_shown_before_and_after_its_mapping(tmp_path: Path) -> None:
    async with serving(device()) as running:
        path = str(plant(tmp_path, running.port))
        code, lines, _ = await run("source_command", "meaning", path, "press_plc", "--json")
        _, shown, _ = await run("source_command", "meaning", path, "press_plc")
    rows = {row["signal"]: (row["before"], row["after"]) for row in map(json.loads, lines)}
    assert code == 0
    assert rows == {"state": (2, "running"), "total": (41, 41), "scrap": (None, None)}
    assert "press-1  state  press_plc/state  2 -> running" in shown
    assert "press-1  scrap  press_plc/rejects  None (illegal_address) -> unknown" in shown


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(source_command, list(arguments))


def test_a_source_becomes_a_template_with_its_meanings_and_without_its_address(
    tmp_path: Path,
) -> None:
    path = str(plant(tmp_path, 502))
    told = invoke("export", path, "press_plc", "--id", "press", "--vendor", "V", "--model", "M")
    found = read(told.output)
    assert (told.exit_code, found.mistakes) == (0, ())
    assert found.template is not None
    tags = {each.name: each for each in found.template.tags}
    assert tags["state"].signal == {"map": {0: "stopped", 2: "running"}}
    assert tags["strokes"].signal == {"counter": {**ROLLOVER, "max_per_s": 2.5}}
    assert tags["spm"].meaning == "telemetry"
    assert "127.0.0.1" not in told.output
    listed = tmp_path / "list.csv"
    assert (
        invoke("export", path, "press_plc", "--format", "csv", "--to", str(listed)).exit_code == 0
    )
    options = ["--id", "again", "--dry-run", "--json"]
    again = CliRunner().invoke(template_command, ["import", str(listed), *options])
    assert json.loads(again.output)["tags"] == 4


def test_a_source_is_written_out_as_it_is(tmp_path: Path) -> None:
    path = str(plant(tmp_path, 502))
    whole: dict[str, Any] = json.loads(
        invoke("export", path, "press_plc", "--as", "source", "--json").output
    )
    assert whole["link"]["host"] == "127.0.0.1"
    assert invoke("export", path, "press_plc", "--as", "source", "--format", "csv").exit_code == 2
    assert "source_unknown" in invoke("export", path, "other").output


def commands(group: Group) -> list[Command]:
    context = group.make_context("source", ["x"])
    found = [group.get_command(context, name) for name in group.list_commands(context)]
    return [command for command in found if command is not None]


@pytest.mark.parametrize("command", commands(source_command), ids=lambda each: str(each.name))
def test_every_command_answers_programs_and_says_what_it_does(command: Command) -> None:
    options = [name for option in command.params for name in option.opts]
    assert "--json" in options
    assert command.help
    assert command.help.split("\n")[0].endswith(".")

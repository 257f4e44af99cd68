"""A protocol with numbered areas and byte addresses uses everything that Modbus does, unchanged."""

from __future__ import annotations

import importlib
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from connectors.runtime.commands import source_command
from connectors.runtime.configuration import check_source
from connectors.runtime.looking import registers
from connectors.runtime.source_check import make_connector, open_and_read
from connectors.sdk.connector import Connector
from connectors.sdk.registry import installed, manifests
from connectors.templates.commands import template_command
from connectors.templates.importing import Header, read_import
from tests.connectors.sdk.byte_addressed import PROTOCOL, ByteConnector

PACKAGE = "byte_addressed-1.0.dist-info"
LIST = """name,address,type,unit,meaning,counter
pressure,DB7.DBD4,real,bar,,
pieces,DB7.DBW0,word,pcs,total,absolute
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The protocol, installed as a package of somebody else, with a device behind it."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: byte-addressed\nVersion: 1.0\n")
    place = "tests.connectors.sdk.byte_addressed:MANIFEST"
    (folder / "entry_points.txt").write_text(f"[mes.connectors]\n{PROTOCOL} = {place}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(ByteConnector, "memory", {7: struct.pack(">HHf", 500, 9, 12.5)})
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    importlib.invalidate_caches()
    installed.cache_clear()
    manifests.cache_clear()


def source(*tags: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "plc", "protocol": PROTOCOL, "host": "plc", "tags": list(tags)}


async def made(document: Mapping[str, object]) -> Connector:
    return make_connector(check_source(document))


async def test_its_words_are_seen_in_all_types_and_become_tags() -> None:
    asked = {"source": source(), "table": "db7", "address": 4, "count": 4, "display": 12.5}
    found = await registers(made, asked)
    rows, readings = found["registers"], found["readings"]
    assert isinstance(rows, list)
    assert isinstance(readings, list)
    assert rows[0] == [4, 0x41, None, "DB7.DBB4"]
    hits = [each for at in readings for each in at["candidates"] if each["is_plausible"]]
    assert [hit["tag"] for hit in hits] == [
        {"name": "db7_4", "address": "DB7.DBD4", "type": "real"}
    ]
    reading = await open_and_read(await made(source(hits[0]["tag"])))
    assert reading.samples[0].value == 12.5


def test_a_template_is_made_of_its_list_and_written_as_one(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST)
    run = CliRunner().invoke
    options = ["--id", "press", "--protocol", PROTOCOL, "--data", str(tmp_path)]
    told = run(template_command, ["import", str(file), *options])
    assert told.exit_code == 0, told.output
    assert "tag pressure: DB7.DBD4, real, bar" in told.output
    back = run(template_command, ["export", "press", "--format", "csv", "--data", str(tmp_path)])
    again = tmp_path / "again.csv"
    again.write_text(back.output)
    first = read_import(file, Header(id="press", protocol=PROTOCOL)).template
    second = read_import(again, Header(id="press", protocol=PROTOCOL)).template
    assert first is not None
    assert second is not None
    assert first.tags == second.tags


def test_a_wrong_place_in_its_list_is_told_with_line_and_column(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("name,table,address,type\na,,DB7.DBD4,real\nb,holding,16,word\n")
    found = read_import(file, Header(id="press", protocol=PROTOCOL))
    assert [(m.line, m.field, m.code) for m in found.mistakes] == [
        (3, "address", "address_malformed")
    ]


def test_its_registers_are_looked_at_from_the_command_line(tmp_path: Path) -> None:
    plant = tmp_path / "plant.yaml"
    tag = {"name": "pressure", "address": "DB7.DBD4", "type": "real"}
    with plant.open("w") as text:
        YAML(typ="safe", pure=True).dump({"sources": [source(tag)]}, text)
    asked = ["orders", str(plant), "plc", "DB7.DBD4", "--count", "4", "--display", "12.5"]
    told = CliRunner().invoke(source_command, asked)
    assert told.exit_code == 0, told.output
    assert "real     big       12.5  <- plausible" in told.output

"""A source that was made of a template follows it: what differs, and a newer version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.templates.catalogue import Catalogue
from mes.features.sources import service
from mes.features.sources.template_versions import template_of, with_version
from mes.features.sources.templates import written_out
from tests.features.commands.floor import MINUTE, Floor, refused

TEMPLATE = """schema: device-template/1
id: oven
version: {version}
name: {{ko: 오븐, en: Oven}}
vendor: Acme
model: O1
author: plant
origin: [manual]
parameters:
  - {{name: host, label: {{ko: 주소, en: Host}}, example: 10.0.0.1}}
source: {{protocol: modbus, link: {{transport: tcp, host: "{{host}}"}}}}
tags:
  - {{name: heat, table: holding, address: {address}, type: int16, scale: 0.1}}
  - {{name: door, table: holding, address: 9, type: uint16}}
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    for version, address in ((1, 4), (2, 5)):
        text = TEMPLATE.format(version=version, address=address)
        (tmp_path / f"oven@{version}.yaml").write_text(text, encoding="utf-8")
    return Catalogue([tmp_path])


def made(floor: Floor, catalogue: Catalogue, **changed: Any) -> dict[str, Any]:
    """Save an oven as the page does: written out, with the name of its template."""
    source = {"id": "oven", **written_out(catalogue, "oven", 1, {"host": "10.9.9.9"}), **changed}
    floor.do(MINUTE, lambda s, c: service.create(s, c, source, catalogue))
    return source


def test_a_source_of_a_template_stays_one_and_sees_the_newer_version(
    floor: Floor, catalogue: Catalogue
) -> None:
    made(floor, catalogue)
    found = floor.ask(lambda s: template_of(s, catalogue, "oven"))
    assert found is not None
    assert (found.id, found.version, found.follows, found.differs) == ("oven", 1, True, ())
    assert found.newer == (2,)
    assert [(each.place, each.before, each.after) for each in found.changes] == [
        ("heat.address", 4, 5)
    ]


def test_a_newer_version_is_taken_and_what_differed_stays(
    floor: Floor, catalogue: Catalogue
) -> None:
    source = made(floor, catalogue)
    heat = {**source["tags"][0], "scale": 0.01}
    changed = {**source, "scan_ms": 250, "tags": [heat]}
    floor.do(MINUTE, lambda s, c: service.reconfigure(s, c, "oven", changed, catalogue))
    found = floor.ask(lambda s: template_of(s, catalogue, "oven"))
    assert found is not None
    assert found.differs == ("scan_ms", "heat", "without door")
    newer = floor.ask(lambda s: with_version(s, catalogue, "oven", 2))
    floor.do(MINUTE, lambda s, c: service.reconfigure(s, c, "oven", newer, catalogue))
    running = floor.ask(lambda s: service.configuration(s, "oven"))
    assert running["template"]["version"] == 2
    assert running["scan_ms"] == 250
    assert [(tag["name"], tag["address"], tag["scale"]) for tag in running["tags"]] == [
        ("heat", 5, 0.01)
    ]


def test_a_source_without_a_template_has_none_to_take(floor: Floor, catalogue: Catalogue) -> None:
    floor.do(
        MINUTE,
        lambda s, c: service.create(s, c, {**made_by_hand(), "id": "hand"}, catalogue),
    )
    assert floor.ask(lambda s: template_of(s, catalogue, "hand")) is None
    refused(
        "template_not_followed", lambda: floor.ask(lambda s: with_version(s, catalogue, "hand", 2))
    )


def made_by_hand() -> dict[str, Any]:
    return {
        "protocol": "modbus",
        "link": {"transport": "tcp", "host": "10.8.8.8"},
        "tags": [{"name": "x", "table": "holding", "address": 0, "type": "uint16"}],
    }

"""Sources that name a device template: checked, applied, handed to the edge and exported."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.templates.catalogue import Catalogue
from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.document import Mistake
from mes.features.plant.export import export
from mes.features.plant.queries import edge_configuration
from mes.features.plant.service import ApplyReport, apply

HEAD = """schema: plant/1
site: {id: busan, time_zone: Asia/Seoul}
sources:
"""
METER = """  - id: meter
    template: {id: eastron-sdm630, version: 1, parameters: {transport: tcp, host: a.b, unit: 3}}
"""
ADAPTED = """  - id: furnace
    template:
      id: autonics-tk
      version: 1
      parameters: {host: 10.0.0.7, port: 4001}
      without: [manual]
    scan_ms: 2000
    tags:
      - {name: pv, deadband: 0.5}
      - {name: alarm_1, table: coil, address: 1, type: bool}
"""
MACHINE = """  - id: io
    template:
      id: moxa-iologik-e1210-machine
      version: 1
      parameters: {host: 10.0.0.8, lamp_channel: 3, count_channel: 4}
lines:
  - id: line-1
    work_units:
      - id: washer
        signals:
          state: {lamp: io/lamp}
          total: {tag: io/count, counter: {mode: rollover, modulus: 4294967296, max_per_s: 50}}
"""


def mistakes(text: str) -> list[Mistake]:
    return list(check(text).mistakes)


def applied(database: Database, text: str) -> ApplyReport:
    checked = check(text)
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        return apply(session, checked.plant, actor="test", now_us=1)


def sources_of_edge(database: Database) -> dict[str, dict[str, Any]]:
    with database.reading() as session:
        found = edge_configuration(session, "edge-1")["sources"]
    return {source["id"]: source for source in found}


def test_an_edge_receives_plain_sources(sqlite_database: Database) -> None:
    applied(sqlite_database, HEAD + METER + ADAPTED + MACHINE)
    sources = sources_of_edge(sqlite_database)
    assert all("template" not in source for source in sources.values())
    assert sources["meter"]["link"] == {"transport": "tcp", "host": "a.b"}
    assert (sources["meter"]["unit"], sources["meter"]["max_registers"]) == (3, 80)
    assert len(sources["meter"]["tags"]) == 17
    tags = {tag["name"]: tag for tag in sources["io"]["tags"]}
    assert (tags["lamp"]["address"], tags["count"]["address"]) == (3, 0x18)
    assert tags["count"]["stream"] == "event"


def test_single_tags_and_keys_are_changed_added_and_left_out(sqlite_database: Database) -> None:
    applied(sqlite_database, HEAD + ADAPTED)
    furnace = sources_of_edge(sqlite_database)["furnace"]
    tags = {tag["name"]: tag for tag in furnace["tags"]}
    assert furnace["scan_ms"] == 2000
    assert set(tags) == {"pv", "decimals", "sv", "run", "alarm_1"}
    assert (tags["pv"]["address"], tags["pv"]["deadband"]) == (0x03E8, 0.5)


def test_an_export_keeps_the_reference_and_applied_again_changes_nothing(
    sqlite_database: Database,
) -> None:
    applied(sqlite_database, HEAD + METER + ADAPTED + MACHINE)
    with sqlite_database.reading() as session:
        text = export(session, Catalogue())
    sources = {source["id"]: source for source in YAML(typ="safe").load(text)["sources"]}
    assert "link" not in sources["meter"]
    assert "tags" not in sources["meter"]
    assert sources["furnace"]["template"]["without"] == ["manual"]
    assert sources["furnace"]["tags"][0] == {"name": "pv", "deadband": 0.5}
    report = applied(sqlite_database, text)
    assert (report.added, report.changed, report.missing, report.conflicts) == ((), (), (), ())


def test_an_export_without_templates_writes_them_out_and_changes_nothing_either(
    sqlite_database: Database,
) -> None:
    applied(sqlite_database, HEAD + METER + ADAPTED)
    with sqlite_database.reading() as session:
        text = export(session)
    sources = YAML(typ="safe").load(text)["sources"]
    assert [source["template"]["written_out"] for source in sources] == [True, True]
    assert len(sources[0]["tags"]) == 17
    report = applied(sqlite_database, text)
    assert (report.added, report.changed, report.missing, report.conflicts) == ((), (), (), ())


@pytest.mark.parametrize(
    ("source", "line", "field", "code"),
    [
        (
            "  - id: a\n    template: {id: nobody, version: 1}\n",
            5,
            "template.id",
            "template_unknown",
        ),
        (
            "  - id: a\n    template: {id: eastron-sdm630, version: 9}\n",
            5,
            "template.id",
            "template_unknown",
        ),
        (
            "  - id: a\n    template:\n      id: eastron-sdm630\n      version: 1\n",
            5,
            "template.parameters.host",
            "missing",
        ),
        (
            "  - id: a\n    template:\n      id: moxa-iologik-e1210\n      version: 1\n"
            "      parameters:\n        host: x\n        unit: high\n",
            10,
            "template.parameters.unit",
            "parameter_value",
        ),
        (
            "  - id: a\n    template:\n      id: moxa-iologik-e1210\n      version: 1\n"
            "      parameters:\n        host: x\n        colour: red\n",
            10,
            "template.parameters.colour",
            "parameter_unknown",
        ),
        (
            METER + "    tags:\n      - {name: volts_l1, scale: 0}\n",
            7,
            "tags[0]",
            "scale_zero",
        ),
        (
            METER + "    tags:\n      - {name: more, table: input, address: 1, type: float99}\n",
            7,
            "tags[0].type",
            "enum",
        ),
    ],
)
def test_a_mistake_is_shown_where_a_person_wrote_it(
    source: str, line: int, field: str, code: str
) -> None:
    found = mistakes(HEAD + source)
    assert [(each.line, each.field, each.code) for each in found] == [
        (line, f"sources[0].{field}", code)
    ]

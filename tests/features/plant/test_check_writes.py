"""The allow-list in a plant file: checked, applied, exported, and given to edges without roles."""

from __future__ import annotations

import pytest

from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.queries import edge_configuration
from mes.features.plant.service import ApplyReport, apply

NOW = 1_700_000_000_000_000
PLANT = """
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
items:
  - {{code: BRKT-100}}
sources:
  - id: plc
    protocol: modbus
    link: {{transport: tcp, host: 127.0.0.1, port: 1502}}
    tags:
      - {{name: target, table: holding, address: 10, type: uint16}}
      - {{name: recipe, table: holding, address: 11, type: uint16}}
  - id: past
    protocol: replay
    file: past.csv
    tags:
      - {{name: level}}
{writes}
lines:
  - id: line-1
    work_units:
      - id: press-1
        on_job_start: {sent}
"""
WRITES = """writes:
  - {tag: plc/target, min: 0, max: 5000, every_s: 5, roles: [supervisor, operator]}
  - {tag: plc/recipe, values: [1, 2, 3]}
"""
SENT = (
    "[{tag: plc/target, send: quantity}, {tag: plc/recipe, send: by_item, by_item: {BRKT-100: 3}}]"
)


def mistakes(writes: str, sent: str = "[]") -> list[tuple[str, str]]:
    found = check(PLANT.format(writes=writes, sent=sent)).mistakes
    return [(mistake.field, mistake.code) for mistake in found]


def applied(database: Database, writes: str, sent: str, *, prune: bool = False) -> ApplyReport:
    checked = check(PLANT.format(writes=writes, sent=sent))
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        return apply(session, checked.plant, actor="file", now_us=NOW, prune=prune)


@pytest.mark.parametrize(
    ("rule", "field", "code"),
    [
        ("{tag: plc/none, length: 3}", "writes[0].tag", "tag_unknown"),
        ("{tag: past/level, min: 0, max: 1}", "writes[0].tag", "write_not_possible"),
        ("{tag: plc/target}", "writes[0]", "write_without_limit"),
        ("{tag: plc/target, min: 1}", "writes[0]", "write_range_open"),
        ("{tag: plc/target, min: 2, max: 1}", "writes[0]", "limits_reversed"),
        (
            "{tag: plc/target, length: 3, roles: [supervisor, chief]}",
            "writes[0].roles[1]",
            "literal_error",
        ),
        ("{tag: plc/target, length: 3, roles: []}", "writes[0].roles", "too_short"),
        ("{tag: plc/target, length: 3, retry: 2}", "writes[0].retry", "extra_forbidden"),
    ],
)
def test_a_wrong_rule_is_named_with_its_place(rule: str, field: str, code: str) -> None:
    assert mistakes(f"writes:\n  - {rule}\n") == [(field, code)]


def test_a_tag_has_one_rule() -> None:
    twice = "writes:\n" + 2 * "  - {tag: plc/target, length: 3}\n"
    assert mistakes(twice) == [("writes[1].tag", "duplicate")]


@pytest.mark.parametrize(
    ("sent", "field", "code"),
    [
        ("{tag: past/level, send: item}", "[0].tag", "write_not_allowed"),
        ("{tag: plc/target, send: everything}", "[0].send", "literal_error"),
        ("{tag: plc/recipe, send: by_item}", "[0]", "value_error"),
        ("{tag: plc/recipe, send: item, by_item: {BRKT-100: 1}}", "[0]", "value_error"),
        ("{tag: plc/recipe, send: by_item, by_item: {NO: 1}}", "[0].by_item.NO", "item_unknown"),
        (
            "{tag: plc/recipe, send: by_item, by_item: {BRKT-100: 4}}",
            "[0].by_item.BRKT-100",
            "write_out_of_range",
        ),
    ],
)
def test_a_job_sends_only_what_the_list_has(sent: str, field: str, code: str) -> None:
    place = "lines[0].work_units[0].on_job_start"
    assert mistakes(WRITES, f"[{sent}]") == [(place + field, code)]


def test_the_list_goes_to_the_edge_and_comes_back_in_the_file(sqlite_database: Database) -> None:
    applied(sqlite_database, WRITES, SENT)
    with sqlite_database.reading() as session:
        writes = edge_configuration(session, "edge-1")["writes"]
        text = export(session)
    assert writes == [
        {"tag": "plc/target", "min": 0, "max": 5000, "every_s": 5},
        {"tag": "plc/recipe", "values": [1, 2, 3], "every_s": 1},
    ]
    again = check(text)
    assert again.plant is not None, again.mistakes
    with sqlite_database.transaction() as session:
        report = apply(session, again.plant, actor="file", now_us=NOW)
    assert (report.added, report.changed, report.conflicts) == ((), (), ())


def test_a_tag_is_taken_off_the_list_by_prune(sqlite_database: Database) -> None:
    applied(sqlite_database, WRITES, SENT)
    kept = applied(sqlite_database, "", "[]")
    assert set(kept.missing) == {"write plc/target", "write plc/recipe"}
    assert kept.changed == ("work_unit press-1",)
    gone = applied(sqlite_database, "", "[]", prune=True)
    assert set(gone.retired) == {"write plc/target", "write plc/recipe"}
    with sqlite_database.reading() as session:
        assert edge_configuration(session, "edge-1")["writes"] == []
    back = applied(sqlite_database, WRITES, SENT)
    assert set(back.added) == {"write plc/target", "write plc/recipe"}

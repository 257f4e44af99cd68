"""The allow-list of calls in a plant file: checked, applied, exported, given to edges."""

from __future__ import annotations

import pytest

from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.queries import edge_configuration
from mes.features.plant.revisions import roll_back
from mes.features.plant.service import ApplyReport, apply

NOW = 1_700_000_000_000_000
BOSS = {"kind": "account", "id": 1, "label": "boss"}
PLANT = """
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
items:
  - {{code: BRKT-100}}
sources:
  - id: cnc
    protocol: opcua
    endpoint: opc.tcp://127.0.0.1:4840
    security: {{policy: none, mode: none}}
    allow_insecure: true
    tags: [{{name: clock, node: "i=2258"}}]
  - {{id: past, protocol: replay, file: past.csv, tags: [{{name: level}}]}}
{calls}
lines:
  - id: line-1
    work_units:
      - {{id: cnc-1, {unit}}}
"""
PLACE = 'address: {object: "nsu=urn:a;i=1", method: "nsu=urn:a;i=2"}'
NUMBER = "{name: number, type: int16, values: [1, 2]}"
CALLS = f"""calls:
  - {{call: cnc/go, {PLACE}, arguments: [{NUMBER}], returns: {{values: [0]}}, roles: [operator]}}
"""
SENT = "on_job_start: [{call: cnc/go, send: {number: {by_item: {BRKT-100: 2}}}}]"


def mistakes(calls: str, unit: str = "on_job_start: []") -> list[tuple[str, str]]:
    found = check(PLANT.format(calls=calls, unit=unit)).mistakes
    return [(mistake.field, mistake.code) for mistake in found]


def applied(database: Database, calls: str, unit: str, *, prune: bool = False) -> ApplyReport:
    checked = check(PLANT.format(calls=calls, unit=unit))
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        return apply(session, checked.plant, actor="file", now_us=NOW, prune=prune)


@pytest.mark.parametrize(
    ("rule", "field", "code"),
    [
        (f"{{call: none/go, {PLACE}}}", ".call", "source_unknown"),
        (f"{{call: past/go, {PLACE}}}", ".call", "call_not_possible"),
        ("{call: cnc/go, address: {}}", ".address", "object_missing"),
        ('{call: cnc/go, address: {path: ["A"]}}', ".address", "method_missing"),
        (
            '{call: cnc/go, address: {object: "ns=2;i=1", name: B}}',
            ".address.object",
            "namespace_by_index",
        ),
        (
            '{call: cnc/go, address: {path: ["A"], name: B, retry: 3}}',
            ".address.retry",
            "extra_forbidden",
        ),
        (
            '{call: cnc/go, address: {path: ["A"], job_order: store}}',
            ".arguments",
            "arguments_differ",
        ),
        (
            f"{{call: cnc/go, {PLACE}, arguments: [{{name: a, type: int16}}]}}",
            ".arguments[0]",
            "write_without_limit",
        ),
        (f"{{call: cnc/go, {PLACE}, roles: [supervisor, chief]}}", ".roles[1]", "literal_error"),
        (f"{{call: go, {PLACE}}}", ".call", "string_pattern_mismatch"),
        ("{call: cnc/go}", ".address", "missing"),
    ],
)
def test_a_wrong_rule_is_named_with_its_place(rule: str, field: str, code: str) -> None:
    assert mistakes(f"calls:\n  - {rule}\n") == [(f"calls[0]{field}", code)]


def test_a_mistake_has_its_line_and_a_method_has_one_rule() -> None:
    rule = f"  - {{call: cnc/go, {PLACE}}}\n"
    text = PLANT.format(calls="calls:\n" + rule + rule, unit="on_job_start: []")
    (mistake,) = check(text).mistakes
    line = 1 + text.split("\n").index(rule.rstrip(), 1 + text.split("\n").index(rule.rstrip()))
    assert (mistake.field, mistake.code, mistake.line) == ("calls[1].call", "duplicate", line)


@pytest.mark.parametrize(
    ("step", "field", "code"),
    [
        ("{call: cnc/stop}", ".call", "call_not_allowed"),
        ("{call: cnc/go}", ".send", "argument_missing"),
        ("{call: cnc/go, send: {number: item, speed: item}}", ".send.speed", "argument_unknown"),
        (
            "{call: cnc/go, send: {number: {by_item: {NO: 1}}}}",
            ".send.number.by_item.NO",
            "item_unknown",
        ),
        (
            "{call: cnc/go, send: {number: {by_item: {BRKT-100: 3}}}}",
            ".send.number.by_item.BRKT-100",
            "call_out_of_range",
        ),
        ("{call: cnc/go, send: {number: item}, every_s: 3}", ".every_s", "extra_forbidden"),
    ],
)
def test_a_job_calls_only_what_the_list_has(step: str, field: str, code: str) -> None:
    place = "lines[0].work_units[0].on_job_start[0]"
    assert mistakes(CALLS, f"on_job_start: [{step}]") == [(place + field, code)]


def test_a_machine_that_nobody_asks_cannot_be_needed() -> None:
    assert mistakes(CALLS, "start_needs_machine: true") == [
        ("lines[0].work_units[0]", "value_error")
    ]


def test_the_list_goes_to_the_edge_and_comes_back_in_the_file(database: Database) -> None:
    applied(database, CALLS, f"{SENT}, start_needs_machine: true")
    with database.reading() as session:
        calls = edge_configuration(session, "edge-1")["calls"]
        text = export(session)
    assert calls == [
        {
            "call": "cnc/go",
            "address": {"object": "nsu=urn:a;i=1", "method": "nsu=urn:a;i=2"},
            "arguments": [{"name": "number", "type": "int16", "values": [1, 2]}],
            "returns": {"position": 0, "values": [0]},
            "every_s": 1,
            "timeout_s": 5,
        }
    ]
    again = check(text)
    assert again.plant is not None, again.mistakes
    with database.transaction() as session:
        report = apply(session, again.plant, actor="file", now_us=NOW)
    assert (report.added, report.changed, report.conflicts) == ((), (), ())


def test_a_method_is_taken_off_the_list_and_comes_back_with_its_revision(
    sqlite_database: Database,
) -> None:
    applied(sqlite_database, CALLS, SENT)
    report = applied(sqlite_database, "", "on_job_start: []", prune=True)
    assert report.retired == ("call cnc/go",)
    with sqlite_database.reading() as session:
        assert edge_configuration(session, "edge-1")["calls"] == []
    with sqlite_database.transaction() as session:
        back = roll_back(session, BOSS, now_us=NOW + 1, reason="wanted after all")
    assert back.added == ("call cnc/go",)
    with sqlite_database.reading() as session:
        assert edge_configuration(session, "edge-1")["calls"][0]["call"] == "cnc/go"
        assert "on_job_start" in export(session)

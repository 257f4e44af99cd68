"""A write is noted, given to its edge once and ended once, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mes.clock import real_now_us
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.edge_requests.board import RequestBoard
from mes.features.plant.check import check
from mes.features.plant.service import apply
from mes.features.writes import queries, sending
from mes.features.writes.service import Outcome, Result, Wish, ask, begin, end, known_write
from mes.features.writes.targets import Kind, check_value, find_target
from mes.models import TagWrite
from tests.conftest import BOTH, fresh_database

BOSS = {"kind": "account", "id": 1, "label": "boss"}
PLANT = """
schema: plant/1
site: {id: busan, name: {ko: 부산, en: Busan}, time_zone: Asia/Seoul, day_starts: "08:00"}
sources:
  - id: plc
    protocol: modbus
    link: {transport: tcp, host: 127.0.0.1, port: 1502}
    tags:
      - {name: target, table: holding, address: 10, type: uint16}
      - {name: lamp, table: coil, address: 0, type: bool}
      - {name: item, table: holding, address: 20, type: string, length: 6}
      - {name: state, table: holding, address: 0, type: uint16}
  - id: cnc
    protocol: opcua
    endpoint: opc.tcp://127.0.0.1:4840
    security: {policy: none, mode: none}
    allow_insecure: true
    tags: [{name: target, node: "i=2258"}]
calls:
  - call: cnc/target
    address: {path: ["Cnc"], name: Set}
    arguments: [{name: number, type: int16, values: [1, 2]}]
    every_s: 3600
writes:
  - {tag: plc/target, min: 0, max: 5000, every_s: 3600, roles: [maintenance, supervisor]}
  - {tag: plc/lamp, values: [true, false], every_s: 0.001}
  - {tag: plc/item, length: 12, every_s: 0.001}
"""


def apply_writes(database: Database) -> None:
    checked = check(PLANT)
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=real_now_us() - 3_600_000_000)


@pytest.fixture(params=BOTH)
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A plant with an allow-list, once on SQLite and once on PostgreSQL."""
    with fresh_database(request.param, request, tmp_path, apply_writes) as made:
        yield made


def wish(command: str, tag: str, value: Any) -> Wish:
    return Wish(command_id=command, name=tag, value=value, reason="new order")


def asked(plant: Database, command: str, tag: str, value: Any) -> int:
    with plant.transaction() as session:
        return ask(session, BOSS, wish(command, tag, value), find_target(session, tag)).id


def begun(plant: Database, write_id: int) -> None:
    with plant.transaction() as session:
        begin(session, session.get_one(TagWrite, write_id))


def test_values_of_every_kind_come_back_as_they_were_asked(plant: Database) -> None:
    values: dict[str, tuple[str, Any]] = {
        "c-number": ("plc/target", 1200),
        "c-bit": ("plc/lamp", True),
        "c-text": ("plc/item", "BRKT-100"),
    }
    for command, (tag, value) in values.items():
        write_id = asked(plant, command, tag, value)
        begun(plant, write_id)
        after = {"tag": tag, "value": value, "quality": "good"}
        with plant.transaction() as session:
            result = Result(outcome=Outcome.CONFIRMED, before=None, after=after)
            end(session, session.get_one(TagWrite, write_id), result)
    with plant.reading() as session:
        page = queries.write_rows(session, limit=2)
        rest = queries.write_rows(session, before=page["next"])
    rows = {row["command_id"]: row for row in [*page["items"], *rest["items"]]}
    assert [len(page["items"]), len(rest["items"])] == [2, 1]
    for command, (tag, value) in values.items():
        row = rows[command]
        assert (row["tag"], row["value"], row["after"]["value"]) == (tag, value, value)
        assert type(row["value"]) is type(value)
        assert (row["outcome"], row["before"], row["person"]) == ("confirmed", None, "boss")


def test_a_call_stands_beside_the_writes_with_its_arguments_and_its_answer(
    plant: Database,
) -> None:
    wanted = Wish(
        command_id="c-call",
        name="cnc/target",
        value={"number": 2},
        reason="new tool",
        kind=Kind.CALL,
    )
    asked(plant, "c-write", "plc/target", 1)
    with plant.transaction() as session:
        with pytest.raises(Refusal) as refusal:
            find_target(session, "cnc/target")
        target = find_target(session, "cnc/target", Kind.CALL)
        call_id = ask(session, BOSS, wanted, target).id
    assert refusal.value.code == "write_not_allowed", "a method is no tag of the same name"
    begun(plant, call_id)
    with plant.transaction() as session:
        row = session.get_one(TagWrite, call_id)
        end(session, row, Result(outcome=Outcome.CONFIRMED, after={"results": [0]}))
        assert known_write(session, wanted) is row
        with pytest.raises(Refusal, match="something else"):
            known_write(session, wish("c-call", "cnc/target", 2))
        for bad in ({"number": 3}, {}, {"number": 1, "more": 1}):
            with pytest.raises(Refusal) as refusal:
                check_value(target, bad)
            assert refusal.value.code == "call_out_of_range"
        again = ask(session, BOSS, replace(wanted, command_id="c-again"), target)
        with pytest.raises(Refusal, match="once in 3600"):
            begin(session, again)
    with plant.reading() as session:
        latest, shown, first = queries.write_rows(session)["items"]
        assert queries.write_rows(session, call="cnc/target")["items"] == [latest, shown]
        assert queries.write_rows(session, tag="cnc/target")["items"] == []
        assert queries.write_rows(session, source="plc")["items"] == [first]
    assert (shown["tag"], shown["call"], shown["value"]) == (None, "cnc/target", {"number": 2})
    assert (first["tag"], first["call"], shown["after"]) == ("plc/target", None, {"results": [0]})


def test_a_tag_begins_no_sooner_than_its_rule_says(plant: Database) -> None:
    begun(plant, asked(plant, "c-first", "plc/target", 1))
    second = asked(plant, "c-second", "plc/target", 2)
    with pytest.raises(Refusal) as refusal:
        begun(plant, second)
    assert (refusal.value.code, refusal.value.status) == ("write_too_soon", 429)
    assert 3590 <= int(str(refusal.value.details["retry_after_s"])) <= 3601
    begun(plant, asked(plant, "c-other", "plc/lamp", True))


def test_what_is_not_on_the_list_or_outside_its_range_is_refused(plant: Database) -> None:
    with plant.transaction() as session:
        with pytest.raises(Refusal, match="allow-list"):
            find_target(session, "plc/state")
        target = find_target(session, "plc/target")
        for value in (5001, -1, True, "12"):
            with pytest.raises(Refusal) as refusal:
                check_value(target, value)
            assert refusal.value.code == "write_out_of_range", value
        check_value(target, 5000)
        assert [role.value for role in target.roles] == ["maintenance", "supervisor"]


def test_a_command_is_one_write_and_never_another(plant: Database) -> None:
    write_id = asked(plant, "c-same", "plc/target", 7)
    with plant.transaction() as session:
        found = known_write(session, wish("c-same", "plc/target", 7))
        assert found is not None
        assert found.id == write_id
        assert known_write(session, wish("c-new", "plc/target", 7)) is None
        with pytest.raises(Refusal) as refusal:
            known_write(session, wish("c-same", "plc/target", 8))
    assert refusal.value.code == "command_id_reused"


def test_without_an_edge_a_write_ends_refused_and_is_not_given_out_again(
    plant: Database,
) -> None:
    write_id = asked(plant, "c-alone", "plc/lamp", True)
    board = RequestBoard()
    outcome = sending.send(plant, board, write_id, begin_within_s=0.01)
    assert outcome is Outcome.REFUSED
    assert sending.send(plant, board, write_id, begin_within_s=0.01) is None
    assert board.counts["asked"] == 1
    with plant.reading() as session:
        row = session.scalars(select(TagWrite).where(TagWrite.id == write_id)).one()
        assert (row.outcome, row.code) == ("refused", "edge_not_listening")


def test_a_rule_taken_off_between_asking_and_sending_stops_the_write(plant: Database) -> None:
    write_id = asked(plant, "c-late", "plc/item", "BRKT-100")
    checked = check(PLANT.replace("  - {tag: plc/item, length: 12, every_s: 0.001}\n", ""))
    assert checked.plant is not None, checked.mistakes
    with plant.transaction() as session:
        apply(session, checked.plant, actor="test", now_us=real_now_us(), prune=True)
    board = RequestBoard()
    with pytest.raises(Refusal) as refusal:
        sending.send(plant, board, write_id, begin_within_s=0.01)
    assert (refusal.value.code, board.counts["asked"]) == ("write_not_allowed", 0)
    with plant.reading() as session:
        row = queries.one_write(session, "c-late")
    assert row is not None
    assert (row["outcome"], row["code"]) == ("refused", "write_not_allowed")

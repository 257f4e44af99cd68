"""The history of the configuration, and going back in it: exact, checked, audited, in one step."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.audit.queries import audit_rows
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.queries import edge_configuration
from mes.features.plant.revisions import revision_rows, roll_back
from mes.features.plant.service import ApplyReport, apply
from mes.models import ConfigRevision

NOW = 1_700_000_000_000_000
ACTOR = {"kind": "account", "id": 1, "label": "integrator"}
PLANT = """
schema: plant/1
site: {{id: busan, name: {{ko: 부산, en: Busan}}, time_zone: Asia/Seoul, day_starts: "08:00"}}
sources:
  - id: plc
    protocol: modbus
    link: {{transport: tcp, host: 127.0.0.1, port: 1502}}
    tags:
      - {{name: state, table: holding, address: {address}, type: uint16}}
{more}
lines:
  - id: line-1
    name: {{ko: 라인, en: Line}}
    work_units:
      - id: unit-1
        name: {{ko: {name}, en: {name}}}
        signals: {{state: {{tag: {signal}, map: {{0: off, 2: running}}}}}}
"""
LAMP = "      - {name: lamp, table: coil, address: 0, type: bool}"
WRITES = f"{LAMP}\nwrites:\n  - {{tag: plc/lamp, values: [true, false]}}"


def applied(
    database: Database,
    address: int,
    more: str = "",
    *,
    name: str = "Unit",
    signal: str = "plc/state",
) -> ApplyReport:
    checked = check(PLANT.format(address=address, more=more, name=name, signal=signal))
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        return apply(session, checked.plant, actor="file", now_us=NOW, prune=True)


def gone_back(database: Database, to: int | None = None) -> Any:
    with database.transaction() as session:
        return roll_back(session, ACTOR, now_us=NOW + 1, reason="wrong address", to=to)


def running(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        return edge_configuration(session, "edge-1")


def test_going_back_gives_edges_exactly_what_they_ran(sqlite_database: Database) -> None:
    applied(sqlite_database, 0)
    before = running(sqlite_database)
    applied(sqlite_database, 7, WRITES, name="Press")
    changed = running(sqlite_database)
    assert (changed["sources"], changed["writes"]) != (before["sources"], before["writes"])
    done = gone_back(sqlite_database)
    after = running(sqlite_database)
    assert (done.to, done.revision) == (1, 3)
    assert {**after, "revision": 1} == before
    assert after["revision"] == 3
    assert done.changed == ("tag plc/state",)
    assert set(done.retired) == {"tag plc/lamp", "write plc/lamp"}
    with sqlite_database.reading() as session:
        assert "Press" in export(session), "names of machines are not what edges run"


def test_going_forth_again_is_going_back_too(sqlite_database: Database) -> None:
    applied(sqlite_database, 0)
    applied(sqlite_database, 7, WRITES)
    there = running(sqlite_database)
    gone_back(sqlite_database)
    assert gone_back(sqlite_database, to=2).to == 2
    assert {**running(sqlite_database), "revision": 2} == there


def test_meanings_go_back_with_their_tags(sqlite_database: Database) -> None:
    applied(sqlite_database, 0)
    applied(sqlite_database, 0, "      - {name: mode, table: holding, address: 1, type: uint16}")
    more = "      - {name: mode, table: holding, address: 1, type: uint16}"
    applied(sqlite_database, 0, more, signal="plc/mode")
    gone_back(sqlite_database, to=1)
    with sqlite_database.reading() as session:
        text = export(session)
    assert "plc/mode" not in text
    assert "tag: plc/state" in text


def test_the_same_file_can_be_applied_again_after_going_back(sqlite_database: Database) -> None:
    applied(sqlite_database, 0)
    applied(sqlite_database, 7, WRITES)
    there = running(sqlite_database)
    gone_back(sqlite_database)
    report = applied(sqlite_database, 7, WRITES)
    assert report.conflicts == ()
    assert {**running(sqlite_database), "revision": 2} == there


def test_the_history_says_who_changed_what_and_why(sqlite_database: Database) -> None:
    applied(sqlite_database, 0)
    applied(sqlite_database, 7)
    gone_back(sqlite_database)
    with sqlite_database.reading() as session:
        back, second, first = revision_rows(session)["items"]
        page = revision_rows(session, limit=1)
        assert revision_rows(session, before=page["next"], limit=1)["items"] == [second]
        (audited,) = audit_rows(session, action="plant.roll_back")["items"]
    assert (back["person"], back["goes_back_to"], back["reason"]) == (
        "integrator", 1, "wrong address",
    )  # fmt: skip
    assert second["changed"] == ["tag plc/state"]
    assert "source plc" in first["added"]
    assert (audited["object"], audited["old"], audited["new"]) == ("revision 1", 2, 3)
    assert audited["note"] == "wrong address"


@pytest.mark.parametrize(("to", "code"), [(None, "revision_unknown"), (9, "revision_unknown")])
def test_there_must_be_something_to_go_back_to(
    sqlite_database: Database, to: int | None, code: str
) -> None:
    applied(sqlite_database, 0)
    with pytest.raises(Refusal) as refusal:
        gone_back(sqlite_database, to)
    assert refusal.value.code == code


def test_a_revision_from_before_its_sources_were_kept_is_refused(
    sqlite_database: Database,
) -> None:
    applied(sqlite_database, 0)
    applied(sqlite_database, 7)
    with sqlite_database.transaction() as session:
        session.scalars(select(ConfigRevision)).first().connectivity = None  # type: ignore[union-attr]  # there is one
    with pytest.raises(Refusal) as refusal:
        gone_back(sqlite_database)
    assert refusal.value.code == "revision_not_kept"

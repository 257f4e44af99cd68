"""Records that ingest kept aside are cleared by a person: who, when and why; they stay."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from mes.features.checks.clearing import clear_records
from mes.features.checks.queries import summary
from mes.features.ingest import store
from mes.features.ingest.queries import kept_aside
from mes.models import AuditLog, Quarantine
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused

NOW = 5 * MINUTE


def refuse(floor: Floor, number: int) -> list[int]:
    """Ingest keeps so many records aside; their ids, the latest first."""
    for n in range(number):
        floor.feed.value(n, "nowhere", n)
    floor.feed.send(MINUTE)
    return [one["id"] for one in waiting(floor)]


def waiting(floor: Floor, *, cleared: bool = False) -> list[dict[str, Any]]:
    items, _ = floor.ask(lambda s: kept_aside(s, cleared=cleared))
    return items


def clear(floor: Floor, *ids: int, note: str = "test of the new tag") -> int:
    return floor.do(NOW, lambda s, c: clear_records(s, c, ids, note))


def open_records(floor: Floor) -> int:
    return floor.ask(lambda s: summary(s, DAY_START + NOW))["quarantined"]


def test_a_cleared_record_waits_no_longer_and_tells_who_when_and_why(floor: Floor) -> None:
    latest, first = refuse(floor, 2)
    assert open_records(floor) == 2
    assert clear(floor, first) == 1
    assert open_records(floor) == 1
    assert [one["id"] for one in waiting(floor)] == [latest]
    (kept,) = waiting(floor, cleared=True)
    assert kept["record"][2] == "nowhere"
    assert (kept["cleared"]["person"], kept["cleared"]["note"]) == (
        "김민수",
        "test of the new tag",
    )
    assert kept["cleared"]["at"] == "2026-03-01T23:05:00Z"


def test_clearing_is_audited_and_deletes_nothing(floor: Floor) -> None:
    ids = refuse(floor, 3)
    clear(floor, *ids)
    rows = floor.ask(lambda s: s.scalars(select(Quarantine.id)).all())
    assert sorted(rows) == sorted(ids)
    last = floor.ask(lambda s: s.scalars(select(AuditLog).order_by(AuditLog.id.desc())).first())
    assert last is not None
    assert (last.action, last.subject) == ("quarantine.clear", "plc")
    assert last.details["ids"] == sorted(ids)
    assert last.details["note"] == "test of the new tag"


def test_a_record_is_cleared_once_and_with_a_reason(floor: Floor) -> None:
    (only,) = refuse(floor, 1)
    assert refused("clearing_needs_reason", lambda: clear(floor, only, note=" ")).field == "note"
    refused("record_unknown", lambda: clear(floor, only, only + 1))
    assert open_records(floor) == 1
    clear(floor, only)
    assert refused("record_cleared", lambda: clear(floor, only)).details == {"ids": [only]}


def test_cleared_records_make_room_for_new_ones(floor: Floor, monkeypatch: Any) -> None:
    monkeypatch.setattr(store, "QUARANTINE_MAX", 2)
    ids = refuse(floor, 3)
    assert len(ids) == 2
    clear(floor, *ids)
    assert len(refuse(floor, 1)) == 1

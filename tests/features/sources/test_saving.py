"""Saving sources: one checked change of the plant, revisions, audit, base of plant files."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from mes.features.plant.queries import edge_configuration, revision
from mes.features.sources import service
from mes.models import AuditLog, ConfigRevision
from tests.features.commands.floor import MINUTE, Floor, refused

EDGE = "edge-1"


def meter(**parts: Any) -> dict[str, Any]:
    """A source of one tag."""
    return {
        "id": "meter",
        "protocol": "modbus",
        "link": {"transport": "tcp", "host": "10.1.2.3", "port": 502},
        "unit": 7,
        "tags": [{"name": "power", "table": "input", "address": 0, "type": "uint16"}],
        **parts,
    }


def create(floor: Floor, source: dict[str, Any]) -> service.Saved:
    return floor.do(MINUTE, lambda s, c: service.create(s, c, source))


def sources_of_edge(session: Session) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in edge_configuration(session, EDGE)["sources"]}


def test_a_new_source_is_a_new_revision_that_the_edge_runs(floor: Floor) -> None:
    before = floor.ask(revision)
    saved = create(floor, meter())
    assert saved.revision > before
    assert saved.added == ("source meter", "tag meter/power")
    assert floor.ask(revision) == saved.revision
    running = floor.ask(sources_of_edge)["meter"]
    assert running["unit"] == 7
    assert [tag["name"] for tag in running["tags"]] == ["power"]


def test_a_source_of_a_page_is_told_from_one_of_the_plant_file(floor: Floor) -> None:
    create(floor, meter())
    assert floor.ask(lambda s: edge_configuration(s, EDGE)["of_pages"]) == ["meter"]


def test_what_was_applied_as_a_file_stays_the_base(floor: Floor) -> None:
    def files(session: Session) -> list[Any]:
        return [row.plant_file for row in session.scalars(select(ConfigRevision))]

    create(floor, meter())
    bases = floor.ask(files)
    assert bases[0] == bases[-1]


def test_a_change_touches_only_what_differs(floor: Floor) -> None:
    create(floor, meter())
    tags = [*meter()["tags"], {"name": "volt", "table": "input", "address": 9, "type": "int16"}]
    saved = floor.do(
        MINUTE, lambda s, c: service.reconfigure(s, c, "meter", meter(unit=8, tags=tags))
    )
    assert (saved.added, saved.changed) == (("tag meter/volt",), ("source meter",))
    saved = floor.do(MINUTE, lambda s, c: service.reconfigure(s, c, "meter", meter(unit=8)))
    assert (saved.changed, saved.retired) == ((), ("tag meter/volt",))


def test_a_removed_source_comes_back_under_its_name(floor: Floor) -> None:
    create(floor, meter())
    floor.do(MINUTE, lambda s, c: service.remove(s, c, "meter"))
    assert "meter" not in floor.ask(sources_of_edge)
    refused("source_unknown", lambda: floor.ask(lambda s: service.configuration(s, "meter")))
    assert "source meter" in create(floor, meter()).added


def test_refusals_leave_everything_as_it_was(floor: Floor) -> None:
    create(floor, meter())
    before = floor.ask(revision)
    refused("source_exists", lambda: create(floor, meter()))
    refused("source_target_taken", lambda: create(floor, meter(id="again")))
    refused("source_invalid", lambda: create(floor, meter(id="bad", unit=900)))
    refused(
        "source_renamed",
        lambda: floor.do(MINUTE, lambda s, c: service.reconfigure(s, c, "meter", meter(id="x"))),
    )
    assert floor.ask(revision) == before


def test_every_change_is_in_the_audit_log_with_its_person(floor: Floor) -> None:
    def entries(session: Session) -> list[tuple[str, str]]:
        rows = session.scalars(select(AuditLog).where(AuditLog.subject == "meter"))
        return [(row.action, row.actor["label"]) for row in rows]

    create(floor, meter())
    floor.do(MINUTE, lambda s, c: service.remove(s, c, "meter"))
    assert floor.ask(entries) == [("source.create", "김민수"), ("source.remove", "김민수")]

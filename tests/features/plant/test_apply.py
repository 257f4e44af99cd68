"""A plant file is a change set: applied once, exported equal, conflicts named."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from mes.cli import main
from mes.db import Database
from mes.features.plant.check import check
from mes.features.plant.export import export
from mes.features.plant.queries import edge_configuration, revision
from mes.features.plant.service import ApplyReport, apply
from mes.models import (
    ConfigRevision,
    Equipment,
    MaterialRate,
    Reason,
    ReasonClass,
    SignalBinding,
    WorkUnitSetting,
)
from tests.features.plant.plant_files import GOOD, with_change

ROOT = Path(__file__).parents[3]
DEMO = (ROOT / "simulators/scenarios/demo.plant.yaml").read_text("utf-8")
LATER = 1_700_000_000_000_000


def applied(
    database: Database, text: str, now_us: int = LATER, *, force: bool = False, prune: bool = False
) -> ApplyReport:
    checked = check(text)
    assert checked.plant is not None, checked.mistakes
    with database.transaction() as session:
        return apply(session, checked.plant, actor="test", now_us=now_us, force=force, prune=prune)


def test_the_first_apply_adds_everything_and_holds_from_the_beginning(database: Database) -> None:
    report = applied(database, GOOD)
    assert "work_unit press-1" in report.added
    assert report.changed == report.conflicts == report.missing == ()
    with database.reading() as session:
        assert session.scalars(select(WorkUnitSetting.valid_from)).all() == [0, 0]
        assert session.scalars(select(MaterialRate.valid_from)).all() == [0]
        roles = session.scalars(select(SignalBinding.role).order_by(SignalBinding.id)).all()
        assert roles == ["state", "total", "scrap"]
        assert set(session.scalars(select(Reason.code))) >= {"blocked", "starved", "jam", "burr"}


def test_applying_the_same_file_again_changes_nothing(database: Database) -> None:
    first = applied(database, GOOD)
    second = applied(database, GOOD)
    assert (second.added, second.changed, second.retired) == ((), (), ())
    assert second.revision == first.revision
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(ConfigRevision)) == 1


def test_the_example_of_the_contract_applied_twice_changes_nothing(database: Database) -> None:
    text = (Path(__file__).parent / "contract-example.plant.yaml").read_text("utf-8")
    first = applied(database, text)
    assert "reason night-meal" in first.added
    second = applied(database, text)
    assert (second.added, second.changed, second.missing) == ((), (), ())
    with database.reading() as session:
        third = applied(database, export(session))
    assert (third.added, third.changed, third.missing) == ((), (), ())
    assert third.revision == second.revision == first.revision


def test_the_demo_plant_which_writes_a_built_in_reason_down_applied_twice_changes_nothing(
    database: Database,
) -> None:
    applied(database, DEMO)
    second = applied(database, DEMO)
    assert (second.added, second.changed, second.missing) == ((), (), ())


def test_export_then_apply_changes_nothing(database: Database) -> None:
    first = applied(database, GOOD)
    with database.reading() as session:
        text = export(session)
    report = applied(database, text)
    assert (report.added, report.changed, report.missing) == ((), (), ())
    assert report.revision == first.revision


def test_export_into_an_empty_plant_gives_the_same_export(
    database: Database, sqlite_database: Database
) -> None:
    applied(database, GOOD)
    with database.reading() as session:
        text = export(session)
    applied(sqlite_database, text)
    with sqlite_database.reading() as session:
        assert export(session) == text


def test_a_change_is_dated_and_the_past_stays(database: Database) -> None:
    applied(database, GOOD)
    text = with_change('{BRKT-100: "2.0"}', '{BRKT-100: "1.8"}')
    text = with_change("class: unplanned_stop", "class: planned_stop", text)
    report = applied(database, text)
    assert report.changed == ("reason jam", "work_unit press-1")
    with database.reading() as session:
        rates = session.execute(
            select(MaterialRate.valid_from, MaterialRate.ideal_cycle_s).order_by(
                MaterialRate.valid_from
            )
        ).all()
        assert [(at, str(cycle)) for at, cycle in rates] == [(0, "2"), (LATER, "1.8")]
        classes = session.execute(
            select(ReasonClass.valid_from, ReasonClass.time_class)
            .join(Reason, Reason.id == ReasonClass.reason_id)
            .where(Reason.code == "jam")
            .order_by(ReasonClass.valid_from)
        ).all()
        assert [tuple(row) for row in classes] == [
            (0, "unplanned_stop"),
            (LATER, "planned_stop"),
        ]


def _rename_in_the_database(database: Database, code: str, name: str) -> None:
    with database.transaction() as session:
        row = session.scalars(select(Equipment).where(Equipment.code == code)).one()
        row.names = {"ko": name, "en": name}


def test_what_was_changed_on_both_sides_is_a_named_conflict_and_nothing_is_applied(
    database: Database,
) -> None:
    first = applied(database, GOOD)
    _rename_in_the_database(database, "line-1", "Hall A")
    text = with_change("en: Line 1}", "en: Press line}")
    text = with_change("{ko: 버, en: Burr}", "{ko: 버, en: Burrs}", text)
    report = applied(database, text)
    assert report.conflicts == ("line line-1",)
    assert report.changed == ()
    assert report.revision == first.revision
    with database.reading() as session:
        name = session.scalar(select(Reason.names).where(Reason.code == "burr"))
        assert name == {"ko": "버", "en": "Burr"}


def test_force_takes_the_file(database: Database) -> None:
    applied(database, GOOD)
    _rename_in_the_database(database, "line-1", "Hall A")
    report = applied(database, with_change("en: Line 1}", "en: Press line}"), force=True)
    assert report.conflicts == ()
    assert report.changed == ("line line-1",)


def test_what_only_the_database_changed_stays(database: Database) -> None:
    applied(database, GOOD)
    _rename_in_the_database(database, "line-1", "Hall A")
    report = applied(database, GOOD)
    assert report.conflicts == report.changed == ()
    with database.reading() as session:
        names = session.scalar(select(Equipment.names).where(Equipment.code == "line-1"))
        assert names == {"ko": "Hall A", "en": "Hall A"}


def test_what_is_missing_is_reported_and_retired_only_with_prune(database: Database) -> None:
    applied(database, GOOD)
    text = with_change("      - id: bench-1\n        signals: {state: {manual: true}}\n", "")
    report = applied(database, text)
    assert (report.missing, report.retired) == (("work_unit bench-1",), ())
    pruned = applied(database, text, prune=True)
    assert pruned.retired == ("work_unit bench-1",)
    with database.reading() as session:
        retired = session.scalar(select(Equipment.retired_at).where(Equipment.code == "bench-1"))
        assert retired == LATER
    assert applied(database, text, prune=True).retired == ()


def test_the_edge_gets_its_sources_with_the_stream_of_each_tag(database: Database) -> None:
    applied(database, GOOD)
    with database.reading() as session:
        answer = edge_configuration(session, "edge-1")
        assert answer["revision"] == revision(session)
    streams = {tag["name"]: tag["stream"] for tag in answer["sources"][0]["tags"]}
    assert streams == {
        "state": "event",
        "strokes": "event",
        "rejects": "event",
        "volts": "sample",
    }


@pytest.mark.parametrize("empty_file", [False, True], ids=["no database", "no tables"])
@pytest.mark.parametrize("command", [["apply", "FILE"], ["export"]], ids=["apply", "export"])
def test_a_data_folder_that_was_never_upgraded_is_refused_saying_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str], empty_file: bool
) -> None:
    file = tmp_path / "plant.yaml"
    file.write_text(GOOD, encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir()
    if empty_file:
        (data / "mes.db").touch()
    arguments = [str(file) if word == "FILE" else word for word in command]
    with pytest.raises(SystemExit) as left:
        main(["plant", *arguments, "--data", str(data)])
    assert left.value.code == 1
    refused = capsys.readouterr().err
    assert refused.startswith("no_database: ")
    assert "mes db upgrade" in refused
    assert (data / "mes.db").exists() is empty_file

"""Report files: each settled period of a schedule once, as its page shows it, never outside."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from mes.core.refusal import Refusal
from mes.features.oee.queries import unit_at
from mes.features.oee.service import unit_result
from mes.features.reports.exports import csv_text
from mes.features.reports.files import file_grids
from mes.features.reports.production import production_report
from mes.features.schedules import run, service
from mes.features.schedules.folders import path_in, put
from mes.features.schedules.kinds import folder_ok
from mes.features.schedules.making import Wish, speaking, write_report
from mes.features.schedules.run import run_due
from mes.features.schedules.service import Draft
from mes.features.screens.report.asked import Wanted, choose
from mes.features.screens.report.framing import frame_of
from mes.features.screens.report.loading import links_of
from mes.models import ReportFile, ReportSchedule
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused
from tests.features.publishing.signing import run_shift

HOUR = 60 * MINUTE
ACTOR = {"kind": "account", "id": 1, "label": "office"}
DRAFT = Draft(
    kind="production_csv",
    place="press-1",
    period="shift",
    policy="",
    language="en",
    folder="shift files",
    delay_min="10",
    kept="3",
)
SHIFT_END = 12 * HOUR
SETTLED = SHIFT_END + 11 * MINUTE


def added(floor: Floor, draft: Draft = DRAFT, at: int = 0, command: str = "c1") -> int:
    with floor.database.transaction() as session:
        return service.add_schedule(session, ACTOR, draft, command, DAY_START + at).id


def rows(floor: Floor) -> list[ReportFile]:
    with floor.database.reading() as session:
        found = session.scalars(select(ReportFile).order_by(ReportFile.end)).all()
        session.expunge_all()
        return list(found)


def made(floor: Floor, root: Path, at: int) -> int:
    return run_due(floor.database, root, DAY_START + at)


def covered(floor: Floor, until: int = SETTLED) -> None:
    run_shift(floor)
    floor.feed.send(until)


def test_a_settled_shift_is_made_once_and_not_before_its_delay(
    floor: Floor, tmp_path: Path
) -> None:
    added(floor)
    covered(floor)
    assert made(floor, tmp_path, SHIFT_END + 9 * MINUTE) == 0
    assert made(floor, tmp_path, SETTLED) == 1
    assert made(floor, tmp_path, SETTLED) == 0
    (row,) = rows(floor)
    assert (row.state, row.period_key, row.standing) == (
        "made",
        "2026-03-02/D",
        "Final · not signed off",
    )
    assert [one.name for one in (tmp_path / "shift files").iterdir()] == [
        "production-press-1-2026-03-02-D-1.csv"
    ]


def test_a_program_that_ends_between_file_and_row_makes_the_same_file_again(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(floor)
    covered(floor)
    with monkeypatch.context() as patch:

        def killed(*_args: object, **_how: object) -> int:
            raise KeyboardInterrupt

        patch.setattr(run, "_keep", killed)
        with pytest.raises(KeyboardInterrupt):
            made(floor, tmp_path, SETTLED)
    (file,) = (tmp_path / "shift files").iterdir()
    before = file.read_bytes()
    assert rows(floor) == []
    assert made(floor, tmp_path, SETTLED) == 1
    assert [one.read_bytes() for one in (tmp_path / "shift files").iterdir()] == [before]


def test_a_period_that_is_not_known_to_its_end_waits_and_is_provisional_after_two_hours(
    floor: Floor, tmp_path: Path
) -> None:
    added(floor)
    run_shift(floor, hours=11)
    assert made(floor, tmp_path, SETTLED) == 0
    assert made(floor, tmp_path, SETTLED + 2 * HOUR) == 1
    (row,) = rows(floor)
    assert row.standing == "Provisional · not closed"


def test_the_numbers_of_a_file_are_those_of_the_page_and_the_kernel(
    floor: Floor, tmp_path: Path
) -> None:
    covered(floor)
    now = DAY_START + SETTLED
    wanted = Wanted(
        place="press-1",
        period="shift",
        day="2026-03-02",
        shift="D",
        language="en",
        path="/production",
    )
    with floor.database.reading() as session, speaking("en"):
        chosen = choose(session, wanted, now)
        frame = frame_of(
            chosen, wanted, links_of(chosen, wanted, [unit_at(session, "press-1", now)])
        )
        page = production_report(session, chosen, frame, now)
        shown = csv_text(
            file_grids(frame, chosen.period, page.grids, page.marks, now)[0], frame.zone
        )
        kernel = unit_result(session, unit_at(session, "press-1", now), chosen.period.span)
        files = {}
        for kind in ("production_csv", "production_xlsx", "oee_xlsx"):
            files[kind] = tmp_path / kind
            wish: Any = {"kind": run.FileKind(kind), "place": "press-1", "policy": None}
            write_report(
                session,
                Wish(**wish, period=chosen.period, language="en"),
                files[kind],
                now,
            )
    text = files["production_csv"].read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert text.decode() == shown
    (line,) = csv.DictReader(io.StringIO(shown.removeprefix("\ufeff")))
    oee = float(kernel.kpis["oee"] or 0)
    assert float(line["OEE [1]"]) == oee
    for kind, sheet in (("production_xlsx", "Machines"), ("oee_xlsx", "Figures")):
        table = openpyxl.load_workbook(io.BytesIO(files[kind].read_bytes()))[sheet]
        heads = [str(cell.value) for cell in table[1]]
        place = next(n for n, head in enumerate(heads) if head.startswith("OEE"))
        assert table[2][place].value == oee, kind


def test_missed_periods_are_made_up_to_a_limit_and_the_rest_is_said(
    floor: Floor, tmp_path: Path
) -> None:
    added(floor, replace(DRAFT, period="day", kept="400"))
    floor.feed.value(0, "state", 2)
    floor.feed.send(MINUTE)
    later = 40 * 24 * HOUR
    assert made(floor, tmp_path, later) == 31
    assert made(floor, tmp_path, later) == 0
    skipped = [row for row in rows(floor) if row.state == "skipped"]
    assert len(skipped) == 1
    assert "8 periods" in str(skipped[0].reason) or "9 periods" in str(skipped[0].reason)


def test_only_so_many_files_stay(floor: Floor, tmp_path: Path) -> None:
    added(floor, replace(DRAFT, period="day"))
    floor.feed.value(0, "state", 2)
    floor.feed.send(MINUTE)
    assert made(floor, tmp_path, 6 * 24 * HOUR) == 5
    assert len(list((tmp_path / "shift files").iterdir())) == 3
    assert [row.state for row in rows(floor)] == ["expired"] * 2 + ["made"] * 3
    assert made(floor, tmp_path, 6 * 24 * HOUR) == 0, "a removed file is not made again"


def test_a_file_that_cannot_be_written_is_told_and_tried_again(
    floor: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(floor)
    covered(floor)
    blocked = tmp_path / "root"
    blocked.write_text("a file where the folder should be")
    assert run_due(floor.database, blocked, DAY_START + SETTLED) == 0
    (row,) = rows(floor)
    assert row.state == "failed"
    assert row.reason
    assert row.next_at is not None
    blocked.unlink()
    assert run_due(floor.database, blocked, DAY_START + SETTLED) == 0, "not at once"
    monkeypatch.setattr(run, "real_now_us", lambda: (row.next_at or 0) + 1)
    assert run_due(floor.database, blocked, DAY_START + SETTLED) == 1
    (row,) = rows(floor)
    assert (row.state, row.attempts, row.reason) == ("made", 2, None)


def test_a_stopped_schedule_makes_nothing_and_does_not_catch_up(
    floor: Floor, tmp_path: Path
) -> None:
    one = added(floor)
    with floor.database.transaction() as session:
        service.stop_schedule(session, ACTOR, one, 1)
    covered(floor)
    assert made(floor, tmp_path, SETTLED) == 0
    with floor.database.transaction() as session:
        service.restart_schedule(session, ACTOR, one, 2, DAY_START + SETTLED)
    assert made(floor, tmp_path, SETTLED) == 0


def test_the_same_command_adds_one_schedule(floor: Floor) -> None:
    assert added(floor) == added(floor)
    with floor.database.reading() as session:
        assert len(session.scalars(select(ReportSchedule)).all()) == 1


def test_two_people_do_not_overwrite_each_other(floor: Floor) -> None:
    one = added(floor)
    with floor.database.transaction() as session:
        service.change_schedule(session, ACTOR, one, 1, replace(DRAFT, kept="9"), DAY_START + HOUR)

    def late() -> None:
        with floor.database.transaction() as session:
            service.change_schedule(session, ACTOR, one, 1, replace(DRAFT, kept="7"), DAY_START)

    refused("schedule_changed", late)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("kind", ["", "pdf"]),
        ("place", ["", "nowhere", "../x"]),
        ("period", ["hour", "year", ""]),
        ("policy", ["x" * 200]),
        ("language", ["de", ""]),
        (
            "folder",
            ["", ".", "..", "a/b", "../a", "a\\b", "a\x00", "\n", "x" * 61, "<script>", "/"],
        ),
        ("delay_min", ["-1", "1441", "1e3", "NaN", "\uff11", "", "9" * 100]),
        ("kept", ["0", "401", "1.5", ""]),
    ],
)
def test_the_worst_values_are_refused_with_their_field(
    floor: Floor, field: str, values: list[str]
) -> None:
    for value in values:
        refusal = refused(
            "schedule_invalid",
            lambda value=value: added(floor, replace(DRAFT, **{field: value})),  # type: ignore[misc]
        )
        assert field in refusal.details


@given(st.text(max_size=70))
def test_no_name_of_a_folder_leads_outside(name: str) -> None:
    if folder_ok(name):
        assert os.path.basename(name) == name
        assert name not in ("", ".", "..")


def test_a_file_is_neither_written_nor_read_outside_the_root(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (root / "link").symlink_to(outside)
    (outside / "a.csv").write_text("x")
    with pytest.raises(Refusal):
        put(root, "link", "a.csv", lambda path: None)
    for name in ("../outside/a.csv", "link/a.csv", "a.csv", "/etc/passwd", "a/../../b"):
        with pytest.raises(Refusal):
            path_in(root, name)

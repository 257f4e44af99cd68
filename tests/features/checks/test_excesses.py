"""More bad pieces than were made: kept as entered, never clamped, flagged until they are mended."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from mes.core.case_model import Span
from mes.core.oee import compute
from mes.features.checks.excesses import excesses
from mes.features.checks.queries import summary
from mes.features.ingest.rebuild import rebuild
from mes.features.oee.queries import unit_at
from mes.features.oee.service import unit_case
from mes.features.production.master_loading import masters
from mes.features.production.queries import tiles
from mes.features.publishing.checklist import Concern, checklist
from mes.features.publishing.figures import unit_figure
from mes.features.quantities.service import Entry, correct_entry, void_entry
from mes.models import QuantityStatement
from tests.features.commands.floor import DAY_START, MINUTE, Floor, S

SHIFT = Span(DAY_START, DAY_START + 12 * 60 * MINUTE)
NOW = 2 * MINUTE


def overdrawn(floor: Floor) -> tuple[str, QuantityStatement]:
    """A job of which 30 were counted and 33 were entered as scrap, and that entry."""
    job = floor.job("press-1")
    floor.start(job)
    floor.count(0, MINUTE)
    entry = floor.enter(MINUTE, "press-1", scrap=33, reason="burr")
    floor.feed.send(NOW)
    return job, entry


def waiting(floor: Floor, at: int = NOW) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = floor.ask(lambda s: excesses(s, DAY_START + at))
    counted = floor.ask(lambda s: summary(s, DAY_START + at))["excesses"]
    assert counted == len(found)
    return found


def tile(floor: Floor, at: int = NOW) -> dict[str, Any]:
    (found,) = floor.ask(lambda s: tiles(s, [floor.ids["press-1"]], DAY_START + at))
    return found


def test_an_excess_is_listed_with_its_job_and_its_latest_entry(floor: Floor) -> None:
    job, entry = overdrawn(floor)
    (found,) = waiting(floor)
    assert (found["work_unit"], found["job_order"]) == ("press-1", job)
    assert (found["good"], found["scrap"], found["rework"]) == (-3, 33, 0)
    assert found["entry"]["command_id"] == entry.command_id
    assert found["entry"]["person"] == "김민수"


def test_the_tile_shows_the_pieces_as_they_are_the_flag_and_a_check(floor: Floor) -> None:
    overdrawn(floor)
    shown = tile(floor)
    assert (shown["good"], shown["scrap"], shown["checks"]) == (-3, 33, 1)
    assert "counter_suspect" in shown["flags"]
    assert (shown["job"]["good"], shown["job"]["scrap"]) == (-3, 33)


def test_the_case_computes_the_same_figure_below_zero(floor: Floor) -> None:
    overdrawn(floor)

    def asked(session: Session) -> dict[str, Any]:
        given = unit_at(session, "press-1", DAY_START + NOW)
        made: dict[str, Any] = compute(unit_case(session, given, SHIFT)).to_json()
        return made

    result = floor.ask(asked)
    assert (result["quantities"]["GQ"], result["quantities"]["PQ"]) == (-3, 30)
    assert result["kpis"]["quality_ratio"] == -0.1
    assert result["kpis"]["oee"] == tile(floor)["oee"]
    assert "counter_suspect" in result["flags"]


def test_who_signs_the_shift_is_told_of_an_excess(floor: Floor) -> None:
    overdrawn(floor)

    def asked(session: Session) -> list[tuple[str, int]]:
        known, at = masters(session), DAY_START + NOW
        unit = known.work_units[known.work_unit_ids["press-1"]]
        figure = unit_figure(session, known, unit, SHIFT, at)
        items = checklist(session, known, [figure], SHIFT, at, 0.0)
        return [(x.work_unit, x.count) for x in items if x.concern is Concern.EXCESS]

    assert floor.ask(asked) == [("press-1", 1)]


def test_a_corrected_entry_is_an_excess_no_longer(floor: Floor) -> None:
    _, entry = overdrawn(floor)
    mended = Entry(scrap=3, reason="burr")
    floor.do(NOW, lambda s, c: correct_entry(s, c, entry.command_id, mended))
    assert waiting(floor) == []
    assert (tile(floor)["checks"], tile(floor)["good"]) == (0, 27)


def test_a_voided_entry_is_an_excess_no_longer(floor: Floor) -> None:
    _, entry = overdrawn(floor)
    floor.do(NOW, lambda s, c: void_entry(s, c, entry.command_id))
    assert waiting(floor) == []


def test_pieces_counted_later_make_up_for_an_excess(floor: Floor) -> None:
    overdrawn(floor)
    floor.count(NOW, NOW + 6 * S, total=30)
    assert waiting(floor, NOW + 6 * S) == []
    assert tile(floor, NOW + 6 * S)["checks"] == 0
    assert rebuild(floor.database, DAY_START + NOW + 6 * S, check=True).differences == ()


def test_pieces_of_no_job_are_measured_by_their_shift(floor: Floor) -> None:
    floor.count(0, MINUTE)
    floor.enter(MINUTE, "press-1", scrap=31, reason="burr")
    (found,) = waiting(floor)
    assert (found["job_order"], found["good"]) == (None, -1)
    assert found["shift"]["code"] == "D"


def test_a_machine_that_nobody_counts_has_no_excess_of_scrap(floor: Floor) -> None:
    floor.start(floor.job("bench-1"))
    floor.enter(MINUTE, "bench-1", scrap=5, reason="burr")
    assert waiting(floor) == []

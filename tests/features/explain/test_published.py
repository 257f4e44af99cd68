"""Each revision of a published figure has the case that gives it again, whatever came later."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select, update

from mes.core.case import parse_case
from mes.core.case_bundle import compute_bundle, is_bundle, parse_bundle
from mes.core.oee import compute
from mes.core.refusal import Refusal
from mes.features.production.lines import LineRule
from mes.features.production.master_loading import forget_masters
from mes.features.publishing.queries import Asked, case_of_figure, published
from mes.models import CaseFile, Equipment, PublishedFigure
from tests.features.commands.floor import MINUTE, Floor
from tests.features.publishing.signing import HOUR, SHIFT_END, compare, run_shift, sign

NOW = SHIFT_END + 10 * MINUTE
PARTS = ("policy", "kpis", "times_us", "iso_us", "quantities", "excluded", "coverage", "flags")


def signed_off(floor: Floor) -> Floor:
    """Shift D of line 1, signed off."""
    run_shift(floor)
    floor.feed.send(NOW)
    sign(floor, NOW)
    compare(floor, NOW)
    return floor


def arrives(floor: Floor, late: int, at: int) -> None:
    """press-1 turns out to have run earlier than was known."""
    floor.feed.value(late, "state", 2)
    floor.feed.send(at)
    compare(floor, at)


def items(floor: Floor) -> list[dict[str, Any]]:
    """Every revision of every figure."""
    found: list[dict[str, Any]] = floor.ask(lambda s: published(s, Asked(every=True)))["items"]
    return found


def again(floor: Floor, item: dict[str, Any]) -> dict[str, Any]:
    """What the case file of a published figure gives."""
    assert item["case"] == f"/api/v1/published/{item['id']}/case"
    case = json.loads(json.dumps(floor.ask(lambda s: case_of_figure(s, str(item["id"])))))
    result = compute_bundle(parse_bundle(case)) if is_bundle(case) else compute(parse_case(case))
    return {part: json.loads(json.dumps(result.to_json()[part])) for part in PARTS}


def test_three_revisions_are_each_given_by_their_own_case(floor: Floor) -> None:
    signed_off(floor)
    arrives(floor, 5 * HOUR + 20 * MINUTE, NOW + 5 * MINUTE)
    arrives(floor, 7 * HOUR + 15 * MINUTE, NOW + 10 * MINUTE)
    found = items(floor)
    availability = {}
    for item in found:
        assert again(floor, item) == {part: item["result"][part] for part in PARTS}
        availability[item["scope"], item["revision"]] = item["result"]["kpis"]["availability"]
    for scope in ("press-1", "line-1"):
        assert len({availability[scope, revision] for revision in (1, 2, 3)}) == 3
    assert ("press-2", 2) not in availability


def test_the_figure_of_a_line_that_adds_its_machines_has_a_bundle(sqlite_floor: Floor) -> None:
    floor = sqlite_floor
    with floor.database.transaction() as session:
        settings = {"oee_rule": LineRule.SUM.value}
        session.execute(
            update(Equipment).where(Equipment.code == "line-1").values(settings=settings)
        )
        forget_masters(session)
    signed_off(floor)
    (line,) = [item for item in items(floor) if item["scope"] == "line-1"]
    case = floor.ask(lambda s: case_of_figure(s, str(line["id"])))
    assert [one["work_unit"] for one in case["cases"]] == ["press-1", "press-2"]
    assert again(floor, line) == {part: line["result"][part] for part in PARTS}


def test_a_machine_and_its_line_share_one_stored_case(sqlite_floor: Floor) -> None:
    signed_off(sqlite_floor)
    figures = sqlite_floor.ask(lambda s: s.scalars(select(PublishedFigure)).all())
    assert [row.scope for row in figures] == ["press-1", "press-2", "line-1"]
    assert sqlite_floor.ask(lambda s: s.scalar(select(func.count(CaseFile.digest)))) == 2
    size = sqlite_floor.ask(lambda s: s.scalar(select(func.sum(func.length(CaseFile.content)))))
    assert size < 16_000


def test_what_was_published_before_cases_were_kept_has_one_only_as_last_revision(
    sqlite_floor: Floor,
) -> None:
    floor = signed_off(sqlite_floor)
    arrives(floor, 5 * HOUR + 20 * MINUTE, NOW + 5 * MINUTE)
    with floor.database.transaction() as session:
        session.execute(update(PublishedFigure).values(cases={}))
    found = {item["revision"]: item for item in items(floor) if item["scope"] == "press-1"}
    assert found[1]["case"] is None
    assert found[2]["case"].startswith("/api/v1/work-units/press-1/case?")
    with pytest.raises(Refusal) as caught:
        floor.ask(lambda s: case_of_figure(s, str(found[1]["id"])))
    assert caught.value.code == "case_not_kept"
    with pytest.raises(Refusal) as caught:
        floor.ask(lambda s: case_of_figure(s, "9999"))
    assert caught.value.code == "figure_unknown"

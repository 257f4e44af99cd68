"""A tile says who is on shift: the crew of the present shift, nobody between shifts."""

from __future__ import annotations

from datetime import date
from typing import Any

from mes.db import Database
from mes.features.calendars.checks import Past
from mes.features.calendars.service import change_pattern
from mes.features.plant.calendar_schema import Calendar
from mes.features.production.queries import tiles
from tests.features.commands.floor import DAY_START, Floor, make_floor
from tests.features.production.plant import HOUR

CREWS: dict[str, Any] = {
    "id": "two-shift",
    "shifts": [
        {"code": "D", "start": "08:00", "end": "16:00"},
        {"code": "N", "start": "20:00", "end": "04:00"},
    ],
    "cycle": {
        "anchor": "2026-03-02",
        "crews": [
            {"code": "R", "name": {"ko": "빨강조", "en": "Red crew"}, "shifts": ["D"]},
            {"code": "B", "shifts": ["N"]},
        ],
    },
}


def crew(floor: Floor, at: int, unit: str = "press-1") -> Any:
    """The crew on a tile at an instant."""
    identity = floor.ids[unit]
    (tile,) = floor.ask(lambda s: tiles(s, [identity], DAY_START + at))
    return tile["crew"]


def test_the_tile_names_the_crew_on_shift_and_nobody_between_shifts(
    sqlite_database: Database,
) -> None:
    floor = make_floor(sqlite_database)
    assert crew(floor, HOUR) is None
    draft = Calendar.model_validate(CREWS)
    past = Past(reason="crews", allowed=True)
    floor.do(0, lambda s, c: change_pattern(s, c, "two-shift", date(2026, 3, 2), draft, past=past))
    assert crew(floor, HOUR) == {"code": "R", "name": {"ko": "빨강조", "en": "Red crew"}}
    assert crew(floor, 9 * HOUR) is None
    assert crew(floor, 13 * HOUR)["code"] == "B"
    assert crew(floor, HOUR, "washer-1") is None

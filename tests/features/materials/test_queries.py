"""Items with their rates."""

from __future__ import annotations

from typing import Any

from mes.features.materials.queries import items
from tests.features.commands.floor import DAY_START, Floor


def listed(
    floor: Floor, text: str | None = None, after: str | None = None, limit: int = 10
) -> tuple[list[dict[str, Any]], str | None]:
    return floor.ask(lambda s: items(s, text=text, after=after, limit=limit, now=DAY_START))


def test_items_are_paged_by_code(floor: Floor) -> None:
    found, following = listed(floor, limit=1)
    assert ([item["code"] for item in found], following) == (["A"], "A")
    found, following = listed(floor, after="A")
    assert ([item["code"] for item in found], following) == (["B"], None)
    assert listed(floor, text="b")[0] == found


def test_an_item_has_its_rate_on_each_work_unit(floor: Floor) -> None:
    item = listed(floor)[0][0]
    rates = {rate["work_unit"]: rate["ideal_cycle_s"] for rate in item["rates"]}
    assert rates["press-1"] == 2

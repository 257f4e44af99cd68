"""Reasons to choose from."""

from __future__ import annotations

from mes.features.reasons.queries import reasons
from tests.features.commands.floor import DAY_START, MINUTE, Floor, refused

DAY = 24 * 60 * MINUTE


def codes(floor: Floor, domain: str | None, work_unit: str | None, at: int = MINUTE) -> list[str]:
    found = floor.ask(lambda s: reasons(s, domain, work_unit, DAY_START + at))
    return [reason["code"] for reason in found]


def test_the_most_used_on_the_work_unit_comes_first(floor: Floor) -> None:
    floor.start(floor.job("bench-1"))
    assert codes(floor, "scrap", "bench-1") == ["burr", "crack"]
    for _ in range(2):
        floor.enter(MINUTE, scrap=1, reason="crack")
    floor.enter(MINUTE, scrap=1, reason="burr")
    assert codes(floor, "scrap", "bench-1") == ["crack", "burr"]
    assert codes(floor, "scrap", "press-1") == ["burr", "crack"]
    assert codes(floor, "scrap", "bench-1", at=31 * DAY) == ["burr", "crack"]


def test_a_domain_has_only_its_own(floor: Floor) -> None:
    assert codes(floor, "pause", None) == ["rush"]
    assert "burr" not in codes(floor, "stop", None)
    assert {"burr", "rush", "jam"} <= set(codes(floor, None, None))
    refused("reason_domain_unknown", lambda: codes(floor, "weather", None))


def test_a_reason_comes_with_both_names_and_its_class(floor: Floor) -> None:
    found = floor.ask(lambda s: reasons(s, "stop", None, DAY_START))
    jam = next(reason for reason in found if reason["code"] == "jam")
    assert jam["name"] == {"ko": "걸림", "en": "Jam"}
    assert (jam["class"], jam["selectable"], jam["used"]) == ("unplanned_stop", True, 0)

"""What the page of a handover makes of its facts for paper."""

from __future__ import annotations

from typing import Any

from mes.features.screens.floor.handover_page import hand_lines, seen_changes


def change(field: str, then: Any, now: Any) -> dict[str, Any]:
    return {"work_unit": "press-1", "field": field, "then": then, "now": now}


def test_a_figure_that_reads_as_before_is_not_marked_as_changed() -> None:
    same = [change("oee", 0.81101, 0.81099), change("good", 100, 100)]
    moved = [change("oee", 0.8110, 0.8124), change("good", 100, 104), change("scrap", None, 1)]
    assert seen_changes([*same, *moved]) == moved


def test_what_room_a_printed_page_has_is_ruled_for_handwriting() -> None:
    assert [hand_lines(lines) for lines in (3, 10, 14, 16)] == [6, 6, 2, 0]
    assert [hand_lines(lines) for lines in (17, 26, 30, 80)] == [6, 4, 0, 0]

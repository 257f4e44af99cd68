"""A published figure names the case that gives its last revision again."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from mes.core.case import Span, case_to_json, parse_case
from mes.core.instants import parse_instant
from mes.core.oee import compute
from mes.features.oee.queries import unit_at
from mes.features.oee.service import unit_case
from mes.features.publishing.queries import Asked, published
from tests.features.commands.floor import DAY_START, MINUTE, Floor
from tests.features.publishing.signing import SHIFT_END, run_shift, sign

NOW = SHIFT_END + 10 * MINUTE


def test_the_case_of_a_published_figure_gives_its_result(sqlite_floor: Floor) -> None:
    run_shift(sqlite_floor)
    sqlite_floor.feed.send(NOW)
    sign(sqlite_floor, NOW)
    with sqlite_floor.database.reading() as session:
        items = published(session, Asked())["items"]
        assert {item["scope"] for item in items} >= {"press-1", "press-2", "line-1"}
        for item in items:
            address = urlsplit(item["case"])
            unit = address.path.split("/")[4]
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            window = Span(parse_instant(query["from"]), parse_instant(query["to"]))
            given = unit_at(session, unit, DAY_START + NOW)
            policy = given.masters.policy(query["policy"])
            case = unit_case(session, given, window, policy=policy)
            again: Any = compute(parse_case(case_to_json(case))).to_json()
            assert again["kpis"] == item["result"]["kpis"]

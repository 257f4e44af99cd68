"""A figure by item, order, shift or crew has a case file that gives it again to the last digit."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import openpyxl
import pytest
from sqlalchemy.orm import Session

from mes.core.case_bundle import compute_bundle, parse_bundle
from mes.core.refusal import Refusal
from mes.features.calendars import service as calendars
from mes.features.calendars.checks import Past
from mes.features.explain.bundle import bundle_cases, bundle_head, wanted_bundle
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, LineRule
from mes.features.oee.rollup_answer import Request, answer
from mes.features.oee.rollup_query import Group
from mes.features.plant.calendar_schema import Calendar
from mes.features.quantities.moves import MoveDraft, move_pieces
from mes.features.screens.report.groups import KPIS
from tests.features.commands.floor import DAY_START, MINUTE, Floor
from tests.features.explain.test_reproduces import reproduced
from tests.features.production.plant import HOUR

DAY = 24 * HOUR
PARTS = ("kpis", "times_us", "iso_us", "quantities", "excluded", "coverage", "flags")


def told(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a result says, as JSON gives it."""
    return {part: json.loads(json.dumps(result[part])) for part in PARTS}


def figures(floor: Floor, at: int, **request: Any) -> list[dict[str, Any]]:
    """Items of a roll-up, each with the result of its case file under `again`."""
    now = DAY_START + at

    def read(session: Session) -> list[dict[str, Any]]:
        found = answer(session, Request(**request), now).items
        return [{**item, "again": _again(session, item["case"], now)} for item in found]

    return floor.ask(read)


def _again(session: Session, address: str, now_us: int) -> dict[str, Any]:
    wanted = wanted_bundle(session, dict(parse_qsl(urlsplit(address).query, True)), now_us)
    data = {**bundle_head(wanted), "cases": list(bundle_cases(session, wanted))}
    return told(compute_bundle(parse_bundle(json.loads(json.dumps(data)))).to_json())


@pytest.mark.parametrize("group", ["item", "order", "shift", "crew"])
@pytest.mark.parametrize(("level", "period"), [("machine", "shift"), ("plant", "month")])
def test_every_grouped_figure_of_the_api_is_reproduced(
    client: httpx.Client, tmp_path: Path, group: str, level: str, period: str
) -> None:
    query = {"level": level, "period": period, "from": "2026-03-02", "to": "2026-03-03"}
    asked = {**query, "group": group, "rule": "sum", "policy": "tpm"}
    items = client.get("/api/v1/oee", params=asked).json()["items"]
    assert items
    for item in items:
        bundle = client.get(item["case"])
        assert bundle.status_code == 200, bundle.text
        again = reproduced(tmp_path / "bundle.json", bundle.content)
        assert told(again) == told(item["result"]), (item["id"], item["group"])


@pytest.mark.parametrize("group", ["item", "order", "shift", "crew"])
def test_the_report_leads_from_each_grouped_figure_to_why_and_to_its_case(
    client: httpx.Client, tmp_path: Path, group: str
) -> None:
    query = {"level": "machine", "id": "press-1", "period": "week", "from": "2026-03-02"}
    asked = {**query, "to": "2026-03-02", "group": group}
    items = client.get("/api/v1/oee", params=asked).json()["items"]
    page = {"place": "press-1", "period": "week", "day": "2026-03-02", "by": group, "lang": "en"}
    text = html.unescape(client.get("/report", params=page).text).partition('id="groups"')[2]
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th>(.*?)</tr>', text.partition("</table>")[0])
    assert len(rows) == len(items) > 0
    for (label, cells), item in zip(rows, items, strict=True):
        assert label.split()[0] == (item["group"]["value"] or "none")
        figures = re.findall(r'<a href="([^"]+)"[^>]*>([^<]*)<', cells)
        assert len(figures) == 4
        for (why, value), key in zip(figures, KPIS, strict=True):
            answer = client.get(why, params=None)
            assert answer.status_code == 200, answer.text
            told_why = html.unescape(answer.text)
            exact = item["result"]["kpis"][key]
            assert value == ("–" if exact is None else f"{exact * 100:.1f}")
            assert exact is None or repr(exact) in told_why
        case = re.findall(r'href="(/api/v1/[^"]+)" download', told_why)[0]
        again = reproduced(tmp_path / "case", client.get(case).content)
        assert again["kpis"]["oee"] == item["result"]["kpis"]["oee"]


def test_why_a_group_that_the_period_does_not_have_is_refused(client: httpx.Client) -> None:
    page = {"place": "press-1", "period": "week", "day": "2026-03-02", "by": "item", "value": "no"}
    answer = client.get("/explain/group", params=page)
    assert answer.status_code == 404
    assert "group_unknown" in answer.text


@pytest.mark.parametrize(("place", "period"), [("press-1", "shift"), ("busan", "month")])
def test_every_grouped_figure_of_the_spreadsheet_is_reproduced(
    client: httpx.Client, tmp_path: Path, place: str, period: str
) -> None:
    query = {"place": place, "period": period, "day": "2026-03-02", "shift": "D", "lang": "en"}
    answered = client.get("/report.xlsx", params=query)
    assert answered.status_code == 200, answered.text
    book = openpyxl.load_workbook(io.BytesIO(answered.content), read_only=True)
    head, *rows = book["Groups"].iter_rows(values_only=True)
    column = {str(title): number for number, title in enumerate(head)}
    assert {"Item", "Order"} <= {row[0] for row in rows}
    for row in rows:
        bundle = client.get(str(row[column["Case file"]]))
        again = reproduced(tmp_path / "group.json", bundle.content)
        assert row[column["OEE"]] == again["kpis"]["oee"], row[:2]
        assert row[column["Effectiveness"]] == again["kpis"]["effectiveness"]
        assert row[column["Coverage"]] == again["coverage"]
        assert row[column["Loading time PBT [us]"]] == again["iso_us"]["PBT"]
        assert row[column["Good [pieces]"]] == again["quantities"]["GQ"]


def test_pieces_moved_to_another_order_leave_their_time_where_it_was(small: Floor) -> None:
    first, second = small.job(), small.job(item="B")
    small.start(first)
    small.count(0, 58 * MINUTE)
    small.complete(first, HOUR)
    small.start(second, HOUR)
    small.count(HOUR, 90 * MINUTE, total=1740)
    draft = MoveDraft(from_job=first, to_job=second, good=7, made_at=DAY_START + 30 * MINUTE)
    small.do(2 * HOUR, lambda s, c: move_pieces(s, c, "press-1", draft))
    for group in (Group.ORDER, Group.ITEM):
        found = figures(small, 2 * HOUR, id="press-1", group=group)
        assert len(found) >= 2
        for item in found:
            assert item["again"] == told(item["result"]), item["group"]
    loaded = {
        item["group"]["value"]: item["again"]
        for item in figures(small, 2 * HOUR, id="press-1", group=Group.ORDER)
    }
    assert loaded[second]["quantities"]["GQ"] == 7 + 900
    assert loaded[first]["times_us"]["window"] == HOUR


def test_crews_share_a_week_and_each_has_its_case(small: Floor) -> None:
    shifts = [
        {"code": "D", "start": "08:00", "end": "20:00"},
        {"code": "N", "start": "20:00", "end": "08:00"},
    ]
    crews = [{"code": "red", "shifts": ["D", "N"]}, {"code": "blue", "shifts": ["N", "D"]}]
    draft = Calendar.model_validate(
        {"id": "two-shift", "shifts": shifts, "cycle": {"anchor": "2026-03-02", "crews": crews}}
    )
    past = Past(reason="crews", allowed=True)
    small.do(
        0,
        lambda s, c: calendars.change_pattern(
            s, c, "two-shift", date(2026, 3, 2), draft, past=past
        ),
    )
    small.start(small.job())
    small.count(0, 3 * DAY, every=7 * MINUTE)
    small.feed.value(3 * DAY, "state2", 1)
    small.feed.send(3 * DAY + HOUR)
    at = 3 * DAY + HOUR
    for level in (Level.MACHINE, Level.LINE, Level.PLANT):
        found = figures(
            small,
            at,
            level=level,
            period=PeriodKind.WEEK,
            group=Group.CREW,
            rule=None if level is Level.MACHINE else LineRule.SUM,
        )
        assert {"red", "blue"} <= {item["group"]["value"] for item in found}
        for item in found:
            assert item["again"] == told(item["result"]), (item["id"], item["group"])


def test_work_units_whose_days_begin_at_other_instants_have_one_bundle(small: Floor) -> None:
    """The line with a calendar has a shift until 08:30; the one without ends at 08:00.

    So the hour of 08:00 is cut on one and whole on the other.
    """
    shifts = [
        {"code": "D", "start": "08:30", "end": "20:30"},
        {"code": "N", "start": "20:30", "end": "08:30", "day_offset": 0},
    ]
    draft = Calendar.model_validate({"id": "two-shift", "shifts": shifts})
    past = Past(reason="later", allowed=True)
    small.do(
        0,
        lambda s, c: calendars.change_pattern(
            s, c, "two-shift", date(2026, 3, 2), draft, past=past
        ),
    )
    small.count(0, DAY, every=7 * MINUTE)
    at = DAY + 2 * HOUR
    small.feed.send(at)
    for period in (PeriodKind.SHIFT, PeriodKind.DAY, PeriodKind.HOUR):
        request = {"level": Level.PLANT, "period": period, "rule": LineRule.SUM}
        found = figures(small, at, first="2026-03-02", last="2026-03-02", **request)
        assert found
        for item in found:
            assert item["again"] == told(item["result"]), item["period"]


def test_a_share_of_what_is_not_there_is_refused_by_its_field(small: Floor) -> None:
    def fields(**share: str) -> tuple[str, str | None]:
        arguments = {"work_units": "press-1", "day": "2026-03-02", **share}

        with pytest.raises(Refusal) as caught:
            small.ask(lambda s: wanted_bundle(s, arguments, DAY_START + HOUR))
        return caught.value.code, caught.value.field

    assert fields(of_item="Z") == ("item_unknown", "of_item")
    assert fields(of_order="J-9") == ("job_unknown", "of_order")
    assert fields(of_days="2026-03-02") == ("window_malformed", "of_days")

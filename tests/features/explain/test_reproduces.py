"""Every figure on every surface is the kernel's, and its case file gives it again to the digit."""

from __future__ import annotations

import io
import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import openpyxl
import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from mes.clock import plant_now_us
from mes.core.case import Case, Span, case_to_json, parse_case
from mes.core.explain import tally_of
from mes.core.instants import format_instant, parse_instant
from mes.core.oee import compute, result_of, tally
from mes.core.policies import ISO22400, PROFILES
from mes.core.tally import EMPTY
from mes.features.explain.evidence import evidence
from mes.features.explain.queries import explained_window
from mes.features.oee.addresses import tile_case_address
from mes.features.oee.cli import oee
from mes.features.oee.queries import unit_at
from mes.features.oee.service import known_as_then, unit_case
from mes.features.production.queries import tiles
from tests.features.commands.floor import DAY_START, MINUTE, Floor
from tests.features.explain.random_facts import LENGTH
from tests.features.production.plant import HOUR, S
from tests.web.serving import Served


def reproduced(file: Path, content: bytes, *options: str) -> Any:
    """What `mes oee case FILE --json` prints."""
    file.write_bytes(content)
    done = CliRunner().invoke(oee, ["case", str(file), "--json", *options])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def windows(seed: int, count: int) -> list[Span]:
    chance = random.Random(seed)
    edges = [DAY_START + chance.randrange(-HOUR, LENGTH + HOUR) for _ in range(2 * count)]
    return [Span(min(a, b), max(a, b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def asked(span: Span, **further: str) -> dict[str, str]:
    return {"from": format_instant(span.start), "to": format_instant(span.end), **further}


@pytest.mark.parametrize("policy", list(PROFILES))
def test_api_case_file_and_explanation_give_one_figure(
    client: httpx.Client, served: Served, tmp_path: Path, policy: str
) -> None:
    for number, span in enumerate(windows(len(policy), 4)):
        for unit in ("press-1", "press-2"):
            query = asked(span, policy=policy)
            figure = client.get(f"/api/v1/work-units/{unit}/oee", params=query).json()
            case = client.get(figure["case"])
            again = reproduced(tmp_path / f"{number}.json", case.content)
            assert {key: figure[key] for key in again} == again
            with served.database.reading() as session:
                given = unit_at(session, unit, plant_now_us())
                found = explained_window(session, given, span, PROFILES[policy])
                assert found.result.to_json()["kpis"] == again["kpis"]
                times = {str(one.time_class): one.us for one in found.class_times}
                assert times == {
                    key: us for key, us in again["times_us"].items() if us and key != "window"
                }
                if number:
                    continue
                sums = EMPTY
                for one in found.intervals:
                    sums += evidence(session, given, one, as_of=found.as_of).sums
                assert sums.pieces == found.sums.pieces
                assert sums.times_us == found.sums.times_us


def test_any_moment_and_any_end_of_knowledge_give_what_counting_gives(served: Served) -> None:
    """Closed hours stand for counting only where nothing behind the moment is in them."""
    chance = random.Random(11)
    with served.database.reading() as session:
        for span in windows(77, 12):
            for unit in ("press-1", "press-2"):
                as_of = DAY_START + chance.randrange(LENGTH)
                until = None if chance.random() < 0.5 else as_of - chance.randrange(3 * HOUR)
                given = known_as_then(unit_at(session, unit, plant_now_us()), until)
                found = explained_window(session, given, span, ISO22400, as_of=as_of)
                counted = tally(unit_case(session, given, span, as_of=as_of))
                assert found.sums.times_us == counted.times_us
                assert found.sums.outside_plan_us == counted.outside_plan_us
                assert found.result == result_of(counted, ISO22400)
                made = tally_of(found.case, found.intervals, ())
                assert made.times_us == counted.times_us


def test_an_hour_with_a_stop_that_was_still_short_is_counted_as_it_was_known(small: Floor) -> None:
    """At 61 minutes a stop has lasted 3; later it is known to have lasted 12."""
    small.start(small.job())
    small.count(0, 58 * MINUTE)
    small.feed.value(58 * MINUTE, "state", 1)
    small.feed.value(70 * MINUTE, "state", 2)
    small.count(70 * MINUTE, 200 * MINUTE, total=1800)
    window = Span(DAY_START, DAY_START + 12 * HOUR)
    with small.database.reading() as session:
        given = unit_at(session, "press-1", DAY_START + 200 * MINUTE)
        for minute, lost in ((61, "minor_stop"), (190, "unplanned_stop")):
            as_of = DAY_START + minute * MINUTE
            found = explained_window(session, given, window, ISO22400, as_of=as_of)
            counted = tally(unit_case(session, given, window, as_of=as_of))
            assert found.sums.times_us == counted.times_us
            assert lost in {str(one.time_class) for one in found.class_times}


def test_readings_of_an_interval_add_up_to_the_pieces_booked_in_it(served: Served) -> None:
    """A counter alone: what its readings counted is what the kernel booked."""
    span = Span(DAY_START, DAY_START + LENGTH)
    with served.database.reading() as session:
        given = unit_at(session, "press-2", plant_now_us())
        found = explained_window(session, given, span, PROFILES["tpm"])
        assert all(one.end == later.start for one, later in pairwise(found.intervals))
        seen = booked = 0
        for one in found.intervals:
            after: int | None = None
            while True:
                facts = evidence(session, given, one, as_of=found.as_of, after=after)
                seen += sum(int(item.pieces) for item in facts.counted.items)
                if facts.counted.next is None:
                    break
                assert facts.counted.next > (after or 0)
                after = facts.counted.next
            booked += sum(int(pieces.total) for pieces in facts.sums.pieces.values())
        assert seen == booked > 0


def test_a_cell_of_the_spreadsheet_is_the_figure_of_the_api(
    client: httpx.Client, tmp_path: Path
) -> None:
    answer = client.get("/report.xlsx?place=line-1&day=2026-03-02&shift=D&policy=tpm&lang=en")
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    figures = list(book["Figures"].iter_rows(values_only=True))
    head, rows = figures[0], figures[1:]
    column = {title: number for number, title in enumerate(head)}
    assert len(rows) == 2 * 13
    classes = list(book["Class times"].iter_rows(values_only=True))[1:]
    for number, row in enumerate(rows):
        case = urlsplit(str(row[column["Case file"]]))
        address = f"{case.path.replace('/case', '/oee')}?{case.query}"
        figure = client.get(address).json()
        assert row[column["OEE"]] == figure["kpis"]["oee"]
        assert row[column["Availability"]] == figure["kpis"]["availability"]
        assert row[column["Coverage"]] == figure["coverage"]
        assert row[column["Loading time PBT [us]"]] == figure["iso_us"]["PBT"]
        assert row[column["Good [pieces]"]] == figure["quantities"]["GQ"]
        begin = row[column["From, us UTC"]]
        times = sum(
            int(one[8])
            for one in classes
            if one[0] == row[0] and one[2] == row[2] and one[5] == begin
        )
        assert times == figure["times_us"]["window"]
        if number < 4:
            again = reproduced(tmp_path / "row.json", client.get(str(row[-1])).content)
            assert again["kpis"]["oee"] == row[column["OEE"]]
    shift = next(row for row in rows if row[2] == "Shift")
    assert (shift[column["To, us UTC"]] - shift[column["From, us UTC"]]) == 12 * HOUR
    assert str(shift[column["From, plant time"]]) == "2026-03-02 08:00:00"


def test_stops_and_definitions_of_the_spreadsheet(client: httpx.Client) -> None:
    answer = client.get("/report.xlsx?place=press-1&day=2026-03-02&shift=D&lang=en")
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    stops = list(book["Stops"].iter_rows(values_only=True))
    assert "Setup" in {row[8] for row in stops[1:]}
    said = {row[12] for row in stops[1:]}
    assert "김민수" in said
    for row in stops[1:4]:
        figure = client.get(str(row[-1]).replace("/case?", "/oee?")).json()
        assert figure["times_us"]["window"] == row[6] == row[5] - row[4]
    keys = [row[0] for row in book["Definitions"].iter_rows(values_only=True)]
    assert {"oee", "availability", "minor_stop"} <= set(keys)


def test_a_year_is_written_as_its_months(client: httpx.Client) -> None:
    """Nothing is explained at once for so long; the months have their cases."""
    answer = client.get("/report.xlsx?place=press-1&period=year&day=2026-03-02&lang=en")
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    rows = list(book["Figures"].iter_rows(values_only=True))
    good = rows[0].index("Good [pieces]")
    months = [row for row in rows[1:] if row[2] == "Month"]
    (year,) = [row for row in rows[1:] if row[2] == "Year"]
    assert year[good] == sum(int(str(row[good])) for row in months) > 0
    march = next(row for row in months if str(row[3]).startswith("2026-03-01"))
    assert client.get(str(march[-1])).json()["schema"] == "oee-case/1"
    assert len(list(book["Stops"].iter_rows())) == 2
    report = client.get("/report?place=press-1&period=year&day=2026-03-02")
    assert report.status_code == 200
    assert 'href="#parts"' in report.text


def test_a_tile_names_the_case_of_what_it_showed(client: httpx.Client, tmp_path: Path) -> None:
    for unit in ("press-1", "press-2", "bench-1", "packer-1"):
        tile = client.get(f"/api/v1/work-units/{unit}").json()
        case = client.get(tile["case"]).json()
        again = reproduced(tmp_path / "tile.json", json.dumps(case).encode())
        assert again["kpis"]["oee"] == tile["oee"]
        assert again["coverage"] == tile["coverage"]
        assert again["kpis"]["availability"] == tile["availability"]
        assert case["source"]["tile_version"] == tile["version"]


def test_a_tile_that_had_data_is_reproduced_after_more_has_come(small: Floor) -> None:
    """Tiles of the past, one fresh and one without data for long, then more facts."""
    small.count(0, 40 * MINUTE)
    shown = []
    for at in (40 * MINUTE, 70 * MINUTE):
        with small.database.reading() as session:
            shown += tiles(session, [small.ids["press-1"]], DAY_START + at)
        small.count(at, at + 10 * MINUTE, total=1200 + at // S)
    for tile in shown:
        with small.database.reading() as session:
            case = case_of(session, tile)
        again: Any = compute(parse_case(case_to_json(case))).to_json()
        assert again["kpis"]["oee"] == tile["oee"]
        assert again["coverage"] == tile["coverage"]


def case_of(session: Session, tile: dict[str, Any]) -> Case:
    """The case that the address of a tile asks for."""
    query = parse_qs(urlsplit(tile_case_address(tile, ISO22400)).query)
    asked_for = {name: parse_instant(query[name][0]) for name in ("from", "to", "as_of")}
    given = unit_at(session, tile["work_unit"], DAY_START + 3 * HOUR)
    return unit_case(
        session,
        known_as_then(given, parse_instant(query["known_until"][0])),
        Span(asked_for["from"], asked_for["to"]),
        as_of=asked_for["as_of"],
    )


@pytest.mark.parametrize("level", ["line", "plant"])
def test_the_cases_of_a_sum_add_up_to_it(client: httpx.Client, tmp_path: Path, level: str) -> None:
    query = {"level": level, "period": "shift", "from": "2026-03-02", "to": "2026-03-02"}
    items = client.get("/api/v1/oee", params={**query, "rule": "sum"}).json()["items"]
    assert items
    for item in items:
        if not item["case"]:
            continue
        bundle = client.get(item["case"])
        assert bundle.status_code == 200, bundle.text
        again = reproduced(tmp_path / "bundle.json", bundle.content)
        assert again["kpis"] == item["result"]["kpis"], item["id"]
        assert again["times_us"] == item["result"]["times_us"]
        if "cases" in bundle.json():
            files = []
            for number, case in enumerate(bundle.json()["cases"]):
                files.append(tmp_path / f"part-{number}.json")
                files[-1].write_text(json.dumps(case))
            command = ["case", "--sum", "--json", *map(str, files)]
            summed = CliRunner().invoke(oee, command)
            assert json.loads(summed.output)["kpis"] == again["kpis"]


def test_a_setup_that_a_change_of_order_cuts_is_told_whole(small: Floor) -> None:
    first, second = small.job(), small.job(item="B")
    small.start(first)
    small.count(0, 58 * MINUTE)
    small.feed.value(58 * MINUTE, "state", 4)
    small.complete(first, 59 * MINUTE)
    small.start(second, 70 * MINUTE)
    small.feed.value(75 * MINUTE, "state", 2)
    small.count(75 * MINUTE, 90 * MINUTE, total=1740)
    now = DAY_START + 90 * MINUTE
    with small.database.reading() as session:
        given = unit_at(session, "press-1", now)
        found = explained_window(session, given, Span(DAY_START, DAY_START + 12 * HOUR), ISO22400)
        parts = [one for one in found.intervals if str(one.time_class) == "setup"]
        assert len(parts) > 1, found.intervals
        whole = Span(DAY_START + 58 * MINUTE, DAY_START + 75 * MINUTE)
        assert {found.around(one) for one in parts} == {whole}
        middle = (whole.start + whole.end) // 2
        again = explained_window(session, given, found.window, ISO22400, at=middle)
        assert again.chosen == max(parts, key=lambda one: one.length_us)

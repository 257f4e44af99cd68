"""A figure too long for one bundle is given in parts, and the parts give it again to the digit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZipFile

import httpx
import pytest
from click.testing import CliRunner, Result

from mes.core.refusal import Refusal
from mes.features.explain import archive as making
from mes.features.explain.bundle import wanted_bundle
from mes.features.oee.cli import oee
from mes.features.oee.periods import PeriodKind
from mes.features.oee.places import Level, LineRule
from mes.features.oee.rollup_answer import Request, answer
from mes.features.oee.rollup_query import Group
from tests.features.commands.floor import DAY_START, Floor
from tests.features.explain.random_facts import LENGTH, fill
from tests.features.explain.test_grouped import told
from tests.features.explain.test_reproduces import reproduced

NOW = DAY_START + LENGTH


@pytest.fixture
def filled(floor: Floor) -> Floor:
    """Random facts of some hours, on each database."""
    fill(floor, 5)
    return floor


def chunks(floor: Floor, address: str) -> Iterator[bytes]:
    """What the address of an archive answers."""
    split = urlsplit(address)
    assert split.path == "/api/v1/case-archive"
    arguments = dict(parse_qsl(split.query, keep_blank_values=True))
    with floor.database.reading() as session:
        wanted = wanted_bundle(session, arguments, NOW, in_parts=True)
    return making.archive(floor.database, wanted, arguments, NOW)


def figures_of_the_year(floor: Floor, level: Level, group: Group) -> list[dict[str, Any]]:
    asked = Request(level=level, period=PeriodKind.YEAR, group=group, rule=LineRule.SUM)
    return floor.ask(lambda session: answer(session, asked, NOW).items)


def computed(*files: Path) -> Result:
    return CliRunner().invoke(oee, ["case", *map(str, files)])


@pytest.mark.parametrize("group", [Group.NONE, Group.ITEM, Group.SHIFT])
def test_a_year_of_the_plant_is_reproduced_to_the_last_digit(
    filled: Floor, tmp_path: Path, group: Group
) -> None:
    items = figures_of_the_year(filled, Level.PLANT, group)
    assert items
    for item in items:
        content = b"".join(chunks(filled, item["case"]))
        again = reproduced(tmp_path / "year.zip", content)
        assert told(again) == told(item["result"]), item["group"]
        summed = reproduced(tmp_path / "year.zip", content, "--sum")
        assert summed == again


def test_each_part_is_a_bundle_that_may_be_computed_alone(filled: Floor, tmp_path: Path) -> None:
    (item,) = figures_of_the_year(filled, Level.PLANT, Group.NONE)
    file = written(tmp_path, chunks(filled, item["case"]))
    with ZipFile(file) as packed:
        packed.extractall(tmp_path / "out")
    index = json.loads((tmp_path / "out/index.json").read_text())
    assert index["result"]["kpis"] == item["result"]["kpis"]
    parts = [tmp_path / "out" / part["file"] for part in index["parts"]]
    assert {part["work_unit"] for part in index["parts"]} == set(item["work_units"])
    again = CliRunner().invoke(oee, ["case", "--sum", "--json", *map(str, parts)])
    assert json.loads(again.output)["kpis"] == index["result"]["kpis"]
    said = computed(file)
    assert f"sum of {sum(part['cases'] for part in index['parts'])} cases" in said.output


def test_one_part_is_in_memory_at_a_time(filled: Floor) -> None:
    """The first bytes come before the second part is made."""
    (item,) = figures_of_the_year(filled, Level.PLANT, Group.NONE)
    before = making.PARTS._value.get()
    sent = chunks(filled, item["case"])
    assert next(sent)
    assert making.PARTS._value.get() == before + 1
    assert list(sent)


def _without_a_part(folder: Path) -> None:
    (folder / "parts/00002.json").unlink()


def _with_a_changed_part(folder: Path) -> None:
    part = folder / "parts/00001.json"
    part.write_text(part.read_text().replace('"policy"', ' "policy"', 1))


def _with_other_sums(folder: Path) -> None:
    index = json.loads((folder / "index.json").read_text())
    index["parts"][0]["sums"]["window_us"] += 1
    (folder / "index.json").write_text(json.dumps(index))


def _with_another_figure(folder: Path) -> None:
    index = json.loads((folder / "index.json").read_text())
    index["result"]["kpis"]["oee"] = 0.99
    (folder / "index.json").write_text(json.dumps(index))


def _with_a_stranger(folder: Path) -> None:
    (folder / "parts/99999.json").write_text("{}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without_a_part, "parts/00002.json is missing"),
        (_with_a_changed_part, "parts/00001.json was changed"),
        (_with_other_sums, "parts[0].sums: are not those of the cases"),
        (_with_another_figure, "result.kpis.oee: is not what the parts add up to"),
        (_with_a_stranger, "parts/99999.json: is not in the index"),
    ],
)
def test_an_archive_that_is_not_what_it_was_is_refused(
    client: httpx.Client, tmp_path: Path, change: Callable[[Path], None], said: str
) -> None:
    address = "/api/v1/case-archive?place=line-1&from=2026-01-01T00:00:00Z&to=2026-04-01T00:00:00Z"
    (tmp_path / "whole.zip").write_bytes(client.get(address).content)
    with ZipFile(tmp_path / "whole.zip") as packed:
        packed.extractall(tmp_path / "out")
    change(tmp_path / "out")
    changed = Path(shutil.make_archive(str(tmp_path / "changed"), "zip", tmp_path / "out"))
    done = computed(changed)
    assert done.exit_code == 1
    assert said in done.output


def test_what_was_cut_off_is_no_archive(
    filled: Floor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "BYTES_MAX", 1)
    (item,) = figures_of_the_year(filled, Level.PLANT, Group.NONE)
    ended = making.WRITTEN.labels("cut")._value.get()
    with pytest.raises(making.ArchiveCut):
        written(tmp_path, chunks(filled, item["case"]))
    assert making.WRITTEN.labels("cut")._value.get() == ended + 1
    assert computed(tmp_path / "archive.zip").exit_code == 1


def test_more_archives_at_once_than_the_limit_wait() -> None:
    held = [making.slot() for _ in range(making.AT_ONCE_MAX)]
    with pytest.raises(Refusal) as refused:
        making.slot()
    assert (refused.value.code, refused.value.status) == ("archive_busy", 503)
    for release in held:
        release()
    making.slot()()


@pytest.mark.parametrize("place", ["press-1", "line-1", "busan"])
def test_the_report_of_a_year_leads_to_its_evidence(
    client: httpx.Client, tmp_path: Path, place: str
) -> None:
    text = client.get(f"/report?place={place}&period=year&day=2026-03-02&lang=en").text
    address = text.partition('<a class="btn noprint" href="/api/v1/cas')[2].partition('"')[0]
    answered = client.get(f"/api/v1/cas{address}".replace("&amp;", "&"))
    assert answered.status_code == 200, answered.text
    again = reproduced(tmp_path / "case", answered.content)
    level = {"press-1": "machine", "line-1": "line", "busan": "plant"}[place]
    query = {"level": level, "id": place, "period": "year", "from": "2026-03-02"}
    (item,) = client.get("/api/v1/oee", params={**query, "to": "2026-03-02"}).json()["items"]
    assert again["kpis"]["oee"] == item["result"]["kpis"]["oee"]


def test_a_long_figure_of_a_machine_leads_to_what_gives_it_again(
    client: httpx.Client, tmp_path: Path
) -> None:
    for number, last in enumerate(("2026-06-01T00:00:00Z", "2027-06-01T00:00:00Z")):
        query = {"from": "2026-01-01T00:00:00Z", "to": last}
        figure = client.get("/api/v1/work-units/press-1/oee", params=query).json()
        again = reproduced(tmp_path / str(number), client.get(figure["case"]).content)
        assert again["kpis"] == figure["kpis"]


def test_what_is_too_long_names_the_way_to_get_it(sqlite_floor: Floor) -> None:
    asked = {"place": "busan", "from": "1990-01-01T00:00:00Z", "to": "2040-01-01T00:00:00Z"}

    def wanted(*, in_parts: bool) -> None:
        with sqlite_floor.database.reading() as session:
            wanted_bundle(session, asked, NOW, in_parts=in_parts)

    wanted(in_parts=True)
    with pytest.raises(Refusal, match="case-archive") as refused:
        wanted(in_parts=False)
    assert refused.value.code == "range_too_long"


def written(folder: Path, content: Iterator[bytes]) -> Path:
    """The file that a browser saves, as far as it comes."""
    file = folder / "archive.zip"
    with file.open("wb") as target:
        for chunk in content:
            target.write(chunk)
    return file

"""`mes template` as a person runs it: no database, no server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.clock import monotonic_s
from connectors.templates.catalogue import Catalogue, file_name
from tests.connectors.templates.test_register_list import EVERY_MISTAKE, EXPECTED

ANSWER_S = 3.0
LIST = "name,table,address,type,unit\nspeed,holding,1,uint16,1/min\ntemp,,30002,int16,°C\n"
HEADER = ("--id", "own-press", "--vendor", "우진", "--model", "W-1")


def mes(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mes.cli", *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="cp949", errors="replace")
    path.write_bytes(LIST.replace("°C", "℃").encode("cp949"))
    return path


def test_the_templates_that_ship_are_listed() -> None:
    done = mes("template", "list", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {"id", "version", "vendor", "model", "protocol", "tags", "ships"} <= rows[0].keys()
    assert "eastron-sdm630" in {row["id"] for row in rows}


def test_a_template_is_shown_with_both_ways_of_counting_and_what_is_not_verified() -> None:
    shown = mes("template", "show", "ls-g100").stdout
    assert "holding 10 (0x000A, 400011)" in shown
    assert "not verified: " in shown
    document = json.loads(mes("template", "show", "ls-g100@1", "--json").stdout)
    assert (document["id"], document["version"]) == ("ls-g100", 1)


def test_a_list_with_every_mistake_is_answered_in_time(tmp_path: Path) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(EVERY_MISTAKE, encoding="utf-8")
    begin = monotonic_s()
    done = mes("template", "import", str(path), "--id", "wrong", "--dry-run", "--json")
    took = monotonic_s() - begin
    answer = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(each["line"], each["field"], each["code"]) for each in answer["mistakes"]] == EXPECTED
    assert took < ANSWER_S
    people = mes("template", "import", str(path), "--id", "wrong", "--dry-run").stdout
    assert "line 10: scale: '0,1' is no number; decimals are written with a point" in people


def test_a_dry_run_stores_nothing_and_an_import_does(written: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    arguments = ("template", "import", str(written), "--data", str(data), *HEADER)
    dry = mes(*arguments, "--dry-run", "--json")
    assert json.loads(dry.stdout) == {
        "ok": True,
        "mistakes": [],
        "stored": False,
        "template": "own-press@1",
        "tags": 2,
        "skipped_lines": [],
    }
    assert not data.exists()
    assert json.loads(mes(*arguments, "--json").stdout)["stored"] is True
    template = Catalogue([data / "templates"]).get("own-press", 1)
    assert [tag.plain["address"] for tag in template.tags] == [1, 1]
    assert template.vendor == "우진"
    again = mes(*arguments, "--json")
    assert (again.returncode, json.loads(again.stdout)["stored"]) == (0, True), "nothing changed"


def test_another_content_under_the_same_version_is_refused_skipped_or_replaced(
    written: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    arguments = ("template", "import", str(written), "--data", str(data), *HEADER, "--json")
    mes(*arguments)
    written.write_text(LIST.replace("speed", "strokes"), encoding="utf-8")
    refused = mes(*arguments)
    assert (refused.returncode, "template_exists" in refused.stderr) == (1, True)
    assert json.loads(mes(*arguments, "--on-duplicate", "skip").stdout)["stored"] is False
    assert json.loads(mes(*arguments, "--on-duplicate", "replace").stdout)["stored"] is True
    template = Catalogue([data / "templates"]).get("own-press", 1)
    assert [tag.name for tag in template.tags] == ["strokes", "temp"]


def test_what_ships_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    assert mes("template", "export", "eastron-sdm630", "--to", str(path)).returncode == 0
    done = mes("template", "import", str(path), "--data", str(tmp_path))
    assert (done.returncode, "template_ships" in done.stderr) == (1, True)


def test_an_exported_template_is_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / file_name("packml-machine", 1)
    mes("template", "export", "packml-machine", "--to", str(path))
    checked = json.loads(mes("template", "check", str(path), "--json").stdout)
    assert checked == {"ok": True, "mistakes": []}
    assert Catalogue([tmp_path]).get("packml-machine", 1) == Catalogue().get("packml-machine", 1)

"""`mes run`: a plant from a plant file, from start to end."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mes.features.demo.supervisor import STOP_S
from mes.ports import free_port
from tests.features.demo.plants import Running, lives, mes, notices, running, write_plant
from tests.live.watching import watching
from tests.web.serving import until


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running plant whose press nobody answers for."""
    folder = tmp_path_factory.mktemp("run")
    file = write_plant(folder / "plant.yaml", free_port())
    with running(folder / "data", ["run", "--plant", str(file)]) as run:
        yield run


def test_the_address_is_the_last_line_and_the_system_is_ready_then(plant: Running) -> None:
    assert plant.lines()[-1] == f"{plant.url}/"
    assert plant.ready()
    assert set(plant.children()) == {"web", "edge"}


def test_secrets_and_data_are_for_their_owner_alone(plant: Running) -> None:
    for name in ("edge-token", "secret-key", "mes.db"):
        assert (plant.data / name).stat().st_mode & 0o077 == 0, name


def test_the_edge_reports_with_the_token_of_this_start(plant: Running) -> None:
    header = {"Authorization": f"Bearer {plant.token()}"}

    def link() -> object:
        items = httpx.get(f"{plant.url}/api/v1/sources", headers=header).json()["items"]
        return items and items[0]["edge_silent_s"] is not None and items[0]

    source = until(link, 20)
    assert source["source"] == "plc"
    assert source["state"] in {"connecting", "backing_off"}


def test_web_and_edge_come_back_by_themselves_after_a_kill(plant: Running) -> None:
    before = plant.children()
    for name in ("web", "edge"):
        os.kill(before[name], signal.SIGKILL)

    def both_are_new() -> bool:
        now = plant.children()
        return set(now) == set(before) and all(now[name] != before[name] for name in before)

    until(both_are_new, 15)
    until(plant.ready, 20)


def test_a_second_start_in_the_same_folder_is_refused(plant: Running) -> None:
    file = plant.data.parent / "plant.yaml"
    second = mes("run", "--plant", str(file), "--data", str(plant.data), "--port", "1")
    assert (second.returncode, second.stderr.split(":")[0]) == (1, "data_in_use")


def test_a_second_start_keeps_everything_and_ends_in_time_with_open_websockets(
    tmp_path: Path,
) -> None:
    file = write_plant(tmp_path / "plant.yaml", free_port())
    with running(tmp_path / "data", ["run", "--plant", str(file)]) as first:
        token = first.token()
    with (
        running(tmp_path / "data", ["run", "--plant", str(file)]) as second,
        watching(second.url, token) as watcher,
    ):
        assert len(watcher.watch(site="busan")) == 2
        family = second.family()
        begun = time.monotonic()
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(10) == 0
        assert time.monotonic() - begun < STOP_S + 1.0
        assert not any(map(lives, family))
    assert notices(tmp_path / "data") == []


def test_a_killed_parent_leaves_no_process_within_two_seconds(tmp_path: Path) -> None:
    file = write_plant(tmp_path / "plant.yaml", free_port())
    with running(tmp_path / "data", ["run", "--plant", str(file)]) as run:
        family = run.family()
        assert len(family) == 3
        run.process.kill()
        run.process.wait()
        until(lambda: not any(map(lives, family)), 2.5)


def test_a_broken_plant_file_is_refused_with_every_line_named(tmp_path: Path) -> None:
    file = write_plant(tmp_path / "plant.yaml", 1502)
    text = file.read_text().replace("unit: 1", "unit: many").replace("type: uint16", "type: huge")
    file.write_text(text)
    port = str(free_port())
    refused = mes("run", "--plant", str(file), "--data", str(tmp_path / "data"), "--port", port)
    assert refused.returncode == 1
    assert refused.stderr.count(f"{file}:") >= 3
    assert refused.stderr.splitlines()[-1].startswith("start_failed: ")
    assert "Traceback" not in refused.stderr


def test_other_addresses_need_plain_http_by_name(tmp_path: Path) -> None:
    file = write_plant(tmp_path / "plant.yaml", 1502)
    data = str(tmp_path / "data")
    refused = mes("run", "--plant", str(file), "--data", data, "--host", "0.0.0.0")
    assert (refused.returncode, refused.stderr.split(":")[0]) == (1, "plain_http_refused")


def test_an_empty_plant_starts_without_a_file_and_says_how_its_first_account_is_made(
    tmp_path: Path,
) -> None:
    with running(tmp_path / "data", ["run"]) as first:
        code = (first.data / "setup-code").read_text().strip()
        assert (first.data / "setup-code").stat().st_mode & 0o077 == 0
        lines = first.lines()
        assert lines[-1] == f"{first.url}/"
        assert lines[-2].strip() == f"{first.url}/welcome?code={code}"
        assert "First account" in httpx.get(f"{first.url}/welcome?lang=en").text
    with running(tmp_path / "data", ["run"]) as second:
        assert (second.data / "setup-code").read_text().strip() != code
        added = mes("user", "add", "anna", "--role", "administrator", "--data", str(second.data))
        assert added.returncode == 1, "the password is asked for"
        made = ["user", "add", "anna", "--role", "administrator", "--generate"]
        assert mes(*made, "--data", str(second.data)).returncode == 0
        there = httpx.get(f"{second.url}/report")
        assert there.headers["location"].startswith("/sign-in")
    with running(tmp_path / "data", ["run"]) as third:
        assert not (third.data / "setup-code").exists()
        assert third.lines() == [f"{third.url}/"]


def test_a_port_in_use_is_refused_by_name(plant: Running, tmp_path: Path) -> None:
    file = write_plant(tmp_path / "plant.yaml", 1502)
    data = str(tmp_path / "data")
    refused = mes("run", "--plant", str(file), "--data", data, "--port", str(plant.port))
    assert (refused.returncode, refused.stderr.split(":")[0]) == (1, "port_in_use")

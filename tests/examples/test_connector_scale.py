"""The example connector, tried as a new user would: empty folder, own environment, one install."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "connector-scale"
LINES_MAX = 80


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that sees the MES, with the example installed from its own folder."""
    folder = tmp_path_factory.mktemp("user")
    shutil.copytree(EXAMPLE, folder / "connector-scale")
    environment = folder / "venv"
    run(Path(sys.executable), "-m", "venv", "--without-pip", str(environment), cwd=folder)
    own = environment / "bin" / "python"
    packages = run(own, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    seen = f"{sysconfig.get_path('purelib')}\n{ROOT}\n"
    (Path(packages.strip()) / "mes.pth").write_text(seen, encoding="utf-8")
    uv = Path(sys.executable).with_name("uv")
    options = ("--quiet", "--offline", "--no-deps", "--no-build-isolation")
    run(uv, "pip", "install", *options, "--python", str(own), "-e", "connector-scale", cwd=folder)
    return own


def test_the_connector_is_short() -> None:
    lines = (EXAMPLE / "connector_scale.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) < LINES_MAX


def test_its_own_tests_pass_and_earn_its_level(python: Path) -> None:
    own = python.parents[2] / "connector-scale"
    options = ("-q", "-p", "no:cacheprovider", "--conformance-report", "report.json")
    said = run(python, "-m", "pytest", *options, cwd=own)
    assert "conformance: scale earned silver" in said
    report = json.loads((own / "report.json").read_text(encoding="utf-8"))
    assert report["scale"]["earned"] == "silver"
    assert "every tag appears exactly once" in report["scale"]["passed"]["bronze"]


def test_the_mes_finds_checks_and_reads_it(python: Path, tmp_path: Path) -> None:
    listed = run(python, "-m", "mes.cli", "source", "connectors", "--json", cwd=tmp_path)
    found = {line["protocol"]: line for line in map(json.loads, listed.splitlines())}
    assert found["scale"]["package"] == "connector-scale"
    assert found["scale"]["problem"] is None

    with scale() as port:
        plant = tmp_path / "plant.yaml"
        text = (EXAMPLE / "plant.yaml").read_text(encoding="utf-8")
        plant.write_text(text.replace("4001", str(port)), encoding="utf-8")
        run(python, "-m", "mes.cli", "plant", "check", str(plant), cwd=tmp_path)
        read = run(
            *(python, "-m", "mes.cli", "source", "read", str(plant), "hopper", "--json"),
            cwd=tmp_path,
        )
    sample = json.loads(read)
    assert (sample["tag"], sample["value"], sample["unit"]) == ("gross", 12.5, "kg")
    assert sample["quality"] == "good"


def run(program: Path, *arguments: str, cwd: Path) -> str:
    """What a program says; it must succeed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHON"))}
    done = subprocess.run(
        [str(program), *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def scale() -> Iterator[int]:
    """A scale that weighs 12.50 on its first channel; the port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_weigh, args=(server,), daemon=True)
        thread.start()
        yield server.getsockname()[1]


def _weigh(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection, connection.makefile("rwb", buffering=0) as stream:
        while stream.readline():
            stream.write(b"1 12.50\r\n")

"""The guide for connectors, walked as a new user: empty folder, own environment, one install."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mes.features.verify.waiting import until
from mes.ports import free_port

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "connector-scale"
GUIDE = ROOT / "docs" / "guides" / "connector.md"
FILES = {
    "toml": ["pyproject.toml"],
    "python": ["connector_scale.py", "test_connector_scale.py", "serve_scale.py"],
    "yaml": ["plant.yaml"],
}
"""What the guide lets people write, in its order."""
LINES_MAX = 80


def written() -> dict[str, str]:
    """The files of the guide by name."""
    found: dict[str, str] = {}
    for language, names in FILES.items():
        blocks = re.findall(rf"```{language}\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
        found |= dict(zip(names, blocks, strict=True))
    return found


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that sees the MES, with what the guide lets people write installed."""
    folder = tmp_path_factory.mktemp("user")
    (folder / "connector-scale").mkdir()
    for name, text in written().items():
        (folder / "connector-scale" / name).write_text(text, encoding="utf-8")
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


def test_the_guide_shows_the_example_as_it_is() -> None:
    for name, text in written().items():
        if name != "serve_scale.py":
            assert (EXAMPLE / name).read_text(encoding="utf-8") == text, name


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

    own = python.parents[2] / "connector-scale"
    port = free_port()
    plant = own / "plant.yaml"
    for file in (plant, own / "serve_scale.py"):
        file.write_text(file.read_text("utf-8").replace("4001", str(port)), encoding="utf-8")
    with serving(python, own, port):
        for command in ("plant check", "source test", "source read"):
            names = (str(plant),) if command == "plant check" else (str(plant), "hopper", "--json")
            read = run(python, "-m", "mes.cli", *command.split(), *names, cwd=tmp_path)
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
def serving(python: Path, own: Path, port: int) -> Iterator[None]:
    """The scale of the guide, once it answers."""
    process = subprocess.Popen([str(python), "serve_scale.py"], cwd=own)
    try:
        until(lambda: is_open(port), 20.0, "the scale of the guide")
        yield
    finally:
        process.terminate()
        process.wait(10)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

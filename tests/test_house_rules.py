"""House rules that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import LONGEST_FIRST

ROOT = Path(__file__).parent.parent
PRODUCT = ("mes", "connectors", "simulators", "migrations")
CLOCKS = {"mes/clock.py", "connectors/clock.py", "simulators/clock.py"}


def product_files() -> Iterator[tuple[str, str]]:
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def calls(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


def files_that_call(pattern: str) -> set[str]:
    return {
        name
        for name, text in product_files()
        if any(re.fullmatch(pattern, call) for call in calls(text))
    }


def test_only_the_database_module_commits() -> None:
    pattern = r"(session|connection|self\.session|conn)\.commit"
    assert files_that_call(pattern) <= {"mes/db.py"}


def test_only_the_hub_emits() -> None:
    pattern = r".*\b(emit|broadcast|send_at_once)"
    emitting = {name for name in files_that_call(pattern) if name.startswith("mes/")}
    assert emitting == {"mes/live/hub.py", "mes/live/wire.py"}
    assert "mes/live/wire.py" not in files_that_call(r".*\b(emit|broadcast)")


def test_only_the_clock_modules_read_a_clock() -> None:
    pattern = (
        r"time\.(time|time_ns|monotonic|monotonic_ns)|datetime\.(now|utcnow|today)|date\.today"
        r"|datetime\.datetime\.now"
    )
    assert files_that_call(pattern) <= CLOCKS


def test_the_product_does_not_import_pymodbus() -> None:
    importing = {
        name
        for name, text in product_files()
        if re.search(r"^\s*(import|from) pymodbus", text, re.M)
    }
    assert importing == set()


def test_no_lock_file_holds_an_address() -> None:
    locks = [*ROOT.glob("requirements*.lock"), *ROOT.glob("**/package-lock.json")]
    locks = [path for path in locks if "node_modules" not in path.parts]
    assert len(locks) >= 4
    assert [path.name for path in locks if "://" in path.read_text(encoding="utf-8")] == []


def test_no_tracked_file_names_a_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    pattern = re.compile(r"(?<![\w.])/(" + "work|root|farm" + r")/[\w.-]+")
    found = []
    for name in listed:
        path = ROOT / name
        if path.suffix in {".png", ".ico"} or not path.is_file():
            continue
        if pattern.search(path.read_text(encoding="utf-8", errors="replace")):
            found.append(name)
    assert found == []


def test_modules_of_the_product_stay_small() -> None:
    long = {name: text.count("\n") for name, text in product_files() if text.count("\n") > 400}
    assert {name for name in long if not name.startswith("migrations/versions/")} == set()


@pytest.mark.parametrize("library", ["asyncua", "pymodbus", "alembic"])
def test_the_web_process_does_not_import(library: str) -> None:
    program = f"import mes.app, sys; print({library!r} in sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert answer.stdout.strip() == "False"


def test_migrations_do_not_import_the_models() -> None:
    for path in (ROOT / "migrations" / "versions").glob("*.py"):
        assert "mes" not in {
            name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
            )
        }, path.name


def test_every_refusal_code_is_explained() -> None:
    explained = set(
        re.findall(r"^\| `([a-z0-9_]+)`", (ROOT / "docs/errors.md").read_text("utf-8"), re.M)
    )
    used: set[str] = set()
    for name, text in product_files():
        if not name.startswith("mes/"):
            continue
        for node in ast.walk(ast.parse(text)):
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).split(".")[-1] == "Refusal"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                used.add(str(node.args[0].value))
    assert used - explained == set()


def test_make_test_runs_every_folder_of_tests() -> None:
    assert "tools/run_tests.py" in ROOT.joinpath("Makefile").read_text(encoding="utf-8")
    kinds = ROOT.joinpath("tools", "run_tests.py").read_text(encoding="utf-8")
    holding_tests = {
        path.relative_to(ROOT).parts[1] for path in (ROOT / "tests").rglob("test_*.py")
    }
    assert {name for name in holding_tests if f"tests/{name}" not in kinds} == set()


def test_files_that_run_first_are_there() -> None:
    assert [name for name in LONGEST_FIRST if not ROOT.joinpath(name).is_file()] == []

"""Runs the tests kind by kind and says at the end what each kind counted and took.

`python tools/run_tests.py [KIND...]`; without a name, all kinds. Each kind has processes of its
own, so that the servers and event loops of one kind never meet those of another; all kinds run even
when one fails. A file stays with one worker, which prepares once what its tests share; the files
that take longest begin first (`tests/conftest.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

IN_ORDER = "--dist loadfile --no-loadscope-reorder"
KINDS = {
    "core": "-n 2 tests/core tests/frontend tests/test_house_rules.py tests/test_containers.py",
    "data": f"-n 2 {IN_ORDER} tests/data tests/migrations tests/features tests/web tests/live",
    "peers": f"-n 2 {IN_ORDER} tests/connectors tests/simulators tests/peers tests/examples",
    "whole": f"-n 2 {IN_ORDER} tests/e2e tests/faults tests/benchmarks",
    "browser": f"-n 2 {IN_ORDER} tests/browser",
}
FORBIDS = "PYTHONDONTWRITEBYTECODE"


def keeping_bytecode(environment: Mapping[str, str], folder: str) -> dict[str, str]:
    """An environment in which processes of the tests need not compile again what others compiled.

    Who forbids Python to write beside its sources still gets nothing written there.

    Args:
        folder: where bytecode goes instead when the environment forbids it.
    """
    if not environment.get(FORBIDS):
        return dict(environment)
    allowed = {name: value for name, value in environment.items() if name != FORBIDS}
    return {"PYTHONPYCACHEPREFIX": folder, **allowed}


def run(arguments: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run pytest and pass on what it prints; its status and its last line."""
    command = [sys.executable, "-m", "pytest", "-m", "not proof", *arguments.split()]
    last = ""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, errors="replace", env=environment
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
    return process.returncode, last


def main(names: list[str]) -> int:
    """Run kinds; 0 when all are green, 2 when a name is no kind."""
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        print(f"no kind of tests: {', '.join(unknown)}; there are {', '.join(KINDS)}")
        return 2
    told, failed = [], False
    with tempfile.TemporaryDirectory(prefix="mes-bytecode-") as folder:
        environment = keeping_bytecode(os.environ, folder)
        for name in names or KINDS:
            print(f"== {name}: {KINDS[name]}", flush=True)
            began = time.monotonic()
            status, last = run(KINDS[name], environment)
            failed = failed or status != 0
            seconds = time.monotonic() - began
            told.append(f"{name:8} {seconds:5.0f} s  {'green' if status == 0 else 'RED':6} {last}")
    print("== all kinds", *told, sep="\n", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The pure parts of the scripts, tested by Node's own test runner."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_scripts_pass_their_own_tests() -> None:
    node = shutil.which("node")
    assert node, "node is missing; `make install` brings it"
    tests = sorted(str(path) for path in (ROOT / "mes/frontend/tests").glob("*.test.mjs"))
    assert tests
    done = subprocess.run(
        [node, "--import", "./mes/frontend/tests/setup.mjs", "--test", *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]

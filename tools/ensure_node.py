"""Installs Node.js as a wheel into this environment when the system has no Node 20 or newer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements-node.lock"
OLDEST_MAJOR = 20


def system_node_is_new_enough() -> bool:
    """Whether `node` and `npm` are on the path and node's major version is at least 20."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)\.", answer.stdout)
    return match is not None and int(match.group(1)) >= OLDEST_MAJOR


def main() -> None:
    """Install from the hashed lock unless the system's Node serves."""
    if system_node_is_new_enough():
        return
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check",
         "--only-binary", ":all:", "--require-hashes", "-r", str(LOCK)],
        check=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()

"""`python -m benchmarks [NAME...] [--quick] [--json FILE]`: all benchmarks, or the named ones."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, Verdict, table

NAMES = (
    "kernel",
    "decode",
    "faults",
    "opcua",
    "ingest",
    "trends",
    "tiles",
    "year",
    "start",
    "pages",
    "live",
)
QUICK, FULL = 3, 5


def main() -> int:
    """Measure, print a table and JSON; status 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], metavar="NAME", help=str(NAMES))
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} windows, not {FULL}")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    result: dict[str, object] = {"machine": _machine()}
    missed = False
    for name in asked.names or NAMES:
        begun = time.monotonic()
        figures = _measure(name, QUICK if asked.quick else FULL)
        missed = missed or any(figure.verdict is Verdict.MISSED for figure in figures)
        result[name] = [figure.as_dict() for figure in figures]
        print(f"\n{name} ({time.monotonic() - begun:.0f} s)\n{table(figures)}", flush=True)
    text = json.dumps(result, indent=1)
    if asked.json is not None:
        asked.json.write_text(text + "\n", encoding="utf-8")
    else:
        print(f"\n{text}")
    return 1 if missed else 0


def _measure(name: str, windows: int) -> list[Figure]:
    module = importlib.import_module(f"benchmarks.{name}")
    with tempfile.TemporaryDirectory(prefix="mes-bench-") as folder:
        figures: list[Figure] = module.measure(Path(folder), windows)
    return figures


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


if __name__ == "__main__":
    sys.exit(main())

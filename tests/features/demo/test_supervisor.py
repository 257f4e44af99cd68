"""The supervisor keeps its children alive, ends them all, and leaves none when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.web.serving import ROOT, until


@contextmanager
def family(folder: Path, *kinds: str) -> Iterator[subprocess.Popen[bytes]]:
    program = [sys.executable, "-m", "tests.features.demo.family", str(folder), *kinds]
    process = subprocess.Popen(program, cwd=ROOT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def pids(folder: Path, kind: str) -> list[int]:
    return sorted(
        int(path.suffix[1:]) for path in folder.glob(f"{kind}.*") if path.suffix[1:].isdigit()
    )


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_child_that_dies_is_started_again_after_half_a_second(tmp_path: Path) -> None:
    with family(tmp_path, "good"):
        (first,) = until(lambda: pids(tmp_path, "good"))
        begun = time.monotonic()
        os.kill(first, signal.SIGKILL)
        until(lambda: len(pids(tmp_path, "good")) == 2)
        assert 0.4 < time.monotonic() - begun < 3
        assert "good ended with status -9; again in 0.5 s" in (tmp_path / "said").read_text()


def test_a_child_that_keeps_dying_is_started_less_and_less_often(tmp_path: Path) -> None:
    with family(tmp_path, "brief"):
        until(lambda: len(pids(tmp_path, "brief")) >= 3, 10)
    said = (tmp_path / "said").read_text().splitlines()
    assert said[0] == "brief ended with status 3; again in 0.5 s"
    assert said[1] == "brief ended with status 3; again in 1 s"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_children_end_with_the_parent_in_order(tmp_path: Path, number: int) -> None:
    with family(tmp_path, "good", "late") as process:
        until(lambda: pids(tmp_path, "good") and pids(tmp_path, "late"))
        process.send_signal(number)
        assert process.wait(5) == 0
        assert (tmp_path / "late.ended").exists()
        assert not any(lives(pid) for kind in ("good", "late") for pid in pids(tmp_path, kind))


def test_a_child_that_does_not_listen_is_gone_within_five_seconds(tmp_path: Path) -> None:
    with family(tmp_path, "good", "deaf") as process:
        until(lambda: pids(tmp_path, "good") and pids(tmp_path, "deaf"))
        begun = time.monotonic()
        process.terminate()
        assert process.wait(8) == 0
        assert time.monotonic() - begun < 5.5
        assert not any(lives(pid) for kind in ("good", "deaf") for pid in pids(tmp_path, kind))


def test_a_parent_that_was_killed_leaves_no_child_within_two_seconds(tmp_path: Path) -> None:
    with family(tmp_path, "good", "deaf") as process:
        until(lambda: pids(tmp_path, "good") and pids(tmp_path, "deaf"))
        process.kill()
        process.wait()
        children = pids(tmp_path, "good") + pids(tmp_path, "deaf")
        until(lambda: not any(lives(pid) for pid in children), 2.5)

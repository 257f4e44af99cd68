"""One process at a time: a lock file that the kernel frees however its holder ends.

Needs nothing but the standard library.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mes.core.refusal import Refusal

WEB_LOCK = "web.lock"
"""Held by the web process (and inherited by its worker) as long as it may write."""
RUN_LOCK = "run.lock"
"""Held by the supervisor."""
STEP_S = 0.1


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Have the lock of this file meanwhile; see `hold`."""
    descriptor = hold(path)
    try:
        yield
    finally:
        os.close(descriptor)


def hold(path: Path, *, wait_s: float = 0.0) -> int:
    """Take the lock of this file for as long as the process lives; returns the descriptor.

    Args:
        wait_s: how long to wait for another holder to end.

    Raises:
        Refusal: `data_in_use`.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    tries = max(1, round(wait_s / STEP_S))
    for attempt in range(tries):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if attempt + 1 < tries:
                threading.Event().wait(STEP_S)
        else:
            return descriptor
    os.close(descriptor)
    raise Refusal(
        "data_in_use", f"another process uses {path.parent}; stop it first, or take another folder"
    )

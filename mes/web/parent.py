"""Ties a child process to the supervisor: it ends by itself however the supervisor died.

Two ties, as neither alone is enough: the kernel's parent-death signal (Linux only, tied to the
thread that forked) and a pipe whose far end only the supervisor holds: end of file means that it
is gone. Needs nothing but the standard library, and must be the first thing a child does.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Mapping

PARENT_KEY = "MES_PARENT"
"""Environment variable with the process id of the supervisor."""
LIFE_KEY = "MES_LIFE_FD"
"""Environment variable with the number of the inherited end of the life pipe."""
PARENT_GONE_STATUS = 75
GRACE_S = 1.5
"""How long an orderly end may take after the supervisor is gone."""
_PR_SET_PDEATHSIG = 1


def tie_to_parent(environment: Mapping[str, str] = os.environ) -> None:
    """Arrange that this process gets SIGTERM when its supervisor ends, and ends soon after.

    Does nothing in a process that was not started by a supervisor.
    """
    parent = environment.get(PARENT_KEY)
    if parent is None:
        return
    ask_for_signal()
    if os.getppid() != int(parent):
        os._exit(PARENT_GONE_STATUS)
    life = environment.get(LIFE_KEY)
    if life is not None:
        threading.Thread(target=_watch, args=(int(life),), name="life", daemon=True).start()


def ask_for_signal() -> None:
    """Have the kernel send SIGTERM when the process that forked this one ends (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _watch(descriptor: int) -> None:
    """Wait for the end of the life pipe, ask for an orderly end, then insist on it."""
    while True:
        try:
            if not os.read(descriptor, 1):
                break
        except OSError:
            break
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(PARENT_GONE_STATUS)

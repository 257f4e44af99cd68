"""Ties the life of this process to its parent: it ends by itself however the parent died.

Three ties, as none of them alone is enough: the kernel's parent-death signal (Linux only, tied to
the thread that forked), a look at the parent id once a second, and a pipe whose far end only the
parent holds (`MES_LIFE_FD`): end of file means the parent is gone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

PARENT_KEY = "MES_PARENT"
LIFE_KEY = "MES_LIFE_FD"
PARENT_GONE_STATUS = 75
GRACE_S = 2.0
_PR_SET_PDEATHSIG = 1


def tie_to_parent() -> int:
    """Arrange that this process gets SIGTERM when its parent ends.

    Returns:
        The parent's process id, to compare with `os.getppid()` now and then.
    """
    parent = int(os.environ.get(PARENT_KEY) or os.getppid())
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(PARENT_GONE_STATUS)
    life = os.environ.get(LIFE_KEY)
    if life:
        threading.Thread(target=_watch, args=(int(life),), name="life", daemon=True).start()
    return parent


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

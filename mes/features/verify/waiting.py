"""Waiting for a plant that is verified, and giving up on it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from mes.clock import monotonic_s
from mes.core.refusal import Refusal

T = TypeVar("T")


def until(condition: Callable[[], T | None], seconds: float, what: str, step_s: float = 0.05) -> T:
    """The first true value of a condition.

    Args:
        seconds: real seconds to wait at most.

    Raises:
        Refusal: `verify_failed`, naming `what`: it did not become true in time.
    """
    value = within(condition, seconds, step_s)
    if value is None:
        raise failed(f"not within {seconds:g} s: {what}")
    return value


def within(condition: Callable[[], T | None], seconds: float, step_s: float = 0.05) -> T | None:
    """The first true value of a condition within so many real seconds; None: there was none."""
    deadline = monotonic_s() + seconds
    while True:
        value = condition()
        if value:
            return value
        if monotonic_s() > deadline:
            return None
        time.sleep(step_s)


def failed(reason: str) -> Refusal:
    """What is raised when the plant does not do what it was told."""
    return Refusal("verify_failed", reason)

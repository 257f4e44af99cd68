"""Flags that say how far a figure can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Flag(StrEnum):
    """In the order in which results list them."""

    EFFECTIVENESS_ABOVE_1 = "effectiveness_above_1"
    PROVISIONAL_STOP = "provisional_stop"
    ESTIMATED_QUANTITY = "estimated_quantity"
    COUNTER_RESET = "counter_reset"
    COUNTER_SUSPECT = "counter_suspect"
    RATE_MISSING = "rate_missing"


def in_order(flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """Each flag once, in the order of the contract."""
    present = set(flags)
    return tuple(flag for flag in Flag if flag in present)

"""How a quantity is put into containers."""

from __future__ import annotations

from decimal import Decimal


def split_into_containers(total: Decimal, each: Decimal) -> list[Decimal]:
    """What each container holds: full ones first, the rest in the last one.

    Args:
        total: above 0.
        each: what a full container holds, above 0.

    Raises:
        ValueError: one of them is not above 0.
    """
    if total <= 0 or each <= 0:
        raise ValueError("both quantities must be above 0")
    full, rest = divmod(total, each)
    return [each] * int(full) + ([rest] if rest else [])

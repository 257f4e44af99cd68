"""How far a connector has come: earned by the rules of the conformance kit, never just claimed."""

from __future__ import annotations

from enum import IntEnum


class Level(IntEnum):
    """BRONZE: it reads right and says what is wrong. SILVER: it survives losses, hangs and bad
    moments without a trace. GOLD: it also helps people and does all that it declares.
    """

    NONE = 0
    BRONZE = 1
    SILVER = 2
    GOLD = 3

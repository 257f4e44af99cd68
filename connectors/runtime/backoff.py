"""Waiting between attempts: exponential with full jitter, without an end. Pure apart from chance.

Full jitter (a random wait between 0 and the ceiling) keeps many sources from knocking at once.
"""

from __future__ import annotations

import random


class Backoff:
    """Real seconds to wait before the next attempt.

    Attributes:
        first_s: ceiling of the first wait.
        longest_s: ceiling that is never exceeded.
    """

    def __init__(
        self, first_s: float = 1.0, longest_s: float = 30.0, chance: random.Random | None = None
    ) -> None:
        self.first_s = first_s
        self.longest_s = longest_s
        self._chance = chance or random.Random()  # noqa: S311  # spreading load, no secret
        self._ceiling = first_s

    def next_s(self) -> float:
        """The next wait; its ceiling doubles each time up to `longest_s`."""
        ceiling = self._ceiling
        self._ceiling = min(2 * ceiling, self.longest_s)
        return self._chance.uniform(0.1 * ceiling, ceiling)

    def reset(self) -> None:
        """Begin again after a success."""
        self._ceiling = self.first_s

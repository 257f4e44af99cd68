"""Counting wrong guesses at a password or PIN. Pure; real time in microseconds."""

from __future__ import annotations

from dataclasses import dataclass

US_PER_S = 1_000_000
US_PER_DAY = 86_400 * US_PER_S
FREE_FAILURES = 5
"""Wrong guesses in a row before the first wait."""
FIRST_WAIT_S = 60
LONGEST_WAIT_S = 15 * 60
PIN_PER_DAY = 10
"""Most wrong guesses at the PIN of one badge in a day (UTC)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Where a credential stands: failures in a row, failures on the day with that number."""

    failures: int = 0
    day: int | None = None
    day_failures: int = 0
    locked_until: int | None = None

    def wait_s(self, now_us: int) -> int:
        """Whole seconds until the next guess is allowed, 0: now."""
        if self.locked_until is None or self.locked_until <= now_us:
            return 0
        return -(-(self.locked_until - now_us) // US_PER_S)

    def after_failure(self, now_us: int, per_day: int | None = None) -> Guesses:
        """After one more wrong guess.

        Args:
            per_day: most wrong guesses in a day; None: no such limit.
        """
        today = now_us // US_PER_DAY
        failures = self.failures + 1
        day_failures = (self.day_failures if self.day == today else 0) + 1
        locked = None
        if failures >= FREE_FAILURES:
            wait = min(FIRST_WAIT_S * 2 ** (failures - FREE_FAILURES), LONGEST_WAIT_S)
            locked = now_us + wait * US_PER_S
        if per_day is not None and day_failures >= per_day:
            locked = (today + 1) * US_PER_DAY
        return Guesses(failures=failures, day=today, day_failures=day_failures, locked_until=locked)

    def after_success(self) -> Guesses:
        """After the right answer: the row of failures ends, the day's count stays."""
        return Guesses(day=self.day, day_failures=max(0, self.day_failures - 1))

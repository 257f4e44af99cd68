"""What a write and a call have in common: one at a time, not too often, begun in time or never."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from connectors.clock import monotonic_s
from connectors.sdk.errors import Busy, Unavailable

Claim = Callable[[], Awaitable[float]]
"""Takes the request for good; returns the monotonic second before which its work must begin.

Raises a `ConnectorError` when the request is over.
"""


class Outcome(StrEnum):
    """What is known of a write or a call that was sent."""

    CONFIRMED = "confirmed"
    NOT_CONFIRMED = "not_confirmed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Attempts:
    """When each target was last tried, by SOURCE/NAME."""

    def __init__(self) -> None:
        self._begun_s: dict[str, float] = {}
        self._under_way: set[str] = set()

    @contextmanager
    def alone(self, target: str, every_s: float) -> Iterator[None]:
        """One attempt at a time, and none sooner after the last than its rule says.

        Raises:
            Busy: `write_too_soon`.
        """
        last_s = self._begun_s.get(target)
        too_soon = last_s is not None and monotonic_s() - last_s < every_s
        if target in self._under_way or too_soon:
            raise Busy("write_too_soon", f"{target} may be reached once in {every_s} s")
        self._under_way.add(target)
        try:
            yield
        finally:
            self._under_way.discard(target)

    async def begin(self, target: str, claim: Claim) -> None:
        """Claim the request; from here on it counts as sent.

        Raises:
            ConnectorError: it is over (`write_expired`, or what the claim says); nothing was sent.
        """
        must_begin_by = await claim()
        if monotonic_s() >= must_begin_by:
            raise Unavailable("write_expired", "the time for this request is over")
        self._begun_s[target] = monotonic_s()

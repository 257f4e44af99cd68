"""How long answers take: a histogram of fixed size that follows the present. Standard library only.

Four bins for each doubling of microseconds, so that a quantile is at most a quarter too large.
"""

from __future__ import annotations

BINS_PER_DOUBLING = 4
DOUBLINGS = 34
"""The last bin begins at five hours."""
FADE_AT = 4096
"""After so many answers all that was seen counts half."""


class RoundTrips:
    """Real times from request to reply."""

    __slots__ = ("_bins", "_total")

    def __init__(self) -> None:
        self._bins = [0] * (DOUBLINGS * BINS_PER_DOUBLING)
        self._total = 0

    def add(self, seconds: float) -> None:
        """Take one answer."""
        micros = max(BINS_PER_DOUBLING, int(seconds * 1_000_000))
        doubling = micros.bit_length() - 3
        place = doubling * BINS_PER_DOUBLING + (micros >> doubling) - BINS_PER_DOUBLING
        self._bins[min(place, len(self._bins) - 1)] += 1
        self._total += 1
        if self._total >= FADE_AT:
            self._bins = [count // 2 for count in self._bins]
            self._total = sum(self._bins)

    def quantile_ms(self, part: float) -> float | None:
        """Milliseconds that at least this part of the answers kept; None without any."""
        wanted = part * self._total
        seen = 0
        for place, count in enumerate(self._bins):
            seen += count
            if count and seen >= wanted:
                doubling, step = divmod(place, BINS_PER_DOUBLING)
                return ((step + BINS_PER_DOUBLING + 1) << doubling) / 1000
        return None

    def as_dict(self) -> dict[str, float]:
        """`round_trip_p50_ms` and `round_trip_p99_ms`; empty without any answer."""
        quantiles = {50: self.quantile_ms(0.50), 99: self.quantile_ms(0.99)}
        return {f"round_trip_p{n}_ms": ms for n, ms in quantiles.items() if ms is not None}

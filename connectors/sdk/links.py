"""One connection per link: sources that name the same link share it, counted by reference."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol, TypeVar, cast


class SharedLink(Protocol):
    """What can be shared: something that ends when nobody holds it any more."""

    def end(self) -> None:
        """Close the connection at once; twice is harmless."""


LinkT = TypeVar("LinkT", bound=SharedLink)


class LinkRegistry:
    """The links of one process. Not thread-safe: all connectors live on one event loop."""

    def __init__(self) -> None:
        self._links: dict[Hashable, tuple[SharedLink, int]] = {}

    def acquire(self, key: Hashable, make: Callable[[], LinkT]) -> LinkT:
        """The link of `key`, made by `make` when nobody holds it; each call needs one `release`."""
        link, holders = self._links.get(key) or (make(), 0)
        self._links[key] = (link, holders + 1)
        return cast(LinkT, link)

    def release(self, key: Hashable) -> None:
        """Give one hold back; the last one ends the link."""
        link, holders = self._links[key]
        if holders > 1:
            self._links[key] = (link, holders - 1)
        else:
            del self._links[key]
            link.end()

    def holders(self, key: Hashable) -> int:
        """How many sources hold the link of `key`."""
        return self._links[key][1] if key in self._links else 0

"""Tags whose value depends on other tags of their source, in an order that works. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

Needs = Mapping[str, Sequence[str]]
"""By tag, the tags whose values its conversion needs."""


class Dependence:
    """Who needs whom.

    Attributes:
        needed: tags whose values others need.
    """

    def __init__(self, needs: Needs) -> None:
        """Prepare; a circle must have been refused before (`circle_in`)."""
        order = [tag for tag in TopologicalSorter(needs).static_order() if tag in needs]
        self._ranks = {tag: rank for rank, tag in enumerate(order)}
        self.needed = frozenset(other for others in needs.values() for other in others)
        self._following = {tag: self._behind(tag, needs) for tag in self.needed}

    def in_order(self, tags: Iterable[str]) -> list[str]:
        """The tags so that each comes behind those that it needs."""
        return sorted(tags, key=self._ranks.__getitem__)

    def following(self, tag: str) -> Sequence[str]:
        """The tags that depend on this one, directly or by others, in order."""
        return self._following.get(tag, ())

    def _behind(self, tag: str, needs: Needs) -> Sequence[str]:
        reached = {tag}
        behind = []
        for each in self.in_order(needs):
            if each not in reached and not reached.isdisjoint(needs[each]):
                reached.add(each)
                behind.append(each)
        return behind


def circle_in(needs: Needs) -> Sequence[str]:
    """Tags that need each other in a circle, the first one also at the end; empty without one."""
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        found: Sequence[str] = error.args[1]
        return list(reversed(found))  # so that each is followed by the one that it needs
    return ()

"""What is watched on a server: each different wish of the tags is one monitored item. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.opcua.config import Filter, OpcuaSource, OpcuaTag


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One monitored item; tags that want the same share it.

    Attributes:
        node: node id as written; None when it is named by its path.
        path: browse names from the Objects folder on; None when it is named by its node id.
        publish_ms: publishing period, plant time.
        sampling_ms: sampling period, plant time.
        queue_size: samples that the server keeps between two publications.
        filter: what the server leaves out; None as the server does by itself.
    """

    node: str | None
    path: tuple[str, ...] | None
    publish_ms: int
    sampling_ms: int
    queue_size: int
    filter: Filter | None

    @property
    def address(self) -> str:
        """The node as people know it."""
        return self.node if self.node is not None else "/".join(self.path or ())


def watches_of(source: OpcuaSource, tag: OpcuaTag) -> list[Watch]:
    """The places of a tag, the preferred one first; what it leaves open is as its source says."""
    publish_ms = tag.publish_ms if tag.publish_ms is not None else source.publish_ms
    sampling_ms = tag.sampling_ms if tag.sampling_ms is not None else source.sampling_ms
    first = Watch(
        node=tag.node,
        path=tuple(tag.path) if tag.path is not None else None,
        publish_ms=publish_ms,
        sampling_ms=publish_ms if sampling_ms is None else sampling_ms,
        queue_size=tag.queue_size if tag.queue_size is not None else source.queue_size,
        filter=tag.filter,
    )
    others = tag.otherwise or ()
    return [first, *(replace(first, node=None, path=tuple(path)) for path in others)]


def tags_by_watch(source: OpcuaSource, tags: Sequence[OpcuaTag]) -> dict[Watch, list[OpcuaTag]]:
    """The tags of each monitored item, in the order of the file."""
    found: dict[Watch, list[OpcuaTag]] = {}
    for tag in tags:
        for watch in watches_of(source, tag):
            found.setdefault(watch, []).append(tag)
    return found

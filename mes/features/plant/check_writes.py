"""Mistakes of the allow-list of writes, and of what jobs write."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from connectors.sdk.capabilities import Capability
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.registry import manifest_of
from mes.features.plant.repair import Path, Problem
from mes.features.plant.schema import JobWrite, PlantFile, WorkUnit, Write


def write_problems(
    plant: PlantFile, raw: Mapping[str, Any], tags: Collection[str]
) -> Iterator[Problem]:
    """Rules for tags that do not exist, twice the same, or of protocols that only read.

    Args:
        tags: every tag of the file as SOURCE/TAG.
    """
    protocols = protocols_of(raw)
    seen: dict[str, int] = {}
    for index, write in enumerate(plant.writes):
        path: Path = ("writes", index, "tag")
        if write.tag in seen:
            yield path, "duplicate", f"{write.tag!r} is already in writes[{seen[write.tag]}]"
            continue
        seen[write.tag] = index
        if write.tag not in tags:
            yield path, "tag_unknown", f"there is no tag {write.tag!r}; write SOURCE/TAG"
            continue
        protocol = protocols.get(write.tag.partition("/")[0])
        if protocol is not None and not _can_write(protocol):
            words = f"a source of {protocol} can only be read"
            yield path, "write_not_possible", words


def job_write_problems(
    plant: PlantFile, path: Path, unit: WorkUnit, items: Collection[object]
) -> Iterator[Problem]:
    """What a work unit writes at the start of a job: only what the allow-list has, and fits it."""
    rules = {write.tag: write for write in plant.writes}
    for index, write in enumerate(unit.on_job_start):
        if not isinstance(write, JobWrite):
            continue
        here: Path = (*path, "on_job_start", index)
        rule = rules.get(write.tag)
        if rule is None:
            words = f"{write.tag!r} is not in `writes`, so it is never written"
            yield (*here, "tag"), "write_not_allowed", words
        yield from _values(here, write, rule, items)


def _values(
    path: Path, write: JobWrite, rule: Write | None, items: Collection[object]
) -> Iterator[Problem]:
    for item, value in (write.by_item or {}).items():
        where: Path = (*path, "by_item", item)
        if item not in items:
            yield where, "item_unknown", f"there is no item {item!r}"
        problem = None if rule is None else rule.problem(value)
        if problem is not None:
            yield where, "write_out_of_range", problem


def protocols_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """The protocol of each source, by its id."""
    sources = raw.get("sources")
    rows = [row for row in sources if isinstance(row, dict)] if isinstance(sources, list) else []
    return {str(row.get("id")): str(row.get("protocol")) for row in rows}


def _can_write(protocol: str) -> bool:
    try:
        return Capability.WRITE in manifest_of(protocol).capabilities
    except ConfigurationError:
        return True  # the protocol itself is the mistake, and is named where it stands

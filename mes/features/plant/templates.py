"""Sources of a plant file that name a device template: written out for checking, and back.

The database holds sources written out, so that a plant goes on as it is when a template is gone;
the reference is kept beside them and written again by an export.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.templates.expansion import (
    REFERENCE,
    Expanded,
    Lookup,
    TemplateError,
    expand,
    source_of,
)
from connectors.templates.model import Template
from mes.features.plant.objects import keys_as_text
from mes.features.plant.repair import Path, Problem

WRITTEN_OUT = "written_out"
"""Key of a reference: the tags beside it are all there are, the template is only named."""

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenOut:
    """A plant file without templates.

    Attributes:
        raw: the plain values of the file; sources keep their reference beside what it brought.
        problems: what is wrong with the references, at the place where they are written.
        unusable: indexes of sources whose template could not be had.
    """

    raw: Raw
    expanded: Mapping[int, Expanded]
    problems: tuple[Problem, ...]
    unusable: frozenset[int]

    def place(self, path: Path) -> Path:
        """Where a person has written what stands at `path` of `raw`."""
        if path[:1] != ("sources",) or len(path) < 2 or not isinstance(path[1], int):
            return path
        source = self.expanded.get(path[1])
        return path if source is None else (*path[:2], *source.place(path[2:]))


def write_out(raw: Raw, lookup: Lookup) -> WrittenOut:
    """Write the templates of all sources out."""
    sources = raw.get("sources")
    written = sources if isinstance(sources, list) else []
    found = {
        index: expand(source, lookup)
        for index, source in enumerate(written)
        if isinstance(source, dict) and REFERENCE in source
    }
    rows = [_with_reference(source, found.get(index)) for index, source in enumerate(written)]
    return WrittenOut(
        raw={**raw, "sources": rows} if found else raw,
        expanded=found,
        problems=tuple(
            (("sources", index, *path), code, words)
            for index, each in found.items()
            for path, code, words in each.problems
        ),
        unusable=frozenset(i for i, each in found.items() if "protocol" not in each.source),
    )


def plain_source(source: Mapping[str, Any]) -> Raw:
    """A source as its connector and an edge know it."""
    return {key: part for key, part in source.items() if key != REFERENCE}


def folded(definition: Mapping[str, Any], tags: list[Raw], lookup: Lookup | None) -> Raw:
    """A source as a plant file writes it.

    Args:
        definition: all keys of the source but its tags.
        tags: its tags.
        lookup: finds templates; None writes everything out.
    """
    whole = {**definition, "tags": tags} if tags else dict(definition)
    reference = definition.get(REFERENCE)
    if reference is None:
        return whole
    try:
        template = None if lookup is None else lookup(reference["id"], reference["version"])
    except TemplateError:
        template = None
    short = None if template is None else _short(template, reference, definition, tags)
    return short or {**whole, REFERENCE: {**reference, WRITTEN_OUT: True}}


def _short(
    template: Template, reference: Raw, definition: Mapping[str, Any], tags: list[Raw]
) -> Raw | None:
    """The reference and what differs from it; None when that cannot be said."""
    base = keys_as_text(source_of(template, reference.get("parameters", {})))
    inherited = {tag["name"]: tag for tag in base.pop("tags")}
    present = {str(tag["name"]) for tag in tags}
    lost = [key for key in base if key not in definition]
    lost += [
        key
        for tag in tags
        for key in inherited.get(str(tag["name"]), {})
        if key not in keys_as_text(tag)
    ]
    if lost:
        return None
    without = [name for name in inherited if name not in present]
    named = {key: part for key, part in reference.items() if key != "without"}
    own = [_changes(keys_as_text(tag), inherited.get(str(tag["name"]), {})) for tag in tags]
    keys = {
        key: part
        for key, part in definition.items()
        if key != REFERENCE and (key == "id" or base.get(key) != part)
    }
    short = {**keys, REFERENCE: {**named, **({"without": without} if without else {})}}
    changed = [tag for tag in own if tag.keys() != {"name"} or tag["name"] not in inherited]
    return {**short, "tags": changed} if changed else short


def _changes(tag: Raw, base: Raw) -> Raw:
    return {key: part for key, part in tag.items() if key == "name" or base.get(key) != part}


def _with_reference(source: Any, expanded: Expanded | None) -> Any:
    if expanded is None:
        return source
    reference = source[REFERENCE]
    if isinstance(reference, dict):
        reference = {key: part for key, part in reference.items() if key != WRITTEN_OUT}
    return {**expanded.source, REFERENCE: reference}

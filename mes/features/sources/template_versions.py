"""The template behind a source: what differs from it, and what a newer version would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from connectors.templates.catalogue import Catalogue
from connectors.templates.expansion import REFERENCE, expand
from mes.core.refusal import Refusal
from mes.features.plant.export import exported
from mes.features.plant.objects import keys_as_text
from mes.features.plant.templates import WRITTEN_OUT, plain_source

Raw = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place of a source before and after; None: it is not there."""

    place: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OfTemplate:
    """How a source stands to its template.

    Attributes:
        follows: whether the source can be said as its template and what differs from it.
        differs: keys and tags that are not as in the template; `without NAME`: a tag left out.
        newer: versions above the one that it has, lowest first.
        changes: what the newest of them would change; empty when there is none.
    """

    id: str
    version: int
    follows: bool
    differs: tuple[str, ...]
    newer: tuple[int, ...]
    changes: tuple[Change, ...]


def template_of(session: Session, catalogue: Catalogue, code: str) -> OfTemplate | None:
    """The template of a source; None when it was made without one.

    Raises:
        Refusal: `source_unknown` (404).
    """
    short = _short(session, catalogue, code)
    if REFERENCE not in short:
        return None
    reference = short[REFERENCE]
    identity, version = str(reference["id"]), int(reference["version"])
    follows = not reference.get(WRITTEN_OUT)
    newer = tuple(
        each.version
        for each in catalogue.all()
        if each.id == identity and each.version > version and each.template is not None
    )
    can_follow = follows and newer
    return OfTemplate(
        id=identity,
        version=version,
        follows=follows,
        differs=tuple(_differences(short)) if follows else (),
        newer=newer,
        changes=tuple(_changes(short, max(newer), catalogue)) if can_follow else (),
    )


def with_version(session: Session, catalogue: Catalogue, code: str, version: int) -> Raw:
    """The source with another version of its template, and what differed from it kept.

    Raises:
        Refusal: `source_unknown` (404), `template_not_followed` (409), or `template_parameters`
            (422) when the other version wants other parameters.
    """
    short = _short(session, catalogue, code)
    if REFERENCE not in short or short[REFERENCE].get(WRITTEN_OUT):
        message = f"{code!r} does not follow a template; change the source itself"
        raise Refusal("template_not_followed", message)
    return _written_out(short, version, catalogue)


def _short(session: Session, catalogue: Catalogue, code: str) -> Raw:
    for source in exported(session, catalogue).get("sources", []):
        if source["id"] == code:
            return dict(source)
    raise Refusal("source_unknown", f"there is no source {code!r}", status=404)


def _written_out(short: Raw, version: int, catalogue: Catalogue) -> Raw:
    reference = {**short[REFERENCE], "version": version}
    expanded = expand({**short, REFERENCE: reference}, catalogue.get)
    for path, _, words in expanded.problems:
        place = ".".join(map(str, path))
        raise Refusal("template_parameters", f"{place}: {words}", status=422, field=place)
    return {**expanded.source, REFERENCE: {**reference, WRITTEN_OUT: True}}


def _differences(short: Raw) -> Iterator[str]:
    yield from (key for key in short if key not in ("id", REFERENCE, "tags"))
    yield from (str(tag["name"]) for tag in short.get("tags", []))
    yield from (f"without {name}" for name in short[REFERENCE].get("without", ()))


def _changes(short: Raw, version: int, catalogue: Catalogue) -> Iterator[Change]:
    try:
        before = _flat(_written_out(short, short[REFERENCE]["version"], catalogue))
        after = _flat(_written_out(short, version, catalogue))
    except Refusal as refusal:
        yield Change(place=str(refusal.field), before=None, after=str(refusal))
        return
    for place in dict.fromkeys((*before, *after)):
        if before.get(place) != after.get(place):
            yield Change(place=place, before=before.get(place), after=after.get(place))


def _flat(source: Raw) -> dict[str, Any]:
    plain = keys_as_text(plain_source(source))
    tags = plain.pop("tags", [])
    return {
        **dict(_leaves(plain, "")),
        **{f"{tag['name']}.{key}": part for tag in tags for key, part in tag.items()},
    }


def _leaves(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, part in node.items():
        if isinstance(part, Mapping):
            yield from _leaves(part, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", part

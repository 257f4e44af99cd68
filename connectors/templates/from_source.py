"""A template of a source that runs: its map and meanings, without what belongs to its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.sdk.errors import ConfigurationError
from connectors.sdk.form import Form, form_of
from connectors.sdk.register_lists import RegisterLists
from connectors.sdk.registry import manifest_of
from connectors.templates.expansion import REFERENCE
from connectors.templates.importing import Header
from connectors.templates.model import SCHEMA, Template
from connectors.templates.reading import checked

COUNTS = ("total", "good", "scrap")
_OF_A_SOURCE = ("id", "tags", REFERENCE)


def template_of_source(
    source: Mapping[str, Any], signals: Mapping[str, Mapping[str, Any]], header: Header
) -> Template:
    """The template of a source.

    What a protocol names as differing from place to place becomes a parameter. Sign-in and other
    parts with secrets are left out.

    Args:
        source: with its template written out.
        signals: by work unit, as a plant file writes them; of several the first counts.
        header: who and what it is; its `protocol` is that of the source.

    Raises:
        ConfigurationError: `template_not_possible` or what the connector says of the source.
    """
    manifest = manifest_of(str(source.get("protocol")))
    lists = manifest.register_lists()
    meanings = _meanings(str(source.get("id")), signals)
    name = header.name or f"{header.vendor} {header.model}"
    document = {
        "schema": SCHEMA,
        "id": header.id,
        "version": header.version,
        "name": {"ko": name, "en": name},
        "vendor": header.vendor,
        "model": header.model,
        "author": header.author,
        "origin": [f"the running source {source.get('id')}"],
        "unverified": ["whether the map holds for another device of this kind"],
        "parameters": [] if lists is None else [dict(each) for each in lists.parameters],
        "source": _without_place(source, lists, form_of(manifest)),
        "tags": [{**tag, **meanings.get(str(tag.get("name")), {})} for tag in source["tags"]],
    }
    template, problems = checked(document)
    if template is None or problems:
        path, _, words = problems[0]
        detail = f"{'.'.join(map(str, path))}: {words}"
        raise ConfigurationError("template_not_possible", detail)
    return template


def _without_place(
    source: Mapping[str, Any], lists: RegisterLists | None, form: Form
) -> dict[str, Any]:
    secret = {each.path.partition(".")[0] for each in form.all_fields() if each.is_secret}
    own = {k: v for k, v in source.items() if k not in _OF_A_SOURCE and k not in secret}
    return own if lists is None else _merged(own, lists.source)


def _merged(own: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of both; where both have a table, the parts of both tables."""
    return {
        **own,
        **{
            key: _merged(own[key], part)
            if isinstance(part, Mapping) and isinstance(own.get(key), Mapping)
            else part
            for key, part in over.items()
        },
    }


def _meanings(source: str, signals: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What the tags of a source mean for a work unit, as a template says it."""
    found: dict[str, dict[str, Any]] = {}
    for unit in signals.values():
        for path, meaning in _of_unit(unit):
            of, _, tag = path.partition("/")
            if of == source:
                found.setdefault(tag, meaning)
    return found


def _of_unit(signals: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    state, fault = signals.get("state") or {}, signals.get("fault") or {}
    if "tag" in state and "map" in state:
        yield str(state["tag"]), {"meaning": "state", "map": dict(state["map"])}
    if "lamp" in state:
        yield str(state["lamp"]), {"meaning": "lamp"}
    if "tag" in fault:
        yield str(fault["tag"]), {"meaning": "alarm"}
    for role in COUNTS:
        signal = signals.get(role) or {}
        if "tag" in signal and "counter" in signal:
            yield str(signal["tag"]), {"meaning": role, "counter": _counter(signal["counter"])}


def _counter(counter: Mapping[str, Any]) -> dict[str, Any]:
    """Without exact decimals as text, which a plant file may hold."""
    most = counter.get("max_per_s")
    return {**counter, "max_per_s": float(most)} if isinstance(most, str) else dict(counter)

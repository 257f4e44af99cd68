"""What an edge runs: sources with the stream of each tag, from the MES or from a file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError

from connectors.sdk.call_rules import CallRule
from connectors.sdk.config import SourceConfig
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.messages import Stream
from connectors.sdk.registry import manifest_of
from connectors.sdk.write_rules import WriteRule
from connectors.templates.catalogue import Catalogue
from connectors.templates.sources import without_template

Document = Mapping[str, object]
Rule = TypeVar("Rule", WriteRule, CallRule)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceDocument:
    """A source as it was received.

    Attributes:
        document: the source exactly as in the plant file.
        streams: stream of each tag.
        is_of_a_page: made in a browser, so that it may name only some files and variables.
    """

    source: str
    document: Document
    streams: Mapping[str, Stream]
    is_of_a_page: bool = False

    def runs_like(self, other: SourceDocument) -> bool:
        """Whether nothing but streams differs, so that the connection may stay."""
        return (self.document, self.is_of_a_page) == (other.document, other.is_of_a_page)


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfiguration:
    """All sources of an edge in one revision; revision 0 is "none yet".

    `writes` is the allow-list of writes by SOURCE/TAG, `calls` that of methods by SOURCE/NAME;
    nothing else is ever written or called.
    """

    revision: int = 0
    sources: Sequence[SourceDocument] = field(default_factory=tuple)
    writes: Mapping[str, WriteRule] = field(default_factory=dict)
    calls: Mapping[str, CallRule] = field(default_factory=dict)


def parse_configuration(document: object) -> EdgeConfiguration:
    """Read the answer of the MES or a configuration file.

    Raises:
        ConfigurationError: `configuration_malformed`; single bad sources are found later.
    """
    if not isinstance(document, dict) or not isinstance(document.get("sources"), list):
        raise ConfigurationError("configuration_malformed", "an object with `sources` is expected")
    revision = document.get("revision", 0)
    if isinstance(revision, bool) or not isinstance(revision, int):
        raise ConfigurationError("configuration_malformed", "`revision` must be a whole number")
    of_pages = document.get("of_pages", [])
    if not isinstance(of_pages, list):
        raise ConfigurationError("configuration_malformed", "`of_pages` must be a list")
    sources = [_source(entry, of_pages) for entry in cast(list[object], document["sources"])]
    names = [source.source for source in sources]
    if len(set(names)) != len(names):
        raise ConfigurationError("configuration_malformed", "two sources have the same id")
    return EdgeConfiguration(
        revision=revision,
        sources=tuple(sources),
        writes={rule.tag: rule for rule in _rules(document, "writes", WriteRule)},
        calls={rule.call: rule for rule in _rules(document, "calls", CallRule)},
    )


def check_source(document: Document, templates: Catalogue | None = None) -> SourceConfig:
    """The typed configuration of one source.

    Args:
        document: the source as in the plant file.
        templates: device templates that it may name; None: those that ship.

    Raises:
        ConfigurationError: code and field path of the first mistake.
    """
    plain = without_template(document, templates)
    protocol = plain.get("protocol")
    model = manifest_of(str(protocol)).config_model()
    try:
        return model.model_validate(plain)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        detail = f"{path}: {first['msg']}" if path else first["msg"]
        raise ConfigurationError(first["type"], detail, field=path or None) from error


def load_cached(path: Path) -> EdgeConfiguration:
    """The last configuration that ran here; revision 0 when there is none or it is damaged."""
    try:
        return parse_configuration(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ConfigurationError):
        return EdgeConfiguration()


def save_cached(path: Path, document: object) -> None:
    """Keep a configuration so that the edge starts without the MES; all or nothing."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _rules(document: Document, name: str, kind: type[Rule]) -> Sequence[Rule]:
    entries = document.get(name, [])
    if not isinstance(entries, list):
        raise ConfigurationError("configuration_malformed", f"`{name}` must be a list")
    try:
        return [kind.model_validate(entry) for entry in entries]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ConfigurationError("configuration_malformed", f"{name}: {first['msg']}") from error


def _source(entry: object, of_pages: Sequence[object]) -> SourceDocument:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise ConfigurationError("configuration_malformed", "a source without an id")
    tags = entry.get("tags")
    streams: dict[str, Stream] = {}
    plain = []
    for tag in tags if isinstance(tags, list) else []:
        if not isinstance(tag, dict):
            plain.append(tag)
            continue
        stream = tag.get("stream", Stream.SAMPLE.value)
        if stream not in (Stream.EVENT.value, Stream.SAMPLE.value):
            detail = f"tag {tag.get('name')!r}: stream must be event or sample"
            raise ConfigurationError("configuration_malformed", detail)
        streams[str(tag.get("name"))] = Stream(stream)
        plain.append({key: value for key, value in tag.items() if key != "stream"})
    document = {**entry, "tags": plain} if isinstance(tags, list) else dict(entry)
    return SourceDocument(
        source=entry["id"],
        document=document,
        streams=streams,
        is_of_a_page=entry["id"] in of_pages,
    )

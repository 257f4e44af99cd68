"""Taking one source out of a plant file, with neither database nor server."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connectors.runtime.configuration import Document, check_source
from connectors.sdk.config import SourceConfig
from connectors.sdk.errors import ConfigurationError
from connectors.templates.catalogue import catalogue_for
from connectors.templates.sources import without_template

BYTES_MAX = 4 * 1024 * 1024
PARTS_MAX = 500_000
"""Most values of a file when each alias is written out."""
DEPTH_MAX = 50
TOO_DEEP = f"the file is nested more than {DEPTH_MAX} levels deep, or contains itself by an alias"


def load_sources(path: Path) -> list[Document]:
    """The sources of a plant file as plain data.

    Raises:
        ConfigurationError: the file cannot be read or has no list of sources.
    """
    document = _load(path)
    _check_size(document)
    sources = document.get("sources") if isinstance(document, dict) else None
    if not isinstance(sources, list) or not all(isinstance(entry, dict) for entry in sources):
        raise ConfigurationError("plant_file_unreadable", "the file has no list `sources`")
    return sources


def signals_of_units(path: Path) -> dict[str, Mapping[str, Any]]:
    """What tags mean, by work unit, as a plant file writes it; what is malformed is left out.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    document = _load(path)
    _check_size(document)
    units = [unit for line in _rows(document, "lines") for unit in _rows(line, "work_units")]
    return {
        str(unit.get("id")): {
            role: signal for role, signal in unit["signals"].items() if isinstance(signal, dict)
        }
        for unit in units
        if isinstance(unit.get("signals"), dict)
    }


def _rows(node: object, key: str) -> list[dict[str, Any]]:
    rows = node.get(key) if isinstance(node, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def find_source(path: Path, source: str) -> SourceConfig:
    """The checked configuration of one source of a plant file.

    Raises:
        ConfigurationError: the file, the source or its configuration cannot be used.
    """
    return check_source(source_document(path, source))


def source_document(path: Path, source: str) -> Document:
    """One source of a plant file as plain data, its template written out.

    Raises:
        ConfigurationError: the file, the source or its template cannot be used.
    """
    sources = load_sources(path)
    for document in sources:
        if document.get("id") == source:
            return without_template(document, catalogue_for(path))
    names = ", ".join(str(document.get("id")) for document in sources)
    raise ConfigurationError("source_unknown", f"no source {source!r}; the file has: {names}")


def _load(path: Path) -> object:
    try:
        if path.stat().st_size > BYTES_MAX:
            raise _unreadable(f"the file is larger than {BYTES_MAX} bytes")
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(f"{path}: {error}") from error
    except RecursionError as error:
        raise _unreadable(TOO_DEEP) from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        raise _unreadable(f"{line}{getattr(error, 'problem', None) or 'no YAML'}") from error
    except ValueError as error:
        raise _unreadable(" ".join(str(error).split())) from error


def _check_size(document: object) -> None:
    """Refuse what aliases make endless, too deep or too large to hold."""
    waiting: list[tuple[Any, int]] = [(document, 0)]
    parts = 0
    while waiting:
        node, depth = waiting.pop()
        if depth > DEPTH_MAX:
            raise _unreadable(TOO_DEEP)
        inside = list(node.values()) if isinstance(node, dict) else node
        if isinstance(inside, list):
            parts += len(inside)
            if parts > PARTS_MAX:
                raise _unreadable(f"the file has more than {PARTS_MAX} values, aliases written out")
            waiting.extend((part, depth + 1) for part in inside)


def _unreadable(detail: str) -> ConfigurationError:
    return ConfigurationError("plant_file_unreadable", detail)

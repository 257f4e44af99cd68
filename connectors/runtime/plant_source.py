"""Taking one source out of a plant file, with neither database nor server."""

from __future__ import annotations

from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connectors.runtime.configuration import Document, check_source
from connectors.sdk.config import SourceConfig
from connectors.sdk.errors import ConfigurationError


def load_sources(path: Path) -> list[Document]:
    """The sources of a plant file as plain data.

    Raises:
        ConfigurationError: the file cannot be read or has no list of sources.
    """
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("plant_file_unreadable", f"{path}: {error}") from error
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(error, "problem", None) or "no YAML"
        raise ConfigurationError("plant_file_unreadable", f"{line}{problem}") from error
    sources = document.get("sources") if isinstance(document, dict) else None
    if not isinstance(sources, list) or not all(isinstance(entry, dict) for entry in sources):
        raise ConfigurationError("plant_file_unreadable", "the file has no list `sources`")
    return sources


def find_source(path: Path, source: str) -> SourceConfig:
    """The checked configuration of one source of a plant file.

    Raises:
        ConfigurationError: the file, the source or its configuration cannot be used.
    """
    sources = load_sources(path)
    for document in sources:
        if document.get("id") == source:
            return check_source(document)
    names = ", ".join(str(document.get("id")) for document in sources)
    raise ConfigurationError("source_unknown", f"no source {source!r}; the file has: {names}")

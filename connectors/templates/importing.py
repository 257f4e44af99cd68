"""Taking a template of a plant's own into its folder: a register list or a template file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.sdk.documents import Mistake
from connectors.sdk.errors import ConfigurationError
from connectors.sdk.register_lists import RegisterLists
from connectors.sdk.registry import manifests
from connectors.templates.catalogue import SHIPPED, file_name
from connectors.templates.expansion import TemplateError
from connectors.templates.model import SCHEMA, Template
from connectors.templates.reading import checked, read
from connectors.templates.register_list import OnDuplicate, read_list, text_of_list
from connectors.templates.writing import as_document, as_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What a register list does not say of its device."""

    id: str
    version: int = 1
    vendor: str = "unknown"
    model: str = "unknown"
    name: str | None = None
    author: str = "plant"
    protocol: str = "modbus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What was read; `template` is None while anything is wrong.

    Attributes:
        skipped: lines that gave way to another of the same name or place.
    """

    template: Template | None
    mistakes: Sequence[Mistake] = ()
    skipped: Sequence[int] = ()


def read_import(
    file: Path, header: Header | None, duplicates: OnDuplicate = OnDuplicate.REFUSE
) -> Imported:
    """Read a file to be imported; see `read_content`."""
    try:
        content = file.read_bytes()
    except OSError as error:
        return Imported(template=None, mistakes=[_at_the_top("list_unreadable", str(error))])
    return read_content(file.name, content, header, duplicates)


def read_content(
    name: str,
    content: bytes,
    header: Header | None,
    duplicates: OnDuplicate = OnDuplicate.REFUSE,
) -> Imported:
    """Read what is to be imported.

    Args:
        name: a template when it ends in .yaml or .yml, else a register list.
        header: of a register list; None for a template.
        duplicates: what becomes of a second tag of the same name or place in a list.
    """
    if name.lower().endswith((".yaml", ".yml")):
        return _of_yaml(content)
    try:
        text = text_of_list(content)
    except ValueError as error:
        return Imported(template=None, mistakes=[_at_the_top("list_unreadable", str(error))])
    if header is None:
        words = "a register list needs the id of its template: --id"
        return Imported(template=None, mistakes=[_at_the_top("header_missing", words)])
    lists = _lists_of(header.protocol)
    if lists is None:
        known = ", ".join(sorted(each for each in manifests() if _lists_of(each) is not None))
        words = f"lists are read for {known}, not for {header.protocol!r}"
        return Imported(template=None, mistakes=[_at_the_top("protocol_not_available", words)])
    found = read_list(text, lists, duplicates)
    if found.mistakes:
        return Imported(template=None, mistakes=found.mistakes, skipped=found.skipped)
    template, problems = checked(_document(header, lists, found.tags, name))
    mistakes = [
        Mistake(line=1, field=".".join(map(str, path)), code=code, message=words)
        for path, code, words in problems
    ]
    return Imported(
        template=None if mistakes else template, mistakes=mistakes, skipped=found.skipped
    )


def store(template: Template, folder: Path, duplicates: OnDuplicate) -> bool:
    """Put a template into the folder of a plant.

    Returns:
        False when one of that id and version was there and stays.

    Raises:
        TemplateError: `template_ships` or `template_exists`.
    """
    name = file_name(template.id, template.version)
    if (SHIPPED / name).exists():
        message = f"{template.key} ships with this program; take another id or version"
        raise TemplateError("template_ships", message)
    text, target = as_yaml(as_document(template)), folder / name
    if target.exists() and target.read_text(encoding="utf-8") != text:
        if duplicates is OnDuplicate.SKIP:
            return False
        if duplicates is OnDuplicate.REFUSE:
            message = (
                f"{template.key} is there with other content; give it a new version, "
                "or say --on-duplicate replace"
            )
            raise TemplateError("template_exists", message)
    folder.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(target)
    return True


def _of_yaml(content: bytes) -> Imported:
    try:
        found = read(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return Imported(template=None, mistakes=[_at_the_top("not_yaml", str(error))])
    return Imported(template=found.template, mistakes=found.mistakes)


def _lists_of(protocol: str) -> RegisterLists | None:
    """How lists of a protocol are read; None when they are not, or nobody speaks it."""
    manifest = manifests().get(protocol)
    try:
        return None if manifest is None else manifest.register_lists()
    except ConfigurationError:
        return None


def _document(
    header: Header, lists: RegisterLists, tags: Sequence[dict[str, Any]], origin: str
) -> dict[str, Any]:
    name = header.name or f"{header.vendor} {header.model}"
    return {
        "schema": SCHEMA,
        "id": header.id,
        "version": header.version,
        "name": {"ko": name, "en": name},
        "vendor": header.vendor,
        "model": header.model,
        "author": header.author,
        "origin": [f"register list {origin}"],
        "unverified": ["nothing of this list has been compared with the device"],
        "parameters": [dict(each) for each in lists.parameters],
        "source": dict(lists.source),
        "tags": list(tags),
    }


def _at_the_top(code: str, message: str) -> Mistake:
    return Mistake(line=1, field="", code=code, message=message)

"""Writing a template as YAML or as a register list. Both are read again to the same template."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import Enum
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from connectors.templates.columns import COLUMNS, COUNTER_COLUMNS, LABEL_COLUMNS
from connectors.templates.expansion import TemplateError, placeholders
from connectors.templates.model import Template
from connectors.templates.register_list import GUARD

SAMPLE_ROWS: tuple[Mapping[str, str], ...] = (
    {
        "name": "state",
        "table": "holding",
        "address": "0x0000",
        "type": "uint16",
        "meaning": "state",
        "map": "0=off; 1=stopped; 2=running; 3=down; 4=setup; 5=waiting",
        "label_ko": "운전 상태",
        "label_en": "State",
    },
    {
        "name": "pieces",
        "address": "40002",
        "type": "uint32",
        "order": "CDAB",
        "meaning": "total",
        "counter": "rollover",
        "modulus": "4294967296",
        "max_per_s": "20",
        "label_ko": "생산 수량",
        "label_en": "Pieces",
    },
    {
        "name": "temperature",
        "table": "input",
        "address": "16",
        "type": "int16",
        "scale": "0.1",
        "unit": "°C",
        "bad_values": "32767=sensor open",
        "min": "-50",
        "max": "500",
        "label_ko": "온도",
        "label_en": "Temperature",
    },
)


def as_document(template: Template) -> dict[str, Any]:
    """The template as plain data, with defaults left out."""
    found: dict[str, Any] = _plain(
        template.model_dump(by_alias=True, exclude_unset=True, exclude_none=True)
    )
    return found


def _plain(node: object) -> Any:
    """Without enumerations and tuples; keys stay numbers where they are."""
    if isinstance(node, Mapping):
        return {key: _plain(part) for key, part in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(part) for part in node]
    return node.value if isinstance(node, Enum) else node


def as_yaml(document: Mapping[str, Any]) -> str:
    """Plain data of a template as the text of its file."""
    yaml = YAML()
    yaml.width = 100
    yaml.allow_unicode = True
    text = StringIO()
    yaml.dump(dict(document), text)
    return text.getvalue()


def as_list(template: Template) -> str:
    """The tags as a register list.

    Raises:
        TemplateError: `not_in_a_list`: a tag says something that no column holds.
    """
    rows = [_cells(template, index) for index in range(len(template.tags))]
    return _csv(rows, [name for name in COLUMNS if any(name in row for row in rows)])


def sample_list() -> str:
    """A register list with three tags, to be filled in."""
    return _csv([dict(row) for row in SAMPLE_ROWS], list(COLUMNS))


def _csv(rows: list[dict[str, str]], columns: list[str]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({key: _guarded(cell) for key, cell in row.items()} for row in rows)
    return text.getvalue()


def _guarded(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula; numbers below zero stay as they are."""
    is_number = cell.removeprefix("-").replace(".", "", 1).isdecimal()
    return GUARD + cell if cell[:1] in ("=", "+", "-", "@") and not is_number else cell


def _cells(template: Template, index: int) -> dict[str, str]:
    tag = template.tags[index]
    cells: dict[str, str] = {}
    plain = tag.plain
    unknown = [key for key in plain if key not in COLUMNS]
    if unknown or tag.stride or tag.reasons or any(placeholders(plain)):
        what = ", ".join(unknown) or "a parameter, a stride or reasons"
        message = f"no column holds {what} of tag {tag.name!r}; export as YAML"
        raise TemplateError("not_in_a_list", message)
    dumped = tag.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    counter, label = dumped.pop("counter", {}), dumped.pop("label", {})
    words = {
        **dumped,
        **{name: counter.get("mode" if name == "counter" else name) for name in COUNTER_COLUMNS},
        **{name: label.get(name.removeprefix("label_")) for name in LABEL_COLUMNS},
    }
    for name, value in words.items():
        if value is not None and value != {}:
            cells[name] = _cell(value)
    if isinstance(plain.get("address"), int):
        cells["address"] = f"0x{plain['address']:04X}"
    return cells


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{key}={part}" for key, part in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)

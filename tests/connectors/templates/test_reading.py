"""Reading a template: what is wrong with it is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.templates.catalogue import SHIPPED, file_name
from connectors.templates.reading import read, read_file
from connectors.templates.writing import as_document, as_yaml


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "code"),
    [
        ("name: volts_l1", "name: volts l1", 32, "tags[0].name", "string_pattern_mismatch"),
        ("type: float32, unit: V", "type: float31, unit: V", 32, "tags[0].type", "enum"),
        ('unit: "{unit}"', 'unit: "{box}"', 27, "source.unit", "parameter_unknown"),
        ("vendor: Eastron", "vendors: Eastron", 5, "vendors", "extra_forbidden"),
        ('{volts_l1: "4366 8000"}', "{volts_l9: AAAA}", 51, "vectors[0].words", "tag_unknown"),
        ("version: 1", "version: one", 3, "version", "int_type"),
        ("max_registers: 80", "max_registers: 1", 32, "tags[0].address", "value_wider_than_read"),
        ("tags:", "tags: [", 32, "", "not_yaml"),
    ],
)
def test_a_mistake_of_a_template_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, field: str, code: str
) -> None:
    text = SHIPPED.joinpath(file_name("eastron-sdm630", 1)).read_text("utf-8")
    path = tmp_path / "wrong.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    found = read_file(path).mistakes
    assert (line, field, code) in [(each.line, each.field, each.code) for each in found]


@pytest.mark.parametrize("file", sorted(SHIPPED.glob("*.yaml")), ids=lambda file: file.stem)
def test_a_template_that_is_written_is_read_as_the_same(file: Path) -> None:
    template = read_file(file).template
    assert template is not None
    again = read(as_yaml(as_document(template)))
    assert again.mistakes == ()
    assert again.template == template

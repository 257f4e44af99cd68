"""Reading the sources of a plant file: what cannot be read is refused in one sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.runtime.plant_source import BYTES_MAX, find_source, load_sources
from connectors.sdk.errors import ConfigurationError
from tests.connectors.modbus.sources import document, tag

LAUGHS = "\n".join(
    ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"a{n}: &a{n} [{', '.join(10 * [f'*a{n - 1}'])}]" for n in range(1, 9)]
)


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "plant.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        load_sources(path)
    assert caught.value.code == "plant_file_unreadable"
    return caught.value.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sources: " + 1000 * "[" + 1000 * "]", "levels deep"),
        ("sources: " + 60 * "[" + 60 * "]", "levels deep"),
        ("sources: " + 1000 * "{a: " + 1000 * "}", "levels deep"),
        ("sources: &s [*s]", "levels deep"),
        (LAUGHS, "values, aliases written out"),
        ("x: '" + (BYTES_MAX + 1) * "x" + "'", "larger than"),
        ("sources: [\n", "line "),
        ("a: 1\na: 2\n", "line 2"),
        ("a: 2026-13-45\n", "month"),
        ("a: \x01", "no YAML"),
        ("- just\n- a list\n", "no list `sources`"),
        ("sources: {a: 1}\n", "no list `sources`"),
        ("", "no list `sources`"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(
    tmp_path: Path, text: str, said: str
) -> None:
    assert said in refusal(tmp_path, text)


def test_bytes_that_are_no_text_and_a_file_that_is_not_there_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "plant.yaml"
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="plant_file_unreadable"):
            load_sources(path)
        path.write_bytes(b"sources: \xff\xfe")


def test_a_source_is_found_by_its_id(tmp_path: Path) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(json.dumps({"sources": [document(502, [tag("a", 0)])]}), encoding="utf-8")
    assert find_source(path, "press_plc").id == "press_plc"
    with pytest.raises(ConfigurationError, match="press_plc"):
        find_source(path, "other")

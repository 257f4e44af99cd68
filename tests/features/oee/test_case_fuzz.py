"""`mes oee case` with any file: a figure or a named mistake, never a stack trace."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from mes.core.case_json import CASE_FIELDS
from mes.features.oee.cli import oee
from tests.core.cases import at
from tests.core.strategies import cases

FUZZ = settings(max_examples=150, deadline=None, derandomize=True)
ODD = st.sampled_from(
    [
        *(
            "",
            " ",
            "running",
            "tpm",
            "iso22400",
            "rollover",
            "lunch",
            "total",
            "UTC",
            "../etc",
            "\ud800",
        ),
        *(
            at(-600),
            at(0),
            at(3),
            at(60),
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.999999-23:59",
        ),
        *("1e999", "-0", "1/3", "NaN", "9" * 70, "0." + "0" * 70 + "1", "１２"),
        *(0, -1, 1, 2**63, -(2**70), 10**80, 0.1, -1e308, 1e-308, True, False, None),
    ]
)
JSON = st.recursive(
    ODD,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*CASE_FIELDS, "at", "good", "mode"]), inner, max_size=4)
    ),
    max_leaves=12,
)


def computed(content: bytes) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.json"
        file.write_bytes(content)
        return CliRunner().invoke(oee, ["case", "--json", str(file)])


def is_answered(content: bytes) -> bool:
    """Whether the command gave a result, or one line with file, field and reason."""
    made = computed(content)
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    assert made.exit_code in (0, 1)
    if made.exit_code == 0:
        assert json.loads(made.output)["schema"] == "oee-result/1"
        return True
    assert "Traceback" not in made.output
    said = made.output.strip().splitlines()
    assert len(said) == 1
    _, field, reason = said[0].split(": ", 2)
    assert field
    assert reason
    return False


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a structure."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


@FUZZ
@given(cases(), st.lists(st.tuples(st.integers(0, 10**6), JSON), min_size=1, max_size=3))
def test_a_case_with_a_few_odd_values_is_computed_or_refused(
    data: dict[str, Any], changes: list[tuple[int, Any]]
) -> None:
    changed: Any = copy.deepcopy(data)
    for where, value in changes:
        *outer, last = (found := list(places(changed)))[where % (len(found) - 1) + 1]
        holder = changed
        for step in outer:
            holder = holder[step]
        holder[last] = copy.deepcopy(value)
    is_answered(json.dumps(changed).encode())


@FUZZ
@given(st.dictionaries(st.sampled_from(CASE_FIELDS), JSON, max_size=6))
def test_fields_of_any_form_are_computed_or_refused(fields: dict[str, Any]) -> None:
    window = [at(0), at(60)]
    is_answered(json.dumps({"schema": "oee-case/1", "window": window, **fields}).encode())


@FUZZ
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_other_file_is_a_case(content: bytes) -> None:
    assert not is_answered(content)


@FUZZ
@given(cases(), st.integers(0, 10**6), st.integers(0, 255))
def test_a_file_with_one_wrong_byte_is_computed_or_refused(
    data: dict[str, Any], where: int, byte: int
) -> None:
    content = bytearray(json.dumps(data).encode())
    content[where % len(content)] = byte
    is_answered(bytes(content))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(cases())
def test_every_case_of_the_strategies_is_computed(data: dict[str, Any]) -> None:
    assert is_answered(json.dumps(data).encode())

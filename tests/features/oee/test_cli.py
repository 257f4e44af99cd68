"""`mes oee case`: results, exit status and mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mes.core.case import parse_case
from mes.core.oee import compute
from mes.features.oee import cli
from tests.core.cases import at, case

CASES = Path(__file__).parent.parent.parent / "cases"
SHIFT = CASES / "contract-shift.json"
MIXED = CASES / "contract-mixed.json"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli.oee, ["case", *map(str, arguments)])


def write(folder: Path, name: str = "case.json", **fields: Any) -> Path:
    file = folder / name
    file.write_text(json.dumps(case(**fields)), "utf-8")
    return file


def test_a_result_is_printed_for_people() -> None:
    printed = run(SHIFT)
    assert printed.exit_code == 0
    assert "74.79 %" in printed.output
    assert "0:47:00.000000" in printed.output
    assert "2026-03-02T08:00:00+09:00 to 2026-03-02T16:00:00+09:00 (Asia/Seoul)" in printed.output


def test_several_results_are_printed_one_after_the_other() -> None:
    printed = run(SHIFT, MIXED)
    assert printed.exit_code == 0
    assert printed.output.index("contract-shift") < printed.output.index("contract-mixed")
    assert "counter_reset" in printed.output


def test_json_of_one_file_is_one_result_object() -> None:
    printed = run(SHIFT, "--json")
    expected = compute(parse_case(json.loads(SHIFT.read_text("utf-8")))).to_json()
    assert printed.exit_code == 0
    assert json.loads(printed.output) == expected


def test_json_of_several_files_is_a_list_in_their_order() -> None:
    printed = run("--json", MIXED, SHIFT)
    assert [one["policy"]["name"] for one in json.loads(printed.output)] == ["custom", "tpm"]


def test_a_policy_given_by_name_replaces_that_of_the_file() -> None:
    printed = json.loads(run(SHIFT, "--json", "--policy", "iso22400").output)
    assert printed["policy"] == {"name": "iso22400", "version": 1}


def test_an_unknown_policy_name_is_a_usage_error() -> None:
    printed = run(SHIFT, "--policy", "nakajima")
    assert printed.exit_code == 2
    assert "iso22400" in printed.output


def test_no_file_and_an_absent_file_are_usage_errors(tmp_path: Path) -> None:
    assert run().exit_code == 2
    assert run(tmp_path / "absent.json").exit_code == 2


def test_a_mistake_exits_1_and_names_file_field_and_reason(tmp_path: Path) -> None:
    file = write(tmp_path, states=[[at(0), "running"], [at(1), "walking"]])
    printed = run(file, "--json")
    assert printed.exit_code == 1
    assert printed.stdout == ""
    assert printed.stderr.startswith(f"{file}: states[1][1]: unknown state 'walking'")


def test_every_file_with_a_mistake_is_named(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "one.json", policy="x"),
        write(tmp_path, "two.json", window=[at(5), at(4)]),
    ]
    printed = run(files[0], SHIFT, files[1])
    assert printed.exit_code == 1
    assert [line.split(": ")[1] for line in printed.stderr.splitlines()] == ["policy", "window"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"{", "is not JSON"), (b"\xff\xfe\x00", "is not UTF-8"), (b"[]", "is not a JSON object")],
)
def test_a_file_that_is_no_case_exits_1_without_a_stack_trace(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    file = tmp_path / "case.json"
    file.write_bytes(content)
    printed = run(file)
    assert printed.exit_code == 1
    assert reason in printed.stderr
    assert "Traceback" not in printed.output


def test_a_file_above_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "FILE_BYTES_MAX", 10)
    printed = run(write(tmp_path))
    assert printed.exit_code == 1
    assert "is larger than 10 bytes" in printed.stderr


def test_a_kpi_without_value_is_printed_with_its_cause(tmp_path: Path) -> None:
    printed = run(write(tmp_path, as_of=at(-5)))
    assert "no_window" in printed.output
    assert "as of" in printed.output


def mes(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mes.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_mes_command_computes_a_case() -> None:
    done = mes("oee", "case", SHIFT, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["kpis"]["oee"] == 18848 / 25200


def test_the_mes_command_exits_1_on_a_mistake(tmp_path: Path) -> None:
    done = mes("oee", "case", write(tmp_path, materials=[]))
    assert done.returncode == 1
    assert "materials: is not an object" in done.stderr


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"policy": {"name": "\ud800"}}, "policy.name"),
        ({"materials": {"\ud800": {}}}, "a name in materials"),
        ({"runs": [{"start": at(0), "order": "\udfff"}]}, "runs[0].order"),
    ],
)
def test_a_name_that_no_output_can_carry_is_a_mistake(
    tmp_path: Path, fields: dict[str, Any], field: str
) -> None:
    printed = run(write(tmp_path, **fields), "--json")
    assert printed.exit_code == 1
    assert f": {field}: is not a name" in printed.stderr


def test_the_first_and_last_instants_that_can_be_told_are_printed(tmp_path: Path) -> None:
    ends = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
    printed = run(write(tmp_path, window=ends, time_zone="Asia/Seoul"))
    assert printed.exit_code == 0
    assert ends[1].replace("Z", "+00:00") in printed.output


def test_a_file_whose_name_is_not_utf_8_is_computed_and_named(tmp_path: Path) -> None:
    file = tmp_path / "case-\udcff.json"
    file.write_text(json.dumps(case()), "utf-8")
    asked = subprocess.run(
        [sys.executable, "-m", "mes.cli", "oee", "case", file], capture_output=True, check=False
    )
    assert (asked.returncode, asked.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("arguments", "title"),
    [([], "oee-case/1"), (["case"], "oee-case/1"), (["result"], "oee-result/1")],
)
def test_the_schemas_are_printed(arguments: list[str], title: str) -> None:
    printed = CliRunner().invoke(cli.oee, ["schema", *arguments])
    assert printed.exit_code == 0
    assert json.loads(printed.output)["title"] == title

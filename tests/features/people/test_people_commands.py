"""`mes user` and `mes token` from the command line."""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from mes.cli import main
from mes.core.refusal import Refusal
from mes.db import Database
from mes.features.people.guesses import FREE_FAILURES, PIN_PER_DAY, US_PER_DAY, Guesses
from mes.features.people.passwords import check_password, check_pin, new_password, new_pin
from mes.features.people.sign_in import sign_in_account
from mes.web.sessions import actor_by_token


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def mes(*arguments: str, entered: str = "") -> Done:
    """A command in this process: as from a shell, but without the time a new process takes."""
    out, err = io.StringIO(), io.StringIO()
    before, sys.stdin = sys.stdin, io.StringIO(entered)
    status = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main(arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stdin = before
    return Done(status, out.getvalue(), err.getvalue())


def test_a_token_is_printed_alone_on_one_line_and_works_until_revoked(
    sqlite_database: Database, tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path))
    made = mes("token", "create", *data, "--scope", "read")
    assert made.returncode == 0, made.stderr
    assert made.stdout.count("\n") == 1
    token = made.stdout.strip()
    assert actor_by_token(sqlite_database, token).scope == "read"
    (row,) = (
        json.loads(line) for line in mes("token", "list", *data, "--json").stdout.splitlines()
    )
    assert token not in json.dumps(row)
    assert mes("token", "revoke", *data, str(row["id"])).returncode == 0
    with pytest.raises(Refusal):
        actor_by_token(sqlite_database, token)


def test_an_ingest_token_needs_its_edge_and_only_it_has_one(
    sqlite_database: Database, tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path))
    refused = mes("token", "create", *data, "--scope", "ingest")
    assert (refused.returncode, refused.stderr.split(":")[0]) == (1, "edge_needed")
    assert mes("token", "create", *data, "--scope", "read", "--edge", "x").returncode == 1
    made = mes("token", "create", *data, "--scope", "ingest", "--edge", "edge-7")
    assert actor_by_token(sqlite_database, made.stdout.strip()).edge == "edge-7"


def test_accounts_and_persons_are_made_changed_and_disabled(
    sqlite_database: Database, tmp_path: Path
) -> None:
    data = ("--data", str(tmp_path))
    first, second = "a long enough secret", "another long secret"
    add = ("user", "add", *data, "kim", "--role", "operator", "--badge", "1001", "--name", "김")
    assert mes(*add, entered=first + "\n").returncode == 0
    assert sign_in_account(sqlite_database, "KIM", first).name == "kim"
    assert mes("user", "password", *data, "kim", entered=second + "\n").returncode == 0
    with pytest.raises(Refusal):
        sign_in_account(sqlite_database, "kim", first)
    assert mes("user", "pin", *data, "1001", entered="271828\n").returncode == 0
    weak = mes("user", "pin", *data, "1001", entered="123456\n")
    assert (weak.returncode, weak.stderr.split(":")[0]) == (1, "pin_weak")
    assert mes("user", "disable", *data, "kim").returncode == 0
    with pytest.raises(Refusal):
        sign_in_account(sqlite_database, "kim", second)
    listed = json.loads(mes("user", "list", *data, "--json").stdout)
    assert listed["accounts"] == [{"login": "kim", "roles": ["operator"], "disabled": True}]
    assert listed["persons"][0]["name"] == "김"
    assert mes("user", "add", *data, "kim", "--role", "operator", entered=first).returncode == 1


@pytest.mark.parametrize(
    "password", ["short", "kim-kim-kim-kim", "aaaaaaaaaaaaaaaa", "password1234", "x" * 300]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Refusal):
        check_password(password, "kim")


@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "123456", "654321", "777777", "12345a", "001001"]
)
def test_weak_pins_are_refused(pin: str) -> None:
    with pytest.raises(Refusal):
        check_pin(pin, "1001")


def test_made_secrets_are_good_ones() -> None:
    check_password(new_password(), "kim")
    check_pin(new_pin("1001"), "1001")


def test_waiting_times_double_up_to_a_quarter_of_an_hour() -> None:
    guesses, waits = Guesses(), []
    for _ in range(FREE_FAILURES + 6):
        guesses = guesses.after_failure(0)
        waits.append(guesses.wait_s(0))
    assert waits == [0, 0, 0, 0, 60, 120, 240, 480, 900, 900, 900]
    assert guesses.after_success().wait_s(0) == 0


def test_a_badge_is_locked_to_the_end_of_the_day_after_ten_wrong_pins() -> None:
    guesses = Guesses()
    for _ in range(PIN_PER_DAY):
        guesses = Guesses(day=guesses.day, day_failures=guesses.day_failures).after_failure(5, 10)
    assert guesses.wait_s(5) == US_PER_DAY // 1_000_000
    assert guesses.after_failure(US_PER_DAY + 1, 10).day_failures == 1

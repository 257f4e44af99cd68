"""`mes printer ...`: printers entered on the server itself, listed and retired."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from sqlalchemy import select

from mes.cli import cli
from mes.core.refusal import Refusal
from mes.db import Database
from mes.models import AuditLog, LabelPrinter


def run(database: Database, command: str, *arguments: str) -> Result:
    data = Path(str(database.engine.url.database)).parent
    return CliRunner().invoke(cli, ["printer", command, "--data", str(data), *arguments])


def listed(database: Database) -> dict[str, Any]:
    done = run(database, "list", "--json")
    assert done.exit_code == 0, done.output
    answer: dict[str, Any] = json.loads(done.output)
    return answer


def test_a_printer_is_entered_listed_and_retired(sqlite_database: Database) -> None:
    done = run(sqlite_database, "add", "line-1", "--name", "라인 1", "--host", "10.0.0.7")
    assert (done.exit_code, done.output) == (0, "printer line-1 entered\n")
    assert run(sqlite_database, "list").output == (
        "line-1\t10.0.0.7:9100\t203 dpi\t100x60 mm\t라인 1\n"
    )
    (row,) = listed(sqlite_database)["printers"]
    assert (row["code"], row["host"], row["port"], row["graphics"]) == (
        "line-1",
        "10.0.0.7",
        9100,
        "hex",
    )
    done = run(sqlite_database, "retire", "line-1")
    assert (done.exit_code, done.output) == (0, "printer line-1 retired\n")
    assert listed(sqlite_database) == {"printers": [], "prints": {}}
    with sqlite_database.reading() as session:
        log = session.execute(select(AuditLog.action, AuditLog.subject).order_by(AuditLog.id)).all()
    assert [tuple(entry) for entry in log] == [
        ("printer.added", "line-1"),
        ("printer.retired", "line-1"),
    ]


def test_a_printer_entered_on_the_server_may_be_a_port_of_this_machine(
    sqlite_database: Database,
) -> None:
    done = run(
        sqlite_database,
        *("add", "desk", "--name", "Desk", "--host", "127.0.0.1", "--port", "9101"),
        *("--dpi", "300", "--width", "50", "--height", "30", "--graphics", "z64"),
    )
    assert done.exit_code == 0, done.output
    with sqlite_database.reading() as session:
        row = session.scalars(select(LabelPrinter)).one()
        assert (row.host, row.port, row.local) == ("127.0.0.1", 9101, True)
        assert (row.dpi, row.width_mm, row.height_mm, row.graphics) == (300, 50, 30, "z64")


def test_what_cannot_be_entered_or_retired_is_refused_and_nothing_changes(
    sqlite_database: Database,
) -> None:
    assert run(sqlite_database, "add", "a", "--name", "A", "--host", "10.0.0.7").exit_code == 0
    before = listed(sqlite_database)
    for code, command in {
        "printer_code_taken": ("add", "a", "--name", "B", "--host", "10.0.0.8"),
        "printer_invalid": ("add", "b", "--name", "B", "--host", "10.0.0.8", "--port", "0"),
        "printer_host_invalid": ("add", "c", "--name", "C", "--host", "no host"),
        "printer_unknown": ("retire", "nowhere"),
    }.items():
        done = run(sqlite_database, *command)
        assert done.exit_code != 0
        assert isinstance(done.exception, Refusal)
        assert done.exception.code == code
    assert run(sqlite_database, "add", "d", "--name", "D").exit_code == 2, "it needs a host"
    assert listed(sqlite_database) == before


def test_a_folder_without_a_database_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["printer", "list", "--data", str(tmp_path)])
    assert isinstance(done.exception, Refusal)
    assert done.exception.code == "no_database"

"""Prepared statements: built once, run on the connection of a session without the ORM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.orm import Session

FOREVER = 2**62
"""An open end in a query."""


def table(model: Any) -> Table:
    """The table of a model, for statements without the ORM."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


def run(session: Session, statement: Executable, given: Mapping[str, Any]) -> Any:
    """The result of a prepared statement in the session's transaction; nothing is flushed before.

    Rows have no static type: who runs a statement names what it selects.
    """
    return session.connection().execute(statement, given)


def run_many(session: Session, statement: Executable, given: Sequence[Mapping[str, Any]]) -> None:
    """Run a prepared statement for each of many values; none: not at all."""
    if given:
        session.connection().execute(statement, given)


def execute_many(session: Session, text: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run SQL text by the driver itself for each of many rows; none: not at all.

    Args:
        text: with a question mark for each value, whatever the driver writes there.
    """
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.paramstyle != "qmark":
        text = text.replace("?", "%s")
    connection.exec_driver_sql(text, list(rows))

"""Runs migrations on a connection handed over by the caller or on an engine's own.

On SQLite foreign keys are switched off before anything begins, because rebuilding a parent table
would otherwise delete its children; they are checked at the end inside the same transaction.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, Engine

from mes.models import Base

config = context.config


def run_on(connection: Connection) -> None:
    """Run all wanted migrations on a connection on which nothing has begun."""
    sqlite = connection.dialect.name == "sqlite"
    driver = connection.connection.driver_connection
    if sqlite and driver is not None:
        driver.execute("PRAGMA foreign_keys=OFF")
    try:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=sqlite,
            transactional_ddl=True,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if sqlite and driver is not None:
            broken = driver.execute("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"rows without their parent after the migration: {broken[:5]}")
    finally:
        if connection.in_transaction():
            connection.rollback()
        if sqlite and driver is not None:
            driver.execute("PRAGMA foreign_keys=ON")


def main() -> None:
    """Take the connectable that the caller put into the attributes."""
    connectable = config.attributes["connection"]
    if isinstance(connectable, Engine):
        with connectable.execution_options(mes_write=True).connect() as connection:
            run_on(connection)
    else:
        run_on(connectable.execution_options(mes_write=True))


main()

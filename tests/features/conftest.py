"""Fixtures of the features that people use."""

from __future__ import annotations

import pytest

from mes.db import Database
from tests.features.commands.floor import Floor, make_floor


@pytest.fixture
def floor(database: Database) -> Floor:
    """The small plant on an empty database, once on SQLite and once on PostgreSQL."""
    return make_floor(database)


@pytest.fixture
def sqlite_floor(sqlite_database: Database) -> Floor:
    """The small plant on SQLite alone, for what never depends on the database."""
    return make_floor(sqlite_database)

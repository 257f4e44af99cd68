"""Fixtures of the features that people use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mes.db import Database
from tests.conftest import BOTH, fresh_database
from tests.features.commands.floor import Floor, apply_floor, floor_of
from tests.features.production.plant import apply_plant


@pytest.fixture(params=BOTH)
def floor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Floor]:
    """The small plant, once on SQLite and once on PostgreSQL."""
    with fresh_database(request.param, request, tmp_path, apply_floor) as made:
        yield floor_of(made)


@pytest.fixture
def sqlite_floor(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Floor]:
    """The small plant on SQLite alone, for what never depends on the database."""
    with fresh_database("sqlite", request, tmp_path, apply_floor) as made:
        yield floor_of(made)


@pytest.fixture(scope="module")
def plant_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """The plant of the tests of production on one SQLite file for all examples of a module."""
    folder = tmp_path_factory.mktemp("plant")
    with fresh_database("sqlite", request, folder, apply_plant) as made:
        yield made

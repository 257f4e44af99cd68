"""A running web process over random facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.features.commands.floor import Floor, make_floor
from tests.features.explain.random_facts import fill
from tests.web.serving import Served, add_people, serve


@pytest.fixture(scope="package", params=[3, 8], ids=lambda seed: f"seed-{seed}")
def served(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("explain"), sqlite_template) as running:
        floor = make_floor(running.database)
        fill(floor, request.param)
        running.tokens = add_people(running.database)
        yield running


@pytest.fixture(scope="package")
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client(headers=served.bearer("read")) as made:
        yield made


@pytest.fixture
def small(sqlite_floor: Floor) -> Floor:
    """The small plant in a database of its own, without facts yet."""
    return sqlite_floor

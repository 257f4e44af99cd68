"""One web process for the tests of this folder that only ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.serving import Served, add_people, add_plant, serve


@pytest.fixture(scope="session")
def served(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running web process with a small plant and people."""
    with serve(
        tmp_path_factory.mktemp("web"), sqlite_template, MES_SIGN_INS_PER_MINUTE="1000"
    ) as running:
        add_plant(running.database)
        running.tokens = add_people(running.database)
        yield running

"""The independent Modbus peer of these tests."""

from __future__ import annotations

import pytest

from tests.peers.processes import system_program


@pytest.fixture(scope="session")
def mbpoll() -> str:
    """The path of mbpoll, which uses libmodbus."""
    return system_program("mbpoll")

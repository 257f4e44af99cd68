"""OPC UA earns its level against a server in a process of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.connectors.conformance.opcua_rig import OpcuaRig


@pytest.mark.conformance(rig=OpcuaRig)
def test_opcua(conformance: Callable[[], None]) -> None:
    conformance()

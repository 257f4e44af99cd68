"""Every connector of our own earns the level that its manifest claims."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.connectors.conformance.modbus_rig import ModbusRig
from tests.connectors.conformance.mqtt_rig import MqttRig
from tests.connectors.conformance.replay_rig import ReplayRig


@pytest.mark.conformance(rig=ModbusRig)
def test_modbus(conformance: Callable[[], None]) -> None:
    conformance()


@pytest.mark.conformance(rig=MqttRig)
def test_mqtt(conformance: Callable[[], None]) -> None:
    conformance()


@pytest.mark.conformance(rig=ReplayRig)
def test_replay(conformance: Callable[[], None]) -> None:
    conformance()

"""Sparkplug B earns the level of MQTT against an edge node of Eclipse Tahu."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.connectors.conformance.sparkplug_rig import SparkplugRig


@pytest.mark.conformance(rig=SparkplugRig)
def test_sparkplug(conformance: Callable[[], None]) -> None:
    conformance()

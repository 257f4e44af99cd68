"""The plants that can be simulated, each as typed Python beside its plant file."""

from __future__ import annotations

from simulators.scenarios import demo, press
from simulators.scenarios.model import Scenario

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario for scenario in (demo.SCENARIO, press.SCENARIO)
}
